"""The queue for the language model: how many answers use it at once, and how many may wait.

Knows places and their order; nothing of models, or of what an answer is. First come, first served.
"""

import threading
from collections.abc import Iterator

from assistant.errors import Busy

_SECONDS_BETWEEN_LOOKS = 1.0
"""A reader who has left is noticed when a waiting answer shows itself, so it must do so often."""

_SECONDS_TO_RETRY = 10


class ModelQueue:
    """Gives each answer a place, and lets those that need the language model have it in turn.

    `at_once` answers use it, and `waiting` more may have begun; the settings `answers_at_once` and
    `answers_waiting`.
    """

    def __init__(self, at_once: int = 2, waiting: int = 32) -> None:
        self._at_once = at_once
        self._places = at_once + waiting
        self._changed = threading.Condition()
        self._taken = 0
        self._line: list[Place] = []

    @property
    def places(self) -> int:
        """Count the answers that may have begun and not ended."""
        return self._places

    @property
    def waiting(self) -> int:
        """Count the answers that wait for their turn."""
        with self._changed:
            return max(0, len(self._line) - self._at_once)

    def place(self) -> "Place":
        """Take a place, to be left by `with`. Raises Busy where none is free."""
        with self._changed:
            if self._taken >= self._places:
                raise Busy(
                    f"{self._places} questions are being answered or wait for it, which is the "
                    "most. Ask again in a moment. Whoever runs this server may raise the settings "
                    "answers_at_once and answers_waiting.",
                    _SECONDS_TO_RETRY,
                )
            self._taken += 1
        return Place(self)

    def before(self, place: "Place") -> int:
        """Count the answers that must end before a place has its turn; it joins the line."""
        with self._changed:
            if place not in self._line:
                self._line.append(place)
            return self._before(place)

    def wait(self, place: "Place", before: int, seconds: float) -> None:
        """Wait until fewer than `before` answers come before a place, or the seconds are over."""
        with self._changed:
            self._changed.wait_for(lambda: self._before(place) < before, seconds)

    def leave(self, place: "Place") -> None:
        """Give a place back."""
        with self._changed:
            self._taken -= 1
            if place in self._line:
                self._line.remove(place)
            self._changed.notify_all()

    def _before(self, place: "Place") -> int:
        return max(0, self._line.index(place) - self._at_once + 1)


class Place:
    """One answer's place in the queue."""

    def __init__(self, queue: ModelQueue) -> None:
        self._queue = queue

    def __enter__(self) -> "Place":
        return self

    def __exit__(self, *raised: object) -> None:
        self._queue.leave(self)

    def turn(self) -> Iterator[int]:
        """Wait for the language model; at least every second, say how many come before.

        Ends when the turn has come, which it keeps until the place is left.
        """
        while before := self._queue.before(self):
            yield before
            self._queue.wait(self, before, _SECONDS_BETWEEN_LOOKS)
