"""Distinct documents made by script, and an embedder that costs next to nothing.

For what a sync costs beside embedding; nothing that is found in them means anything.
"""

import random
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from index.language import LANGUAGES
from index.types import Passage, PassageVectors, Vector, VectorSteps

_FILES_A_FOLDER = 100
_SYLLABLES = [a + b for a in "bdfghjklmnprstvwz" for b in ("a", "e", "i", "o", "u", "ee", "oo")]
_ROWS = 4096
_PASSAGES_PER_STEP = 64


def vocabulary(chance: random.Random, size: int = 20_000) -> list[str]:
    """Make words of one to four syllables."""
    words = {
        "".join(chance.choices(_SYLLABLES, k=chance.choice((1, 2, 2, 3, 3, 4))))
        for _ in range(size)
    }
    return sorted(words)


def text(chance: random.Random, words: list[str], number: int) -> str:
    """Make a document of some paragraphs; lengths are log-normal, their median 2,000 characters."""
    wanted = min(60_000, int(chance.lognormvariate(7.6, 0.8)))
    paragraphs, length = [f"Document number {number}."], 0
    while length < wanted:
        sentences = [
            " ".join(chance.choices(words, k=chance.randint(6, 22))).capitalize() + "."
            for _ in range(chance.randint(2, 6))
        ]
        paragraphs.append(" ".join(sentences))
        length += len(paragraphs[-1])
    return "\n\n".join(paragraphs)


def write_documents(folder: Path, count: int, seed: int = 1) -> Iterator[Path]:
    """Write so many distinct documents, a hundred to a folder."""
    chance = random.Random(seed)
    words = vocabulary(chance)
    for number in range(count):
        place = folder / f"folder-{number // _FILES_A_FOLDER:04}"
        place.mkdir(parents=True, exist_ok=True)
        file = place / f"document-{number:06}.txt"
        file.write_text(text(chance, words, number), encoding="utf-8")
        yield file


class SyntheticEmbedder:
    """Sums fixed random rows by the words of a text: cheap, and the same text twice is alike."""

    fingerprint = "synthetic"
    dimension = 384
    hindrance = ""
    languages = frozenset(LANGUAGES)

    def __init__(self) -> None:
        self._rows = np.random.default_rng(1).standard_normal((_ROWS, self.dimension), np.float32)

    def embed_query(self, text: str) -> Vector:
        """Embed one text: shape (384,)."""
        places = [zlib.crc32(word.encode()) % _ROWS for word in text.split()[:24]]
        total = self._rows[places].sum(axis=0) if places else self._rows[0]
        vector: Vector = total / np.linalg.norm(total)
        return vector

    def embed_passages(self, passages: Iterable[Passage]) -> VectorSteps:
        """Embed passages and their sentences, some at a time."""
        step: list[PassageVectors] = []
        for passage in passages:
            sentences = [self.embed_query(passage.text_of(span)) for span in passage.sentences]
            step.append(PassageVectors(self.embed_query(passage.text), self._stacked(sentences)))
            if len(step) == _PASSAGES_PER_STEP:
                yield step
                step = []
        if step:
            yield step

    def _stacked(self, vectors: list[Vector]) -> Vector:
        return np.asarray(vectors, dtype=np.float32).reshape(-1, self.dimension)
