"""How long an answer takes, and how often it is shown while it grows.

Knows milliseconds; nothing of what happens in them.
"""

import time
from dataclasses import replace

from assistant.types import Answer

_SECONDS_BETWEEN_SNAPSHOTS = 0.05
"""A fast model writes hundreds of tokens a second, and each snapshot holds the whole answer."""

_MOST_SECONDS_BETWEEN_SNAPSHOTS = 1.0
"""A reader who has left is noticed at the next snapshot."""


class Clock:
    """Milliseconds since the question came, and the pace of snapshots."""

    def __init__(self) -> None:
        self._started = time.perf_counter()
        self._shown = 0.0
        self._stamped = self._started
        self._timings: dict[str, float] = {}

    def is_due(self) -> bool:
        """Say whether the reader's eye is ready for another snapshot."""
        now = time.perf_counter()
        if now - self._shown < _SECONDS_BETWEEN_SNAPSHOTS:
            return False
        self._shown = now
        return True

    def is_overdue(self) -> bool:
        """Say whether a reader who waits has not been shown a thing for too long."""
        now = time.perf_counter()
        if now - self._stamped < _MOST_SECONDS_BETWEEN_SNAPSHOTS:
            return False
        self._stamped = now
        return True

    def note(self, name: str) -> None:
        """Take the time of an event, if it is the first of its name."""
        elapsed = (time.perf_counter() - self._started) * 1000
        self._timings.setdefault(name, round(elapsed, 1))

    def stamp(self, answer: Answer, name: str | None = None) -> Answer:
        """Put the times taken so far on an answer."""
        self._stamped = time.perf_counter()
        if name is not None:
            self.note(name)
        return replace(answer, timings_ms=dict(self._timings))
