"""The elements of a web page as blocks of text: paragraphs, headings, items, table rows.

Knows what each element does to the text; nothing of encodings, nor of what must be left out.
"""

import regex
from lxml import etree

from index.loaders.manuscript import Manuscript
from index.loaders.tables import Cell, Grid

_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_LISTS = frozenset({"ul", "ol", "menu", "dir", "dl"})
_CELLS = frozenset({"td", "th"})
_LIKE_PRE = frozenset({"pre", "listing", "plaintext", "xmp"})
_BLOCKS = frozenset(
    "address article aside blockquote body caption center dd details dialog div dt fieldset "
    "figcaption figure footer header hgroup hr html legend li main p section summary "
    "table tbody tfoot thead tr".split()
) | (_LISTS | _CELLS | _LIKE_PRE | _HEADINGS.keys())

_WIDEST_SPAN = 1000
_HIGHEST_SPAN = 65_534
"""In columns and rows: what HTML allows a cell to span."""

_SPACE = regex.compile("[ \t\n\r\f]+")
_BLANKS = regex.compile(" {2,}")
_SPACE_AT_BREAK = regex.compile(" *\n *")


class PageReader:
    """Writes one page into a manuscript. Works through the page without recursion."""

    def __init__(self, manuscript: Manuscript) -> None:
        self._manuscript = manuscript
        self._text: list[str] = []  # since the last border of a block
        self._lists: list[int | None] = []  # the open ones, with the number of the next item
        self._marker = ""  # of the item that has begun and has no text yet
        self._in_data = False  # whether a row is open whose cells are data
        self._grid = Grid()  # the rows of the open table that are not yet written
        self._open_headings = 0
        self._open_pre = 0
        self._tight = False  # whether the next block goes on with a list or table
        self._beginnings = {
            **dict.fromkeys(_HEADINGS, self._begin_heading),
            **dict.fromkeys(_LIKE_PRE, self._begin_pre),
            **dict.fromkeys(_LISTS, self._begin_list),
            "li": self._begin_item,
            "table": self._begin_table,
            "tr": self._begin_row,
        }
        self._ends = {
            **dict.fromkeys(_HEADINGS, self._end_heading),
            **dict.fromkeys(_LIKE_PRE, self._end_pre),
            **dict.fromkeys(_LISTS, self._end_list),
            **dict.fromkeys(_CELLS, self._end_cell),
            "li": self._end_item,
            "table": self._end_table,
            "tr": self._end_row,
        }

    def read(self, root: etree._Element) -> None:
        """Read everything below the root element, in order."""
        for event, element in etree.iterwalk(root, events=("start", "end")):
            if event == "start":
                self._begin(element)
                self._say(element.text)
            else:
                self._end(element)
                self._say(element.tail)
        self._border()

    def _say(self, text: str | None) -> None:
        if text:
            self._text.append(text if self._open_pre else _SPACE.sub(" ", text))

    def _begin(self, element: etree._Element) -> None:
        if element.tag == "br":
            self._text.append("\n")
        elif element.tag in _BLOCKS:
            self._border()
            if element.tag in self._beginnings:
                self._beginnings[element.tag](element)

    def _end(self, element: etree._Element) -> None:
        if element.tag in _BLOCKS:
            self._ends.get(element.tag, self._end_block)(element)

    def _end_block(self, _: etree._Element) -> None:
        self._border()

    def _begin_heading(self, _: etree._Element) -> None:
        self._open_headings += 1

    def _end_heading(self, heading: etree._Element) -> None:
        self._open_headings -= 1
        if not self._in_data and not self._open_headings:
            self._marker = ""
            self._add_table()
            self._manuscript.add_heading(self._taken(), _HEADINGS[str(heading.tag)])

    def _begin_pre(self, _: etree._Element) -> None:
        self._open_pre += 1

    def _end_pre(self, _: etree._Element) -> None:
        self._border()
        self._open_pre -= 1

    def _begin_list(self, element: etree._Element) -> None:
        if not self._lists and not self._in_data:
            self._tight = False
        self._lists.append(_number(element.get("start"), 1) if element.tag == "ol" else None)

    def _end_list(self, _: etree._Element) -> None:
        self._border()
        self._lists.pop()
        if not self._lists and not self._in_data:
            self._tight = False

    def _begin_item(self, item: etree._Element) -> None:
        mark = "• "
        number = self._lists[-1] if self._lists else None
        if number is not None:
            number = _number(item.get("value"), number)
            self._lists[-1] = number + 1
            mark = f"{number}. "
        if not self._in_data:
            self._marker = "  " * (len(self._lists) - 1) + mark
        else:
            self._text.append(mark)

    def _end_item(self, _: etree._Element) -> None:
        self._border()
        self._marker = ""

    def _begin_table(self, _: etree._Element) -> None:
        self._add_table()

    def _end_table(self, _: etree._Element) -> None:
        self._border()
        self._add_table()

    def _begin_row(self, row: etree._Element) -> None:
        self._in_data = _is_data(row)
        if self._in_data:
            self._grid.begin_row()
        else:
            self._add_table()

    def _end_row(self, _: etree._Element) -> None:
        self._border()
        self._in_data = False

    def _end_cell(self, cell: etree._Element) -> None:
        if not self._in_data:
            self._border()
            return
        names = cell.tag == "th" or next(cell.iterancestors("thead"), None) is not None
        self._grid.add(
            Cell(self._taken(), is_name=names),
            columns=min(_number(cell.get("colspan"), 1), _WIDEST_SPAN),
            rows=min(_number(cell.get("rowspan"), 1), _HIGHEST_SPAN),
        )

    def _add_table(self) -> None:
        if self._grid.rows:
            self._manuscript.add_table(self._grid.rows)
            self._grid = Grid()
        self._tight = False

    def _border(self) -> None:
        """End a block; within a cell or a heading a border is no more than a blank."""
        if self._in_data or self._open_headings:
            self._text.append(" ")
            return
        text = self._taken()
        if text.strip():
            if self._grid.rows:
                self._add_table()
            self._manuscript.add(self._marker + text, tight=self._tight)
            self._marker = ""
            self._tight = bool(self._lists)

    def _taken(self) -> str:
        text = "".join(self._text)
        self._text.clear()
        if self._open_pre:
            return text
        return _SPACE_AT_BREAK.sub("\n", _BLANKS.sub(" ", text)).strip(" \n")


def _number(text: str | None, otherwise: int) -> int:
    return int(text) if text and regex.fullmatch(r"-?[0-9]{1,9}", text) else otherwise


def _is_data(row: etree._Element) -> bool:
    """Say whether a row's cells are data; otherwise a table only places parts of the page."""
    if next(row.iter("table", *_HEADINGS), None) is not None:
        return False
    cells = len(row.findall("td")) + len(row.findall("th"))
    return cells > 1 or next(row.iter("p", "div", "li", "pre"), None) is None
