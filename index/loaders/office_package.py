"""A Word, Excel or PowerPoint file as parts that refer to each other.

Knows relations between parts and the file's properties; nothing of what the parts say.

python-docx, python-pptx and openpyxl would open such files in a line, but each refuses whole files
for one missing picture, an odd style or the strict dialect, and passes over some of the text
(content controls, inserted text, diagrams, hidden rows): it would be lost and nobody would know.
"""

import posixpath
from dataclasses import dataclass

from lxml import etree

from index.errors import UnreadableFile
from index.loaders.archive import Archive
from index.loaders.content import reading

_TITLE = "{http://purl.org/dc/elements/1.1/}title"
_MAIN = "officeDocument"


@dataclass(frozen=True, slots=True)
class Relation:
    """That a part refers to another. `kind` is a word such as "styles", `part` a part's name."""

    id: str
    kind: str
    part: str


class OfficePackage:
    """The parts of a file, found by what they are to each other. Pictures are never unpacked."""

    def __init__(self, content: bytes, kind: str, root: str) -> None:
        """Open a file whose main part is the element `root`. Raises UnreadableFile."""
        self._archive = Archive(content, kind)
        self._whole = self.relations("")
        with reading(kind):
            self.main = next(each.part for each in self._whole if each.kind == _MAIN)
        self.body = self._archive.tree(self.main)
        if self.body.tag != root:
            raise UnreadableFile(f"This is another kind of Office file, not {kind}")

    def related(self, kind: str, source: str | None = None) -> etree._Element | None:
        """Return the part of a kind that the main part or another refers to, if there is one."""
        relations = self.relations(self.main if source is None else source)
        names = (each.part for each in (*relations, *self._whole) if each.kind == kind)
        return next((self._archive.tree(name) for name in names if name in self._archive), None)

    def relations(self, source: str) -> list[Relation]:
        """Return what a part ("" is the package) refers to inside the package, in its order."""
        folder, name = posixpath.split(source)
        relations = posixpath.join(folder, "_rels", f"{name}.rels")
        if relations not in self._archive:
            return []
        return [
            Relation(
                relation.get("Id", ""),
                relation.get("Type", "").rpartition("/")[2],
                posixpath.normpath(
                    posixpath.join("/", folder, relation.get("Target", "").replace("\\", "/"))
                ).lstrip("/"),
            )
            for relation in self._archive.tree(relations)
            if relation.get("TargetMode") != "External"
        ]

    def part(self, name: str) -> etree._Element | None:
        """Return a part by its name, None where it is missing."""
        return self._archive.tree(name) if name in self._archive else None

    def markup(self, name: str) -> bytes | None:
        """Return the XML of a part unparsed, for one that is too large as a tree."""
        return self._archive.markup(name) if name in self._archive else None

    def title(self) -> str:
        """Return the title among the file's properties, or an empty string."""
        properties = self.related("core-properties", "")
        return "" if properties is None else properties.findtext(_TITLE) or ""
