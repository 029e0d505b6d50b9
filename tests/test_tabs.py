"""Whose each open page is, in a bounded memory."""

import asyncio

import pytest
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

from assistant.grants import NOTHING
from assistant.identities import ANYONE, Identity, Kind
from assistant.tabs import TabGuard, Tabs

PIET = Identity(Kind.PERSON, "piet", NOTHING)
PROGRAM = Identity(Kind.PROGRAM, "piet", NOTHING)


def test_a_tab_is_whose_it_was_first():
    tabs = Tabs()
    assert tabs.is_of("a", PIET) and tabs.is_of("b", PROGRAM)
    assert not tabs.is_of("a", PROGRAM) and not tabs.is_of("b", PIET)
    assert tabs.is_of("a", Identity(Kind.PERSON, "piet", NOTHING))


def test_the_least_recently_used_are_forgotten():
    tabs = Tabs(most=2)
    for tab in ("a", "b", "a", "c"):
        assert tabs.is_of(tab, PIET)
    assert not tabs.is_of("a", PROGRAM)
    assert tabs.is_of("b", PROGRAM)


def guarded(identity=PIET, seconds=60.0):
    async def app(scope, receive, send):
        await PlainTextResponse("let in")(scope, receive, send)

    guard = TabGuard(app, seconds)

    async def known(scope, receive, send):
        await guard({**scope, "state": {"admitted": identity}}, receive, send)

    return known


@pytest.mark.parametrize("length", [100, 101])
def test_a_name_that_no_page_has_is_not_kept(length):
    body = {"session_hash": "a" * length}
    response = TestClient(guarded()).post("/gradio_api/queue/join", json=body)
    assert response.status_code == (200 if length == 100 else 404)


def test_a_body_that_is_nested_too_deep_is_refused():
    response = TestClient(guarded()).post("/gradio_api/queue/join", content=b"[" * 100_000)
    assert response.status_code == 400 and "nested" in response.json()["error"]


def test_a_body_that_does_not_come_is_not_waited_for():
    scope = {"type": "http", "method": "POST", "path": "/gradio_api/queue/join"}
    scope |= {"query_string": b"", "headers": []}
    sent = []

    async def send(message):
        sent.append(message)

    async def never():
        await asyncio.Event().wait()

    async def ask():
        await asyncio.wait_for(guarded(seconds=0.0)(scope, never, send), 20)

    asyncio.run(ask())
    assert sent[0]["status"] == 408


def test_where_nobody_is_told_apart_no_body_is_read():
    response = TestClient(guarded(ANYONE)).post("/gradio_api/queue/join", content=b"[" * 100_000)
    assert response.text == "let in"
