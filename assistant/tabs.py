"""Keeps the open pages of one reader from every other: each belongs to whoever has used it first.

Knows how Gradio's requests name the tab of a browser that they are about; nothing of what happens
in it. A tab's name is random, but Gradio shows what is asked in it, and changes it, for anyone who
gives that name.
"""

import json
import threading
from collections import OrderedDict
from collections.abc import Iterator
from http import HTTPStatus

from anyio import move_on_after
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from assistant.bodies import MOST_PAGE_BYTES, read_whole
from assistant.failures import failure
from assistant.identities import Identity, identity_of

_MOST_TABS = 10_000
_MOST_CHARACTERS = 100
"""Of a tab's name; Gradio's own has some ten."""

_SECONDS = 60.0
"""For a whole body."""

_INTERFACE = "/gradio_api/"
_NAMED_IN_PATH = frozenset({"heartbeat", "stream"})
_NAME = "session_hash"
_FORM = "multipart/form-data"


class Tabs:
    """Whose each tab is, the least recently used being forgotten. Any thread may ask."""

    def __init__(self, most: int = _MOST_TABS) -> None:
        self._most = most
        self._readers: OrderedDict[str, str] = OrderedDict()
        self._lock = threading.Lock()

    def is_of(self, tab: str, identity: Identity) -> bool:
        """Say whether a tab is somebody's; one that nobody has used becomes theirs."""
        reader = str(identity)
        with self._lock:
            known = self._readers.setdefault(tab, reader)
            self._readers.move_to_end(tab)
            if len(self._readers) > self._most:
                self._readers.popitem(last=False)
        return known == reader


class TabGuard:
    """Refuses requests about somebody else's tab; it stands behind what notes who makes them."""

    def __init__(self, app: ASGIApp, seconds: float = _SECONDS) -> None:
        self._app = app
        self._seconds = seconds
        self._tabs = Tabs()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer that there is no such tab."""
        if scope["type"] != "http" or _INTERFACE not in scope["path"]:
            await self._app(scope, receive, send)
            return
        identity, connection = identity_of(scope), HTTPConnection(scope)
        if not identity.is_known:
            await self._app(scope, receive, send)
            return
        body: bytes | None = b""
        # A form is never read as JSON, so what it holds can name no tab.
        if scope["method"] == "POST" and not _is_form(connection):
            body = None
            with move_on_after(self._seconds):
                body, receive = await read_whole(receive)
        refused = self._objection(connection, body, identity)
        if refused is None:
            await self._app(scope, receive, send)
        else:
            await failure(scope["path"], *refused)(scope, receive, send)

    def _objection(
        self, connection: HTTPConnection, body: bytes | None, identity: Identity
    ) -> tuple[int, str] | None:
        """Say why a request is refused; it has no body where that did not come in time."""
        if body is None:
            told = f"The body did not come within {self._seconds:.0f} seconds, the most it may."
            return HTTPStatus.REQUEST_TIMEOUT, told
        if len(body) > MOST_PAGE_BYTES:
            told = (
                f"The body is larger than {MOST_PAGE_BYTES:,} bytes, the most that is taken here."
            )
            return HTTPStatus.REQUEST_ENTITY_TOO_LARGE, told
        try:
            tabs = list(_named(connection, body))
        except RecursionError:
            return HTTPStatus.BAD_REQUEST, "The body is nested deeper than can be read."
        if any(len(tab) > _MOST_CHARACTERS for tab in tabs):
            told = f"No page has a name of more than {_MOST_CHARACTERS} characters."
            return HTTPStatus.NOT_FOUND, told
        if not all(self._tabs.is_of(tab, identity) for tab in tabs):
            return HTTPStatus.NOT_FOUND, "This page belongs to somebody else. Load it anew."
        return None


def _is_form(connection: HTTPConnection) -> bool:
    kind = connection.headers.get("content-type", "").partition(";")[0]
    return kind.strip().lower() == _FORM


def _named(connection: HTTPConnection, body: bytes) -> Iterator[str]:
    """Give the names of tabs that a request has, wherever Gradio would read one."""
    yield from connection.query_params.getlist(_NAME)
    yield from connection.headers.getlist(_NAME)
    first, _, rest = connection.scope["path"].partition(_INTERFACE)[2].partition("/")
    if first in _NAMED_IN_PATH:
        yield rest.partition("/")[0]
    try:
        data = json.loads(body)
    except ValueError:
        return
    if isinstance(data, dict) and isinstance(data.get(_NAME), str):
        yield data[_NAME]
