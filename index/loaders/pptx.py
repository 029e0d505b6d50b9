"""Presentations: their slides in order, what each says, and its notes.

Knows slides and their shapes; what shapes hold is the drawing reader's.
"""

from collections.abc import Iterator
from pathlib import Path

from lxml import etree

from index.loaders.cleaning import one_line
from index.loaders.content import content_of, reading
from index.loaders.drawing import a, shape_paragraphs, table_grid
from index.loaders.drawn_parts import DRAWN, write_drawn
from index.loaders.manuscript import Manuscript
from index.loaders.office_package import OfficePackage
from index.loaders.titles import is_title, name_of
from index.types import Document

_SLIDES = "http://schemas.openxmlformats.org/presentationml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_KIND = "a PowerPoint presentation (.pptx)"

_ID = f"{{{_RELATIONS}}}id"

_TITLES = frozenset({"title", "ctrTitle"})
_REPEATED = frozenset({"dt", "ftr", "hdr", "sldNum", "sldImg"})
"""Placeholders that hold the same on every slide, or a picture."""

_BODIES = frozenset({"body", "obj", ""})
"""Placeholders whose paragraphs are items of a list, for the master slide says so."""


def load_pptx(path: Path) -> Document:
    """Read a presentation; each slide's title is a heading. Raises UnreadableFile."""
    package = OfficePackage(content_of(path), _KIND, _p("presentation"))
    manuscript = Manuscript()
    with reading(_KIND):
        _Slides(package, manuscript).read()
    title = one_line(package.title())
    if not is_title(title):
        title = manuscript.first_heading() or name_of(path)
    return manuscript.document(title)


def _p(path: str) -> str:
    return "/".join(f"{{{_SLIDES}}}{name}" for name in path.split("/"))


class _Slides:
    """Writes the slides of one presentation into a manuscript."""

    def __init__(self, package: OfficePackage, manuscript: Manuscript) -> None:
        self._package = package
        self._manuscript = manuscript

    def read(self) -> None:
        """Read all slides that are shown, in order."""
        hidden, missing, comments = [], [], 0
        parts = {each.id: each.part for each in self._package.relations(self._package.main)}
        slides = self._package.body.iterfind(_p("sldIdLst/sldId"))
        for number, slide in enumerate(slides, start=1):
            name = parts.get(slide.get(_ID, ""), "")
            root = self._package.part(name)
            if root is None:
                missing.append(number)
            elif root.get("show") in ("0", "false"):
                hidden.append(number)
            else:
                self._read_slide(number, name, root)
                comments += any(each.kind == "comments" for each in self._package.relations(name))
        self._warn("Hidden slides, which were left out", hidden)
        self._warn("Slides that are missing from the file", missing)
        if comments:
            self._manuscript.warn(f"Slides with comments, which were left out: {comments}")

    def _warn(self, sentence: str, numbers: list[int]) -> None:
        if numbers:
            self._manuscript.warn(f"{sentence}: {', '.join(map(str, numbers))}")

    def _read_slide(self, number: int, name: str, root: etree._Element) -> None:
        shapes = list(_shapes(root))
        titles = [shape for shape in shapes if _role(shape) in _TITLES]
        title = " ".join(each.text for shape in titles for each in shape_paragraphs(shape))
        self._manuscript.add_heading(title if title.strip() else f"Slide {number}", 1)
        parts = {each.id: each.part for each in self._package.relations(name)}
        for shape in shapes:
            if shape not in titles:
                self._read_shape(shape, parts)
        notes = self._package.related("notesSlide", name)
        for shape in _shapes(notes) if notes is not None else ():
            if _role(shape) == "body":
                self._read_text(shape, is_list=False)

    def _read_shape(self, shape: etree._Element, parts: dict[str, str]) -> None:
        if shape.tag != _p("graphicFrame"):
            role = _role(shape)
            if role not in _REPEATED:
                self._read_text(shape, is_list=role in _BODIES)
            return
        for table in shape.iter(a("tbl")):
            self._manuscript.add_table(table_grid(table).rows)
        for reference in shape.iter(*DRAWN):
            write_drawn(reference, parts, self._package, self._manuscript)

    def _read_text(self, shape: etree._Element, *, is_list: bool) -> None:
        paragraphs = list(shape_paragraphs(shape))
        is_list = is_list and len(paragraphs) > 1
        for number, paragraph in enumerate(paragraphs):
            mark = paragraph.bullet or ("•" if is_list else "")
            indent = "  " * paragraph.level if mark else ""
            text = f"{indent}{mark} {paragraph.text}" if mark else paragraph.text
            self._manuscript.add(text, tight=bool(mark) and number > 0)


def _shapes(root: etree._Element) -> Iterator[etree._Element]:
    """Walk through the shapes, those in groups too, in the order in which they are read aloud."""
    wanted = {_p("sp"), _p("graphicFrame"), _p("cxnSp")}
    for shape in root.iter(*wanted):
        if next(shape.iterancestors(_FALLBACK), None) is None and not _is_hidden(shape):
            yield shape


def _is_hidden(shape: etree._Element) -> bool:
    return any(
        properties.get("hidden") in ("1", "true")
        for properties in shape.iterfind(f"*/{_p('cNvPr')}")
    )


def _role(shape: etree._Element) -> str | None:
    """Return what placeholder a shape fills, "" for one without a name, None for none."""
    placeholder = shape.find(f"*/{_p('nvPr/ph')}")
    return None if placeholder is None else placeholder.get("type", "")
