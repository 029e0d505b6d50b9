"""Files of delimited values (.csv, .tsv): which character parts the values, and the rows.

Knows delimiters and quotation marks; nothing of what tables become.
"""

import csv
from collections import Counter
from collections.abc import Iterator
from io import StringIO
from itertools import islice
from pathlib import Path

from index.errors import UnreadableFile
from index.loaders.content import content_of
from index.loaders.encoding import decode
from index.loaders.manuscript import Manuscript
from index.loaders.sheets import write_sheet
from index.loaders.tables import Cell, cells
from index.loaders.titles import name_of
from index.types import Document

_DELIMITERS = ",;\t|"
_SAMPLE = 65_536
"""Characters of the beginning that show what parts the values."""

_SAMPLE_ROWS = 100
_DECLARATION = "sep="
"""How Excel says in a first line which delimiter follows."""


def load_delimited(path: Path) -> Document:
    """Read a table; its first row names the columns unless it holds numbers.

    Raises UnreadableFile.
    """
    text = decode(content_of(path)).lstrip("\ufeff")
    manuscript = Manuscript()
    write_sheet(manuscript, "", _rows(text), first_row_names=True)
    return manuscript.document(name_of(path))


def _rows(text: str) -> Iterator[list[Cell]]:
    delimiter = ""
    if text[: len(_DECLARATION)].lower() == _DECLARATION:
        first, _, text = text.partition("\n")
        delimiter = first.rstrip("\r")[len(_DECLARATION) :]
    if len(delimiter) != 1:
        delimiter = _delimiter(text[:_SAMPLE])
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter)
    try:
        for row in reader:
            yield cells(row)
    except csv.Error as error:
        raise UnreadableFile(
            f"Line {reader.line_num} cannot be read ({error}); "
            "look there for a quotation mark that is not closed"
        ) from error


def _delimiter(sample: str) -> str:
    """Choose the character that parts most rows into equally many values, more than one."""
    return max(_DELIMITERS, key=lambda delimiter: _agreement(sample, delimiter))


def _agreement(sample: str, delimiter: str) -> float:
    """Return the share of rows of the commonest width, and as a tie-break how wide they are."""
    reader = csv.reader(StringIO(sample, newline=""), delimiter=delimiter)
    try:
        widths = [len(row) for row in islice(reader, _SAMPLE_ROWS) if row]
    except csv.Error:
        return 0.0
    wide = Counter(width for width in widths if width > 1)
    if not wide:
        return 0.0
    width, count = wide.most_common(1)[0]
    return count / len(widths) + min(width, 100) / 1000
