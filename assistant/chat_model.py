"""The seam to language models.

Knows messages and their text; nothing of protocols, servers, passages or prompts.
"""

from collections.abc import Iterator, Sequence
from typing import Protocol

from assistant.types import Message


class ChatModel(Protocol):
    """Writes text, piece by piece."""

    @property
    def name(self) -> str:
        """Name the model as the reader should see it."""

    @property
    def host(self) -> str:
        """Name the host that receives questions and passages; empty where it is this machine."""

    def stream(self, messages: Sequence[Message]) -> Iterator[str]:
        """Yield the reply in pieces; an empty one says that the model is silent.

        Closed early, it tells the model to stop. Raises ModelUnavailable.
        """

    def probability(self, messages: Sequence[Message], yes: str, no: str) -> float | None:
        """Give the probability of a reply beginning with `yes` against `no`.

        None where the server does not tell probabilities. Raises ModelUnavailable.
        """

    def fresh(self) -> "ChatModel":
        """Give the same model, which repeats nothing that it remembers."""
