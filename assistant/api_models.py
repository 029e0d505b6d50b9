"""What the HTTP interface answers with, described for programs that read its schema.

Knows shapes, units and examples; nothing of how answers come about. `wire.py` writes what these
describe, and a test compares the two.
"""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from assistant.types import Kind, Support

Place = Annotated[list[int], Field(min_length=2, max_length=2, description="[start, end).")]
"""A pair of character positions."""

_ALSO_AT = "Other files of the same content, three at most; the document's own page has all."
_COPIES = "How many other files have the same content."

Responses = dict[int | str, dict[str, Any]]


class Described(BaseModel):
    """A shape that says everything there is: no field comes that it does not name."""

    model_config = ConfigDict(extra="forbid")


class Failure(Described):
    """Why a request was not met, and what mends it."""

    error: str = Field(examples=["The question is empty. Type what you want to know."])


class Health(Described):
    """The server answers."""

    status: Literal["ok"]


class CitationShape(Described):
    """A sentence that the answer points at by its number."""

    number: int = Field(description="The answer's mark [number].", examples=[1])
    document_id: int = Field(description="For /source/ID?start=…&end=….", examples=[7])
    document: str = Field(description="The file below its folder.", examples=["works/quay.txt"])
    title: str = Field(examples=["The quay"])
    locator: str = Field(description="Page or heading; may be empty.", examples=["p. 3"])
    language: str = Field(description="Two-letter code.", examples=["nl"])
    start: int = Field(description="Place in the document's text, in characters.", examples=[85])
    end: int = Field(description="Where it ends; not included.", examples=[140])
    quote: str = Field(description="The sentence.", examples=["Projectleider is S. Dorrestein."])
    collection: str = Field(
        description="For the address of the source: &collection=…, unless it is 'documents'.",
        examples=["documents"],
    )
    also_at: list[str] = Field(description=_ALSO_AT, examples=[["archive/quay.txt"]])
    copies: int = Field(description=_COPIES, examples=[1])


class PassageShape(Described):
    """A passage that was found, best first."""

    passage_id: int
    document_id: int
    document: str = Field(description="The file below its folder.")
    title: str
    locator: str
    language: str
    start: int = Field(description="Place of the passage in the document's text, in characters.")
    end: int
    text: str = Field(description="The document's text from start to end.")
    sentences: list[Place] = Field(description="Places of its sentences in the document.")
    sentence_scores: list[float] = Field(description="Orders the sentences of this passage.")
    key: Place = Field(description="Place of the sentence that says most about the question.")
    quote: str = Field(description="That sentence.")
    score: float = Field(description="Orders the passages of one question.")
    similarity: float = Field(description="Cosine of question and passage, -1 to 1.")
    collection: str = Field(description="The collection that the document's number is of.")
    also_at: list[str] = Field(description=_ALSO_AT)
    copies: int = Field(description=_COPIES)


class ClaimShape(Described):
    """A sentence of a written answer, checked against what it cites."""

    start: int = Field(description="Place in the answer, in characters.")
    end: int
    citations: list[int] = Field(description="Numbers that it cites.")
    support: Support = Field(description="Whether its sources bear it out.")


class AnswerShape(Described):
    """An answer, or a snapshot of one that grows."""

    question: str = Field(examples=["Who leads the works on the quay?"])
    language: str = Field(description="Of the question, a two-letter code.", examples=["en"])
    kind: Kind = Field(description="What the text is made of; 'evidence' while there is none.")
    answer: str = Field(
        description="Plain text with marks [n].", examples=["Saskia Dorrestein leads them [1]."]
    )
    refused: bool = Field(description="The documents do not hold the answer.")
    citations: list[CitationShape]
    evidence: list[PassageShape]
    searched: str = Field(description="What a follow-up was rewritten to; empty if it was not.")
    claims: list[ClaimShape]
    dropped: int = Field(description="Marks of the model that named no source.")
    removed_links: int = Field(description="Links of the model that no source holds.")
    removed_markup: int = Field(description="Images and tags that the model wrote.")
    misquoted: int = Field(description="Quotations of the model that no source holds.")
    model: str | None = Field(description="The language model that was asked, if one was.")
    read: int = Field(description="Passages that the model was given.")
    degraded: bool = Field(description="The model failed, and these are quotations instead.")
    waiting: int = Field(description="Answers that come before this one at the language model.")
    notices: list[str]
    remarks: list[str] = Field(description="All that a reader should know, in English.")
    timings_ms: dict[str, float] = Field(description="Milliseconds since the question came.")
    done: bool = Field(description="This is the last snapshot.")


class Passages(Described):
    """Passages found for a question."""

    passages: list[PassageShape]


class CollectionNames(Described):
    """The collections that can be asked, the default one first."""

    collections: list[str] = Field(examples=[["documents", "hr"]])


class SourceShape(Described):
    """A document's text as it was indexed."""

    document_id: int
    document: str
    title: str
    language: str
    text: str
    passages: int
    indexed: datetime = Field(description="When it was indexed.")
    parser: str = Field(description="What read the file, with versions; empty of older documents.")
    warnings: list[str] = Field(description="What of the file did not reach the text.")


class DocumentEntry(Described):
    """A document that can be found."""

    id: int = Field(description="Changes with the content.", examples=[7])
    name: str = Field(description="The file below its folder.", examples=["works/quay.txt"])
    title: str = Field(examples=["The quay"])
    language: str = Field(description="Two-letter code.", examples=["nl"])
    passages: int = Field(examples=[12])
    also_at: list[str] = Field(description="Other files of the same content, by name.")
    bytes: int = Field(description="Size of the file.", examples=[20480])
    indexed: datetime = Field(description="When its text was indexed.")
    warnings: list[str] = Field(description="What of the file could not be read.")


class DocumentPage(Described):
    """Some of the documents, in order of their paths."""

    total: int = Field(description="Of all documents.", examples=[1])
    offset: int = Field(description="How many come before these.", examples=[0])
    documents: list[DocumentEntry]


class Upload(Described):
    """What became of a file that was sent."""

    name: str = Field(description="The name that it is kept under.", examples=["quay.pdf"])
    outcome: Literal["reading", "added", "replaced", "unchanged", "unreadable", "kept"]
    said: str = Field(
        description="The outcome in words, in the language of Accept-Language (en, nl or de).",
        examples=["added"],
    )
    state: str = Field(description="The address that tells how it goes on.")
    document: DocumentEntry | None = Field(description="As it can be found now.")


class Removal(Described):
    """What became of a document that was to be removed."""

    name: str = Field(examples=["quay.pdf"])
    outcome: Literal["deleted", "returns", "left"] = Field(
        description="deleted: an uploaded file is gone. returns: out of the index until the next "
        "sync, since its folder is synced. left: out of the index, the file stays."
    )
    said: str = Field(description="The same in words, in the language of Accept-Language.")


_SAID = {
    400: "Not a request that can be read",
    403: "Not for this caller: see the setting library",
    404: "There is no such document or collection",
    408: "The body came too slowly",
    409: "Not now: nothing is indexed yet, or a sync is running",
    413: "The body is too large",
    415: "The body is of another kind",
    422: "A value that cannot be used",
    429: "More questions came than a setting allows: ask again after Retry-After seconds",
    503: "Busy, or something that is needed does not answer",
}


_EVENT = {
    "type": "object",
    "properties": {"event": {"type": "string"}, "data": {"type": "string"}},
}
EVENTS: Responses = {200: {"content": {"text/event-stream": {"schema": _EVENT}}}}
"""Beside the JSON that a route answers with."""

UNDER_WAY: Responses = {202: {"model": Upload, "description": "It is still being read"}}


def failures(*statuses: int) -> Responses:
    """Describe the failures that a route answers with."""
    return {status: {"model": Failure, "description": _SAID[status]} for status in statuses}
