"""The stores of one data folder: opened for a generation, begun for a new one, swept of old ones.

Knows which files and collections belong to which generation; nothing of what they hold.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

from index.catalog import CATALOG, Catalog
from index.database import Database
from index.generation import Generation
from index.stores import Stores
from index.terms import TermIndex
from index.types import Embedder
from index.vectors import VectorStore, open_client


@dataclass(frozen=True, slots=True)
class ChromaAddress:
    """A Chroma server; an empty `url` is the embedded store in the data folder."""

    url: str = ""
    key: str = ""


class Workspace:
    """The files of a data folder, and the client of its vectors, until `close`."""

    def __init__(self, folder: Path, chroma: ChromaAddress) -> None:
        self.folder = folder
        self._chroma = chroma
        self._client = open_client(folder / "chroma", chroma.url, chroma.key)
        self.database = Database(folder / CATALOG)
        self.catalog = Catalog(self.database)

    def close(self) -> None:
        """Release the files."""
        self.database.close()
        self._client.close()

    def current(self) -> Stores | None:
        """Open the current generation, if there is one yet. Raises StoreUnavailable."""
        generation = Generation.current(self.database)
        return self._open(generation) if generation else None

    def begin(self, embedder: Embedder) -> Stores:
        """Begin a generation that is not current yet. Raises StoreUnavailable."""
        return self._open(
            Generation.create(self.database, embedder.fingerprint, embedder.dimension)
        )

    def sweep(self, stores: Stores) -> None:
        """Drop what an unfinished or a replaced generation has left."""
        for number, collection in stores.generation.leftovers():
            stores.vectors.drop(collection)
            shutil.rmtree(self._terms_folder(number), ignore_errors=True)
            stores.generation.forget(number)

    def _open(self, generation: Generation) -> Stores:
        where = self._chroma.url or str(self.folder / "chroma")
        return Stores(
            self.database,
            self.catalog,
            generation,
            VectorStore(self._client, generation.collection, generation.dimension, where),
            TermIndex(self._terms_folder(generation.number)),
        )

    def _terms_folder(self, generation: int) -> Path:
        return self.folder / f"terms-{generation}"
