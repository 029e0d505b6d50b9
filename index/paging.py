"""Which pages of a document a stretch of its text stands on.

Knows sections and positions; nothing of how pages look.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from index.types import SourceDocument, Span


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of what a page says: `text[start:end]` of the page's own indexed `text`."""

    text: str
    start: int
    end: int


def has_pages(document: SourceDocument) -> bool:
    """Say whether a document's text knows its pages."""
    return any(section.page is not None for section in document.sections)


def page_starts(document: SourceDocument) -> dict[int, int]:
    """Number each page by the position where it begins; headings begin sections inside it."""
    begun: dict[int, int] = {}
    last = None
    for section in document.sections:
        if section.page is not None and section.page != last:
            begun[section.start] = last = section.page
    return begun


def pages_of(document: SourceDocument, start: int, end: int) -> list[int]:
    """Number the pages that hold a letter or digit of the characters [start, end), in order."""
    found: dict[int, None] = {}
    for page, span in _pages(document):
        shared = document.text[max(span.start, start) : min(span.end, end)]
        if any(map(str.isalnum, shared)):
            found[page] = None
    return list(found)


def stretch_on(document: SourceDocument, page: int, start: int, end: int) -> Stretch | None:
    """Cut the characters [start, end) down to what stands on a page; None where nothing does."""
    if page not in pages_of(document, start, end):
        return None
    (span, *_) = [span for number, span in _pages(document) if number == page]
    return Stretch(
        document.text[span.start : span.end],
        max(start, span.start) - span.start,
        min(end, span.end) - span.start,
    )


def _pages(document: SourceDocument) -> Iterator[tuple[int, Span]]:
    begun = page_starts(document)
    ends = [*begun, len(document.text)][1:]
    for (start, page), end in zip(begun.items(), ends, strict=False):
        yield page, Span(start, end)
