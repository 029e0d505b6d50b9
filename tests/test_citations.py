"""Marks as models write them, in pieces as they come."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.citations import MarkParser, marks, without_marks


def parse(pieces, known=(1, 2, 3)):
    """Parse pieces with sources that keep their numbers; give the text and the drops."""
    parser = MarkParser(lambda number, claim: number if number in known else None, max(known))
    for piece in pieces:
        parser.feed(piece)
    parser.finish()
    return parser.text, parser.dropped


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("It opens at nine [2].", "It opens at nine [2]."),
        ("It opens at nine[1, 2].", "It opens at nine [1][2]."),
        ("It opens [[1]].", "It opens [1]."),
        ("九点开门【1】。", "九点开门 [1]。"),
        ("九点开门［2］。", "九点开门 [2]。"),
        ("It opens [Source 3].", "It opens [3]."),
        ("It opens [Source 1, Source 3].", "It opens [1][3]."),
        ("It opens [^1].", "It opens [1]."),
        ("It opens [1][1].", "It opens [1]."),
        ("It opens [1] [2].", "It opens [1] [2]."),
        ("It opens [1-3].", "It opens [1][2][3]."),
        ("It opens [1 t/m 3].", "It opens [1][2][3]."),
        ("It opens [1 bis 3].", "It opens [1][2][3]."),
        ("It opens [1 à 3].", "It opens [1][2][3]."),
        ("It opens [1至3].", "It opens [1][2][3]."),
        ("It opens [1–2, 3].", "It opens [1][2][3]."),
        ("It opens [1 en 2].", "It opens [1][2]."),
        ("It opens [bronnen 1, 2 und 3].", "It opens [1][2][3]."),
        ("It opens [Source 1, page 3].", "It opens [1]."),
        ("It opens [Quelle Nr. 2; S. 3].", "It opens [Quelle Nr. 2; S. 3]."),
        ("It opens [2†source].", "It opens [2]."),
        ("It opens 【1†L1-L3】.", "It opens [1]."),
        ("九点开门[来源1和2]。", "九点开门 [1][2]。"),
        ("It opens ([1]).", "It opens ([1])."),
        ("`It opens [1][2]` and ` [3].", "`It opens [1][2]` and ` [3]."),
    ],
)
def test_every_form_of_mark_becomes_one(written, shown):
    assert parse([written]) == (shown, 0)


def test_unknown_numbers_are_dropped_and_counted():
    assert parse(["Nine [7]. Ten [1, 9]."]) == ("Nine . Ten [1].", 2)
    assert parse(["Nine [2-9]."]) == ("Nine [2][3].", 1)
    assert parse(["`a[7]` [7]"]) == ("`a` ", 2)
    assert parse(["Nine [1[9]]"]) == ("Nine [1 ]", 1)


def test_a_mark_before_its_sentence_goes_behind_it():
    seen = []
    parser = MarkParser(lambda number, claim: seen.append((number, claim)) or number, 3)
    parser.feed("[1] Dittrich leads it.\n[2] Four engineers came.")
    parser.finish()
    assert parser.text == " Dittrich leads it. [1]\n Four engineers came. [2]"
    assert seen == [(1, "Dittrich leads it."), (2, "Four engineers came.")]


def test_the_claim_is_the_sentence_that_the_mark_ends():
    seen = []
    parser = MarkParser(lambda number, claim: seen.append(claim) or number, 3)
    parser.feed("First this [1]. Then, at 3.5 km, that [2].")
    assert seen == ["First this", "Then, at 3.5 km, that"]


@pytest.mark.parametrize(
    "text",
    [
        "See [the annex] and a[i] = b.",
        "An open [ bracket",
        "A [very long remark that no mark would ever be as long as] here",
        "[x",
        "Zie [artikel 1] en [bijlage 2], [1 mei] en [kamer 3]",
        "It opens [9-17] on weekdays, and not [3-1]",
        "In [2026] and [1" + "0" * 5000 + "]",
    ],
)
def test_other_brackets_stay(text):
    assert parse([text]) == (text, 0)


@given(st.lists(st.text(alphabet="ab [](1)2,.\n`【】", max_size=6), max_size=20))
def test_the_pieces_do_not_matter(pieces):
    assert parse(pieces) == parse(list("".join(pieces))) == parse(["".join(pieces)])


@given(st.text(alphabet="ab[]123, .【】\n", max_size=60))
def test_no_unknown_number_is_ever_shown(text):
    shown, _ = parse([text], known=(1,))
    assert set(marks(shown)) <= {1}


def test_an_incomplete_mark_is_held_back():
    parser = MarkParser(lambda number, claim: number, 3)
    parser.feed("Nine [")
    assert parser.text == "Nine "
    parser.feed("2")
    assert parser.text == "Nine "
    parser.feed("]")
    assert parser.text == "Nine [2]"


@pytest.mark.parametrize("text", ["It opens at nine [1]. ", "It opens at nine [1] "])
def test_each_of_many_marks_reads_what_stands_before_it_and_no_more(text, monkeypatch):
    read, claims = [], []

    def without(text):
        read.append(len(text))
        return without_marks(text)

    monkeypatch.setattr("assistant.citations.without_marks", without)
    parser = MarkParser(lambda number, claim: claims.append(claim) or number, 3)
    parser.feed(text * 1000)
    assert len(claims) == 1000
    assert all(claim.endswith("It opens at nine") for claim in claims)
    assert max(read) <= 2000


def test_marks_and_text_without_them():
    assert marks("a [2] b [1][2]") == (2, 1)
    assert without_marks("It opens at nine [2][1].") == "It opens at nine."
    assert marks("[2026] [" + "1" * 5000 + "]") == ()
