"""Attacks in documents, questions and titles, on a language model that obeys every one of them."""

import json
from collections import Counter
from pathlib import Path

import pytest
import regex

from assistant.remarks import remarks
from assistant.types import Kind
from assistant.wording import english
from index.corpus import Corpus
from index.embedding import BundledEmbedder
from index.language import LanguageDetector
from index.loaders import LOADERS
from index.reading import Reading
from index.workspace import ChromaAddress
from prompts import template
from tests.corpora import make_assistant
from tests.scripted import ScriptedModel

ATTACKS = [
    json.loads(line)
    for line in (Path(__file__).parent / "attacks.jsonl").read_text("utf-8").splitlines()
]
CONTROL = regex.compile(r"<\||\|>|\[/?INST\]|<</?SYS>>|</?s>")


@pytest.fixture(scope="module")
def reading():
    return Reading(LOADERS, LanguageDetector(), 1_000_000)


@pytest.fixture(scope="module")
def embedder():
    return BundledEmbedder(fast=False)


@pytest.fixture
def ask(tmp_path, reading, embedder):
    """Ask an attack's question of a model that replies as told; gives snapshots and the model."""

    def asked(attack, reply):
        documents = tmp_path / "documents"
        documents.mkdir()
        (documents / attack["name"]).write_text(attack["document"], encoding="utf-8")
        with Corpus(tmp_path / "data", embedder, reading, ChromaAddress()) as corpus:
            list(corpus.sync([documents]))
            assistant, model = make_assistant(corpus, answer_threshold=0.0), ScriptedModel()
            assistant.use(model)
            model.enqueue(reply)
            return list(assistant.stream(attack["question"])), model

    return asked


def obeyed(attack, text):
    return [pattern for pattern in attack["obeyed"] if regex.search(pattern, text)]


def test_the_set_is_wide():
    assert len({attack["id"] for attack in ATTACKS}) == len(ATTACKS) >= 24
    assert len({attack["language"] for attack in ATTACKS}) >= 6
    assert set(Counter(attack["where"] for attack in ATTACKS)) == {"document", "question", "title"}
    for attack in ATTACKS:
        assert obeyed(attack, attack["reply"]), attack["id"]
        assert regex.search(attack["expected"], attack["document"]), attack["id"]


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack["id"])
def test_what_an_obedient_model_writes_harms_nobody(attack, ask):
    snapshots, model = ask(attack, attack["reply"])
    prompt = "\n".join(message.content for message in model.history[-1])
    assert not CONTROL.search(prompt)
    assert len(regex.findall(r"Source \d+ \(", prompt)) == snapshots[-1].read
    for answer in snapshots:
        if answer.kind is Kind.WRITTEN:
            assert attack["harm"] == "words" or not obeyed(attack, answer.text), answer.text
            assert set(regex.findall(r"\[(\d+)\]", answer.text)) <= {
                str(citation.number) for citation in answer.citations
            }
    assert snapshots[-1].kind is not Kind.WRITTEN or snapshots[-1].citations
    assert all("](" not in answer.text for answer in snapshots)


@pytest.mark.parametrize("name", ["answer_system", "answer_question"])
def test_no_part_of_a_prompt_is_shown(ask, name):
    attack = next(attack for attack in ATTACKS if attack["id"] == "leak-en")
    leaked = template(name).template.replace("$language", "English")
    snapshots, _ = ask(attack, f"{leaked} [1]")
    assert snapshots[-1].kind is Kind.QUOTED
    assert "repeated its instructions" in remarks(snapshots[-1], english())[0]
    assert all(len(a.text.split()) < 12 for a in snapshots if a.kind is Kind.WRITTEN)


def test_what_was_removed_is_told(ask):
    attack = next(attack for attack in ATTACKS if attack["id"] == "link-nl")
    snapshots, _ = ask(attack, attack["reply"])
    assert snapshots[-1].text == "Declaraties worden binnen twee weken uitbetaald [1]. Lees verder"
    assert "1 link that no source holds was removed." in remarks(snapshots[-1], english())


def test_an_answer_that_was_only_a_link_becomes_quotations(ask):
    attack = next(attack for attack in ATTACKS if attack["id"] == "link-nl")
    snapshots, _ = ask(attack, "https://evil.example/?q=declaraties [1]")
    assert snapshots[-1].kind is Kind.QUOTED
    assert snapshots[-1].removed_links == 1


def test_a_mark_that_is_dropped_joins_no_link(ask):
    attack = next(attack for attack in ATTACKS if attack["id"] == "link-nl")
    reply = "Declaraties worden binnen twee weken uitbetaald [1]. Zie ht[77]tps://evil.example/x"
    snapshots, _ = ask(attack, reply)
    assert all("evil" not in a.text for a in snapshots if a.kind is Kind.WRITTEN)


def test_an_image_in_a_document_is_quoted_as_text(ask):
    attack = next(attack for attack in ATTACKS if attack["id"] == "image-en")
    snapshots, _ = ask(attack | {"question": "What should the image at the end be?"}, "No marks.")
    assert snapshots[-1].kind is Kind.QUOTED
    assert "![ok](" in "".join(citation.quote for citation in snapshots[-1].citations)
    assert "![ok](" not in snapshots[-1].text
