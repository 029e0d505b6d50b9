"""Sheets of a spreadsheet as text: a heading each, and the tables that lie on them.

Knows rows of cells and how many are too many; nothing of file formats.
"""

from collections.abc import Iterable
from itertools import groupby

from index.loaders.manuscript import Manuscript
from index.loaders.tables import Cell, Row

MOST_ROWS = 20_000
"""Of a sheet. As text they fill some thousand pages; what is below is left out and counted."""

MOST_COLUMNS = 200

_MOST_NAMED = 10
"""Sheets that a warning names."""


def write_sheet(
    manuscript: Manuscript,
    name: str,
    rows: Iterable[Row],
    *,
    first_row_names: bool = False,
) -> None:
    """Write a sheet's rows; blank rows part its tables. Without a name, it gets no heading."""
    if name:
        manuscript.add_heading(name, 1)
    kept: list[Row] = []
    rows_left = cells_left = 0
    for row in rows:
        if len(kept) < MOST_ROWS:
            kept.append(row[:MOST_COLUMNS])
            cells_left += sum(bool(cell.text) for cell in row[MOST_COLUMNS:])
        else:
            rows_left += any(cell.text for cell in row)
    for is_blank, block in groupby(kept, _is_blank):
        if not is_blank:
            manuscript.add_table(_flush_left(list(block)), first_row_names=first_row_names)
    where = f" of the sheet {name}" if name else ""
    if rows_left:
        manuscript.warn(f"Rows{where} below row {MOST_ROWS:,}, which were left out: {rows_left:,}")
    if cells_left:
        manuscript.warn(
            f"Cells{where} beyond column {MOST_COLUMNS}, which were left out: {cells_left:,}"
        )


def warn_of_hidden(manuscript: Manuscript, sheets: list[str], rows: int, columns: int) -> None:
    """Tell which sheets, and how many rows and columns of others, do not show and were left out."""
    if sheets:
        named = ", ".join(sheets[:_MOST_NAMED])
        more = f" and {len(sheets) - _MOST_NAMED} more" if len(sheets) > _MOST_NAMED else ""
        manuscript.warn(f"Hidden sheets, which were left out: {named}{more}")
    if rows:
        manuscript.warn(f"Hidden rows, which were left out: {rows:,}")
    if columns:
        manuscript.warn(f"Hidden columns, which were left out: {columns:,}")


def _is_blank(row: Row) -> bool:
    return not any(cell.text for cell in row)


def _flush_left(rows: list[Row]) -> list[Row]:
    """Take away the columns left of a table, which are empty in all of its rows."""
    first = min(next(n for n, cell in enumerate(row) if cell.text) for row in rows)
    return [row[first:] or [Cell("")] for row in rows]
