"""The values that cross the borders of this package.

Knows shapes and units; knows nothing of files, stores or models.
"""

from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.float32]
"""Unit length, shape (dimension,); or one row a text, shape (n, dimension)."""


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open range [start, end) of Unicode code points in a document's text."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Section:
    """The place that begins at `start` and lasts until the next section begins.

    `page` counts from 1; `heading` is the path of headings above the text, outermost first,
    joined by " › ".
    """

    start: int
    page: int | None = None
    heading: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """What a loader makes of a file: cleaned text, and the places in it in order of `start`."""

    title: str
    text: str
    sections: tuple[Section, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of a document: `document.text[start:end] == text`, always.

    `sentences` are spans of the document (not of the passage), in order, inside [start, end).
    `sections` are the places it touches; the first may begin before the passage does.
    """

    start: int
    end: int
    text: str
    sentences: tuple[Span, ...]
    sections: tuple[Section, ...] = ()
    language: str = ""

    def text_of(self, span: Span) -> str:
        """Cut a span of the document out of this passage's text."""
        return self.text[span.start - self.start : span.end - self.start]

    def section_at(self, position: int) -> Section:
        """Find the place of a position of the document inside this passage."""
        begun = [section for section in self.sections if section.start <= position]
        return begun[-1] if begun else Section(self.start)


@dataclass(frozen=True, slots=True)
class Parsed:
    """What reading a file gives: its document, passages, language, and which parser read it."""

    document: Document
    passages: tuple[Passage, ...]
    language: str
    parser: str


@dataclass(frozen=True, slots=True)
class PassageVectors:
    """The vectors of one passage: shape (dimension,), and (sentences, dimension)."""

    passage: Vector
    sentences: Vector


VectorSteps = Generator[list[PassageVectors], None, None]
"""Vectors of passages, some at a time."""


class Embedder(Protocol):
    """Turns text into unit vectors whose dot product is their likeness."""

    @property
    def fingerprint(self) -> str:
        """Name what the vectors depend on; vectors of unequal fingerprints never meet."""

    @property
    def dimension(self) -> int:
        """Length of every vector."""

    @property
    def languages(self) -> frozenset[str] | None:
        """The languages that its makers say it covers, by two-letter code; None where unknown."""

    def embed_query(self, text: str) -> Vector:
        """Embed one question: shape (dimension,)."""

    @property
    def hindrance(self) -> str:
        """What made the last work slower than it could be; empty where nothing did."""

    def embed_passages(self, passages: Iterable[Passage]) -> VectorSteps:
        """Embed passages and each of their sentences; some at a time, in the order they came.

        Passages are read a bounded number ahead. Closing the generator frees what it holds.
        """


@dataclass(frozen=True, slots=True)
class StoredPassage:
    """A passage with the identity it has in the catalog and the document it comes from."""

    id: int
    document_id: int
    title: str
    path: str
    passage: Passage


@dataclass(frozen=True, slots=True)
class SentenceMatch:
    """How a text compares with one sentence of a passage.

    `similarity` is the cosine; `score` adds shared terms and orders the sentences of one text.
    """

    span: Span
    similarity: float
    score: float


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that a question found, its sentences, and the one that says most about it.

    `score` orders hits of one question. These mean the same for every question: `similarity`,
    the cosine of question and passage; `offset`, the likeness of the question to the passage's
    language as such; `coverage`, the share (0 to 1, by rarity) of the question's terms in the
    passage; `key_similarity`, the cosine of question and key sentence. `sentences` compares the
    question with each sentence of the passage, in order.
    """

    stored: StoredPassage
    score: float
    similarity: float
    offset: float
    coverage: float
    key: Span
    key_similarity: float
    sentences: tuple[SentenceMatch, ...]


@dataclass(frozen=True, slots=True)
class DocumentInfo:
    """What a list of documents shows of one. `indexed_at` is in seconds since the epoch.

    `copies` are the paths of other files with the same content.
    `parser` names what read the file, with versions; it is empty where that was not yet noted.
    """

    id: int
    path: str
    title: str
    language: str
    passages: int
    size: int
    indexed_at: float
    warnings: tuple[str, ...]
    parser: str = ""
    copies: tuple[str, ...] = ()

    @property
    def paths(self) -> tuple[str, ...]:
        """All files that say this; the document's own comes first."""
        return (self.path, *self.copies)


@dataclass(frozen=True, slots=True)
class DocumentFilter:
    """Which documents to search: those that fit all that is set; as it comes, all of them.

    `names` are documents' paths or ends of paths; `numbers` the documents' own, where no numbers at
    all are no documents, and None is all; `path` a pattern for paths below their root, in
    which "*" stands for characters of one name and "**" for folders; `types` suffixes such as
    ".pdf"; `languages` two-letter codes. Times are in seconds since the epoch: from `…_since` on,
    and before `…_before`. A file's own time is the one when it was last written.
    """

    names: tuple[str, ...] = ()
    numbers: tuple[int, ...] | None = None
    path: str = ""
    types: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    modified_since: float | None = None
    modified_before: float | None = None
    indexed_since: float | None = None
    indexed_before: float | None = None

    @property
    def is_set(self) -> bool:
        """Say whether it asks for anything."""
        return self != EVERYTHING

    def naming(self, names: Sequence[str]) -> "DocumentFilter":
        """Keep it to named documents too, where there are any names."""
        return replace(self, names=(*self.names, *names)) if names else self

    @property
    def has_more_than_names(self) -> bool:
        """Say whether it asks for anything beside names and numbers."""
        return replace(self, names=(), numbers=None) != EVERYTHING


EVERYTHING = DocumentFilter()
"""The filter that lets every document through."""


@dataclass(frozen=True, slots=True)
class SourceDocument:
    """A document's text as it was when indexed, for showing a citation in it."""

    id: int
    path: str
    title: str
    language: str
    text: str
    sections: tuple[Section, ...]


@dataclass(frozen=True, slots=True)
class Unread:
    """A file that is not in the index, and why."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that was passed over without a look inside, and why; a folder ends with "/"."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What a sync has done so far; `done` is true in the last one.

    Files are counted: `moved` ones are documents under another path, `copies` new files with the
    content of a document, `kept` ones gone in such a number that their documents stay until that
    is confirmed; `away` counts the paths to visit that were not there; `reread` ones were read
    again without a change, and `renewed` are those of them that are read as something else now.
    `skipped` counts what was passed over by reason; it and `unread` come last.
    `embedded` and `to_embed` count passages, `per_second` is their pace so far; `seconds_left` is
    an estimate or None.
    """

    stage: str = "scanning"
    added: int = 0
    updated: int = 0
    removed: int = 0
    unchanged: int = 0
    moved: int = 0
    copies: int = 0
    kept: int = 0
    away: int = 0
    reread: int = 0
    renewed: int = 0
    skipped: dict[str, int] = field(default_factory=dict)
    unread: tuple[Unread, ...] = ()
    notes: tuple[str, ...] = ()
    embedded: int = 0
    to_embed: int = 0
    per_second: float | None = None
    seconds_left: float | None = None
    done: bool = False

    @property
    def share(self) -> float | None:
        """How much of the embedding is done, 0 to 1; None where that is not known yet."""
        if self.done:
            return 1.0
        return min(1.0, self.embedded / self.to_embed) if self.to_embed else None


@dataclass(frozen=True, slots=True)
class CorpusStats:
    """What the index holds, by language where it says so.

    `skipped` counts the files and folders that were passed over, by reason;
    `uncovered` has the passages in languages that the embedder does not cover, `unmeasured` the
    languages of which that is not known.
    """

    documents: int
    passages: int
    pending: int
    languages: dict[str, int]
    roots: tuple[str, ...]
    unread: tuple[Unread, ...]
    fingerprint: str
    skipped: dict[str, int] = field(default_factory=dict)
    uncovered: dict[str, int] = field(default_factory=dict)
    unmeasured: tuple[str, ...] = ()
