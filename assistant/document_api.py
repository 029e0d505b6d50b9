"""Documents by way of HTTP: what is there for everyone; adding and removing for whoever may.

Knows requests and responses; nothing of how files are kept or read, nor of who may change them.
"""

import os
import secrets
import shutil
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, BinaryIO

from fastapi import APIRouter, Depends, File, HTTPException, Query, Request, UploadFile
from fastapi.params import Depends as DependsParameter
from fastapi.responses import JSONResponse

from assistant.api_models import UNDER_WAY, DocumentEntry, DocumentPage, Removal, Upload, failures
from assistant.api_requests import CollectionName
from assistant.evidence import relative
from assistant.gate import DOCUMENTS, UPLOADS
from assistant.holdings import Holding, outcomes
from assistant.stewards import Steward, Stewards
from assistant.types import DEFAULT_COLLECTION, Notice
from assistant.uploads import Receipt
from assistant.visible_corpora import CorporaFor
from assistant.wording import Wording, WordingBook
from index.types import DocumentInfo

_MOST_REMEMBERED = 1000
"""Files that were sent; of older ones nothing is told any more."""

_OUTCOMES = {
    "library_file_reading": "reading",
    "library_file_added": "added",
    "library_file_replaced": "replaced",
    "library_file_unchanged": "unchanged",
    "library_file_unreadable": "unreadable",
    "library_file_kept": "kept",
    "library_removed_upload": "deleted",
    "library_removed_returning": "returns",
    "library_removed_staying": "left",
}
_REFUSED = {
    "library_file_type": HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    "library_file_size": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "library_file_disk": HTTPStatus.SERVICE_UNAVAILABLE,
}
_READING = Notice.of("library_file_reading")


@dataclass(frozen=True, slots=True)
class _Arrival:
    """A file that was kept, the sync that is to read it, its document's number before that.

    `notice` says what became of it once the sync has ended.
    """

    collection: str
    receipt: Receipt
    sync: int
    before: int | None
    notice: Notice = _READING


class DocumentDesk:
    """Lists documents, takes files in and takes documents out."""

    def __init__(self, stewards: Stewards, arrivals: Path) -> None:
        self._stewards = stewards
        self._folder = arrivals
        self._arrivals: dict[str, _Arrival] = {}
        self._lock = threading.Lock()

    def listed(self, collection: str, offset: int, limit: int) -> DocumentPage:
        """Give some of the documents, in order of their paths."""
        corpus = self._stewards.of(collection).corpus
        documents, roots = corpus.documents(), corpus.roots()
        entries = [_entry(item, roots) for item in documents[offset : offset + limit]]
        return DocumentPage(total=len(documents), offset=offset, documents=entries)

    def receive(
        self, collection: str, content: BinaryIO, name: str, wait: float
    ) -> tuple[str, Notice | None]:
        """Keep a file and have it read; give its ticket, or why it was refused.

        Waits for at most so many seconds until it was read.
        """
        steward = self._stewards.of(collection)
        before = steward.holdings.versions()
        try:
            arrived = self._arrived(content)
        except OSError as error:
            reason = error.strerror or str(error)
            return "", Notice.of("library_file_disk", reason=reason, folder=str(self._folder))
        receipt = steward.uploads.keep(arrived, name)
        if receipt.refused is not None:
            return "", receipt.refused
        sync = steward.upkeep.request([steward.uploads.folder])
        ticket = secrets.token_urlsafe(12)
        with self._lock:
            self._arrivals[ticket] = _Arrival(collection, receipt, sync, before.get(receipt.path))
            for oldest in list(self._arrivals)[:-_MOST_REMEMBERED]:
                del self._arrivals[oldest]
        steward.upkeep.wait(sync, wait)
        return ticket, None

    def collection_of(self, ticket: str) -> str | None:
        """Name the collection that a file was sent to; None where nothing is known of it."""
        with self._lock:
            arrival = self._arrivals.get(ticket)
            return arrival.collection if arrival else None

    def state(self, ticket: str, wording: Wording) -> Upload | None:
        """Say what became of a file; None where nothing is known of it any more."""
        with self._lock:
            arrival = self._arrivals.get(ticket)
            if arrival is None:
                return None
            steward = self._stewards.of(arrival.collection)
            holding = steward.holdings.find(arrival.receipt.path)
            upkeep = steward.upkeep.state
            if arrival.notice is _READING and upkeep.ended >= arrival.sync:
                arrival = _settled(arrival, holding, upkeep.failure)
                self._arrivals[ticket] = arrival
        document = holding.document if holding else None
        return Upload.model_validate(
            {
                "name": arrival.receipt.name,
                "outcome": _OUTCOMES[arrival.notice.key],
                "said": arrival.notice.said(wording),
                "state": f"{UPLOADS}/{ticket}",
                "document": _entry(document, steward.corpus.roots()) if document else None,
            }
        )

    def remove(self, collection: str, name: str) -> Notice:
        """Take the document of a name out. Raises UnknownDocument, SyncRunning, OSError."""
        steward = self._stewards.of(collection)
        return steward.holdings.remove(_found(steward, name))

    def _arrived(self, content: BinaryIO) -> Path:
        """Put what was sent where only this server's user can read it."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = self._folder / secrets.token_hex(16)
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "wb") as target:
                shutil.copyfileobj(content, target)
        except OSError:
            file.unlink(missing_ok=True)
            raise
        return file


def _settled(arrival: _Arrival, holding: Holding | None, failed: str) -> _Arrival:
    path = arrival.receipt.path
    before = {path: arrival.before} if arrival.before is not None else {}
    after = {path: holding} if holding else {}
    (notice,) = outcomes([arrival.receipt], before, after, failed)
    return replace(arrival, notice=notice)


def _found(steward: Steward, name: str) -> Holding:
    found = [
        holding
        for holding in steward.holdings.all()
        # A folder that is gone is listed too, and would take all below it along.
        if holding.removable and (holding.path == name or holding.path.endswith(f"/{name}"))
    ]
    if len(found) == 1:
        return found[0]
    number = steward.corpus.document_named(name)
    return next(item for item in found if item.document and item.document.id == number)


def _entry(document: DocumentInfo, roots: Sequence[str]) -> DocumentEntry:
    name, *others = (relative(path, roots) for path in document.paths)
    return DocumentEntry(
        id=document.id,
        name=name,
        also_at=others,
        title=document.title,
        language=document.language,
        passages=document.passages,
        bytes=document.size,
        indexed=datetime.fromtimestamp(document.indexed_at, UTC),
        warnings=list(document.warnings),
    )


def document_routes(
    desk: DocumentDesk,
    book: WordingBook,
    admit: Callable[[Request], None],
    corpora_for: CorporaFor,
) -> APIRouter:
    """Make the routes; `admit` raises for whoever may not change documents.

    Whoever may not see a collection is told that it is not there.
    """
    router = APIRouter(tags=["documents"])
    _reading_route(router, desk, corpora_for)
    _changing_routes(router, desk, book, [Depends(admit)], corpora_for)
    return router


def _reading_route(router: APIRouter, desk: DocumentDesk, corpora_for: CorporaFor) -> None:
    @router.get(DOCUMENTS, responses=failures(404, 422, 503))
    def documents(
        request: Request,
        collection: CollectionName = DEFAULT_COLLECTION,
        offset: Annotated[int, Query(ge=0, le=2**31)] = 0,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    ) -> DocumentPage:
        """List the documents that can be found, some at a time."""
        corpora_for(request).corpus(collection)
        return desk.listed(collection, offset, limit)


def _changing_routes(
    router: APIRouter,
    desk: DocumentDesk,
    book: WordingBook,
    guards: list[DependsParameter],
    corpora_for: CorporaFor,
) -> None:
    def wording(request: Request) -> Wording:
        return book.accepted(request.headers.get("accept-language", ""))

    @router.post(
        DOCUMENTS,
        dependencies=guards,
        response_model=Upload,
        responses={**UNDER_WAY, **failures(400, 403, 404, 413, 415, 422, 503)},
    )
    def add(
        request: Request,
        file: Annotated[UploadFile, File(description="One file; its name is kept.")],
        wait: Annotated[float, Query(ge=0, le=60, description="Seconds to wait.")] = 10.0,
        collection: CollectionName = DEFAULT_COLLECTION,
    ) -> JSONResponse:
        """Add a file, or replace the one of its name, and say what became of it."""
        ticket, refused = desk.receive(collection, file.file, file.filename or "", wait)
        if refused is not None:
            raise HTTPException(_REFUSED[refused.key], refused.said(wording(request)))
        return _told(desk.state(ticket, wording(request)))

    @router.get(
        f"{UPLOADS}/{{ticket}}",
        dependencies=guards,
        response_model=Upload,
        responses={**UNDER_WAY, **failures(403, 404, 422, 503)},
    )
    def state(ticket: str, request: Request) -> JSONResponse:
        """Say what became of a file that was sent."""
        collection = desk.collection_of(ticket)
        if collection is None or not corpora_for(request).may_read(collection):
            return _told(None)
        return _told(desk.state(ticket, wording(request)))

    @router.delete(
        f"{DOCUMENTS}/{{name:path}}",
        dependencies=guards,
        responses=failures(403, 404, 409, 422, 503),
    )
    def remove(
        name: str, request: Request, collection: CollectionName = DEFAULT_COLLECTION
    ) -> Removal:
        """Take a document out, by its name or the end of its path; an upload is deleted."""
        try:
            notice = desk.remove(collection, name)
        except OSError as error:
            text = wording(request)("library_remove_failed", reason=str(error))
            raise HTTPException(HTTPStatus.SERVICE_UNAVAILABLE, text) from error
        return Removal.model_validate(
            {
                "name": dict(notice.values)["name"],
                "outcome": _OUTCOMES[notice.key],
                "said": notice.said(wording(request)),
            }
        )


def _told(upload: Upload | None) -> JSONResponse:
    if upload is None:
        raise HTTPException(
            HTTPStatus.NOT_FOUND,
            f"Nothing is known of this upload any more; {DOCUMENTS} lists what is there.",
        )
    status = HTTPStatus.ACCEPTED if upload.outcome == "reading" else HTTPStatus.OK
    return JSONResponse(upload.model_dump(mode="json"), status_code=status)
