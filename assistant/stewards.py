"""What it takes to change the documents of a collection, for each of them.

Knows which corpus, uploads and upkeep belong together; nothing of requests or pages.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from assistant.corpora import Corpora
from assistant.errors import AssistantError
from assistant.holdings import Holdings
from assistant.types import DEFAULT_COLLECTION
from assistant.upkeep import Upkeep
from assistant.uploads import Uploads
from index.corpus import Corpus
from index.errors import IndexingError

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Steward:
    """The documents of one collection, and what brings them in and takes them out."""

    corpus: Corpus
    uploads: Uploads
    upkeep: Upkeep
    holdings: Holdings


class Stewards:
    """The stewards of all collections, each made when it is first asked for. Any thread may ask.

    The default one's `uploads` and `upkeep` are given, and closed by whoever gave them; the others'
    by `close`.
    """

    def __init__(
        self,
        corpora: Corpora,
        uploads: Uploads,
        upkeep: Upkeep,
        uploads_of: Callable[[str], Uploads],
    ) -> None:
        self._corpora = corpora
        self._uploads_of = uploads_of
        corpus = corpora.corpus()
        default = Steward(corpus, uploads, upkeep, Holdings(corpus, uploads))
        self._made = {DEFAULT_COLLECTION: default}
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop the upkeep of all collections but the default one."""
        with self._lock:
            for name in [name for name in self._made if name != DEFAULT_COLLECTION]:
                self._made.pop(name).upkeep.close()

    def stop(self) -> None:
        """Begin no more syncs, and end the running ones after their present step."""
        with self._lock:
            for steward in self._made.values():
                steward.upkeep.stop()

    def catch_up(self) -> None:
        """Sync what was brought in through a page and may not have been read before a stop.

        A collection that cannot be opened is left to whoever asks for it, and told why.
        """
        for name in self._corpora.names():
            default = self._made[DEFAULT_COLLECTION].uploads
            folder = (default if name == DEFAULT_COLLECTION else self._uploads_of(name)).folder
            if folder.is_dir() and any(folder.iterdir()):
                try:
                    self.of(name).upkeep.request((folder,))
                except (AssistantError, IndexingError) as error:
                    _log.warning("Uploads of %s cannot be read: %s", name, error)

    def of(self, collection: str) -> Steward:
        """Give the steward of a collection. Raises UnknownCollection, what opening one raises."""
        corpus = self._corpora.corpus(collection)
        with self._lock:
            known = self._made.get(collection)
            if known is not None and known.corpus is corpus:
                return known
            if known is not None:
                known.upkeep.close()  # Of a collection of the same name that was removed.
            uploads = self._uploads_of(collection)
            made = Steward(corpus, uploads, Upkeep(corpus), Holdings(corpus, uploads))
            self._made[collection] = made
            return made
