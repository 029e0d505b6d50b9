"""Bounds what programs may send: how much, and of which kind.

Knows requests' headers and lengths; nothing of what is in them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from anyio import current_time, move_on_after
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.failures import failure

JSON = "application/json"
MULTIPART = "multipart/form-data"

_PREFIXES = ("/api/", "/v1/", "/embed/")
_PAGE_PREFIXES = ("/gradio_api/", "/library/gradio_api/")
MOST_PAGE_BYTES = 16_000_000
"""A browser sends what it keeps of conversations, which is at most some five million characters."""

_WITH_BODY = frozenset({"POST", "PUT", "PATCH", "DELETE"})


@dataclass(frozen=True, slots=True)
class Bound:
    """What a path takes: bodies of one media type, at most so many bytes, in so many seconds.

    An empty media type is any.
    """

    media_type: str
    most_bytes: int
    seconds: float = 60.0


class BodyBounds:
    """Refuses bodies that are of another kind (415), larger (413) or slower (408) than is taken.

    What programs send is bounded by `usual` and what pages send by `page`, except at the paths
    that have a bound of their own in `special`, such as those that take files.
    """

    def __init__(
        self, app: ASGIApp, usual: Bound, special: Mapping[str, Bound], page: Bound
    ) -> None:
        self._app = app
        self._usual = usual
        self._special = special
        self._page = page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it; a body without a length is counted as it comes."""
        bound = self._bound(scope)
        if bound is None:
            await self._app(scope, receive, send)
            return
        refused = _objection(Request(scope), bound)
        if refused is not None:
            await failure(scope["path"], *refused)(scope, receive, send)
            return
        await self._app(scope, _counted(receive, bound), send)

    def _bound(self, scope: Scope) -> Bound | None:
        if scope["type"] != "http" or scope["method"] not in _WITH_BODY:
            return None
        path: str = scope["path"]
        if path.startswith(_PAGE_PREFIXES):
            return self._special.get(path, self._page)
        return self._special.get(path, self._usual) if path.startswith(_PREFIXES) else None


def _objection(request: Request, bound: Bound) -> tuple[int, str] | None:
    length = request.headers.get("content-length", "")
    if length == "0" or (not length and "transfer-encoding" not in request.headers):
        return None
    # What is no number of a length, the server has refused before this.
    if length.isdecimal() and int(length) > bound.most_bytes:
        return HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _too_large(bound)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if bound.media_type and kind != bound.media_type:
        return (
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            f"The body has the content type {kind!r}. Send it as {bound.media_type}.",
        )
    return None


def _counted(receive: Receive, bound: Bound) -> Receive:
    taken, whole = 0, False
    started = current_time()

    async def counting() -> Message:
        nonlocal taken, whole
        if whole:
            # What comes now is no body: the news that the client has left.
            return await receive()
        with move_on_after(started + bound.seconds - current_time()) as waiting:
            message = await receive()
        if waiting.cancelled_caught:
            raise HTTPException(HTTPStatus.REQUEST_TIMEOUT, _too_slow(bound))
        taken += len(message.get("body", b""))
        whole = not message.get("more_body", False)
        if taken > bound.most_bytes:
            raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _too_large(bound))
        return message

    return counting


def _too_slow(bound: Bound) -> str:
    return f"The body did not come within {bound.seconds:.0f} seconds, the most that is waited."


def _too_large(bound: Bound) -> str:
    return f"The body is larger than {bound.most_bytes:,} bytes, the most that is taken here."


async def read_whole(receive: Receive) -> tuple[bytes, Receive]:
    """Read a body, and give what hands it on; reading ends where it is larger than pages send."""
    body, message = bytearray(), await receive()
    while message["type"] == "http.request":
        body += message.get("body", b"")
        if not message.get("more_body") or len(body) > MOST_PAGE_BYTES:
            break
        message = await receive()
    pending = [message if message["type"] != "http.request" else _whole(bytes(body))]

    async def handed_on() -> Message:
        return pending.pop() if pending else await receive()

    return bytes(body), handed_on


def _whole(body: bytes) -> Message:
    return {"type": "http.request", "body": body, "more_body": False}
