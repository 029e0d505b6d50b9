"""The one door to this package: open a data folder, sync, search, show, rebuild.

Knows how the parts fit together; nothing of language models, prompts or the web.
"""

import threading
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Self

from index.check_report import CheckReport
from index.checking import checked
from index.coverage import Coverage
from index.errors import EmbedderUnavailable, EmptyCorpus, StoreUnavailable, UnreadableFile
from index.generation import Generation
from index.language_means import LanguageMeans, complete
from index.originals import Original
from index.reading import Reading
from index.rebuilding import refilled
from index.retriever import HybridRetriever
from index.selection import selected
from index.stores import Stores
from index.synchronisation import Synchroniser, take_out
from index.turns import Turn
from index.types import (
    CorpusStats,
    DocumentFilter,
    DocumentInfo,
    Embedder,
    Hit,
    SentenceMatch,
    SourceDocument,
    SyncReport,
    Unread,
)
from index.workspace import ChromaAddress, Workspace


class Corpus:
    """The documents of one data folder. Any thread may search; one sync runs at a time.

    The caller must be the only process that has the folder open. Corpora that are given the same
    `turn` have one sync at a time between them, since an embedder takes much memory at work.
    """

    def __init__(
        self,
        folder: Path,
        embedder: Embedder,
        reading: Reading,
        chroma: ChromaAddress,
        turn: "threading.Lock | None" = None,
    ) -> None:
        self._embedder = embedder
        self._reading = reading
        self._workspace = Workspace(folder, chroma)
        self._catalog = self._workspace.catalog
        self._turn = Turn(turn)
        self._completing = threading.Lock()
        self._progress: SyncReport | None = None
        self._means: LanguageMeans | None = None
        self._stores = self._workspace.current()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Release the files."""
        self._workspace.close()

    # Questions

    def search(
        self,
        question: str | Mapping[str, float],
        limit: int = 8,
        document_ids: Sequence[int] | None = None,
    ) -> list[Hit]:
        """Rank the passages for a question, best first; of some documents alone, where given.

        No documents at all are not the same as None, and nothing is found in them.

        A mapping weighs wordings of one question: its weights add up to 1, and the first wording
        alone chooses key sentences. Raises EmptyCorpus, EmbedderMismatch, EmbedderUnavailable,
        StoreUnavailable.
        """
        while True:
            stores = self._stores
            if stores is None or not stores.generation.has_ready():
                raise EmptyCorpus("No documents are indexed yet. Run 'bronwijzer sync PATH' first.")
            stores.generation.expect(self._embedder.fingerprint)
            try:
                hits = self._retriever(stores).search(question, limit, document_ids)
            except StoreUnavailable:
                if stores is self._stores:
                    raise
                continue
            # A rebuild that ended meanwhile has taken away what this search was reading.
            if stores is self._stores:
                return hits

    def match_sentences(
        self, text: str, passage_ids: Iterable[int]
    ) -> dict[int, tuple[SentenceMatch, ...]]:
        """Compare a text with each sentence of some passages, by passage."""
        if self._stores is None:
            return {}
        return self._retriever(self._stores).match_sentences(text, passage_ids)

    def source(self, document_id: int) -> SourceDocument:
        """Read a document's text as it was indexed. Raises UnknownDocument."""
        return self._catalog.source(document_id)

    def original(self, document_id: int) -> Original:
        """Find the file that a document was read from. Raises UnknownDocument."""
        return Original(*self._catalog.file_of(document_id), tuple(self._catalog.roots()))

    def document_named(self, name: str) -> int:
        """Number the document whose path is this, or ends with it. Raises UnknownDocument."""
        return self._catalog.named(name)

    @property
    def fingerprint(self) -> str:
        """Name the embedder that made the index; empty where there is none yet."""
        return self._stores.generation.fingerprint if self._stores else ""

    def detect_language(self, text: str, fallback: str) -> str:
        """Name the language of a text, or `fallback` where nothing in it tells."""
        return self._reading.detector.detect(text, fallback)

    # Documents

    def documents(self, path: str = "") -> list[DocumentInfo]:
        """List what is in the index, by path; the document at a path alone, where given."""
        return self._catalog.documents(self._stores.generation.number if self._stores else 0, path)

    def document_count(self) -> int:
        """Count what `documents` lists, without reading it."""
        return self._catalog.ready_count()

    @property
    def state(self) -> tuple[int, ...]:
        """Number the generation, then its documents: while these stay, searches find the same."""
        number = self._stores.generation.number if self._stores else 0
        return (number, *self._catalog.ready_ids())

    def roots(self) -> list[str]:
        """List the remembered paths."""
        return self._catalog.roots()

    def unread(self) -> list[Unread]:
        """List the files that could not be read, and why, by path."""
        return self._catalog.unread()

    def select(self, wanted: DocumentFilter) -> list[int] | None:
        """Number the documents that fit a filter; None where it lets everything through.

        Raises UnknownDocument for a name that no document has.
        """
        return selected(self._catalog, wanted)

    def passage_count(self, document_ids: Sequence[int] | None = None) -> int:
        """Count the passages that can be found, of some documents alone, where given."""
        return self._stores.passage_count(document_ids) if self._stores else 0

    def stats(self) -> CorpusStats:
        """Count what is in the index."""
        documents = self.documents()
        languages = self._languages()
        return CorpusStats(
            documents=len(documents),
            passages=sum(document.passages for document in documents),
            pending=len(self._catalog.pending()),
            languages=languages,
            roots=tuple(self._catalog.roots()),
            unread=tuple(self.unread()),
            fingerprint=self.fingerprint,
            uncovered=self._coverage().uncovered(languages),
            unmeasured=self._coverage().unmeasured(languages),
        )

    def coverage_warning(self) -> str:
        """Say which languages of the documents the embedder does not cover; empty where none."""
        return self._coverage().warning(self._languages())

    @property
    def syncing(self) -> bool:
        """Say whether a sync or rebuild is running."""
        return self._turn.is_ours

    @property
    def progress(self) -> SyncReport | None:
        """Give the latest report of the sync or rebuild that is running, whoever began it."""
        return self._progress

    def sync(self, paths: Sequence[Path] = ()) -> Generator[SyncReport, None, None]:
        """Bring the index to the state of these paths, or of all remembered ones.

        Paths become remembered roots. Yields growing reports. Raises UnreadableFile for a path
        that does not exist, SyncRunning, EmbedderMismatch, EmbedderUnavailable, StoreUnavailable.
        """
        roots = [str(path.expanduser().resolve()) for path in paths]
        for root in roots:
            if not Path(root).exists():
                raise UnreadableFile(f"There is no file or folder {root}. Nothing was changed.")
        with self._exclusive():
            self._catalog.add_roots(roots)
            stores = self._stores or self._begin()
            stores.generation.expect(self._embedder.fingerprint)
            self._workspace.sweep(stores)
            synchroniser = Synchroniser(stores, self._embedder, self._reading)
            yield from map(self._noted, synchroniser.run(roots or self._catalog.roots()))
            self._complete_means(stores.generation)

    def remove(self, path: Path) -> int:
        """Remove a document, or all below a folder, and forget the path as a root.

        Counts the documents. Raises UnknownDocument where nothing is known of the path.
        """
        with self._exclusive():
            return take_out(path, self._catalog, self._stores)

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
            steps = refilled(new, old, self._embedder, self._reading.detector)
            for report in map(self._noted, steps):
                yield report
            new.switch()
            self._stores = new
            self._workspace.sweep(new)
            self._complete_means(new.generation)
            yield self._noted(replace(report, stage="done", seconds_left=None, done=True))

    def probe(self, sample: int = 50) -> tuple[int, int]:
        """Ask for stored passages by their own vectors: how many were asked, how many found.

        Only this, and no count, shows what an index has lost.
        """
        return self._stores.probe(sample) if self._stores else (0, 0)

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
        with self._exclusive():
            if (stores := self._stores) is not None:
                self._workspace.sweep(stores)
                stores.vectors.drop(stores.generation.collection)
                self._stores = None  # Not before: the next sync would begin anew.
            yield

    def _coverage(self) -> Coverage:
        made_with = self._stores.generation.fingerprint if self._stores else ""
        return Coverage(self._workspace.database, self._embedder, made_with)

    def _languages(self) -> dict[str, int]:
        totals = self._stores.generation.languages() if self._stores else {}
        return {name: entry.passages for name, entry in totals.items() if entry.passages}

    def _noted(self, report: SyncReport) -> SyncReport:
        if report.done:
            report = self._coverage().noted(report, self._languages())
        self._progress = report
        return report

    def _retriever(self, stores: Stores) -> HybridRetriever:
        means = self._means or self._complete_means(stores.generation)
        return HybridRetriever(
            self._embedder, stores.generation, stores.vectors, stores.terms, means.means
        )

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
            self._stores = stores
        return stores

    @contextmanager
    def _exclusive(self) -> Iterator[None]:
        with self._turn.taken():
            try:
                yield
            finally:
                self._progress = None
