"""EPUB books: their chapters in reading order, each of which is a web page.

Knows the package of a book; markup is the HTML reader's business.
"""

import posixpath
from pathlib import Path
from urllib.parse import unquote

from lxml import etree

from index.errors import UnreadableFile
from index.loaders.archive import Archive
from index.loaders.cleaning import one_line
from index.loaders.content import content_of, reading
from index.loaders.html import page_text, write_page
from index.loaders.manuscript import Manuscript
from index.loaders.titles import name_of
from index.types import Document

_KIND = "an EPUB book"
_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
_PACKAGE = "{http://www.idpf.org/2007/opf}"
_ROOT_FILE = "{urn:oasis:names:tc:opendocument:xmlns:container}rootfile"
_TITLE = "{http://purl.org/dc/elements/1.1/}title"
_ENCRYPTED = "{http://www.w3.org/2001/04/xmlenc#}CipherReference"


def load_epub(path: Path) -> Document:
    """Read a book. Raises UnreadableFile."""
    archive = Archive(content_of(path), _KIND)
    with reading(_KIND):
        root = next(archive.tree(_CONTAINER).iter(_ROOT_FILE))
        name = root.get("full-path", "")
        package = archive.tree(name)
    manuscript = Manuscript()
    missing, locked = 0, _encrypted(archive)
    unread: list[str] = []
    for chapter in _chapters(package, posixpath.dirname(name)):
        if chapter in locked:
            raise UnreadableFile("The book is protected against copying, so that it cannot be read")
        if chapter in archive:
            try:
                write_page(page_text(archive.content(chapter), is_xml=True), manuscript)
            except UnreadableFile as error:
                unread.append(f"{posixpath.basename(chapter)}: {error}")
        else:
            missing += 1
    if missing:
        manuscript.warn(f"Chapters that are missing from the file: {missing}")
    if unread:
        manuscript.warn(f"Chapters that were not read: {len(unread)} (the first is {unread[0]})")
    title = one_line(next((t.text or "" for t in package.iter(_TITLE)), ""))
    return manuscript.document(title or manuscript.first_heading() or name_of(path))


def _chapters(package: etree._Element, folder: str) -> list[str]:
    """Name the parts of the book in reading order, without its table of contents."""
    items = {item.get("id"): item for item in package.iter(f"{_PACKAGE}item")}
    chapters = []
    for reference in package.iter(f"{_PACKAGE}itemref"):
        item = items.get(reference.get("idref"))
        if item is not None and "nav" not in item.get("properties", "").split():
            target = unquote(item.get("href", "").partition("#")[0])
            chapters.append(posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/"))
    return chapters


def _encrypted(archive: Archive) -> set[str]:
    """Name the parts that are encrypted; fonts often are, in books that anybody may read."""
    if _ENCRYPTION not in archive:
        return set()
    references = archive.tree(_ENCRYPTION).iter(_ENCRYPTED)
    return {unquote(reference.get("URI", "")).lstrip("/") for reference in references}
