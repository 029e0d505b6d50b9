"""The SQLite file behind the catalog: its tables, one connection a thread, transactions.

Knows nothing of what the rows mean.

Any process of the same machine may read beside the one that writes: the write-ahead log is shared
memory, so a folder that lies on another machine will not do.
"""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from index.errors import ReadOnly, StoreUnavailable

SCHEMA_VERSION = 1

_SCHEMA = """
CREATE TABLE roots (path TEXT PRIMARY KEY) STRICT;
CREATE TABLE documents (
    id INTEGER PRIMARY KEY AUTOINCREMENT,  -- never used twice: no citation meets another text
    path TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'ready', 'gone')),
    sha256 TEXT NOT NULL, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,
    title TEXT NOT NULL, language TEXT NOT NULL, text TEXT NOT NULL,
    sections TEXT NOT NULL, warnings TEXT NOT NULL, indexed_at REAL NOT NULL
) STRICT;
CREATE INDEX documents_by_path ON documents (path, state);
CREATE TABLE unread (path TEXT PRIMARY KEY, reason TEXT NOT NULL) STRICT;
CREATE TABLE generations (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    fingerprint TEXT NOT NULL, dimension INTEGER NOT NULL, collection TEXT NOT NULL,
    current INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE passages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    generation INTEGER NOT NULL REFERENCES generations ON DELETE CASCADE,
    document_id INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE,
    start INTEGER NOT NULL, stop INTEGER NOT NULL, text TEXT NOT NULL,
    sentences TEXT NOT NULL, sections TEXT NOT NULL, language TEXT NOT NULL,
    vector BLOB, sentence_vectors BLOB
) STRICT;
CREATE INDEX passages_by_document ON passages (document_id, generation);
CREATE INDEX passages_by_generation ON passages (generation);
CREATE TABLE languages (
    generation INTEGER NOT NULL REFERENCES generations ON DELETE CASCADE,
    language TEXT NOT NULL, slot INTEGER NOT NULL,
    passages INTEGER NOT NULL, total BLOB NOT NULL,
    PRIMARY KEY (generation, language)
) STRICT;
"""

# Beside version 1, which may lack it: what is measured can be measured again.
_COVERAGE = """
CREATE TABLE IF NOT EXISTS coverage (
    fingerprint TEXT NOT NULL, language TEXT NOT NULL, share REAL NOT NULL,
    PRIMARY KEY (fingerprint, language)
) STRICT
"""


class _Connection(sqlite3.Connection):
    """A connection that tells what is wrong with the file, and what to do."""

    path: Path

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:  # noqa: ANN401 - as sqlite3 has it
        try:
            return super().execute(sql, parameters)
        except (sqlite3.IntegrityError, sqlite3.ProgrammingError):
            raise
        except sqlite3.DatabaseError as error:
            raise _unusable(self.path, error) from error


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
        self._opened: list[sqlite3.Connection] = []
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
        version = self._version()
        if version == 0:
            script = f"BEGIN; {_SCHEMA} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;"
            self.connection.executescript(script)
        if version in (0, SCHEMA_VERSION):
            self.connection.execute(_COVERAGE)
        if version not in (0, SCHEMA_VERSION):
            raise self._foreign(version)

    def expect_schema(self) -> None:
        """Raise StoreUnavailable where the file is not one that this program can read."""
        version = self._version()
        tables = self.connection.execute(
            "SELECT count(*) FROM sqlite_schema WHERE name = 'coverage'"
        ).fetchone()[0]
        if version not in (0, SCHEMA_VERSION):
            raise self._foreign(version)
        if not tables:
            raise StoreUnavailable(
                f"The catalog {self._path} was not yet opened by this release. Start the process "
                "that owns the data folder first: 'bronwijzer serve'."
            )

    def _version(self) -> int:
        return int(self.connection.execute("PRAGMA user_version").fetchone()[0])

    @property
    def connection(self) -> sqlite3.Connection:
        """Give the calling thread its connection. Raises StoreUnavailable once this is closed."""
        if self._closed:
            # A new connection would make a file where a removed collection was.
            raise StoreUnavailable(
                f"The catalog {self._path} is closed: its collection was removed, or the program "
                "is ending. Ask again."
            )
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if self._read_only:
            return self._followed(connection)
        if connection is None:
            connection = self._connect("rwc")
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
        return connection

    def _followed(self, connection: sqlite3.Connection | None) -> sqlite3.Connection:
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
                self._opened.remove(connection)
                connection.close()
            connection = self._connect("ro")
            self._local.identity = identity
        return connection

    def _connect(self, mode: str) -> sqlite3.Connection:
        try:
            connection = sqlite3.connect(
                f"{self._path.resolve().as_uri()}?mode={mode}",
                uri=True,
                isolation_level=None,
                check_same_thread=False,
                factory=_Connection,
            )
        except sqlite3.Error as error:
            raise _unusable(self._path, error) from error
        connection.path = self._path
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA busy_timeout = 10000")
        self._local.connection = connection
        self._opened.append(connection)
        return connection

    def _foreign(self, version: int) -> StoreUnavailable:
        return StoreUnavailable(
            f"The catalog {self._path} has version {version}, this program reads version "
            f"{SCHEMA_VERSION}. Use the release that wrote it, or another data folder."
        )

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing; transactions of other threads wait. May be nested. Raises ReadOnly."""
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
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    def close(self) -> None:
        """Close the connections of all threads; none is opened after that."""
        self._closed = True
        for connection in self._opened:
            connection.close()
        self._opened.clear()
        self._local = threading.local()


def _unusable(path: Path, error: sqlite3.Error) -> StoreUnavailable:
    return StoreUnavailable(
        f"The catalog {path} cannot be used: {error}. Make room if the disk is full; if it is "
        "damaged, restore it from a backup, or move the data folder away and run 'bronwijzer sync' "
        "on your folders again."
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
