"""The truth about the index: files and documents with their full text, beside their places.

Knows which version of a document counts; nothing of passages, vectors or how files are read.

A document is *pending* until its passages are in every store, then *ready*; the version that it
replaces, or a removed one, is *gone* until the stores have dropped it. What a store holds beyond
the ready documents is never shown.
"""

import json
import sqlite3
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from index.database import count
from index.errors import UnknownDocument
from index.inventory import Inventory
from index.loaders.titles import name_of
from index.sections import read_sections, write_sections
from index.types import Parsed, SourceDocument

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
    """The newest version of a file in the catalog; a copy has the document of another file."""

    document_id: int
    state: FileState
    ready: bool
    edition: int = 0
    is_copy: bool = False


class Catalog(Inventory):
    """Documents, their copies, and the places that they come from."""

    def known_files(self) -> dict[str, KnownFile]:
        """Map each path to its newest version, pending or ready."""
        rows = self._database.connection.execute(
            "SELECT id, path, state, size, mtime_ns, sha256, edition FROM documents "
            "WHERE state != 'gone'"
        )
        files: dict[str, KnownFile] = {}
        by_number: dict[int, KnownFile] = {}
        for number, path, state, size, mtime_ns, sha256, edition in rows:
            known = KnownFile(number, FileState(size, mtime_ns, sha256), state == "ready", edition)
            by_number[number] = known
            if path not in files or number > files[path].document_id:
                files[path] = known
        for copy in self.copies.all():
            if (own := by_number.get(copy.document_id)) is not None:
                state = FileState(copy.size, copy.mtime_ns, own.state.sha256)
                files[copy.path] = KnownFile(
                    copy.document_id, state, own.ready, own.edition, is_copy=True
                )
        return files

    def touch(self, path: str, known: KnownFile, state: FileState) -> None:
        """Note that a file was written again with the same content."""
        values = (state.size, state.mtime_ns, path, known.document_id)
        with self._database.transaction() as connection:
            # A copy may have become the document's own file since it was looked at, or the reverse.
            touched = connection.execute(
                "UPDATE copies SET size = ?, mtime_ns = ? WHERE path = ? AND document_id = ?",
                values,
            ).rowcount
            if not touched:
                connection.execute(
                    "UPDATE documents SET size = ?, mtime_ns = ? WHERE path = ? AND id = ?", values
                )

    def move(self, document_id: int, path: str, size: int, mtime_ns: int) -> None:
        """Have a document under another path, which no document has now, nor any copy.

        A title that was made of the file's name is made of the new one.
        """
        with self._database.transaction() as connection:
            row = self._row(document_id, "path, title")
            title = row["title"]
            if title == name_of(Path(row["path"])):
                title = name_of(Path(path))
            connection.execute(
                "UPDATE documents SET path = ?, title = ?, size = ?, mtime_ns = ? WHERE id = ?",
                (path, title, size, mtime_ns, document_id),
            )

    def with_content(self, path: str, sha256: str) -> int | None:
        """Number the version of a file that has some content; None where there is none."""
        row = self._database.connection.execute(
            "SELECT max(id) AS id FROM documents WHERE path = ? AND sha256 = ? AND state != 'gone'",
            (path, sha256),
        ).fetchone()
        number: int | None = row["id"]
        return number

    def confirm(self, document_id: int, state: FileState, read: Parsed, edition: int) -> bool:
        """Note that a document's file was read again and says the same; False where it does not."""
        said, document = self.source(document_id), read.document
        if (said.title, said.text, said.sections) != (
            document.title,
            document.text,
            document.sections,
        ):
            return False
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE documents SET size = ?, mtime_ns = ?, warnings = ?, parser = ?, "
                "edition = ? WHERE id = ?",
                (
                    state.size,
                    state.mtime_ns,
                    json.dumps(document.warnings, ensure_ascii=False),
                    read.parser,
                    edition,
                    document_id,
                ),
            )
        return True

    def add_pending(self, path: str, state: FileState, read: Parsed, edition: int = 0) -> int:
        """Add a version that is not to be found yet; an older pending one is gone.

        `edition` numbers what it was read by.
        """
        document = read.document
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE documents SET state = 'gone' WHERE path = ? AND state = 'pending'", (path,)
            )
            cursor = connection.execute(
                "INSERT INTO documents (path, state, sha256, size, mtime_ns, title, language, "
                "text, sections, warnings, indexed_at, parser, edition) "
                "VALUES (?, 'pending', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
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
                    edition,
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
            # What still has copies was read again: they say the same as the new version.
            self.copies.hand_over([row["id"] for row in replaced], document_id)
            connection.execute(
                "UPDATE documents SET state = 'ready', indexed_at = ? WHERE id = ?",
                (time.time(), document_id),
            )
            return [row["id"] for row in replaced]

    def retire(self, path: str) -> list[int]:
        """Take a file out of sight; number its versions that were ready and are gone now.

        A document that has copies goes on under the path of one.
        """
        with self._database.transaction() as connection:
            if self.copies.drop(path):
                return []
            rows = connection.execute(
                "SELECT id, state FROM documents WHERE path = ? AND state != 'gone'", (path,)
            ).fetchall()
            left = [(row["id"], row["state"]) for row in rows if not self._go_on(row["id"])]
            connection.executemany(
                "UPDATE documents SET state = 'gone' WHERE id = ?", [(row[0],) for row in left]
            )
            return [number for number, state in left if state == "ready"]

    def release(self, path: str) -> None:
        """Leave a path to another content; what it had goes on under a copy's path, if it can."""
        with self._database.transaction() as connection:
            if self.copies.drop(path):
                return
            rows = connection.execute(
                "SELECT id FROM documents WHERE path = ? AND state != 'gone'", (path,)
            ).fetchall()
            for row in rows:
                self._go_on(row["id"])

    def _go_on(self, document_id: int) -> bool:
        """Have a document under the path of its first copy; say whether it has one."""
        for copy in self.copies.of(document_id)[:1]:
            self.copies.drop(copy.path)
            self.move(document_id, copy.path, copy.size, copy.mtime_ns)
            return True
        return False

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

    def paths_of(self, document_id: int) -> tuple[str, ...]:
        """List a document's path and those of its copies. Raises UnknownDocument."""
        copies = (copy.path for copy in self.copies.of(document_id))
        return (self._row(document_id, "path")["path"], *copies)

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
