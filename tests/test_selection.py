"""Filters of documents: what fits, what is searched, and what the answer says of it."""

import os
import re
import time

import pytest
from pydantic import ValidationError

from assistant.answer_rules import AnswerLimits, Judges
from assistant.answering import Assistant
from assistant.errors import BadQuestion
from assistant.evidence import AnswerabilityModel
from assistant.filters import FilterBody, read_options, write_filter
from assistant.phrases import PhraseBook
from assistant.remarks import remarks
from assistant.support import SupportJudge
from assistant.types import Kind
from assistant.wording import english
from index.patterns import lies_in
from index.types import EVERYTHING, DocumentFilter
from tests.fakes import WordEmbedder, open_corpus

DAY = 86_400.0


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        ("*.txt", "rules/leave.txt", True),
        ("*.txt", "rules/leave.txt.bak", False),
        ("rules", "rules/2026/leave.txt", True),
        ("rules/", "rules/2026/leave.txt", True),
        ("2026", "rules/2026/leave.txt", True),
        ("/2026", "rules/2026/leave.txt", False),
        ("/rules/*/leave.txt", "rules/2026/leave.txt", True),
        ("rules/**/leave.txt", "rules/leave.txt", True),
        ("rules/**/leave.txt", "rules/a/b/leave.txt", True),
        ("rule", "rules/leave.txt", False),
        ("RULES/LEAVE.TXT", "rules/leave.txt", True),
        ("leave?txt", "rules/leave.txt", True),
        ("rules/leave.txt/x", "rules/leave.txt", False),
        ("[", "rules/leave.txt", False),
        ("..", "rules/leave.txt", False),
    ],
)
def test_a_pattern_fits_a_path_or_a_folder_above_it(pattern, path, fits):
    assert lies_in(path, pattern) is fits


def test_a_hostile_pattern_takes_no_time():
    begun = time.monotonic()
    assert not lies_in("a" * 250, "*a" * 140 + "b")
    assert not lies_in("a/" * 120 + "a", "**/" * 90 + "b")
    assert time.monotonic() - begun < 1


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """Forty rules of 2020 in Dutch, and one of 2026 in another folder."""
    folder = tmp_path_factory.mktemp("selection")
    (folder / "texts" / "old").mkdir(parents=True)
    (folder / "texts" / "new").mkdir()
    for number in range(40):
        path = folder / "texts" / "old" / f"rule{number:02}.txt"
        path.write_text(f"De olifant van regel {number} woont in het park van de stad.", "utf-8")
        os.utime(path, (1_577_836_800, 1_577_836_800))
    fresh = folder / "texts" / "new" / "fresh.txt"
    fresh.write_text("The zebra of the city lives in the new stable by the river.", "utf-8")
    with open_corpus(folder / "data", WordEmbedder()) as corpus:
        list(corpus.sync([folder / "texts"]))
        yield corpus


def names(corpus, **wanted):
    chosen = corpus.select(DocumentFilter(**wanted))
    listed = {document.id: document.path.rpartition("/")[2] for document in corpus.documents()}
    return sorted(listed[number] for number in chosen)


def test_what_is_set_must_all_fit(corpus):
    assert corpus.select(EVERYTHING) is None
    assert names(corpus, path="new") == ["fresh.txt"]
    assert names(corpus, languages=("EN",)) == ["fresh.txt"]
    assert names(corpus, modified_since=1_577_836_801) == ["fresh.txt"]
    assert len(names(corpus, modified_before=1_577_836_801)) == 40
    assert names(corpus, modified_before=1_577_836_800) == []
    assert len(names(corpus, types=("TXT",))) == len(names(corpus, types=(".txt",))) == 41
    assert names(corpus, types=("pdf",)) == []
    assert names(corpus, path="old", languages=("en",)) == []
    assert len(names(corpus, indexed_since=time.time() - DAY)) == 41
    assert names(corpus, indexed_before=time.time() - DAY) == []
    assert names(corpus, names=("rule01.txt", "fresh.txt"), path="new") == ["fresh.txt"]


def test_no_folder_above_the_synced_one_can_be_guessed(corpus):
    above = corpus.roots()[0].split("/")[1]
    assert names(corpus, path=above) == [] and names(corpus, path="texts") == []


def test_only_chosen_documents_are_found(corpus):
    chosen = corpus.select(DocumentFilter(path="new"))
    hits = corpus.search("Waar woont de olifant?", 8, chosen)
    assert [hit.stored.title for hit in hits] == ["fresh"]
    assert corpus.search("Waar woont de olifant?", 8, []) == []
    assert corpus.passage_count([]) == 0 and corpus.passage_count() == 41


def test_of_very_many_documents_the_best_are_found_and_no_others(corpus, monkeypatch):
    question = "Waar woont de olifant van regel 17?"
    chosen = corpus.select(DocumentFilter(path="old"))
    all_scored = [(hit.stored.id, hit.score) for hit in corpus.search(question, 5, chosen)]
    monkeypatch.setattr("index.retriever._MOST_SCORED", 10)
    monkeypatch.setattr("index.retriever._CANDIDATES", 15)
    found = [(hit.stored.id, hit.score) for hit in corpus.search(question, 5, chosen)]
    assert found == all_scored
    # The words of the document that is left out bring nothing of it.
    titles = [hit.stored.title for hit in corpus.search("zebra stable river", 41, chosen)]
    assert titles and "fresh" not in titles and len(titles) <= 30


def test_numbers_keep_to_documents_and_none_at_all_are_nothing(corpus):
    every = [document.id for document in corpus.documents()]
    assert corpus.select(DocumentFilter(numbers=())) == []
    assert corpus.select(DocumentFilter(numbers=tuple(every[:2]))) == every[:2]
    by_path = corpus.select(DocumentFilter(path="new"))
    assert corpus.select(DocumentFilter(path="new", numbers=tuple(every))) == by_path
    assert corpus.select(DocumentFilter(path="new", numbers=())) == []
    name = corpus.documents()[0].path
    assert corpus.select(DocumentFilter(names=(name,), numbers=(every[1],))) == []
    assert corpus.select(DocumentFilter(names=(name,), numbers=tuple(every))) == every[:1]


@pytest.fixture(scope="module")
def assistant(corpus):
    judges = Judges(AnswerabilityModel.bundled(), SupportJudge.bundled())
    return Assistant(corpus, PhraseBook.bundled(), judges, AnswerLimits())


def test_a_filter_that_fits_nothing_finds_nothing_and_says_so(assistant):
    """With an embedder that no refusal was fitted to, as here, any passage would be quoted."""
    *_, answer = assistant.stream("Waar woont de olifant?", wanted=DocumentFilter(path="nowhere"))
    assert answer.kind is Kind.REFUSED and not answer.evidence and not answer.citations
    assert remarks(answer, english()) == ("No document fits the filter, so nothing was searched.",)
    assert assistant.search("olifant", wanted=DocumentFilter(path="nowhere")) == ()


def test_an_answer_says_how_much_was_searched(assistant):
    first, *_, last = assistant.stream("Waar woont de olifant?", wanted=DocumentFilter(path="old"))
    for answer in (first, last):
        assert remarks(answer, english()) == (
            "40 of 41 documents were searched, those that fit the filter.",
        )
    *_, last = assistant.stream("Waar woont de olifant?")
    assert remarks(last, english()) == ()


def test_a_day_is_counted_whole():
    body = FilterBody.model_validate({"since": "2026-01-31", "until": "2026-01-31"})
    wanted = body.wanted()
    assert wanted.modified_before - wanted.modified_since == DAY
    moment = FilterBody.model_validate({"until": "2026-01-31T12:00:00Z"}).wanted()
    assert moment.modified_before == 1_769_860_800


def test_a_filter_survives_its_way_to_the_owner():
    wanted = read_options("rules/*", ["pdf"], ["nl"], "2026-01-31", "2026-02-01")
    assert FilterBody.model_validate(write_filter(wanted)).wanted() == wanted
    assert read_options("", [], [], "", "") == EVERYTHING


def test_a_slip_is_an_error_and_no_wider_search():
    with pytest.raises(ValidationError, match="pth"):
        FilterBody.model_validate({"pth": "rules"})
    for moment in ("0001-01-01", "9999-12-31", "9999-12-31T23:59", 5, "2026-1-1", ["2026-01-31"]):
        with pytest.raises(ValidationError):
            FilterBody.model_validate({"until": moment})
    with pytest.raises(BadQuestion, match="--since.*yesterday.*2026-01-31"):
        read_options("", [], [], "yesterday", "")
    with pytest.raises(BadQuestion, match="--language.*english.*such as nl"):
        read_options("", [], ["english"], "", "")
    with pytest.raises(BadQuestion, match="2026-06-30 is after --until 2026-01-01"):
        read_options("", [], [], "2026-06-30", "2026-01-01")


@pytest.mark.parametrize("field", ["since", "until", "indexed_since", "indexed_until"])
def test_the_schema_tells_programs_which_days_and_moments_are_read(field):
    told = FilterBody.model_json_schema()["properties"][field]["anyOf"][0]["pattern"]
    read = ["1971-01-01", "2026-02-28", "2026-12-31T23:59", "2026-04-30T00:00:59Z"]
    refused = ["", "2026", "1970-12-31", "3000-01-01", "2026-02-30", "2026-04-31", "2026-1-1T25:00"]
    for text in (*read, *refused):
        assert bool(re.search(told, text)) is (text in read)
        if text in read:
            assert FilterBody.model_validate({field: text})
        else:
            with pytest.raises(ValidationError):
                FilterBody.model_validate({field: text})
