"""A document's text as a page, with the cited sentence marked.

Knows HTML; nothing of where the text comes from. All text is escaped.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from urllib.parse import urlencode

from assistant.languages import language_name
from assistant.plain_page import PlainPage, heading, link, note, plain_page
from assistant.sanitation import one_line
from assistant.source_history import HISTORY_STYLE, history_section
from assistant.types import DEFAULT_COLLECTION
from assistant.wording import Wording
from index.language import direction_of
from index.paging import has_pages, page_starts, pages_of
from index.types import DocumentInfo, Section, SourceDocument, Span

_MOST_CHARACTERS = 200_000
"""Of a longer document, this much around the sentence is shown: a browser stays quick."""

_DEEPEST_HEADING = 6
_LONGEST_PATH = 4_096
"""In characters."""

_STYLE = """
body { padding-bottom: 40vh; }
.text { white-space: pre-wrap; }
.text mark { padding: .1em .15em; border-radius: 3px; scroll-margin-top: 30vh;
  box-shadow: 0 0 0 3px var(--mark); }
.heading { font-weight: 600; }
.page { display: block; border-top: 1px solid var(--line); margin: .5rem 0 .25rem;
  color: var(--faint); font-size: .8rem; text-align: end; user-select: none; }
.page::before { content: attr(data-page); }
"""


@dataclass(frozen=True, slots=True)
class SourceView:
    """What a page shows: a document, its file's name for a reader, the cited characters.

    `cited` is None where nothing is; `file_note` is the key of what is the matter with the file,
    empty where nothing is. `shown` is the pass that came with the address; `info` says how the
    document was read, where that is known. `also_at` names other files of the same content.
    """

    document: SourceDocument
    name: str
    cited: Span | None = None
    file_note: str = ""
    collection: str = DEFAULT_COLLECTION
    shown: str = ""
    info: DocumentInfo | None = None
    also_at: tuple[str, ...] = ()

    @property
    def query(self) -> str:
        """The part of an address that names the cited characters, with its question mark.

        It names the collection too, unless that is the default one, and the pass if there is one.
        """
        cited = {"start": self.cited.start, "end": self.cited.end} if self.cited else {}
        return self._query(cited)

    @property
    def file_query(self) -> str:
        """The same for an address that marks nothing."""
        return self._query({})

    @property
    def cited_pages(self) -> list[int]:
        """Number the pages that the cited characters are on."""
        cited = self.cited
        return pages_of(self.document, cited.start, cited.end) if cited else []

    def _query(self, values: dict[str, int]) -> str:
        named = {} if self.collection == DEFAULT_COLLECTION else {"collection": self.collection}
        query = urlencode({**named, **values, **({"pass": self.shown} if self.shown else {})})
        return f"?{query}" if query else ""


def cited_in(document: SourceDocument, start: int, end: int) -> Span | None:
    """Take [start, end) as a place in a document; None where it is outside its text."""
    return Span(start, end) if 0 <= start < end <= len(document.text) else None


def source_page(view: SourceView, wording: Wording) -> PlainPage:
    """Write the page."""
    document = view.document
    shown = _shown(view)
    language = escape(document.language)
    body = (
        heading(document.title, _places(view, wording))
        + _links(view, wording)
        + _notes(view, shown, wording)
        + f'<main class="text" lang="{language}" dir="{direction_of(document.language)}">'
        + "".join(_pieces(view, shown, wording))
        + "</main>"
        + (history_section(view.info, wording) if view.info else "")
    )
    return plain_page(document.title, wording.language, body, _STYLE + HISTORY_STYLE)


def _shown(view: SourceView) -> Span:
    length = len(view.document.text)
    if length <= _MOST_CHARACTERS:
        return Span(0, length)
    first = max(0, (view.cited.start if view.cited else 0) - _MOST_CHARACTERS // 2)
    return Span(first, min(length, first + _MOST_CHARACTERS))


def _places(view: SourceView, wording: Wording) -> tuple[str, ...]:
    document = view.document
    language = language_name(document.language, wording.language)
    if view.cited is None:
        return view.name, language
    begun = [s for s in document.sections if s.start <= view.cited.start]
    place = begun[-1] if begun else Section(0)
    page = wording("source_page", page=place.page) if place.page is not None else ""
    return view.name, language, page, place.heading


def _links(view: SourceView, wording: Wording) -> str:
    if view.file_note:
        return ""
    number, links = view.document.id, []
    if has_pages(view.document):
        page = (view.cited_pages or [1])[0]
        address = f"../page/{number}/{page}{view.query}#cited"
        links.append(link(address, wording("source_show_page")))
    links.append(link(f"../original/{number}{view.file_query}", wording("source_download")))
    return f"<nav>{''.join(links)}</nav>"


def _notes(view: SourceView, shown: Span, wording: Wording) -> str:
    notes = ""
    if view.file_note:
        notes += note(f"{wording(view.file_note)} {wording('source_text_of_then')}")
    if view.also_at:
        names = ", ".join(one_line(name, _LONGEST_PATH) for name in view.also_at)
        notes += note(wording("source_also_at", names=names))
    length = len(view.document.text)
    if shown != Span(0, length):
        first, last, of = (_number(n) for n in (shown.start, shown.end, length))
        notes += note(wording("source_part", first=first, last=last, length=of))
    return notes


def _number(number: int) -> str:
    """Write a number as every language reads it: groups parted by narrow blanks."""
    return f"{number:,}".replace(",", "\u202f")


def _pieces(view: SourceView, shown: Span, wording: Wording) -> Iterator[str]:
    """Write the text from border to border of pages, headings and the cited sentence."""
    text = view.document.text
    inside = [s for s in view.document.sections if shown.start <= s.start < shown.end]
    begun = page_starts(view.document)
    pages = {start: page for start, page in begun.items() if shown.start <= start < shown.end}
    headings = {s.start: level for s in inside if (level := _level(s, text))}
    cited = view.cited or Span(shown.start, shown.start)
    borders = {shown.start, shown.end, cited.start, cited.end, *pages, *headings}
    borders |= {_line_end(text, start) for start in headings}
    level, heading_end, anchor = 0, 0, ' id="cited"'
    for start, end in pairwise(sorted(border for border in borders if border <= shown.end)):
        if start in pages:
            page = escape(wording("source_page", page=pages[start]))
            yield f'<span class="page" data-page="{page}"></span>'
        if start in headings:
            level, heading_end = headings[start], _line_end(text, start)
        piece = escape(text[start:end])
        if cited.start <= start < cited.end:
            piece, anchor = f"<mark{anchor}>{piece}</mark>", ""
        if start < heading_end:
            piece = f'<span class="heading" role="heading" aria-level="{level}">{piece}</span>'
        yield piece


def _level(section: Section, text: str) -> int:
    """Say how deep a section's heading is that stands in the text, below the title; 0 for none."""
    title = section.heading.rpartition(" › ")[2]
    if not title or not text.startswith(title, section.start):
        return 0
    return min(section.heading.count(" › ") + 2, _DEEPEST_HEADING)


def _line_end(text: str, start: int) -> int:
    end = text.find("\n", start)
    return end if end >= 0 else len(text)
