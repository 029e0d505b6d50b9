"""The values that cross the borders of this package.

Knows shapes; knows nothing of models, pages or prompts.
"""

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from assistant.wording import Wording, english
from index.types import Span

DEFAULT_COLLECTION = "documents"
"""The collection that lies in the data folder itself."""

COLLECTIONS_FOLDER = "collections"
"""Where the other ones lie below it, each in a folder of its name."""

_COLLECTION_NAME = re.compile(r"[a-z0-9-]{1,40}")


def is_collection_name(name: str) -> bool:
    """Say whether a collection can be called so; whether there is one is another matter."""
    return _COLLECTION_NAME.fullmatch(name) is not None


@dataclass(frozen=True, slots=True)
class CollectionCount:
    """A collection, and how many documents and passages can be found in it.

    `failure` says why it cannot be opened, where it cannot; nothing is counted then.
    """

    name: str
    documents: int
    passages: int
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation, or one part of a prompt."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """A passage found for a question, with its key sentence.

    `start` and `end` are the passage's place in the document, `key` the sentence's; `locator`
    names the page or heading. `score` orders the evidence of one question, `sentence_scores` the
    sentences of one passage; `similarity` is the cosine of question and passage. `document_id`
    is a number within the `collection`. `also_at` names the first of the `copies`: other files
    that say the same, byte for byte.
    """

    passage_id: int
    document_id: int
    document: str
    title: str
    locator: str
    language: str
    start: int
    end: int
    text: str
    sentences: tuple[Span, ...]
    sentence_scores: tuple[float, ...]
    key: Span
    score: float
    similarity: float
    collection: str = DEFAULT_COLLECTION
    also_at: tuple[str, ...] = ()
    copies: int = 0

    @property
    def quote(self) -> str:
        """The key sentence."""
        return self.text_of(self.key)

    def text_of(self, span: Span) -> str:
        """Cut a span of the document out of this passage's text."""
        return self.text[span.start - self.start : span.end - self.start]

    def sentences_at(self, place: Span) -> Span:
        """Widen a place in this passage's text to the sentences it touches, in the document."""
        start, end = place.start + self.start, place.end + self.start
        touched = [span for span in self.sentences if span.start < end and start < span.end]
        return Span(touched[0].start, touched[-1].end)


@dataclass(frozen=True, slots=True)
class DocumentText:
    """A document's text as it was indexed; `document` names it as evidence and citations do.

    `indexed` says when (ISO 8601), `parser` what read the file, with versions, and `warnings` what
    of it did not reach the text.
    """

    document_id: int
    document: str
    title: str
    language: str
    text: str
    passages: int = 0
    indexed: str = ""
    parser: str = ""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Citation:
    """A sentence of a document that the answer points at by its number.

    `document` is the file's path; [start, end) is the sentence's place in the document's text.
    `also_at` and `copies` are as those of `Evidence`.
    """

    number: int
    document_id: int
    document: str
    title: str
    locator: str
    language: str
    start: int
    end: int
    quote: str
    collection: str = DEFAULT_COLLECTION
    also_at: tuple[str, ...] = ()
    copies: int = 0


class Support(StrEnum):
    """How well what a claim cites bears it out; UNJUDGED where it states nothing to bear out."""

    SUPPORTED = "supported"
    WEAK = "weak"
    UNSUPPORTED = "unsupported"
    UNJUDGED = "unjudged"


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence of the answer: its place in the answer's text, what it cites, how it holds."""

    start: int
    end: int
    citations: tuple[int, ...]
    support: Support


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that a reader should know: a key of the catalogue of texts, and its values.

    As a string it is English.
    """

    key: str
    values: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, key: str, **values: str) -> "Notice":
        """Make a notice of a text of the catalogue."""
        return cls(key, tuple(values.items()))

    @classmethod
    def plain(cls, text: str) -> "Notice":
        """Make a notice of words that came without their key; they stay as they are."""
        return cls.of("remark_plain", text=text)

    def said(self, wording: Wording) -> str:
        """Give it in a language."""
        return wording(self.key, **dict(self.values))

    def __str__(self) -> str:
        return self.said(english())


LibraryRule = Literal["local", "nobody"]
"""Who may change documents on a page: a person on the machine itself, or nobody."""

AccessRule = Literal["off", "on"]
"""Whether readers are told apart: whoever reaches the server may read all, or only who is known."""

MetricsRule = Literal["local", "everyone", "nobody"]
"""Who may read the figures of the service: a program on the machine itself, all, or nobody."""

LogFormat = Literal["plain", "json", "none"]
"""How the log is written: words for people, JSON lines for programs, or not at all."""

Rewriting = Literal["never", "short", "always"]
"""Which follow-ups a language model rewrites before the search."""


class Kind(StrEnum):
    """What an answer's text is made of."""

    EVIDENCE = "evidence"
    QUOTED = "quoted"
    WRITTEN = "written"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Answer:
    """A snapshot of an answer; each of one question holds all that the one before held.

    Except for the evidence of a follow-up, which one snapshot replaces where a language model
    rewrote the question: `searched` is then the rewritten question, else it is empty.
    Marks "[n]" in `text` are numbers of `citations`. `dropped` counts marks of the model that
    named no source, `misquoted` its quotations that no source holds, which lost their quotation
    marks, `removed_links` its links and addresses that no source holds, `removed_markup` its
    images and HTML tags. `model` names the language model that was asked, None where none was,
    and `read` counts the passages that it was given; `probability` is the search's own
    estimate that the evidence holds the answer, None until it is made; `degraded` says that the
    model failed, and that these are quotations instead. `waiting` counts the answers that come
    before this one at the language model. `notices` tell what the reader should know.
    `timings_ms` has milliseconds since the question came, for
    "evidence", "rewritten", "first_token" and "done".
    """

    question: str
    language: str
    kind: Kind = Kind.EVIDENCE
    text: str = ""
    evidence: tuple[Evidence, ...] = ()
    searched: str = ""
    citations: tuple[Citation, ...] = ()
    claims: tuple[Claim, ...] = ()
    dropped: int = 0
    removed_links: int = 0
    removed_markup: int = 0
    misquoted: int = 0
    model: str | None = None
    read: int = 0
    probability: float | None = None
    degraded: bool = False
    waiting: int = 0
    notices: tuple[Notice, ...] = ()
    timings_ms: dict[str, float] = field(default_factory=dict)
    done: bool = False

    @property
    def refused(self) -> bool:
        """Say whether the documents do not hold the answer."""
        return self.kind is Kind.REFUSED
