"""Searches and shows the documents of one data folder, as its catalog says at each moment.

Knows which stores are current, whichever process has made them so; nothing of how documents come
there, nor of language models, prompts or the web.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Self, TypeVar

from index.catalog import CATALOG
from index.catalog_version import CatalogVersion
from index.coverage import Coverage
from index.errors import EmptyCorpus, StoreUnavailable
from index.generation import Generation
from index.language_means import LanguageMeans, known, written_at
from index.originals import Original
from index.reading import Reading
from index.remembered_hits import RememberedHits
from index.retriever import HybridRetriever
from index.selection import selected
from index.stores import Stores
from index.totals import passages_by_language, totals
from index.types import (
    CorpusStats,
    DocumentFilter,
    DocumentInfo,
    Embedder,
    Hit,
    SentenceMatch,
    Skipped,
    SourceDocument,
    Unread,
)
from index.workspace import Workspace

_Found = TypeVar("_Found")


class CorpusReader:
    """The documents in a workspace, which it closes. Any thread may ask."""

    def __init__(self, workspace: Workspace, embedder: Embedder, reading: Reading) -> None:
        self._workspace = workspace
        self._catalog = workspace.catalog
        self._embedder = embedder
        self._reading = reading
        self._means: LanguageMeans | None = None
        self._means_at = 0
        self._hits = RememberedHits(CatalogVersion(workspace.folder / CATALOG))
        try:
            workspace.current()
        except StoreUnavailable:
            workspace.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Release the files."""
        self._hits.close()
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

        def ranked(stores: Stores | None) -> list[Hit]:
            if stores is None or not stores.generation.has_ready():
                raise EmptyCorpus("No documents are indexed yet. Run 'bronwijzer sync PATH' first.")
            stores.generation.expect(self._embedder.fingerprint)
            # Means change with their file, which is no part of the catalog.
            retriever = self._retriever(stores)
            wordings = question if isinstance(question, str) else tuple(question.items())
            chosen = None if document_ids is None else tuple(document_ids)
            key = (wordings, limit, chosen, stores.generation.number, self._means_at)
            return self._hits.found(key, lambda: retriever.search(question, limit, document_ids))

        return self._steadily(ranked)

    def match_sentences(
        self, text: str, passage_ids: Iterable[int]
    ) -> dict[int, tuple[SentenceMatch, ...]]:
        """Compare a text with each sentence of some passages, by passage."""
        numbers = tuple(passage_ids)
        return self._steadily(
            lambda stores: self._retriever(stores).match_sentences(text, numbers) if stores else {}
        )

    def source(self, document_id: int) -> SourceDocument:
        """Read a document's text as it was indexed. Raises UnknownDocument."""
        return self._catalog.source(document_id)

    def original(self, document_id: int) -> Original:
        """Find the file that a document was read from. Raises UnknownDocument."""
        return Original(*self._catalog.file_of(document_id), tuple(self._catalog.roots()))

    def paths(self, document_id: int) -> tuple[str, ...]:
        """List the files that say what a document says, its own first. Raises UnknownDocument."""
        return self._catalog.paths_of(document_id)

    def copies(self, document_ids: Iterable[int]) -> dict[int, tuple[str, ...]]:
        """Map those of some documents that have copies to the paths of these."""
        return self._catalog.copies.among(document_ids)

    def document_named(self, name: str) -> int:
        """Number the document whose path is this, or ends with it. Raises UnknownDocument."""
        return self._catalog.named(name)

    @property
    def fingerprint(self) -> str:
        """Name the embedder that made the index; empty where there is none yet."""
        stores = self._stores
        return stores.generation.fingerprint if stores else ""

    def detect_language(self, text: str, fallback: str) -> str:
        """Name the language of a text, or `fallback` where nothing in it tells."""
        return self._reading.detector.detect(text, fallback)

    # Documents

    def documents(self, path: str = "") -> list[DocumentInfo]:
        """List what is in the index, by path; the document at a path alone, where given."""
        return self._catalog.documents(self._generation_number, path)

    def document_count(self) -> int:
        """Count what `documents` lists, without reading it."""
        return self._catalog.ready_count()

    @property
    def state(self) -> tuple[int, ...]:
        """Number the generation, then its documents: while these stay, searches find the same."""
        return (self._generation_number, *self._catalog.ready_ids())

    def roots(self) -> list[str]:
        """List the remembered paths."""
        return self._catalog.roots()

    def unread(self) -> list[Unread]:
        """List the files that could not be read, and why, by path."""
        return self._catalog.unread()

    def skipped(self) -> list[Skipped]:
        """List what was passed over, and why, by path."""
        return self._catalog.skipped()

    def select(self, wanted: DocumentFilter) -> list[int] | None:
        """Number the documents that fit a filter; None where it lets everything through.

        Raises UnknownDocument for a name that no document has.
        """
        return selected(self._catalog, wanted)

    def passage_count(self, document_ids: Sequence[int] | None = None) -> int:
        """Count the passages that can be found, of some documents alone, where given."""
        stores = self._stores
        return stores.passage_count(document_ids) if stores else 0

    def stats(self) -> CorpusStats:
        """Count what is in the index."""
        return totals(self._catalog, self._stores, self._coverage())

    def coverage_warning(self) -> str:
        """Say which languages of the documents the embedder does not cover; empty where none."""
        return self._coverage().warning(passages_by_language(self._stores))

    def probe(self, sample: int = 50) -> tuple[int, int]:
        """Ask for stored passages by their own vectors: how many were asked, how many found.

        Only this, and no count, shows what an index has lost.
        """
        return self._steadily(lambda stores: stores.probe(sample) if stores else (0, 0))

    @property
    def _generation_number(self) -> int:
        stores = self._stores
        return stores.generation.number if stores else 0

    @property
    def _stores(self) -> Stores | None:
        return self._workspace.current()

    def _steadily(self, ask: Callable[[Stores | None], _Found]) -> _Found:
        """Ask the stores, and again where a rebuild has taken away what was being read."""
        while True:
            stores = self._stores
            try:
                found = ask(stores)
            except StoreUnavailable:
                if stores is self._stores:
                    raise
                continue
            if stores is self._stores:
                return found

    def _coverage(self) -> Coverage:
        return Coverage(self._workspace.database, self._embedder, self.fingerprint)

    def _retriever(self, stores: Stores) -> HybridRetriever:
        means = self._language_means(stores.generation)
        return HybridRetriever(
            self._embedder, stores.generation, stores.vectors, stores.terms, means.means
        )

    def _language_means(self, generation: Generation) -> LanguageMeans:
        """Give the means as they are kept, which another process may have added to."""
        folder = self._workspace.folder
        at = written_at(folder)
        if self._means is None or self._means_at != at:
            self._means, self._means_at = known(folder, self._embedder), at
        return self._means
