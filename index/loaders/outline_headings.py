"""Headings that a document's outline names, found among the lines of its pages.

Knows the outline's titles and the words of lines; nothing of how headings look.
"""

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass

import regex

from index.loaders.page_blocks import HeadingLines, Headings, LinePlace, Run
from index.loaders.printed_tables import PrintedTable
from index.loaders.typesetting import Line

_LEAST_FOUND = 2
_LEAST_SHARE = 0.5
"""Of the outline's titles that its pages must say: some outlines are made of file names."""

# The number before a heading, which outline and page need not both have.
_LABEL = regex.compile(r"^\W*(?:\d+|[A-Z]|[IVXLC]+)(?:\.\d+)*[.):]?\s+(?=\S)")


@dataclass(frozen=True, slots=True)
class OutlineEntry:
    """A title of an outline: its level from 1, its page from 0, and its height there in points."""

    title: str
    level: int
    page: int
    top: float | None


@dataclass(frozen=True, slots=True)
class _PageLine:
    """A line of a page, its letters but for a number before them, and those of the lines below."""

    place: LinePlace
    line: Line
    letters: str
    following: tuple[str, ...]


def outlined(pages: Sequence[Sequence[Run]], outline: Sequence[OutlineEntry]) -> Headings | None:
    """Find the lines that say the titles of an outline; None where it is no use.

    Where a page does not say a title, what stands there ends the section before.
    """
    entries = [entry for entry in outline if 0 <= entry.page < len(pages)]
    lines = {page: _lines(pages[page], page) for page in {entry.page for entry in entries}}
    found: dict[LinePlace, HeadingLines] = {}
    taken: set[LinePlace] = set()
    missing: list[OutlineEntry] = []
    for entry in entries:
        place, count = _place_of(entry, lines[entry.page], taken)
        if place is None:
            missing.append(entry)
            continue
        found[place] = HeadingLines(count, entry.level)
        taken |= _places(place, count)
    if len(found) < max(_LEAST_FOUND, _LEAST_SHARE * len(entries)):
        return None
    for entry in missing:
        place = _first_below(entry.top, lines[entry.page])
        if place is not None and place not in taken:
            # What stands there lies below the highest of several.
            level = min(entry.level, found[place].level) if place in found else entry.level
            found[place] = HeadingLines(0, level)
    return found


def _lines(blocks: Sequence[Run], page: int) -> list[_PageLine]:
    """List the lines of a page that may be headings: notes and running heads are none."""
    found = []
    for block, run in enumerate(blocks):
        if isinstance(run, PrintedTable):
            continue
        letters = [_letters(line.text) for line in run]
        for number, line in enumerate(run):
            if line.is_aside:
                continue
            place = LinePlace(page, block, number)
            words = _letters(_LABEL.sub("", line.text))
            below = range(number + 1, min(number + 4, len(run)))
            end = next((n for n in below if run[n].is_aside), number + 4)
            found.append(_PageLine(place, line, words, tuple(letters[number + 1 : end])))
    return found


def _place_of(
    entry: OutlineEntry, lines: Sequence[_PageLine], taken: Set[LinePlace]
) -> tuple[LinePlace | None, int]:
    """Find the lines that say a title, nearest to where it points or in the largest letters.

    None of them may be taken by another title.
    """
    wanted = _letters(_LABEL.sub("", entry.title))
    found = [
        (line, count)
        for line in lines
        if (count := _count(wanted, line)) and taken.isdisjoint(_places(line.place, count))
    ]
    if not found:
        return None, 0
    if entry.top is None:
        line, count = max(found, key=lambda item: item[0].line.size)
    else:
        top = entry.top
        line, count = min(found, key=lambda i: abs(i[0].line.base + i[0].line.height - top))
    return line.place, count


def _places(first: LinePlace, count: int) -> set[LinePlace]:
    return {LinePlace(first.page, first.block, first.line + n) for n in range(count)}


def _count(wanted: str, line: _PageLine) -> int:
    """Count the lines that say the letters wanted, from a line on; 0 where they say others."""
    said = line.letters
    for count, following in enumerate((*line.following, ""), start=1):
        if said == wanted:
            return count if wanted else 0
        if not wanted.startswith(said):
            return 0
        said += following
    return 0


def _first_below(top: float | None, lines: Sequence[_PageLine]) -> LinePlace | None:
    below: Iterator[_PageLine] = (line for line in lines if top is None or line.line.base < top)
    return next((line.place for line in below), None)


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))
