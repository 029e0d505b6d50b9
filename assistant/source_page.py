"""A document's text as a page, with the cited sentence marked.

Knows HTML; nothing of where the text comes from. All text is escaped.
"""

from html import escape

from index.language import direction_of, name_of
from index.types import SourceDocument

_MOST_CHARACTERS = 200_000
"""Of a longer document, this much around the sentence is shown: a browser stays quick."""

_STYLE = """
:root { color-scheme: light dark; }
body { margin: 0 auto; max-width: 46rem; padding: 1.5rem 1rem 40vh;
  font: 1.05rem/1.65 system-ui, sans-serif; }
h1 { font-size: 1.4rem; line-height: 1.3; margin: 0 0 .25rem; }
.place { color: GrayText; font-size: .9rem; margin: 0 0 2rem; overflow-wrap: anywhere; }
.text { white-space: pre-wrap; overflow-wrap: anywhere; }
.note { border-inline-start: 4px solid Highlight; padding-inline-start: .75rem; }
mark { background: #ffe48a; color: #1a1a1a; padding: .1em .15em; border-radius: 3px;
  scroll-margin-top: 30vh; box-shadow: 0 0 0 3px #ffe48a; }
"""


def source_page(document: SourceDocument, name: str, start: int, end: int) -> str:
    """Write the page under the file's name; a place outside the text marks nothing."""
    text = document.text
    if not 0 <= start < end <= len(text):
        start = end = 0
    first, last = 0, len(text)
    if len(text) > _MOST_CHARACTERS:
        first = max(0, start - _MOST_CHARACTERS // 2)
        last = min(len(text), first + _MOST_CHARACTERS)
    marked = escape(text[first:start]) + _mark(text[start:end]) + escape(text[end:last])
    language = escape(document.language)
    place = " · ".join(part for part in (name, name_of(document.language)) if part)
    note = _part_note(first, last, len(text))
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(document.title)}</title><style>{_STYLE}</style></head><body>"
        f'<h1 dir="auto">{escape(document.title)}</h1>'
        f'<p class="place" lang="en">{escape(place)}</p>{note}'
        f'<div class="text" dir="{direction_of(document.language)}">{marked}</div></body></html>'
    )


def _mark(text: str) -> str:
    return f'<mark id="cited">{escape(text)}</mark>' if text else ""


def _part_note(first: int, last: int, length: int) -> str:
    if (first, last) == (0, length):
        return ""
    shown = f"Characters {first:,} to {last:,} of {length:,} are shown."
    return f'<p class="note" lang="en">{shown}</p>'
