"""A corpus that another process owns: searched and shown here, changed there.

Knows what must not be done beside the owner; nothing of how it is asked to do it.
"""

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from index.check_report import CheckReport
from index.corpus import Corpus
from index.errors import ReadOnly
from index.generation import Generation
from index.language_means import LanguageMeans
from index.plans import USUAL, SyncOptions
from index.reader import CorpusReader
from index.reading import Reading
from index.types import Embedder, SyncReport
from index.workspace import ChromaAddress


class ReadOnlyCorpus(Corpus):
    """What the owner has committed, seen as soon as it has; all that changes it raises ReadOnly.

    The vectors must be on a Chroma server. Makes no file. Raises StoreUnavailable.
    """

    def __init__(
        self, folder: Path, embedder: Embedder, reading: Reading, chroma: ChromaAddress
    ) -> None:
        super().__init__(folder, embedder, reading, chroma, read_only=True)

    @property
    def syncing(self) -> bool:
        """Say whether the owner has documents in hand; what depends on their state can wait."""
        return bool(self._catalog.pending())

    def sync(
        self, paths: Sequence[Path] = (), options: SyncOptions = USUAL
    ) -> Generator[SyncReport, None, None]:
        """Raise ReadOnly."""
        self._refuse()

    def revisit(self, paths: Sequence[Path]) -> Generator[SyncReport, None, None]:
        """Raise ReadOnly."""
        self._refuse()

    def remember(self, paths: Sequence[Path]) -> None:
        """Raise ReadOnly."""
        self._refuse()

    def remove(self, path: Path) -> int:
        """Raise ReadOnly."""
        self._refuse()

    def rebuild(self) -> Generator[SyncReport, None, None]:
        """Raise ReadOnly."""
        self._refuse()

    def check(self, repair: bool = False) -> Generator[CheckReport, None, None]:
        """Raise ReadOnly."""
        self._refuse()

    @contextmanager
    def retired(self) -> Iterator[None]:
        """Raise ReadOnly."""
        self._refuse()
        yield

    def _language_means(self, generation: Generation) -> LanguageMeans:
        return CorpusReader._language_means(self, generation)

    def _refuse(self) -> NoReturn:
        raise ReadOnly(
            f"This process only reads {self._workspace.folder}. Ask the process that owns it, "
            "by a command such as 'bronwijzer sync' or on its own pages."
        )
