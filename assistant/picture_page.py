"""A page of a document as it looks, as a page with a picture and the cited sentence marked on it.

Knows HTML; nothing of how pictures are made. All text is escaped.
"""

from html import escape

from assistant.plain_page import APART, PlainPage, heading, link, note, plain_page
from assistant.source_page import SourceView
from assistant.wording import Wording
from index.loaders.pdf_picture import Drawing
from index.types import Span

_STYLE = """
body { max-width: 62rem; }
figure { margin: 0; position: relative; }
figure img { display: block; width: 100%; height: auto; border: 1px solid var(--line); }
#cited { position: absolute; scroll-margin-top: 30vh; }
"""

_LONGEST_QUOTE = 500


def picture_page(view: SourceView, page: int, drawing: Drawing, wording: Wording) -> PlainPage:
    """Write the page around the picture of page `page`, counted from 1."""
    title, marks = view.document.title, drawing.marks
    label = wording("source_page_of", page=page, pages=drawing.pages)
    picture = f"{page}.png{view.query}"
    body = (
        heading(title, (view.name, label))
        + _links(view, page, drawing.pages, wording)
        + _remark(view, page, bool(marks), wording)
        + f'<figure>{_anchor(bool(marks))}<a href="{escape(picture)}"{APART}>'
        + f'<img src="{escape(picture)}" alt="{escape(_alternative(view, page, wording))}" '
        + f'width="{drawing.width}" height="{drawing.height}"></a></figure>'
    )
    style = _STYLE
    if marks:
        style += f"#cited {{ top: {100 * marks[0][1] / drawing.height:.2f}%; }}\n"
    return plain_page(f"{title} · {label}", wording.language, body, style)


def _links(view: SourceView, page: int, pages: int, wording: Wording) -> str:
    links = [link(f"../../source/{view.document.id}{view.query}#cited", wording("source_text"))]
    if page > 1:
        links.append(link(f"{page - 1}{view.query}", wording("source_previous")))
    if page < pages:
        links.append(link(f"{page + 1}{view.query}", wording("source_next")))
    # A bare picture has no way back, least of all in a frame.
    links.append(link(f"{page}.png{view.query}", wording("source_enlarge"), is_apart=True))
    links.append(
        link(f"../../original/{view.document.id}{view.file_query}", wording("source_download"))
    )
    return f"<nav>{''.join(links)}</nav>"


def _remark(view: SourceView, page: int, is_marked: bool, wording: Wording) -> str:
    """Say what the picture does not show of the cited sentence."""
    others = [other for other in view.cited_pages if other != page]
    links = "".join(
        f'<p class="place">{link(f"{other}{view.query}#cited", text)}</p>'
        for other in others
        for text in [wording(_key(other, page, view.cited_pages), page=other)]
    )
    if view.cited is None or is_marked or (others and page not in view.cited_pages):
        return links
    return note(wording("source_not_marked")) + links


def _key(other: int, page: int, cited: list[int]) -> str:
    if page not in cited:
        return "source_elsewhere"
    return "source_goes_on" if other > page else "source_begins"


def _anchor(is_marked: bool) -> str:
    return '<span id="cited"></span>' if is_marked else ""


def _alternative(view: SourceView, page: int, wording: Wording) -> str:
    """Put the picture in words: the cited sentence, where it is on this page."""
    cited = view.cited if page in view.cited_pages else None
    return _quote(view.document.text, cited) if cited else wording("source_page", page=page)


def _quote(text: str, cited: Span) -> str:
    quote = " ".join(text[cited.start : cited.end].split())
    return quote if len(quote) <= _LONGEST_QUOTE else quote[:_LONGEST_QUOTE] + "…"
