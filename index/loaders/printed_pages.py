"""Pages of blocks as one text, in which sentences and sections run on from page to page.

Knows blocks and how a manuscript takes them; nothing of where lines lie or of file formats.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from index.loaders.joining import ends_sentence, joined, with_line_end, with_visible_hyphens
from index.loaders.manuscript import Manuscript
from index.loaders.page_blocks import Block, PrintedHeading, SectionEnd
from index.loaders.printed_tables import PrintedTable
from index.loaders.typesetting import Line, goes_on, paragraphs


@dataclass(frozen=True, slots=True)
class _Text:
    """A heading, a paragraph or a part of a table; prose has the run of lines that it is from."""

    text: str
    page: int
    run: Sequence[Line] = ()
    heading: PrintedHeading | SectionEnd | None = None


def write_pages(pages: Sequence[Sequence[Block]], manuscript: Manuscript) -> None:
    """Write the blocks of all pages, of which the first is page 1."""
    texts = [
        text for number, blocks in enumerate(pages, start=1) for text in _texts(blocks, number)
    ]
    gap: str | None = None
    is_tight = False
    for text, following in zip_longest(texts, texts[1:]):
        content, gap_after = _broken_off(text, following)
        if isinstance(text.heading, PrintedHeading):
            manuscript.add_heading(content, text.heading.level, page=text.page)
        elif isinstance(text.heading, SectionEnd):
            manuscript.end_sections(text.heading.level)
        elif gap is not None:
            manuscript.go_on(with_visible_hyphens(content), gap=gap, page=text.page)
        else:
            manuscript.add(with_visible_hyphens(content), tight=is_tight, page=text.page)
        gap = gap_after
        is_tight = _is_half(text, following)


def _texts(blocks: Sequence[Block], page: int) -> Iterator[_Text]:
    for block in blocks:
        if isinstance(block, PrintedHeading):
            yield _Text(block.text, page, heading=block)
        elif isinstance(block, SectionEnd):
            yield _Text("", page, heading=block)
        elif isinstance(block, PrintedTable):
            yield from (_Text(text, page) for text in block.texts)
        else:
            yield from (_Text(text, page, run=block) for text in paragraphs(block))


def _broken_off(text: _Text, following: _Text | None) -> tuple[str, str | None]:
    """Say how a text ends, and what parts it from the next if a page broke it off: None if not."""
    if following is None or following.page == text.page or not (text.run and following.run):
        return text.text, None
    if not goes_on(text.run, following.run[0]):
        return text.text, None
    before = joined(with_line_end(text.text), following.text)[: -len(following.text)]
    content = before.rstrip()
    return content, before[len(content) :]


def _is_half(text: _Text, following: _Text | None) -> bool:
    """Say whether a page may have parted two texts, though not inside a sentence."""
    if following is None or following.page == text.page:
        return False
    return not (text.heading or following.heading or ends_sentence(text.text))
