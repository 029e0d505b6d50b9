"""The SQLite file behind the catalog: its tables, one connection a thread, transactions.

Knows nothing of what the rows mean.
"""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from index.errors import StoreUnavailable

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

_STEPS = (
    _SCHEMA,
    # Some catalogs of version 1 have this table.
    """
CREATE TABLE IF NOT EXISTS coverage (
    fingerprint TEXT NOT NULL, language TEXT NOT NULL, share REAL NOT NULL,
    PRIMARY KEY (fingerprint, language)
) STRICT;
ALTER TABLE documents ADD COLUMN parser TEXT NOT NULL DEFAULT '';
""",
)
"""What makes each version out of the one before, from an empty file on; none is ever changed."""

SCHEMA_VERSION = len(_STEPS)


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
            version = self._version()
            if version < SCHEMA_VERSION:
                self._migrate()
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

    def _migrate(self) -> None:
        """Bring the file to the current version, step by step, or leave it as it was."""
        with self.transaction() as connection:
            # Read again: another process may have done it while this one waited.
            for step in _STEPS[self._version() :]:
                for statement in _statements(step):
                    connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")

    def _version(self) -> int:
        return int(self.connection.execute("PRAGMA user_version").fetchone()[0])

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


def _statements(script: str) -> Iterator[str]:
    """Part a script, which `executescript` would run outside the transaction."""
    statement = ""
    for line in script.splitlines():
        statement += f"{line}\n"
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


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
