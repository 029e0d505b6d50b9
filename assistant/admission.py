"""Stands before all that the server has: lets in who is known, and notes who that is.

Knows requests and the few addresses that are for everyone; nothing of what is behind. What is not
named here is closed to whoever is not known, a new route too.
"""

import logging
from html import escape
from http import HTTPStatus

from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from assistant.access import READING, is_foreign
from assistant.errors import KeysUnavailable
from assistant.failures import failure
from assistant.identities import ANYONE, GUEST, Doubt, Identities, Identity, Kind, note_identity
from assistant.plain_page import plain_page
from assistant.wording import WordingBook

_log = logging.getLogger(__name__)

OPEN = frozenset({"/healthz", "/readyz", "/widget.js"})
"""For everyone: whether the server is well, and the script that other sites load."""

OPEN_BELOW = ("/browser/", "/embed/")
"""For everyone: style sheets and scripts, and embeds, which look at who asks by themselves."""

_EMBEDS = "/embed/"


class Admission:
    """Notes who makes each request, and refuses whoever is not known.

    Without `identities` all are the same.
    """

    def __init__(self, app: ASGIApp, identities: Identities | None, book: WordingBook) -> None:
        self._app = app
        self._identities = identities
        self._book = book

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer why it may not go further."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        found = self._examined(HTTPConnection(scope))
        if isinstance(found, Identity):
            note_identity(scope, found)
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await WebSocketClose(1008)(scope, receive, send)
        else:
            await found(scope, receive, send)

    def _examined(self, connection: HTTPConnection) -> Identity | Response:
        """Tell who makes a request, or how it is refused."""
        if self._identities is None:
            return ANYONE
        try:
            found = self._found(self._identities, connection)
        except KeysUnavailable as error:
            # What it says names a file, which is nothing for whoever is not known.
            _log.error("%s", error)
            return self._refusal(connection, "access_no_keys", HTTPStatus.SERVICE_UNAVAILABLE)
        if isinstance(found, Doubt):
            return self._refusal(connection, found, found.status)
        if found.kind is Kind.GUEST and not is_open(connection.scope["path"]):
            return self._refusal(connection, "access_unknown", HTTPStatus.UNAUTHORIZED)
        if found.kind is Kind.PERSON and _is_made_by_another_page(connection):
            return self._refusal(connection, "access_foreign", HTTPStatus.FORBIDDEN)
        return found

    @staticmethod
    def _found(identities: Identities, connection: HTTPConnection) -> Identity | Doubt:
        doubt = identities.doubt(connection)
        if doubt is not None:
            return doubt
        # An embed is for its documents alone, whoever asks, and takes tokens of its own.
        in_embed = connection.scope["path"].startswith(_EMBEDS)
        return GUEST if in_embed else identities.of(connection)

    def _refusal(self, connection: HTTPConnection, key: str, status: HTTPStatus) -> Response:
        wording = self._book.accepted(connection.headers.get("accept-language", ""))
        if "text/html" in connection.headers.get("accept", ""):
            title = wording("access_title")
            body = f"<h1>{escape(title)}</h1><p>{escape(wording(key))}</p>"
            response: Response = plain_page(title, wording.language, body).response(status)
        else:
            response = failure(connection.scope["path"], status, wording(key))
        if status is HTTPStatus.UNAUTHORIZED:
            response.headers["WWW-Authenticate"] = "Bearer"
        response.headers["Cache-Control"] = "no-store"
        return response


def is_open(path: str) -> bool:
    """Say whether a path is for everyone."""
    return path in OPEN or path.startswith(OPEN_BELOW)


def _is_made_by_another_page(connection: HTTPConnection) -> bool:
    """A browser shows a proxy its cookie also where a page from elsewhere makes it ask."""
    return connection.scope.get("method") not in READING and is_foreign(connection)
