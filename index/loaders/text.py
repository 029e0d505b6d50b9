"""Plain text files: paragraphs, with lines joined that an editor broke at a fixed width.

Knows what broken lines look like; nothing of markup.
"""

from itertools import pairwise
from pathlib import Path

import regex

from index.loaders.cleaning import clean
from index.loaders.content import content_of
from index.loaders.encoding import decode
from index.loaders.html import is_page, load_html
from index.loaders.joining import joined
from index.loaders.manuscript import Manuscript
from index.loaders.titles import name_of
from index.types import Document

_NARROWEST = 50
"""In characters. Text broken at less is verse, an address or a list, whose lines mean something."""

_RAGGED = 0.88
"""A line is full that the next word would bring past this share of the longest line: a strict 1
fits fixed-width text, but text copied out of a PDF was broken by the width of its letters."""

_PROSE = 1 / 3
"""The least share of lines that go on in lower case for a run of full lines to be prose."""

_NEIGHBOURS = 5
"""Lines before and after that show how wide the text is here."""

_ITEM = regex.compile(r"\s*([-*•–+>|#]|\(?(\d{1,3}|[a-z])[.)]\s)")
_COLUMNS = regex.compile(r"\S *\t|[^\s.!?:;] {2,}\S|\S {3,}\S")


def load_text(path: Path) -> Document:
    """Read a text file, or a web page under its name. Raises UnreadableFile."""
    content = content_of(path)
    if is_page(content):
        return load_html(path)
    manuscript = Manuscript()
    write_text(decode(content, warn=manuscript.warn), manuscript)
    return manuscript.document(name_of(path))


def write_text(text: str, manuscript: Manuscript) -> None:
    """Write plain text into a manuscript, paragraph by paragraph."""
    for paragraph in clean(text).split("\n\n"):
        manuscript.add("\n".join(unbroken(paragraph.split("\n"))))


def unbroken(lines: list[str]) -> list[str]:
    """Join the runs of lines that were broken at a fixed width; leave all others as they are."""
    if max(map(len, lines)) <= _NARROWEST:
        return lines
    runs = [[lines[0]]]
    for number, (line, following) in enumerate(pairwise(lines)):
        near = lines[max(0, number - _NEIGHBOURS) : number + _NEIGHBOURS + 1]
        if _is_full(line, following, max(map(len, near))):
            runs[-1].append(following)
        else:
            runs.append([following])
    return [text for run in runs for text in (_paragraph(run) if _is_prose(run) else run)]


def _is_full(line: str, following: str, longest: int) -> bool:
    """Say whether the next line's first word had no room left."""
    if longest <= _NARROWEST or _ITEM.match(following):
        return False
    if _COLUMNS.search(line) or _COLUMNS.search(following):
        return False
    word = following.split(maxsplit=1)[0]
    return len(line) + 1 + len(word) > _RAGGED * longest


def _is_prose(run: list[str]) -> bool:
    going_on = run[1:]
    lower = sum(line.lstrip()[:1].islower() for line in going_on)
    return bool(going_on) and lower >= _PROSE * len(going_on)


def _paragraph(run: list[str]) -> list[str]:
    """Join a run, looking no further back than one line: a file may be a single paragraph."""
    parts = []
    last = run[0]
    for line in map(str.lstrip, run[1:]):
        both = joined(last, line)
        parts.append(both[: len(both) - len(line)])
        last = line
    return ["".join([*parts, last])]
