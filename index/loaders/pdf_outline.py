"""The outline of a PDF: titles that a reader's program lists, and where each leads.

Knows PDFium's bookmarks; nothing of what pages say.
"""

from collections.abc import Container, Iterator
from itertools import islice

import pypdfium2
import pypdfium2.raw as pdfium

from index.loaders.cleaning import one_line
from index.loaders.outline_headings import OutlineEntry

_MOST_ENTRIES = 5_000
_LONGEST = 300
"""Characters of a title. No heading is longer, and its letters are sought on every line."""

_TOPS = {
    pdfium.PDFDEST_VIEW_XYZ: 1,
    pdfium.PDFDEST_VIEW_FITH: 0,
    pdfium.PDFDEST_VIEW_FITBH: 0,
    pdfium.PDFDEST_VIEW_FITR: 3,
}
"""Where the views that have a height have it among their numbers."""


def outline_of(pdf: pypdfium2.PdfDocument, turned: Container[int]) -> list[OutlineEntry]:
    """Read the outline; entries that lead nowhere, or are longer than headings, are left out.

    `turned` are the pages, from 0, that are shown turned: no height of theirs is known.
    """
    return list(_entries(pdf, turned))


def _entries(pdf: pypdfium2.PdfDocument, turned: Container[int]) -> Iterator[OutlineEntry]:
    for bookmark in islice(pdf.get_toc(), _MOST_ENTRIES):
        destination = bookmark.get_dest()
        page = destination.get_index() if destination else None
        title = _title(bookmark)
        if destination and page is not None and title:
            top = None if page in turned else _top(destination)
            yield OutlineEntry(title, bookmark.level + 1, page, top)


def _title(bookmark: pypdfium2.PdfBookmark) -> str:
    try:
        title = one_line(bookmark.get_title())
    except UnicodeDecodeError:
        return ""
    return title if len(title) <= _LONGEST else ""


def _top(destination: pypdfium2.PdfDest) -> float | None:
    view, numbers = destination.get_view()
    place = _TOPS.get(view)
    if place is None or place >= len(numbers):
        return None
    # PDFium gives 0 where a view leaves its height open; no title stands below the page.
    return float(numbers[place]) or None
