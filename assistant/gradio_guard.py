"""Keeps Gradio from files and addresses that a request names, which it would copy, fetch and serve.

Knows which of Gradio's routes the pages use, and how it marks files; nothing of who asks.
"""

import json
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from assistant.bodies import read_whole
from assistant.failures import failure

_INTERFACE = "/gradio_api/"

_USED = frozenset(
    {"app_id", "cancel", "heartbeat", "info", "login_check", "queue", "reset", "startup-events"}
    | {"upload", "upload_progress"}
)
"""First parts of the routes that the pages use. Others serve files, fetch addresses or call events
in more ways, and are closed: programs have an interface of their own."""


class GradioGuard:
    """Refuses what the pages never ask of Gradio.

    Mounted in another app, Gradio takes any path in an event for an uploaded file's, copies it to
    where it can be fetched, and downloads an address. `uploads` is the folder of real ones.
    Gradio's own check of paths waits for `has_launched`, which the mounted pages are given besides.
    """

    def __init__(self, app: ASGIApp, uploads: Path) -> None:
        self._app = app
        self._uploads = uploads.resolve()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        below = scope["path"].partition(_INTERFACE)[2] if scope["type"] == "http" else ""
        if not below:
            await self._app(scope, receive, send)
            return
        refused = "" if below.partition("/")[0] in _USED else "The pages here do not use that."
        if not refused and scope["method"] == "POST" and below.startswith("queue/"):
            body, receive = await read_whole(receive)
            refused = self._objection(body)
        if refused:
            answer = failure(scope["path"], HTTPStatus.FORBIDDEN, refused)
            await answer(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _objection(self, body: bytes) -> str:
        try:
            foreign = [path for path in _files(json.loads(body)) if not self._is_upload(path)]
        except ValueError:
            return ""  # Gradio reads the same, and refuses it.
        except RecursionError:
            return "The body is nested deeper than can be read."
        return "The file was not uploaded on this page." if foreign else ""

    def _is_upload(self, path: object) -> bool:
        try:
            return Path(str(path)).resolve().is_relative_to(self._uploads)
        except (OSError, ValueError):
            return False


def _files(data: Any) -> Iterator[object]:  # noqa: ANN401 (JSON)
    """Give the path of everything that could be taken for a file."""
    if isinstance(data, dict):
        if "path" in data and "meta" in data:
            yield data["path"]
        for value in data.values():
            yield from _files(value)
    elif isinstance(data, list):
        for value in data:
            yield from _files(value)
