"""First questions: what is taken from documents, and that each is answered by its own."""

import threading
import time

import pytest

from assistant.suggestions import MOST, Suggestions, candidates
from assistant.wording import WordingBook
from index.errors import EmbedderUnavailable
from index.types import Section, SourceDocument
from tests.corpora import make_assistant, make_corpus

BOOK = WordingBook.bundled()
TEXTS = {
    "parking.txt": (
        "Parking\n\nHow much does a parking permit cost?\n\n"
        "A parking permit for residents costs 41 euros a year. It is sent by post.\n\n"
        "Contact\n\nCall us on weekdays between nine and five."
    ),
    "passport.txt": (
        "Passport\n\nWhere can I collect my passport?\n\n"
        "A passport is collected at the town hall, five working days after it was asked for.\n\n"
        "Contact\n\nCall us on weekdays between nine and five."
    ),
    "pool.txt": (
        "The swimming pool\n\nThe pool is heated to 28 degrees. It opens at seven.\n\n"
        "Swimming lessons for children\n\n"
        "Children learn to swim on Wednesday afternoons, from the age of five."
    ),
    "kade.txt": (
        "Hoe lang duurt het werk aan de kade?\n\n"
        "Het werk aan de kade duurt van maart tot en met november 2026.\n\n"
        "Vervanging van de bomen\n\nOp de kade komen twaalf nieuwe iepen te staan."
    ),
}


def source(text, number=1, title="Title", language="en", headings=()):
    sections = tuple(Section(place, heading=name) for place, name in enumerate(headings))
    return SourceDocument(number, f"/d/{number}.txt", title, language, text, sections)


def made(*sources, language="en"):
    return [question for _, question in candidates(sources, BOOK.of(language))]


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("en", "When does the pool open?"),
        ("zh", "图书馆什么时候开门？"),
        ("ar", "متى تفتح المكتبة أبوابها؟"),
        ("el", "Πότε ανοίγει η βιβλιοθήκη;"),
        ("el", "Πότε ανοίγει η βιβλιοθήκη\u037e"),
        ("am", "ቤተ መጻሕፍቱ መቼ ይከፈታል፧"),
        ("es", "¿Cuándo abre la biblioteca?"),
        ("hy", "Ե՞րբ է բացվում գրադարանը"),
    ],
)
def test_a_question_that_stands_alone_is_taken_as_it_stands(language, line):
    text = f"A text of more than a line.\n\n{line}\n\nAt nine on weekdays."
    assert made(source(text, language=language))[0] == line


@pytest.mark.parametrize(
    "line",
    [
        "Questions?",
        "Is it late? Then call us. Or do you not?",
        "- Do you have your passport with you?",
        "Have you seen https://evil.example/login already?",
        "May we write to you at a@b.example then?",
        "When " + "very " * 40 + "late?",
        "The pool opens; the library does not;",
    ],
)
def test_what_is_no_question_of_its_own_is_not_taken(line):
    assert line not in made(source(f"Words that go on.\n\n{line}\n\nMore words here."))


def test_a_question_inside_running_text_leads_elsewhere_and_is_not_taken():
    assert made(source("Are you moving house this year?\nThen tell the town hall.")) == []


def test_headings_become_questions_in_the_language_of_the_page():
    found = source("x", title="Leave", headings=["Leave", "Leave › 6.1 Annual leave"])
    assert made(found) == ["What do the documents say about “Annual leave”?"]
    assert made(found, language="nl") == ["Wat staat er in de documenten over “Annual leave”?"]
    titled = source("x", title="Bulky waste | Town", headings=["Bulky waste"])
    assert made(titled) == ["What do the documents say about “Bulky waste”?"]


def test_hostile_headings_are_one_short_line():
    headings = ["Fees\x1b[31m\nand\u202e rules", "y" * 500, "Go to www.evil.example now"]
    assert made(source("x", headings=headings)) == [
        "What do the documents say about “Fees[31m and rules”?"
    ]


def test_questions_come_before_headings_and_each_document_before_the_second_of_one():
    one = source("How many days?\n\nHow many weeks then?\n\nSick leave\n\nText.", 1)
    two = source("Who may park here?\n\nParking fees\n\nText.", 2)
    assert [
        (number, question[:15]) for number, question in candidates([one, two], BOOK.of("en"))
    ] == [
        (1, "How many days?"),
        (2, "Who may park he"),
        (1, "How many weeks "),
        (1, "What do the doc"),
        (2, "What do the doc"),
    ]


def test_a_line_of_several_documents_is_about_none():
    both = [source("Do you have any questions?\n\nContact us\n\nText.", n) for n in (1, 2)]
    assert made(*both) == []


# Against a corpus


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("suggestions")
    with make_corpus(folder / "data") as corpus:
        list(corpus.sync([write(folder / "texts", TEXTS)]))
        yield corpus


def write(folder, texts):
    folder.mkdir(exist_ok=True)
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def ready(suggestions, language, seconds=20):
    """Ask again until there are some, as a page does."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if found := suggestions.of(language):
            return found
        time.sleep(0.02)
    return ()


def test_each_suggestion_is_answered_by_a_document_of_its_own(corpus):
    assistant = make_assistant(corpus)
    with Suggestions(assistant, BOOK, ()) as suggestions:
        found = ready(suggestions, "en")
    assert 3 <= len(found) <= MOST
    assert found[:2] == (
        "How much does a parking permit cost?",
        "Where can I collect my passport?",
    )
    answers = [assistant.ask(question) for question in found]
    assert not any(answer.refused for answer in answers)
    assert len({answer.evidence[0].document for answer in answers}) == len(found)
    assert "41 euros" in answers[0].text and "town hall" in answers[1].text


def test_a_page_gets_its_own_language_first(corpus):
    with Suggestions(make_assistant(corpus), BOOK, ()) as suggestions:
        dutch = ready(suggestions, "nl")
        assert dutch[0] == "Hoe lang duurt het werk aan de kade?"
        assert len(dutch) > 1
        assert ready(suggestions, "fr") == ready(suggestions, "en")


def test_what_is_asked_for_at_once_does_not_wait_and_is_made_once(corpus):
    assistant = make_assistant(corpus)
    searches, may_go_on = [], threading.Event()
    find = assistant.find

    def slow(question):
        may_go_on.wait(20)
        searches.append(question)
        return find(question)

    assistant.find = slow
    with Suggestions(assistant, BOOK, ()) as suggestions:
        started = time.monotonic()
        assert [suggestions.of("en") for _ in range(5)] == [()] * 5
        assert time.monotonic() - started < 2
        may_go_on.set()
        first = ready(suggestions, "en")
        made_with = len(searches)
        assert ready(suggestions, "en") == first
        assert len(searches) == made_with == len(set(searches))
        assert made_with <= 24


def test_examples_of_the_settings_are_shown_as_they_are(corpus):
    with Suggestions(make_assistant(corpus), BOOK, ("Who?", "What, then?")) as suggestions:
        assert suggestions.of("nl") == ("Who?", "What, then?")


def test_when_the_documents_change_so_do_the_suggestions(tmp_path):
    with make_corpus(tmp_path / "data") as corpus:
        with Suggestions(make_assistant(corpus), BOOK, ()) as suggestions:
            assert ready(suggestions, "en", seconds=0.5) == ()
            folder = write(tmp_path / "texts", {"parking.txt": TEXTS["parking.txt"]})
            list(corpus.sync([folder]))
            first = ready(suggestions, "en")
            assert first == ("How much does a parking permit cost?",)
            for name in list(TEXTS)[1:]:
                write(folder, {name: TEXTS[name]})
            state = corpus.state
            steps = corpus.sync([folder])
            next(steps)
            assert suggestions.of("en") == first
            list(steps)
            assert corpus.state != state
            assert len(ready(suggestions, "en")) > 1
            corpus.remove(folder)
            assert ready(suggestions, "en", seconds=0.5) == ()


def test_an_embedder_that_is_away_costs_the_suggestions_of_that_moment_alone(corpus):
    assistant = make_assistant(corpus)
    find, away = assistant.find, threading.Event()
    away.set()

    def unplugged(question):
        if away.is_set():
            raise EmbedderUnavailable("The embedder was unplugged. Plug it in.")
        return find(question)

    assistant.find = unplugged
    with Suggestions(assistant, BOOK, ()) as suggestions:
        assert ready(suggestions, "en", seconds=0.5) == ()
        away.clear()
        assert ready(suggestions, "en")


def test_closing_ends_the_search(corpus):
    assistant = make_assistant(corpus)
    suggestions = Suggestions(assistant, BOOK, ())
    suggestions.of("en")
    suggestions.close()
    assert suggestions.of("en") == ()
    assert not any("_make" in thread.name for thread in threading.enumerate())


def test_what_would_be_refused_is_not_suggested(corpus):
    with Suggestions(make_assistant(corpus, answer_threshold=1.0), BOOK, ()) as suggestions:
        assert ready(suggestions, "en", seconds=1) == ()
