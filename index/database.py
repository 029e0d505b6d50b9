"""The SQLite file behind the catalog: one connection a thread, transactions, a copy.

Knows nothing of what the rows mean.

Any process of the same machine may read beside the one that writes: the write-ahead log is shared
memory, so a folder that lies on another machine will not do.
"""

import sqlite3
import threading
import weakref
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from index.errors import ReadOnly, StoreUnavailable
from index.schema import SCHEMA_VERSION, migrate, version_of

# Extended codes have their kind in the lowest byte.
_OF_THE_DISK = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_READONLY,
}
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


class _Connection(sqlite3.Connection):
    """A connection that tells what is wrong with the file, and what to do."""

    path: Path
    closed = False

    def close(self) -> None:
        self.closed = True
        super().close()

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:  # noqa: ANN401 - as sqlite3 has it
        try:
            return super().execute(sql, parameters)
        except sqlite3.DatabaseError as error:
            told = _closed(self.path) if self.closed else _told(self.path, error)
            if told is None:
                raise
            raise told from error


class _End:
    """Closes a connection with the thread that has this among its own.

    By itself a connection lives on until garbage is collected, since its cache of statements
    refers to it; its file handles would become too many before.
    """

    def __init__(self, connection: _Connection) -> None:
        self._connection = connection

    def __del__(self) -> None:
        self._connection.close()


class Database:
    """One SQLite file. Any thread may read; writes are short and take turns.

    Opened `read_only`, the file is another process's: nothing is made or changed, a thread's
    connection follows where a restored backup takes the file's place, and a schema that this
    program does not read is told whenever it comes about.
    """

    def __init__(self, path: Path, read_only: bool = False) -> None:
        self._path = path
        self._read_only = read_only
        self._local = threading.local()
        self._opened: weakref.WeakSet[_Connection] = weakref.WeakSet()
        self._listing = threading.Lock()
        self._closed = False
        self._writing = threading.RLock()
        try:
            if read_only:
                self.expect_schema()
            else:
                self._prepare()
        except StoreUnavailable:
            self.close()
            raise

    def _prepare(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        if version_of(self.connection) < SCHEMA_VERSION:
            # Inside, the version is read again: another process may have been quicker.
            try:
                with self.transaction() as connection:
                    migrate(connection)
            except sqlite3.DatabaseError as error:
                # Its tables are not those that its version has.
                raise _unusable(self._path, error) from error
        self.expect_schema()

    def expect_schema(self) -> None:
        """Raise StoreUnavailable where the file is not one that this program can read."""
        version = version_of(self.connection)
        if version > SCHEMA_VERSION:
            raise StoreUnavailable(
                f"The catalog {self._path} has version {version}, this program reads versions up "
                f"to {SCHEMA_VERSION}. Use the release that wrote it, or another data folder."
            )
        if version < SCHEMA_VERSION:
            raise StoreUnavailable(
                f"The catalog {self._path} has version {version} and was not yet opened by this "
                "release. Start the process that owns the data folder first: 'bronwijzer serve'."
            )

    def damage(self) -> str:
        """Say what is broken in the file itself; empty where nothing is."""
        try:
            row = self.connection.execute("PRAGMA integrity_check(1)").fetchone()
            orphan = self.connection.execute("PRAGMA foreign_key_check").fetchone()
        except (sqlite3.DatabaseError, StoreUnavailable) as error:
            return str(error)
        if row[0] != "ok":
            return str(row[0])
        return f"a row of {orphan[0]} belongs to nothing" if orphan else ""

    @property
    def connection(self) -> sqlite3.Connection:
        """Give the calling thread its connection. Raises StoreUnavailable once this is closed."""
        if self._closed:
            # A new connection would make a file where a removed collection was.
            raise _closed(self._path)
        connection: _Connection | None = getattr(self._local, "connection", None)
        if self._read_only:
            return self._followed(connection)
        if connection is None:
            connection = self._connect("rwc")
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
        return connection

    def _followed(self, connection: _Connection | None) -> _Connection:
        """Give a connection to the file that is there now, which may be another than before."""
        try:
            status = self._path.stat()
        except OSError as error:
            raise StoreUnavailable(
                f"There is no catalog {self._path} ({error.strerror}). Start the process that "
                "owns the data folder first: 'bronwijzer serve', or correct the setting data."
            ) from None
        identity = (status.st_dev, status.st_ino)
        if connection is None or self._local.identity != identity:
            if connection is not None:
                self._local.connection = None
                connection.close()
            connection = self._connect("ro")
            self._local.identity = identity
        return connection

    def _connect(self, mode: str) -> _Connection:
        try:
            connection = sqlite3.connect(
                f"{self._path.resolve().as_uri()}?mode={mode}",
                uri=True,
                isolation_level=None,
                check_same_thread=False,
                factory=_Connection,
            )
        except sqlite3.DatabaseError as error:
            raise _told(self._path, error) or _unusable(self._path, error) from error
        connection.path = self._path
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA busy_timeout = 10000")
        self._local.connection = connection
        self._local.end = _End(connection)
        with self._listing:
            self._opened.add(connection)
        return connection

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing; transactions of other threads wait. May be nested.

        Raises ReadOnly, and StoreUnavailable where SQLite cannot write, as on a full disk.
        """
        if self._read_only:
            raise ReadOnly(
                f"The catalog {self._path} is only read here. Ask the process that owns the data "
                "folder to change it."
            )
        with self._writing:
            connection = self.connection
            if connection.in_transaction:
                yield connection
                return
            try:
                connection.execute("BEGIN IMMEDIATE")
                yield connection
                connection.execute("COMMIT")
            except BaseException as error:
                # SQLite may have rolled back by itself.
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                # What `executemany` and the reading of rows raise is told here.
                told = _told(self._path, error) if isinstance(error, sqlite3.Error) else None
                if told is not None:
                    raise told from error
                raise

    def close(self) -> None:
        """Close the connections of all threads; none is opened after that."""
        self._closed = True
        with self._listing:
            for connection in list(self._opened):
                connection.close()
        self._local = threading.local()


def _told(path: Path, error: sqlite3.Error) -> StoreUnavailable | None:
    """Say what is wrong with the file; None where it is the statement that is wrong."""
    # Errors of the Python module itself, as of a closed connection, have no code.
    kind = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if kind in _OF_THE_DISK:
        return _unwritable(path, error)
    return _unusable(path, error) if kind in _DAMAGED else None


def _unwritable(path: Path, error: sqlite3.Error) -> StoreUnavailable:
    return StoreUnavailable(
        f"The catalog {path} cannot be opened or written: {error}. Make room on its disk, check "
        "the rights of the data folder, and let no other program hold the file; then run "
        "'bronwijzer sync' again. What was done before is kept."
    )


def _unusable(path: Path, error: sqlite3.Error) -> StoreUnavailable:
    return StoreUnavailable(
        f"The catalog {path} cannot be used: {error}. Restore it from a backup with 'bronwijzer "
        "restore', or move the data folder away and run 'bronwijzer sync' on your folders again."
    )


def _closed(path: Path) -> StoreUnavailable:
    return StoreUnavailable(
        f"The catalog {path} is closed: its collection was removed, or the program is ending. Ask "
        "again."
    )


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


def count(connection: sqlite3.Connection, query: str, *parameters: object) -> int:
    """Run a query that counts."""
    return int(connection.execute(query, parameters).fetchone()[0])
