"""The stores of one data folder: opened for a generation, begun for a new one, swept of old ones.

Knows which files and collections belong to which generation; nothing of what they hold.
"""

import hashlib
import logging
import shutil
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from index.agreement import Agreement
from index.catalog import CATALOG, Catalog
from index.database import Database
from index.errors import StoreUnavailable
from index.generation import Generation
from index.outages import Outages
from index.stores import Stores
from index.terms import TermIndex, aside_of
from index.types import Embedder
from index.vectors import VectorStore, drop, open_client

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ChromaAddress:
    """A Chroma server; an empty `url` is the embedded store in the data folder.

    A sync waits so many seconds for a server that goes away in the middle: enough for its machine
    to be started anew.
    """

    url: str = ""
    key: str = ""
    patience: float = 300.0


class Workspace:
    """The files of a data folder, and the client of its vectors, until `close`.

    The catalog says which generation is current, whoever has made it so: `current` asks it anew
    each time. Opened `read_only`, nothing is made, and the vectors must be on a server.
    """

    def __init__(self, folder: Path, chroma: ChromaAddress, read_only: bool = False) -> None:
        if read_only and not chroma.url:
            # Two processes on one embedded store lose vectors silently.
            raise StoreUnavailable(
                f"The vectors of {folder} are kept in the folder itself, which one process alone "
                "may open. To read beside it, start 'chroma run', set chroma_url for all "
                "processes, and run 'bronwijzer rebuild' once."
            )
        self.folder = folder
        self._chroma = chroma
        self._read_only = read_only
        self._opening = threading.Lock()
        self._opened: dict[str, Stores] = {}
        self.database = Database(folder / CATALOG, read_only)
        self.catalog = Catalog(self.database)
        # To open them changes them.
        self._files_before = self._vector_files()
        try:
            self._client = open_client(folder / "chroma", chroma.url, chroma.key)
        except StoreUnavailable:
            self.database.close()
            raise

    def close(self) -> None:
        """Release the files."""
        opened, self._opened = self._opened, {}
        try:
            self._client.close()
            for stores in opened.values():
                stores.agreement.leave(_together(stores.vectors, self._vector_files()))
        except StoreUnavailable as error:
            # What was done is kept; only that the vectors are as they should be must be seen anew.
            _log.warning("The next sync will look into all vectors of %s: %s", self.folder, error)
        finally:
            self.database.close()

    def current(self) -> Stores | None:
        """Give the stores of the current generation, if there is one yet.

        Raises StoreUnavailable.
        """
        if self._read_only:
            self.database.expect_schema()
        generation = Generation.current(self.database)
        return self._open(generation) if generation else None

    def begin(self, embedder: Embedder) -> Stores:
        """Begin a generation that is not current yet. Raises StoreUnavailable."""
        return self._open(
            Generation.create(self.database, embedder.fingerprint, embedder.dimension)
        )

    def outages(self, stores: Stores) -> Outages:
        """Prepare to wait for the server of the vectors, where it goes away."""
        return Outages(stores.vectors, self._chroma.patience)

    def sweep(self, stores: Stores) -> None:
        """Forget all that an unfinished or a replaced generation has left."""
        for number in self.drop_stores_beside(stores):
            stores.generation.forget(number)

    def drop_stores_beside(self, stores: Stores) -> list[int]:
        """Drop vectors and terms of the other generations, whose numbers are given.

        Their passages stay in the catalog: answers that were begun are still checked against them.
        """
        others = stores.generation.others()
        for other in others:
            stores.vectors.drop(other.collection)
            terms = self._terms_folder(other.number)
            for folder in (terms, aside_of(terms)):
                shutil.rmtree(folder, ignore_errors=True)
            with self._opening:
                self._opened.pop(other.collection, None)
        return [other.number for other in others]

    def _open(self, generation: Generation) -> Stores:
        with self._opening:
            # By this name alone: a restored catalog may give the same number to another one.
            stores = self._opened.get(generation.collection)
            if stores is None:
                stores = self._stores(generation)
                if self._read_only:
                    self._opened.clear()
                self._opened[generation.collection] = stores
            return stores

    def _stores(self, generation: Generation) -> Stores:
        where = self._chroma.url or str(self.folder / "chroma")
        name, dimension = generation.collection, generation.dimension
        vectors = VectorStore(self._client, name, dimension, where, self._read_only)
        files = _together(vectors, self._files_before)
        return Stores(
            self.database,
            self.catalog,
            generation,
            vectors,
            TermIndex(self._terms_folder(generation.number), self._read_only),
            Agreement(self.database, generation.number, files),
        )

    def _vector_files(self) -> str:
        """Describe the files of the vectors; empty where they are on a server or cannot be seen."""
        if self._chroma.url:
            return ""
        try:
            return self._described()
        except OSError:
            return ""

    def _described(self) -> str:
        described = hashlib.sha256()
        for file in sorted((self.folder / "chroma").rglob("*")):
            found = file.stat()
            # No tool sets the time of a change of a file's own record, as it may that of writing.
            described.update(
                f"{file} {found.st_size} {found.st_ctime_ns}\n".encode("utf-8", "surrogateescape")
            )
        return described.hexdigest()

    def _terms_folder(self, generation: int) -> Path:
        return self.folder / f"terms-{generation}"


def _together(vectors: VectorStore, files: str) -> str:
    """Describe a collection by its identity and its files; empty where they are not known."""
    return files and f"{vectors.identity} {files}"


def discard_vectors(folder: Path, chroma: ChromaAddress) -> str:
    """Drop what a folder that cannot be opened has on a Chroma server, as far as that is known.

    Says what may be left there. Raises StoreUnavailable where the server is away.
    """
    if not chroma.url:
        return ""
    try:
        names = vector_collections(folder)
    except StoreUnavailable as error:
        return f"Its vectors on {chroma.url} could not be named, and are left there. {error}"
    drop_collections(names, chroma)
    return ""


def vector_collections(folder: Path) -> list[str]:
    """Name the Chroma collections of a data folder that nobody has open, by its catalog.

    Raises StoreUnavailable where that is not there or cannot be read.
    """
    if not (folder / CATALOG).is_file():
        raise StoreUnavailable(f"There is no catalog in {folder}.")
    database = Database(folder / CATALOG)
    try:
        current = Generation.current(database)
        return [] if current is None else [g.collection for g in (current, *current.others())]
    finally:
        database.close()


def drop_collections(names: Sequence[str], chroma: ChromaAddress) -> None:
    """Delete collections on a Chroma server. Raises StoreUnavailable."""
    client = open_client(Path(), chroma.url, chroma.key)
    try:
        for name in names:
            drop(client, name, chroma.url)
    finally:
        client.close()


def begin_catalog(folder: Path, after: int) -> None:
    """Make the catalog of a new data folder, whose first document has the number behind `after`."""
    database = Database(folder / CATALOG)
    try:
        with database.transaction() as connection:
            connection.execute("INSERT INTO sqlite_sequence VALUES ('documents', ?)", (after,))
    finally:
        database.close()
