"""The values of an evaluation: gold questions, what a system responds, and the scores.

Knows shapes; nothing of files, of systems or of how anything is scored.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from assistant.types import Message

Score = float | tuple[float, float] | None
"""A row's score of one metric: a number; a pair (numerator, denominator) for metrics that are a
ratio of sums over the rows; None where the metric does not apply to the row."""


@dataclass(frozen=True, slots=True)
class Gold:
    """A place where the answer stands.

    [start, end) in code points of the document's text, or a `quote` of it; neither means that
    the whole document is the gold.
    """

    document: str
    start: int | None = None
    end: int | None = None
    quote: str = ""


@dataclass(frozen=True, slots=True)
class GoldQuestion:
    """A question and what is right for it.

    `answers` are accepted ones, in any language. `scope` names the documents to search; empty is
    all. `line` is its place in the file it was read from.
    """

    id: str
    question: str
    language: str
    answerable: bool
    answers: tuple[str, ...] = ()
    gold: tuple[Gold, ...] = ()
    kind: str = ""
    history: tuple[Message, ...] = ()
    scope: tuple[str, ...] = ()
    core: bool = False
    line: int = 0


@dataclass(frozen=True, slots=True)
class Retrieved:
    """A passage that a system found, at its place in a document, with its key sentence."""

    document: str
    start: int
    end: int
    text: str
    score: float = 0.0
    key: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Cited:
    """What a mark "[n]" in a reply points at: a sentence or passage of a document."""

    number: int
    document: str
    start: int
    end: int
    text: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a written reply, without its marks, and how the system itself judged it.

    `support` is "supported", "weak" or "unsupported", or empty where the system does not judge.
    """

    text: str
    marks: tuple[int, ...]
    support: str = ""


class ReplyKind(StrEnum):
    """What a reply is: quotations, written by a model, a refusal, or none."""

    QUOTED = "quoted"
    WRITTEN = "written"
    REFUSED = "refused"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Response:
    """What a system makes of one question.

    `retrieved` is in rank order; its first `shown` are what a reader sees or the model is given.
    `searched` is what a follow-up was rewritten to, if it was. `language` is the reply's.
    `timings_ms` has "evidence", "rewritten", "first_token" and "done". `error` says why there is
    no reply: such a question counts as answered wrongly.
    """

    retrieved: tuple[Retrieved, ...] = ()
    shown: int = 0
    searched: str = ""
    reply: str = ""
    kind: ReplyKind = ReplyKind.NONE
    language: str = ""
    citations: tuple[Cited, ...] = ()
    sentences: tuple[Sentence, ...] = ()
    dropped: int = 0
    model: str = ""
    notices: tuple[str, ...] = ()
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    error: str = ""

    @property
    def abstained(self) -> bool:
        """Say whether the system declined to answer."""
        return self.kind is ReplyKind.REFUSED


class System(Protocol):
    """What is evaluated: this assistant, here or on a server, or an alternative to it."""

    @property
    def name(self) -> str:
        """Name the system in tables."""

    def retrieve(self, question: GoldQuestion) -> Response:
        """Search only: `retrieved` and the "evidence" timing."""

    def respond(self, question: GoldQuestion) -> Response:
        """Search and reply. Raises AssistantError or IndexingError."""


@dataclass(frozen=True, slots=True)
class Row:
    """A question, the response to it and its scores by metric; `verdict` sums it up in a word."""

    question: GoldQuestion
    response: Response
    scores: Mapping[str, Score]
    verdict: str


@dataclass(frozen=True, slots=True)
class Estimate:
    """A metric over `n` rows with its 95 % bootstrap interval."""

    value: float
    low: float
    high: float
    n: int


Estimates = Mapping[str, Estimate]
"""By name of the metric; one that no row has is left out."""


@dataclass(frozen=True, slots=True)
class Summary:
    """The metrics of one system over all rows, by kind and by language of the question."""

    overall: Estimates
    by_kind: Mapping[str, Estimates]
    by_language: Mapping[str, Estimates]


@dataclass(frozen=True, slots=True)
class Report:
    """A whole evaluation.

    `about` describes the run: versions, settings, fingerprints, sizes. `beside` has the summaries
    of other systems on the same questions, by name. `notes` tell what a reader of the figures
    should know.
    """

    name: str
    about: Mapping[str, object]
    rows: tuple[Row, ...]
    summary: Summary
    beside: Mapping[str, Summary] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
