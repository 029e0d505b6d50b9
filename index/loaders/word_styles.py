"""The paragraph styles of a Word document: which are headings, and which are numbered.

Knows how styles inherit; nothing of the text.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import regex
from lxml import etree

from index.loaders.wordml import number_of, value_of, w

_HEADING = regex.compile(r"heading ([1-9])", regex.IGNORECASE)
_CONTENTS = regex.compile(r"toc ([1-9]|heading)", regex.IGNORECASE)
_BODY_TEXT = 9
"""The outline level that is none."""

_MOST_ANCESTORS = 20
"""Of a style; damaged files have styles that inherit from themselves."""


@dataclass(frozen=True, slots=True)
class ListPlace:
    """The list a paragraph belongs to, and its level there, from 0."""

    list_id: str
    level: int


class WordStyles:
    """What the styles say of a paragraph that says nothing itself."""

    def __init__(self, definitions: etree._Element | None) -> None:
        found = [] if definitions is None else definitions.findall(w("style"))
        self._styles = {style.get(w("styleId"), ""): style for style in found}

    def heading_level(self, properties: etree._Element | None) -> int | None:
        """Return 1 for the title and the highest headings and so on, None for other text."""
        outline = number_of(properties, "outlineLvl")
        if outline is not None:
            return None if outline >= _BODY_TEXT else outline + 1
        for style in self._chain(properties):
            name = value_of(style, "name") or ""
            heading = _HEADING.fullmatch(name)
            if heading:
                return int(heading[1])
            if name.lower() == "title":
                return 1
            outline = number_of(style, "pPr/outlineLvl")
            if outline is not None:
                return None if outline >= _BODY_TEXT else outline + 1
        return None

    def is_contents(self, properties: etree._Element | None) -> bool:
        """Say whether a paragraph is of the table of contents, which repeats the headings."""
        names = (value_of(style, "name") or "" for style in self._chain(properties))
        return any(map(_CONTENTS.fullmatch, names))

    def list_place(self, properties: etree._Element | None) -> ListPlace | None:
        """Return the paragraph's place in a list, None if it is in none."""
        sources = [properties, *(s.find(w("pPr")) for s in self._chain(properties))]
        ids = (value_of(source, "numPr/numId") for source in sources)
        list_id = next((found for found in ids if found is not None), "0")
        levels = (number_of(source, "numPr/ilvl") for source in sources)
        level = next((found for found in levels if found is not None), 0)
        return None if list_id in ("", "0") else ListPlace(list_id, level)

    def _chain(self, properties: etree._Element | None) -> Iterator[etree._Element]:
        """Walk from a paragraph's style to those it inherits from."""
        style_id = value_of(properties, "pStyle")
        for _ in range(_MOST_ANCESTORS):
            style = self._styles.get(style_id or "")
            if style is None:
                return
            yield style
            style_id = value_of(style, "basedOn")
