"""Compares the numbers of texts by value, and writes them in one way.

Knows what numerals may mean; nothing of words for numbers, sources or scores.
"""

import regex

from assistant.numerals import UNTOLD, Numeral, numerals, plain_value, prepared

_WORDED_DATE = regex.compile(
    r"(?<!\d)(?P<day>\d{1,2})(?:st|nd|rd|th|er|[.ºª])?(?: de| of)? \p{L}+\.?,?(?: de)? "
    r"(?P<year>\d{4})(?!\d)|\p{L}\.? (?P<day>\d{1,2})(?:st|nd|rd|th)?,? (?P<year>\d{4})(?!\d)"
)
_MYRIAD = regex.compile(r"\d\s{0,3}[万萬亿億만억]")
"""East Asian counting in ten thousands: 1500万 is 15 million, which no digits tell."""

_LIST_MARKER = regex.compile(r"^\W*\d{1,2}[.)]\s")

_SIGNS = regex.compile(r"[\p{P}\p{S}]+")


def missing_numbers(claim: str, text: str, apart: bool = False) -> list[Numeral]:
    """List the numbers of a claim that a text does not have.

    One is there if any of its readings is any of those of the text. None are missing where one
    of the two counts in ten thousands, since the digits then differ. With `apart`, what looks
    like one amount of money, with blanks between its digits, may be several numbers in a row.
    """
    said = list(numerals(prepared(_LIST_MARKER.sub("", claim))))
    if not said or _MYRIAD.search(claim) or _MYRIAD.search(text):
        return []
    there = _values(text, apart)
    return [
        numeral
        for numeral in said
        if not any(there.issuperset(reading) for reading in numeral.readings)
        and not (apart and numeral.apart and there.issuperset(numeral.apart))
    ]


def amounts(text: str) -> list[float]:
    """Read each number of a text that is no date, time or the like, as it is likeliest meant.

    What may be several numbers in a row is each of them too.
    """
    found = []
    for numeral in numerals(prepared(text)):
        first, *others = numeral.readings
        several = [value for reading in others if len(reading) > 1 for value in reading]
        read = dict.fromkeys([*first, *several, *numeral.parts])
        found += [float(value) for value in read if value.replace(".", "", 1).isdigit()]
    return found


def with_plain_numbers(text: str) -> str:
    """Write each number of a text as it is likeliest meant, and a blank for signs between.

    Decimals stand behind a point. A time is read as hours with decimals, so that 14:30 and 14.30
    become the same. The parts of a date stay in their order.
    """
    text = prepared(text)
    written, behind = [], 0
    for numeral in numerals(text):
        value = _written(text[numeral.start : numeral.end], numeral)
        written += [_SIGNS.sub(" ", text[behind : numeral.start]), value]
        behind = numeral.end
    return "".join([*written, _SIGNS.sub(" ", text[behind:])])


def _values(text: str, apart: bool) -> set[str]:
    """Collect all that the numbers of a text may mean."""
    text = prepared(text)
    found = list(numerals(text))
    read = {value for n in found for reading in n.readings for value in reading}
    dates = (regex.findall(r"\d+", match.group()) for match in _WORDED_DATE.finditer(text))
    worded = {f"{year}-{UNTOLD}-{int(day)}" for day, year in dates}
    told = {value for value in read if UNTOLD not in value}
    own = {UNTOLD} if told == read else set()
    several = (n.apart for n in found if apart)
    return told.union(worded, own, *(n.parts for n in found), *several)


def _written(text: str, numeral: Numeral) -> str:
    value = numeral.readings[0][0]
    if "-" in value or len(numeral.readings[0]) > 1:
        parts = regex.sub(r"\d+", lambda digits: plain_value(digits.group()), text)
        return str(_SIGNS.sub(" ", parts))
    return plain_value(*value.split(":")) if ":" in value else value
