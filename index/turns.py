"""One change at a time in a corpus, and one sync at a time of all that share the right to one.

Knows locks and who holds them; nothing of what a sync does.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from index.errors import SyncRunning


class Turn:
    """The right of one corpus to change, and to sync, by a lock that others may share."""

    def __init__(self, shared: "threading.Lock | None" = None) -> None:
        self._own = threading.Lock()
        self._shared = shared or threading.Lock()
        self._is_ours = False

    @property
    def is_ours(self) -> bool:
        """Say whether this corpus is syncing now."""
        return self._is_ours

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Sync inside. Raises SyncRunning where another one does."""
        with self.changing(), _held(self._shared):
            self._is_ours = True
            try:
                yield
            finally:
                self._is_ours = False

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Change this corpus inside, without embedding, whatever the others do.

        Raises SyncRunning where this corpus is being synced or changed.
        """
        with _held(self._own):
            yield


@contextmanager
def _held(lock: "threading.Lock") -> Iterator[None]:
    if not lock.acquire(blocking=False):
        raise SyncRunning("Another sync is running. Wait for it to end, then try again.")
    try:
        yield
    finally:
        lock.release()
