"""The order in which a page is read: columns one after the other, notes last.

Knows where lines lie; nothing of the format that says so. Where it is not sure of columns, it
leaves the order that the file has. Pure functions.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise, takewhile
from statistics import median

import regex

from index.loaders.joining import ends_sentence, with_line_end
from index.loaders.typesetting import Line, LineCell

_LEAST_LINES = 4
"""Of each column. A table has as many, so much else is asked besides."""

_LEAST_STEPS = 4
"""Steps sidewards or upwards in the order of a page, without which it has nothing to mend."""

_MOST_COLUMNS = 4
_NARROWEST = 12
"""Times the height of its lines: what is narrower is a side note, a cell or a field."""

_LEAST_WORDS = 4
_FULL = 0.8
"""Of the width of a column: where lines of prose end, for the most part."""

_LEAST_FULL = 0.6
_MOST_NUMBERS = 0.3
"""Of the words."""

_PART_GAP = 3.0
"""Times the height. A higher blank across all columns parts what is above it from what is below."""

_ROW_GAP = 1.35
"""Times the usual distance of lines. A larger one parts paragraphs, or the rows of a table."""

_LEAST_THROUGH = 1 / 3
"""Of the blanks in one column, where a sentence of another runs on beside it."""

_MOST_HOLES = 0.25
"""Of the lines of a column. Prose has more lines than paragraphs."""

_SAME_LINE = 0.3
_NOTE_SIZE = 0.92
"""Of the page's usual size of letters."""

_NOTE = regex.compile(r"(\d{1,3}|[*†‡])[ )]?\s?\p{L}")


@dataclass(slots=True)
class _Part:
    """Lines between two blanks or full lines: which they are, and their pieces by column."""

    columns: list[list[Line]]
    numbers: list[int] = field(default_factory=list)
    sides: list[int] = field(default_factory=list)


def in_reading_order(lines: Sequence[Line]) -> list[Line]:
    """Order the lines of a page, and cut those that go through several columns of prose."""
    return _notes_last(_by_column(lines))


def _by_column(lines: Sequence[Line]) -> list[Line]:
    if _steps(lines) < _LEAST_STEPS:
        return list(lines)
    gutters = _gutters(lines)
    if not gutters:
        return list(lines)
    ordered: dict[int, list[Line]] = {}
    for part in _parts(lines, gutters):
        if _is_interleaved(part) and all(map(_is_prose, part.columns)) and not _has_rows(part):
            ordered.update(dict.fromkeys(part.numbers, []))
            ordered[part.numbers[0]] = [
                piece
                for column in part.columns
                for piece in sorted(column, key=lambda piece: -piece.base)
            ]
    read: list[Line] = []
    for number, line in enumerate(lines):
        read += ordered.get(number, [line])
    return read


def _steps(lines: Sequence[Line]) -> int:
    aside = sum(
        other.base > line.base - _SAME_LINE * line.height
        or other.start >= line.end
        or line.start >= other.end
        for line, other in pairwise(lines)
    )
    return aside + sum(len(line.cells) > 1 for line in lines)


def _gutters(lines: Sequence[Line]) -> list[float]:
    """Find where columns begin but the first: many lines begin there, and few run across."""
    cells = [cell for line in lines for cell in line.cells]
    starts = Counter(round(cell.start) for cell in cells)
    first = min(starts, default=0)
    gutters: list[float] = []
    for start, _ in starts.most_common(2 * _MOST_COLUMNS):
        edge = start - 1.0
        begun = sum(abs(cell.start - start) <= 1 for cell in cells)
        across = sum(cell.start < edge < cell.end for cell in cells)
        near = any(abs(edge - gutter) < 3 for gutter in gutters)
        if start > first + 3 and begun >= _LEAST_LINES and across < begun / 2 and not near:
            gutters.append(edge)
    return sorted(gutters)[: _MOST_COLUMNS - 1]


def _parts(lines: Sequence[Line], gutters: Sequence[float]) -> Iterator[_Part]:
    """Part a page where a line runs across columns, or nothing stands in any of them."""
    part = _Part([[] for _ in range(len(gutters) + 1)])
    last: Line | None = None
    for number, line in sorted(enumerate(lines), key=lambda item: -item[1].base):
        pieces = _pieces(line, gutters)
        is_far = last is not None and last.base - line.base > _PART_GAP * line.height
        if part.numbers and (not pieces or is_far):
            yield _in_order(part)
            part = _Part([[] for _ in range(len(gutters) + 1)])
        for side, piece in pieces.items():
            part.columns[side].append(piece)
            part.numbers.append(number)
            part.sides.append(side)
        last = line
    if part.numbers:
        yield _in_order(part)


def _in_order(part: _Part) -> _Part:
    """Sort what is known of the lines of a part as the file has them."""
    found = sorted(zip(part.numbers, part.sides, strict=True))
    return _Part(part.columns, [number for number, _ in found], [side for _, side in found])


def _pieces(line: Line, gutters: Sequence[float]) -> dict[int, Line]:
    """Cut a line at the gutters; nothing where one of its cells runs across."""
    sides: dict[int, list[LineCell]] = {}
    for cell in line.cells:
        side = sum(cell.start >= gutter for gutter in gutters)
        if any(cell.start < gutter < cell.end for gutter in gutters):
            return {}
        sides.setdefault(side, []).append(cell)
    if len(sides) < 2:
        return dict.fromkeys(sides, line)
    last = max(sides)
    return {side: _piece(line, cells, is_cut=side < last) for side, cells in sorted(sides.items())}


def _piece(line: Line, cells: Sequence[LineCell], *, is_cut: bool) -> Line:
    text = " ".join(cell.text for cell in cells)
    word = text.split(maxsplit=1)[0]
    return replace(
        line,
        text=with_line_end(text) if is_cut or line.text.endswith("\x02") else text,
        start=cells[0].start,
        end=cells[-1].end,
        first_word=(cells[-1].end - cells[0].start) * len(word) / len(text),
        gap=max((b.start - a.end for a, b in pairwise(cells)), default=0.0),
        cells=tuple(cells),
    )


def _is_interleaved(part: _Part) -> bool:
    """Say whether the file goes to and fro between the columns, rather than down each."""
    turns = sum(one != other for one, other in pairwise(part.sides))
    return turns >= min(len(column) for column in part.columns if column) and turns > 2


def _is_prose(column: Sequence[Line]) -> bool:
    if len(column) < _LEAST_LINES:
        return False
    start, end = min(line.start for line in column), max(line.end for line in column)
    height = median(line.height for line in column)
    words = [line.text.split() for line in column]
    numbers = sum(any(map(str.isdigit, word)) for line in words for word in line)
    full = sum(line.end >= start + _FULL * (end - start) for line in column)
    aligned = sum(line.start <= start + 2 * height for line in column)
    drops = _drops(column)
    usual = median(drops)
    return (
        end - start >= _NARROWEST * height
        and median(map(len, words)) >= _LEAST_WORDS
        and numbers <= _MOST_NUMBERS * sum(map(len, words))
        and min(full, aligned) >= _LEAST_FULL * len(column)
        and sum(drop > _ROW_GAP * usual for drop in drops) <= _MOST_HOLES * len(column)
    )


def _has_rows(part: _Part) -> bool:
    """Say whether blanks in one column are as a rule where the others begin anew: rows of cells."""
    columns = [sorted(column, key=lambda line: -line.base) for column in part.columns]
    usual = median(drop for column in columns for drop in _drops(column))
    runs_through = [
        _runs_through(other, below.base + usual / 2, _ROW_GAP * usual)
        for column in columns
        for above, below in pairwise(column)
        if above.base - below.base > _ROW_GAP * usual
        for other in columns
        if other is not column
    ]
    return bool(runs_through) and sum(runs_through) < _LEAST_THROUGH * len(runs_through)


def _runs_through(column: Sequence[Line], height: float, gap: float) -> bool:
    """Say whether a sentence of a column runs on across a height of the page."""
    for above, below in pairwise(column):
        if above.base >= height > below.base:
            is_broken = not ends_sentence(above.text) and not below.text[:1].isupper()
            return is_broken and above.base - below.base <= gap
    return False


def _drops(lines: Sequence[Line]) -> list[float]:
    bases = sorted((line.base for line in lines), reverse=True)
    return [one - other for one, other in pairwise(bases)]


def _notes_last(lines: list[Line]) -> list[Line]:
    """Move notes at the foot of a column behind the text of the page."""
    usual = _usual_size(lines)
    body = sorted(
        (line for line in lines if line.size >= _NOTE_SIZE * usual and not line.is_aside),
        key=lambda line: line.base,
    )
    text: list[Line] = []
    notes: list[Line] = []
    was_note = False
    for line, before in zip(lines, [None, *lines], strict=False):
        is_small = 0 < line.size < _NOTE_SIZE * usual
        goes_on = was_note and before is not None and _is_below(line, before)
        was_note = is_small and (goes_on or (bool(_NOTE.match(line.text)) and _is_foot(line, body)))
        if was_note:
            notes.append(replace(line, is_aside=True))
        else:
            text.append(line)
    return text + notes


def _is_below(line: Line, other: Line) -> bool:
    return 0 < other.base - line.base < 2 * other.height and line.start < other.end


def _is_foot(line: Line, body: Sequence[Line]) -> bool:
    """Say whether no line of the page's body, which is given from its foot up, is below a line."""
    return not any(
        other.start < line.end and line.start < other.end
        for other in takewhile(lambda other: other.base < line.base, body)
    )


def _usual_size(lines: Sequence[Line]) -> float:
    sizes: Counter[float] = Counter()
    for line in lines:
        sizes[line.size] += len(line.text)
    return sizes.most_common(1)[0][0] if sizes else 0.0
