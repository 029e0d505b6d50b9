"""Files as documents: one function for each type of file, by suffix.

Knows which reader takes which file; nothing of passages, stores or folders.
"""

from collections.abc import Callable
from pathlib import Path

from index.errors import UnreadableFile
from index.loaders.delimited import load_delimited
from index.loaders.docx import load_docx
from index.loaders.email_message import load_email
from index.loaders.epub import load_epub
from index.loaders.html import load_html
from index.loaders.json_data import load_json, load_json_lines
from index.loaders.markdown import load_markdown
from index.loaders.opendocument import load_opendocument
from index.loaders.pdf import load_pdf
from index.loaders.pptx import load_pptx
from index.loaders.rtf import load_rtf
from index.loaders.text import load_text
from index.loaders.xlsx import load_xlsx
from index.types import Document

_FILES: dict[str, Callable[[Path], Document]] = {
    **dict.fromkeys((".txt", ".text"), load_text),
    **dict.fromkeys((".md", ".markdown"), load_markdown),
    **dict.fromkeys((".html", ".htm", ".xhtml"), load_html),
    ".pdf": load_pdf,
    **dict.fromkeys((".docx", ".docm", ".dotx", ".dotm"), load_docx),
    **dict.fromkeys((".pptx", ".pptm", ".ppsx", ".ppsm", ".potx", ".potm"), load_pptx),
    **dict.fromkeys((".xlsx", ".xlsm", ".xltx", ".xltm"), load_xlsx),
    **dict.fromkeys((".odt", ".ott", ".ods", ".ots", ".odp", ".otp"), load_opendocument),
    ".rtf": load_rtf,
    ".epub": load_epub,
    **dict.fromkeys((".csv", ".tsv"), load_delimited),
    ".json": load_json,
    **dict.fromkeys((".jsonl", ".ndjson"), load_json_lines),
}


def load_mail(path: Path) -> Document:
    """Read a message, and what is attached to it with the other readers. Raises UnreadableFile."""
    return load_email(path, loaders=_FILES)


LOADERS: dict[str, Callable[[Path], Document]] = {**_FILES, ".eml": load_mail}
"""By suffix in lower case. Each returns a document with text, or raises UnreadableFile.

All are functions of a module, which another process finds by their names.
"""

LIBRARIES: dict[Callable[[Path], Document], str] = {
    load_docx: "lxml",
    load_epub: "lxml",
    load_html: "lxml",
    load_markdown: "markdown-it-py",
    load_opendocument: "lxml",
    load_pdf: "pypdfium2",
    load_pptx: "lxml",
    load_text: "charset-normalizer",
    load_xlsx: "openpyxl",
}
"""The distribution that a loader stands on, whose version is kept with each document."""

EDITIONS: dict[Callable[[Path], Document], int] = {
    load_delimited: 1,
    load_docx: 1,
    load_epub: 1,
    load_html: 1,
    load_json: 1,
    load_json_lines: 1,
    load_markdown: 1,
    load_opendocument: 1,
    load_pdf: 1,
    load_pptx: 1,
    load_rtf: 1,
    load_text: 1,
    load_xlsx: 1,
}
"""A number for what a loader makes of a file, raised by one in every release that makes anything
else of the same file. It is kept with each document, so that a sync can tell which files are worth
reading again; a test holds it to what the samples become."""

# Beside its own, since the others read what is attached.
EDITIONS[load_mail] = 1 + sum(EDITIONS.values())


def load(path: Path) -> Document:
    """Read a file by its suffix. Raises UnreadableFile with a reason that does not name it."""
    loader = LOADERS.get(path.suffix.lower())
    if loader is None:
        raise UnreadableFile(
            f"Files of type {path.suffix or '(none)'} cannot be read; these can: "
            + " ".join(LOADERS)
        )
    return loader(path)
