"""Headings that stand out by the size or weight of their letters.

Knows how lines are set and what prose looks like; nothing of outlines or formats. A wrong heading
is worse than none: what is not sure is text, and ends the section before.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Self

import regex

from index.loaders.page_blocks import HeadingLines, Headings, LinePlace, Run, text_of
from index.loaders.printed_tables import PrintedTable
from index.loaders.typesetting import Line

_LARGER = 1.15
_ALONE = 1.2
"""Times the body's size: what stands out by size, and what does so without another of its kind."""

_SAME_SIZE = 0.95

_LONGEST = 150
_MOST_LINES = 3
"""Of a heading, in characters and lines. What is longer is an introduction or a quotation."""

_LEAST_BELOW = 30
_LEAST_BELOW_BOLD = 60
"""Letters and digits of text below a heading; of bold ones more, since labels of forms are bold."""

_FARTHEST = 6.0
"""Times the size: what lies further below belongs to something else."""

_MOST_OF_PAGE = 0.5
"""Of a page's letters. Where more stand out, it is a cover, or nothing is body."""

_NEXT_LINE = 1.6
"""Times the size: how far the lines of one heading lie apart."""

_GAP = 1.2
"""Times the usual distance of lines, above a heading that is no larger than the body."""

_NO_HEADING = regex.compile(
    r"""(?ix)
    ^(?: [•●▪■◦‣∙·–—*-]
      | (?:figuur|figure|fig\.|tabel|table|tab\.|abbildung|abb\.|tabelle|tableau|grafiek|grafik
         |chart|kaart|karte|foto|photo|bron|quelle|source)\b )
    | [.,;:…]$ | (?:\.\s?){4}
    """
)
_LABEL = regex.compile(r"(?i)\W*([a-z]+\s)?(\d+|[A-Z]|[IVXLC]+)(\.\d+)*[.):]?")


@dataclass(frozen=True, slots=True, order=True)
class _Look:
    """How a line is set. Larger looks are higher headings."""

    size: float
    is_bold: bool

    @classmethod
    def of(cls, line: Line) -> Self:
        """Describe a line; sizes that differ by less than half a point are the same."""
        return cls(round(2 * line.size) / 2, line.is_bold)


@dataclass(frozen=True, slots=True)
class _Candidate:
    """Lines that look like a heading, and whether what stands below bears it out."""

    place: LinePlace
    lines: Sequence[Line]
    look: _Look
    is_borne_out: bool


@dataclass(frozen=True, slots=True)
class _Group:
    """Lines that are set alike, or a table, which has none here."""

    place: LinePlace
    lines: Sequence[Line]
    letters: int
    stands_out: bool


def set_off(pages: Sequence[Sequence[Run]]) -> Headings:
    """Find the lines that look like headings of the text below them."""
    body = _body(pages)
    if body is None:
        return {}
    candidates = [
        candidate
        for page, blocks in enumerate(pages)
        for candidate in _candidates(blocks, page, body)
    ]
    heads = Counter(_head(candidate) for candidate in candidates)
    candidates = [c for c in candidates if not _head(c) or heads[_head(c)] == 1]
    levels = _levels(candidates, body)
    found: dict[LinePlace, HeadingLines] = {}
    for candidate in candidates:
        is_level = candidate.look in levels
        count = len(candidate.lines) if is_level and candidate.is_borne_out else 0
        level = 1 + sum(look > candidate.look for look in levels)
        if is_level or candidate.look.size >= _LARGER * body.size:
            found[candidate.place] = HeadingLines(count, level)
    return found


def _head(candidate: _Candidate) -> str:
    """Give the letters of what begins a page: several that say the same are running heads."""
    if candidate.place.block or candidate.place.line:
        return ""
    return "".join(filter(str.isalpha, text_of(candidate.lines)))


def _body(pages: Sequence[Sequence[Run]]) -> _Look | None:
    looks: Counter[_Look] = Counter()
    for blocks in pages:
        for line in _lines_of(blocks):
            looks[_Look.of(line)] += len(line.text)
    return looks.most_common(1)[0][0] if looks else None


def _lines_of(blocks: Sequence[Run]) -> Iterator[Line]:
    for run in blocks:
        if not isinstance(run, PrintedTable):
            yield from run


def _levels(candidates: Sequence[_Candidate], body: _Look) -> set[_Look]:
    """Choose the looks of headings: those that come again, and the title's that begins it all."""
    sure = [candidate for candidate in candidates if candidate.is_borne_out]
    counts = Counter(candidate.look for candidate in sure)
    levels = {look for look, count in counts.items() if count > 1}
    first = sure[0].look if sure else body
    if first.size >= _ALONE * body.size and all(first > look for look in levels):
        levels.add(first)
    return levels


def _candidates(blocks: Sequence[Run], page: int, body: _Look) -> list[_Candidate]:
    """Find what looks like a heading on one page, and whether there is text below each."""
    groups = list(_groups(blocks, page, body))
    outstanding = sum(group.letters for group in groups if group.stands_out)
    is_cover = outstanding > _MOST_OF_PAGE * sum(group.letters for group in groups)
    found: list[_Candidate] = []
    following = _Group(LinePlace(page, 0, 0), (), 0, stands_out=False)
    below, is_heading = 0, False
    for group in reversed(groups):
        if group.stands_out:
            look = _Look.of(group.lines[0])
            is_larger = look.size >= _LARGER * body.size
            enough = below >= (_LEAST_BELOW if is_larger else _LEAST_BELOW_BOLD)
            is_borne_out = (enough or is_heading) and _is_above(group, following) and not is_cover
            found.append(_Candidate(group.place, group.lines, look, is_borne_out))
            below, is_heading = 0, is_borne_out
        else:
            below, is_heading = below + group.letters, False
        following = group
    return found[::-1]


def _groups(blocks: Sequence[Run], page: int, body: _Look) -> Iterator[_Group]:
    """Part a page into what may be headings, tables, and all other lines."""
    lines = list(_lines_of(blocks))
    drops = [one.base - other.base for one, other in pairwise(lines)]
    usual = median([drop for drop in drops if drop > 0] or [0.0])
    for number, run in enumerate(blocks):
        place = LinePlace(page, number, 0)
        if isinstance(run, PrintedTable):
            yield _Group(place, (), sum(map(_letters, run.texts)), stands_out=False)
            continue
        start = 0
        while start < len(run):
            end = _end(run, start)
            group, before = run[start:end], run[start - 1] if start else None
            stands_out = _looks_set_off(group, body) and _says_heading(group)
            if _Look.of(group[0]).size < _LARGER * body.size:
                stands_out = stands_out and _has_gap(before, group[0], usual)
            letters = sum(_letters(line.text) for line in group if not line.is_aside)
            yield _Group(LinePlace(page, number, start), group, letters, stands_out)
            start = end


def _end(run: Sequence[Line], start: int) -> int:
    """Find the end of the lines that are set alike, each right below the one before."""
    end = start + 1
    while end < len(run) and _Look.of(run[end]) == _Look.of(run[start]):
        drop = run[end - 1].base - run[end].base
        if not 0 < drop < _NEXT_LINE * run[start].size:
            break
        end += 1
    return end


def _looks_set_off(lines: Sequence[Line], body: _Look) -> bool:
    look = _Look.of(lines[0])
    if look.size >= _LARGER * body.size:
        return len(lines) <= _MOST_LINES
    is_bolder = look.is_bold and not body.is_bold
    return is_bolder and look.size >= _SAME_SIZE * body.size and len(lines) < _MOST_LINES


def _says_heading(lines: Sequence[Line]) -> bool:
    text = text_of(lines)
    names, *others = lines
    if names.is_aside:
        return False
    is_cell = len(names.cells) > 2 or any(len(line.cells) > 1 for line in others)
    if len(names.cells) == 2:
        is_cell = is_cell or not _LABEL.fullmatch(names.cells[0].text)
    letters = sum(map(str.isalpha, text))
    is_said = not text[:1].islower() and not _NO_HEADING.search(text)
    return is_said and not is_cell and len(text) <= _LONGEST and letters >= max(2, len(text) / 2)


def _has_gap(before: Line | None, line: Line, usual_drop: float) -> bool:
    if before is None:
        return True
    drop = before.base - line.base
    return drop < 0 or drop > _GAP * usual_drop


def _is_above(group: _Group, following: _Group) -> bool:
    """Say whether a group stands right above the next; a table's place is not known."""
    if not following.lines:
        return True
    last, first = group.lines[-1], following.lines[0]
    is_near = 0 < last.base - first.base < _FARTHEST * last.size
    return is_near and last.start < first.end and first.start < last.end


def _letters(text: str) -> int:
    return sum(map(str.isalnum, text))
