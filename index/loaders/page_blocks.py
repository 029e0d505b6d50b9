"""The blocks of a printed page: runs of lines, tables, and the headings above them.

Knows what a block is; nothing of how tables and headings are told from other lines.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

from index.loaders.joining import joined
from index.loaders.printed_tables import PrintedTable
from index.loaders.typesetting import Line


@dataclass(frozen=True, slots=True)
class PrintedHeading:
    """A heading in the words of the page; 1 is the highest level.

    One that is not sure is text, and what follows it belongs to no heading of its level or
    deeper. It may be without words, where a document says that a part begins.
    """

    text: str
    level: int
    is_sure: bool


Run = Sequence[Line] | PrintedTable
Block = Sequence[Line] | PrintedTable | PrintedHeading


@dataclass(frozen=True, slots=True)
class LinePlace:
    """A line by its page, block and place in that block, each counted from 0."""

    page: int
    block: int
    line: int


@dataclass(frozen=True, slots=True)
class HeadingLines:
    """How many lines are a heading, and of which level; none where it has no words."""

    count: int
    level: int
    is_sure: bool = True


Headings = Mapping[LinePlace, HeadingLines]
"""By the first line of each."""


def text_of(lines: Sequence[Line]) -> str:
    """Join the lines of a heading."""
    return reduce(joined, (line.text for line in lines), "") if len(lines) > 1 else lines[0].text


def with_headings(pages: Sequence[Sequence[Run]], headings: Headings) -> list[list[Block]]:
    """Cut the headings out of the runs of lines that hold them."""
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


def _cut(run: Sequence[Line], place: LinePlace, headings: Headings) -> list[Block]:
    blocks: list[Block] = []
    begun = number = 0
    while number < len(run):
        heading = headings.get(LinePlace(place.page, place.block, number))
        if heading is None:
            number += 1
            continue
        if begun < number:
            blocks.append(run[begun:number])
        end = number + heading.count
        text = text_of(run[number:end]) if heading.count else ""
        blocks.append(PrintedHeading(text, heading.level, heading.is_sure))
        begun = end
        number = max(end, number + 1)
    if begun < len(run):
        blocks.append(run[begun:])
    return blocks
