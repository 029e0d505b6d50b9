"""Lines that a document repeats at the edge of its pages: running heads, feet, page numbers.

Knows repetition and how pages are numbered; nothing of what else the lines say.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import regex

from index.loaders.typesetting import Line

_EDGE = 2
"""Lines at the top and at the bottom of a page that may be repeated ones."""

_LEAST_PAGES = 3
_LEAST_SHARE = 1 / 3
"""Of the pages. Books alternate two heads, and chapters begin without one."""

_MOST_NUMBERS = 2
"""In one line: "page 3 of 12". More are a row of a table that goes on over pages."""

_LONGEST_NUMBER = 6
"""Digits of the number of a page."""

_NUMBER = regex.compile(r"\d+")
_FIRST = regex.compile(r"^\s*(?P<number>\d+)")
_LAST = regex.compile(r"(?P<number>\d+)\s*$")

# Only such lines may differ in their number: "Artikel 3" on the third page is text.
_WORD = r"(?:p|s|pag|blz|pp)\s?\.|pag|blz|p[aá]gina|page|bladzijde|blad|seite|sida|side"
_OF = r"(?:\s*(?:/|\b(?:van|of|von|de|sur|aus|di|af|av)\b)\s*\d+)?"
_PAGE_NUMBER = regex.compile(
    rf"""(?ix)
    ^ [-–—|\[(\s]* (?P<number>\d+) {_OF} [-–—|\])\s]* $
    | (?:^|(?<=[^\p{{L}}\d])) (?:{_WORD}) \s? :? \s? (?P<number>\d+) {_OF} \W* $
    | ^ \W* (?:{_WORD}) \s? :? \s? (?P<number>\d+) {_OF} (?!\d)
    """
)


def without_repeats(pages: Sequence[Sequence[Line]]) -> list[list[Line]]:
    """Keep of each repeated line only the first, so that sentences can run on across pages.

    A line is repeated that says the same, or that numbers the page in the same words. The first
    is marked as one that is. So is every line whose number only stands apart, and all are kept:
    records may be numbered as their pages are.
    """
    marks = [{id(line): _Mark.of(line, n) for line in _edges(page)} for n, page in enumerate(pages)]
    keys = Counter(key for page in marks for key in {mark.key for mark in page.values()})
    counts = Counter(mark for page in marks for mark in set(page.values()))
    least = max(_LEAST_PAGES, _LEAST_SHARE * len(pages))
    repeated = {
        mark
        for mark, count in counts.items()
        if mark.key and keys[mark.key] >= least and count >= _LEAST_PAGES
    }
    seen: set[str] = set()
    later: dict[int, _Look] = {}
    for page, found in zip(pages, marks, strict=True):
        for line in page:
            mark = found.get(id(line))
            if mark in repeated and mark.key in seen:
                later[id(line)] = _Look(mark.key, line.size)
        seen |= {mark.key for mark in found.values()}
    looks = set(later.values())
    return [
        [
            replace(line, is_aside=True)
            if id(line) in found and _Look(found[id(line)].key, line.size) in looks
            else line
            for line in page
            if id(line) not in later or found[id(line)].is_apart
        ]
        for page, found in zip(pages, marks, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class _Look:
    """What repeated lines look like; a title that stands larger on the first page is none."""

    key: str
    size: float


@dataclass(frozen=True, slots=True)
class _Mark:
    """What two repeated lines have in common.

    `ahead` is how far the number of a page is ahead of its place, so that it rises with the page.
    An empty `key` stands for a line that is never a repeated one. The number of a line that
    `is_apart` may be another than the page's.
    """

    key: str
    ahead: int | None
    is_apart: bool = False

    @classmethod
    def of(cls, line: Line, place: int) -> Self:
        """Describe a line on the page at a place, from 0."""
        if len(_NUMBER.findall(line.text)) > _MOST_NUMBERS:
            return cls("", None)
        numbered = _PAGE_NUMBER.search(line.text)
        found = numbered or _apart(line)
        if not found or len(found["number"]) > _LONGEST_NUMBER:
            return cls(line.text, None)
        start, end = found.span("number")
        key = f"{line.text[:start]}#{line.text[end:]}"
        return cls(key, int(found["number"]) - place, is_apart=numbered is None)


def _apart(line: Line) -> regex.Match[str] | None:
    """Find a number that stands apart at either end of a line, as those of pages and records do."""
    if len(line.cells) < 2:
        return None
    if line.cells[-1].text.isdecimal():
        return _LAST.search(line.text)
    return _FIRST.search(line.text) if line.cells[0].text.isdecimal() else None


def _edges(page: Sequence[Line]) -> list[Line]:
    by_height = sorted(page, key=lambda line: line.base)
    if len(by_height) <= 2 * _EDGE:
        return by_height
    return by_height[:_EDGE] + by_height[-_EDGE:]
