"""The outline of a PDF: titles that a reader's program lists, and where each leads.

Knows PDFium's bookmarks; nothing of what pages say.
"""

from collections.abc import Iterator
from itertools import islice

import pypdfium2
import pypdfium2.raw as pdfium

from index.loaders.cleaning import one_line
from index.loaders.outline_headings import OutlineEntry

_MOST_ENTRIES = 5_000

_TOPS = {
    pdfium.PDFDEST_VIEW_XYZ: 1,
    pdfium.PDFDEST_VIEW_FITH: 0,
    pdfium.PDFDEST_VIEW_FITBH: 0,
    pdfium.PDFDEST_VIEW_FITR: 3,
}
"""Where the views that have a height have it among their numbers."""


def outline_of(pdf: pypdfium2.PdfDocument) -> list[OutlineEntry]:
    """Read the outline; entries that lead nowhere are left out."""
    return list(_entries(pdf))


def _entries(pdf: pypdfium2.PdfDocument) -> Iterator[OutlineEntry]:
    for bookmark in islice(pdf.get_toc(), _MOST_ENTRIES):
        destination = bookmark.get_dest()
        page = destination.get_index() if destination else None
        title = _title(bookmark)
        if destination and page is not None and title:
            yield OutlineEntry(title, bookmark.level + 1, page, _top(destination))


def _title(bookmark: pypdfium2.PdfBookmark) -> str:
    try:
        return one_line(bookmark.get_title())
    except UnicodeDecodeError:
        return ""


def _top(destination: pypdfium2.PdfDest) -> float | None:
    view, numbers = destination.get_view()
    place = _TOPS.get(view)
    return float(numbers[place]) if place is not None and place < len(numbers) else None
