"""An embedder that remembers the questions it embedded last.

Knows texts and vectors; nothing of who embeds them.
"""

import threading
from collections.abc import Iterable

from cachetools import LRUCache

from index.types import Embedder, Passage, Vector, VectorSteps


class QueryCache:
    """An embedder with the last `most` questions in memory: 1.5 kB each at 384 dimensions.

    Any thread may ask. Claims of answers are embedded as questions too.
    """

    def __init__(self, embedder: Embedder, most: int = 2000) -> None:
        self._embedder = embedder
        self._kept: LRUCache[str, Vector] = LRUCache(most)
        self._lock = threading.Lock()

    @property
    def fingerprint(self) -> str:
        """That of the embedder."""
        return self._embedder.fingerprint

    @property
    def dimension(self) -> int:
        """That of the embedder."""
        return self._embedder.dimension

    @property
    def languages(self) -> frozenset[str] | None:
        """Those of the embedder."""
        return self._embedder.languages

    @property
    def hindrance(self) -> str:
        """That of the embedder."""
        return self._embedder.hindrance

    def embed_query(self, text: str) -> Vector:
        """Embed one question, or give its vector once more: shape (dimension,), not to write to."""
        with self._lock:
            kept = self._kept.get(text)
        if kept is not None:
            return kept
        vector = self._embedder.embed_query(text)
        vector.setflags(write=False)
        with self._lock:
            self._kept[text] = vector
        return vector

    def embed_passages(self, passages: Iterable[Passage]) -> VectorSteps:
        """Embed passages, which nobody asks for twice."""
        return self._embedder.embed_passages(passages)
