"""The Chroma collection: embedded in a folder, or on a server.

Knows passage numbers, vectors and languages; nothing of texts, files or ranking.

An embedder prefers passages in the question's language whatever they say, so the mean likeness
of each language has to come off before the nearest are picked, or in a large corpus the other
languages never get among them. Each stored vector therefore carries, behind the embedder's own
numbers, a mark in the slot of its language; the query carries minus the language's mean likeness
in that slot. One look-up in an ordinary cosine index then ranks by likeness above the language's
mean, and means may move without any vector being written again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast
from urllib.parse import urlsplit

import chromadb
import httpx
import numpy as np
from chromadb.api.client import Client
from chromadb.api.fastapi import FastAPI
from chromadb.config import Settings as ChromaSettings
from chromadb.errors import ChromaError

from index.errors import StoreUnavailable, VectorServerAway
from index.types import Vector

LANGUAGE_SLOTS = 48
"""Languages beyond this many share the last slot."""

_MARK = 0.25
"""The length of a language's mark. Small, so that languages stay near each other in the graph of
nearest neighbours; the cosine's denominator is the same for every vector, so the order is exact."""

_BATCH = 300
"""The smallest limit on records a write that a Chroma deployment is known to have."""

_EF_SEARCH = 200
"""Candidates per look-up: recall@10 of 1.000 instead of 0.985 at 50,000 vectors."""

_SECONDS_TO_ANSWER = 60.0
"""A batch is written in a second; a server that takes longer hangs."""

_SECONDS_TO_LOOK = 3.0
"""Whoever waits for a server looks again and again, and may be stopped between two looks."""

_NEIGHBOURS = 10
"""How many a vector is looked for among."""

_AWAY = frozenset((502, 503, 504))
"""What a proxy answers in place of a server that is not there."""

_TOLERANCE = 1e-3
"""Of cosines: Chroma keeps vectors in single precision, and may normalise them."""


@dataclass(frozen=True, slots=True)
class VectorRecord:
    """What Chroma keeps of a passage."""

    passage_id: int
    document_id: int
    language: str
    slot: int
    vector: Vector


def open_client(
    folder: Path, url: str, key: str = "", seconds: float = _SECONDS_TO_ANSWER
) -> Client:
    """Open the embedded store in `folder`, or the server at `url` if there is one.

    A server may take so many seconds for each answer. Raises StoreUnavailable.
    """
    settings = ChromaSettings(anonymized_telemetry=False)
    try:
        if url:
            # Chroma's own client would wait for ever, here and for every later answer.
            httpx.get(f"{url.rstrip('/')}/api/v2/heartbeat", timeout=seconds)
        client = _connect(folder, url, key, settings)
    except (ChromaError, ValueError, OSError, httpx.HTTPError, httpx.InvalidURL) as error:
        raise _unavailable(url or str(folder), error) from error
    server = client._server
    if isinstance(server, FastAPI):
        server._session.timeout = httpx.Timeout(seconds)
    return client


def _connect(folder: Path, url: str, key: str, settings: ChromaSettings) -> Client:
    if not url:
        folder.mkdir(parents=True, exist_ok=True)
        client = chromadb.PersistentClient(path=str(folder), settings=settings)
    else:
        parts = urlsplit(url)
        client = chromadb.HttpClient(
            host=parts.hostname or "localhost",
            port=parts.port or (443 if parts.scheme == "https" else 80),
            ssl=parts.scheme == "https",
            headers={"Authorization": f"Bearer {key}"} if key else None,
            settings=settings,
        )
    # The factories promise an interface without `close`; what they make has it.
    assert isinstance(client, Client)
    return client


class VectorStore:
    """One collection of passage vectors. Opened `read_only`, it must be there."""

    def __init__(
        self, client: Client, name: str, dimension: int, where: str, read_only: bool = False
    ) -> None:
        self._dimension = dimension
        self._where = where
        self._client = client
        self.name = name
        with self._reporting():
            if read_only:
                self._collection = client.get_collection(name, embedding_function=None)
            else:
                self._collection = client.get_or_create_collection(
                    name,
                    embedding_function=None,
                    configuration={"hnsw": {"space": "cosine", "ef_search": _EF_SEARCH}},
                )

    @property
    def identity(self) -> str:
        """Name the collection as Chroma does: one that was made anew has another."""
        return str(self._collection.id)

    def add(self, records: Sequence[VectorRecord]) -> None:
        """Write vectors, each in place of one of the same number."""
        for start in range(0, len(records), _BATCH):
            batch = records[start : start + _BATCH]
            with self._reporting():
                self._collection.upsert(
                    ids=[str(record.passage_id) for record in batch],
                    embeddings=np.stack([self._marked(record) for record in batch]),
                    metadatas=[
                        {"document": record.document_id, "language": record.language}
                        for record in batch
                    ],
                )

    def remove(self, passage_ids: Sequence[int]) -> None:
        """Remove vectors by number; unknown numbers are no error."""
        for start in range(0, len(passage_ids), _BATCH):
            batch = passage_ids[start : start + _BATCH]
            with self._reporting():
                self._collection.delete(ids=[str(number) for number in batch])

    def ids(self) -> set[int]:
        """Number every vector in the collection."""
        with self._reporting():
            return {int(number) for number in self._collection.get(include=[])["ids"]}

    def count(self) -> int:
        """Count the vectors in the collection."""
        with self._reporting():
            return self._collection.count()

    def has(self, passage_id: int) -> bool:
        """Say whether a vector is in the collection."""
        with self._reporting():
            return bool(self._collection.get(ids=[str(passage_id)], include=[])["ids"])

    def search(self, vector: Vector, offsets: Mapping[int, float], limit: int) -> list[int]:
        """Find the passages nearest to a question of shape (dimension,), best first.

        `offsets` has the likeness to come off, by language slot.
        """
        with self._reporting():
            found = self._collection.query(
                query_embeddings=self._query(vector, offsets)[np.newaxis],
                n_results=limit,
                include=[],
            )
        return [int(number) for number in found["ids"][0]]

    def misplaced(self, records: Sequence[VectorRecord]) -> list[int]:
        """Number those of some passages, all of them in the collection, that it has wrong.

        Their vectors are other ones than these, or do not find themselves. Where as many others as
        were looked for are as near as a vector is to itself, only the first can be told.
        """
        wrong = []
        for start in range(0, len(records), _BATCH):
            batch = records[start : start + _BATCH]
            with self._reporting():
                stored = self._collection.get(
                    ids=[str(record.passage_id) for record in batch], include=["embeddings"]
                )
                found = self._collection.query(
                    query_embeddings=np.stack([self._query(item.vector, {}) for item in batch]),
                    n_results=_NEIGHBOURS,
                    include=["distances"],
                )
            assert stored["embeddings"] is not None and found["distances"] is not None
            rows = dict(zip(map(int, stored["ids"]), stored["embeddings"], strict=True))
            for record, ids, distances in zip(batch, found["ids"], found["distances"], strict=True):
                row = rows.get(record.passage_id)
                is_same = row is not None and _cosine(row, self._marked(record)) > 1 - _TOLERANCE
                is_found = str(record.passage_id) in ids
                if not is_same or not (is_found or _crowded(distances)):
                    wrong.append(record.passage_id)
        return wrong

    def answers(self) -> bool:
        """Say whether the store can be asked at all; a server that hangs is given up on soon."""
        try:
            self.expect_answer(_SECONDS_TO_LOOK)
        except StoreUnavailable:
            return False
        return True

    def expect_answer(self, seconds: float = _SECONDS_TO_ANSWER) -> None:
        """Raise StoreUnavailable where the store cannot be asked, a server within so long."""
        server = self._client._server
        with self._reporting():
            if isinstance(server, FastAPI):
                # Its `heartbeat` has the client's time for a whole batch. The type says that every
                # keyword is a dict; each is passed to httpx as it is.
                server._make_request("get", "/heartbeat", timeout=cast(Any, seconds))
            else:
                self._client.heartbeat()

    def drop(self, name: str) -> None:
        """Delete a collection of this client; one that is not there is no error."""
        drop(self._client, name, self._where)

    def _marked(self, record: VectorRecord) -> Vector:
        row = np.zeros(self._dimension + LANGUAGE_SLOTS, dtype=np.float32)
        row[: self._dimension] = record.vector
        row[self._dimension + min(record.slot, LANGUAGE_SLOTS - 1)] = _MARK
        return row

    def _query(self, vector: Vector, offsets: Mapping[int, float]) -> Vector:
        row = np.zeros(self._dimension + LANGUAGE_SLOTS, dtype=np.float32)
        row[: self._dimension] = vector
        for slot, offset in offsets.items():
            row[self._dimension + min(slot, LANGUAGE_SLOTS - 1)] = -offset / _MARK
        return row

    def _reporting(self) -> "_Reporting":
        return _Reporting(self._where)


def drop(client: Client, name: str, where: str) -> None:
    """Delete a collection; one that is not there is no error. Raises StoreUnavailable."""
    with _Reporting(where):
        if name in {collection.name for collection in client.list_collections()}:
            client.delete_collection(name)


def _cosine(first: Vector, second: Vector) -> float:
    lengths = float(np.linalg.norm(first) * np.linalg.norm(second))
    return float(np.dot(first, second)) / lengths if lengths else 0.0


def _crowded(distances: Sequence[float]) -> bool:
    """Say whether all that a vector found are as near to it as it is itself."""
    own = 1 - 1 / float(np.sqrt(1 + _MARK**2))
    return len(distances) == _NEIGHBOURS and max(distances) < own + _TOLERANCE


class _Reporting:
    """Turns what Chroma raises into StoreUnavailable."""

    def __init__(self, where: str) -> None:
        self._where = where

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # The Rust binding raises InternalError, the HTTP client httpx's errors, which are no
        # relatives; what is neither a bug of ours nor an interruption is the store's failure.
        if isinstance(error, Exception):
            raise _unavailable(self._where, error) from error


def _unavailable(where: str, error: Exception) -> StoreUnavailable:
    kind = VectorServerAway if _is_away(error) else StoreUnavailable
    return kind(
        f"Chroma at {where} cannot be used: {error}. If it is a server, start it or correct the "
        "setting chroma_url; if it is a folder, run 'bronwijzer rebuild' to make it anew."
    )


def _is_away(error: Exception) -> bool:
    """Say whether no Chroma server answered, or a proxy said so in its place."""
    # Chroma's client raises a bare Exception while it handles the one that has the status.
    answer = error.__context__
    if isinstance(answer, httpx.HTTPStatusError):
        return answer.response.status_code in _AWAY
    return isinstance(error, httpx.TransportError)
