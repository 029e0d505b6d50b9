"""The texts that are embedded for passages, in order, and their vectors by passage again.

Knows passages and shapes; nothing of embedders.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from index.types import Passage, PassageVectors, Vector

PASSAGES_PER_STEP = 8
"""Embedded between two reports of progress; of a process, a list of more that sort better."""


def parted(passages: Iterable[Passage], size: int) -> Iterator[list[Passage]]:
    """Cut a stream of passages into lists of a size."""
    remaining = iter(passages)
    while step := list(islice(remaining, size)):
        yield step


def texts_of(passages: Sequence[Passage]) -> list[str]:
    """List each passage's text and behind it those of its sentences."""
    texts = []
    for passage in passages:
        texts.append(passage.text)
        texts += [passage.text_of(span) for span in passage.sentences]
    return texts


def grouped(passages: Sequence[Passage], rows: Vector) -> list[PassageVectors]:
    """Undo `texts_of` on its vectors, shape (texts, dimension)."""
    vectors, start = [], 0
    for passage in passages:
        end = start + 1 + len(passage.sentences)
        vectors.append(PassageVectors(rows[start], rows[start + 1 : end]))
        start = end
    return vectors


def cleaned(text: str) -> str:
    """Replace what no engine accepts: NUL ends a string in C, lone surrogates are no UTF-8."""
    return text.replace("\0", " ").encode("utf-8", "replace").decode("utf-8")
