"""Quotation marks in a stream: kept around what a text holds, taken from all else."""

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.quotations import QuotationParser, quotations_in
from assistant.verbatim import locate

SOURCE = (
    "Projectleider Saskia Dorrestein leidt de werkzaamheden. De kosten bedragen 4,2 miljoen euro. "
    "负责码头工程的是市政府。"
)
TRUE, FALSE = "de kosten bedragen 4,2 miljoen euro", "de kosten bedragen 9,9 miljoen euro"
PAIRS = [
    "“”",
    '""',
    "«»",
    "»«",
    "„“",
    "„”",
    "‹›",
    "「」",
    "『』",
    "‚‘",
    "‚’",
    "‘’",
    '“"',
    "＂＂",
    "''",
]


def held(words):
    return locate(words, SOURCE) is not None


def parse(pieces, holds=held):
    parser = QuotationParser(holds)
    text = "".join(parser.feed(piece) for piece in pieces) + parser.finish()
    return text, parser.misquoted


@pytest.mark.parametrize("pair", PAIRS)
def test_every_form_of_quotation_is_decided(pair):
    opening, closing = pair
    kept = f"It says {opening}{TRUE}{closing} [1]."
    assert parse([kept]) == (kept, 0)
    assert parse([f"It says {opening}{FALSE}{closing} [1]."]) == (f"It says {FALSE} [1].", 1)


@pytest.mark.parametrize(
    "source", ["De kosten [artikel 5] en de baten", "De kosten (artikel 5) en de baten"]
)
def test_a_number_in_brackets_may_be_the_sources_own(source):
    def holds(words):
        return locate(words, source) is not None

    for inside in ("[artikel 5]", "(artikel 5)"):
        kept = f"“De kosten {inside} en de baten” [1]"
        assert parse([kept], holds) == (kept, 0)


@pytest.mark.parametrize("pair", PAIRS)
def test_a_quotation_may_end_the_stream(pair):
    opening, closing = pair
    assert parse([f"{opening}{TRUE}{closing}"]) == (f"{opening}{TRUE}{closing}", 0)
    assert parse([f"{opening}{FALSE}{closing}"]) == (FALSE, 1)


@pytest.mark.parametrize(
    ("written", "shown", "misquoted"),
    [
        ("他说「负责码头工程的是市政府」。", "他说「负责码头工程的是市政府」。", 0),
        ("他说「负责码头工程的是某公司」。", "他说负责码头工程的是某公司。", 1),
        (f"« {TRUE} »", f"« {TRUE} »", 0),
        (f"Zie « {FALSE} » hier", f"Zie {FALSE} hier", 1),
        (
            "“Projectleider Saskia … de werkzaamheden.”",
            "“Projectleider Saskia … de werkzaamheden.”",
            0,
        ),
        (f"“{TRUE} [1].”", f"“{TRUE}.” [1]", 0),
        (f"“{TRUE} [Source 1]”【2】", f"“{TRUE}” [Source 1]【2】", 0),
        (f"“{FALSE} [1].”", f"{FALSE} [1].", 1),
        (f"> {TRUE} [1]\n\nSo.", f"“{TRUE}” [1]\n\nSo.", 0),
        (
            "Thus:\n> “De kosten bedragen\n> 4,2 miljoen euro.” [1]",
            "Thus:\n“De kosten bedragen 4,2 miljoen euro.” [1]",
            0,
        ),
        (f"> {FALSE} [1]\nSo.", f"{FALSE} [1]\nSo.", 1),
        (f"> “{FALSE}” [1]\nSo.", f"{FALSE} [1]\nSo.", 1),
        (f"> Wrong it says: “{TRUE}”", f"Wrong it says: “{TRUE}”", 1),
        (f"“Wrong, he said, «{TRUE}» indeed”", f"Wrong, he said, «{TRUE}» indeed", 1),
        (f'Thus: `"{FALSE}"` [1]', f"Thus: `{FALSE}` [1]", 1),
        (f'A ` alone, and "{FALSE}" [1]', f"A ` alone, and {FALSE} [1]", 1),
        (f"“He said “yes”, but {FALSE}” [1]", f"He said “yes”, but {FALSE} [1]", 1),
        (f"('{FALSE}, zegt ze 's avonds')", f"({FALSE}, zegt ze 's avonds)", 1),
        (f"> > {TRUE}\n>> So.", f"{TRUE}\nSo.", 1),
        (f"> “> {FALSE}”", f" {FALSE}", 1),
    ],
)
def test_what_is_shown_and_counted(written, shown, misquoted):
    assert parse([written]) == (shown, misquoted)


@pytest.mark.parametrize(
    "text",
    [
        "The “so-called quay” is “new”.",
        'A 5" pipe, a 6" pipe and a 7" pipe for the works at the quay',
        "‘t Hof is een huis in de stad, en ’s avonds open",
        "'s-Gravenhage ligt aan zee, en auto's rijden er naar de readers' library",
        "In de jaren '90 heette dit 'de dienst', en in '85 'de tak'",
        "'t Hof en 'n huis zijn 's avonds open, don't you know, bij de buren' thuis",
        "A 'so-called' quay, and 5' 6' of it\nand readers' books",
        "It’s the council’s own quay, isn’t it, and the readers’ library",
        "a > b, and x -> y for all of these here",
        "» An arrow before a list item of words",
        "a»a a a a«",
        "Nothing",
        "",
    ],
)
def test_what_is_no_quotation_stays(text):
    assert parse([text]) == (text, 0)


def test_words_inside_single_marks_may_have_apostrophes():
    assert parse(["‘the council’s costs are not these’ [1]"]) == (
        "the council’s costs are not these [1]",
        1,
    )


@pytest.mark.parametrize("end", ["", "\n\nMore.", " word" * 400])
def test_a_quotation_that_does_not_close_has_no_mark(end):
    assert parse([f"It says “{FALSE}{end}"]) == (f"It says {FALSE}{end}", 1)


def test_a_true_quotation_that_was_cut_off_keeps_its_mark():
    assert parse(["It says “de kosten bedragen 4,2"]) == ("It says “de kosten bedragen 4,2", 0)


def test_an_open_quotation_is_held_back_until_it_is_decided():
    parser = QuotationParser(held)
    assert parser.feed(f"It says “{FALSE}") == "It says "
    assert parser.feed("” [1]") == f"{FALSE} [1]"
    assert parser.feed(" and “new” things") == " and “new” things"


@given(st.lists(st.text(alphabet="ab c\n>`“”„\"‘’«»'[1]", max_size=8), max_size=20))
def test_the_pieces_do_not_matter(pieces):
    def holds(words):
        return "a" in words

    assert parse(list("".join(pieces)), holds) == parse(["".join(pieces)], holds)


@given(st.text(alphabet="ab \n“”„\"«»'`", max_size=120))
def test_no_quotation_that_is_not_held_is_ever_shown(text):
    shown, misquoted = parse([text], lambda words: False)
    assert not list(quotations_in(shown)) or "\n\n" in shown
    kept = [character for character in shown if character in "ab"]
    assert kept == [character for character in text if character in "ab"]
    assert misquoted or shown == text


def test_quotations_are_found_in_a_text():
    text = f"“{TRUE}” and “new” and „{FALSE}“"
    assert [text[s.start : s.end] for s in quotations_in(text)] == [TRUE, FALSE]


def steps(text, holds=held):
    """Count the calls of functions that parsing a text takes."""
    count = 0

    def counting(frame, event, argument):
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(counting)
    try:
        parse([text], holds)
        list(quotations_in(text))
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize(
    "unit",
    ["“", "‘ ", "«", ">", "“ «a ", "“a b c d e ", "'a b c d e ", "> “", "“>", "“a”", "» a\n"],
)
def test_what_does_not_close_costs_no_more_than_its_length(unit):
    few, many = (unit * (length // len(unit)) for length in (3000, 12000))
    assert steps(many) < 5 * steps(few)
    assert steps(many) < 500 * len(many)


def test_quotations_of_any_depth_are_taken():
    assert parse([">" * 600]) == ("", 0)
    shown, misquoted = parse(["“" * 400 + " a b c d e " + "”" * 400])
    assert not list(quotations_in(shown)) and misquoted
    shown, _ = parse(["“>" * 600 + " a b c d e"])
    assert "a b c d e" in shown


def test_a_quotation_in_a_code_span_is_found_in_a_text():
    text = f"`'{TRUE}'` and auto's in 's-Gravenhage"
    assert [text[s.start : s.end] for s in quotations_in(text)] == [TRUE]
