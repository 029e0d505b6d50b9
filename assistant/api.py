"""The HTTP interface: questions as JSON or events, sources, and what the owner's clients may do.

Knows requests and responses; nothing of pages or of how answers come about.
"""

import json
import secrets
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any, Literal

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response, StreamingResponse
from fastapi.sse import format_sse_event
from pydantic import BaseModel, Field

from assistant.answering import Assistant
from assistant.build import Installation
from assistant.errors import AssistantError, BadQuestion
from assistant.sources import STATUS as SOURCE_STATUS
from assistant.types import Message
from assistant.wire import DOCUMENTS, STATS, SYNC_REPORT, write_answer, write_evidence, write_source
from index.corpus import Corpus
from index.errors import EmptyCorpus, IndexingError, SyncRunning

_STATUS: dict[type[Exception], int] = {
    BadQuestion: 422,
    EmptyCorpus: 409,
    SyncRunning: 409,
    **SOURCE_STATUS,
}


class Turn(BaseModel):
    """One turn of the conversation before the question."""

    role: Literal["user", "assistant"]
    content: str = Field(max_length=20_000)


class Question(BaseModel):
    """A question, with the turns before it if it follows up on them."""

    question: str
    history: list[Turn] = Field(default=[], max_length=50)
    documents: list[str] = Field(default=[], max_length=50)

    def messages(self) -> list[Message]:
        """Give the turns as the assistant takes them."""
        return [Message(turn.role, turn.content) for turn in self.history]


class Query(Question):
    """A question to find passages for, and how many."""

    limit: int = Field(default=20, ge=1, le=100)


class Paths(BaseModel):
    """Absolute paths of files or folders on the owner's machine."""

    paths: list[str] = []


def public_routes(assistant: Assistant) -> APIRouter:
    """Make the routes that anyone who reaches the server may use."""
    router = APIRouter()

    @router.get("/healthz")
    def healthz() -> dict[str, str]:
        """Say that the server answers."""
        return {"status": "ok"}

    @router.post("/api/ask", response_model=None)
    def ask(question: Question, request: Request) -> Response:
        """Answer a question: one JSON object, or growing snapshots as server-sent events.

        Events come to a client that accepts `text/event-stream`; each replaces the one before.
        """
        answers = assistant.stream(question.question, question.messages(), question.documents)
        snapshots = (write_answer(answer) for answer in answers)
        if "text/event-stream" in request.headers.get("accept", ""):
            return _events(snapshots)
        *_, last = snapshots
        return JSONResponse(last)

    @router.post("/api/search")
    def search(query: Query) -> dict[str, Any]:
        """Rank passages for a question, of the named documents alone where any are named."""
        found = assistant.search(query.question, query.messages(), query.documents, query.limit)
        return {"passages": [write_evidence(item) for item in found]}

    @router.get("/api/source/{name:path}")
    def source_text(name: str) -> dict[str, Any]:
        """Give the text of a document as it was indexed, by its name or the end of its path."""
        return write_source(assistant.source(name))

    return router


def owner_routes(installation: Installation) -> APIRouter:
    """Make the routes of the owner's clients, which show the token that only they can read."""
    guard = Depends(_guard(installation.ownership.token))
    router = APIRouter(prefix="/api/owner", dependencies=[guard])
    corpus = installation.corpus
    _write_routes(router, corpus)

    @router.get("/documents")
    def documents() -> Response:
        """List the documents."""
        return JSONResponse(DOCUMENTS.dump_python(corpus.documents(), mode="json"))

    @router.get("/stats")
    def stats() -> Response:
        """Count what is in the index."""
        return JSONResponse(STATS.dump_python(corpus.stats(), mode="json"))

    @router.post("/probe")
    def probe() -> tuple[int, int]:
        """Ask for stored passages by their own vectors."""
        return corpus.probe()

    return router


def _write_routes(router: APIRouter, corpus: Corpus) -> None:
    @router.post("/sync")
    def sync(body: Paths) -> Response:
        """Sync paths, reporting progress as events."""
        reports = corpus.sync([Path(path) for path in body.paths])
        return _events(SYNC_REPORT.dump_python(report, mode="json") for report in reports)

    @router.post("/rebuild")
    def rebuild() -> Response:
        """Rebuild the derived stores, reporting progress as events."""
        reports = corpus.rebuild()
        return _events(SYNC_REPORT.dump_python(report, mode="json") for report in reports)

    @router.post("/remove")
    def remove(body: Paths) -> dict[str, int]:
        """Remove the documents of paths."""
        return {"removed": sum(corpus.remove(Path(path)) for path in body.paths)}


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
        return JSONResponse({"error": str(error)}, status_code=_STATUS.get(type(error), 503))

    @app.exception_handler(RequestValidationError)
    def malformed(request: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        return JSONResponse({"error": f"{place}: {first['msg']}"}, status_code=422)

    @app.exception_handler(HTTPException)
    def refused(request: Request, error: HTTPException) -> JSONResponse:
        return JSONResponse({"error": error.detail}, status_code=error.status_code)


def _events(items: Iterator[Any]) -> StreamingResponse:
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
        message = json.dumps({"error": str(error)}, ensure_ascii=False)
        yield format_sse_event(event="error", data_str=message)
