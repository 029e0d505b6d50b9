"""The tables of the catalog, version by version, and how a catalog comes to the newest one.

Knows table definitions; nothing of what rows mean, or of when a file is opened.
"""

import sqlite3
from collections.abc import Iterator

_STEPS = (
    """
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
""",
    # Some catalogs of version 1 have the first of these.
    """
CREATE TABLE IF NOT EXISTS coverage (
    fingerprint TEXT NOT NULL, language TEXT NOT NULL, share REAL NOT NULL,
    PRIMARY KEY (fingerprint, language)
) STRICT;
ALTER TABLE documents ADD COLUMN parser TEXT NOT NULL DEFAULT '';
""",
    # Some catalogs of earlier versions have these.
    """
CREATE TABLE IF NOT EXISTS patterns (
    root TEXT NOT NULL, kind TEXT NOT NULL CHECK (kind IN ('include', 'exclude')),
    pattern TEXT NOT NULL, PRIMARY KEY (root, kind, pattern)
) STRICT;
CREATE TABLE IF NOT EXISTS skipped (path TEXT PRIMARY KEY, reason TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS copies (
    path TEXT PRIMARY KEY,
    document_id INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE,
    size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS copies_by_document ON copies (document_id);
-- What every sync asks of all documents and passages, apart from their texts and vectors.
CREATE INDEX IF NOT EXISTS documents_by_file ON documents (path, state, size, mtime_ns, sha256);
CREATE INDEX IF NOT EXISTS passages_to_embed ON passages (generation, document_id)
    WHERE vector IS NULL;
""",
    # Of what was written before, nothing is known to be in step or read by a present reader.
    """
ALTER TABLE generations ADD COLUMN in_step INTEGER NOT NULL DEFAULT 0;
ALTER TABLE generations ADD COLUMN vector_files TEXT NOT NULL DEFAULT '';
ALTER TABLE documents ADD COLUMN edition INTEGER NOT NULL DEFAULT 0;
DROP INDEX documents_by_file;
CREATE INDEX documents_by_file ON documents (path, state, size, mtime_ns, sha256, edition);
CREATE INDEX documents_by_state ON documents (state);
""",
)
"""What makes each version out of the one before, beginning with an empty file. A step that was
released is never changed: what is to be different becomes a further one."""

SCHEMA_VERSION = len(_STEPS)


def version_of(connection: sqlite3.Connection) -> int:
    """Read the version of a catalog; 0 is an empty file."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def migrate(connection: sqlite3.Connection) -> None:
    """Bring a catalog to the newest version, inside the transaction that the caller has begun."""
    for step in _STEPS[version_of(connection) :]:
        for statement in _statements(step):
            connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _statements(script: str) -> Iterator[str]:
    """Part a script, which `executescript` would run outside the transaction."""
    statement = ""
    for line in script.splitlines():
        statement += f"{line}\n"
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
