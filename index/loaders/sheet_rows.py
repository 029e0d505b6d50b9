"""The rows of one sheet of an Excel workbook, as a reader of the sheet sees them.

Knows cells, merged ranges and what is hidden; nothing of workbooks or of what becomes of rows.
"""

from collections.abc import Iterator, Sequence
from io import BytesIO

import regex
from lxml import etree

from index.loaders.number_formats import NumberFormats
from index.loaders.sheets import MOST_COLUMNS
from index.loaders.tables import LONGEST_REPEATED, Cell

_SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_REFERENCE = regex.compile(r"\$?([A-Z]{1,3})\$?([0-9]{1,7})")

_MOST_MERGED = 100_000
"""Cells of a sheet in merged ranges: a few bytes can claim billions of them."""

_WIDEST = 16_384
"""Columns of a sheet in Excel."""


def s(path: str) -> str:
    """Write the element path "a/b" with the namespace of spreadsheets."""
    return "/".join(f"{{{_SHEET}}}{name}" for name in path.split("/"))


_Place = tuple[int, int]
"""Row from 1, column from 0."""


class SheetRows:
    """Walks once through a sheet; the counts are right when the walk is over.

    Rows and columns that do not show are left out and counted, as are formulas whose value the
    file does not store. Blank rows between others come as one row without cells.
    """

    def __init__(self, markup: bytes, strings: Sequence[str], formats: NumberFormats) -> None:
        self._markup = markup
        self._strings = strings
        self._formats = formats
        self._merged: dict[int, dict[int, _Place]] = {}  # by row and column: where the text stands
        self._texts: dict[_Place, str] = {}  # of the cells that others are merged with
        self._merges_left = _MOST_MERGED
        self._hidden: list[range] = []
        self._unseen: set[int] = set()
        self.hidden_rows = 0
        self.unknown_formulas = 0

    @property
    def hidden_columns(self) -> int:
        """How many hidden columns hold anything."""
        return len(self._unseen)

    def __iter__(self) -> Iterator[list[Cell]]:
        """Read the rows in order. Raises etree.XMLSyntaxError where the sheet is damaged."""
        if b"mergeCell " in self._markup:
            for merged in self._elements(s("mergeCell")):
                self._merge(merged.get("ref", ""))
        last, is_gap = 0, False
        for element in self._elements(s("row"), s("col")):
            if element.tag == s("col"):
                self._note_column(element)
                continue
            number = _whole(element.get("r"), last + 1)
            row = self._row(element, number)
            has_text = any(cell.text for cell in row)
            is_hidden = element.get("hidden") in ("1", "true")
            if not (has_text or is_hidden):
                continue
            is_gap = is_gap or number > last + 1
            last = number
            if is_hidden:
                self.hidden_rows += has_text
                continue
            if is_gap:
                yield []
            is_gap = False
            yield row

    def _elements(self, *tags: str) -> Iterator[etree._Element]:
        """Read elements one by one, so that a large sheet never is a tree."""
        elements = etree.iterparse(
            BytesIO(self._markup), tag=tags, resolve_entities=False, no_network=True, load_dtd=False
        )
        for _, element in elements:
            yield element
            element.clear()
            while element.getprevious() is not None:
                del element.getparent()[0]

    def _note_column(self, column: etree._Element) -> None:
        if column.get("hidden") in ("1", "true"):
            first, last = _whole(column.get("min"), 1), _whole(column.get("max"), 1)
            self._hidden.append(range(first - 1, min(last, _WIDEST)))

    def _row(self, row: etree._Element, number: int) -> list[Cell]:
        merged = self._merged.get(number, {})
        texts: dict[int, str] = {}
        column = -1
        for cell in row.iterfind(s("c")):
            column = _column(cell.get("r", ""), column + 1)
            text = self._text(cell)
            if text and any(column in hidden for hidden in self._hidden):
                self._unseen.add(column)
            elif text:
                texts[column] = text
                if merged.get(column) == (number, column):
                    self._texts[number, column] = text
        width = max([*texts, *(column for column in merged if texts or number > 1)], default=-1) + 1
        near = [self._cell(texts, merged, (number, n)) for n in range(min(width, MOST_COLUMNS))]
        return near + [Cell(text) for column, text in texts.items() if column >= MOST_COLUMNS]

    def _cell(self, texts: dict[int, str], merged: dict[int, _Place], place: _Place) -> Cell:
        """Make a cell; what merged ones hold is said in each row that they reach into."""
        row, column = place
        text = texts.get(column, "")
        origin = merged.get(column, place)
        if text or origin == place:
            return Cell(text)
        text = self._texts.get(origin, "")
        if origin[0] != row and len(text) > LONGEST_REPEATED:
            text = ""
        return Cell(text, continues=column > origin[1])

    def _text(self, cell: etree._Element) -> str:
        """Return what a cell shows; an error value is shown too."""
        kind = cell.get("t", "n")
        if kind == "inlineStr":
            return string_of(cell.find(s("is")))
        value = cell.findtext(s("v")) or ""
        if not value:
            self.unknown_formulas += cell.find(s("f")) is not None and kind == "n"
            return ""
        if kind == "s":
            number = _whole(value, -1)
            return self._strings[number] if 0 <= number < len(self._strings) else ""
        if kind == "b":
            return "TRUE" if value == "1" else "FALSE"
        if kind == "n":
            return self._formats.shown(value, _whole(cell.get("s"), 0))
        return value

    def _merge(self, reference: str) -> None:
        corners = _REFERENCE.findall(reference)
        if len(corners) != 2:
            return
        (left, top), (right, bottom) = ((_number_of(letters), int(row)) for letters, row in corners)
        for row in range(top, bottom + 1):
            for column in range(left, right + 1):
                if self._merges_left == 0:
                    return
                self._merges_left -= 1
                self._merged.setdefault(row, {})[column] = (top, left)


def string_of(item: etree._Element | None) -> str:
    """Join the text of a string's runs, without the readings above them."""
    if item is None:
        return ""
    texts = (text for run in (item, *item.iterfind(s("r"))) for text in run.iterfind(s("t")))
    return "".join(text.text or "" for text in texts)


def _column(reference: str, otherwise: int) -> int:
    """Return the column, from 0, of a cell such as "B7"."""
    found = _REFERENCE.fullmatch(reference)
    return min(_number_of(found[1]) if found else otherwise, _WIDEST - 1)


def _number_of(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


def _whole(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 10 else otherwise
