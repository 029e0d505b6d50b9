"""The paragraphs, lists and tables of a Word document as blocks of text.

Knows what each element of the body does to the text; nothing of packages.
"""

from dataclasses import dataclass, field

from lxml import etree

from index.loaders.drawn_parts import DRAWN, write_drawn
from index.loaders.manuscript import Manuscript
from index.loaders.numbering import Numbering
from index.loaders.office_package import OfficePackage
from index.loaders.symbol_fonts import sign
from index.loaders.tables import Cell, Grid
from index.loaders.word_styles import WordStyles
from index.loaders.wordml import COMPATIBILITY, MATH, is_on, number_of, value_of, w

# Deleted or moved away, readings above a word, properties, and the second copy of a text box.
_SKIPPED = frozenset(
    map(w, ("del", "moveFrom", "rt", "pPr", "rPr", "sdtPr", "tblPr", "trPr", "tcPr", "sectPr"))
) | {f"{{{COMPATIBILITY}}}Fallback"}

_PARAGRAPH, _RUN = w("p"), w("r")
_TABLE, _ROW, _CELL = w("tbl"), w("tr"), w("tc")
_TEXT = frozenset({w("t"), f"{{{MATH}}}t"})
_SIGNS = {w("tab"): "\t", w("br"): "\n", w("cr"): "\n", w("noBreakHyphen"): "-"}
_SYMBOL, _DROP_DOWN, _CHECK_BOX = w("sym"), w("ddList"), w("checkBox")
_CHUNK = w("altChunk")
_NOTES = {w("footnoteReference"): "footnotes", w("endnoteReference"): "endnotes"}

_SAYING = _TEXT | _SIGNS.keys() | {_SYMBOL, _DROP_DOWN, _CHECK_BOX}
_REFERRING = _NOTES.keys() | set(DRAWN) | {_CHUNK}

_WIDEST_SPAN = 63
"""In columns: what Word allows a row to have."""


@dataclass(slots=True)
class _Paragraph:
    """A paragraph while it is read; that of a text box is read inside another."""

    properties: etree._Element | None
    text: list[str] = field(default_factory=list)


class BodyReader:
    """Writes one document into a manuscript. Works through it without recursion."""

    def __init__(self, package: OfficePackage, manuscript: Manuscript) -> None:
        self._package = package
        self._manuscript = manuscript
        self._styles = WordStyles(package.related("styles"))
        self._numbering = Numbering(package.related("numbering"))
        self._notes = {kind: _note_texts(package.related(kind)) for kind in _NOTES.values()}
        self._due_notes: list[str] = []  # referred to since the last block
        self._drawn = {each.id: each.part for each in package.relations(package.main)}
        self._due_drawings: list[etree._Element] = []  # charts and diagrams, likewise
        self._paragraphs: list[_Paragraph] = []  # the open ones, a text box's inside its anchor's
        self._rows: list[list[str] | None] = []  # the open ones; None where cells are no data
        self._grid = Grid()  # the rows of the open table that are not yet written
        self._was_item = False  # whether the last block was an item of a list
        self._chunks = 0  # parts that Word would convert from another format when it opens them

    def read(self) -> None:
        """Read the whole body, in order."""
        walker = etree.iterwalk(self._package.body, events=("start", "end"))
        skipped = None
        for event, element in walker:
            if event == "start" and (element.tag in _SKIPPED or _is_unseen(element)):
                walker.skip_subtree()
                skipped = element
            elif event == "start":
                self._begin(element)
            elif element is not skipped:
                self._end(element)
        self._add_notes()
        if self._chunks:
            self._manuscript.warn(
                f"Parts in another format, which were left out: {self._chunks} "
                "(open the file in Word and save it)"
            )

    def _begin(self, element: etree._Element) -> None:
        tag = element.tag
        if tag in _SAYING:
            self._say(_said(element))
        elif tag in _REFERRING:
            self._refer(element)
        elif tag == _PARAGRAPH:
            self._paragraphs.append(_Paragraph(element.find(w("pPr"))))
        elif tag == _TABLE:
            self._add_table()
        elif tag == _ROW:
            self._begin_row(element)
        elif tag == _CELL and self._cells is not None:
            self._cells.append("")

    def _refer(self, element: etree._Element) -> None:
        if element.tag in DRAWN:
            self._due_drawings.append(element)
        elif element.tag == _CHUNK:
            self._chunks += 1
        else:
            notes = self._notes[_NOTES[str(element.tag)]]
            self._due_notes.append(notes.get(element.get(w("id"), ""), ""))

    def _end(self, element: etree._Element) -> None:
        if element.tag == _PARAGRAPH:
            self._end_paragraph(self._paragraphs.pop())
        elif element.tag == _ROW:
            self._rows.pop()
        elif element.tag == _CELL and self._cells is not None:
            self._end_cell(element, self._cells[-1])
        elif element.tag == _TABLE:
            self._add_table()

    @property
    def _cells(self) -> list[str] | None:
        return self._rows[-1] if self._rows else None

    def _say(self, text: str) -> None:
        if self._paragraphs:
            self._paragraphs[-1].text.append(text)

    def _end_paragraph(self, paragraph: _Paragraph) -> None:
        text = "".join(paragraph.text)
        place = self._styles.list_place(paragraph.properties)
        mark = self._numbering.mark(place.list_id, place.level) if place else ""
        if self._cells:
            self._cells[-1] += f" {mark} {text}" if text.strip() else ""
        elif not text.strip():
            self._was_item = False
        elif place and mark and self._styles.heading_level(paragraph.properties) is None:
            indent = "  " * place.level
            self._manuscript.add(f"{indent}{mark} {text}", tight=self._was_item)
            self._was_item = True
        elif not self._styles.is_contents(paragraph.properties):
            self._add_text(text, mark, self._styles.heading_level(paragraph.properties))
        if self._cells is None and not self._grid.rows:
            self._add_notes()

    def _add_text(self, text: str, mark: str, level: int | None) -> None:
        if level is None:
            self._manuscript.add(text)
        else:
            self._manuscript.add_heading(text if mark in ("", "•") else f"{mark} {text}", level)
        self._was_item = False

    def _begin_row(self, row: etree._Element) -> None:
        if not self._is_data(row):
            self._add_table()
            self._rows.append(None)
            return
        self._rows.append([])
        self._grid.begin_row()
        for _ in range(min(number_of(row, "trPr/gridBefore") or 0, _WIDEST_SPAN)):
            self._grid.add(Cell(""))

    def _end_cell(self, cell: etree._Element, text: str) -> None:
        columns = min(number_of(cell, "tcPr/gridSpan") or 1, _WIDEST_SPAN)
        if not text.strip() and value_of(cell, "tcPr/vMerge") in ("", "continue"):
            self._grid.add_from_above(columns)
        else:
            names = is_on(cell.getparent(), "trPr/tblHeader")
            self._grid.add(Cell(text, is_name=names), columns)

    def _add_table(self) -> None:
        self._was_item = False
        if self._grid.rows:
            self._manuscript.add_table(self._grid.rows)
            self._grid = Grid()
            self._add_notes()

    def _add_notes(self) -> None:
        """Put notes and drawings behind the block that refers to them, where their sense is."""
        for note in self._due_notes:
            if note:
                self._manuscript.add(f"* {note}", tight=True)
        self._due_notes.clear()
        drawings = self._due_drawings
        self._due_drawings = []
        for drawing in drawings:
            write_drawn(drawing, self._drawn, self._package, self._manuscript)

    def _is_data(self, row: etree._Element) -> bool:
        """Say whether a row's cells are data; otherwise a table only places parts of the page."""
        paragraphs = list(row.iter(_PARAGRAPH))
        properties = (paragraph.find(w("pPr")) for paragraph in paragraphs)
        if any(self._styles.heading_level(found) is not None for found in properties):
            return False
        cells = sum(1 for _ in row.iter(_CELL))
        return next(row.iter(_TABLE), None) is None and (cells > 1 or len(paragraphs) == 1)


def _said(element: etree._Element) -> str:
    """Return the text that an element stands for."""
    if element.tag in _TEXT:
        return element.text or ""
    if element.tag == _SYMBOL:
        return sign(element.get(w("font"), ""), element.get(w("char"), ""))
    return _SIGNS.get(str(element.tag)) or _filled_in(element)


def _filled_in(field: etree._Element) -> str:
    """Return what a drop-down field or a box of a form shows; Word stores no text for it."""
    if field.tag == _CHECK_BOX:
        state = "checked" if field.find(w("checked")) is not None else "default"
        return "☒" if is_on(field, state) else "☐"
    entries = [entry.get(w("val"), "") for entry in field.iterfind(w("listEntry"))]
    chosen = number_of(field, "result")
    if chosen is None:
        chosen = number_of(field, "default") or 0
    return entries[chosen] if chosen < len(entries) else ""


def _is_unseen(element: etree._Element) -> bool:
    """Say whether a run is hidden, or a row deleted while changes are tracked."""
    if element.tag == _ROW:
        return is_on(element, "trPr/del")
    return element.tag == _RUN and is_on(element, "rPr/vanish")


def _note_texts(part: etree._Element | None) -> dict[str, str]:
    """Return the text of every note by its number."""
    notes = [] if part is None else list(part)
    return {
        note.get(w("id"), ""): " ".join(
            "".join(text.text or "" for text in paragraph.iter(w("t")))
            for paragraph in note.iter(_PARAGRAPH)
        )
        for note in notes
    }
