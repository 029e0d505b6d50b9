"""Lines as a printed page shows them, and the paragraphs they were broken from.

Knows where lines lie and how wide they are; nothing of the format that says so.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

import regex

from index.loaders.joining import ends_sentence, is_broken, joined

_NEIGHBOURS = 8
"""Lines before and after that show how wide a column is where a block is too short to do so."""

_NARROWEST = 12
"""Times the height. Narrower columns are cells, captions and addresses: their lines are meant."""

_HEIGHT_CHANGE = 0.15
"""A share of the height. Letters that differ by more belong to a heading, a note or a caption."""

_PARAGRAPH_GAP = 1.35
"""Times the usual distance of lines. A larger one parts paragraphs."""

_INDENT = 0.8
"""Times the height, like the three that follow."""

_CELL_GAP = 1.5
_BLANK = 0.25
_SAME_LINE = 0.3

_LEAST_REST = 0.6
"""Of a line's width. A shorter one at the top of a page may be a head, if it ends no sentence."""

_ITEM = regex.compile(r"[•●▪■◦‣∙·]|[-–*o] (?=\S)")
_NUMBERED = regex.compile(r"(\(?(\d{1,3}(\.\d{1,3})*|[a-z])[.)]|§|(Artikel|Article|Art\.) \d)\s?\S")


@dataclass(frozen=True, slots=True)
class LineCell:
    """A part of a line that wide blanks part from the others. Lengths in points, as a line's."""

    text: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a page. Lengths in points.

    `start` and `end` grow in the direction of reading, `base` grows upwards. `first_word` is the
    width of what may not be parted at its start, `gap` what its widest blank has over its
    narrowest (over none, when it is the only one). `size` is that of its letters, as fonts have
    it; `height` depends on the font too. Notes, and what pages repeat at their edge, are each an
    aside, beside which the text runs on.
    """

    text: str
    start: float
    end: float
    base: float
    height: float
    first_word: float
    gap: float
    cells: tuple[LineCell, ...] = ()
    size: float = 0.0
    is_bold: bool = False
    is_aside: bool = False


@dataclass(frozen=True, slots=True)
class _Border:
    """What lies between two lines that follow each other.

    `usual_drop` is the distance of lines on this page, `margin` the end of the line's column.
    """

    line: Line
    following: Line
    usual_drop: float
    margin: float

    @property
    def is_gap(self) -> bool:
        """Whether the lines differ in size, or lie further apart than those of a paragraph."""
        usual = max(_PARAGRAPH_GAP * self.usual_drop, 1.2 * self.line.height)
        return _differ(self.line, self.following) or self._drop > usual

    @property
    def rises(self) -> bool:
        """Whether the second line lies higher: in the next column."""
        return self._drop < -_SAME_LINE * self.line.height

    @property
    def is_beside(self) -> bool:
        """Whether the lines lie side by side, as cells do."""
        return abs(self._drop) < _SAME_LINE * self.line.height

    @property
    def has_room(self) -> bool:
        """Whether the second line's first word would have fitted on the first line."""
        if self.margin - self.line.start < _NARROWEST * self.line.height:
            return True
        blank = _BLANK * self.line.height
        return self.line.end + blank + self.following.first_word < self.margin

    @property
    def ends_paragraph(self) -> bool:
        """Whether a new paragraph begins with the second line."""
        if self.is_gap:
            return True
        if not ends_sentence(self.line.text) or _begins_item(self.following):
            return self.rises and self.has_room
        indent = self.following.start - self.line.start
        is_indented = indent > _INDENT * self.line.height and not _begins_item(self.line)
        return is_indented or self.has_room or self.rises

    @property
    def is_meant(self) -> bool:
        """Whether the first line ended on purpose, though no paragraph ends with it."""
        is_cell = self.is_beside or _is_tabular(self.line) or _is_tabular(self.following)
        if is_cell or self.has_room:
            return True
        if _NUMBERED.match(self.following.text):
            return ends_sentence(self.line.text)
        return _ITEM.match(self.following.text) is not None

    @property
    def _drop(self) -> float:
        return self.line.base - self.following.base


def paragraphs(lines: Sequence[Line]) -> Iterator[str]:
    r"""Join the lines of one page, in reading order, to paragraphs.

    Lines that were broken for want of room are joined; where a line ended on purpose, as in
    addresses, lists and tables, it keeps its "\n".
    """
    if not lines:
        return
    text = lines[0].text
    for border in _borders(lines):
        if border.ends_paragraph:
            yield text
            text = border.following.text
        elif border.is_meant:
            text = f"{text}\n{border.following.text}"
        else:
            text = joined(text, border.following.text)
    yield text


def goes_on(lines: Sequence[Line], following: Line) -> bool:
    """Say whether the sentence in which the lines of a page end goes on in a line of the next."""
    last = lines[-1]
    if ends_sentence(last.text) or _begins_item(following) or _differ(last, following):
        return False
    if following.text[:1].islower() or is_broken(last.text):
        return True
    is_short = following.end - following.start < _LEAST_REST * (last.end - last.start)
    if is_short and not ends_sentence(following.text):
        return False
    margin = max(last.end, *_ends_nearby(lines, len(lines) - 1))
    return not _Border(last, following, 0.0, margin).is_meant


def _borders(lines: Sequence[Line]) -> list[_Border]:
    drops = [line.base - following.base for line, following in pairwise(lines)]
    usual_drop = median([drop for drop in drops if drop > 0] or [0.0])
    borders = [_Border(one, other, usual_drop, one.end) for one, other in pairwise(lines)]
    margins = [margin for block in _blocks(borders) for margin in _margins(lines, block)]
    return [replace(b, margin=margin) for b, margin in zip(borders, margins, strict=False)]


def _blocks(borders: Sequence[_Border]) -> Iterator[range]:
    """Find the runs of lines of one size and one distance."""
    start = 0
    for number, border in enumerate(borders, start=1):
        if border.is_gap or border.is_beside or border.rises:
            yield range(start, number)
            start = number
    yield range(start, len(borders) + 1)


def _margins(lines: Sequence[Line], block: range) -> list[float]:
    """Find where the column of each line of a block ends.

    That is where its own lines end, if most of them do; otherwise look at the lines around it.
    """
    longest = max(lines[number].end for number in block)
    borders = [_Border(lines[n], lines[n + 1], 0.0, longest) for n in block[:-1]]
    if len(borders) > 1 and sum(border.has_room for border in borders) < len(borders) / 2:
        return [longest] * len(block)
    return [max([lines[number].end, *_ends_nearby(lines, number)]) for number in block]


def _ends_nearby(lines: Sequence[Line], number: int) -> Iterator[float]:
    line = lines[number]
    for other in lines[max(0, number - _NEIGHBOURS) : number + _NEIGHBOURS + 1]:
        if abs(other.start - line.start) < 2 * line.height and not _differ(other, line):
            yield other.end


def _differ(line: Line, other: Line) -> bool:
    larger = max(line.height, other.height)
    return abs(line.height - other.height) > _HEIGHT_CHANGE * larger


def _begins_item(line: Line) -> bool:
    return bool(_ITEM.match(line.text) or _NUMBERED.match(line.text))


def _is_tabular(line: Line) -> bool:
    """Say whether a line shows cells: uneven blanks, or little but numbers."""
    words = line.text.split()
    numbers = sum(any(map(str.isdigit, word)) for word in words)
    return line.gap > _CELL_GAP * line.height or (len(words) > 2 and numbers > len(words) / 2)
