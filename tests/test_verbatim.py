"""Which words a text holds, whatever the form of their characters, and where."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.verbatim import is_long_enough, locate

TEXT = (
    "De gemeente Veenrade vernieuwt in het voorjaar van 2026–2027 de kade. Projectleider\n"
    "Saskia Dorrestein zei: ‘het café blijft open’ – behalve in mei. De kosten bedragen 4,2 "
    "miljoen euro, bij −5 graden."
)


def found(quotation, text=TEXT):
    place = locate(quotation, text)
    return None if place is None else text[place.start : place.end]


@pytest.mark.parametrize(
    ("quotation", "held"),
    [
        ("de kosten bedragen 4,2 miljoen", "De kosten bedragen 4,2 miljoen"),
        ("DE  KOSTEN\nBEDRAGEN", "De kosten bedragen"),
        ("Projectleider Saskia Dorrestein zei", "Projectleider\nSaskia Dorrestein zei"),
        ('zei: "het café blijft open"', "zei: ‘het café blijft open"),
        ("voorjaar van 2026-2027 de kade", "voorjaar van 2026–2027 de kade"),
        ("open—behalve in mei,", "open’ – behalve in mei"),
        ("De **kosten** bedragen.", "De kosten bedragen"),
        ("De kosten bedragen", "De kosten bedragen"),
        (
            "De gemeente … de kade",
            "De gemeente Veenrade vernieuwt in het voorjaar van 2026–2027 de kade",
        ),
        ("... Saskia Dorrestein [...] blijft open", "Saskia Dorrestein zei: ‘het café blijft open"),
        (unicodedata.normalize("NFD", "het café blijft open"), "het café blijft open"),
        ("De kosten bedragen", "De kosten bedragen"),
    ],
)
def test_what_differs_in_form_alone_is_held(quotation, held):
    assert found(quotation) == held


@pytest.mark.parametrize(
    "quotation", ["als bedoeld [artikel 5] van", "als bedoeld (artikel 5) van"]
)
@pytest.mark.parametrize("text", ["Als bedoeld [artikel 5] van", "Als bedoeld (artikel 5) van"])
def test_brackets_of_one_kind_are_those_of_another(quotation, text):
    assert found(quotation, text) == text


@pytest.mark.parametrize(
    "quotation",
    [
        "De kosten bedragen 4,3 miljoen",
        "kosten bedragen 4",
        "2 miljoen euro",
        "5 graden",
        "osten bedragen",
        "de kade … De gemeente",
        "De … de … in … De",
        "De kosten bedragen [ongeveer] 4,2 miljoen",
        "The costs are 4.2 million euros",
        "… … …",
        "",
    ],
)
def test_what_differs_in_words_or_numbers_is_not_held(quotation):
    assert found(quotation) is None


def test_scripts_without_blanks_may_be_cut_anywhere():
    assert found("负责码头工程", "萨斯基亚负责码头工程的领导。") == "负责码头工程"
    assert found("ﾃｽﾄを行う", "来月テストを行うことにした。") == "テストを行う"
    assert (
        found("서울특별시에 있는 도서관", "그것은 서울특별시에 있는 도서관이다.")
        == "서울특별시에 있는 도서관"
    )
    assert found("تكلفة الأعمال", "وتكلفة الأعمال كبيرة") is None


@pytest.mark.parametrize(
    ("words", "long"),
    [
        ("one two three four", True),
        ("one two three", False),
        ("extraordinarily-long-single-word", False),
        ("负责码头工程", True),
        ("码头工程", False),
        ("รับผิดชอบงานก่อสร้าง", True),
    ],
)
def test_a_term_is_no_quotation(words, long):
    assert is_long_enough(words) is long


@given(st.text(alphabet="abcd XYé.,-–“'ﬁ京都\n12", min_size=1, max_size=60), st.data())
def test_whole_words_of_a_text_are_held_and_found_at_a_place_that_reads_the_same(text, data):
    words = text.split()
    if not words:
        return
    first = data.draw(st.integers(0, len(words) - 1))
    last = data.draw(st.integers(first, len(words) - 1))
    quotation = " ".join(words[first : last + 1])
    place = locate(quotation, text)
    if place is None:
        # Nothing but punctuation, or a dash that writes it together with its neighbours.
        assert "-" in text or "–" in text or not any(c.isalnum() for c in quotation)
    else:
        assert locate(text[place.start : place.end], quotation) is not None


@given(st.text(max_size=80), st.text(max_size=80))
def test_any_text_is_safe(quotation, text):
    place = locate(quotation, text)
    assert place is None or 0 <= place.start < place.end <= len(text)


@pytest.mark.parametrize("quotation", ["Nee... dat mag niet van ons", "nee… dat mag niet"])
def test_an_ellipsis_may_be_the_texts_own(quotation):
    assert found(quotation, "Hij zei: “Nee... dat mag niet van ons.”") is not None
    assert found(quotation, "Nee, dat mag niet van ons.") is None
