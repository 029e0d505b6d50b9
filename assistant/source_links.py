"""Addresses of places in documents, below the server's own.

Knows how they are written; nothing of what is shown there. `sources.py` reads them.
"""

from urllib.parse import urlencode

from assistant.types import DEFAULT_COLLECTION, Citation, Evidence
from index.types import Span


def source_link(item: Citation | Evidence, place: Span) -> str:
    """Address a place in the document of an item."""
    return f"/source/{source_query(item, place)}"


def source_query(item: Citation | Evidence, place: Span, shown: str = "") -> str:
    """Address it below wherever documents are shown; the default collection goes without saying.

    `shown` is a pass to the document, where one is asked for.
    """
    query: dict[str, str | int] = {"start": place.start, "end": place.end}
    if item.collection != DEFAULT_COLLECTION:
        query = {"collection": item.collection, **query}
    if shown:
        query["pass"] = shown
    return f"{item.document_id}?{urlencode(query)}#cited"
