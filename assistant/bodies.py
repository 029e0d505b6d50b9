"""Bounds what programs may send: how much, and of which kind.

Knows requests' headers and lengths; nothing of what is in them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.failures import failure

JSON = "application/json"
MULTIPART = "multipart/form-data"

_PREFIXES = ("/api/", "/v1/", "/embed/")
_WITH_BODY = frozenset({"POST", "PUT", "PATCH", "DELETE"})


@dataclass(frozen=True, slots=True)
class Bound:
    """What a path takes: bodies of one media type and at most so many bytes."""

    media_type: str
    most_bytes: int


class BodyBounds:
    """Refuses bodies of programs that are of another kind (415) or larger (413) than is taken.

    `special` has the bounds of paths that differ from `usual`. Other paths are left alone.
    """

    def __init__(self, app: ASGIApp, usual: Bound, special: Mapping[str, Bound]) -> None:
        self._app = app
        self._usual = usual
        self._special = special

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it; a body without a length is counted as it comes."""
        if scope["type"] != "http" or not _is_bounded(scope):
            await self._app(scope, receive, send)
            return
        bound = self._special.get(scope["path"], self._usual)
        refused = _objection(Request(scope), bound)
        if refused is not None:
            await failure(scope["path"], *refused)(scope, receive, send)
            return
        await self._app(scope, _counted(receive, bound), send)


def _is_bounded(scope: Scope) -> bool:
    return scope["method"] in _WITH_BODY and scope["path"].startswith(_PREFIXES)


def _objection(request: Request, bound: Bound) -> tuple[int, str] | None:
    length = request.headers.get("content-length", "")
    if length == "0" or (not length and "transfer-encoding" not in request.headers):
        return None
    # What is no number of a length, the server has refused before this.
    if length.isdecimal() and int(length) > bound.most_bytes:
        return HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _too_large(bound)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != bound.media_type:
        return (
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            f"The body has the content type {kind!r}. Send it as {bound.media_type}.",
        )
    return None


def _counted(receive: Receive, bound: Bound) -> Receive:
    taken = 0

    async def counting() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > bound.most_bytes:
            raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _too_large(bound))
        return message

    return counting


def _too_large(bound: Bound) -> str:
    return f"The body is larger than {bound.most_bytes:,} bytes, the most that is taken here."
