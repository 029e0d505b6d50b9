"""Which state a catalog is in: a number that every commit changes, of whatever process.

Knows a file of SQLite's; nothing of what is in it.
"""

import sqlite3
import threading
from pathlib import Path

Version = tuple[int, int, int]


class CatalogVersion:
    """Numbers the states of a catalog: another after every commit, of whatever process.

    SQLite's `data_version` counts what other connections commit, so this one writes nothing.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._file = (-1, -1)
        self._connection: sqlite3.Connection | None = None
        self._closed = False

    def read(self) -> Version | None:
        """Number the present state; None where the file cannot be read just now."""
        try:
            status = self._path.stat()
            with self._lock:
                if self._closed:
                    return None
                connection = self._opened((status.st_dev, status.st_ino))
                number = connection.execute("PRAGMA data_version").fetchone()[0]
        except (OSError, sqlite3.Error):
            return None
        return status.st_dev, status.st_ino, int(number)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
            self._connection, self._closed = None, True

    def _opened(self, file: tuple[int, int]) -> sqlite3.Connection:
        if self._connection is None or self._file != file:
            if self._connection is not None:
                self._connection.close()
            address = f"{self._path.resolve().as_uri()}?mode=ro"
            self._connection = sqlite3.connect(address, uri=True, check_same_thread=False)
            self._file = file
        return self._connection
