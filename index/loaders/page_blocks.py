"""The blocks of a printed page: runs of lines, tables, and the headings above them.

Knows what a block is; nothing of how tables and headings are told from other lines.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

from index.loaders.joining import joined
from index.loaders.printed_tables import PrintedTable
from index.loaders.typesetting import Line


@dataclass(frozen=True, slots=True)
class PrintedHeading:
    """A heading in the words of the page; 1 is the highest level."""

    text: str
    level: int


@dataclass(frozen=True, slots=True)
class SectionEnd:
    """Where something begins that lies below no heading of a level or deeper."""

    level: int


Run = Sequence[Line] | PrintedTable
Block = Sequence[Line] | PrintedTable | PrintedHeading | SectionEnd


@dataclass(frozen=True, slots=True)
class LinePlace:
    """A line by its page, block and place in that block, each counted from 0."""

    page: int
    block: int
    line: int


@dataclass(frozen=True, slots=True)
class HeadingLines:
    """How many lines are a heading, and of which level.

    None are where something begins that may be a heading, and ends the section before.
    """

    count: int
    level: int


Headings = Mapping[LinePlace, HeadingLines]
"""By the first line of each."""


def text_of(lines: Sequence[Line]) -> str:
    """Join the lines of a heading."""
    return reduce(joined, (line.text for line in lines))


def with_headings(pages: Sequence[Sequence[Run]], headings: Headings) -> list[list[Block]]:
    """Cut the headings out of the runs of lines that hold them.

    A heading that begins inside another one is none, so that no line is there twice.
    """
    return [
        [
            part
            for number, block in enumerate(blocks)
            for part in (
                [block]
                if isinstance(block, PrintedTable)
                else _cut(block, LinePlace(page, number, 0), headings)
            )
        ]
        for page, blocks in enumerate(pages)
    ]


def _cut(run: Sequence[Line], place: LinePlace, headings: Headings) -> Iterator[Block]:
    begun = 0
    for number in range(len(run)):
        heading = headings.get(LinePlace(place.page, place.block, number))
        if heading is None or number < begun:
            continue
        if begun < number:
            yield run[begun:number]
        begun = number + heading.count
        if heading.count:
            yield PrintedHeading(text_of(run[number:begun]), heading.level)
        else:
            yield SectionEnd(heading.level)
    if begun < len(run):
        yield run[begun:]
