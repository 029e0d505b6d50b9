"""The characters of one PDF page as lines, each with its place.

Knows PDFium's characters and their boxes; nothing of paragraphs or documents.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from statistics import median
from typing import Self
from unicodedata import bidirectional, normalize

import pypdfium2
import pypdfium2.raw as pdfium
import regex

from index.loaders.joining import with_line_end
from index.loaders.pdf_fonts import Style, style_of
from index.loaders.typesetting import Line, LineCell

_CELL_GAP = 0.8
"""Times the height. A wider blank parts cells of a table."""

_SAME_LINE = 0.3
"""Times the height: raised and lowered letters differ by more, but follow each other closely."""

_LAST_CODE_POINT = 0x10FFFF
_LINE_ENDS = frozenset("\r\n")
_HYPHENS = frozenset("\x02\ufffe")

# Ligatures, and letters in the form they take inside a word: drawing, not writing.
_DRAWN = regex.compile("[\ufb00-\ufb06\ufb13-\ufb17\ufb1d-\ufbb1\ufbd3-\ufd3d\ufe80-\ufefc]")

# Scripts in which a line may end after any character.
_CHARACTER_WORD = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}]")

# Where symbol fonts have their bullets.
_BULLETS = str.maketrans("\uf0b7\uf0a7\uf0d8", "•••")


@dataclass(frozen=True, slots=True)
class _Box:
    """A place on a page that is held as it is shown: points, growing rightwards and upwards."""

    left: float
    bottom: float
    right: float
    top: float

    @classmethod
    def turned(cls, sides: tuple[float, float, float, float], degrees: int) -> Self:
        """Turn a place (left, bottom, right, top) clockwise, as a page's viewer does."""
        left, bottom, right, top = sides
        if degrees == 90:
            return cls(bottom, -right, top, -left)
        if degrees == 180:
            return cls(-right, -top, -left, -bottom)
        if degrees == 270:
            return cls(-top, left, -bottom, right)
        return cls(left, bottom, right, top)

    def meets(self, other: Self) -> bool:
        """Say whether two places overlap."""
        return (
            self.left <= other.right
            and other.left <= self.right
            and self.bottom <= other.top
            and other.bottom <= self.top
        )


def lines_of(page: pypdfium2.PdfPage) -> list[Line]:
    """Read the lines of a page in reading order. Raises PdfiumError."""
    text_page = page.get_textpage()
    try:
        return list(_Characters(page, text_page).lines())
    finally:
        text_page.close()


class _Characters:
    """All characters of a page; PDFium puts line ends between its lines."""

    def __init__(self, page: pypdfium2.PdfPage, text_page: pypdfium2.PdfTextPage) -> None:
        self._handle = text_page.raw
        self._rotation = page.get_rotation()
        self._frame = _Box.turned(page.get_bbox(), self._rotation)
        numbers = range(text_page.count_chars())
        self._text = "".join(map(self._character, numbers))

    def lines(self) -> Iterator[Line]:
        """Read the lines that show on the page."""
        for numbers in self._line_ranges():
            words = [
                word
                for is_blank, group in groupby(numbers, lambda n: self._text[n].isspace())
                if not is_blank
                for word in self._parted(list(group))
            ]
            boxes = [self._box(word[0], word[-1]) for word in words]
            for start, end in pairwise([0, *_jumps(boxes), len(words)]):
                if any(box.meets(self._frame) for box in boxes[start:end]):
                    line = self._line(words[start:end], boxes[start:end])
                    is_cut = end < len(words)
                    yield replace(line, text=with_line_end(line.text)) if is_cut else line

    def _line(self, words: list[list[int]], boxes: list[_Box]) -> Line:
        parts = [self._text[word[0] : word[-1] + 1] for word in words]
        blanks = [self._text[a[-1] + 1 : b[0]] or " " for a, b in pairwise(words)]
        text = "".join(map(str.__add__, parts, [*blanks, ""]))
        shown = [number for word in words for number in word]
        return _line(text, parts, boxes, style_of(self._handle, shown))

    def _character(self, number: int) -> str:
        code = pdfium.FPDFText_GetUnicode(self._handle, number)
        return chr(code) if code <= _LAST_CODE_POINT else "\ufffd"

    def _line_ranges(self) -> Iterator[range]:
        start = 0
        for number, character in enumerate(self._text):
            if character in _LINE_ENDS:
                yield range(start, number)
                start = number + 1
            elif character in _HYPHENS and pdfium.FPDFText_IsHyphen(self._handle, number) == 1:
                yield range(start, number + 1)
                start = number + 1
        yield range(start, len(self._text))

    def _parted(self, numbers: list[int]) -> Iterator[list[int]]:
        """Part characters that lie as far apart as cells do: PDFium sees no blank between some."""
        boxes = [self._box(number, number) for number in numbers]
        wide = [
            max(one.left, other.left) - min(one.right, other.right)
            > _CELL_GAP * max(one.top - one.bottom, other.top - other.bottom)
            for one, other in pairwise(boxes)
        ]
        letters = all(self._text[number].isalpha() for number in numbers)
        if letters and len(wide) > 1 and all(wide):  # a word that is spaced out
            wide = []
        start = 0
        for place, is_wide in enumerate(wide, start=1):
            if is_wide:
                yield numbers[start:place]
                start = place
        yield numbers[start:]

    def _box(self, first: int, last: int) -> _Box:
        """Find the place of a word, which may be written in either direction."""
        one, other = pdfium.FS_RECTF(), pdfium.FS_RECTF()
        pdfium.FPDFText_GetLooseCharBox(self._handle, first, one)
        pdfium.FPDFText_GetLooseCharBox(self._handle, last, other)
        sides = (
            min(one.left, other.left),
            min(one.bottom, other.bottom),
            max(one.right, other.right),
            max(one.top, other.top),
        )
        return _Box.turned(sides, self._rotation)


def _jumps(boxes: list[_Box]) -> Iterator[int]:
    """Find the words that stand elsewhere than behind the one before, as in another column.

    PDFium sees no line end there while lines of several columns overlap in height.
    """
    for number, (one, other) in enumerate(pairwise(boxes), start=1):
        height = max(one.top - one.bottom, other.top - other.bottom)
        is_higher = abs(one.bottom - other.bottom) > _SAME_LINE * height
        gap = max(one.left, other.left) - min(one.right, other.right)
        if is_higher and gap > _CELL_GAP * height:
            yield number


def _line(text: str, words: list[str], boxes: list[_Box], style: Style) -> Line:
    is_leftwards = _is_leftwards(text)
    spans = [(-b.right, -b.left) if is_leftwards else (b.left, b.right) for b in boxes]
    in_order = sorted(spans)
    gaps = [after[0] - before[1] for before, after in pairwise(in_order)]
    height = median(box.top - box.bottom for box in boxes)
    return Line(
        text=_written(text),
        start=in_order[0][0],
        end=max(end for _, end in spans),
        base=median(box.bottom for box in boxes),
        height=height,
        first_word=_width_of_first(text, spans[0][1] - spans[0][0]),
        gap=max(gaps, default=0.0) - (min(gaps) if len(gaps) > 1 else 0.0),
        cells=tuple(_cells(words, spans, _CELL_GAP * height)),
        size=style.size,
        is_bold=style.is_bold,
    )


def _cells(words: list[str], spans: list[tuple[float, float]], gap: float) -> Iterator[LineCell]:
    """Part words where a blank is wider than the gap, or where the line jumps back."""
    cell = [words[0]]
    start, end = spans[0]
    for word, (begin, stop) in zip(words[1:], spans[1:], strict=True):
        if begin - end > gap or begin < start:
            yield LineCell(_written(" ".join(cell)), start, end)
            cell, start = [], begin
        cell.append(word)
        end = stop
    yield LineCell(_written(" ".join(cell)), start, end)


def _width_of_first(text: str, width: float) -> float:
    """Find the width of what may not be parted: a word, or one character that is a word."""
    word = text.split(maxsplit=1)[0]
    return width / len(word) if _CHARACTER_WORD.match(word) else width


def _is_leftwards(text: str) -> bool:
    letters = [bidirectional(character) for character in text if character.isalpha()]
    return sum(direction in ("R", "AL") for direction in letters) > len(letters) / 2


def _written(text: str) -> str:
    return _DRAWN.sub(lambda match: normalize("NFKC", match[0]), text.translate(_BULLETS))
