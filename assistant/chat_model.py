"""The seam to language models.

Knows messages and their text; nothing of protocols, servers, passages or prompts.
"""

from collections.abc import Generator, Sequence
from enum import Enum
from typing import Protocol

from assistant.types import Message


class Ending(Enum):
    """How a reply ended: by itself, at the most that may be written, or at a content filter.

    Untold, it may have broken off.
    """

    COMPLETE = "complete"
    LENGTH = "length"
    FILTERED = "filtered"
    UNTOLD = "untold"


class ChatModel(Protocol):
    """Writes text, piece by piece."""

    @property
    def name(self) -> str:
        """Name the model as the reader should see it."""

    @property
    def host(self) -> str:
        """Name the host that receives questions and passages; empty where it is this machine."""

    def stream(self, messages: Sequence[Message]) -> Generator[str, None, Ending]:
        """Yield the reply in pieces; an empty one says that the model is silent.

        Returns how the reply ended. Closed early, it tells the model to stop. Raises
        ModelUnavailable.
        """

    def probability(
        self, messages: Sequence[Message], yes: str, no: str
    ) -> Generator[None, None, float | None]:
        """Find the probability of a reply beginning with `yes` against `no`.

        Yields while the model is silent, and returns the probability; None where the server tells
        none. Closed early, it tells the model to stop. Raises ModelUnavailable.
        """

    def fresh(self) -> "ChatModel":
        """Give the same model, which repeats nothing that it remembers."""
