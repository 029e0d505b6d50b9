"""Where documents come from: remembered paths with their patterns, and files that are no document.

Knows paths and reasons; nothing of documents, nor of how files are found or read.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

from index.database import Database
from index.types import Skipped, Unread


class Places:
    """Roots, their patterns, unread files and skipped ones."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # Roots

    def add_roots(self, paths: Iterable[str]) -> None:
        """Remember paths that every later sync visits again."""
        with self._database.transaction() as connection:
            connection.executemany(
                "INSERT OR IGNORE INTO roots VALUES (?)", [(path,) for path in paths]
            )

    def remove_root(self, path: str) -> bool:
        """Forget a path, and what only it had a meaning for; say whether it was known."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM patterns WHERE root = ?", (path,))
            return connection.execute("DELETE FROM roots WHERE path = ?", (path,)).rowcount > 0

    def roots(self) -> list[str]:
        """List the remembered paths."""
        rows = self._database.connection.execute("SELECT path FROM roots ORDER BY path")
        return [row["path"] for row in rows]

    def set_patterns(self, root: str, kind: str, patterns: Iterable[str]) -> None:
        """Replace the patterns of a root, of the kind "include" or "exclude"."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM patterns WHERE root = ? AND kind = ?", (root, kind))
            connection.executemany(
                "INSERT OR IGNORE INTO patterns VALUES (?, ?, ?)",
                [(root, kind, pattern) for pattern in patterns],
            )

    def patterns(self, root: str, kind: str) -> tuple[str, ...]:
        """List the patterns of a root, of the kind "include" or "exclude"."""
        rows = self._database.connection.execute(
            "SELECT pattern FROM patterns WHERE root = ? AND kind = ? ORDER BY pattern",
            (root, kind),
        )
        return tuple(row["pattern"] for row in rows)

    # Files that are no document

    def set_unread(self, unread: Iterable[Unread], under: Iterable[str]) -> None:
        """Replace what is known of unread files below some paths."""
        self._replace("unread", [(file.path, file.reason) for file in unread], under)

    def unread(self) -> list[Unread]:
        """List the files that could not be read, and why."""
        return [Unread(path, reason) for path, reason in self._listed("unread")]

    def set_skipped(self, skipped: Iterable[Skipped], under: Iterable[str]) -> None:
        """Replace what is known of skipped files below some paths."""
        self._replace("skipped", [(file.path, file.reason) for file in skipped], under)

    def skipped(self) -> list[Skipped]:
        """List the files and folders that were passed over, and why."""
        return [Skipped(path, reason) for path, reason in self._listed("skipped")]

    def skipped_counts(self) -> dict[str, int]:
        """Count the files and folders that were passed over, by reason."""
        return counted(self.skipped())

    def _listed(self, table: str) -> list[tuple[str, str]]:
        rows = self._database.connection.execute(f"SELECT path, reason FROM {table} ORDER BY path")
        return [(row["path"], row["reason"]) for row in rows]

    def _replace(self, table: str, rows: Sequence[tuple[str, str]], under: Iterable[str]) -> None:
        """Replace rows below some paths; what stays the same is not written again."""
        below = tuple({path.rstrip("/") + "/" for path in under})
        named = {path.rstrip("/") for path in below}
        known = {
            (path, reason)
            for path, reason in self._listed(table)
            if path.startswith(below) or path in named
        }
        wanted = set(rows)
        if known == wanted:
            return
        with self._database.transaction() as connection:
            connection.executemany(
                f"DELETE FROM {table} WHERE path = ?", [(path,) for path, _ in known - wanted]
            )
            connection.executemany(
                f"INSERT OR REPLACE INTO {table} VALUES (?, ?)", sorted(wanted - known)
            )


def counted(skipped: Iterable[Skipped]) -> dict[str, int]:
    """Count files and folders by the reason for which they were passed over, most first."""
    return dict(Counter(file.reason for file in skipped).most_common())
