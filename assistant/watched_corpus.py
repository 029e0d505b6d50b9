"""A corpus whose syncs and rebuilds are watched.

Knows which calls to watch; nothing of who watches, or of how a corpus does its work.
"""

import threading
from collections.abc import Generator, Sequence
from pathlib import Path

from assistant.watching import Watch
from index.corpus import Corpus
from index.plans import USUAL, SyncOptions
from index.reading import Reading
from index.types import Embedder, SyncReport
from index.workspace import ChromaAddress


class WatchedCorpus(Corpus):
    """A corpus whose syncs and rebuilds are watched."""

    def __init__(
        self,
        folder: Path,
        embedder: Embedder,
        reading: Reading,
        chroma: ChromaAddress,
        watch: Watch,
        turn: "threading.Lock | None" = None,
    ) -> None:
        super().__init__(folder, embedder, reading, chroma, turn)
        self._watch = watch

    def sync(
        self, paths: Sequence[Path] = (), options: SyncOptions = USUAL
    ) -> Generator[SyncReport, None, None]:
        """Sync as a corpus does."""
        return self._watch.reports("sync", super().sync(paths, options))

    def revisit(self, paths: Sequence[Path]) -> Generator[SyncReport, None, None]:
        """Sync what is remembered, as a corpus does."""
        return self._watch.reports("sync", super().revisit(paths))

    def rebuild(self) -> Generator[SyncReport, None, None]:
        """Rebuild as a corpus does."""
        return self._watch.reports("rebuild", super().rebuild())
