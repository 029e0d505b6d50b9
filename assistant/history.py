"""Conversations as a browser keeps them, and bounds on how much it keeps.

Knows the shape; nothing of pages, or of how answers come about. What comes back from a browser
may be anything, so it is checked.
"""

import secrets
from collections.abc import Iterator
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from assistant.types import DEFAULT_COLLECTION, Message

Verdict = Literal["", "up", "down"]

_MOST_CONVERSATIONS = 30
_MOST_CHARACTERS = 1_200_000
"""A browser keeps 5 MB for a site, and encrypted text is longer."""
_LONGEST_TITLE = 60


def new_id() -> str:
    """Make a name that nobody can guess."""
    return secrets.token_urlsafe(12)


class Turn(BaseModel):
    """A question and its answer: as Markdown for the page, and the bare text for follow-ups.

    `kind` and `model` are the answer's; `cited` has documents and places [start, end) in them.
    """

    model_config = ConfigDict(frozen=True)

    id: str = Field(default_factory=new_id, max_length=40)
    question: str = Field(max_length=30_000)
    shown: str = ""
    answer: str = ""
    evidence: str = ""
    kind: str = ""
    model: str = ""
    cited: tuple[tuple[str, int, int], ...] = ()
    verdict: Verdict = ""


class Conversation(BaseModel):
    """Turns that follow up on each other, oldest first, all asked of one collection."""

    model_config = ConfigDict(frozen=True)

    id: str = Field(default_factory=new_id, max_length=40)
    turns: tuple[Turn, ...] = ()
    collection: str = Field(default=DEFAULT_COLLECTION, max_length=40)

    @property
    def title(self) -> str:
        """The first question, on one short line; empty before there is one."""
        line = " ".join(self.turns[0].question.split()) if self.turns else ""
        return line if len(line) <= _LONGEST_TITLE else f"{line[: _LONGEST_TITLE - 1]}…"

    @property
    def size(self) -> int:
        """Count the characters that keeping it takes."""
        return sum(map(_size, self.turns))

    @property
    def messages(self) -> list[Message]:
        """What was said and answered; questions that got no answer are left out."""
        return [
            message
            for turn in self.turns
            if turn.answer
            for message in (Message("user", turn.question), Message("assistant", turn.answer))
        ]

    def with_turn(self, turn: Turn) -> "Conversation":
        """Add a turn, or put it in the place of the one with its id."""
        kept = tuple(turn if known.id == turn.id else known for known in self.turns)
        return self.model_copy(update={"turns": kept if turn in kept else (*kept, turn)})

    def rated(self, number: int, verdict: Verdict) -> "Conversation":
        """Set what the reader thinks of the answer of turn `number`, counted from 0."""
        return self.with_turn(self.turns[number].model_copy(update={"verdict": verdict}))

    def before(self, number: int) -> "Conversation":
        """Give the conversation as it was before turn `number`, counted from 0."""
        return self.model_copy(update={"turns": self.turns[: max(number, 0)]})


class History(BaseModel):
    """Conversations, the latest first, and which of them is open; "" is a new one.

    `browser` names whose they are: nobody else can guess it.
    """

    model_config = ConfigDict(frozen=True)

    browser: str = Field(default_factory=new_id, max_length=40)
    conversations: tuple[Conversation, ...] = ()
    open: str = ""

    @classmethod
    def read(cls, data: Any) -> "History":  # noqa: ANN401 - whatever a browser sends
        """Check what a browser kept; what is not in this shape counts as nothing kept."""
        try:
            return cls.model_validate(data)
        except ValidationError:
            return cls()

    def write(self) -> dict[str, Any]:
        """Give the shape that a browser keeps."""
        return self.model_dump(mode="json")

    @property
    def current(self) -> Conversation:
        """The open conversation, or a new one."""
        return self.named(self.open) or Conversation()

    def named(self, name: str) -> Conversation | None:
        """Find a conversation by its id."""
        return next((kept for kept in self.conversations if kept.id == name), None)

    def with_conversation(self, conversation: Conversation) -> "History":
        """Put a conversation first and open it; the oldest turns go where there is no room."""
        conversation = conversation.model_copy(update={"turns": _latest(conversation.turns)})
        others = [kept for kept in self.conversations if kept.id != conversation.id]
        kept = [conversation, *others] if conversation.turns else others
        update = {"conversations": tuple(_bounded(kept)), "open": conversation.id}
        return self.model_copy(update=update)


def _latest(turns: tuple[Turn, ...]) -> tuple[Turn, ...]:
    """Keep the latest turns, as many as there is room for."""
    room = _MOST_CHARACTERS
    for number in range(len(turns), 0, -1):
        room -= _size(turns[number - 1])
        if room < 0:
            return turns[number:]
    return turns


def _bounded(conversations: list[Conversation]) -> Iterator[Conversation]:
    room = _MOST_CHARACTERS
    for conversation in conversations[:_MOST_CONVERSATIONS]:
        room -= conversation.size
        if room < 0:
            return
        yield conversation


def _size(turn: Turn) -> int:
    return len(turn.model_dump_json())
