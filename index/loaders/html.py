"""HTML pages: which encoding they are in, what of them is not text, and their title.

Knows markup as a whole; the order and borders of the text are the web page reader's.
"""

from collections.abc import Callable
from pathlib import Path

import regex
from lxml import etree

from index.loaders.content import content_of, reading
from index.loaders.encoding import decode
from index.loaders.manuscript import Manuscript
from index.loaders.titles import name_of
from index.loaders.web_page import PageReader
from index.types import Document

_META = regex.compile(rb"""(?i)<meta[^>]{,200}?charset\s*=\s*["']?\s*([\w.:-]{2,40})""")
_XML = regex.compile(rb"""\s*<\?xml[^>]{,200}?encoding\s*=\s*["']([\w.:-]{2,40})""")
_PAGE = regex.compile(
    rb"(?i)(\xef\xbb\xbf)?\s*(<\?xml[^>]{,200}>\s*)?(<!doctype\s+html|<html)[\s>]"
)
_DECLARED_WITHIN = 4096
"""In bytes. Browsers look into the first 1,024; some pages declare a little later."""

# In XHTML any element may close itself; HTML would take the rest of the page for its content.
_SELF_CLOSED = regex.compile(
    r"<(?!(?:area|base|br|col|embed|hr|img|input|link|meta|source|track|wbr)\b)"
    r"([a-zA-Z][\w-]*+)([^<>]*)/>"
)

_NOT_TEXT = (
    *("head", "script", "style", "template", "noscript", "svg", "iframe", "object", "audio"),
    *("video", "canvas", "select", "datalist", "button", "textarea", "input"),
    *("noframes", "rt", "rtc", "rp"),
)
_PROSE = ("h1", "h2", "h3", "h4", "h5", "h6", "p", "li", "dd", "td", "blockquote")
_LEAST_PROSE = 20
"""In characters. A paragraph of a form with less is a word beside a field."""

_LONGEST_LABEL = 60
"""In characters. What a longer one says is more than the name of a field."""

_REMOVED = "template"


def load_html(path: Path) -> Document:
    """Read a web page. Raises UnreadableFile."""
    manuscript = Manuscript()
    is_xml = path.suffix.lower() == ".xhtml"
    text = page_text(content_of(path), is_xml=is_xml, warn=manuscript.warn)
    title = write_page(text, manuscript)
    return manuscript.document(title or manuscript.first_heading(deepest=1) or name_of(path))


def is_page(content: bytes) -> bool:
    """Say whether a file is a whole web page, whatever its name says."""
    return _PAGE.match(content) is not None


def page_text(
    content: bytes, *, is_xml: bool = False, warn: Callable[[str], None] | None = None
) -> str:
    """Decode a page as it declares, and open the elements that only XML may close in themselves.

    `warn` is told where the encoding was guessed. Raises UnreadableFile.
    """
    text = decode(content, _declared(content[:_DECLARED_WITHIN]), warn=warn)
    if is_xml or text.startswith("<?xml"):
        text = _SELF_CLOSED.sub(r"<\1\2></\1>", text)
    return text


def write_page(text: str, manuscript: Manuscript) -> str:
    """Write the readable part of a page into a manuscript and return the page's own title.

    Raises UnreadableFile.
    """
    root = _parsed(text, manuscript)
    if root is None:
        return ""
    title = root.findtext("head/title") or ""
    _strip(root)
    PageReader(manuscript).read(root)
    return " ".join(title.split())


def _declared(beginning: bytes) -> str:
    found = _META.search(beginning) or _XML.match(beginning)
    return found[1].decode("ascii", "replace") if found else ""


def _parsed(text: str, manuscript: Manuscript) -> etree._Element | None:
    # HTML has no entities of its own making, so a huge tree is no larger than the file warrants;
    # without it, all that follows 256 open elements or ten million characters is lost.
    parser = etree.HTMLParser(
        encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True, huge_tree=True
    )
    with reading("an HTML page"):
        root = etree.fromstring(text.encode("utf-8", "replace"), parser)
    if any(entry.type_name == "ERR_RESOURCE_LIMIT" for entry in parser.error_log):
        manuscript.warn("The page is nested too deeply; what follows its deepest part is missing")
    return root


def _strip(root: etree._Element) -> None:
    """Remove what is no text of the page, keeping the text behind it."""
    etree.strip_elements(root, *_NOT_TEXT, with_tail=False)
    for element in root.iterdescendants():
        if _is_hidden(element) or _is_chrome(element):
            element.tag = _REMOVED
    etree.strip_elements(root, _REMOVED, with_tail=False)
    _strip_forms(root)


def _strip_forms(root: etree._Element) -> None:
    """Remove forms, but not those with prose, of which only the names of fields go.

    One with most of the text is left as it is: some frameworks wrap whole pages so.
    """
    most = _length(root) / 2
    for form in list(root.iter("form")):
        if _length(form) <= most:
            for label in list(form.iter("label")):
                if _length(label) <= _LONGEST_LABEL:
                    label.tag = _REMOVED
            if not any(_length(each) >= _LEAST_PROSE for each in form.iter(*_PROSE)):
                form.tag = _REMOVED
                continue
        form.tag = "div"
    etree.strip_elements(root, _REMOVED, with_tail=False)


def _length(element: etree._Element) -> int:
    return sum(map(len, element.itertext()))


def _is_hidden(element: etree._Element) -> bool:
    if element.tag == "body":
        return False
    style = element.get("style", "").replace(" ", "").lower()
    return (
        element.get("hidden", "until-found").lower() != "until-found"
        or element.get("aria-hidden", "").lower() == "true"
        or "display:none" in style
        or "visibility:hidden" in style
        or (element.tag == "dialog" and element.get("open") is None)
    )


def _is_chrome(element: etree._Element) -> bool:
    """Say whether an element helps to get about a site rather than being text of the page."""
    if element.tag == "nav" or element.get("role", "").lower() in ("navigation", "search"):
        return True
    if element.tag not in ("header", "footer"):
        return False
    inside = {ancestor.tag for ancestor in element.iterancestors()}
    if (
        inside & {"article", "main", "section", "header", "footer"}
        or element.find(".//h1") is not None
    ):
        return False
    return element.find(".//nav") is not None
