"""The sample documents and their questions: what a newcomer sees first."""

import json
from collections import Counter
from pathlib import Path

import pytest

from assistant import commands
from assistant.build import build_assistant, build_corpus
from assistant.evaluation.command import Outputs, evaluate
from assistant.evaluation.subjects import Selection
from assistant.evaluation.trial import Manner
from assistant.settings import Settings
from index.loaders import load

SEEDS = Path(__file__).parent.parent / "seeds"
GOLD = [json.loads(line) for line in (SEEDS / "gold.jsonl").read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def assistant(tmp_path_factory):
    settings = Settings(data=tmp_path_factory.mktemp("seeds"), model="none")
    with build_corpus(settings) as corpus:
        *_, report = corpus.sync([SEEDS / "documents"])
        assert (report.added, report.unread) == (19, ())
        yield build_assistant(settings, corpus)


@pytest.fixture(scope="module")
def answers(assistant):
    return {row["id"]: assistant.ask(row["question"]) for row in GOLD}


def squeezed(text):
    return " ".join(text.split())


def test_the_questions_are_as_the_readme_says():
    kinds = Counter(row["kind"] for row in GOLD)
    languages = Counter(row["language"] for row in GOLD)
    assert len(GOLD) >= 30 and len({row["id"] for row in GOLD}) == len(GOLD)
    assert languages["en"] + languages["nl"] + languages["de"] + languages["zh"] >= 30
    assert kinds["cross-language"] >= len(GOLD) / 3
    assert kinds["near-miss"] + kinds["off-corpus"] >= len(GOLD) / 4


@pytest.mark.parametrize("row", [row for row in GOLD if row["quote"]], ids=lambda row: row["id"])
def test_every_quote_is_in_its_document(row):
    document = load(SEEDS / "documents" / row["document"])
    assert squeezed(row["quote"]) in squeezed(document.text)


def test_the_passage_is_among_the_evidence(answers):
    found = [
        any(squeezed(row["quote"]) in squeezed(item.text) for item in answers[row["id"]].evidence)
        for row in GOLD
        if row["answerable"]
    ]
    assert sum(found) / len(found) >= 0.9


def test_the_sample_gates_are_passed(tmp_path, capsys):
    """What `bronwijzer eval seeds/gold.jsonl --gate seeds/gates.toml` does, without a model."""
    environment = {"BRONWIJZER_DATA": str(tmp_path), "BRONWIJZER_MODEL": "none"}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        commands.sync([SEEDS / "documents"])
        selection = Selection(SEEDS / "gold.jsonl")
        code = evaluate(selection, Manner(), Outputs(), [str(SEEDS / "gates.toml")])
    assert code == 0, capsys.readouterr()


def test_most_questions_off_the_documents_are_refused(answers):
    """Without a language model, likeness alone decides: some slip through, as quotations."""
    rows = [row for row in GOLD if row["kind"] == "off-corpus"]
    refused = [answers[row["id"]].refused for row in rows]
    assert sum(refused) / len(refused) >= 0.6
    (peru,) = (row for row in rows if "Peru" in row["question"])
    assert answers[peru["id"]].refused


def test_most_answerable_questions_are_not_refused(answers):
    kept = [not answers[row["id"]].refused for row in GOLD if row["answerable"]]
    assert sum(kept) / len(kept) >= 0.9


def test_every_citation_is_the_exact_place(answers, assistant):
    for answer in answers.values():
        for citation in answer.citations:
            text = assistant.corpus.source(citation.document_id).text
            assert text[citation.start : citation.end] == citation.quote
