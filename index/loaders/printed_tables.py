"""Tables on a printed page, which nothing but the places of their cells gives away.

Knows where lines and their cells lie; nothing of the format that says so, nor of paragraphs.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from statistics import median

import regex

from index.loaders.tables import Cell, Row, cells, header_rows, table_lines
from index.loaders.typesetting import Line, LineCell

_LEAST_ROWS = 3
_SAME_LINE = 0.3
_NEXT_LINE = 3.0
"""Times the height: what the lines of a row differ by at most, and those of rows that follow."""

_LONGEST_GROUP = 600
"""In characters. The rows that name columns are said again before each so many of a table."""

_MARK = regex.compile(r"\W|\(?\w{1,3}[.)]")
"""What begins the items of a list, which a wide blank parts from their text."""


@dataclass(frozen=True, slots=True)
class PrintedTable:
    """A table as texts; a long one comes in several, each of which begins with its columns' names.

    The words stay as they are printed, so that they can be found on the page again.
    """

    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _PrintedRow:
    """Lines that lie side by side, from `first` up to `end` in their order on the page."""

    first: int
    end: int
    base: float
    height: float
    cells: tuple[LineCell, ...]


def without_tables(lines: Sequence[Line]) -> Iterator[Sequence[Line] | PrintedTable]:
    """Part the lines of a page into runs of lines and the tables between them."""
    start = 0
    for run in _runs(_rows(lines)):
        table = _table(run)
        if table is not None:
            if run[0].first > start:
                yield lines[start : run[0].first]
            yield PrintedTable(tuple(_grouped(table)))
            start = run[-1].end
    if start < len(lines):
        yield lines[start:]


def _rows(lines: Sequence[Line]) -> list[_PrintedRow]:
    rows: list[_PrintedRow] = []
    for number, line in enumerate(lines):
        last = rows[-1] if rows else None
        is_beside = (
            last is not None
            and abs(last.base - line.base) < _SAME_LINE * last.height
            and line.start >= last.cells[-1].end
        )
        if last is not None and is_beside:
            beside = (*last.cells, *line.cells)
            rows[-1] = _PrintedRow(last.first, number + 1, last.base, last.height, beside)
        else:
            rows.append(_PrintedRow(number, number + 1, line.base, line.height, line.cells))
    return rows


def _runs(rows: Sequence[_PrintedRow]) -> Iterator[list[_PrintedRow]]:
    """Find the rows of several cells that follow each other down the page."""
    run: list[_PrintedRow] = []
    for row in rows:
        follows = bool(run) and 0 < run[-1].base - row.base < _NEXT_LINE * run[-1].height
        if run and not (follows and len(row.cells) > 1):
            yield run
            run = []
        if len(row.cells) > 1:
            run.append(row)
    if run:
        yield run


def _table(run: Sequence[_PrintedRow]) -> list[list[Cell]] | None:
    """Put cells into columns; None where they do not lie in columns, or are items of a list."""
    if len(run) < _LEAST_ROWS:
        return None
    columns = _columns(run)
    if len(columns) < 2:
        return None
    rows: list[list[str]] = []
    for row in run:
        texts = [""] * len(columns)
        for cell in row.cells:
            column = _column_of(cell, columns)
            texts[column] = f"{texts[column]} {cell.text}".strip()
        rows.append(texts)
    _join_columns(rows)
    begun = [row[0] for row in rows if row[0]]
    if sum(_MARK.fullmatch(text) is not None for text in begun) * 2 > len(begun):
        return None
    full = sum(len(list(filter(None, row))) > 1 for row in rows)
    return [cells(row) for row in rows] if full >= _LEAST_ROWS else None


def _join_columns(rows: list[list[str]]) -> None:
    """Join columns of which no row fills both: a name stands left or right of its numbers."""
    column = 0
    while column + 1 < len(rows[0]):
        if any(row[column] and row[column + 1] for row in rows):
            column += 1
            continue
        for row in rows:
            row[column : column + 2] = [row[column] + row[column + 1]]


def _columns(run: Sequence[_PrintedRow]) -> list[tuple[float, float]]:
    """Find the columns out of the rows with many cells: names of several columns span them."""
    usual = median(len(row.cells) for row in run)
    places = sorted(
        (cell.start, cell.end) for row in run if len(row.cells) >= usual for cell in row.cells
    )
    columns = [places[0]]
    for start, end in places[1:]:
        if start < columns[-1][1]:
            columns[-1] = (columns[-1][0], max(columns[-1][1], end))
        else:
            columns.append((start, end))
    return columns


def _column_of(cell: LineCell, columns: Sequence[tuple[float, float]]) -> int:
    """Choose the column that a cell shares most of its width with, or lies nearest to."""
    shared = [min(cell.end, end) - max(cell.start, start) for start, end in columns]
    return max(range(len(columns)), key=lambda column: shared[column])


def _grouped(rows: Sequence[Row]) -> list[str]:
    names = header_rows(rows)
    lines = [" | ".join(table_lines([row])) for row in rows]
    header, body = lines[:names], lines[names:]
    groups: list[list[str]] = [[]]
    lengths = list(accumulate(map(len, body), initial=0))
    begun = 0
    for number, (line, (_, end)) in enumerate(zip(body, pairwise(lengths), strict=True)):
        if header and groups[-1] and end - lengths[begun] > _LONGEST_GROUP:
            groups.append([])
            begun = number
        groups[-1].append(line)
    return ["\n".join([*header, *group]) for group in groups]
