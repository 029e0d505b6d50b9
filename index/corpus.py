"""The one door to this package: open a data folder, sync, search, show, rebuild.

Knows how the parts fit together; nothing of language models, prompts or the web.
"""

import threading
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from index.check_report import CheckReport
from index.checking import checked
from index.errors import EmbedderUnavailable, VectorServerAway
from index.generation import Generation
from index.language_means import LanguageMeans, complete
from index.planning import named_roots, planned, remember
from index.plans import USUAL, SyncOptions, SyncPlan
from index.reader import CorpusReader
from index.reading import Reading
from index.rebuilding import refilled
from index.stores import Stores
from index.synchronisation import Synchroniser, take_out
from index.totals import passages_by_language
from index.turns import Turn
from index.types import Embedder, SyncReport
from index.workspace import ChromaAddress, Workspace

_OLD_VECTORS_LEFT = (
    "Chroma went away before it had deleted the old vectors; the next sync deletes them."
)


class Corpus(CorpusReader):
    """The documents of one data folder. Any thread may search; one sync runs at a time.

    The caller must be the only process that has the folder open, `read_only` ones excepted.
    Corpora that are given the same `turn` have one sync at a time between them, since an embedder
    takes much memory at work. Raises StoreUnavailable.
    """

    def __init__(
        self,
        folder: Path,
        embedder: Embedder,
        reading: Reading,
        chroma: ChromaAddress,
        turn: "threading.Lock | None" = None,
        read_only: bool = False,
    ) -> None:
        super().__init__(Workspace(folder, chroma, read_only), embedder, reading)
        self._turn = Turn(turn)
        self._completing = threading.Lock()
        self._progress: SyncReport | None = None

    @property
    def syncing(self) -> bool:
        """Say whether a sync or rebuild is running."""
        return self._turn.is_ours

    @property
    def progress(self) -> SyncReport | None:
        """Give the latest report of the sync or rebuild that is running, whoever began it."""
        return self._progress

    def sync(
        self, paths: Sequence[Path] = (), options: SyncOptions = USUAL
    ) -> Generator[SyncReport, None, None]:
        """Bring the index to the state of these paths, or of all remembered ones.

        Paths become remembered roots. Yields growing reports. Raises UnreadableFile for a path
        that does not exist, SyncRunning, EmbedderMismatch, EmbedderUnavailable, StoreUnavailable.
        """
        roots = named_roots(paths, options)
        with self._exclusive():
            remember(self._catalog, roots, options)
            yield from self._visited(roots or self._catalog.roots(), options)

    def revisit(self, paths: Sequence[Path]) -> Generator[SyncReport, None, None]:
        """Bring the index to the state of those of these paths that are remembered still.

        Yields and raises as `sync` does; a path that is away is told in the report.
        """
        with self._exclusive():
            wanted = {str(path) for path in paths}
            yield from self._visited([r for r in self._catalog.roots() if r in wanted], USUAL)

    def remember(self, paths: Sequence[Path]) -> None:
        """Have the next sync of all remembered paths visit these; also while a sync runs.

        Raises UnreadableFile as `sync` does.
        """
        remember(self._catalog, named_roots(paths, USUAL), USUAL)

    def preview(self, paths: Sequence[Path] = (), options: SyncOptions = USUAL) -> SyncPlan:
        """Say what `sync` would do, and change nothing. Raises UnreadableFile as it does."""
        roots = named_roots(paths, options)
        return planned(self._catalog, self._reading, roots or self._catalog.roots(), options)

    def remove(self, path: Path) -> int:
        """Remove a document, or all below a folder, and forget the path as a root.

        Counts the documents. Raises UnknownDocument where nothing is known of the path.
        """
        with self._turn.changing():
            with self._workspace.database.transaction():
                count = take_out(path, self._catalog, self._stores)
            if (stores := self._stores) is not None:
                stores.purge()
            return count

    def rebuild(self) -> Generator[SyncReport, None, None]:
        """Cut and embed all documents anew beside the old index, then switch to the new one.

        Texts come from the catalog; files are not read. Vectors of the same embedder are kept.
        """
        with self._exclusive():
            old = self._stores
            if old is not None:
                self._workspace.sweep(old)
            new = self._begin()
            report = SyncReport()
            outages = self._workspace.outages(new)
            steps = refilled(new, old, self._embedder, self._reading.detector, outages)
            for report in map(self._noted, steps):
                yield report
            new.switch()
            try:
                self._workspace.drop_stores_beside(new)
            except VectorServerAway:
                # The new index is in use and whole; the next sync sweeps.
                report = replace(report, notes=(*report.notes, _OLD_VECTORS_LEFT))
            self._complete_means(new.generation)
            yield self._noted(replace(report, stage="done", seconds_left=None, done=True))

    def check(self, repair: bool = False) -> Generator[CheckReport, None, None]:
        """Compare catalog, Chroma and Tantivy, and mend them, where wanted; growing reports.

        Raises SyncRunning, StoreUnavailable, EmbedderUnavailable.
        """
        with self._exclusive():
            yield from checked(self._stores, self._embedder, self._reading.detector, repair)

    @contextmanager
    def retired(self) -> Iterator[None]:
        """Drop the vectors, wherever they are kept, so that the folder can be closed and deleted.

        No sync runs meanwhile. Raises SyncRunning, StoreUnavailable.
        """
        with self._turn.changing():
            if (stores := self._stores) is not None:
                self._workspace.sweep(stores)
                stores.agreement.revoke()
                stores.vectors.drop(stores.generation.collection)
            yield

    def _visited(self, roots: Sequence[str], options: SyncOptions) -> Iterator[SyncReport]:
        stores = self._stores or self._begin()
        stores.generation.expect(self._embedder.fingerprint)
        # Only a server that goes away in the middle is waited for.
        stores.vectors.expect_answer()
        self._workspace.sweep(stores)
        outages = self._workspace.outages(stores)
        synchroniser = Synchroniser(stores, self._embedder, self._reading, outages, options)
        yield from map(self._noted, synchroniser.run(roots))
        self._complete_means(stores.generation)

    def _noted(self, report: SyncReport) -> SyncReport:
        if report.done:
            report = self._coverage().noted(report, passages_by_language(self._stores))
        self._progress = report
        return report

    def _language_means(self, generation: Generation) -> LanguageMeans:
        return self._means or self._complete_means(generation)

    def _complete_means(self, generation: Generation) -> LanguageMeans:
        """Have the mean of every language there is; without, where the embedder is away."""
        with self._completing:
            try:
                self._means = complete(
                    self._workspace.folder, self._embedder, generation.languages()
                )
            except EmbedderUnavailable:
                return LanguageMeans()
            return self._means

    def _begin(self) -> Stores:
        stores = self._workspace.begin(self._embedder)
        if self._stores is None:
            stores.generation.make_current()
        return stores

    @contextmanager
    def _exclusive(self) -> Iterator[None]:
        with self._turn.taken():
            try:
                yield
            finally:
                self._progress = None
