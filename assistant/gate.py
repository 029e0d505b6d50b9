"""Stands before the library: lets in who may, and tells everyone else where to look.

Knows requests and the addresses of the library and of its programs; nothing of what is behind.
"""

from html import escape
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from assistant.access import READING, Refusal, entry_refusal, refusal
from assistant.types import DEFAULT_COLLECTION, LibraryRule
from assistant.wording import WordingBook

LIBRARY = "/library"
LIBRARY_UPLOADS = f"{LIBRARY}/gradio_api/upload"
DOCUMENTS = "/api/v1/documents"
"""Reading it is for every reader of the collection that is named."""

UPLOADS = "/api/v1/uploads"

_STYLE = """
:root { color-scheme: light dark; }
body { margin: 0 auto; max-width: 38rem; padding: 3rem 1rem;
  font: 1.05rem/1.6 system-ui, sans-serif; }
h1 { font-size: 1.4rem; }
"""


class LibraryGate:
    """Refuses whatever is asked of the library by someone who may not enter it."""

    def __init__(self, app: ASGIApp, rule: LibraryRule, book: WordingBook) -> None:
        self._app = app
        self._rule = rule
        self._book = book

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer that it may not enter."""
        if scope["type"] == "http" and _is_guarded(scope):
            request = Request(scope)
            refused = _refused(request, self._rule)
            if refused is not None:
                await self._answer(request, refused)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _answer(self, request: Request, refused: Refusal) -> Response:
        wording = self._book.accepted(request.headers.get("accept-language", ""))
        reason = wording(refused)
        if "text/html" not in request.headers.get("accept", ""):
            return JSONResponse({"error": reason}, status_code=HTTPStatus.FORBIDDEN)
        page = (
            f'<!doctype html><html lang="{wording.language}"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<title>Bronwijzer</title><style>{_STYLE}</style></head><body>"
            f"<h1>{escape(wording('library_title'))}</h1><p>{escape(reason)}</p>"
            f'<p><a href="/">{escape(wording("library_back"))}</a></p></body></html>'
        )
        return HTMLResponse(page, status_code=HTTPStatus.FORBIDDEN)


def _is_guarded(scope: Scope) -> bool:
    path = scope["path"]
    if is_in_library(path) or path.startswith(UPLOADS):
        return True
    return path.startswith(DOCUMENTS) and scope["method"] not in READING


def collection_of(request: Request) -> str | None:
    """Name the collection whose documents a request changes; None where a ticket stands for it."""
    path = request.scope["path"]
    if path.startswith(UPLOADS):
        return None
    if path.startswith(DOCUMENTS):
        return request.query_params.get("collection", DEFAULT_COLLECTION)
    return DEFAULT_COLLECTION


def _refused(request: Request, rule: LibraryRule) -> Refusal | None:
    path = request.scope["path"]
    if is_in_library(path):
        return entry_refusal(request, rule, sends=path.startswith(LIBRARY_UPLOADS))
    return refusal(request, rule, collection_of(request))


def is_in_library(path: str) -> bool:
    """Say whether a path is the library's own, or below it."""
    return path == LIBRARY or path.startswith(f"{LIBRARY}/")
