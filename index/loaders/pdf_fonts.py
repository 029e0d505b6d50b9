"""The letters of a PDF: how large they are set, and whether they are bold.

Knows PDFium's characters and what fonts are called; nothing of lines or boxes.
"""

import ctypes
import math
from collections.abc import Sequence
from dataclasses import dataclass

import pypdfium2.raw as pdfium
import regex

_LONGEST_NAME = 128
"""In bytes."""

# The weight that PDFium tells is a guess from the width of stems, and wrong in many files.
_BOLD = regex.compile(r"(?i)bold|black|heavy|demi|(?:CM|SF)BX|-bd\b")

_SPREAD = 3
"""Letters of a line that are asked for their font: its first, its last, and what is between."""


@dataclass(frozen=True, slots=True)
class Style:
    """How a line is set: the size of its letters in points, and whether all of it is bold."""

    size: float
    is_bold: bool


def style_of(handle: pdfium.FPDF_TEXTPAGE, numbers: Sequence[int]) -> Style:
    """Say how some characters of a page are set, all of which show."""
    some = {numbers[place * (len(numbers) - 1) // (_SPREAD - 1)] for place in range(_SPREAD)}
    middle = numbers[len(numbers) // 2]
    return Style(_size(handle, middle), all(_is_bold(handle, number) for number in some))


def _size(handle: pdfium.FPDF_TEXTPAGE, number: int) -> float:
    matrix = pdfium.FS_MATRIX()
    pdfium.FPDFText_GetMatrix(handle, number, matrix)
    return float(pdfium.FPDFText_GetFontSize(handle, number)) * math.hypot(matrix.c, matrix.d)


def _is_bold(handle: pdfium.FPDF_TEXTPAGE, number: int) -> bool:
    name, flags = ctypes.create_string_buffer(_LONGEST_NAME), ctypes.c_int()
    pdfium.FPDFText_GetFontInfo(handle, number, name, _LONGEST_NAME, flags)
    return _BOLD.search(name.value.decode("utf-8", "replace")) is not None
