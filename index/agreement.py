"""The mark by which the stores of a generation are known to hold its ready passages alone.

Knows the mark and when it counts; nothing of the stores, or of how they are compared.

It is taken away, and that is committed, before anything is written to Chroma or Tantivy and with
every ready document that goes; it is set where all of that has ended whole. So a process that ends
anywhere in between leaves no mark.
"""

from dataclasses import dataclass

from index.database import Database, count


@dataclass(frozen=True, slots=True)
class Extent:
    """How many passages a store must hold, and the greatest of their numbers; 0 where none."""

    passages: int
    newest: int


class Agreement:
    """The mark of one generation."""

    def __init__(self, database: Database, generation: int) -> None:
        self._database = database
        self._generation = generation

    @property
    def is_noted(self) -> bool:
        """Say whether the mark is set."""
        query = "SELECT in_step FROM generations WHERE id = ?"
        return bool(count(self._database.connection, query, self._generation))

    def note(self) -> None:
        """Set the mark: the stores hold the ready passages and no others."""
        self._set(1)

    def revoke(self) -> None:
        """Take the mark away, before stores or ready documents change."""
        self._set(0)

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

    def _set(self, value: int) -> None:
        # Written only where it changes: most syncs change nothing, and a commit waits for the disk.
        if self.is_noted == bool(value):
            return
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE generations SET in_step = ? WHERE id = ?", (value, self._generation)
            )
