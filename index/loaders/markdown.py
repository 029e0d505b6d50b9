"""Markdown files: their title, and the page that they describe.

Knows front matter and which extensions are understood; HTML does the rest.
"""

from pathlib import Path

import regex
from markdown_it import MarkdownIt

from index.loaders.content import content_of, reading
from index.loaders.encoding import decode
from index.loaders.html import is_page, load_html, write_page
from index.loaders.manuscript import Manuscript
from index.loaders.titles import name_of
from index.types import Document

_FRONT_MATTER = regex.compile(r"\A---[ \t]*\n(.*?\n)?(?:---|\.\.\.)[ \t]*(?:\n|\Z)", regex.DOTALL)
_DEEPEST = 100
"""Lists and quotations in each other. What is deeper is left out; the usual 20 are soon reached
where every answer quotes the one before."""

_TITLE = regex.compile(r"""^title[ \t]*:[ \t]*(["']?)(.{1,300}?)\1[ \t]*$""", regex.MULTILINE)


def load_markdown(path: Path) -> Document:
    """Read a Markdown file, or a web page under its name. Raises UnreadableFile."""
    content = content_of(path)
    if is_page(content):
        return load_html(path)
    manuscript = Manuscript()
    text = decode(content, warn=manuscript.warn).replace("\r\n", "\n").lstrip("\ufeff")
    front = _FRONT_MATTER.match(text)
    named = _TITLE.search(front[0]) if front else None
    page = _rendered(text[front.end() :] if front else text)
    write_page(page, manuscript)
    title = named[2] if named else manuscript.first_heading()
    return manuscript.document(title or name_of(path))


def _rendered(text: str) -> str:
    options = {"html": True, "maxNesting": _DEEPEST}
    markdown = MarkdownIt("commonmark", options).enable(["table", "strikethrough"])
    with reading("a Markdown file"):
        return str(markdown.render(text))
