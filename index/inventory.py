"""What of the catalog can be found and shown: the ready documents, by all of their paths.

Knows paths, titles and times; nothing of versions, texts or how documents come and go.
"""

import json
from collections.abc import Iterator
from pathlib import PurePath

from index.copies import Copies
from index.database import Database
from index.errors import UnknownDocument
from index.places import Places
from index.types import DocumentInfo

_PATHS = """
SELECT id, path, mtime_ns FROM documents WHERE state = 'ready' UNION ALL
SELECT c.document_id, c.path, c.mtime_ns FROM copies c
JOIN documents d ON d.id = c.document_id WHERE d.state = 'ready'
"""


class Inventory(Places):
    """The ready documents, beside the places that they come from."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.copies = Copies(database)

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
