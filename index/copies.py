"""Files that say the same as a document's own file, byte for byte: one document, several paths.

Knows paths and numbers of documents; nothing of their content.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from index.database import Database


@dataclass(frozen=True, slots=True)
class Copy:
    """A file beside a document's own: bytes, and nanoseconds since the epoch."""

    path: str
    document_id: int
    size: int
    mtime_ns: int


class Copies:
    """The copies of all documents. A path is a copy of one document, and no document's own."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> Iterator[Copy]:
        """Give every copy, in order of paths."""
        rows = self._database.connection.execute("SELECT * FROM copies ORDER BY path")
        for row in rows:
            yield Copy(row["path"], row["document_id"], row["size"], row["mtime_ns"])

    def paths(self) -> dict[int, tuple[str, ...]]:
        """Map each document that has copies to their paths."""
        found: dict[int, list[str]] = defaultdict(list)
        for copy in self.all():
            found[copy.document_id].append(copy.path)
        return {number: tuple(paths) for number, paths in found.items()}

    def of(self, document_id: int) -> list[Copy]:
        """List the copies of a document, in order of paths."""
        rows = self._database.connection.execute(
            "SELECT * FROM copies WHERE document_id = ? ORDER BY path", (document_id,)
        )
        return [Copy(row["path"], row["document_id"], row["size"], row["mtime_ns"]) for row in rows]

    def among(self, numbers: Iterable[int]) -> dict[int, tuple[str, ...]]:
        """Map those of some documents that have copies to their paths."""
        listed = {number: self.of(number) for number in set(numbers)}
        return {
            number: tuple(copy.path for copy in found) for number, found in listed.items() if found
        }

    def add(self, copy: Copy) -> None:
        """Note a copy, or that it was written again."""
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO copies VALUES (?, ?, ?, ?)",
                (copy.path, copy.document_id, copy.size, copy.mtime_ns),
            )

    def hand_over(self, document_ids: Iterable[int], other: int) -> None:
        """Have all copies of some documents be those of another."""
        with self._database.transaction() as connection:
            connection.executemany(
                "UPDATE copies SET document_id = ? WHERE document_id = ?",
                [(other, number) for number in document_ids],
            )

    def drop(self, path: str) -> bool:
        """Forget a copy; say whether it was one."""
        with self._database.transaction() as connection:
            return connection.execute("DELETE FROM copies WHERE path = ?", (path,)).rowcount > 0
