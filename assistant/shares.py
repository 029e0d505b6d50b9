"""How many answers each client may have open, so that none takes all the places.

Knows counts, in memory; nothing of requests, or of how clients are told apart.
"""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from assistant.errors import Busy

_PART = 4
_LEAST = 2
"""A person asks in more than one tab."""

_SECONDS_TO_RETRY = 10


class Shares:
    """Counts open answers by client; each may have a quarter of the places, and at least two."""

    def __init__(self, places: int) -> None:
        self._most = max(_LEAST, places // _PART)
        self._open: Counter[str] = Counter()
        self._lock = threading.Lock()

    @contextmanager
    def taken(self, client: str) -> Iterator[None]:
        """Count an answer of a client as open. Raises Busy where it has as many as it may."""
        with self._lock:
            if self._open[client] >= self._most:
                raise Busy(
                    f"{self._most} questions of this client are being answered or wait for it, "
                    "which is the most for one. Ask again in a moment. Whoever runs this server "
                    "may raise the setting answers_waiting; behind a proxy, set trusted_proxies.",
                    _SECONDS_TO_RETRY,
                )
            self._open[client] += 1
        try:
            yield
        finally:
            self._leave(client)

    def _leave(self, client: str) -> None:
        with self._lock:
            self._open[client] -= 1
            if not self._open[client]:
                del self._open[client]
