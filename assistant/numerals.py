"""Reads numbers as they are written: what each may mean.

Knows digits of any script, separators, fractions, times, dates and telephone numbers; nothing of
words for numbers, of units, or of what numbers are compared with. A sign before one is ignored.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import regex

Reading = tuple[str, ...]
"""Values that a numeral stands for together: mostly one, as "12500", "1.5" or "14:30"."""

_NOTES = str.maketrans(dict.fromkeys("⁰¹²³⁴⁵⁶⁷⁸⁹", " "))
_POWER = regex.compile(r"(?<=(?<!\p{L})\p{L}{1,2})[²³]")
"""Of a unit, as in m²; elsewhere a small raised digit is a note's."""

_VULGAR = regex.compile(r"(\d{0,9})([¼-¾⅐-⅞])")
_FRACTION = "\u2044"
"""Stands, once a text is `prepared`, before the decimals of what was written as 15½."""

_SURE_BLANK = regex.compile(r"(?<=\d)[\u00a0\u2007\u2009\u202f](?=\d{3}(?!\d))")
_SEPARATORS = str.maketrans({"\u066c": "'", "’": "'", "\u2044": "/"})

_DATE = (
    r"(?<![\d.,:/-])(?P<date>\d{4}(?P<s>[-/.])\d{1,2}(?P=s)\d{1,2}"
    r"|\d{1,2}(?P<t>[-/.])\d{1,2}(?P=t)\d{4}"
    r"|\d{4} ?[年년] ?\d{1,2} ?[月월] ?\d{1,2})(?!\d|[-/.,:]\d)"
)
_TIME = (
    r"(?<![\d.,:])(?P<time>(?:[01]?\d|2[0-4])(?::| ?[hu時时点點시] ?)[0-5]\d)"
    r"(?::[0-5]\d)?(?![\d:]|[.,]\d)"
)
_TELEPHONE = (
    r"(?<![\d.,:/-])(?!\(\d{1,2}[-/]\d{1,2}[-/]\d{4}(?!\d))"
    r"(?P<telephone>(?:\+|\(?0)\d++(?:[ ()/-]{1,2}\d++){1,8}+)(?![.,:]\d)"
)
_PLAIN = rf"(?P<plain>\d+(?:[.,'\u066b{_FRACTION}]\d+)*)"
_NUMERAL = regex.compile(f"{_DATE}|{_TIME}|{_TELEPHONE}|{_PLAIN}", regex.IGNORECASE)
_LONE = regex.compile(_PLAIN)
_DIGITS, _SEPARATOR = regex.compile(r"\d+"), regex.compile(r"\D")
_TELEPHONE_DIGITS = range(7, 16)

_DOTTED_TIME = regex.compile(r"([01]?\d|2[0-4])\.([0-5]\d)")
_SECTION = regex.compile(r"\d+(?:\.\d+){1,2}")
_SECTION_BEFORE = regex.compile(
    r"(?:[§第]|المادة|\b(?:art|artikel(?:en|s|n)?|articles?|leden|lid|sec|sections?|sectie|versions?"
    r"|versies?|ziffer|kapitel|hoofdstuk|paragraaf)\.?) ?$",
    regex.IGNORECASE,
)
_SECTION_REACH = 12

_HOUR_BEHIND = regex.compile(
    r"(?: ?(?:[-–—àa]|tot|bis|to|until|and|en|und|et) ?\d{1,2}(?:[:.]\d\d)?)?"
    r" ?(?:(?:uur|u|uhr|h|heures?|o'clock|[ap]\.? ?m)\b|[点點时時시])",
    regex.IGNORECASE,
)
_HOUR_BEFORE = regex.compile(r"الساعة ?$")
_HOUR_REACH = 8
_HOURS = frozenset(str(hour) for hour in range(25))

_AFTERNOON = regex.compile(r" ?p\.? ?m\b", regex.IGNORECASE)
_THOUSANDS = regex.compile(r"([1-9]\d{0,2}(?: \d{3})+)(?:[.,](\d+))?")
_CURRENCY_BEFORE = regex.compile(r"(?:\p{Sc}|\b(?:eur|euro|usd|gbp)) ?$", regex.IGNORECASE)
_CURRENCY_BEHIND = regex.compile(r" ?(?:\p{Sc}|(?:eur|euros?|usd|gbp)\b)", regex.IGNORECASE)
_CURRENCY_REACH = 6

UNTOLD = "?"
"""In the place of a month that is a word; a text without dates of digits has it as a value."""

_SMALL = frozenset(str(number) for number in range(13))
"""A text may well have a word for these."""

_MOST_GROUPS = 5
"""Of three digits with blanks between: more are columns, not one number."""


@dataclass(frozen=True, slots=True)
class Numeral:
    """A number from `start` to `end` of a text, `prepared`; its `readings`, likeliest first.

    `parts` are further values that a text with it has: the day, month and year of a date.
    `apart` are those of several numbers in a row that look like one amount of money.
    `small`: a text may spell it out.
    """

    start: int
    end: int
    readings: tuple[Reading, ...]
    parts: Reading = ()
    apart: Reading = ()
    small: bool = False

    @property
    def whole(self) -> int | None:
        """The whole number that it may be, where it is small."""
        values = (reading[0].removesuffix(":00") for reading in self.readings)
        return next((int(value) for value in values if self.small and value in _SMALL), None)


def prepared(text: str) -> str:
    """Bring digits, separators and fractions to one form, and take raised notes off.

    Before NFKC, which would glue a note or a fraction onto the digits before it.
    """
    text = text.translate(_SEPARATORS)
    text = _POWER.sub(lambda power: unicodedata.normalize("NFKC", power.group()), text)
    text = _SURE_BLANK.sub("'", _VULGAR.sub(_decimals, text.translate(_NOTES)))
    text = unicodedata.normalize("NFKC", text)
    return "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in text)


def _decimals(fraction: regex.Match[str]) -> str:
    whole, sign = fraction.groups()
    decimals = f"{unicodedata.numeric(sign) % 1:.6f}".partition(".")[2]
    return f"{whole or 0}{_FRACTION}{decimals}"


def numerals(text: str) -> Iterator[Numeral]:
    """Find the numbers of a prepared text."""
    row: list[Numeral] = []
    for numeral in _found(text):
        if row and text[row[-1].end : numeral.start] != " ":
            yield from _joined(text, row)
            row = []
        row.append(numeral)
    yield from _joined(text, row)


def _found(text: str) -> Iterator[Numeral]:
    for match in _NUMERAL.finditer(text):
        telephone = match["telephone"]
        if telephone and sum(c.isdigit() for c in telephone) not in _TELEPHONE_DIGITS:
            for lone in _LONE.finditer(text, *match.span()):
                yield from _plain(text, lone)
        elif telephone:
            groups = _DIGITS.findall(telephone)
            joined, apart = (plain_value("".join(groups)),), tuple(map(plain_value, groups))
            yield Numeral(*match.span(), (joined, apart))
        elif match["date"]:
            yield _date(match)
        elif match["time"]:
            hours, minutes = _DIGITS.findall(match["time"])
            yield _clock(text, match.span(), ((f"{int(hours)}:{minutes}",),))
        else:
            yield from _plain(text, match)


def _plain(text: str, match: regex.Match[str]) -> Iterator[Numeral]:
    """Read digits with separators; what makes no one number is read part by part."""
    written = match["plain"]
    readings = _section(text, match) or _readings(written)
    if readings:
        yield _clock(text, match.span(), readings)
    else:
        for part in _DIGITS.finditer(written):
            start = match.start() + part.start()
            yield _clock(text, (start, start + len(part.group())), ((plain_value(part.group()),),))


def _section(text: str, match: regex.Match[str]) -> tuple[Reading, ...]:
    """Read the number of a section or version as it is written: 3.10 is not 3.1."""
    written = match["plain"]
    before = text[max(0, match.start() - _SECTION_REACH) : match.start()]
    is_told = _SECTION_BEFORE.search(before) or text.startswith(("条", "條"), match.end())
    if not is_told or not _SECTION.fullmatch(written):
        return ()
    return tuple((value,) for value in dict.fromkeys((written, written.removesuffix(".0"))))


def _readings(written: str) -> tuple[Reading, ...]:
    """Read digits with separators in every way that they may be meant; a list in none."""
    if written.isdecimal():
        return ((plain_value(written),),)
    groups, separators = _DIGITS.findall(written), _SEPARATOR.findall(written)
    *before, last = separators
    found = []
    if len(set(separators)) == 1 and last in ".,'" and _in_thousands(groups, last):
        found.append(plain_value("".join(groups)))
    sound = not before or (len(set(before)) == 1 and _in_thousands(groups[:-1], before[0]))
    if last != "'" and last not in before and sound and (not found or groups[-1] != "000"):
        found.append(plain_value("".join(groups[:-1]), groups[-1]))
    clock = _DOTTED_TIME.fullmatch(written)
    if clock:
        found.append(f"{int(clock[1])}:{clock[2]}")
    if (not found or groups[-1].endswith("0")) and set(separators) == {"."}:
        found.append(written)  # A version or a section, of which every part counts.
    return tuple((value,) for value in dict.fromkeys(found))


def _in_thousands(groups: Sequence[str], separator: str) -> bool:
    """Say whether digits are grouped as thousands are; in India by two before the last three."""
    first, *others = groups
    thrice = all(len(group) == 3 for group in others)
    by_two = separator == "," and all(len(group) == 2 for group in others[:-1])
    indian = by_two and len(first) <= 2 and len(groups[-1]) == 3
    return first[0] != "0" and len(first) <= 3 and (thrice or indian)


def plain_value(whole: str, decimals: str = "") -> str:
    """Write a value in one way; as text, since no length of digits is too long for that."""
    decimals = decimals.rstrip("0")
    return (whole.lstrip("0") or "0") + (f".{decimals}" if decimals else "")


def _date(match: regex.Match[str]) -> Numeral:
    """Read a date of digits.

    A text that has its month as a word has its day and year: together, or anywhere if it has no
    date of digits at all.
    """
    written = _DIGITS.findall(match["date"])
    year, month, day = written if len(written[0]) == 4 else reversed(written)
    orders = [(int(month), int(day))]
    if "/" in match["date"] and len(written[0]) < 4:
        orders.append((int(day), int(month)))
    orders = [(month, day) for month, day in orders if 1 <= month <= 12 and 1 <= day <= 31]
    parts = tuple(map(plain_value, (day, month, year)))
    told = [(f"{year}-{month}-{day}",) for month, day in orders]
    untold = [(f"{year}-{UNTOLD}-{day}",) for _, day in orders]
    loose = [(UNTOLD, str(day), plain_value(year)) for _, day in orders]
    return Numeral(*match.span(), (*told, *untold, *loose) or (parts,), parts)


def _clock(text: str, span: tuple[int, int], readings: Sequence[Reading]) -> Numeral:
    """Add what a number means as a time: an hour, and one of an afternoon."""
    values = [value for reading in readings for value in reading]
    if values[0] in _HOURS and _is_hour(text, span):
        values.append(f"{values[0]}:00")
    if _AFTERNOON.match(text, span[1]):
        values += filter(None, [_afternoon(value) for value in values])
    small = not _SMALL.isdisjoint(value.removesuffix(":00") for value in values)
    half = _FRACTION in text[slice(*span)] and values[0].partition(".")[0] in _SMALL
    found = tuple((value,) for value in dict.fromkeys(values))
    return Numeral(*span, found, small=half or small)


def _is_hour(text: str, span: tuple[int, int]) -> bool:
    before = text[max(0, span[0] - _HOUR_REACH) : span[0]]
    return bool(_HOUR_BEHIND.match(text, span[1]) or _HOUR_BEFORE.search(before))


def _afternoon(value: str) -> str:
    hours, _, minutes = value.partition(":")
    early = hours in _SMALL and hours not in ("0", "12")
    return f"{int(hours) + 12}:{minutes or '00'}" if early else ""


def _joined(text: str, row: Sequence[Numeral]) -> Iterator[Numeral]:
    """Put together what stands in a row with blanks between and may be one number."""
    place = 0
    while place < len(row):
        ends = range(min(len(row), place + _MOST_GROUPS), place + 1, -1)
        end = next((end for end in ends if _across(text, row[place:end])), place + 1)
        group = row[place:end]
        yield group[0] if len(group) == 1 else _grouped(text, group)
        place = end


def _grouped(text: str, group: Sequence[Numeral]) -> Numeral:
    """Read numbers in a row as one; as several too, of a currency only as `apart`."""
    start, end = group[0].start, group[-1].end
    whole: Reading = (_across(text, group),)
    apart = tuple(numeral.readings[0][0] for numeral in group)
    before = text[max(0, start - _CURRENCY_REACH) : start]
    if _CURRENCY_BEFORE.search(before) or _CURRENCY_BEHIND.match(text, end):
        return Numeral(start, end, (whole,), apart=apart)
    places = range(len(group) + 1)
    pieces = (_across(text, group[first:last]) for first in places for last in places[first + 2 :])
    return Numeral(start, end, (whole, apart), tuple(filter(None, pieces)))


def _across(text: str, group: Sequence[Numeral]) -> str:
    """Give the value of numbers in a row as one number; empty where they cannot be one."""
    written = _THOUSANDS.fullmatch(text, group[0].start, group[-1].end)
    return plain_value(written[1].replace(" ", ""), written[2] or "") if written else ""
