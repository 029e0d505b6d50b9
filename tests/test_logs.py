"""The log: what it says, and what it may not say."""

import io
import json
import logging
from datetime import UTC, datetime

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.responses import PlainTextResponse

from assistant.errors import BadQuestion
from assistant.logs import Log, RequestLog, logging_to
from assistant.types import Answer, Kind
from assistant.watching import AnswerEnd, Outcome, SyncEnd
from index.types import SyncReport

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


@pytest.fixture
def client():
    app = FastAPI()

    @app.get("/api/source/{name:path}")
    def source(name: str) -> PlainTextResponse:
        return PlainTextResponse("text")

    @app.get("/fails")
    def fails() -> None:
        raise RuntimeError("secret")

    @app.get("/assets/{name}")
    def assets(name: str) -> PlainTextResponse:
        return PlainTextResponse("", status_code=404 if name == "gone" else 200)

    inner = FastAPI()

    @inner.get("/page/{number}")
    def page(number: int) -> PlainTextResponse:
        return PlainTextResponse("page")

    app.mount("/library", inner)
    app.add_middleware(RequestLog)
    return TestClient(app, raise_server_exceptions=False)


def logged(form, work):
    stream = io.StringIO()
    with logging_to(stream, form):
        work()
    return stream.getvalue().splitlines()


def test_a_request_is_a_line_with_the_pattern_and_nothing_that_was_asked(client):
    lines = logged("json", lambda: client.get("/api/source/secret.txt?q=secret"))
    (line,) = lines
    assert "secret" not in line
    record = json.loads(line)
    assert record["event"] == "request" and record["level"] == "INFO"
    assert (record["method"], record["route"]) == ("GET", "/api/source/{name:path}")
    assert record["status"] == 200 and record["ms"] >= 0
    assert datetime.fromisoformat(record["time"]).tzinfo is not None


def test_routes_of_mounted_pages_and_addresses_that_are_none(client):
    def ask():
        client.get("/library/page/7")
        client.get("/secret")
        client.get("/fails")

    lines = logged("plain", ask)
    assert "route=/library/page/{number} status=200" in lines[0]
    assert "route=unknown status=404" in lines[1]
    assert "route=/fails status=500" in lines[2]
    assert not any("secret" in line for line in lines)


def test_parts_of_a_page_are_told_only_where_they_are_missing(client):
    def ask():
        client.get("/assets/style.css")
        client.get("/assets/gone")

    lines = logged("plain", ask)
    assert len(lines) == 1 and "status=404" in lines[0]


def answer_end(outcome=Outcome.QUOTED, error=""):
    times = {"evidence": 12.5, "done": 20.0}
    answer = Answer("my secret", "en", Kind.QUOTED, text="a secret", timings_ms=times, done=True)
    return AnswerEnd(outcome, answer, error, NOW)


def test_an_answer_is_a_line_without_its_text():
    lines = logged("plain", lambda: Log().answered(answer_end()))
    assert lines[0].endswith(
        'INFO answer outcome=quoted model="" passages=0 citations=0 degraded=false '
        "evidence_ms=12.5 done_ms=20.0"
    )
    assert "secret" not in lines[0]


def test_a_failure_is_an_error_with_its_class():
    failed = AnswerEnd(Outcome.FAILED, None, "StoreUnavailable", NOW)
    lines = logged("json", lambda: Log().answered(failed))
    record = json.loads(lines[0])
    assert (record["level"], record["error"]) == ("ERROR", "StoreUnavailable")


def test_a_sync_is_a_line_of_counts():
    report = SyncReport(stage="done", added=2, embedded=9, done=True)
    end = SyncEnd("sync", Outcome.FINISHED, report, "", 1.5)
    lines = logged("json", lambda: Log().synced(end))
    record = json.loads(lines[0])
    assert (record["work"], record["outcome"], record["added"], record["ms"]) == (
        "sync", "finished", 2, 1500
    )  # fmt: skip


def test_an_exception_of_a_library_tells_where_and_not_what():
    def fail():
        try:
            raise BadQuestion("my secret question")
        except BadQuestion:
            logging.getLogger("uvicorn.error").exception("Exception in ASGI application")
            logging.getLogger("assistant.dialogue").info("not worth a line")

    lines = logged("json", fail)
    (line,) = lines
    record = json.loads(line)
    assert record["error"] == "BadQuestion" and record["logger"] == "uvicorn.error"
    assert "test_logs.py" in record["trace"][0]
    assert "secret" not in line


def test_nothing_can_forge_a_line():
    def warn():
        logging.getLogger("index").warning("odd\nINFO forged \x1b[31m")

    for form in ("json", "plain"):
        lines = logged(form, warn)
        assert len(lines) == 1
        assert "\x1b" not in lines[0]


def test_no_log_where_none_is_wanted_and_none_after_the_end(client, capsys):
    assert logged("none", lambda: client.get("/fails")) == []
    client.get("/fails")
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "request" not in captured.err
