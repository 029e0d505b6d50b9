"""Cuts and embeds all documents of a catalog anew, into a generation beside the old one.

Knows catalog, generations and stores; nothing of files or of when the new one takes over.
"""

from collections.abc import Iterator

from index.language import LanguageDetector
from index.outages import Outages
from index.passages import split
from index.stores import Stores, embed_documents
from index.types import Document, Embedder, SyncReport


def refilled(
    new: Stores,
    old: Stores | None,
    embedder: Embedder,
    detector: LanguageDetector,
    outages: Outages,
) -> Iterator[SyncReport]:
    """Fill new stores from the texts in the catalog; vectors of the same embedder are kept."""
    catalog = new.catalog
    documents = catalog.pending() + [document.id for document in catalog.documents(0)]
    for number in documents:
        source = catalog.source(number)
        document = Document(source.title, source.text, source.sections)
        new.generation.add(number, split(document, detector))
    if old is not None and old.generation.fingerprint == new.generation.fingerprint:
        new.generation.copy_vectors(old.generation)
    report = SyncReport(stage="rebuilding", unchanged=len(documents))
    left = list(documents)

    def include(numbers: list[int]) -> None:
        new.include(numbers)
        del left[: len(numbers)]

    def steps(report: SyncReport) -> Iterator[SyncReport]:
        return embed_documents(new, embedder, tuple(left), report, include)

    # What a server lost that it had acknowledged, the next sync finds: no mark vouches for it.
    yield from outages.outlasted(steps, report, lambda: len(left), lambda: ())
