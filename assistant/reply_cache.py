"""A language model that remembers what it replied last.

Knows messages and replies; nothing of what they are about.
"""

import hashlib
import json
import threading
from collections.abc import Generator, Sequence
from copy import copy

from cachetools import LRUCache

from assistant.chat_model import ChatModel, Ending
from assistant.outcome import Outcome
from assistant.types import Message


class ReplyCache:
    """A model with its last `most` replies in memory; any thread may ask.

    A prompt holds the question, the turns before it and the text of every source, so the same
    prompt means that none of them has changed; and replies are made without chance (temperature
    0). A reply that broke off, was cut off, or was not read to its end is not kept.
    """

    def __init__(self, model: ChatModel, most: int) -> None:
        self._model = model
        self._repeats = True
        self._replies: LRUCache[bytes, str] = LRUCache(most)
        self._probabilities: LRUCache[bytes, float] = LRUCache(most)
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """Name the model as the reader should see it."""
        return self._model.name

    @property
    def host(self) -> str:
        """Name the host that receives questions and passages; empty where it is this machine."""
        return self._model.host

    def stream(self, messages: Sequence[Message]) -> Generator[str, None, Ending]:
        """Yield the reply in pieces, a remembered one as a whole. Raises ModelUnavailable.

        Returns how it ended.
        """
        key = _digest(messages)
        with self._lock:
            kept = self._replies.get(key) if self._repeats else None
        if kept is not None:
            yield kept
            return Ending.COMPLETE
        read = []
        pieces = Outcome(self._model.stream(messages))
        for piece in pieces:
            read.append(piece)
            yield piece
        reply, ending = "".join(read), pieces.value or Ending.COMPLETE
        if reply and ending is Ending.COMPLETE:
            with self._lock:
                self._replies[key] = reply
        return ending

    def probability(
        self, messages: Sequence[Message], yes: str, no: str
    ) -> Generator[None, None, float | None]:
        """Give the probability of a reply beginning with `yes` against `no`, or give it again.

        What is not told is asked again.
        """
        key = _digest(messages, yes, no)
        with self._lock:
            kept = self._probabilities.get(key) if self._repeats else None
        if kept is not None:
            return kept
        probability = yield from self._model.probability(messages, yes, no)
        if probability is not None:
            with self._lock:
                self._probabilities[key] = probability
        return probability

    def fresh(self) -> "ReplyCache":
        """Give the same model, asked each time; what it replies then is what is remembered."""
        asking = copy(self)
        asking._repeats = False
        return asking


def _digest(messages: Sequence[Message], *words: str) -> bytes:
    """Tell prompts apart in few bytes, and without keeping what people ask."""
    said = [[message.role, message.content] for message in messages]
    return hashlib.sha256(json.dumps([said, words]).encode()).digest()
