"""The SQLite file behind the catalog: one connection a thread, transactions, a copy.

Knows nothing of what the rows mean.
"""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from index.errors import StoreUnavailable
from index.schema import SCHEMA_VERSION, migrate, version_of


class Database:
    """One SQLite file. Any thread may read; writes are short and take turns."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()
        self._opened: list[sqlite3.Connection] = []
        self._writing = threading.RLock()
        path.parent.mkdir(parents=True, exist_ok=True)
        self._prepare()

    def _prepare(self) -> None:
        try:
            version = version_of(self.connection)
            if version < SCHEMA_VERSION:
                # Inside, the version is read again: another process may have been quicker.
                with self.transaction() as connection:
                    migrate(connection)
        except sqlite3.DatabaseError as error:
            raise StoreUnavailable(
                f"The catalog {self._path} cannot be opened: {error}. Restore it from a backup, "
                "or move the data folder away and run 'bronwijzer sync' on your folders again."
            ) from error
        if version > SCHEMA_VERSION:
            raise StoreUnavailable(
                f"The catalog {self._path} has version {version}, this program reads versions up "
                f"to {SCHEMA_VERSION}. Use the release that wrote it, or another data folder."
            )

    def damage(self) -> str:
        """Say what is broken in the file itself; empty where nothing is."""
        try:
            row = self.connection.execute("PRAGMA integrity_check(1)").fetchone()
            orphan = self.connection.execute("PRAGMA foreign_key_check").fetchone()
        except sqlite3.DatabaseError as error:
            return str(error)
        if row[0] != "ok":
            return str(row[0])
        return f"a row of {orphan[0]} belongs to nothing" if orphan else ""

    @property
    def connection(self) -> sqlite3.Connection:
        """Give the calling thread its connection."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA busy_timeout = 10000")
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            self._local.connection = connection
            self._opened.append(connection)
        return connection

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing; transactions of other threads wait. May be nested."""
        with self._writing:
            connection = self.connection
            if connection.in_transaction:
                yield connection
                return
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    def close(self) -> None:
        """Close the connections of all threads."""
        for connection in self._opened:
            connection.close()
        self._opened.clear()
        self._local = threading.local()


def copy_database(source: Path, target: Path) -> None:
    """Copy an SQLite file as it is at one moment; writers go on meanwhile, in any process.

    Raises StoreUnavailable.
    """
    try:
        # Read and write: a reader of a write-ahead log notes in a file where it reads.
        with closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=rw", uri=True)) as reading:
            reading.execute("PRAGMA busy_timeout = 10000")
            with closing(sqlite3.connect(target)) as writing:
                # All pages in one go: a copy in steps begins again at every write.
                reading.backup(writing)
                damage = writing.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.Error as error:
        raise StoreUnavailable(f"The catalog {source} cannot be copied: {error}.") from error
    if damage != "ok":
        raise StoreUnavailable(
            f"The catalog {source} is damaged: {damage}. Restore an earlier backup with "
            "'bronwijzer restore'."
        )
