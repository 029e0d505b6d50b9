"""Files of delimited values (.csv, .tsv): which character parts the values, and the rows.

Knows delimiters and quotation marks; nothing of what tables become.
"""

import csv
from collections import Counter
from collections.abc import Iterator
from io import StringIO
from itertools import islice
from pathlib import Path

import regex

from index.errors import UnreadableFile
from index.loaders.content import content_of
from index.loaders.encoding import decode
from index.loaders.manuscript import Manuscript
from index.loaders.sheets import write_sheet
from index.loaders.tables import Cell, cells
from index.loaders.titles import name_of
from index.types import Document

_DELIMITERS = "\t;|,"
"""The likelier first where two agree about as well: text and numbers are full of commas."""

_ABOUT = 0.1
"""Of the rows: how much less they may agree."""

_DECIMAL_COMMA = regex.compile(r"(?<=\d),(?=\d)")
_AS_DECIMALS = 0.2
"""Of the rows: what it costs a comma to part values only if it does so between digits too."""

_SAMPLE = 65_536
"""Characters of the beginning that show what parts the values."""

_SAMPLE_ROWS = 100
_DECLARATION = "sep="
"""How Excel says in a first line which delimiter follows."""


def load_delimited(path: Path) -> Document:
    """Read a table; its first row names the columns unless it holds numbers.

    Raises UnreadableFile.
    """
    manuscript = Manuscript()
    text = decode(content_of(path), warn=manuscript.warn).lstrip("\ufeff")
    is_tabbed = path.suffix.lower() == ".tsv"
    rows = _rows(text, manuscript, is_tabbed=is_tabbed)
    write_sheet(manuscript, "", rows, first_row_names=True)
    return manuscript.document(name_of(path))


def _rows(text: str, manuscript: Manuscript, *, is_tabbed: bool) -> Iterator[list[Cell]]:
    delimiter = ""
    if text[: len(_DECLARATION)].lower() == _DECLARATION:
        first, _, text = text.partition("\n")
        delimiter = first.rstrip("\r")[len(_DECLARATION) :]
    if len(delimiter) != 1:
        delimiter = _delimiter(text[:_SAMPLE], is_tabbed=is_tabbed)
    lines = _Lines(text)
    reader = csv.reader(lines, delimiter=delimiter)
    try:
        for row in reader:
            is_open, number = lines.is_open(delimiter), reader.line_num - len(lines.of_row) + 1
            lines.of_row.clear()
            yield cells(row)
            if is_open:
                manuscript.warn(
                    f"The quotation mark in line {number} is not closed, so that all that "
                    "follows it was read as one value"
                )
    except csv.Error as error:
        raise UnreadableFile(
            f"Line {reader.line_num} cannot be read ({error}); "
            "look there for a quotation mark that is not closed"
        ) from error


class _Lines:
    """Gives out the lines of a text, and remembers those that the row now read is made of."""

    def __init__(self, text: str) -> None:
        self._lines = StringIO(text, newline="")
        self._length = len(text)
        self._given = 0
        self.of_row: list[str] = []

    def __iter__(self) -> Iterator[str]:
        for line in self._lines:
            self._given += len(line)
            self.of_row.append(line)
            yield line

    def is_open(self, delimiter: str) -> bool:
        """Say whether the row goes on to the end of the text within quotation marks."""
        if self._given < self._length:
            return False
        try:
            list(csv.reader(self.of_row, delimiter=delimiter, strict=True))
        except csv.Error as error:
            return "end of data" in str(error)
        return False


def _delimiter(sample: str, *, is_tabbed: bool) -> str:
    """Choose the character that parts most rows into equally many values, more than one."""
    agreement = {delimiter: _agreement(sample, delimiter) for delimiter in _DELIMITERS}
    if is_tabbed and agreement["\t"]:
        return "\t"
    unlikely = agreement[","] - _AS_DECIMALS
    agreement[","] = max(_agreement(_DECIMAL_COMMA.sub(" ", sample), ","), unlikely, 0.0)
    best = max(agreement.values())
    return next(name for name in _DELIMITERS if agreement[name] >= max(best - _ABOUT, 0.0))


def _agreement(sample: str, delimiter: str) -> float:
    """Return the share of rows of the commonest width, less where the first row has another."""
    reader = csv.reader(StringIO(sample, newline=""), delimiter=delimiter)
    try:
        widths = [len(row) for row in islice(reader, _SAMPLE_ROWS) if row]
    except csv.Error:
        return 0.0
    wide = Counter(width for width in widths if width > 1)
    if not wide:
        return 0.0
    width, count = wide.most_common(1)[0]
    share = count / len(widths)
    return share if widths[0] == width else share - _ABOUT
