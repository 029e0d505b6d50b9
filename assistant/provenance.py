"""What became of a file on its way into the index: when, by what, and what of it was lost.

Knows documents; nothing of pages or of where documents are kept.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

from assistant.types import DocumentText
from index.types import DocumentInfo, SourceDocument


def info_of(document: SourceDocument, infos: Iterable[DocumentInfo]) -> DocumentInfo | None:
    """Pick what is known of this version of a document; None where another took its place."""
    return next((info for info in infos if info.id == document.id), None)


def with_history(text: DocumentText, info: DocumentInfo | None) -> DocumentText:
    """Say beside a document's text how it was read, where that is known."""
    if info is None:
        return text
    return replace(
        text,
        passages=info.passages,
        indexed=indexed_at(info).isoformat(timespec="seconds"),
        parser=info.parser,
        warnings=info.warnings,
    )


def indexed_at(info: DocumentInfo) -> datetime:
    """Say when a document was indexed."""
    return datetime.fromtimestamp(info.indexed_at, UTC)
