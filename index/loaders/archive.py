"""The zip of XML parts that most office formats are.

Knows packages, their limits and their damage; nothing of what the parts say. Nothing is ever
unpacked to disk, and no part outside the package is looked for.
"""

from io import BytesIO
from zipfile import ZipFile

import regex
from lxml import etree

from index.errors import UnreadableFile
from index.loaders.content import kind_of, reading

_MOST_UNPACKED = 100_000_000
"""In bytes, of all parts together: some thousands of pages. As a tree it takes five times that."""

_ENCRYPTED = 1
"""The bit of a zip entry's flags."""

PASSWORD = "The document needs a password; save it without one"

# Office programs can save in a stricter dialect, which differs in nothing that matters here.
_STRICT = regex.compile(rb"http://purl\.oclc\.org/ooxml/(\w+)/(\w+)")
_USUAL = rb"http://schemas.openxmlformats.org/\1/2006/\2"


class Archive:
    """The parts of a file. Only those asked for are unpacked, in memory and to a limit."""

    def __init__(self, content: bytes, kind: str) -> None:
        """Open the `kind` of file, such as "a Word document (.docx)". Raises UnreadableFile."""
        _refuse_other(content, kind)
        self._kind = kind
        self._unpacked = 0
        with reading(kind):
            self._zip = ZipFile(BytesIO(content))
            self._entries = {
                entry.filename.replace("\\", "/").lstrip("/"): entry
                for entry in self._zip.infolist()
            }

    def __contains__(self, name: str) -> bool:
        """Say whether there is a part of that name."""
        return name in self._entries

    def content(self, name: str) -> bytes:
        """Unpack a part. Raises UnreadableFile, also when it is not there."""
        with reading(self._kind):
            entry = self._entries[name]
            if entry.flag_bits & _ENCRYPTED:
                raise UnreadableFile(PASSWORD)
            self._unpacked += entry.file_size
            if self._unpacked > _MOST_UNPACKED:
                raise UnreadableFile(
                    f"Unpacked, the document has more than {_MOST_UNPACKED:,} bytes of text and "
                    "markup; no true document is that large, but if this one is, split it"
                )
            return self._zip.read(entry)

    def markup(self, name: str) -> bytes:
        """Unpack an XML part, in the usual dialect. Raises UnreadableFile as `content` does."""
        return _STRICT.sub(_USUAL, self.content(name))

    def tree(self, name: str) -> etree._Element:
        """Unpack and parse an XML part. Raises UnreadableFile, also when it is not there."""
        markup = self.markup(name)
        with reading(self._kind):
            return xml_tree(markup)


def xml_tree(markup: bytes) -> etree._Element:
    """Parse XML, reading nothing but what is given and giving up on hostile depth.

    Raises etree.XMLSyntaxError.
    """
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    return etree.fromstring(markup.lstrip(), parser)


def _refuse_other(content: bytes, kind: str) -> None:
    if "EncryptedPackage".encode("utf-16-le") in content:
        raise UnreadableFile(PASSWORD)
    found = kind_of(content)
    if found != "a zip or Office file":
        found = found or "damaged, or something else"
        raise UnreadableFile(f"The file is {found}, not {kind}; save it as one")
