"""Word documents: how their parts come together, and their title.

Knows which reader does what; nothing of the markup.
"""

from pathlib import Path

from index.loaders.cleaning import one_line
from index.loaders.content import content_of
from index.loaders.manuscript import Manuscript
from index.loaders.office_package import OfficePackage
from index.loaders.titles import is_title, name_of
from index.loaders.word_body import BodyReader
from index.loaders.wordml import w
from index.types import Document

_KIND = "a Word document (.docx)"


def load_docx(path: Path) -> Document:
    """Read a Word document. Raises UnreadableFile."""
    package = OfficePackage(content_of(path), _KIND, w("document"))
    manuscript = Manuscript()
    BodyReader(package, manuscript).read()
    comments = package.related("comments")
    if comments is not None and len(comments):
        manuscript.warn(f"Comments, which were left out: {len(comments)}")
    title = one_line(package.title())
    if not is_title(title):
        title = manuscript.first_heading() or name_of(path)
    return manuscript.document(title)
