"""An OpenDocument text or presentation as a web page, which says the same in fewer words.

Knows what each element is called there, and what is not text; the order and borders of the text
are the web page reader's.
"""

from collections.abc import Iterator, Sequence
from copy import deepcopy

from lxml import etree

from index.loaders.manuscript import Manuscript
from index.loaders.odf import count_of, odf, text_of

_REMOVED = tuple(
    map(
        odf,
        ("text:tracked-changes", "text:table-of-content", "text:hidden-text", "text:ruby-text")
        + ("text:hidden-paragraph", "office:forms", "svg:title", "svg:desc", "text:note-citation")
        + ("office:annotation", "table:covered-table-cell", "text:sequence-decls"),
    )
)
_NAMES = {
    odf(name): html
    for name, html in {
        "text:p": "p",
        "text:list": "ul",
        "text:list-item": "li",
        "text:list-header": "div",
        "text:line-break": "br",
        "table:table": "table",
        "table:table-header-rows": "thead",
        "table:table-row": "tr",
        "table:table-cell": "td",
        "draw:text-box": "div",
        "draw:page": "div",
        "presentation:notes": "div",
    }.items()
}
_NOTE, _PARAGRAPH, _HEADING = odf("text:note"), odf("text:p"), odf("text:h")
_CLASS = odf("presentation:class")
_REPEATED = frozenset({"header", "footer", "date-time", "page-number", "page"})
"""What placeholders of a slide hold that is the same on every one."""

_MOST_REPEATED = 100
"""Cells that one cell may stand for."""

_MOST_BLANKS = 100


def as_page(body: etree._Element, styled: Sequence[etree._Element], manuscript: Manuscript) -> None:
    """Turn a body into that of a web page, in place; `styled` are the parts with its styles."""
    comments = sum(1 for _ in body.iter(odf("office:annotation")))
    if comments:
        manuscript.warn(f"Comments, which were left out: {comments}")
    _drop_hidden(body, styled, manuscript)
    for note in reversed(list(body.iter(_NOTE))):
        _put_behind(note)
    etree.strip_elements(body, *_REMOVED, with_tail=False)
    numbered = _numbered_lists(styled)
    for element in list(body.iter()):
        _rename(element, numbered)


def _drop_hidden(
    body: etree._Element, styled: Sequence[etree._Element], manuscript: Manuscript
) -> None:
    """Take away sections and slides that do not show; give slides without a title a number."""
    for section in list(body.iter(odf("text:section"))):
        if section.get(odf("text:display")) == "none":
            _remove(section)
    hidden_styles = {
        style.get(odf("style:name"))
        for style in _styles(styled, "style:style")
        for properties in style
        if properties.get(odf("presentation:visibility")) == "hidden"
    }
    hidden = []
    for number, page in enumerate(list(body.iter(odf("draw:page"))), start=1):
        if page.get(odf("draw:style-name")) in hidden_styles:
            hidden.append(number)
            _remove(page)
        else:
            _head(page, number)
    if hidden:
        manuscript.warn(f"Hidden slides, which were left out: {', '.join(map(str, hidden))}")


def _head(page: etree._Element, number: int) -> None:
    """Put the title of a slide first, and take away what every slide has."""
    title = f"Slide {number}"
    for frame in page.findall(odf("draw:frame")):
        if frame.get(_CLASS) == "title" and text_of(frame).strip():
            title = " ".join(text_of(frame).split())
            page.remove(frame)
    for frame in list(page.iter(odf("draw:frame"))):
        if frame.get(_CLASS) in _REPEATED:
            _remove(frame)
    heading = etree.Element("h1")
    heading.text = title
    page.insert(0, heading)


def _put_behind(note: etree._Element) -> None:
    """Put a note behind the paragraph that refers to it, where its sense is."""
    text = " ".join(text_of(paragraph) for paragraph in note.iter(_PARAGRAPH))
    paragraph = next(note.iterancestors(_PARAGRAPH, _HEADING), None)
    _remove(note)
    if paragraph is not None and text.strip():
        behind = etree.Element(_PARAGRAPH)
        behind.text = f"* {text}"
        behind.tail, paragraph.tail = paragraph.tail, None
        paragraph.addnext(behind)


def _rename(element: etree._Element, numbered: dict[str, frozenset[int]]) -> None:
    if element.tag == _HEADING:
        level = element.get(odf("text:outline-level"), "1")
        element.tag = f"h{min(int(level), 6)}" if level.isdecimal() and level != "0" else "p"
    elif element.tag == odf("text:s"):
        element.text = " " * min(count_of(element, "text:c"), _MOST_BLANKS)
    elif element.tag == odf("text:tab"):
        element.text = "\t"
    elif element.tag == odf("text:list"):
        above = [element, *element.iterancestors(odf("text:list"), "ol", "ul")]
        names = (each.get(odf("text:style-name")) for each in above)
        style = next((name for name in names if name), "")
        element.tag = "ol" if len(above) in numbered.get(style, ()) else "ul"
    elif element.tag in _NAMES:
        element.tag = _NAMES[str(element.tag)]
        if element.tag == "td":
            _span(element)


def _span(cell: etree._Element) -> None:
    cell.set("colspan", cell.get(odf("table:number-columns-spanned"), "1"))
    cell.set("rowspan", cell.get(odf("table:number-rows-spanned"), "1"))
    repeated = count_of(cell, "table:number-columns-repeated")
    if not text_of(cell).strip():
        cell.set("colspan", str(repeated))
        return
    for _ in range(min(repeated, _MOST_REPEATED) - 1):
        cell.addnext(deepcopy(cell))


def _numbered_lists(styled: Sequence[etree._Element]) -> dict[str, frozenset[int]]:
    """Return which levels of each style of lists have numbers."""
    return {
        style.get(odf("style:name"), ""): frozenset(
            count_of(level, "text:level")
            for level in style.iterfind(odf("text:list-level-style-number"))
            if level.get(odf("style:num-format"))
        )
        for style in _styles(styled, "text:list-style")
    }


def _styles(styled: Sequence[etree._Element], name: str) -> Iterator[etree._Element]:
    return (style for part in styled for style in part.iter(odf(name)))


def _remove(element: etree._Element) -> None:
    """Remove an element, keeping the text behind it."""
    element.tag = _REMOVED[0]
    parent = element.getparent()
    if parent is not None:
        etree.strip_elements(parent, _REMOVED[0], with_tail=False)
