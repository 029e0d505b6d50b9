"""The hits of the last searches, for as long as the catalog is as it was.

Knows versions of a catalog; nothing of how passages are ranked.
"""

import threading
from collections.abc import Callable, Hashable, Sequence

from cachetools import LRUCache

from index.catalog_version import CatalogVersion, Version
from index.types import Hit

_MOST = 200
"""Searches; each holds the texts of its passages, some 10 kB."""


class RememberedHits:
    """Searches that were done, each with the catalog's version before it. Any thread may ask."""

    def __init__(self, version: CatalogVersion, most: int = _MOST) -> None:
        self._version = version
        self._kept: LRUCache[Hashable, tuple[Version, tuple[Hit, ...]]] = LRUCache(most)
        self._lock = threading.Lock()

    def found(self, key: Hashable, search: Callable[[], Sequence[Hit]]) -> list[Hit]:
        """Give the hits of a search, out of memory where nothing was committed since."""
        version = self._version.read()
        with self._lock:
            kept = self._kept.get(key)
        if kept is not None and kept[0] == version:
            return list(kept[1])
        hits = search()
        if version is not None:
            with self._lock:
                self._kept[key] = (version, tuple(hits))
        return list(hits)

    def close(self) -> None:
        """Close the catalog."""
        self._version.close()
