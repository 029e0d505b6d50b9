"""The truth about the index: roots, files and documents with their full text.

Knows which version of a document counts; nothing of passages, vectors or how files are read.

A document is *pending* until its passages are in every store, then *ready*; the version that it
replaces, or a removed one, is *gone* until the stores have dropped it. What a store holds beyond
the ready documents is never shown.
"""

import json
import sqlite3
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path, PurePath

from index.database import Database
from index.errors import UnknownDocument
from index.types import DocumentInfo, Parsed, Section, SourceDocument, Unread

CATALOG = "catalog.sqlite3"
"""Its file in a data folder."""


@dataclass(frozen=True, slots=True)
class FileState:
    """What tells whether a file has changed: bytes, nanoseconds, and the hash of its content."""

    size: int
    mtime_ns: int
    sha256: str


@dataclass(frozen=True, slots=True)
class KnownFile:
    """The newest version of a file in the catalog."""

    document_id: int
    state: FileState
    ready: bool


class Catalog:
    """Roots, documents and unread files."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # Roots and unread files

    def add_roots(self, paths: Iterable[str]) -> None:
        """Remember paths that every later sync visits again."""
        with self._database.transaction() as connection:
            connection.executemany(
                "INSERT OR IGNORE INTO roots VALUES (?)", [(path,) for path in paths]
            )

    def remove_root(self, path: str) -> bool:
        """Forget a path; say whether it was known."""
        with self._database.transaction() as connection:
            return connection.execute("DELETE FROM roots WHERE path = ?", (path,)).rowcount > 0

    def roots(self) -> list[str]:
        """List the remembered paths."""
        rows = self._database.connection.execute("SELECT path FROM roots ORDER BY path")
        return [row["path"] for row in rows]

    def set_unread(self, unread: Iterable[Unread], under: Iterable[str]) -> None:
        """Replace what is known of unread files below some paths."""
        with self._database.transaction() as connection:
            for path in under:
                connection.execute(
                    "DELETE FROM unread WHERE path = ? OR substr(path, 1, ?) = ?",
                    (path, len(path.rstrip("/")) + 1, path.rstrip("/") + "/"),
                )
            connection.executemany(
                "INSERT OR REPLACE INTO unread VALUES (?, ?)",
                [(file.path, file.reason) for file in unread],
            )

    def unread(self) -> list[Unread]:
        """List the files that could not be read, and why."""
        rows = self._database.connection.execute("SELECT * FROM unread ORDER BY path")
        return [Unread(row["path"], row["reason"]) for row in rows]

    # Documents

    def known_files(self) -> dict[str, KnownFile]:
        """Map each path to its newest version, pending or ready."""
        rows = self._database.connection.execute(
            "SELECT id, path, state, size, mtime_ns, sha256 FROM documents "
            "WHERE state != 'gone' ORDER BY id"
        )
        return {
            row["path"]: KnownFile(
                row["id"],
                FileState(row["size"], row["mtime_ns"], row["sha256"]),
                row["state"] == "ready",
            )
            for row in rows
        }

    def touch(self, document_id: int, state: FileState) -> None:
        """Note that a file was written again with the same content."""
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE documents SET size = ?, mtime_ns = ? WHERE id = ?",
                (state.size, state.mtime_ns, document_id),
            )

    def add_pending(self, path: str, state: FileState, read: Parsed) -> int:
        """Add a version that is not to be found yet; an older pending one is gone."""
        document = read.document
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE documents SET state = 'gone' WHERE path = ? AND state = 'pending'", (path,)
            )
            cursor = connection.execute(
                "INSERT INTO documents (path, state, sha256, size, mtime_ns, title, language, "
                "text, sections, warnings, indexed_at, parser) "
                "VALUES (?, 'pending', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    path,
                    state.sha256,
                    state.size,
                    state.mtime_ns,
                    document.title,
                    read.language,
                    document.text,
                    write_sections(document.sections),
                    json.dumps(document.warnings, ensure_ascii=False),
                    time.time(),
                    read.parser,
                ),
            )
            assert cursor.lastrowid is not None
            return cursor.lastrowid

    def publish(self, document_id: int) -> list[int]:
        """Make a pending version the ready one; number the versions that it replaces."""
        with self._database.transaction() as connection:
            path = connection.execute(
                "SELECT path FROM documents WHERE id = ?", (document_id,)
            ).fetchone()["path"]
            replaced = connection.execute(
                "UPDATE documents SET state = 'gone' WHERE path = ? AND state = 'ready' "
                "AND id != ? RETURNING id",
                (path, document_id),
            ).fetchall()
            connection.execute(
                "UPDATE documents SET state = 'ready', indexed_at = ? WHERE id = ?",
                (time.time(), document_id),
            )
            return [row["id"] for row in replaced]

    def retire(self, path: str) -> list[int]:
        """Take all versions of a path out of sight; number those that were ready."""
        with self._database.transaction() as connection:
            rows = connection.execute(
                "SELECT id FROM documents WHERE path = ? AND state = 'ready'", (path,)
            ).fetchall()
            connection.execute("UPDATE documents SET state = 'gone' WHERE path = ?", (path,))
            return [row["id"] for row in rows]

    def gone(self) -> list[int]:
        """Number the documents that stores may still hold."""
        rows = self._database.connection.execute("SELECT id FROM documents WHERE state = 'gone'")
        return [row["id"] for row in rows]

    def delete(self, document_ids: Iterable[int]) -> None:
        """Forget documents, and with them their passages."""
        with self._database.transaction() as connection:
            connection.executemany(
                "DELETE FROM documents WHERE id = ?", [(number,) for number in document_ids]
            )

    def pending(self) -> list[int]:
        """Number the documents that are to be embedded, in the order in which they came."""
        rows = self._database.connection.execute(
            "SELECT id FROM documents WHERE state = 'pending' ORDER BY id"
        )
        return [row["id"] for row in rows]

    def ready_count(self) -> int:
        """Count the ready documents."""
        query = "SELECT count(*) FROM documents WHERE state = 'ready'"
        return count(self._database.connection, query)

    def ready_ids(self) -> list[int]:
        """Number the ready documents."""
        query = "SELECT id FROM documents WHERE state = 'ready' ORDER BY id"
        return [row["id"] for row in self._database.connection.execute(query)]

    def documents(self, generation: int, path: str = "") -> list[DocumentInfo]:
        """List the ready documents, by path; the one at a path alone, where given."""
        rows = self._database.connection.execute(
            "SELECT id, path, title, language, size, indexed_at, warnings, parser, "
            "(SELECT count(*) FROM passages p WHERE p.document_id = d.id AND p.generation = ?) "
            "AS passages FROM documents d WHERE state = 'ready' "
            f"{'AND path = ? ' if path else ''}ORDER BY path",
            (generation, path) if path else (generation,),
        )
        return [
            DocumentInfo(
                row["id"],
                row["path"],
                row["title"],
                row["language"],
                row["passages"],
                row["size"],
                row["indexed_at"],
                tuple(json.loads(row["warnings"])),
                row["parser"],
            )
            for row in rows
        ]

    def facts(self) -> Iterator[tuple[int, str, str, float, float]]:
        """Give number, path, language and the times, of file and index, of ready documents."""
        rows = self._database.connection.execute(
            "SELECT id, path, language, mtime_ns, indexed_at FROM documents "
            "WHERE state = 'ready' ORDER BY id"
        )
        for row in rows:
            modified = row["mtime_ns"] / 1e9
            yield row["id"], row["path"], row["language"], modified, row["indexed_at"]

    def named(self, name: str) -> int:
        """Number the ready document whose path is this, or ends with it. Raises UnknownDocument."""
        tail = f"/{name}"
        rows = self._database.connection.execute(
            "SELECT id, path FROM documents WHERE state = 'ready' "
            "AND (path = ? OR substr(path, -?) = ?)",
            (name, len(tail), tail),
        )
        found = {row["id"]: row["path"] for row in rows}
        if len(found) == 1:
            return int(next(iter(found)))
        exact = [int(number) for number, path in found.items() if path == name]
        if exact:
            return exact[0]
        if found:
            # Whoever asks by name may be anyone, and is told no more of this machine's folders.
            ends = {"/".join(PurePath(path).parts[-2:]) for path in found.values()}
            paths = ", ".join(sorted(ends)[:3])
            raise UnknownDocument(f"{name!r} names {len(found)} documents: {paths}. Add a folder.")
        raise UnknownDocument(f"No document {name!r} is in the index; 'bronwijzer list' shows all.")

    def source(self, document_id: int) -> SourceDocument:
        """Read a document's text as it was indexed. Raises UnknownDocument."""
        row = self._row(document_id, "*")
        return SourceDocument(
            row["id"],
            row["path"],
            row["title"],
            row["language"],
            row["text"],
            read_sections(row["sections"]),
        )

    def file_of(self, document_id: int) -> tuple[str, FileState]:
        """Name the file of a document, and say what it was when read. Raises UnknownDocument."""
        row = self._row(document_id, "path, size, mtime_ns, sha256")
        return row["path"], FileState(row["size"], row["mtime_ns"], row["sha256"])

    def _row(self, document_id: int, columns: str) -> sqlite3.Row:
        row: sqlite3.Row | None = self._database.connection.execute(
            f"SELECT {columns} FROM documents WHERE id = ? AND state != 'gone'", (document_id,)
        ).fetchone()
        if row is None:
            raise UnknownDocument(
                f"Document {document_id} is no longer in the index: its file was changed or "
                "removed. Ask the question again to see the version of today."
            )
        return row


def begin_catalog(folder: Path, after: int) -> None:
    """Make the catalog of a new data folder, whose first document has the number behind `after`."""
    database = Database(folder / CATALOG)
    try:
        with database.transaction() as connection:
            connection.execute("INSERT INTO sqlite_sequence VALUES ('documents', ?)", (after,))
    finally:
        database.close()


def write_sections(sections: Iterable[Section]) -> str:
    """Write sections as JSON."""
    return json.dumps([asdict(section) for section in sections], ensure_ascii=False)


def read_sections(data: str) -> tuple[Section, ...]:
    """Read what `write_sections` wrote."""
    return tuple(Section(**section) for section in json.loads(data))


def count(connection: sqlite3.Connection, query: str, *parameters: object) -> int:
    """Run a query that counts."""
    return int(connection.execute(query, parameters).fetchone()[0])
