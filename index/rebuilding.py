"""Cuts and embeds all documents of a catalog anew, into a generation beside the old one.

Knows catalog, generations and stores; nothing of files or of when the new one takes over.
"""

from collections.abc import Iterator

from index.language import LanguageDetector
from index.passages import split
from index.stores import Stores, embed_documents
from index.types import Document, Embedder, SyncReport


def refilled(
    new: Stores, old: Stores | None, embedder: Embedder, detector: LanguageDetector
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
    yield from embed_documents(new, embedder, documents, report, new.include)
