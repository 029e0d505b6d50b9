"""What a reader can do where the documents do not tell."""

from dataclasses import replace

from assistant.advice import advice
from assistant.types import Answer, Evidence, Kind
from assistant.wording import WordingBook
from index.types import Span

BOOK = WordingBook.bundled()
PASSAGE = Evidence(
    1, 1, "k.txt", "De kade", "p. 2 · Kosten", "nl", 0, 3, "Ja.", (Span(0, 3),), (0.5,),
    Span(0, 3), 1, 1,
)  # fmt: skip
REFUSED = Answer("q", "nl", Kind.REFUSED, "Nee.", evidence=(PASSAGE,))


def test_it_names_the_nearest_place_how_to_ask_and_whom():
    said = advice(REFUSED, BOOK.of("nl"), " Bel de balie,\n tel. 14 020. ")
    assert said == (
        "De tekst die er het dichtst bij komt, staat in: De kade, p. 2 · Kosten. Vraag naar één "
        "ding tegelijk en noem het bij de naam. Bel de balie, tel. 14 020."
    )


def test_without_evidence_or_contact_only_how_to_ask_is_left():
    said = advice(replace(REFUSED, evidence=()), BOOK.of("en"), "")
    assert said == "Ask about one thing at a time, and call it by its name."


def test_an_answer_needs_no_advice():
    assert advice(Answer("q", "nl", Kind.QUOTED, evidence=(PASSAGE,)), BOOK.of("nl"), "Bel.") == ""


def test_names_of_documents_stay_one_short_line():
    hostile = replace(PASSAGE, title="A{place}\n\x1b[31m\u202eb" + "x" * 500, locator="")
    said = advice(replace(REFUSED, evidence=(hostile,)), BOOK.of("de"), "")
    assert said.startswith("Am nächsten kommt dem der Text in: A{place} [31mbxxx")
    assert "\u202e" not in said and "\x1b" not in said
    assert len(said) < 250
