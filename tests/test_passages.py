"""Passages and sentences are exact places in a document, in any script."""

import pytest
import sentencex
from hypothesis import given, settings
from hypothesis import strategies as st

from index.language import LanguageDetector
from index.passages import PassageLimits, sentence_spans, split, width
from index.types import Document, Section

DETECTOR = LanguageDetector()
ALPHABET = "abcDE. !?,\n\n•|12é ä。、慕尼黑中心ไทย ภาษา👩‍👧हि्न्दी\u0301\u200d\ufeffاب؟"


def sentences(text, language="nl"):
    return [text[span.start : span.end] for span in sentence_spans(text, language)]


@settings(deadline=None, max_examples=200)
@given(st.text(alphabet=ALPHABET, max_size=600) | st.text(max_size=200), st.integers(20, 200))
def test_every_place_is_exact_and_every_character_is_in_one_passage(text, target):
    document = Document("t", text)
    passages = split(document, DETECTOR, PassageLimits(target, target // 4))
    for passage in passages:
        assert text[passage.start : passage.end] == passage.text
        assert passage.sentences[0].start == passage.start
        assert passage.sentences[-1].end == passage.end
        for span in passage.sentences:
            assert passage.text_of(span) == text[span.start : span.end].strip() != ""
    places = [span for passage in passages for span in passage.sentences]
    assert all(a.end <= b.start for a, b in zip(places, places[1:], strict=False))
    assert "".join("".join(p.text.split()) for p in passages) == "".join(text.split())


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("Dr. Bos at om 10.30 uur. Klaar.", "nl", ["Dr. Bos at om 10.30 uur.", "Klaar."]),
        ("Zij is o.a. bekend van tv. Klaar.", "nl", ["Zij is o.a. bekend van tv.", "Klaar."]),
        ("1. Eerst dit. 2. Dan dat.", "nl", ["1. Eerst dit.", "2. Dan dat."]),
        ("Titel\n\nEen zin.", "nl", ["Titel", "Een zin."]),
        ("• appels\n• peren", "nl", ["• appels", "• peren"]),
        ("Een regel die\ndoorgaat. Klaar.", "nl", ["Een regel die\ndoorgaat.", "Klaar."]),
        ("第一句。第二句！第三句？", "zh", ["第一句。", "第二句！", "第三句？"]),
        ("هذا سؤال؟ نعم.", "ar", ["هذا سؤال؟", "نعم."]),
        ("", "nl", []),
        (" \n\t ", "nl", []),
    ],
)  # fmt: skip
def test_sentences(text, language, expected):
    assert sentences(text, language) == expected


def test_text_without_any_punctuation_is_cut_at_blanks():
    pieces = sentences("woord " * 500)
    assert max(map(len, pieces)) <= 601
    assert all(piece.startswith("woord") and piece.endswith("woord") for piece in pieces)


def test_a_line_without_any_blank_is_cut_all_the_same():
    assert max(map(len, sentences("x" * 5000))) <= 601


def test_thai_is_cut_at_its_blanks():
    pieces = sentences("ภาษาไทยไม่มีจุด " * 20, "th")
    assert len(pieces) > 3 and all(len(piece) < 120 for piece in pieces)


def test_passages_fill_up_to_the_target_and_a_short_rest_joins_the_last():
    text = " ".join(f"Dit is zin nummer {n:03d} van een lang verhaal." for n in range(60))
    lengths = [len(p.text) for p in split(Document("t", text), DETECTOR)]
    assert all(200 <= length <= 1000 for length in lengths)
    assert sum(lengths) > 2500


def test_wide_characters_count_twice():
    assert (width("abc"), width("慕尼黑"), width("é")) == (3, 6, 1)
    passages = split(Document("t", "这是一个关于图书馆的句子。" * 80), DETECTOR)
    assert max(len(p.text) for p in passages) <= 625


def test_paragraphs_stay_whole_where_they_fit():
    paragraphs = [f"Een zin over onderwerp {n} van deze tekst. " * 16 for n in range(6)]
    document = Document("t", "\n\n".join(paragraph.strip() for paragraph in paragraphs))
    assert [p.text for p in split(document, DETECTOR)] == [p.strip() for p in paragraphs]


def test_short_paragraphs_share_a_passage():
    document = Document("t", "\n\n".join(f"Een korte alinea met nummer {n}." for n in range(40)))
    lengths = [len(p.text) for p in split(document, DETECTOR)]
    assert all(600 <= length <= 1000 for length in lengths)


def test_a_long_paragraph_is_cut_into_even_parts():
    (paragraph,) = ["Een zin over het onderwerp van deze tekst. " * 40]
    lengths = [len(p.text) for p in split(Document("t", paragraph), DETECTOR)]
    assert max(lengths) - min(lengths) < 50


def test_a_heading_begins_a_passage_once_there_is_enough_before_it():
    first, second = "Een zin over bussen. " * 15, "Een zin over treinen. " * 15
    text = f"Bussen\n\n{first}\n\nTreinen\n\n{second}"
    start = text.index("Treinen\n")
    sections = (Section(0, heading="Bussen"), Section(start, heading="Treinen"))
    passages = split(Document("t", text, sections), DETECTOR)
    assert [p.section_at(p.start).heading for p in passages] == ["Bussen", "Treinen"]
    assert passages[1].start == start


def test_a_sentence_knows_its_page_even_inside_a_passage():
    text = "Een korte zin op de eerste. Een korte zin op de tweede."
    sections = (Section(0, page=1), Section(28, page=2))
    (passage,) = split(Document("t", text, sections), DETECTOR)
    assert [passage.section_at(s.start).page for s in passage.sentences] == [1, 2]


@settings(deadline=None, max_examples=60)
@given(st.text(alphabet=ALPHABET, min_size=1, max_size=400), st.sets(st.integers(0, 399)))
def test_every_sentence_knows_the_section_it_begins_in(text, starts):
    sections = tuple(Section(start, page) for page, start in enumerate(sorted({0, *starts}), 1))
    for passage in split(Document("t", text, sections), DETECTOR, PassageLimits(80, 20)):
        for span in passage.sentences:
            begun = [section for section in sections if section.start <= span.start]
            assert passage.section_at(span.start) == begun[-1]


def test_a_long_table_of_numbers_is_cut_in_time_that_grows_with_it():
    # Quadratic time would be minutes, and the test's own limit its end.
    text = "1. " * 100_000 + "The quay is renewed."
    passages = split(Document("numbers", text), DETECTOR)
    assert "".join(p.text for p in passages).replace(" ", "") == text.replace(" ", "")


@pytest.mark.parametrize("blank", ["\u00a0", "\u202f", "\u3000", "\u2003"])
def test_a_wide_blank_before_a_full_stop_is_a_blank_like_any_other(blank):
    text = f"Zie Bijlage A{blank}. Tekst volgt."
    assert " ".join(sentences(text)) == text
    assert sentences(f"Het{blank}is zo. Klaar.") == [f"Het{blank}is zo.", "Klaar."]


class Panic(BaseException):
    """What a library in Rust raises when it gives up."""


def test_a_paragraph_on_which_the_splitter_gives_up_is_one_sentence(monkeypatch):
    def give_up(*_):
        raise Panic

    monkeypatch.setattr(sentencex, "get_sentence_boundaries", give_up)
    assert sentences("Een. Twee.\n\nDrie.") == ["Een. Twee.", "Drie."]


def test_who_stops_the_program_while_it_splits_stops_it(monkeypatch):
    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(sentencex, "get_sentence_boundaries", stop)
    with pytest.raises(KeyboardInterrupt):
        sentences("Een. Twee.")
