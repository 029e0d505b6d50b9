"""The passages of all documents as one way of cutting and embedding made them, with vectors.

Knows which passages count and each language's mean; nothing of Chroma, Tantivy or embedders.
One generation is current; a rebuild makes another beside it and then switches.
"""

import json
import sqlite3
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Self

import numpy as np
import numpy.typing as npt

from index.compression import pack, pack_rows, unpack, unpack_all, unpack_rows
from index.database import Database, count
from index.errors import EmbedderMismatch
from index.sections import read_sections, write_sections
from index.types import Passage, PassageVectors, Span, StoredPassage, Vector

_MOST_PARAMETERS = 900


@dataclass(frozen=True, slots=True)
class EmbeddedPassage:
    """A passage with its vectors: shapes (dimension,) and (sentences, dimension)."""

    stored: StoredPassage
    vector: Vector
    sentence_vectors: Vector


@dataclass(frozen=True, slots=True)
class LanguageTotal:
    """How many ready passages a language has and the sum of their vectors.

    `slot` numbers the language among those of the generation, from 0.
    """

    slot: int
    passages: int
    total: npt.NDArray[np.float64]


class Generation:
    """One generation of passages in the catalog's database."""

    def __init__(
        self, database: Database, number: int, fingerprint: str, dimension: int, collection: str
    ) -> None:
        self._database = database
        self.number = number
        self.fingerprint = fingerprint
        self.dimension = dimension
        self.collection = collection

    @classmethod
    def current(cls, database: Database) -> Self | None:
        """Open the current generation, if there is one yet."""
        row = database.connection.execute("SELECT * FROM generations WHERE current").fetchone()
        return None if row is None else cls._of(database, row)

    @classmethod
    def create(cls, database: Database, fingerprint: str, dimension: int) -> Self:
        """Begin a generation that is not current yet."""
        collection = f"bronwijzer-{uuid.uuid4().hex[:12]}"
        with database.transaction() as connection:
            cursor = connection.execute(
                "INSERT INTO generations (fingerprint, dimension, collection) VALUES (?, ?, ?)",
                (fingerprint, dimension, collection),
            )
        assert cursor.lastrowid is not None
        return cls(database, cursor.lastrowid, fingerprint, dimension, collection)

    def expect(self, fingerprint: str) -> None:
        """Raise EmbedderMismatch where another embedder than the named one made it."""
        if self.fingerprint != fingerprint:
            raise EmbedderMismatch(
                f"The index was made with the embedder {self.fingerprint!r}, the settings "
                f"name {fingerprint!r}. Run 'bronwijzer rebuild' to embed all "
                "documents anew, or set the embedder back."
            )

    def make_current(self) -> None:
        """Switch to this generation."""
        with self._database.transaction() as connection:
            connection.execute("UPDATE generations SET current = (id = ?)", (self.number,))

    def move_vectors(self) -> None:
        """Have the vectors in a collection of another name, which does not exist yet."""
        self.collection = f"bronwijzer-{uuid.uuid4().hex[:12]}"
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE generations SET collection = ?, in_step = 0, vector_files = '' "
                "WHERE id = ?",
                (self.collection, self.number),
            )

    def others(self) -> list[Self]:
        """List the other generations: replaced ones, or one that was begun and not finished."""
        query = "SELECT * FROM generations WHERE id != ?"
        rows = self._database.connection.execute(query, (self.number,))
        return [self._of(self._database, row) for row in rows]

    def forget(self, number: int) -> None:
        """Delete another generation and its passages."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM generations WHERE id = ?", (number,))

    # Making passages

    def add(self, document_id: int, passages: Iterable[Passage]) -> None:
        """Add the passages of a document, without vectors yet."""
        with self._database.transaction() as connection:
            connection.executemany(
                "INSERT INTO passages (generation, document_id, start, stop, text, sentences, "
                "sections, language) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    (
                        self.number,
                        document_id,
                        passage.start,
                        passage.end,
                        passage.text,
                        json.dumps([[span.start, span.end] for span in passage.sentences]),
                        write_sections(passage.sections),
                        passage.language,
                    )
                    for passage in passages
                ],
            )

    def without_vectors(self, document_id: int) -> list[StoredPassage]:
        """List the passages of a document that are to be embedded."""
        rows = self._select("p.document_id = ? AND p.vector IS NULL", [document_id])
        return [_stored(row) for row in rows]

    def set_vectors(self, vectors: Iterable[tuple[int, PassageVectors]]) -> None:
        """Store the vectors of passages, by number."""
        with self._database.transaction() as connection:
            connection.executemany(
                "UPDATE passages SET vector = ?, sentence_vectors = ? WHERE id = ?",
                [
                    (pack(item.passage), pack_rows(item.sentences), number)
                    for number, item in vectors
                ],
            )

    def copy_vectors(self, other: "Generation") -> None:
        """Take over the vectors of passages that another generation cut at the same places."""
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE passages SET (vector, sentence_vectors) = (SELECT o.vector, "
                "o.sentence_vectors FROM passages o WHERE o.generation = ? "
                "AND o.document_id = passages.document_id AND o.start = passages.start "
                "AND o.stop = passages.stop AND o.sentences = passages.sentences) "
                "WHERE generation = ?",
                (other.number, self.number),
            )

    def slot(self, language: str) -> int:
        """Number a language among those of this generation."""
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO languages SELECT ?, ?, count(*), 0, ? "
                "FROM languages WHERE generation = ?",
                (self.number, language, np.zeros(self.dimension).tobytes(), self.number),
            )
            return count(
                connection,
                "SELECT slot FROM languages WHERE generation = ? AND language = ?",
                self.number,
                language,
            )

    def weigh(self, document_ids: Iterable[int], sign: int) -> None:
        """Add (sign 1) or take away (sign -1) documents' vectors in their languages' totals."""
        with self._database.transaction() as connection:
            for embedded in self.of_documents(document_ids):
                language = embedded.stored.passage.language
                self.slot(language)
                row = connection.execute(
                    "SELECT total FROM languages WHERE generation = ? AND language = ?",
                    (self.number, language),
                ).fetchone()
                total = np.frombuffer(row["total"]) + sign * embedded.vector
                connection.execute(
                    "UPDATE languages SET passages = passages + ?, total = ? "
                    "WHERE generation = ? AND language = ?",
                    (sign, total.tobytes(), self.number, language),
                )

    # Reading

    def languages(self) -> dict[str, LanguageTotal]:
        """Read the totals of each language."""
        rows = self._database.connection.execute(
            "SELECT * FROM languages WHERE generation = ?", (self.number,)
        )
        return {
            row["language"]: LanguageTotal(
                row["slot"], row["passages"], np.frombuffer(row["total"])
            )
            for row in rows
        }

    def of_documents(self, document_ids: Iterable[int]) -> list[EmbeddedPassage]:
        """Read the embedded passages of documents in any state."""
        rows = self._select_among("p.vector NOT NULL AND p.document_id", document_ids)
        return [self._embedded(row) for row in rows]

    def passage_ids(self, document_ids: Iterable[int]) -> list[int]:
        """Number the passages of documents."""
        numbers = []
        for chunk in _chunks(document_ids):
            rows = self._database.connection.execute(
                "SELECT id FROM passages WHERE generation = ? AND document_id IN "
                f"({','.join('?' * len(chunk))}) ORDER BY id",
                (self.number, *chunk),
            )
            numbers += [row["id"] for row in rows]
        return numbers

    def has_ready(self) -> bool:
        """Say whether there is anything to find."""
        return any(entry.passages > 0 for entry in self.languages().values())

    def ready_ids(self) -> set[int]:
        """Number the passages that every store must hold."""
        # CROSS keeps the order: from documents on, indexes tell it all, and no text is read.
        rows = self._database.connection.execute(
            "SELECT p.id FROM documents d CROSS JOIN passages p ON p.document_id = d.id "
            "WHERE p.generation = ? AND d.state = 'ready'",
            (self.number,),
        )
        return {row["id"] for row in rows}

    def ready(self, passage_ids: Iterable[int]) -> list[EmbeddedPassage]:
        """Read passages by number, leaving out those of documents that are not ready."""
        rows = self._select_among("d.state = 'ready' AND p.id", passage_ids)
        return [self._embedded(row) for row in rows]

    def ready_vectors(self, passage_ids: Iterable[int]) -> tuple[list[int], list[str], Vector]:
        """Read numbers, languages and vectors, shape (n, dimension), and no texts, as `ready`."""
        numbers: list[int] = []
        languages: list[str] = []
        packed: list[bytes] = []
        for chunk in _chunks(passage_ids):
            found = self._database.connection.execute(
                "SELECT p.id, p.language, p.vector FROM passages p JOIN documents d "
                "ON d.id = p.document_id WHERE p.generation = ? AND p.vector NOT NULL "
                f"AND d.state = 'ready' AND p.id IN ({','.join('?' * len(chunk))})",
                [self.number, *chunk],
            )
            for row in found:
                numbers.append(row["id"])
                languages.append(row["language"])
                packed.append(row["vector"])
        return numbers, languages, unpack_all(packed, self.dimension)

    def to_embed(self) -> int:
        """Count the passages without vectors of documents that are wanted."""
        return count(
            self._database.connection,
            "SELECT count(*) FROM passages p JOIN documents d ON d.id = p.document_id "
            "WHERE p.generation = ? AND p.vector IS NULL AND d.state != 'gone'",
            self.number,
        )

    @classmethod
    def _of(cls, database: Database, row: sqlite3.Row) -> Self:
        return cls(database, row["id"], row["fingerprint"], row["dimension"], row["collection"])

    def _select(self, condition: str, parameters: Sequence[int]) -> list[sqlite3.Row]:
        return self._database.connection.execute(
            "SELECT p.*, d.title, d.path FROM passages p JOIN documents d "
            f"ON d.id = p.document_id WHERE p.generation = ? AND {condition} ORDER BY p.id",
            [self.number, *parameters],
        ).fetchall()

    def _select_among(self, condition: str, numbers: Iterable[int]) -> list[sqlite3.Row]:
        found: list[sqlite3.Row] = []
        for chunk in _chunks(numbers):
            found += self._select(f"{condition} IN ({','.join('?' * len(chunk))})", chunk)
        return found

    def _embedded(self, row: sqlite3.Row) -> EmbeddedPassage:
        return EmbeddedPassage(
            _stored(row),
            unpack(row["vector"]),
            unpack_rows(row["sentence_vectors"], self.dimension),
        )


def _chunks(numbers: Iterable[int]) -> Iterator[tuple[int, ...]]:
    """Part numbers into as many as one statement of SQLite may surely have."""
    remaining = iter(numbers)
    while chunk := tuple(islice(remaining, _MOST_PARAMETERS)):
        yield chunk


def _stored(row: sqlite3.Row) -> StoredPassage:
    return StoredPassage(
        id=row["id"],
        document_id=row["document_id"],
        title=row["title"],
        path=row["path"],
        passage=Passage(
            start=row["start"],
            end=row["stop"],
            text=row["text"],
            sentences=tuple(Span(*pair) for pair in json.loads(row["sentences"])),
            sections=read_sections(row["sections"]),
            language=row["language"],
        ),
    )
