"""Tables as lines of text, each of which says by itself what its values are.

Knows rows of cells and which of them name the columns; nothing of file formats or passages.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile

import regex

from index.loaders.cleaning import one_line

_LONGEST_LINE = 500
"""In characters. A longer row goes on in a line that names it again."""

_LONGEST_LABEL = 60
"""In characters. The line of names has a longer one whole; rows repeat its beginning."""

_LONGEST_ROW_NAME = 100
"""In characters. A longer first cell is no name of its row."""

LONGEST_REPEATED = 200
"""In characters. What a cell that spans rows says is said in each of them, unless it is longer."""

_WIDEST = 500
_MOST_CELLS = 200_000
"""Columns, and cells of a table, that cells may span: a few bytes can claim billions of them."""

_MOST_HEADER_ROWS = 4
_LONGEST_NAME = 40
"""In characters: the name of a column that nothing but its place and look gives away."""

_SAMPLE = 20
"""Rows that show what a column holds."""

_NUMBER = regex.compile(
    r"[-+−–(<>~≈ ]*\p{Sc}?[-−( ]*\d[\d.,'’ \u00a0\u202f]*\)?\s?(%|‰|\p{Sc}|[A-Z]{3})?\)?"
)
_MEASURE = regex.compile(_NUMBER.pattern + r"\s?\p{L}{1,15}\.?")
_DATE = regex.compile(r"\d{4}-\d\d-\d\d.*|\d{1,2}[-./]\d{1,2}[-./]\d{2,4}")
_YEAR = regex.compile(r"(19|20)\d\d(\s?[-/–]\s?(19|20)?\d\d)?")
_NOTHING = frozenset({"-", "–", "—", "n/a", "."})


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in a column of a row.

    `continues` if it is the cell to the left, which spans this column too; `is_name` if the file
    says that it names a column or a row.
    """

    text: str
    continues: bool = False
    is_name: bool = False


Row = Sequence[Cell]


class Grid:
    """The rows of a table while a reader walks through it."""

    def __init__(self) -> None:
        self.rows: list[list[Cell]] = []
        self._cells = 0
        self._spanning: dict[int, tuple[Cell, int]] = {}  # by column: what fills the rows below

    def begin_row(self) -> None:
        """Begin a row; cells of the rows above that reach into it come first in their columns."""
        self.rows.append([])
        self._fill()

    def add(self, cell: Cell, columns: int = 1, rows: int = 1) -> None:
        """Add a cell that spans some columns and rows (at least 1) to the row that has begun."""
        row, text = self.rows[-1], one_line(cell.text)
        if self._cells > _MOST_CELLS:
            columns = rows = 1
        for number in range(max(1, min(columns, _WIDEST - len(row)))):
            self._cells += 1
            if rows > 1:
                below = text if len(text) <= LONGEST_REPEATED else ""
                self._spanning[len(row)] = (Cell(below, number > 0, cell.is_name), rows - 1)
            row.append(Cell(text, number > 0, cell.is_name))
        self._fill()

    def add_from_above(self, columns: int = 1) -> None:
        """Add a cell that goes on with the one above it."""
        column = len(self.rows[-1])
        above = self.rows[-2][column : column + 1] if len(self.rows) > 1 else []
        cell = above[0] if above and len(above[0].text) <= LONGEST_REPEATED else Cell("")
        self.add(cell, columns)

    def _fill(self) -> None:
        row = self.rows[-1]
        if self._cells > _MOST_CELLS:
            self._spanning.clear()
        while len(row) in self._spanning:
            column = len(row)
            cell, left = self._spanning.pop(column)
            row.append(cell)
            self._cells += 1
            if left > 1:
                self._spanning[column] = (cell, left - 1)


def cells(texts: Sequence[str]) -> list[Cell]:
    """Make a row of texts alone."""
    return [Cell(one_line(text)) for text in texts]


def table_lines(rows: Sequence[Row], *, first_row_names: bool = False) -> Iterator[str]:
    """Write a table, a line a row: "name of the column: value | name of the next: value".

    The rows that name columns stand first, as they are. Which they are is guessed, unless their
    cells say so; `first_row_names` says that the first full row most likely does. Where nothing
    names the columns, cells are parted by " | ", and empty ones keep their place.
    """
    titles = sum(1 for _ in takewhile(_is_title, rows)) if len(rows) > 1 else 0
    names = header_rows(rows[titles:], first_row_names)
    yield from (line for row in rows[:titles] for line in _plain(row))
    rows = rows[titles:]
    header, is_open = list(rows[:names]), True
    for row in header:
        yield from _plain(row)
    labels = _labels(header)
    has_corner = bool(labels) and not labels[0]
    is_told = bool(header) and all(map(_is_marked, header))
    for place, row in enumerate(rows[names:], start=names + 1):
        if has_corner and _is_later_header(row, rows[place : place + _SAMPLE], is_told):
            header = [*header, row] if is_open else [row]
            labels, is_open = _labels(header), True
            yield from _plain(row)
            continue
        is_open = False
        yield from _labelled(row, labels) if labels else _plain(row)


def _is_title(row: Row) -> bool:
    """Say whether a row holds nothing but a first cell, which may span the others."""
    return not any(cell.text and not cell.continues for cell in row[1:])


def header_rows(rows: Sequence[Row], first_row_names: bool = False) -> int:
    """Count the rows at the top that name the columns."""
    marked = sum(1 for _ in takewhile(_is_marked, rows[: _MOST_HEADER_ROWS + 1]))
    if 0 < marked <= _MOST_HEADER_ROWS and marked < len(rows):
        return marked
    if len(rows) < 2 or _filled(rows[0]) < (1 if _begins_empty(rows[0]) else 2):
        return 0
    if any(_is_value(cell.text) for cell in rows[0]):
        return 0
    count = 1 + sum(1 for _ in takewhile(_is_new_header, rows[1:_MOST_HEADER_ROWS]))
    if count == len(rows):
        return 0
    body = rows[count : count + _SAMPLE]
    if _tops_values(rows[:count], body) or first_row_names:
        return count
    return 1 if _looks_like_names(rows[0], body) else 0


def _is_marked(row: Row) -> bool:
    """Say whether a file calls every cell of a row a name."""
    return any(cell.text for cell in row) and all(cell.is_name or not cell.text for cell in row)


def _is_new_header(row: Row) -> bool:
    """Say whether a row without a name of its own holds names, or years, and no values."""
    return _begins_empty(row) and bool(_filled(row)) and not any(_is_value(c.text) for c in row)


def _is_later_header(row: Row, below: Sequence[Row], is_told: bool) -> bool:
    """Say whether a row inside a table names the columns of the rows below it.

    Where the file itself told the first header (`is_told`), it tells later ones too. Otherwise a
    row goes on with the one above it, unless it names most columns that hold values below.
    """
    if not _is_new_header(row):
        return False
    if is_told or _is_marked(row):
        return _is_marked(row)
    body = [each for each in below if not _is_new_header(each)]
    named = [n for n, cell in enumerate(row) if cell.text and not cell.continues]
    over = [
        _holds_values([each[n].text for each in body if n < len(each)], row[n].text) for n in named
    ]
    return len(named) > 1 and sum(over) * 2 > len(over)


def _tops_values(header: Sequence[Row], body: Sequence[Row]) -> bool:
    """Say whether some column has numbers or dates below a name."""
    return any(
        _holds_values([row[column].text for row in body if column < len(row)], text)
        for column, text in enumerate(_labels(header))
        if text
    )


def _holds_values(texts: Sequence[str], name: str) -> bool:
    """Say whether most of a column are numbers, which may have a unit.

    Below a year only such count as are no years, below a number with a unit such as have none.
    """
    told = [text for text in texts if text and text not in _NOTHING]
    is_year = _YEAR.fullmatch(name) is not None
    has_unit = _MEASURE.fullmatch(name) is not None
    values = sum(
        _is_value(text)
        or (not is_year and _YEAR.fullmatch(text) is not None)
        or (not has_unit and _MEASURE.fullmatch(text) is not None)
        for text in told
    )
    return bool(told) and values * 2 >= len(told)


def _looks_like_names(row: Row, body: Sequence[Row]) -> bool:
    """Say whether a row reads like names of columns: short, unlike each other, none missing."""
    texts = [cell.text for cell in row]
    return (
        len(texts) > 2
        and len(body) > 1
        and len(set(texts)) == len(texts)
        and all(0 < len(text) <= _LONGEST_NAME for text in texts)
        and not any(text[-1] in ".!?;" or any(map(str.isdigit, text)) for text in texts)
    )


def _is_value(text: str) -> bool:
    if _YEAR.fullmatch(text):
        return False
    return bool(_NUMBER.fullmatch(text) or _DATE.fullmatch(text))


def _begins_empty(row: Row) -> bool:
    return bool(row) and not row[0].text


def _filled(row: Row) -> int:
    return sum(bool(cell.text) for cell in row)


def _labels(header: Sequence[Row]) -> list[str]:
    """Name each column by what stands above it, the highest first."""
    width = max(map(len, header), default=0)
    names = []
    for column in range(width):
        above = [row[column].text for row in header if column < len(row) and row[column].text]
        name = " ".join(dict.fromkeys(above)).rstrip(" ,;:")
        if len(name) > _LONGEST_LABEL:
            name = f"{name[: _LONGEST_LABEL - 1].rstrip()}…"
        names.append(name)
    return names if any(names) else []


def _plain(row: Row) -> Iterator[str]:
    texts = ["" if cell.continues else cell.text for cell in row]
    while texts and not texts[-1]:
        texts.pop()
    yield from row_lines(texts)


def _labelled(row: Row, labels: Sequence[str]) -> Iterator[str]:
    parts: list[str] = []
    for column, cell in enumerate(row):
        label = labels[column] if column < len(labels) else ""
        if cell.text and not cell.continues:
            parts.append(_with_label(cell.text, label) if parts else _row_name(cell.text, label))
    yield from row_lines(parts)


def _row_name(text: str, label: str) -> str:
    """Write a first cell: words name the row by themselves, and numbers do not.

    Above the names of rows, what stands in brackets is mostly the unit of all numbers.
    """
    if label.startswith("("):
        return f"{text} {label}"
    return text if any(map(str.isalpha, text)) else _with_label(text, label)


def _with_label(text: str, label: str) -> str:
    if not label or text == label:
        return text
    return f"{label} {text}" if label.endswith("?") else f"{label}: {text}"


def row_lines(parts: Sequence[str]) -> Iterator[str]:
    """Put the parts of a row on one line, or on several that each begin with the first part."""
    name = parts[0] if parts and len(parts[0]) <= _LONGEST_ROW_NAME else ""
    line: list[str] = []
    length = 0
    for part in parts:
        if line and length + len(part) > _LONGEST_LINE:
            yield one_line(" | ".join(line))
            line = [name] if name else []
            length = len(name)
        line.append(part)
        length += len(part) + 3
    if line:
        yield one_line(" | ".join(line))
