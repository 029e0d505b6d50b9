"""Where questions come in, whatever they are asked through: counted, then answered in own threads.

Knows requests, threads and streams of events; nothing of what is asked or answered. A slow answer
takes no thread that pages, sources and health checks need, and ends when its reader leaves.
"""

import json
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator
from contextlib import AbstractContextManager, aclosing, closing, nullcontext
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeVar

from anyio import CancelScope, CapacityLimiter, to_thread
from fastapi.sse import format_sse_event
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from assistant.access import is_local
from assistant.clients import client_of
from assistant.errors import AssistantError, Busy, TooManyQuestions
from assistant.failures import failure
from assistant.rates import Rates
from assistant.shares import Shares
from index.errors import IndexingError

Item = TypeVar("Item")
_THREADS_TO_REFUSE = 8
"""Beyond one for each answer that may run: to turn others away, and to end what was left."""

_SIGN_OF_LIFE = b": \n\n"
"""A comment, which clients pass over; it keeps proxies from giving up."""

_GONE = 499
"""Read by nobody: the log's word for a client that has left."""


@dataclass(frozen=True, slots=True)
class EventForm:
    """What a stream writes besides its items: an error that broke it, and its end."""

    broken: Callable[[Exception], bytes]
    end: bytes = b""


class Reception:
    """Counts questions and draws their answers; `places` is the most answers that may run."""

    def __init__(self, places: int, rates: Rates) -> None:
        self.places = places
        self._rates = rates
        self._shares = Shares(places)
        self._threads = CapacityLimiter(places + _THREADS_TO_REFUSE)

    def admit(self, request: Request, embed: str = "") -> None:
        """Count a question. Raises TooManyQuestions.

        What is asked on the machine itself is its keeper's own, and not counted by the minute.
        """
        self._rates.count(_counted_client(request), embed)

    def share(self, request: Request) -> AbstractContextManager[None]:
        """Count an answer as open while the context lasts. Its beginning raises Busy."""
        client = _counted_client(request)
        return self._shares.taken(client) if client else nullcontext()

    async def drawn(self, items: Generator[Item, None, None]) -> AsyncGenerator[Item, None]:
        """Draw each item in a thread; the generator is closed with this one, or at its end."""
        ended, running = object(), threading.Lock()

        def step() -> object:
            with running:
                return next(items, ended)

        def close() -> None:
            # A task that is cancelled leaves its step running, which no generator is closed in.
            with running:
                items.close()

        try:
            while True:
                item: Any = await to_thread.run_sync(step, limiter=self._threads)
                if item is ended:
                    return
                yield item
        finally:
            with CancelScope(shield=True):
                await to_thread.run_sync(close, limiter=self._threads)

    async def last(self, request: Request, items: Generator[Item, None, None]) -> Item | Response:
        """Wait for the last item; where the reader has left, give a response to nobody."""
        last: Item | Response = Response(status_code=_GONE)
        async with aclosing(self.drawn(self._shared(request, items))) as drawn:
            async for item in drawn:
                if await request.is_disconnected():
                    return Response(status_code=_GONE)
                last = item
        return last

    async def events(
        self,
        request: Request,
        items: Generator[dict[str, Any] | None, None, None],
        form: EventForm,
    ) -> Response:
        """Stream items as server-sent events; None is a sign of life.

        The first is awaited before the response begins, so that a refused request has its status.
        """
        drawn = self.drawn(self._shared(request, items))
        first = await anext(drawn)
        return _EventResponse(_encoded(first, drawn, form), drawn)

    def _shared(
        self, request: Request, items: Generator[Item, None, None]
    ) -> Generator[Item, None, None]:
        # Counted with the first item and until the last: what is never begun counts nothing.
        with closing(items), self.share(request):
            yield from items


def written(
    items: Generator[Item, None, None], write: Callable[[Item], dict[str, Any]]
) -> Generator[dict[str, Any] | None, None, None]:
    """Write items as they are to be sent; one that comes again is a mere sign of life."""
    before: Item | None = None
    with closing(items):
        for item in items:
            yield None if item is before else write(item)
            before = item


def _counted_client(request: Request) -> str:
    """Name the client of a request; empty for the machine's own keeper."""
    own = is_local(request) and "identity" not in request.scope.get("state", {})
    return "" if own else client_of(request.scope)


def ask_later(path: str, error: Busy | TooManyQuestions) -> JSONResponse:
    """Make the response to a question that is to be asked later: 503, or 429 beyond a bound."""
    if isinstance(error, Busy):
        response = failure(path, HTTPStatus.SERVICE_UNAVAILABLE, str(error), code="busy")
    else:
        status, code = HTTPStatus.TOO_MANY_REQUESTS, "rate_limit_exceeded"
        response = failure(path, status, str(error), error.setting, code)
    response.headers["Retry-After"] = str(error.retry_seconds)
    return response


class _EventResponse(StreamingResponse):
    """A stream of events that closes what it is drawn from, whoever ends it."""

    def __init__(self, content: AsyncIterator[bytes], source: AsyncGenerator[Any, None]) -> None:
        headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
        super().__init__(content, media_type="text/event-stream", headers=headers)
        self.source = source

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the events."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            with CancelScope(shield=True):
                await self.source.aclose()


async def _encoded(
    first: dict[str, Any] | None, rest: AsyncIterator[dict[str, Any] | None], form: EventForm
) -> AsyncIterator[bytes]:
    yield _event(first)
    try:
        async for item in rest:
            yield _event(item)
    except (AssistantError, IndexingError) as error:
        yield form.broken(error)
        return
    if form.end:
        yield form.end


def _event(item: dict[str, Any] | None) -> bytes:
    if item is None:
        return _SIGN_OF_LIFE
    return format_sse_event(data_str=json.dumps(item, ensure_ascii=False))
