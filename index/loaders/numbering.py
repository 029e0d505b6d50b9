"""The numbers and bullets that Word computes before its paragraphs, and does not store in them.

Knows numbering definitions and counts along; nothing of text or styles.
"""

from dataclasses import dataclass, field

import regex
from lxml import etree

from index.loaders.wordml import number_of, value_of, w

_PLACEHOLDER = regex.compile("%([1-9])")
_LEVELS = 9
_BULLET = "•"

_ROMAN = {
    **{1000: "m", 900: "cm", 500: "d", 400: "cd", 100: "c", 90: "xc", 50: "l", 40: "xl"},
    **{10: "x", 9: "ix", 5: "v", 4: "iv", 1: "i"},
}
_LARGEST_WORDED = 780
"""The largest number written in letters; Word itself goes no further."""


@dataclass(frozen=True, slots=True)
class _Level:
    """How a level is numbered; `pattern` has "%1" in place of the number of level 1."""

    format: str
    pattern: str
    start: int


@dataclass(slots=True)
class _Count:
    """The numbers reached on each level; lists with one definition share it."""

    levels: dict[int, _Level]
    reached: list[int | None] = field(default_factory=lambda: [None] * _LEVELS)


@dataclass(slots=True)
class _List:
    """A list: its count, and the numbers at which it begins anew when first met."""

    count: _Count
    restarts: dict[int, int]


class Numbering:
    """The lists of one document, counted while its paragraphs are read in order."""

    def __init__(self, definitions: etree._Element | None) -> None:
        self._lists = {} if definitions is None else _lists(definitions)

    def mark(self, list_id: str, level: int) -> str:
        """Count a paragraph at a level (from 0) of a list, and return what stands before it.

        That is a number with its points and brackets, "•" for any bullet, or nothing.
        """
        found = self._lists.get(list_id)
        definition = found.count.levels.get(level) if found else None
        if found is None or definition is None:
            return _BULLET
        reached = found.count.reached
        before = reached[level]
        number = definition.start if before is None else before + 1
        reached[level] = found.restarts.pop(level, number)
        reached[level + 1 :] = [None] * (_LEVELS - level - 1)
        if definition.format == "bullet":
            return _BULLET
        return "" if definition.format == "none" else _filled(definition.pattern, found.count)


def _lists(definitions: etree._Element) -> dict[str, _List]:
    counts = {
        abstract.get(w("abstractNumId"), ""): _Count(_levels(abstract))
        for abstract in definitions.findall(w("abstractNum"))
    }
    lists = {}
    for entry in definitions.findall(w("num")):
        count = counts.get(value_of(entry, "abstractNumId") or "")
        if count is not None:
            lists[entry.get(w("numId"), "")] = _List(count, _restarts(entry))
    return lists


def _levels(abstract: etree._Element) -> dict[int, _Level]:
    levels = {}
    for level in abstract.findall(w("lvl")):
        number = level.get(w("ilvl"), "")
        if number in map(str, range(_LEVELS)):
            start = number_of(level, "start")
            levels[int(number)] = _Level(
                format=value_of(level, "numFmt") or "decimal",
                pattern=value_of(level, "lvlText") or "",
                start=1 if start is None else start,
            )
    return levels


def _restarts(entry: etree._Element) -> dict[int, int]:
    restarts = {}
    for override in entry.findall(w("lvlOverride")):
        level, start = override.get(w("ilvl"), ""), number_of(override, "startOverride")
        if level.isdecimal() and start is not None:
            restarts[int(level)] = start
    return restarts


def _filled(pattern: str, count: _Count) -> str:
    def number(match: regex.Match[str]) -> str:
        place = int(match[1]) - 1
        level = count.levels.get(place)
        reached = count.reached[place]
        if level is None:
            return ""
        return _written(level.start if reached is None else reached, level.format)

    return _PLACEHOLDER.sub(number, pattern)


def _written(number: int, format: str) -> str:
    if not 0 < number <= _LARGEST_WORDED:
        return str(number)
    if format.endswith("Letter"):
        words = chr(ord("a") + (number - 1) % 26) * ((number - 1) // 26 + 1)
    elif format.endswith("Roman"):
        words = _roman(number)
    else:
        return str(number).zfill(2) if format == "decimalZero" else str(number)
    return words.upper() if format.startswith("upper") else words


def _roman(number: int) -> str:
    words = ""
    for value, letters in _ROMAN.items():
        words += letters * (number // value)
        number %= value
    return words
