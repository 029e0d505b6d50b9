"""A page without script: its frame, its look in light and dark, and the policy that it comes with.

Knows HTML and headers; nothing of what is on a page. Bodies come escaped.
"""

import base64
import hashlib
from dataclasses import dataclass
from html import escape

from fastapi.responses import HTMLResponse

from assistant.sanitation import one_line

_STYLE = """
:root { color-scheme: light dark; --paper: #fff; --ink: #1b1b1b; --faint: #595959;
  --link: #0b5cad; --line: #d0d0d0; --note: #fff3d6; --mark: #ffe26e; --marked: #1b1b1b; }
@media (prefers-color-scheme: dark) { :root { --paper: #17191c; --ink: #e8e8e8; --faint: #a9adb3;
  --link: #8ab8ff; --line: #44484e; --note: #3a3018; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 46rem; padding: 1.25rem 1rem 4rem; background: var(--paper);
  color: var(--ink); font: 1.05rem/1.65 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.4rem; line-height: 1.3; margin: 0 0 .25rem; }
a { color: var(--link); text-underline-offset: .15em; }
a:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
.place { color: var(--faint); font-size: .9rem; margin: 0 0 .5rem; }
nav { display: flex; flex-wrap: wrap; gap: 0 1.25rem; font-size: .95rem; margin: 0 0 1rem;
  padding: .25rem 0; position: sticky; top: 0; z-index: 1; background: var(--paper);
  border-bottom: 1px solid var(--line); }
nav a { padding: .2rem 0; }
.note { background: var(--note); border-inline-start: 4px solid #b86e00; margin: .75rem 0 1rem;
  padding: .5rem .75rem; }
mark { background: var(--mark); color: var(--marked); }
"""

_LONGEST_NAME = 300
"""In characters, of a title or of a place in a document."""

APART = ' target="_blank" rel="noreferrer"'


@dataclass(frozen=True, slots=True)
class PlainPage:
    """A page in HTML, and the Content-Security-Policy that lets its own style sheet in.

    Who may frame the page is said when it is sent.
    """

    html: str
    policy: str

    def response(self, status: int = 200, ancestors: str = "'self'") -> HTMLResponse:
        """Send the page; `ancestors` (CSP sources) may frame it, else this server's pages alone."""
        headers = {
            "Content-Security-Policy": f"{self.policy}; frame-ancestors {ancestors}",
            "Cache-Control": "no-cache",
            "Vary": "Accept, Accept-Language",
        }
        return HTMLResponse(self.html, status, headers)


def plain_page(title: str, language: str, body: str, style: str = "") -> PlainPage:
    """Frame a body of escaped HTML; `language` is that of the page's own words."""
    sheet = _STYLE + style
    digest = base64.b64encode(hashlib.sha256(sheet.encode()).digest()).decode()
    html = (
        f'<!doctype html><html lang="{escape(language)}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{_name(title)}</title><style>{sheet}</style></head>"
        f"<body>{body}</body></html>"
    )
    policy = (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src 'self'; "
        "base-uri 'none'; form-action 'none'"
    )
    return PlainPage(html, policy)


def link(address: str, text: str, *, is_apart: bool = False) -> str:
    """Write a link, which opens a tab of its own where it is `is_apart`; both are escaped here."""
    return f'<a href="{escape(address)}"{APART if is_apart else ""}>{escape(text)}</a>'


def note(text: str) -> str:
    """Write a remark above what a page shows."""
    return f'<p class="note">{escape(text)}</p>'


def heading(title: str, places: tuple[str, ...]) -> str:
    """Write the title and, below it, what tells where the reader is; empty places are left out."""
    shown = " · ".join(f"<bdi>{_name(place)}</bdi>" for place in places if place)
    return f'<h1 dir="auto">{_name(title)}</h1><p class="place">{shown}</p>'


def _name(text: str) -> str:
    """Write a title or a place on one line, in the order of its letters."""
    return escape(one_line(text, _LONGEST_NAME))
