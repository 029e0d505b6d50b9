"""Files as documents: one function for each type of file, by suffix.

Knows which reader takes which file; nothing of passages, stores or folders. Each reader's module is
imported with the first file that it reads, since a question needs none of their libraries.
"""

from collections.abc import Callable
from pathlib import Path

from index.errors import UnreadableFile
from index.types import Document


def load_delimited(path: Path) -> Document:
    """Read a table whose cells are parted by commas, semicolons or tabs. Raises UnreadableFile."""
    from index.loaders import delimited

    return delimited.load_delimited(path)


def load_docx(path: Path) -> Document:
    """Read a document of Word's. Raises UnreadableFile."""
    from index.loaders import docx

    return docx.load_docx(path)


def load_epub(path: Path) -> Document:
    """Read an electronic book. Raises UnreadableFile."""
    from index.loaders import epub

    return epub.load_epub(path)


def load_html(path: Path) -> Document:
    """Read a web page. Raises UnreadableFile."""
    from index.loaders import html

    return html.load_html(path)


def load_json(path: Path) -> Document:
    """Read JSON. Raises UnreadableFile."""
    from index.loaders import json_data

    return json_data.load_json(path)


def load_json_lines(path: Path) -> Document:
    """Read JSON, a value a line. Raises UnreadableFile."""
    from index.loaders import json_data

    return json_data.load_json_lines(path)


def load_markdown(path: Path) -> Document:
    """Read Markdown. Raises UnreadableFile."""
    from index.loaders import markdown

    return markdown.load_markdown(path)


def load_opendocument(path: Path) -> Document:
    """Read a text, a workbook or slides of OpenDocument's. Raises UnreadableFile."""
    from index.loaders import opendocument

    return opendocument.load_opendocument(path)


def load_pdf(path: Path) -> Document:
    """Read a PDF. Raises UnreadableFile."""
    from index.loaders import pdf

    return pdf.load_pdf(path)


def load_pptx(path: Path) -> Document:
    """Read slides of PowerPoint's. Raises UnreadableFile."""
    from index.loaders import pptx

    return pptx.load_pptx(path)


def load_rtf(path: Path) -> Document:
    """Read rich text. Raises UnreadableFile."""
    from index.loaders import rtf

    return rtf.load_rtf(path)


def load_text(path: Path) -> Document:
    """Read plain text. Raises UnreadableFile."""
    from index.loaders import text

    return text.load_text(path)


def load_xlsx(path: Path) -> Document:
    """Read a workbook of Excel's. Raises UnreadableFile."""
    from index.loaders import xlsx

    return xlsx.load_xlsx(path)


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
    from index.loaders import email_message

    return email_message.load_email(path, loaders=_FILES)


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
