"""The sheets of an OpenDocument spreadsheet, as a reader of them sees them.

Knows rows, cells and what is hidden; nothing of packages, nor of what tables become.
"""

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

from lxml import etree

from index.loaders.manuscript import Manuscript
from index.loaders.odf import count_of, odf, text_of
from index.loaders.sheets import MOST_COLUMNS, MOST_ROWS, warn_of_hidden, write_sheet
from index.loaders.tables import Cell, Grid, Row

_TABLE, _ROW = odf("table:table"), odf("table:table-row")
_CELL, _COVERED = odf("table:table-cell"), odf("table:covered-table-cell")
_SPANNED_COLUMNS = "table:number-columns-spanned"
_SPANNED_ROWS = "table:number-rows-spanned"
_REPEATED_COLUMNS = "table:number-columns-repeated"
_REPEATED_ROWS = "table:number-rows-repeated"
_VISIBILITY = odf("table:visibility")
_ANNOTATION = odf("office:annotation")
_PARAGRAPH = odf("text:p")
_VALUES = tuple(
    odf(f"office:{name}value") for name in ("", "date-", "time-", "boolean-", "string-")
)
_SIGNS = {odf("text:line-break"): "\n", odf("text:tab"): "\t"}
_BLANK = odf("text:s")

_MOST_BLANKS = 100
"""In a row of blanks: a few bytes can claim billions of them."""

_LARGEST = 308
"""As a power of ten: no spreadsheet stores a larger number."""


def write_sheets(root: etree._Element, sheets: etree._Element, manuscript: Manuscript) -> None:
    """Write all sheets that are shown into a manuscript; `root` has their styles."""
    hidden_styles = {
        style.get(odf("style:name"))
        for style in root.iter(odf("style:style"))
        for properties in style
        if properties.get(odf("table:display")) == "false"
    }
    hidden, hidden_rows, hidden_columns = [], 0, 0
    for table in sheets.iterfind(_TABLE):
        name = table.get(odf("table:name"), "")
        if table.get(odf("table:style-name")) in hidden_styles:
            hidden.append(name)
            continue
        unseen = _hidden_columns(table)
        grid, rows = _grid(table)
        hidden_rows += rows
        hidden_columns += sum(
            any(column < len(row) and row[column].text for row in grid.rows) for column in unseen
        )
        write_sheet(manuscript, name, (_seen(row, unseen) for row in grid.rows))
    comments = sum(1 for _ in sheets.iter(_ANNOTATION))
    warn_of_hidden(manuscript, hidden, hidden_rows, hidden_columns)
    if comments:
        manuscript.warn(f"Comments in cells, which were left out: {comments:,}")


def _grid(table: etree._Element) -> tuple[Grid, int]:
    """Read the rows that show, and count those with text that do not."""
    grid, hidden = Grid(), 0
    for row in table.iter(_ROW):
        has_text = any(text_of(p).strip() for p in row.iter(_PARAGRAPH)) or any(
            _value(cell) for cell in row
        )
        repeated = min(count_of(row, _REPEATED_ROWS), MOST_ROWS) if has_text else 1
        if has_text and row.get(_VISIBILITY) in ("collapse", "filter"):
            hidden += repeated
            continue
        for _ in range(repeated):
            grid.begin_row()
            for cell in _cells(row):
                _add(cell, grid)
    return grid, hidden


def _cells(row: etree._Element) -> Iterator[etree._Element]:
    """Walk through the cells of a row, but not the empty ones that fill it up to its end."""
    cells = [cell for cell in row if cell.tag in (_CELL, _COVERED)]
    while cells and cells[-1].tag == _CELL and not (len(cells[-1]) or _value(cells[-1])):
        cells.pop()
    return iter(cells)


def _add(cell: etree._Element, grid: Grid) -> None:
    if cell.tag == _COVERED:
        return
    text = _text(cell)
    rows = count_of(cell, _SPANNED_ROWS)
    for _ in range(min(count_of(cell, _REPEATED_COLUMNS), MOST_COLUMNS)):
        grid.add(Cell(text), count_of(cell, _SPANNED_COLUMNS), rows)


def _text(cell: etree._Element) -> str:
    """Return what a cell shows; a date in ISO form, whatever it shows."""
    date = cell.get(odf("office:date-value"))
    if date:
        return date.replace("T00:00:00", "").replace("T", " ")
    shown = "\n".join(_said(paragraph) for paragraph in cell.iterfind(_PARAGRAPH))
    return shown if shown.strip() else _value(cell)


def _value(cell: etree._Element) -> str:
    """Return the value that a cell stores; some programs do not write what it shows as well."""
    value = next((cell.get(name, "") for name in _VALUES if cell.get(name)), "")
    kind = cell.get(odf("office:value-type"), "")
    if kind == "percentage":
        return _share(value)
    return f"{value} {cell.get(odf('office:currency'), '')}".strip()


def _share(value: str) -> str:
    """Write a share as per cent; what is no number of a usual size stays as it is written."""
    try:
        share = Decimal(value)
    except InvalidOperation:
        return value
    if not share.is_finite() or abs(share.adjusted()) > _LARGEST:
        return value
    digits = f"{share * 100:f}"
    return f"{digits.rstrip('0').rstrip('.') if '.' in digits else digits}%"


def _said(paragraph: etree._Element) -> str:
    """Return the text of a paragraph with its line breaks, tabs and blanks."""
    parts = []
    for event, element in etree.iterwalk(paragraph, events=("start", "end")):
        if event == "start":
            blanks = min(count_of(element, "text:c"), _MOST_BLANKS)
            parts.append(" " * blanks if element.tag == _BLANK else _SIGNS.get(element.tag, ""))
            parts.append(element.text or "")
        elif element is not paragraph:
            parts.append(element.tail or "")
    return "".join(parts)


def _hidden_columns(table: etree._Element) -> set[int]:
    hidden: set[int] = set()
    place = 0
    for column in table.iter(odf("table:table-column")):
        count = count_of(column, _REPEATED_COLUMNS)
        if column.get(_VISIBILITY) in ("collapse", "filter"):
            hidden.update(range(place, min(place + count, MOST_COLUMNS)))
        place += count
    return hidden


def _seen(row: Row, hidden: set[int]) -> Row:
    return [cell for column, cell in enumerate(row) if column not in hidden] if hidden else row
