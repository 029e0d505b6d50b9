"""The truth about the index: files and documents with their full text, beside their places.

Knows which version of a document counts; nothing of passages, vectors or how files are read.

A document is *pending* until its passages are in every store, then *ready*; the version that it
replaces, or a removed one, is *gone* until the stores have dropped it. What a store holds beyond
the ready documents is never shown.
"""

import json
import sqlite3
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath

from index.copies import Copies
from index.database import Database, count
from index.errors import UnknownDocument
from index.loaders.titles import name_of
from index.places import Places
from index.sections import read_sections, write_sections
from index.types import DocumentInfo, Parsed, SourceDocument

CATALOG = "catalog.sqlite3"
"""Its file in a data folder."""

_PATHS = """
SELECT id, path, mtime_ns FROM documents WHERE state = 'ready' UNION ALL
SELECT c.document_id, c.path, c.mtime_ns FROM copies c
JOIN documents d ON d.id = c.document_id WHERE d.state = 'ready'
"""


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
    is_copy: bool = False


class Catalog(Places):
    """Documents, their copies, and the places that they come from."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.copies = Copies(database)

    def known_files(self) -> dict[str, KnownFile]:
        """Map each path to its newest version, pending or ready."""
        rows = self._database.connection.execute(
            "SELECT id, path, state, size, mtime_ns, sha256 FROM documents WHERE state != 'gone'"
        )
        files: dict[str, KnownFile] = {}
        by_number: dict[int, KnownFile] = {}
        for number, path, state, size, mtime_ns, sha256 in rows:
            known = KnownFile(number, FileState(size, mtime_ns, sha256), state == "ready")
            by_number[number] = known
            if path not in files or number > files[path].document_id:
                files[path] = known
        for copy in self.copies.all():
            if (own := by_number.get(copy.document_id)) is not None:
                state = FileState(copy.size, copy.mtime_ns, own.state.sha256)
                files[copy.path] = KnownFile(copy.document_id, state, own.ready, is_copy=True)
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

    def documents(self, generation: int, path: str = "") -> list[DocumentInfo]:
        """List the ready documents, by path; the one of the file at a path alone, where given."""
        rows = self._database.connection.execute(
            "SELECT id, path, title, language, size, indexed_at, warnings, parser, "
            "(SELECT count(*) FROM passages p WHERE p.document_id = d.id AND p.generation = ?) "
            "AS passages FROM documents d WHERE state = 'ready' "
            f"{f'AND id IN (SELECT id FROM ({_PATHS}) WHERE path = ?) ' if path else ''}"
            "ORDER BY path",
            (generation, path) if path else (generation,),
        )
        copies = self.copies.paths()
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
                copies.get(row["id"], ()),
            )
            for row in rows
        ]

    def facts(self) -> Iterator[tuple[int, str, str, float, float]]:
        """Give number, path, language and the times, of file and index, of ready documents.

        A document that has copies comes once for each path.
        """
        rows = self._database.connection.execute(
            f"SELECT p.id, p.path, d.language, p.mtime_ns, d.indexed_at FROM ({_PATHS}) p "
            "JOIN documents d ON d.id = p.id ORDER BY p.id"
        )
        for row in rows:
            modified = row["mtime_ns"] / 1e9
            yield row["id"], row["path"], row["language"], modified, row["indexed_at"]

    def named(self, name: str) -> int:
        """Number the ready document one of whose paths is this, or ends with it.

        Raises UnknownDocument.
        """
        tail = f"/{name}"
        rows = self._database.connection.execute(
            f"SELECT id, path FROM ({_PATHS}) WHERE path = ? OR substr(path, -?) = ?",
            (name, len(tail), tail),
        )
        found = {row["path"]: int(row["id"]) for row in rows}
        if name in found:
            return found[name]
        if len(set(found.values())) == 1:
            return next(iter(found.values()))
        if found:
            # Whoever asks by name may be anyone, and is told no more of this machine's folders.
            ends = {"/".join(PurePath(path).parts[-2:]) for path in found}
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
