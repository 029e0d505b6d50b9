"""What the HTTP interface is asked, described for programs that read its schema.

Knows fields, bounds and examples; nothing of routes, or of how questions are answered.
"""

from typing import Annotated, Literal

from fastapi import Query as FromQuery
from pydantic import BaseModel, Field, JsonValue, StrictBool

from assistant.filters import FilterBody
from assistant.types import DEFAULT_COLLECTION, Message
from index.plans import SyncOptions
from index.types import DocumentFilter

_NOT_BLANK: dict[str, JsonValue] = {"minLength": 1, "pattern": r"[^\s\x1c-\x1f]"}
"""Told to programs; the assistant itself says better what is the matter."""

_LONGEST_TEXT = 100_000

CollectionName = Annotated[str, FromQuery(description="The collection that holds it.")]

Name = Annotated[str, Field(max_length=4096)]
"""A document's name. What has a bound is refused as well where it has no UTF-8."""


class Turn(BaseModel):
    """One turn of the conversation before the question."""

    role: Literal["user", "assistant"]
    content: str = Field(max_length=20_000)


class Question(BaseModel):
    """A question, with the turns before it if it follows up on them."""

    question: str = Field(
        max_length=_LONGEST_TEXT,
        description="In any language, not blank; `longest_question` characters at most.",
        examples=["Who leads the works on the quay?"],
        json_schema_extra=_NOT_BLANK,
    )
    history: list[Turn] = Field(
        default=[], max_length=50, description="The turns before it, oldest first."
    )
    documents: list[Name] = Field(
        default=[],
        max_length=50,
        description="Names of the only documents to search; empty is all.",
        examples=[["quay.txt"]],
    )
    collection: str = Field(
        default=DEFAULT_COLLECTION,
        description="The collection to ask; /api/v1/collections lists the names.",
        examples=[DEFAULT_COLLECTION],
    )
    filter: FilterBody = Field(
        default=FilterBody(),
        description="Keeps the question to documents that fit all that it says.",
        examples=[{"types": ["pdf"], "languages": ["nl"], "since": "2026-01-01"}],
    )

    def messages(self) -> list[Message]:
        """Give the turns as the assistant takes them."""
        return [Message(turn.role, turn.content) for turn in self.history]

    def wanted(self) -> DocumentFilter:
        """Give the documents to search, named ones and those that fit the filter, as one filter."""
        return self.filter.wanted().naming(self.documents)


class AnswerOrder(Question):
    """A question that is to be answered."""

    anew: StrictBool = Field(
        default=False, description="Another try: a language model repeats no reply from memory."
    )


class Query(Question):
    """A question to find passages for, and how many."""

    limit: int = Field(default=20, ge=1, le=100, description="Passages to give at most.")


class CheckOrder(BaseModel):
    """Whether a check mends what it finds."""

    repair: bool = False


class Paths(BaseModel):
    """Absolute paths of files or folders on the owner's machine."""

    paths: list[str] = []


class SyncOrder(Paths):
    """A sync of paths, and how it differs from the usual one."""

    accept_removals: bool = False
    include: list[str] | None = None
    exclude: list[str] | None = None
    reread: bool = False

    def options(self) -> SyncOptions:
        """Give the options as the corpus takes them."""
        include, exclude = self.include, self.exclude
        return SyncOptions(
            self.accept_removals,
            None if include is None else tuple(include),
            None if exclude is None else tuple(exclude),
            self.reread,
        )
