"""The named collections of one data folder: each a corpus of its own with its assistant.

Knows names, folders and which of them are open; nothing of what is asked of them. The default
collection lies in the data folder itself, every other one in a folder of its own below it, with
stores of its own: a question to one can never meet a passage of another.
"""

import secrets
import shutil
import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.answering import Assistant
from assistant.chat_model import ChatModel
from assistant.errors import AssistantError, BadCollection, UnknownCollection
from assistant.types import (
    COLLECTIONS_FOLDER,
    DEFAULT_COLLECTION,
    CollectionCount,
    is_collection_name,
)
from index.corpus import Corpus
from index.errors import IndexingError, StoreUnavailable, UnreadableFile
from index.files import absence_of
from index.workspace import begin_catalog


@dataclass(frozen=True, slots=True)
class Collection:
    """One collection that is open."""

    corpus: Corpus
    assistant: Assistant


Opener = Callable[[Path, str], Collection]
"""Opens the collection of a name in a folder; raises what opening a corpus raises."""

Discard = Callable[[Path], str]
"""Drops what a collection that cannot be opened has outside its folder; says what may be left."""

_FIRST_NUMBERS = 2**48
"""Documents of a collection are numbered from some number below this. One that is deleted and made
again begins elsewhere: no old citation opens another document. What is added fits a browser."""


def _nothing_outside(folder: Path) -> str:
    return ""


class Corpora:
    """The collections of a data folder, which the caller owns. Any thread may ask.

    The default one is given open, and is closed by whoever opened it; the others are opened when
    they are first asked for, and closed by `close`. None waits for the opening of another.
    """

    def __init__(
        self, folder: Path, default: Collection, opener: Opener, discard: Discard = _nothing_outside
    ) -> None:
        self._folder = folder / COLLECTIONS_FOLDER
        self._opener = opener
        self._discard = discard
        self._open = {DEFAULT_COLLECTION: default}
        self._model: ChatModel | None = None
        self._lock = threading.Lock()  # Of the fields; held for no longer than it takes to look.
        self._turns: defaultdict[str, threading.RLock] = defaultdict(threading.RLock)

    def __enter__(self) -> "Corpora":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Release the files of all collections but the default one."""
        with self._lock:
            for name in [name for name in self._open if name != DEFAULT_COLLECTION]:
                self._open.pop(name).corpus.close()

    def names(self) -> tuple[str, ...]:
        """List the collections: the default one first, the others by name."""
        try:
            folders = [path.name for path in self._folder.iterdir() if path.is_dir()]
        except FileNotFoundError:
            folders = []
        named = {name for name in folders if is_collection_name(name)} - {DEFAULT_COLLECTION}
        return (DEFAULT_COLLECTION, *sorted(named))

    def corpus(self, name: str = DEFAULT_COLLECTION) -> Corpus:
        """Give the corpus of a collection. Raises UnknownCollection, what opening one raises."""
        return self._opened(name).corpus

    def assistant(self, name: str = DEFAULT_COLLECTION) -> Assistant:
        """Give the assistant of a collection. Raises UnknownCollection, what opening one raises."""
        return self._opened(name).assistant

    def opened(self) -> dict[str, Corpus]:
        """Give the collections that are open, by name, the default one first.

        Without those that another process, which owns the folder, has removed.
        """
        there = set(self.names())
        with self._lock:
            return {name: kept.corpus for name, kept in self._open.items() if name in there}

    def use(self, model: ChatModel | None) -> None:
        """Take a language model into use in every collection, or out of it."""
        with self._lock:
            self._model = model
            for collection in self._open.values():
                collection.assistant.use(model)

    def counted(self) -> list[CollectionCount]:
        """Count what is in each collection; one that cannot be opened is listed with the reason."""
        return [self._count(name) for name in self.names()]

    def _count(self, name: str) -> CollectionCount:
        try:
            corpus = self.corpus(name)
            return CollectionCount(name, corpus.document_count(), corpus.passage_count())
        except (AssistantError, IndexingError) as error:
            return CollectionCount(name, 0, 0, str(error))

    def create(self, name: str) -> None:
        """Make an empty collection; one that is there stays as it is. Raises BadCollection."""
        if not is_collection_name(name):
            raise BadCollection(
                f"A collection cannot be called {name!r}: a name has 1 to 40 small letters (a to "
                "z), digits and hyphens, such as 'human-resources'."
            )
        with self._turn(name):
            if name in self.names():
                return
            # Whole before it has its name, since other processes may look.
            fresh = self._nameless(name)
            begin_catalog(fresh, secrets.randbelow(_FIRST_NUMBERS))
            fresh.rename(self.folder(name))

    def create_for(self, name: str, paths: Sequence[Path]) -> None:
        """Make a collection that paths are to be synced into, where there is none of that name.

        Raises UnknownCollection where no path is named, UnreadableFile where one does not exist,
        BadCollection.
        """
        if name in self.names():
            return
        if not paths:
            raise self._unknown(name)
        for path in paths:
            if absence := absence_of(path.expanduser()):
                raise UnreadableFile(f"{absence} Nothing was changed.")
        self.create(name)

    def remove(self, name: str) -> str:
        """Delete a collection: its index, and the files that were brought into it through a page.

        Files that it was synced from stay. One that is damaged is deleted too; says what of it
        could not be. Raises UnknownCollection, BadCollection, and StoreUnavailable where a Chroma
        server is away.
        """
        if name == DEFAULT_COLLECTION:
            raise BadCollection(
                f"The collection {name} is the data folder's own and cannot be removed; "
                "'bronwijzer remove PATH' takes documents out of it."
            )
        with self._turn(name):
            try:
                corpus = self._opened(name).corpus
            except StoreUnavailable:
                left = self._discard(self.folder(name))
                self._delete(name)
                return left
            with corpus.retired():
                self._close(name)
                self._delete(name)
        return ""

    def _delete(self, name: str) -> None:
        """Delete a folder; what of it is left by a failure is no collection any more."""
        shutil.rmtree(self.folder(name).rename(self._nameless(name)))

    def _nameless(self, name: str) -> Path:
        """Say where a folder lies before and after it is a collection; nothing lies there now."""
        place = self._folder / f".{name}"
        shutil.rmtree(place, ignore_errors=True)
        return place

    def folder(self, name: str) -> Path:
        """Say where a collection other than the default one lies."""
        return self._folder / name

    def _opened(self, name: str) -> Collection:
        # Looked up, so that no name from outside ever becomes a path by itself; and each time,
        # since another process may own the folder.
        if name not in self.names():
            self._close(name)
            raise self._unknown(name)
        collection = self._open.get(name)
        if collection is not None:
            return collection
        with self._turn(name):
            collection = self._open.get(name)
            if collection is None:
                if name not in self.names():
                    raise self._unknown(name)  # Removed while this waited; it must not come back.
                collection = self._opener(self.folder(name), name)
                with self._lock:
                    collection.assistant.use(self._model)
                    self._open[name] = collection
            return collection

    def _turn(self, name: str) -> threading.RLock:
        """Give the lock of one collection, under which it is made, opened and removed."""
        with self._lock:
            return self._turns[name]

    def _close(self, name: str) -> None:
        with self._lock:
            collection = self._open.pop(name, None)
        if collection is not None:
            collection.corpus.close()

    def _unknown(self, name: str) -> UnknownCollection:
        return unknown_collection(name, self.names())


def unknown_collection(name: str, names: Sequence[str]) -> UnknownCollection:
    """Say that there is no collection of a name, and which there are."""
    return UnknownCollection(
        f"There is no collection {name!r}; there are: {', '.join(names) or 'none'}. "
        f"'bronwijzer sync --collection NAME PATH' makes one."
    )
