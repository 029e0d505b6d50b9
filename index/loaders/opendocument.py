"""OpenDocument files: texts, presentations and spreadsheets of LibreOffice and others.

Knows their package, properties and styles; what becomes of the content is other modules' business.
"""

from pathlib import Path

from lxml import etree

from index.errors import UnreadableFile
from index.loaders.archive import PASSWORD, Archive
from index.loaders.cleaning import one_line
from index.loaders.content import content_of, reading
from index.loaders.manuscript import Manuscript
from index.loaders.odf import odf
from index.loaders.opendocument_page import as_page
from index.loaders.opendocument_sheets import write_sheets
from index.loaders.titles import is_title, name_of
from index.loaders.web_page import PageReader
from index.types import Document

_KIND = "an OpenDocument file (.odt, .ods, .odp)"
_MANIFEST = "META-INF/manifest.xml"
_TITLE = "{http://purl.org/dc/elements/1.1/}title"


def load_opendocument(path: Path) -> Document:
    """Read a text, a presentation or a spreadsheet. Raises UnreadableFile."""
    archive = Archive(content_of(path), _KIND)
    if _MANIFEST in archive and b"encryption-data" in archive.content(_MANIFEST):
        raise UnreadableFile(PASSWORD)
    if "content.xml" not in archive:
        raise UnreadableFile(f"This is another kind of zip file, not {_KIND}")
    root = archive.tree("content.xml")
    manuscript = Manuscript()
    with reading(_KIND):
        sheets = root.find(odf("office:body/office:spreadsheet"))
        if sheets is not None:
            write_sheets(root, sheets, manuscript)
        else:
            _write_page(root, archive, manuscript)
        title = _title(archive)
    if not is_title(title):
        title = (manuscript.first_heading() if sheets is None else "") or name_of(path)
    return manuscript.document(title)


def _write_page(root: etree._Element, archive: Archive, manuscript: Manuscript) -> None:
    styles = archive.tree("styles.xml") if "styles.xml" in archive else None
    body = root.find(odf("office:body"))
    if body is not None:
        as_page(body, (root, styles) if styles is not None else (root,), manuscript)
        PageReader(manuscript).read(body)


def _title(archive: Archive) -> str:
    if "meta.xml" not in archive:
        return ""
    return one_line(next((each.text or "" for each in archive.tree("meta.xml").iter(_TITLE)), ""))
