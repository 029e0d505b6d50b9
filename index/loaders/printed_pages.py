"""Pages of blocks as one text, in which sentences and sections run on from page to page.

Knows blocks and how a manuscript takes them; nothing of where lines lie or of file formats.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise, zip_longest

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
    is_aside: bool = False
    heading: PrintedHeading | SectionEnd | None = None


def write_pages(pages: Sequence[Sequence[Block]], manuscript: Manuscript) -> None:
    """Write the blocks of all pages, of which the first is page 1."""
    texts = _running_on(
        [list(_texts(blocks, number)) for number, blocks in enumerate(pages, start=1)]
    )
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
            for is_aside, lines in groupby(block, lambda line: line.is_aside):
                run = list(lines)
                yield from (_Text(text, page, run, is_aside) for text in paragraphs(run))


def _running_on(pages: Sequence[list[_Text]]) -> list[_Text]:
    """List the texts of all pages, with nothing between the two parts of a broken sentence.

    Notes and heads stand before the first part then, or behind the second.
    """
    filled = [texts for texts in pages if texts]
    for texts, following in pairwise(filled):
        last = next((text for text in reversed(texts) if not text.is_aside), None)
        first = next((text for text in following if not text.is_aside), None)
        if last and first and _runs_on(last, first):
            texts.append(texts.pop(_place(last, texts)))
            following.insert(0, following.pop(_place(first, following)))
    return [text for texts in filled for text in texts]


def _runs_on(last: _Text, first: _Text) -> bool:
    """Say whether a page's last paragraph goes on in the first of the next."""
    are_prose = bool(last.run and first.run) and not (last.is_aside or first.is_aside)
    return are_prose and goes_on(last.run, first.run[0])


def _place(wanted: _Text, texts: Sequence[_Text]) -> int:
    return next(number for number, text in enumerate(texts) if text is wanted)


def _broken_off(text: _Text, following: _Text | None) -> tuple[str, str | None]:
    """Say how a text ends, and what parts it from the next if a page broke it off: None if not."""
    if following is None or following.page == text.page or not _runs_on(text, following):
        return text.text, None
    before = joined(with_line_end(text.text), following.text)[: -len(following.text)]
    content = before.rstrip()
    return content, before[len(content) :]


def _is_half(text: _Text, following: _Text | None) -> bool:
    """Say whether a page may have parted two texts, though not inside a sentence."""
    if following is None or following.page == text.page:
        return False
    return not (text.heading or following.heading or ends_sentence(text.text))
