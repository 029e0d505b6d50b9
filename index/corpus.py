"""The one door to this package: open a data folder, sync, search, show, rebuild.

Knows how the parts fit together; nothing of language models, prompts or the web.
"""

import shutil
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from index.catalog import Catalog
from index.coverage import Coverage
from index.database import Database
from index.errors import (
    EmbedderMismatch,
    EmptyCorpus,
    StoreUnavailable,
    SyncRunning,
    UnknownDocument,
    UnreadableFile,
)
from index.files import is_below
from index.generation import Generation
from index.passages import split
from index.retriever import HybridRetriever
from index.stores import Stores, embed_documents
from index.synchronisation import Reading, Synchroniser
from index.terms import TermIndex
from index.types import (
    CorpusStats,
    Document,
    DocumentInfo,
    Embedder,
    Hit,
    SentenceMatch,
    SourceDocument,
    SyncReport,
)
from index.vectors import VectorStore, open_client


@dataclass(frozen=True, slots=True)
class ChromaAddress:
    """A Chroma server; an empty `url` is the embedded store in the data folder."""

    url: str = ""
    key: str = ""


class Corpus:
    """The documents of one data folder. Any thread may search; one sync runs at a time.

    The caller must be the only process that has the folder open.
    """

    def __init__(
        self, folder: Path, embedder: Embedder, reading: Reading, chroma: ChromaAddress
    ) -> None:
        self._folder = folder
        self._embedder = embedder
        self._reading = reading
        self._chroma = chroma
        self._client = open_client(folder / "chroma", chroma.url, chroma.key)
        self._database = Database(folder / "catalog.sqlite3")
        self._catalog = Catalog(self._database)
        self._syncing = threading.Lock()
        generation = Generation.current(self._database)
        self._stores = self._open(generation) if generation else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Release the files."""
        self._database.close()
        self._client.close()

    # Questions

    def search(self, question: str, limit: int = 8, document_ids: Sequence[int] = ()) -> list[Hit]:
        """Rank the passages for a question, best first; of some documents alone, where given.

        Raises EmptyCorpus, EmbedderMismatch, EmbedderUnavailable, StoreUnavailable.
        """
        while True:
            stores = self._stores
            if stores is None or not stores.generation.has_ready():
                raise EmptyCorpus("No documents are indexed yet. Run 'bronwijzer sync PATH' first.")
            self._check_embedder(stores.generation)
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

    def document_named(self, name: str) -> int:
        """Number the document whose path is this, or ends with it. Raises UnknownDocument."""
        found = self._catalog.ready_at(name)
        if len(found) == 1:
            return next(iter(found))
        exact = [number for number, path in found.items() if path == name]
        if exact:
            return exact[0]
        if found:
            paths = ", ".join(sorted(found.values())[:3])
            raise UnknownDocument(f"{name!r} names {len(found)} documents: {paths}. Add a folder.")
        raise UnknownDocument(f"No document {name!r} is in the index; 'bronwijzer list' shows all.")

    def detect_language(self, text: str, fallback: str) -> str:
        """Name the language of a text, or `fallback` where nothing in it tells."""
        return self._reading.detector.detect(text, fallback)

    # Documents

    def documents(self) -> list[DocumentInfo]:
        """List what is in the index, by path."""
        return self._catalog.documents(self._stores.generation.number if self._stores else 0)

    def document_count(self) -> int:
        """Count what `documents` lists, without reading it."""
        return self._catalog.ready_count()

    def roots(self) -> list[str]:
        """List the remembered paths."""
        return self._catalog.roots()

    def stats(self) -> CorpusStats:
        """Count what is in the index."""
        documents = self.documents()
        generation = self._stores.generation if self._stores else None
        languages = self._languages()
        return CorpusStats(
            documents=len(documents),
            passages=sum(document.passages for document in documents),
            pending=len(self._catalog.pending()),
            languages=languages,
            roots=tuple(self._catalog.roots()),
            unread=tuple(self._catalog.unread()),
            fingerprint=generation.fingerprint if generation else "",
            uncovered=self._coverage().uncovered(languages),
            unmeasured=self._coverage().unmeasured(languages),
        )

    def coverage_warning(self) -> str:
        """Say which languages of the documents the embedder does not cover; empty where none."""
        return self._coverage().warning(self._languages())

    @property
    def syncing(self) -> bool:
        """Say whether a sync or rebuild is running."""
        return self._syncing.locked()

    def sync(self, paths: Sequence[Path] = ()) -> Iterator[SyncReport]:
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
            self._check_embedder(stores.generation)
            self._sweep(stores)
            synchroniser = Synchroniser(stores, self._embedder, self._reading)
            yield from map(self._noted, synchroniser.run(roots or self._catalog.roots()))

    def remove(self, path: Path) -> int:
        """Remove a document, or all below a folder, and forget the path as a root.

        Counts the documents. Raises UnknownDocument where nothing is known of the path.
        """
        name = str(path.expanduser().resolve())
        with self._exclusive():
            was_root = self._catalog.remove_root(name)
            found = [known for known in self._catalog.known_files() if is_below(known, name)]
            self._catalog.set_unread((), [name])
            if not found and not was_root:
                raise UnknownDocument(
                    f"Nothing in the index lies at {name}. 'bronwijzer list' shows what does."
                )
            if self._stores is not None:
                for known in found:
                    self._stores.retire(known)
                self._stores.purge()
            return len(found)

    def rebuild(self) -> Iterator[SyncReport]:
        """Cut and embed all documents anew beside the old index, then switch to the new one.

        Texts come from the catalog; files are not read. Vectors of the same embedder are kept.
        """
        with self._exclusive():
            old = self._stores
            if old is not None:
                self._sweep(old)
            new = self._begin()
            documents = self._catalog.pending() + [d.id for d in self._catalog.documents(0)]
            for number in documents:
                source = self._catalog.source(number)
                document = Document(source.title, source.text, source.sections)
                new.generation.add(number, split(document, self._reading.detector))
            if old is not None and old.generation.fingerprint == new.generation.fingerprint:
                new.generation.copy_vectors(old.generation)
            begun = SyncReport(stage="rebuilding", unchanged=len(documents))
            for report in embed_documents(new, self._embedder, documents, begun, new.include):
                yield report
            new.switch()
            self._stores = new
            self._sweep(new)
            yield self._noted(replace(report, stage="done", seconds_left=None, done=True))

    def probe(self, sample: int = 50) -> tuple[int, int]:
        """Ask for stored passages by their own vectors: how many were asked, how many found.

        Counts agree even when an index has lost what it counts; only this shows it.
        """
        return self._stores.probe(sample) if self._stores else (0, 0)

    def _coverage(self) -> Coverage:
        made_with = self._stores.generation.fingerprint if self._stores else ""
        return Coverage(self._database, self._embedder, made_with)

    def _languages(self) -> dict[str, int]:
        totals = self._stores.generation.languages() if self._stores else {}
        return {name: entry.passages for name, entry in totals.items() if entry.passages}

    def _noted(self, report: SyncReport) -> SyncReport:
        return self._coverage().noted(report, self._languages()) if report.done else report

    def _retriever(self, stores: Stores) -> HybridRetriever:
        return HybridRetriever(self._embedder, stores.generation, stores.vectors, stores.terms)

    def _begin(self) -> Stores:
        embedder = self._embedder
        generation = Generation.create(self._database, embedder.fingerprint, embedder.dimension)
        stores = self._open(generation)
        if self._stores is None:
            generation.make_current()
            self._stores = stores
        return stores

    def _open(self, generation: Generation) -> Stores:
        where = self._chroma.url or str(self._folder / "chroma")
        return Stores(
            self._database,
            self._catalog,
            generation,
            VectorStore(self._client, generation.collection, generation.dimension, where),
            TermIndex(self._terms_folder(generation.number)),
        )

    def _terms_folder(self, generation: int) -> Path:
        return self._folder / f"terms-{generation}"

    def _sweep(self, stores: Stores) -> None:
        """Drop what an unfinished or a replaced generation has left."""
        for number, collection in stores.generation.leftovers():
            stores.vectors.drop(collection)
            shutil.rmtree(self._terms_folder(number), ignore_errors=True)
            stores.generation.forget(number)

    def _check_embedder(self, generation: Generation) -> None:
        if generation.fingerprint != self._embedder.fingerprint:
            raise EmbedderMismatch(
                f"The index was made with the embedder {generation.fingerprint!r}, the settings "
                f"name {self._embedder.fingerprint!r}. Run 'bronwijzer rebuild' to embed all "
                "documents anew, or set the embedder back."
            )

    @contextmanager
    def _exclusive(self) -> Iterator[None]:
        if not self._syncing.acquire(blocking=False):
            raise SyncRunning("Another sync is running. Wait for it to end, then try again.")
        try:
            yield
        finally:
            self._syncing.release()
