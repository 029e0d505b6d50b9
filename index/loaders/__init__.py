"""Files as documents: one function for each type of file, by suffix.

Knows which reader takes which file; nothing of passages, stores or folders.
"""

from collections.abc import Callable
from pathlib import Path

from index.errors import UnreadableFile
from index.loaders.docx import load_docx
from index.loaders.html import load_html
from index.loaders.markdown import load_markdown
from index.loaders.pdf import load_pdf
from index.loaders.pptx import load_pptx
from index.loaders.text import load_text
from index.types import Document

LOADERS: dict[str, Callable[[Path], Document]] = {
    ".docx": load_docx,
    ".htm": load_html,
    ".html": load_html,
    ".markdown": load_markdown,
    ".md": load_markdown,
    ".pdf": load_pdf,
    ".pptx": load_pptx,
    ".text": load_text,
    ".txt": load_text,
    ".xhtml": load_html,
}
"""By suffix in lower case. Each returns a document with text, or raises UnreadableFile."""


def load(path: Path) -> Document:
    """Read a file by its suffix. Raises UnreadableFile with a reason that does not name it."""
    loader = LOADERS.get(path.suffix.lower())
    if loader is None:
        raise UnreadableFile(
            f"Files of type {path.suffix or '(none)'} cannot be read; these can: "
            + " ".join(LOADERS)
        )
    return loader(path)
