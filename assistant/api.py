"""The HTTP interface: questions as JSON or events, sources, and what the owner's clients may do.

Knows requests and responses; nothing of pages or of how answers come about. Each public route has
its place below /api/v1, and the older ones below /api besides.
"""

import json
import secrets
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from anyio import to_thread
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response, StreamingResponse
from fastapi.sse import format_sse_event
from starlette.exceptions import HTTPException as AnyHTTPException
from starlette.routing import Match, Mount, Route
from starlette.types import Receive, Scope, Send

from assistant.api_models import (
    EVENTS,
    AnswerShape,
    CollectionNames,
    Health,
    Passages,
    SourceShape,
    failures,
)
from assistant.api_requests import AnswerOrder, CheckOrder, CollectionName, Paths, Query, SyncOrder
from assistant.build import Installation
from assistant.corpora import Corpora
from assistant.errors import (
    AssistantError,
    BadCollection,
    BadQuestion,
    Busy,
    TooManyQuestions,
    UnknownCollection,
)
from assistant.failures import failure
from assistant.keeping import add_keeping_routes
from assistant.reception import EventForm, Reception, ask_later, written
from assistant.sources import STATUS as SOURCE_STATUS
from assistant.types import DEFAULT_COLLECTION, Answer
from assistant.visible_corpora import CorporaFor
from assistant.wire import (
    CHECK_REPORT,
    COLLECTIONS,
    DOCUMENTS,
    SKIPPED,
    STATS,
    SYNC_PLAN,
    SYNC_REPORT,
    write_answer,
    write_evidence,
    write_source,
)
from index.errors import BadPattern, EmptyCorpus, IndexingError, SyncRunning

_STATUS: dict[type[Exception], int] = {
    BadCollection: 422,
    BadPattern: 422,
    BadQuestion: 422,
    EmptyCorpus: 409,
    SyncRunning: 409,
    **SOURCE_STATUS,
    UnknownCollection: 404,
}
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")


def public_routes(corpora_for: CorporaFor, reception: Reception) -> APIRouter:
    """Make the routes of readers, each of whom sees the collections that they may read."""
    router = APIRouter(tags=["questions"])

    @router.get("/healthz")
    async def healthz() -> Health:
        """Say that the server answers."""
        return Health(status="ok")

    for prefix in ("/api", "/api/v1"):
        _question_routes(router, prefix, corpora_for, reception)
    return router


def _question_routes(
    router: APIRouter, prefix: str, corpora_for: CorporaFor, reception: Reception
) -> None:
    refused = failures(400, 404, 408, 409, 413, 415, 422, 429, 503)

    @router.post(
        f"{prefix}/ask",
        response_model=AnswerShape,
        responses={**EVENTS, **refused},
    )
    async def ask(question: AnswerOrder, request: Request) -> Response:
        """Answer a question: one JSON object, or growing snapshots as server-sent events.

        Events come to a client that accepts `text/event-stream`; each replaces the one before.
        """
        reception.admit(request)
        corpora = corpora_for(request)
        assistant = await to_thread.run_sync(corpora.assistant, question.collection)
        answers = assistant.stream(
            question.question, question.messages(), wanted=question.wanted(), anew=question.anew
        )
        if "text/event-stream" in request.headers.get("accept", ""):
            return await reception.events(request, written(answers, write_answer), EVENT_FORM)
        last = await reception.last(request, answers)
        return JSONResponse(write_answer(last)) if isinstance(last, Answer) else last

    @router.post(f"{prefix}/search", response_model=Passages, responses=refused)
    def search(query: Query, request: Request) -> Response:
        """Rank passages for a question, of the named documents alone where any are named."""
        reception.admit(request)
        assistant = corpora_for(request).assistant(query.collection)
        found = assistant.search(
            query.question, query.messages(), limit=query.limit, wanted=query.wanted()
        )
        return JSONResponse({"passages": [write_evidence(item) for item in found]})

    @router.get(
        f"{prefix}/source/{{name:path}}",
        response_model=SourceShape,
        responses=failures(404, 422, 503),
    )
    def source_text(
        name: str, request: Request, collection: CollectionName = DEFAULT_COLLECTION
    ) -> Response:
        """Give the text of a document as it was indexed, by its name or the end of its path."""
        return JSONResponse(write_source(corpora_for(request).assistant(collection).source(name)))

    @router.get(f"{prefix}/collections")
    def collections(request: Request) -> CollectionNames:
        """List the names of the collections, the default one first."""
        return CollectionNames(collections=list(corpora_for(request).names()))


def owner_routes(installation: Installation, token: str) -> APIRouter:
    """Make the routes of the owner's clients, which show the token that only they can read."""
    guard = Depends(_guard(token))
    router = APIRouter(prefix="/api/owner", dependencies=[guard], include_in_schema=False)
    corpora = installation.corpora
    _write_routes(router, corpora)
    add_keeping_routes(router, installation.feedback, installation.questions)

    @router.get("/documents")
    def documents(collection: str = DEFAULT_COLLECTION) -> Response:
        """List the documents of a collection."""
        listed = corpora.corpus(collection).documents()
        return JSONResponse(DOCUMENTS.dump_python(listed, mode="json"))

    @router.get("/stats")
    def stats(collection: str = DEFAULT_COLLECTION) -> Response:
        """Count what is in the index of a collection."""
        return JSONResponse(STATS.dump_python(corpora.corpus(collection).stats(), mode="json"))

    @router.get("/skipped")
    def skipped(collection: str = DEFAULT_COLLECTION) -> Response:
        """List the files of a collection's folders that were passed over."""
        return JSONResponse(SKIPPED.dump_python(corpora.corpus(collection).skipped(), mode="json"))

    @router.post("/probe")
    def probe(collection: str = DEFAULT_COLLECTION) -> tuple[int, int]:
        """Ask for stored passages by their own vectors."""
        return corpora.corpus(collection).probe()

    @router.get("/collections")
    def collections() -> Response:
        """Count what is in each collection."""
        return JSONResponse(COLLECTIONS.dump_python(corpora.counted(), mode="json"))

    return router


def _write_routes(router: APIRouter, corpora: Corpora) -> None:
    @router.post("/sync")
    def sync(body: SyncOrder, collection: str = DEFAULT_COLLECTION) -> Response:
        """Sync paths, reporting progress as events; a new collection is made for them."""
        paths = [Path(path) for path in body.paths]
        corpora.create_for(collection, paths)
        reports = corpora.corpus(collection).sync(paths, body.options())
        return event_response(SYNC_REPORT.dump_python(report, mode="json") for report in reports)

    @router.post("/preview")
    def preview(body: SyncOrder, collection: str = DEFAULT_COLLECTION) -> Response:
        """Say what a sync would do."""
        paths = [Path(path) for path in body.paths]
        plan = corpora.corpus(collection).preview(paths, body.options())
        return JSONResponse(SYNC_PLAN.dump_python(plan, mode="json"))

    @router.post("/rebuild")
    def rebuild(collection: str = DEFAULT_COLLECTION) -> Response:
        """Rebuild the derived stores, reporting progress as events."""
        reports = corpora.corpus(collection).rebuild()
        return event_response(SYNC_REPORT.dump_python(report, mode="json") for report in reports)

    @router.post("/check")
    def check(body: CheckOrder, collection: str = DEFAULT_COLLECTION) -> Response:
        """Compare the stores, reporting progress as events, and mend them where wanted."""
        reports = corpora.corpus(collection).check(body.repair)
        return event_response(CHECK_REPORT.dump_python(report, mode="json") for report in reports)

    @router.post("/remove")
    def remove(body: Paths, collection: str = DEFAULT_COLLECTION) -> dict[str, int]:
        """Remove the documents of paths."""
        corpus = corpora.corpus(collection)
        return {"removed": sum(corpus.remove(Path(path)) for path in body.paths)}

    @router.post("/remove-collection")
    def remove_collection(collection: str) -> dict[str, str]:
        """Remove a whole collection."""
        return {"removed": collection, "left": corpora.remove(collection)}


def _guard(token: str) -> Callable[[Request], None]:
    expected = f"Bearer {token}".encode()

    def authorised(request: Request) -> None:
        given = request.headers.get("authorization", "").encode()
        if not secrets.compare_digest(given, expected):
            raise HTTPException(403, "This address is for the owner's own command line.")

    return authorised


def report_errors(app: FastAPI) -> None:
    """Answer every error that a user can mend with its message, and no traceback."""

    @app.exception_handler(AssistantError)
    @app.exception_handler(IndexingError)
    def mendable(request: Request, error: Exception) -> JSONResponse:
        return failure(request.url.path, _STATUS.get(type(error), 503), str(error))

    @app.exception_handler(RequestValidationError)
    def malformed(request: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        message = first["msg"].removeprefix("Value error, ")
        param = place.removeprefix("body.")
        return failure(request.url.path, 422, f"{place}: {message}", param)

    @app.exception_handler(AnyHTTPException)
    def refused(request: Request, error: AnyHTTPException) -> JSONResponse:
        response = failure(request.url.path, error.status_code, str(error.detail))
        response.headers.update(error.headers or {})
        return response

    @app.exception_handler(Busy)
    @app.exception_handler(TooManyQuestions)
    def later(request: Request, error: Busy | TooManyQuestions) -> JSONResponse:
        return ask_later(request.url.path, error)


def refuse_the_rest(app: FastAPI) -> None:
    """Answer below programs' addresses, where no route does, what is wrong with path or method.

    Without, the page that is mounted behind all routes would answer in its own way.
    """
    for path in ("/api/{rest:path}", "/v1/{rest:path}", "/healthz", "/readyz"):
        app.router.routes.append(Route(path, _Nothing(app), include_in_schema=False))


class _Nothing:
    """What stands at an address with nothing; it takes any method."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        allowed = [method for method in _METHODS if self._is_met({**scope, "method": method})]
        if allowed:
            response = failure(path, 405, f"{path} takes {', '.join(allowed)}.")
            response.headers["Allow"] = ", ".join(allowed)
        else:
            message = f"There is nothing at {path}; /api/openapi.json lists all."
            response = failure(path, 404, message)
        await response(scope, receive, send)

    def _is_met(self, scope: Scope) -> bool:
        return any(
            route.matches(scope)[0] is Match.FULL
            for route in self._app.routes
            if not isinstance(route, Mount)
            and not isinstance(getattr(route, "endpoint", None), _Nothing)
        )


def _broken(error: Exception) -> bytes:
    message = json.dumps({"error": str(error)}, ensure_ascii=False)
    return format_sse_event(event="error", data_str=message)


EVENT_FORM = EventForm(_broken)


def event_response(items: Iterator[Any]) -> StreamingResponse:
    """Stream items as server-sent events.

    The first is awaited before the response begins, so that a refused request has its status.
    """
    first = next(items)
    return StreamingResponse(
        _encoded(chain([first], items)),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-cache", "X-Accel-Buffering": "no"},
    )


def _encoded(items: Iterator[Any]) -> Iterator[bytes]:
    try:
        for item in items:
            yield format_sse_event(data_str=json.dumps(item, ensure_ascii=False))
    except (AssistantError, IndexingError) as error:
        yield _broken(error)
