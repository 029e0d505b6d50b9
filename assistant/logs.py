"""The log of the service: a line for each request, answer and sync, as words or as JSON.

Knows lines and their fields; nothing of what happens in a request. No line holds a question, an
answer, a path or the name of a document.
"""

import asyncio
import json
import logging
import sys
import time
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TextIO

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.types import LogFormat
from assistant.watching import AnswerEnd, Outcome, SyncEnd

_NAME = "bronwijzer"
_log = logging.getLogger(_NAME)

_LIBRARIES = ("assistant", "index", "uvicorn")
"""What their loggers warn of goes into the same log."""

_PARTS = ("/assets/", "/static/", "/browser", "/svelte/", "/theme.css", "/gradio_api/heartbeat/")
"""What a page is made of, or keeps asking for: dozens of lines a page that tell nothing."""

_MOST_FRAMES = 8
"""The innermost ones; those before them are the web framework's, the same for every request."""


class _Plain(logging.Formatter):
    """Time, level, event, and the fields as name=value; one line, whatever they hold."""

    def format(self, record: logging.LogRecord) -> str:
        """Write one line."""
        fields = " ".join(f"{name}={_word(value)}" for name, value in _fields(record).items())
        # No name from elsewhere can end a line or move a terminal's cursor.
        event = json.dumps(record.getMessage())[1:-1]
        return f"{_time(record)} {record.levelname} {event} {fields}".rstrip()


class _Json(logging.Formatter):
    """An object of time, level, event and the fields."""

    def format(self, record: logging.LogRecord) -> str:
        """Write one line."""
        head = {"time": _time(record), "level": record.levelname, "event": record.getMessage()}
        return json.dumps(head | dict(_fields(record)), default=str)


@contextmanager
def logging_to(stream: TextIO | None = None, form: LogFormat = "plain") -> Iterator[None]:
    """Write the log to a stream, standard error if none is given, until the end of the block."""
    if form == "none":
        handler: logging.Handler = logging.NullHandler()
    else:
        handler = logging.StreamHandler(stream or sys.stderr)
        handler.setFormatter(_Json() if form == "json" else _Plain())
        handler.addFilter(_is_news)
    loggers = [logging.getLogger(name) for name in (_NAME, *_LIBRARIES)]
    before = [(logger.propagate, logger.level) for logger in loggers]
    for logger in loggers:
        logger.addHandler(handler)
        logger.propagate = False
        logger.setLevel(logging.INFO if logger is _log else logging.WARNING)
    try:
        yield
    finally:
        for logger, (propagate, level) in zip(loggers, before, strict=True):
            logger.removeHandler(handler)
            logger.propagate = propagate
            logger.setLevel(level)


class Log:
    """Writes a line for each answer and sync that it hears of."""

    def answered(self, end: AnswerEnd) -> None:
        """Write how an answer ended."""
        fields: dict[str, object] = {"outcome": end.outcome.value}
        if end.answer is not None:
            fields |= {
                "model": end.answer.model or "",
                "passages": len(end.answer.evidence),
                "citations": len(end.answer.citations),
                "degraded": end.answer.degraded,
            }
            fields |= {f"{name}_ms": value for name, value in end.answer.timings_ms.items()}
        _write("answer", end.outcome, end.error, fields)

    def synced(self, end: SyncEnd) -> None:
        """Write how a sync or rebuild ended."""
        fields: dict[str, object] = {"work": end.work, "outcome": end.outcome.value}
        if end.report is not None:
            fields |= {
                "added": end.report.added,
                "updated": end.report.updated,
                "removed": end.report.removed,
                "unchanged": end.report.unchanged,
                "renewed": end.report.renewed,
                "embedded": end.report.embedded,
                "moved": end.report.moved,
                "kept": end.report.kept,
                "unread": len(end.report.unread),
            }
        fields["ms"] = round(end.seconds * 1000)
        _write("sync", end.outcome, end.error, fields)


class RequestLog:
    """Writes a line for each request: method, the route's template, status, milliseconds."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and write a line when its response has ended."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = time.perf_counter(), HTTPStatus.INTERNAL_SERVER_ERROR.value

        async def send_and_note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, send_and_note)
        finally:
            route = _template(scope)
            if status >= HTTPStatus.BAD_REQUEST or not route.startswith(_PARTS):
                ms = round((time.perf_counter() - started) * 1000, 1)
                fields = {"method": scope["method"], "route": route, "status": status, "ms": ms}
                _log.info("request", extra={"fields": fields})


def _is_news(record: logging.LogRecord) -> bool:
    """Pass over what uvicorn says of event streams that open pages still held when it stopped."""
    cancelled = record.exc_info is not None and record.exc_info[0] is asyncio.CancelledError
    return not (cancelled or str(record.msg).startswith("Cancel %s running task(s)"))


def _template(scope: Scope) -> str:
    """Give the pattern of the route that took a request, below where it is mounted."""
    root = scope.get("root_path", "")
    path = getattr(scope.get("route"), "path", "")
    return f"{root}{path}" or "unknown"


def _write(event: str, outcome: Outcome, error: str, fields: dict[str, object]) -> None:
    if error:
        fields["error"] = error
    level = logging.ERROR if outcome is Outcome.FAILED else logging.INFO
    _log.log(level, event, extra={"fields": fields})


def _fields(record: logging.LogRecord) -> Mapping[str, object]:
    fields: dict[str, object] = dict(getattr(record, "fields", {}))
    if record.name != _NAME:
        fields["logger"] = record.name
    if record.exc_info and record.exc_info[0] is not None:
        fields["error"] = record.exc_info[0].__name__
        # Where it happened, and not its text, which may hold what a reader asked.
        fields["trace"] = [
            f"{frame.filename}:{frame.lineno} {frame.name}"
            for frame in traceback.extract_tb(record.exc_info[2])[-_MOST_FRAMES:]
        ]
    return fields


def _word(value: object) -> str:
    """Write a value so that it is one word, or in quotation marks."""
    text = json.dumps(value, default=str)
    bare = text.strip('"')
    return bare if bare and all(c.isalnum() or c in "._-/{}:" for c in bare) else text


def _time(record: logging.LogRecord) -> str:
    at = datetime.fromtimestamp(record.created, UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
