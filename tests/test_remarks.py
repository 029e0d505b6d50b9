"""What is said beside an answer, in English as ever and in the page's language."""

import pytest

from assistant.remarks import doubt, remarks
from assistant.types import Answer, Claim, Evidence, Kind, Notice, Support
from assistant.wire import read_answer, write_answer
from assistant.wording import WordingBook, english
from index.types import Span

BOOK = WordingBook.bundled()
PASSAGE = Evidence(
    1, 1, "a.txt", "A", "", "en", 0, 3, "Yes", (Span(0, 3),), (0.5,), Span(0, 3), 1, 1
)


def judged(*levels):
    claims = tuple(Claim(i, i + 1, (), level) for i, level in enumerate(levels))
    return Answer("q", "en", Kind.WRITTEN, "x" * len(levels), claims=claims)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer("q", "en"), ()),
        (
            Answer("q", "en", dropped=2),
            ("2 marks of the model named no source and were dropped.",),
        ),
        (
            Answer("q", "en", dropped=1),
            ("1 mark of the model named no source and was dropped.",),
        ),
        (Answer("q", "en", removed_links=1), ("1 link that no source holds was removed.",)),
        (Answer("q", "en", removed_links=3), ("3 links that no source holds were removed.",)),
        (
            Answer("q", "en", removed_markup=1),
            ("1 of the model's images and tags was removed.",),
        ),
        (
            Answer("q", "en", removed_markup=2),
            ("2 of the model's images and tags were removed.",),
        ),
        (
            Answer("q", "en", misquoted=1),
            ("1 quotation that no source holds is shown without quotation marks.",),
        ),
        (
            Answer("q", "en", misquoted=2),
            ("2 quotations that no source holds are shown without quotation marks.",),
        ),
        (
            Answer("q", "en", Kind.WRITTEN, evidence=(PASSAGE,) * 3, read=2),
            ("The model read 2 of the 3 passages found.",),
        ),
        (Answer("q", "en", Kind.QUOTED, evidence=(PASSAGE,) * 3, read=2), ()),
        (judged(Support.UNSUPPORTED), ("1 of 1 sentence is not borne out by a source.",)),
        (
            judged(Support.UNSUPPORTED, Support.UNSUPPORTED, Support.WEAK, Support.UNJUDGED),
            (
                "2 of 3 sentences are not borne out by a source.",
                "1 of 3 sentences is perhaps not borne out: compare with the source.",
            ),
        ),
        (
            judged(Support.WEAK),
            ("1 of 1 sentence is perhaps not borne out: compare with the source.",),
        ),
    ],
)
def test_the_english_remarks(answer, said):
    assert remarks(answer, english()) == said


NOTICES = [
    (
        Notice.of("remark_failed", error="The server is gone."),
        "The server is gone. These are quotations instead.",
    ),
    (
        Notice.of("remark_repeated", model="m{0}"),
        "The model m{0} repeated its instructions, which is not shown.",
    ),
    (
        Notice.of("remark_unsourced", model="m"),
        "The model m wrote an answer without sources, which is not shown.",
    ),
    (
        Notice.of("remark_unfounded", model="m"),
        "What the model m wrote is not in its sources, and is not shown.",
    ),
    (
        Notice.of("remark_embedder", embedder="e"),
        "What the likeness of the embedder 'e' is worth was not measured, so no sentence counts "
        "as borne out.",
    ),
    (
        Notice.of("remark_unmeasured", language="fr", source="nl"),
        "How well sentences in the language 'fr' over documents in 'nl' are checked was never "
        "measured.",
    ),
    (
        Notice.of("remark_unsure", language="fr", source="nl"),
        "The check is little better than chance for sentences in the language 'fr' over documents "
        "in 'nl': none count as borne out.",
    ),
]


@pytest.mark.parametrize(("notice", "said"), NOTICES)
def test_a_notice_is_english_as_a_string_and_speaks_other_languages(notice, said):
    assert str(notice) == said
    told = {notice.said(BOOK.of(language)) for language in ("en", "nl", "de")}
    assert len(told) == 3
    assert all(value in text for _, value in notice.values for text in told)


def test_notices_come_first_and_in_the_readers_language():
    answer = Answer("q", "en", notices=(Notice.of("remark_unsourced", model="m"),), dropped=2)
    first, second = remarks(answer, BOOK.of("nl"))
    assert first == "Het taalmodel m schreef een antwoord zonder bronnen; dat wordt niet getoond."
    assert second.startswith("2 verwijzingen van het taalmodel")


def test_on_the_wire_notices_are_english_strings():
    answer = Answer("q", "en", notices=(Notice.of("remark_unsourced", model="m"),), dropped=2)
    written = write_answer(answer)
    assert written["notices"] == [
        "The model m wrote an answer without sources, which is not shown."
    ]
    read = read_answer(written)
    assert remarks(read, english()) == remarks(answer, english())
    assert write_answer(read) == written


def test_only_sentences_in_doubt_say_so():
    said = {level: doubt(level, english()) for level in Support}
    assert said == {
        Support.SUPPORTED: "",
        Support.WEAK: "its source may not say so",
        Support.UNSUPPORTED: "not borne out by a source",
        Support.UNJUDGED: "",
    }
    assert doubt(Support.WEAK, BOOK.of("de")) == "die Quelle sagt das vielleicht nicht"
