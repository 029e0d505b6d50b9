"""The stores of one generation, written together in an order that survives a crash anywhere.

Knows catalog, Chroma and Tantivy; nothing of files or questions.

The order: a version is written to the catalog as pending; its vectors are stored there as they
are made; Chroma and Tantivy get them; one transaction publishes it and retires the version that
it replaces; then the stores drop what is gone. Every step may be done twice.
"""

import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace

from index.agreement import Agreement
from index.catalog import Catalog, FileState
from index.copies import Copy
from index.database import Database
from index.generation import EmbeddedPassage, Generation
from index.terms import TermIndex
from index.types import Embedder, Passage, PassageVectors, StoredPassage, SyncReport
from index.vectors import VectorRecord, VectorStore

_PROBED_TERMS = 100
"""How far down a passage may lie when its own text is looked up: others may hold all its terms."""

_PASSAGES_PER_COMMIT = 256
_SECONDS_PER_COMMIT = 5.0
"""A commit of the lexical index costs near as much as writing hundreds of passages to it."""


@dataclass(frozen=True, slots=True)
class Stores:
    """The stores of one generation, which are written together."""

    database: Database
    catalog: Catalog
    generation: Generation
    vectors: VectorStore
    terms: TermIndex
    agreement: Agreement

    def write(self, passages: list[EmbeddedPassage]) -> None:
        """Put passages into Chroma and Tantivy."""
        self.agreement.revoke()
        languages = {item.stored.passage.language for item in passages}
        slots = {language: self.generation.slot(language) for language in languages}
        self.vectors.add(_records(passages, slots))
        with self.terms.writer() as writer:
            writer.add((item.stored.id, item.stored.passage.text) for item in passages)
            writer.commit()

    def misplaced(self, passages: list[EmbeddedPassage]) -> tuple[list[int], list[int]]:
        """Number those that Chroma, and those that Tantivy, has wrong or does not find."""
        slots = {name: entry.slot for name, entry in self.generation.languages().items()}
        in_terms = ((item.stored.id, item.stored.passage.text) for item in passages)
        return (
            self.vectors.misplaced(_records(passages, slots)),
            self.terms.misplaced(in_terms),
        )

    def erase(self, passage_ids: list[int]) -> None:
        """Take passages out of Chroma and Tantivy."""
        if not passage_ids:
            return
        self.agreement.revoke()
        self.vectors.remove(passage_ids)
        with self.terms.writer() as writer:
            writer.remove(passage_ids)
            writer.commit()

    def publish(self, document_ids: list[int]) -> None:
        """Make pending documents ready, all or none, and their earlier versions gone."""
        self.write(self.generation.of_documents(document_ids))
        with self.database.transaction():
            self.generation.weigh(document_ids, 1)
            for document_id in document_ids:
                self.generation.weigh(self.catalog.publish(document_id), -1)

    def include(self, document_ids: list[int]) -> None:
        """Put documents into a generation that is not current yet, leaving their state."""
        self.write(self.generation.of_documents(document_ids))
        self.generation.weigh(document_ids, 1)

    def switch(self) -> None:
        """Make this generation the current one; what was pending is in it and ready."""
        with self.database.transaction():
            for document_id in self.catalog.pending():
                self.generation.weigh(self.catalog.publish(document_id), -1)
            self.generation.make_current()

    def retire(self, path: str) -> None:
        """Take a document out of sight."""
        with self.database.transaction():
            self.agreement.revoke()
            self.generation.weigh(self.catalog.retire(path), -1)

    def move(self, document_id: int, path: str, state: FileState) -> None:
        """Have a document under another path, in the place of what was there."""
        with self.database.transaction():
            self.retire(path)
            self.catalog.move(document_id, path, state.size, state.mtime_ns)

    def copy(self, copy: Copy) -> None:
        """Note that a file has the content of a document, in the place of what it had."""
        with self.database.transaction():
            self.retire(copy.path)
            self.catalog.copies.add(copy)

    def purge(self) -> None:
        """Drop what is gone from every store."""
        gone = self.catalog.gone()
        self.erase(self.generation.passage_ids(gone))
        self.catalog.delete(gone)

    def are_in_step(self) -> bool:
        """Say whether Chroma and Tantivy surely hold the ready passages, without reading all.

        By the mark, how many passages there are, and the newest of them: a store that lost what
        was written to it last, or is an earlier copy, has fewer or more, or lacks the newest. One
        that is newer than the catalog has passages above it, since no number is used twice.
        """
        if not self.agreement.is_noted:
            return False
        ready = self.agreement.extent()
        # Both stores get what is new, and Chroma's files need not be opened for this.
        if self.terms.has_above(ready.newest):
            return False
        stores: list[VectorStore | TermIndex] = [self.terms]
        # The first look into Chroma's files reads all vectors.
        if not self.agreement.covers_vectors:
            stores.append(self.vectors)
        are = all(
            store.count() == ready.passages and (not ready.passages or store.has(ready.newest))
            for store in stores
        )
        if are:
            self.agreement.note()
        return are

    def reconcile(self) -> Iterator[int]:
        """Make Chroma and Tantivy hold the ready passages and no others.

        Yields how many repairs are left, at first and after every few hundred.
        """
        self.purge()
        wanted = self.generation.ready_ids()
        in_vectors, in_terms = self.vectors.ids(), self.terms.ids()
        foreign = sorted((in_vectors | in_terms) - wanted)
        missing = sorted(wanted - (in_vectors & in_terms))
        left = len(foreign) + len(missing)
        yield left
        for portion in _portions(foreign):
            self.erase(portion)
            left -= len(portion)
            yield left
        for portion in _portions(missing):
            self.write(self.generation.ready(portion))
            left -= len(portion)
            yield left
        self.agreement.note()

    def passage_count(self, document_ids: Sequence[int] | None = None) -> int:
        """Count the passages that can be found, of some documents alone, where given."""
        if document_ids is not None:
            return len(self.generation.passage_ids(document_ids))
        return sum(entry.passages for entry in self.generation.languages().values())

    def probe(self, sample: int) -> tuple[int, int]:
        """Ask for passages by their own vectors: how many were asked, how many found."""
        wanted = sorted(self.generation.ready_ids())
        step = max(1, len(wanted) // sample)
        passages = self.generation.ready(wanted[::step][:sample])
        found = sum(
            item.stored.id in self.vectors.search(item.vector, {}, 10)
            and item.stored.id in self.terms.search(item.stored.passage.text, _PROBED_TERMS)
            for item in passages
        )
        return len(passages), found


def _portions(passage_ids: list[int]) -> Iterator[list[int]]:
    for start in range(0, len(passage_ids), _PASSAGES_PER_COMMIT):
        yield passage_ids[start : start + _PASSAGES_PER_COMMIT]


def _records(passages: list[EmbeddedPassage], slots: Mapping[str, int]) -> list[VectorRecord]:
    """Write passages as Chroma keeps them; a language without a slot has the next one."""
    return [
        VectorRecord(
            item.stored.id,
            item.stored.document_id,
            item.stored.passage.language,
            slots.get(item.stored.passage.language, len(slots)),
            item.vector,
        )
        for item in passages
    ]


class _Queue:
    """The passages on their way through the embedder, and the documents that they belong to."""

    def __init__(self, generation: Generation, document_ids: Sequence[int]) -> None:
        self._generation = generation
        self._document_ids = document_ids
        self._sent: deque[StoredPassage] = deque()
        self._unfinished: deque[_Unfinished] = deque()
        self._finished: list[int] = []
        self._finished_passages = 0

    def passages(self) -> Iterator[Passage]:
        """Read what has no vectors yet, document by document, only as fast as it is wanted."""
        for document_id in self._document_ids:
            passages = self._generation.without_vectors(document_id)
            size = len(self._generation.passage_ids([document_id]))
            self._unfinished.append(_Unfinished(document_id, size, len(passages)))
            for stored in passages:
                self._sent.append(stored)
                yield stored.passage

    def store(self, vectors: Sequence[PassageVectors]) -> None:
        """Store the vectors of the passages that were read first."""
        numbers = [self._sent.popleft().id for _ in vectors]
        self._generation.set_vectors(zip(numbers, vectors, strict=True))
        left = len(vectors)
        for document in self._unfinished:
            taken = min(left, document.to_embed)
            document.to_embed -= taken
            left -= taken

    def portions(self, rest: bool) -> Iterator[list[int]]:
        """Number the documents all of whose passages have vectors now; each of them once.

        A portion has a few hundred passages; those too few for one wait, unless `rest` is wanted.
        """
        while self._unfinished and self._unfinished[0].to_embed == 0:
            document = self._unfinished.popleft()
            self._finished.append(document.document_id)
            self._finished_passages += document.passages
            if self._finished_passages >= _PASSAGES_PER_COMMIT:
                yield self._taken()
        if rest and self._finished:
            yield self._taken()

    def _taken(self) -> list[int]:
        taken, self._finished, self._finished_passages = self._finished, [], 0
        return taken


@dataclass(slots=True)
class _Unfinished:
    """A document that was read, its passages, and how many of them have no vectors yet."""

    document_id: int
    passages: int
    to_embed: int


def embed_documents(
    stores: Stores,
    embedder: Embedder,
    document_ids: Sequence[int],
    report: SyncReport,
    commit: Callable[[list[int]], None],
) -> Iterator[SyncReport]:
    """Embed what has no vectors yet; hand documents to `commit` a few hundred passages at a time.

    Yields the report with the progress so far, and an estimate of the seconds left.
    """
    started = committed = time.monotonic()
    embedded_before = report.embedded
    to_embed = embedded_before + stores.generation.to_embed()
    report = replace(report, stage="embedding", to_embed=to_embed)
    yield report
    queue = _Queue(stores.generation, document_ids)
    # Closed with this generator, since an embedder may hold a process.
    with closing(embedder.embed_passages(queue.passages())) as steps:
        for vectors in steps:
            queue.store(vectors)
            report = replace(report, embedded=report.embedded + len(vectors))
            pace = (report.embedded - embedded_before) / max(time.monotonic() - started, 1e-6)
            report = _at_pace(report, pace)
            yield report
            for portion in queue.portions(time.monotonic() - committed > _SECONDS_PER_COMMIT):
                commit(portion)
                committed = time.monotonic()
                yield report
    for portion in queue.portions(rest=True):
        commit(portion)
        yield report
    if embedder.hindrance:
        note = f"Embedded without the fast engine, which is slower, since {embedder.hindrance}."
        others = (other for other in report.notes if other != note)
        report = replace(report, notes=(*others, note))
    yield report


def _at_pace(report: SyncReport, pace: float) -> SyncReport:
    left = max(0, report.to_embed - report.embedded) / pace
    return replace(report, per_second=pace, seconds_left=left)
