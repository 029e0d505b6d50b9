"""A Word file as the zip of XML parts that it is.

Knows packages, their limits and their damage; nothing of what the parts say.

python-docx would open it in a line, but refuses a whole file for one missing picture and passes
over inserted text and content controls: text would be lost and nobody would know.
"""

import posixpath
from io import BytesIO
from zipfile import ZipFile

from lxml import etree

from index.errors import UnreadableFile
from index.loaders.content import kind_of, reading
from index.loaders.wordml import WORD, w

_KIND = "a Word document (.docx)"

_MOST_UNPACKED = 100_000_000
"""In bytes, of all parts together: some thousands of pages. As a tree it takes five times that."""

_ENCRYPTED = 1
"""The bit of a zip entry's flags."""

_STRICT = {  # Word can save in this dialect too; it differs in nothing that matters here
    b"http://purl.oclc.org/ooxml/wordprocessingml/main": WORD.encode(),
}
_TITLE = "{http://purl.org/dc/elements/1.1/}title"


class WordPackage:
    """The parts of a Word file. Only those asked for are unpacked; pictures never are.

    python-docx would unpack all of them, fail on files whose pictures are missing, and pass over
    content controls, inserted text and text boxes.
    """

    def __init__(self, content: bytes) -> None:
        """Open the package. Raises UnreadableFile."""
        _refuse_other(content)
        self._unpacked = 0
        with reading(_KIND):
            self._zip = ZipFile(BytesIO(content))
            self._names = frozenset(self._zip.namelist())
            whole = self._targets("")
            self._related = self._targets(whole["officeDocument"]) | whole
            self.body = self._part(whole["officeDocument"])
        if self.body.tag != w("document"):
            raise UnreadableFile("This is another kind of Office file, not a Word document")

    def related(self, kind: str) -> etree._Element | None:
        """Return the part "styles", "numbering", "footnotes" or "endnotes", if there is one."""
        name = self._related.get(kind)
        if name not in self._names:
            return None
        with reading(_KIND):
            return self._part(name)

    def title(self) -> str:
        """Return the title among the file's properties, or an empty string."""
        properties = self.related("core-properties")
        return "" if properties is None else properties.findtext(_TITLE) or ""

    def _targets(self, source: str) -> dict[str, str]:
        """Return the parts that a part ("" is the package) refers to, by kind of relation."""
        folder, name = posixpath.split(source)
        relations = posixpath.join(folder, "_rels", f"{name}.rels")
        if relations not in self._names:
            return {}
        return {
            relation.get("Type", "").rpartition("/")[2]: posixpath.normpath(
                posixpath.join("/", folder, relation.get("Target", ""))
            ).lstrip("/")
            for relation in self._part(relations)
            if relation.get("TargetMode") != "External"
        }

    def _part(self, name: str) -> etree._Element:
        entry = self._zip.getinfo(name)
        if entry.flag_bits & _ENCRYPTED:
            raise UnreadableFile("The document needs a password; save it without one")
        self._unpacked += entry.file_size
        if self._unpacked > _MOST_UNPACKED:
            raise UnreadableFile(
                f"Unpacked, the document has more than {_MOST_UNPACKED:,} bytes of text and "
                "markup; no true document is that large, but if this one is, split it"
            )
        markup = self._zip.read(entry)
        for strict, usual in _STRICT.items():
            markup = markup.replace(strict, usual)
        return etree.fromstring(markup, _parser())


def _parser() -> etree.XMLParser:
    """Make a parser that reads nothing but what it is given, and gives up on hostile depth."""
    return etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )


def _refuse_other(content: bytes) -> None:
    if "EncryptedPackage".encode("utf-16-le") in content:
        raise UnreadableFile("The document needs a password; save it without one")
    kind = kind_of(content)
    if kind != "a zip or Office file":
        kind = kind or "damaged, or something else"
        raise UnreadableFile(f"The file is {kind}, not a Word document; save it as .docx")
