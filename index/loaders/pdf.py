"""PDF files: their pages, title and damage, through PDFium.

Knows documents and pages; what characters, lines and headings mean is other modules' business.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pypdfium2
import pypdfium2.raw as pdfium

from index.errors import UnreadableFile
from index.loaders.cleaning import one_line
from index.loaders.content import content_of, kind_of
from index.loaders.manuscript import Manuscript
from index.loaders.outline_headings import outlined
from index.loaders.page_blocks import with_headings
from index.loaders.pdf_outline import outline_of
from index.loaders.pdf_page import lines_of
from index.loaders.printed_pages import write_pages
from index.loaders.printed_tables import without_tables
from index.loaders.reading_order import in_reading_order
from index.loaders.running_heads import without_repeats
from index.loaders.titles import is_title, name_of
from index.loaders.typesetting import Line
from index.loaders.typographic_headings import set_off
from index.types import Document

_PDFIUM = threading.Lock()
"""PDFium has one state for the whole process, and crashes when two threads are in it."""

_MOST_NAMED = 10
"""Pages that a warning names."""


@dataclass(frozen=True, slots=True)
class _Page:
    """The lines of a page, and whether it is shown turned."""

    lines: Sequence[Line] = ()
    is_turned: bool = False


def load_pdf(path: Path) -> Document:
    """Read a PDF; pages with text and headings begin sections. Raises UnreadableFile."""
    content = content_of(path)
    manuscript = Manuscript()
    with _PDFIUM, opened(content) as pdf:
        title = _title(pdf)
        attached = pdf.count_attachments()
        if attached:
            manuscript.warn(f"Files inside the PDF, which were left out: {attached}")
        pdf.init_forms()
        pages = _pages(pdf, manuscript)
        outline = outline_of(pdf, {n for n, page in enumerate(pages) if page.is_turned})
    kept = without_repeats([page.lines for page in pages])
    runs = [list(without_tables(in_reading_order(lines))) for lines in kept]
    headings = outlined(runs, outline)
    write_pages(with_headings(runs, set_off(runs) if headings is None else headings), manuscript)
    return manuscript.document(
        title or name_of(path),
        if_empty="The PDF holds no text; it may be a scan, which needs text recognition first",
    )


def opened(content: bytes) -> pypdfium2.PdfDocument:
    """Open a PDF; the caller sees to it that one thread at a time does. Raises UnreadableFile."""
    try:
        return pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        if error.err_code == pdfium.FPDF_ERR_PASSWORD:
            raise UnreadableFile("The PDF needs a password; save it without one") from None
        kind = kind_of(content)
        if kind and kind != "a PDF":
            raise UnreadableFile(f"The file is {kind}, not a PDF") from None
        raise UnreadableFile("The file is damaged, or it is not a PDF") from None


def _title(pdf: pypdfium2.PdfDocument) -> str:
    try:
        title = one_line(pdf.get_metadata_value("Title"))
    except UnicodeDecodeError:
        return ""
    return title if is_title(title) else ""


def _pages(pdf: pypdfium2.PdfDocument, manuscript: Manuscript) -> list[_Page]:
    """Read the lines of every page, and warn of pages that are damaged or pictures only."""
    pages, damaged, pictures = [], [], []
    for number in range(1, len(pdf) + 1):
        read = _Page()
        try:
            page = _filled_in(pdf, number - 1)
            try:
                read = _Page(lines_of(page), page.get_rotation() != 0)
                if not read.lines and pdfium.FPDFPage_CountObjects(page):
                    pictures.append(number)
            finally:
                page.close()
        except pypdfium2.PdfiumError:
            damaged.append(number)
        pages.append(read)
    if len(damaged) == len(pages):
        raise UnreadableFile("The PDF is damaged: none of its pages can be read")
    if damaged:
        manuscript.warn(f"Pages that are damaged and were left out: {_named(damaged)}")
    if pictures:
        manuscript.warn(f"Pages without text, which may be scans: {_named(pictures)}")
    return pages


def _filled_in(pdf: pypdfium2.PdfDocument, index: int) -> pypdfium2.PdfPage:
    """Open a page; what a form's fields hold becomes text of the page. Raises PdfiumError."""
    page = pdf[index]
    if not any(_is_written_on(page, number) for number in range(_annotations(page))):
        return page
    pdfium.FPDFPage_Flatten(page, pdfium.FLAT_NORMALDISPLAY)
    page.close()
    return pdf[index]


def _annotations(page: pypdfium2.PdfPage) -> int:
    return int(pdfium.FPDFPage_GetAnnotCount(page))


def _is_written_on(page: pypdfium2.PdfPage, number: int) -> bool:
    """Say whether what lies on a page is a field of a form, or text that was typed there."""
    annotation = pdfium.FPDFPage_GetAnnot(page, number)
    if not annotation:
        return False
    kind = pdfium.FPDFAnnot_GetSubtype(annotation)
    pdfium.FPDFPage_CloseAnnot(annotation)
    return kind in (pdfium.FPDF_ANNOT_WIDGET, pdfium.FPDF_ANNOT_FREETEXT)


def _named(numbers: Sequence[int]) -> str:
    named = ", ".join(map(str, numbers[:_MOST_NAMED]))
    return (
        named if len(numbers) <= _MOST_NAMED else f"{named} and {len(numbers) - _MOST_NAMED} more"
    )
