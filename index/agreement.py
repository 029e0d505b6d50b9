"""The mark by which the stores of a generation are known to hold its ready passages alone.

Knows the mark and when it counts; nothing of the stores, or of how they are compared.

It is taken away, and that is committed, before anything is written to Chroma or Tantivy and with
every ready document that goes; it is set where all of that has ended whole. So a process that ends
anywhere in between leaves no mark. Beside it stands, from one opening of the vectors' files to the
next, how they were left.
"""

from dataclasses import dataclass

from index.database import Database, count


@dataclass(frozen=True, slots=True)
class Extent:
    """How many passages a store must hold, and the greatest of their numbers; 0 where none."""

    passages: int
    newest: int


class Agreement:
    """The mark of one generation.

    `files` describes the vectors' files as they were before they were opened, so that they need not
    be looked into where they are as they were left; it is empty where they are not in the folder.
    """

    def __init__(self, database: Database, generation: int, files: str = "") -> None:
        self._database = database
        self._generation = generation
        self._are_as_left = bool(files) and files == self._left()
        self._is_sure = self._are_as_left

    @property
    def is_noted(self) -> bool:
        """Say whether the mark is set."""
        query = "SELECT count(*) FROM generations WHERE id = ? AND in_step"
        return bool(count(self._database.connection, query, self._generation))

    @property
    def covers_vectors(self) -> bool:
        """Say whether the mark is set and nothing touched the vectors' files while it was."""
        return self._are_as_left and self.is_noted

    def note(self) -> None:
        """Set the mark: the stores hold the ready passages and no others."""
        self._is_sure = True
        # Written only where it changes: most syncs change nothing, and a commit waits for the disk.
        if not self.is_noted:
            self._set(1)

    def revoke(self) -> None:
        """Take the mark away, before stores or ready documents change."""
        self._are_as_left = self._is_sure = False
        if self.is_noted:
            self._set(0)

    def leave(self, files: str) -> None:
        """Note how the vectors' files are left, where this process knows what is in them."""
        if files and self._is_sure and self.is_noted and files != self._left():
            with self._database.transaction() as connection:
                # Another process may have taken the mark away since: it stays away.
                connection.execute(
                    "UPDATE generations SET vector_files = ? WHERE id = ? AND in_step",
                    (files, self._generation),
                )

    def extent(self) -> Extent:
        """Count the ready passages, and number the newest."""
        # As `Generation.ready_ids`: in this order, indexes tell it all, and no text is read.
        row = self._database.connection.execute(
            "SELECT count(*) AS passages, coalesce(max(p.id), 0) AS newest FROM documents d "
            "CROSS JOIN passages p ON p.document_id = d.id "
            "WHERE p.generation = ? AND d.state = 'ready'",
            (self._generation,),
        ).fetchone()
        return Extent(row["passages"], row["newest"])

    def _left(self) -> str:
        row = self._database.connection.execute(
            "SELECT vector_files FROM generations WHERE id = ?", (self._generation,)
        ).fetchone()
        return str(row["vector_files"])

    def _set(self, value: int) -> None:
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE generations SET in_step = ?, vector_files = '' WHERE id = ?",
                (value, self._generation),
            )
