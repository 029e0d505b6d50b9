"""A document while a loader writes it, block by block.

Knows how blocks become one text and where its pages and headings begin; nothing of file formats.
"""

from collections.abc import Sequence

from index.errors import UnreadableFile
from index.loaders.cleaning import clean, one_line
from index.loaders.tables import Row, table_lines
from index.types import Document, Section

_LONGEST_HEADING = 300
"""In characters. What is longer is a paragraph that somebody styled as a heading."""

_LONGEST_TITLE = 300
"""In characters. A title stands beside every passage, on pages and in prompts."""

_DEEPEST_HEADING = 9


class Manuscript:
    """Blocks in reading order. Each is cleaned when it is added, so that offsets stay right."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._length = 0
        self._sections: list[Section] = []
        self._headings: list[tuple[int, str]] = []
        self._above: list[tuple[int, str]] = []
        self._warnings: list[str] = []
        self._page: int | None = None
        self._goes_back = False  # whether the next block lies below a higher heading again

    def add(self, text: str, *, tight: bool = False, page: int | None = None) -> None:
        """Add a block; blank ones are left out.

        A blank line parts it from the block before, or only a line end where it is `tight`. A
        `page` (counted from 1) begins where it is first named.
        """
        self._add(clean(text), "\n" if tight else "\n\n", page)

    def go_on(self, text: str, *, gap: str, page: int) -> None:
        """Add the rest of a sentence that a page broke off, after no more than a gap of blanks."""
        self._add(clean(text), gap, page)

    def add_heading(self, text: str, level: int, *, page: int | None = None) -> None:
        """Add a heading, which begins a section; 1 is the highest level."""
        heading = one_line(text)
        if not heading or len(heading) > _LONGEST_HEADING:
            self.add(text, page=page)
            return
        level = min(level, _DEEPEST_HEADING)
        self._goes_back = False
        self.add(heading, page=page)
        self._headings.append((level, heading))
        self._above = [(above, title) for above, title in self._above if above < level]
        self._above.append((level, heading))
        self._begin_section(self._length - len(heading))

    def end_sections(self, level: int) -> None:
        """Let what follows lie below none of the headings of a level or deeper."""
        above = [(other, title) for other, title in self._above if other < level]
        self._goes_back = self._goes_back or len(above) < len(self._above)
        self._above = above

    def add_table(self, rows: Sequence[Row], *, first_row_names: bool = False) -> None:
        """Add a table, a line a row; `first_row_names` if its first row likely names columns."""
        tight = False
        for line in table_lines(rows, first_row_names=first_row_names):
            before = self._length
            self.add(line, tight=tight)
            tight = tight or self._length > before

    def add_document(self, document: Document, name: str) -> None:
        """Add another document, such as an attachment, whose places lie below the last heading."""
        if self._parts:
            self._append("\n\n")
        above = [title for _, title in self._above]
        for section in document.sections:
            page = [f"p. {section.page}"] if section.page is not None else []
            below = [section.heading] if section.heading else []
            heading = " › ".join([*above, *page, *below])
            self._sections.append(Section(self._length + section.start, heading=heading))
        self._append(document.text)
        self._warnings += [f"{name}: {warning}" for warning in document.warnings]

    def warn(self, sentence: str) -> None:
        """Tell the reader of the document what did not reach the text."""
        self._warnings.append(sentence)

    def first_heading(self, deepest: int = _DEEPEST_HEADING) -> str:
        """Return the first heading that is no deeper than a level, or an empty string."""
        return next((heading for level, heading in self._headings if level <= deepest), "")

    def document(self, title: str, if_empty: str = "There is no text in this file") -> Document:
        """Finish. Raises UnreadableFile with the reason `if_empty` when there is not one word."""
        text = "".join(self._parts)
        if not any(character.isalnum() for character in text):
            raise UnreadableFile(if_empty)
        warnings = list(self._warnings)
        lost = text.count("\ufffd")
        if lost:
            warnings.append(f"Characters that could not be read: {lost} (shown as \ufffd)")
        return Document(_title(title), text, tuple(self._sections), tuple(warnings))

    def _add(self, block: str, gap: str, page: int | None) -> None:
        if not block.strip():
            return
        if self._parts:
            self._append(gap)
        turns = page is not None and page != self._page
        if turns:
            self._page = page
        if turns or self._goes_back:
            self._begin_section(self._length)
        self._goes_back = False
        self._append(block)

    def _begin_section(self, start: int) -> None:
        """Begin a section; a heading that begins a page is one with it."""
        if self._sections and self._sections[-1].start == start:
            del self._sections[-1]
        self._sections.append(Section(start, self._page, self._path()))

    def _path(self) -> str:
        return " › ".join(title for _, title in self._above)

    def _append(self, part: str) -> None:
        self._parts.append(part)
        self._length += len(part)


def _title(text: str) -> str:
    """Write a title on one line; "…" ends a cut one."""
    line = one_line(text)
    return line if len(line) <= _LONGEST_TITLE else f"{line[: _LONGEST_TITLE - 1].rstrip()}…"
