"""Excel workbooks: their sheets in order, and what was left out of them.

Knows workbooks; the rows of a sheet and what its numbers mean are other modules' business.
"""

from pathlib import Path

from lxml import etree

from index.loaders.cleaning import one_line
from index.loaders.content import content_of, reading
from index.loaders.drawing import a, paragraph_text
from index.loaders.manuscript import Manuscript
from index.loaders.number_formats import NumberFormats
from index.loaders.office_package import OfficePackage
from index.loaders.sheet_rows import SheetRows, s, string_of
from index.loaders.sheets import warn_of_hidden, write_sheet
from index.loaders.titles import is_title, name_of
from index.types import Document

_KIND = "an Excel workbook (.xlsx)"
_TEXT_BOX = "{http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing}txBody"
_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


def load_xlsx(path: Path) -> Document:
    """Read the values that a workbook stores; nothing is computed. Raises UnreadableFile."""
    package = OfficePackage(content_of(path), _KIND, s("workbook"))
    manuscript = Manuscript()
    with reading(_KIND):
        _Workbook(package, manuscript).read()
    title = one_line(package.title())
    return manuscript.document(title if is_title(title) else name_of(path))


class _Workbook:
    """Writes the sheets of one workbook into a manuscript."""

    def __init__(self, package: OfficePackage, manuscript: Manuscript) -> None:
        self._package = package
        self._manuscript = manuscript
        self._strings = _shared_strings(package.related("sharedStrings"))
        properties = package.body.find(s("workbookPr"))
        from_1904 = properties is not None and properties.get("date1904") in ("1", "true")
        self._formats = NumberFormats(package.related("styles"), from_1904=from_1904)

    def read(self) -> None:
        """Read all sheets that are shown, in order."""
        hidden, rows, columns, formulas, comments = [], 0, 0, 0, 0
        parts = {each.id: each for each in self._package.relations(self._package.main)}
        for sheet in self._package.body.iterfind(s("sheets/sheet")):
            name = one_line(sheet.get("name", ""))
            relation = parts.get(sheet.get(_ID, ""))
            if relation is None or relation.kind != "worksheet":
                self._manuscript.warn(f"A sheet without cells, which was left out: {name}")
                continue
            if sheet.get("state", "visible") != "visible":
                hidden.append(name)
                continue
            markup = self._package.markup(relation.part)
            if markup is None:
                self._manuscript.warn(f"A sheet that is missing from the file: {name}")
                continue
            reader = SheetRows(markup, self._strings, self._formats)
            write_sheet(self._manuscript, name, reader)
            rows, columns = rows + reader.hidden_rows, columns + reader.hidden_columns
            formulas += reader.unknown_formulas
            comments += self._read_surroundings(relation.part)
        warn_of_hidden(self._manuscript, hidden, rows, columns)
        if formulas:
            self._manuscript.warn(
                f"Formulas without a stored value, which were left out: {formulas:,} "
                "(open the file in a spreadsheet program and save it)"
            )
        if comments:
            self._manuscript.warn(f"Comments in cells, which were left out: {comments:,}")

    def _read_surroundings(self, sheet: str) -> int:
        """Read the text boxes that lie on a sheet, and count the comments in its cells."""
        drawing = self._package.related("drawing", sheet)
        for body in drawing.iter(_TEXT_BOX) if drawing is not None else ():
            for paragraph in body.iter(a("p")):
                self._manuscript.add(paragraph_text(paragraph))
        comments = self._package.related("comments", sheet)
        return 0 if comments is None else len(list(comments.iter(s("comment"))))


def _shared_strings(part: etree._Element | None) -> list[str]:
    """Read the texts that cells refer to by number."""
    return [] if part is None else [string_of(item) for item in part.iterfind(s("si"))]
