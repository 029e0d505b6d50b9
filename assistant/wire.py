"""Questions, answers and reports as JSON, for the HTTP interface, command line and clients.

Knows field names; nothing of HTTP.
"""

import json
from collections.abc import Sequence
from typing import Any

from pydantic import TypeAdapter

from assistant.filters import write_filter
from assistant.remarks import remarks
from assistant.types import (
    DEFAULT_COLLECTION,
    Answer,
    Citation,
    Claim,
    CollectionCount,
    DocumentText,
    Evidence,
    Kind,
    Message,
    Notice,
    Support,
)
from assistant.wording import english
from index.check_report import CheckReport
from index.plans import SyncPlan
from index.types import (
    EVERYTHING,
    CorpusStats,
    DocumentFilter,
    DocumentInfo,
    Skipped,
    Span,
    SyncReport,
)

SYNC_REPORT = TypeAdapter(SyncReport)
CHECK_REPORT = TypeAdapter(CheckReport)
DOCUMENTS = TypeAdapter(list[DocumentInfo])
STATS = TypeAdapter(CorpusStats)
SYNC_PLAN = TypeAdapter(SyncPlan)
SKIPPED = TypeAdapter(list[Skipped])
COLLECTIONS = TypeAdapter(list[CollectionCount])


def write_answer(answer: Answer) -> dict[str, Any]:
    """Write an answer as JSON-ready values."""
    return {
        "question": answer.question,
        "language": answer.language,
        "kind": answer.kind.value,
        "answer": answer.text,
        "refused": answer.refused,
        "citations": [write_citation(citation) for citation in answer.citations],
        "evidence": [write_evidence(item) for item in answer.evidence],
        "searched": answer.searched,
        "claims": [{**_plain(claim), "support": claim.support.value} for claim in answer.claims],
        "dropped": answer.dropped,
        "removed_links": answer.removed_links,
        "removed_markup": answer.removed_markup,
        "misquoted": answer.misquoted,
        "model": answer.model,
        "read": answer.read,
        "degraded": answer.degraded,
        "waiting": answer.waiting,
        "notices": [str(notice) for notice in answer.notices],
        "remarks": list(remarks(answer, english())),
        "timings_ms": answer.timings_ms,
        "done": answer.done,
    }


def read_answer(data: dict[str, Any]) -> Answer:
    """Read what `write_answer` wrote."""
    return Answer(
        question=data["question"],
        language=data["language"],
        kind=Kind(data["kind"]),
        text=data["answer"],
        evidence=tuple(read_evidence(item) for item in data["evidence"]),
        searched=data["searched"],
        citations=tuple(read_citation(item) for item in data["citations"]),
        claims=tuple(
            Claim(c["start"], c["end"], tuple(c["citations"]), Support(c["support"]))
            for c in data["claims"]
        ),
        dropped=data["dropped"],
        removed_links=data.get("removed_links", 0),
        removed_markup=data.get("removed_markup", 0),
        misquoted=data["misquoted"],
        model=data["model"],
        read=data["read"],
        degraded=data["degraded"],
        waiting=data.get("waiting", 0),
        notices=tuple(map(Notice.plain, data["notices"])),
        timings_ms=data["timings_ms"],
        done=data["done"],
    )


def write_citation(citation: Citation) -> dict[str, Any]:
    """Write a citation as JSON-ready values."""
    return _plain(citation)


def read_citation(data: dict[str, Any]) -> Citation:
    """Read what `write_citation` wrote."""
    return Citation(**{**data, "also_at": tuple(data.get("also_at", ()))})


def write_evidence(item: Evidence) -> dict[str, Any]:
    """Write a passage as JSON-ready values."""
    return {
        **_plain(item),
        "key": [item.key.start, item.key.end],
        "quote": item.quote,
        "sentences": [[span.start, span.end] for span in item.sentences],
    }


def read_evidence(data: dict[str, Any]) -> Evidence:
    """Read what `write_evidence` wrote."""
    values = {name: value for name, value in data.items() if name != "quote"}
    values["key"] = Span(*data["key"])
    values["sentences"] = tuple(Span(*pair) for pair in data["sentences"])
    values["sentence_scores"] = tuple(data["sentence_scores"])
    values["also_at"] = tuple(data.get("also_at", ()))
    return Evidence(**values)


def read_error(text: str) -> str:
    """Read why a server refused; its own words where they have another form."""
    try:
        return str(json.loads(text)["error"])
    except (ValueError, KeyError, TypeError):
        return text


def write_question(
    collection: str,
    question: str,
    history: Sequence[Message] = (),
    documents: Sequence[str] = (),
    wanted: DocumentFilter = EVERYTHING,
) -> dict[str, Any]:
    """Write a question as the HTTP interface takes it; the default collection is left out."""
    turns = [{"role": message.role, "content": message.content} for message in history]
    names = [*wanted.names, *documents]
    body: dict[str, Any] = {"question": question, "history": turns, "documents": names}
    if wanted.has_more_than_names:
        body["filter"] = write_filter(wanted)
    if collection != DEFAULT_COLLECTION:
        body["collection"] = collection
    return body


def write_source(source: DocumentText) -> dict[str, Any]:
    """Write a document's text as JSON-ready values."""
    return _plain(source)


def read_source(data: dict[str, Any]) -> DocumentText:
    """Read what `write_source` wrote."""
    return DocumentText(**{**data, "warnings": tuple(data.get("warnings", ()))})


def _plain(value: Citation | Evidence | Claim | DocumentText) -> dict[str, Any]:
    return {name: getattr(value, name) for name in value.__dataclass_fields__}
