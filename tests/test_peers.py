"""What is told of a peer system's reply by its text alone; none of it needs LlamaIndex's extras."""

import pytest

from assistant.evaluation.types import Cited
from benchmarks.peer_declining import declines, says_so
from benchmarks.peer_replies import Source, located, marks, placed, read_reply
from index.types import Span

SOURCES = (Source("a.txt", 0, 9, "The first"), Source("b.txt", -1, -1, "The second"))


def declined(reply, language="en"):
    return declines(read_reply(reply, language, SOURCES).sentences)


def test_marks_are_read_as_freely_as_the_assistants_own():
    assert marks("So [1]. And [2, 3]. And [Source 4, Source 5]. And [1].") == [1, 2, 3, 4, 5, 1]
    assert marks("In [1998] and [see below] there is [] nothing.") == []


def test_a_mark_becomes_a_citation_with_its_place():
    reading = read_reply("One thing [1]. Another [2], and again [1].", "en", SOURCES)
    assert reading.citations == (
        Cited(1, "a.txt", 0, 9, "The first"),
        Cited(2, "b.txt", -1, -1, "The second"),
    )
    assert [(s.text, s.marks) for s in reading.sentences] == [
        ("One thing.", (1,)),
        ("Another, and again.", (2, 1)),
    ]
    assert reading.dropped == 0


def test_marks_that_name_no_source_are_counted_and_no_citations():
    reading = read_reply("One thing [3]. Another [0, 1].", "en", SOURCES)
    assert [cited.number for cited in reading.citations] == [1]
    assert [sentence.marks for sentence in reading.sentences] == [(), (1,)]
    assert reading.dropped == 2


def test_a_mark_behind_the_full_stop_belongs_to_the_sentence_before():
    reading = read_reply("It is in France. [1]\nIt is green. [Source 2]", "en", SOURCES)
    assert [(s.text, s.marks) for s in reading.sentences] == [
        ("It is in France.", (1,)),
        ("It is green.", (2,)),
    ]


def test_a_piece_is_found_inside_its_window_first():
    text = "again and again and again"
    assert located(text, "again", Span(8, len(text))) == Span(10, 15)


def test_a_piece_is_found_whatever_became_of_its_white_space():
    text = "Before.\n\nOne  line\nand another. Behind."
    found = located(text, " One line and another.", Span(0, len(text)))
    assert found is not None
    assert text[found.start : found.end] == "One  line\nand another."
    assert located(text, "Not there", Span(0, len(text))) is None
    assert located(text, " ", Span(0, 7)) is None


@pytest.mark.parametrize("start", [None, -1, 3, 99])
def test_a_wrong_place_is_mended(start):
    assert placed("some text here", "text", start) == Span(5, 9)


def test_a_right_place_is_kept_though_the_text_is_there_twice():
    assert placed("text text", "text", 5) == Span(5, 9)


@pytest.mark.parametrize(
    "reply",
    [
        "",
        "The provided sources do not contain information about the mayor of Ghent.",
        "None of the provided sources are helpful in answering this question.",
        "The sources don't mention when it was founded [1].",
        "The answer is not explicitly mentioned in any of the sources.",
        "There is no mention of a second treaty in Source 1.",
        "I'm sorry, but I cannot answer this question.",
        "It cannot be determined from the given text. [1] More would have to be known.",
        "De bronnen vermelden niet wanneer dat was.",
        "Die Quellen enthalten keine Angaben dazu.",
        "No se menciona en las fuentes.",
        "В источниках об этом не говорится.",
        "来源中没有提到这一点。",
    ],
)
def test_usual_ways_to_decline(reply):
    assert declined(reply)


@pytest.mark.parametrize(
    "reply",
    [
        "Normandy is located in France. [1]",
        "The Normans did not invade Ireland before 1169 [1].",
        "Oil was the main source of energy, and prices did not fall [1].",
        "The sources do not mention 1988. However, the treaty was signed in 1998 [1].",
        "The treaty was signed in 1998 [1]. The sources do not mention where.",
        "Ze begon in de achttiende eeuw [1].",
    ],
)
def test_an_answer_is_no_refusal(reply):
    assert not declined(reply)


def test_regret_alone_is_told_by_the_sentence():
    assert says_so("Sorry, that is not in the documents.")
    assert not says_so("He was sorry to leave.")
