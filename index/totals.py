"""What the index holds, counted.

Knows catalog and generation; nothing of how they came to hold it.
"""

from index.catalog import Catalog
from index.coverage import Coverage
from index.stores import Stores
from index.types import CorpusStats


def totals(catalog: Catalog, stores: Stores | None, coverage: Coverage) -> CorpusStats:
    """Count what is in the index; without stores, nothing was ever indexed."""
    documents = catalog.documents(stores.generation.number if stores else 0)
    languages = passages_by_language(stores)
    return CorpusStats(
        documents=len(documents),
        passages=sum(document.passages for document in documents),
        pending=len(catalog.pending()),
        languages=languages,
        roots=tuple(catalog.roots()),
        unread=tuple(catalog.unread()),
        skipped=catalog.skipped_counts(),
        fingerprint=stores.generation.fingerprint if stores else "",
        uncovered=coverage.uncovered(languages),
        unmeasured=coverage.unmeasured(languages),
    )


def passages_by_language(stores: Stores | None) -> dict[str, int]:
    """Count the passages that can be found, by language."""
    found = stores.generation.languages() if stores else {}
    return {name: entry.passages for name, entry in found.items() if entry.passages}
