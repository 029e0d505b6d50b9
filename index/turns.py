"""One sync at a time: of a corpus, or of all that share the right to one.

Knows a lock and who holds it; nothing of what a sync does.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from index.errors import SyncRunning


class Turn:
    """The right of one corpus to sync, by a lock that others may share."""

    def __init__(self, lock: "threading.Lock | None" = None) -> None:
        self._lock = lock or threading.Lock()
        self._is_ours = False

    @property
    def is_ours(self) -> bool:
        """Say whether this corpus is syncing now."""
        return self._is_ours

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Sync inside. Raises SyncRunning where another one does."""
        if not self._lock.acquire(blocking=False):
            raise SyncRunning("Another sync is running. Wait for it to end, then try again.")
        self._is_ours = True
        try:
            yield
        finally:
            self._is_ours = False
            self._lock.release()
