"""One page of a PDF as a picture, with what is cited marked on it.

Knows PDFium's pages and pictures; nothing of processes, documents or the web. PDFium is not safe
with threads: whoever draws has a process for it.
"""

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass

import pypdfium2
import pypdfium2.raw as pdfium
from PIL import Image, ImageChops, ImageDraw, ImageStat

from index.errors import UndrawablePage, UnknownPage, UnreadableFile
from index.loaders.pdf import opened
from index.loaders.pdf_marks import place_of
from index.paging import Stretch

_MOST_WIDTH = 1400
_MOST_HEIGHT = 4000
_MOST_SCALE = 4.0
"""Pixels, and pixels a point. A page may be 14,400 points long, and may call for more."""

_MOST_CHARACTERS = 200_000
"""Of a page whose text is looked at for a mark."""

_MARK = (255, 226, 110)
_LINE = (190, 95, 0)
_DARK = 110
"""Mean lightness, up to 255, below which letters are light and paper is dark."""

_ON_DARK = 0.4

_PADDING = 2
_WIDEST_GAP = 1.5
"""Times the height: what is further apart is marked apart."""

Box = tuple[int, int, int, int]
"""Pixels: left, top, right, bottom."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """A page as a PNG of `width` by `height` pixels, out of `pages`; `marks` are on it."""

    png: bytes
    width: int
    height: int
    pages: int
    marks: tuple[Box, ...]


def draw(content: bytes, page: int, stretch: Stretch | None) -> Drawing:
    """Draw a page (counted from 1) and mark a stretch of its text, where it is found for sure.

    Raises UnknownPage, UndrawablePage.
    """
    try:
        pdf = opened(content)
    except UnreadableFile as error:
        raise UndrawablePage(f"{error}.") from error
    with pdf:
        try:
            pdf.init_forms()
            if page > len(pdf):
                raise UnknownPage(f"There is no page {page}; the document has {len(pdf)}.")
            return _drawn(pdf[page - 1], len(pdf), stretch)
        except pypdfium2.PdfiumError as error:
            raise UndrawablePage(f"Page {page} is damaged: {error}.") from error


def _drawn(page: pypdfium2.PdfPage, pages: int, stretch: Stretch | None) -> Drawing:
    bitmap = page.render(scale=_scale(*page.get_size()), rev_byteorder=True)
    image = bitmap.to_pil().convert("RGB")
    boxes = _boxes(page, bitmap, stretch) if stretch is not None else []
    marks = _visible(boxes, image.size)
    image = _marked(image, marks)
    file = io.BytesIO()
    image.save(file, "PNG")
    return Drawing(file.getvalue(), *image.size, pages, tuple(marks))


def _scale(width: float, height: float) -> float:
    if not (width > 0 and height > 0 and math.isfinite(width * height)):
        raise UndrawablePage(f"The page measures {width} by {height} points.")
    return min(_MOST_WIDTH / width, _MOST_HEIGHT / height, _MOST_SCALE)


def _boxes(page: pypdfium2.PdfPage, bitmap: pypdfium2.PdfBitmap, stretch: Stretch) -> list[Box]:
    """Find the places of a stretch's characters, line by line."""
    text_page = page.get_textpage()
    try:
        count = text_page.count_chars()
        if count > _MOST_CHARACTERS:
            return []
        codes = [pdfium.FPDFText_GetUnicode(text_page.raw, number) for number in range(count)]
        shown = "".join(chr(code) if code <= 0x10FFFF else "\ufffd" for code in codes)
        place = place_of(stretch, shown) or range(0)
        seen = [number for number in place if not shown[number].isspace()]
        return _joined([_box(text_page, bitmap.get_posconv(page), number) for number in seen])
    finally:
        text_page.close()


def _box(text_page: pypdfium2.PdfTextPage, places: pypdfium2.PdfPosConv, number: int) -> Box:
    """Find a character's place: as high as its line, or as itself in fonts that lack heights."""
    for loose in (True, False):
        left, bottom, right, top = text_page.get_charbox(number, loose=loose)
        one, other = places.to_bitmap(left, top), places.to_bitmap(right, bottom)
        box = (
            min(one[0], other[0]),
            min(one[1], other[1]),
            max(one[0], other[0]),
            max(one[1], other[1]),
        )
        if box[2] - box[0] > 1 and box[3] - box[1] > 1:
            break
    return box


def _joined(boxes: Sequence[Box]) -> list[Box]:
    """Join the characters of each line."""
    lines: list[Box] = []
    for box in boxes:
        if lines and _continues(lines[-1], box):
            last = lines.pop()
            box = (
                min(last[0], box[0]),
                min(last[1], box[1]),
                max(last[2], box[2]),
                max(last[3], box[3]),
            )
        lines.append(box)
    return lines


def _continues(line: Box, box: Box) -> bool:
    height = min(line[3] - line[1], box[3] - box[1])
    shared = min(line[3], box[3]) - max(line[1], box[1])
    gap = max(line[0], box[0]) - min(line[2], box[2])
    return shared * 2 > height and gap < _WIDEST_GAP * height


def _visible(boxes: Sequence[Box], size: tuple[int, int]) -> list[Box]:
    width, height = size
    padded = [
        (
            max(0, left - _PADDING),
            max(0, top - _PADDING),
            min(width, right + _PADDING),
            min(height, bottom + _PADDING),
        )
        for left, top, right, bottom in boxes
    ]
    return [box for box in padded if box[0] < box[2] and box[1] < box[3]]


def _marked(image: Image.Image, marks: Sequence[Box]) -> Image.Image:
    """Colour the paper below the marks, and underline them."""
    marked = image.copy()
    for mark in marks:
        # Cut out of what was drawn: where two lines touch, colour must not count twice.
        marked.paste(_coloured(image.crop(mark)), mark)
    lines = ImageDraw.Draw(marked)
    for left, _, right, bottom in marks:
        lines.rectangle((left, bottom - _PADDING, right - 1, bottom - 1), fill=_LINE)
    return marked


def _coloured(part: Image.Image) -> Image.Image:
    """Colour light paper and leave the ink; on dark paper that would colour the ink alone."""
    colour = Image.new("RGB", part.size, _MARK)
    if ImageStat.Stat(part.convert("L")).mean[0] < _DARK:
        return Image.blend(part, colour, _ON_DARK)
    return ImageChops.multiply(part, colour)
