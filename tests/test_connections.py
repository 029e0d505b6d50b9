"""Connections and bodies of clients that are slow, on purpose or not."""

import asyncio
import socket
import threading
from contextlib import contextmanager

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route

from assistant.bodies import JSON, BodyBounds, Bound
from assistant.connections import PatientConnection

GET = b"GET /short HTTP/1.1\r\nHost: localhost\r\n"
POST = (
    b"POST /api/ask HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b"Content-Length: 100\r\n\r\n{"
)


class Impatient(PatientConnection):
    """Waits a blink."""

    seconds_to_ask = 0.2
    seconds_to_read = 0.2


class Site:
    """Where a small app answers, and whether a reader of its long response was given up."""

    def __init__(self):
        self.address = None
        self.given_up = threading.Event()

    def connect(self):
        return socket.create_connection(self.address, timeout=60)

    async def long(self, request):
        async def endless():
            try:
                while True:
                    yield b"x" * 100_000
                    await asyncio.sleep(0)
            finally:
                self.given_up.set()

        return StreamingResponse(endless())


async def short(request):
    return PlainTextResponse("short")


async def echo(request):
    return PlainTextResponse(await request.body())


@contextmanager
def served(protocol=Impatient):
    site = Site()
    routes = [
        Route("/short", short),
        Route("/long", site.long),
        Route("/api/ask", echo, methods=["POST"]),
        Route("/refused", refused, methods=["POST"]),
    ]
    app = Starlette(routes=routes)
    bound = Bound(JSON, 1000, seconds=0.2)
    app.add_middleware(BodyBounds, usual=bound, special={}, page=bound)
    config = uvicorn.Config(app, http=protocol, ws="none", log_config=None, lifespan="off")
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    site.address = listener.getsockname()
    try:
        yield site
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


@pytest.fixture(scope="module")
def site():
    with served() as site:
        yield site


async def refused(request):
    return PlainTextResponse("too large", status_code=413)


def read_all(connection):
    parts = []
    while part := connection.recv(65536):
        parts.append(part)
    return b"".join(parts)


@pytest.mark.parametrize("beginning", [b"", b"GET /short HT", GET, GET + b"X-A: b\r\n"])
def test_a_head_that_does_not_end_is_not_waited_for(site, beginning):
    with site.connect() as connection:
        connection.sendall(beginning)
        assert read_all(connection) == b""


def test_a_second_head_on_a_connection_is_not_waited_for_either(site):
    with site.connect() as connection:
        connection.sendall(GET + b"\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")
        connection.sendall(GET)
        assert b"HTTP" not in read_all(connection)


def test_a_body_that_does_not_come_is_told_so(site):
    with site.connect() as connection:
        connection.sendall(POST)
        response = connection.recv(65536)
    assert b"HTTP/1.1 408" in response


def test_a_reader_who_reads_no_more_is_given_up(site):
    with site.connect() as connection:
        connection.sendall(b"GET /long HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert connection.recv(10)
        assert site.given_up.wait(20)


def test_a_body_that_trickles_in_after_its_answer_holds_no_connection(site):
    with site.connect() as connection:
        connection.sendall(POST.replace(b"/api/ask", b"/refused").replace(b" 100", b" 1000000"))
        assert connection.recv(65536).startswith(b"HTTP/1.1 413")
        connection.sendall(b"x")
        assert read_all(connection) == b""


def test_a_body_that_ends_after_its_answer_leaves_the_connection_to_the_next_request():
    with served(PatientConnection) as site, site.connect() as connection:
        connection.sendall(POST.replace(b"/api/ask", b"/refused"))
        assert connection.recv(65536).startswith(b"HTTP/1.1 413")
        connection.sendall(b"x" * 99 + GET + b"\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")
