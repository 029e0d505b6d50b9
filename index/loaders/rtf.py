"""Rich Text Format: the text of a file, without its looks.

Knows paragraphs and rows of cells in what striprtf returns; nothing of the markup.
"""

from itertools import groupby
from pathlib import Path

import regex
from striprtf.striprtf import rtf_to_text

from index.errors import UnreadableFile
from index.loaders.cleaning import one_line
from index.loaders.content import content_of, kind_of, reading
from index.loaders.manuscript import Manuscript
from index.loaders.tables import cells
from index.loaders.titles import is_title, name_of
from index.types import Document

_KIND = "an RTF document"
_TITLE = regex.compile(r"\\title ([^{}]{1,300})\}")
_FOOTNOTE = regex.compile(r"\\footnote(?![a-z])")
_ROW_END = "|"


def load_rtf(path: Path) -> Document:
    """Read an RTF document. Raises UnreadableFile."""
    content = content_of(path)
    kind = kind_of(content.lstrip())
    if kind != _KIND:
        raise UnreadableFile(f"The file is {kind or 'damaged, or something else'}, not {_KIND}")
    markup = content.decode("latin-1")  # every byte as it is: RTF says itself what bytes mean
    text = _text(markup)
    manuscript = Manuscript()
    for is_table, lines in groupby(text.split("\n"), lambda line: line.endswith(_ROW_END)):
        if is_table:
            manuscript.add_table([cells(line[:-1].split(_ROW_END)) for line in lines])
        else:
            for line in lines:
                manuscript.add(line)
    notes = len(_FOOTNOTE.findall(markup))
    if notes:
        manuscript.warn(f"Footnotes, which were left out: {notes:,} (save the file as .docx)")
    title = _title(markup)
    return manuscript.document(title if is_title(title) else name_of(path))


def _title(markup: str) -> str:
    found = _TITLE.search(markup)
    return one_line(_text(f"{{\\rtf1 {found[1]}}}")) if found else ""


def _text(markup: str) -> str:
    with reading(_KIND):
        return str(rtf_to_text(markup, errors="replace"))  # type: ignore[no-untyped-call]
