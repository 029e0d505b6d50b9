"""Hostile requests over a socket to a served app: each is refused clearly or harmless."""

import re
import socket
from contextlib import suppress

import httpx
import pytest

from assistant.build import opened
from assistant.settings import Settings
from tests.corpora import write_texts
from tests.test_cli import serving

SETTINGS = """
[embeds.hr]
documents = ["library*"]

[embeds.vault]
collection = "vault"
"""
SECRET = "The canary leads the secret works."
QUESTION = '{"question": "Who leads the works on the quay?"}'
BORDER = (
    '--b\r\nContent-Disposition: form-data; name="file"; filename="%s"\r\n\r\nhello\r\n--b--\r\n'
)
REFUSED = range(400, 500)


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """A server with the small corpus, a collection "vault" and two embeds."""
    folder = tmp_path_factory.mktemp("hostile")
    vault = folder / "secrets"
    vault.mkdir()
    (vault / "canary.txt").write_text(SECRET, "utf-8")
    (folder / "bronwijzer.toml").write_text(SETTINGS, "utf-8")
    texts = write_texts(folder / "texts")
    (texts / "a\r\nSet-Cookie: a=b.txt").write_text("A name of two lines.", "utf-8")
    with opened(Settings(data=folder / "data", model="none")) as installation:
        list(installation.corpus.sync([folder / "texts"]))
        installation.corpora.create("vault")
        list(installation.corpora.corpus("vault").sync([vault]))
    with serving(folder) as address:
        yield address


def exchange(address, request):
    """Send bytes and give the whole response; a server may answer and close before it has all."""
    port = int(address.rpartition(":")[2])
    parts = []
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        with suppress(ConnectionResetError, BrokenPipeError):
            connection.sendall(request)
        with suppress(ConnectionResetError):
            while part := connection.recv(65536):
                parts.append(part)
    return b"".join(parts)


def statuses(response):
    return [int(found) for found in re.findall(rb"HTTP/1\.1 (\d{3})", response)]


def raw(line, *headers, body=b"", host="localhost"):
    lines = [line, f"Host: {host}", "Connection: close", *headers]
    return "\r\n".join(lines).encode("utf-8", "surrogateescape") + b"\r\n\r\n" + body


def get(path, *headers, **more):
    return raw(f"GET {path} HTTP/1.1", *headers, **more)


def post(path, body, *headers, kind="application/json"):
    body = body if isinstance(body, bytes) else body.encode()
    sizes = (f"Content-Type: {kind}", f"Content-Length: {len(body)}")
    return raw(f"POST {path} HTTP/1.1", *sizes, *headers, body=body)


def upload(name, path="/api/v1/documents"):
    return post(path, BORDER % name, kind="multipart/form-data; boundary=b")


DEEP = '{"question": ' + "[" * 100_000 + "]" * 100_000 + "}"
HUGE = '{"question": "a", "limit": ' + "9" * 5000 + "}"
ASK = "POST /api/ask HTTP/1.1"
JSON = "Content-Type: application/json"

HOSTILE = {
    # What is no HTTP, or would be read in two ways.
    "not HTTP": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", [400]),
    "two lengths": (raw(ASK, JSON, "Content-Length: 5", "Content-Length: 50", body=b"{}"), [400]),
    "a negative length": (raw(ASK, JSON, "Content-Length: -1"), [400]),
    "a length of many digits": (raw(ASK, JSON, f"Content-Length: {'9' * 50}"), REFUSED),
    "a blank before the colon": (get("/healthz", "X-A : b"), [400]),
    "a folded header": (get("/healthz", "X-A: b\r\n evil: c"), [200, 400]),
    "a bad chunk": (raw(ASK, JSON, "Transfer-Encoding: chunked", body=b"zz\r\n{}\r\n"), [400]),
    "two codings": (raw(ASK, JSON, "Transfer-Encoding: chunked, identity"), [400, 501]),
    "a head without end": (b"GET / HTTP/1.1\r\n" + b"X-A: b\r\n" * 20_000, [400]),
    "a long address": (get("/" + "a" * 200_000), [400]),
    "a NUL in a header": (get("/healthz", "X-A: a\0b"), [400]),
    "no host": (b"GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n", [400]),
    "two hosts": (get("/api/collections", "Host: evil.example"), [400]),
    "a forged host": (get("/api/collections", host="evil.example"), [400]),
    "a method of its own": (raw("BREW /api/ask HTTP/1.1"), [405]),
    "a tunnel": (raw("CONNECT 127.0.0.1:22 HTTP/1.1"), REFUSED),
    "another host's address": (get("http://evil.example/"), REFUSED),
    # Bodies.
    "a body too large": (raw(ASK, JSON, "Content-Length: 900000000"), [413]),
    "a body of another kind": (post("/api/ask", QUESTION, kind="text/plain"), [415]),
    "no JSON": (post("/api/ask", "{question"), [422]),
    "deep JSON": (post("/api/ask", DEEP), [400, 422]),
    "a number of 5,000 digits": (post("/api/search", HUGE), [400, 422]),
    "a number that is none": (post("/api/search", '{"question": "a", "limit": NaN}'), [422]),
    "invalid UTF-8": (post("/api/ask", b'{"question": "\xff\xfe"}'), [400]),
    "half a character": (post("/api/ask", '{"question": "\\ud800"}'), [422]),
    "a question of NUL": (post("/api/ask", '{"question": "\\u0000"}'), [200, 422]),
    "no question": (post("/api/ask", "[]"), [422]),
    "a body for no body's page": (post("/gradio_api/queue/join", "x" * 17_000_000), [413]),
    # Paths and names.
    "a path out of the static files": (get("/browser/../../../../etc/passwd"), [404]),
    "the same, encoded": (get("/browser/%2e%2e/%2e%2e/settings.py"), [404]),
    "the same, with a backslash": (get("/browser/..%5c..%5csettings.py"), [404]),
    "a file by Gradio": (get("/gradio_api/file=/etc/passwd"), REFUSED),
    "an address outside by Gradio": (get("/gradio_api/file=https://example.org/a.png"), [403]),
    "the same of the library": (get("/library/gradio_api/file=https://example.org/a"), REFUSED),
    "the same, its sign encoded": (get("/gradio_api/file%3Dhttps://example.org/a.png"), [403]),
    "an event of Gradio's by name": (post("/gradio_api/call/v2/ask", "{}"), [403]),
    "an address by Gradio": (get("/gradio_api/file=http://127.0.0.1:22/"), REFUSED),
    "an address through Gradio": (get("/gradio_api/proxy=http://127.0.0.1:22/"), REFUSED),
    "a document by a path": (get("/api/source/../../../etc/passwd"), [404]),
    "a document by an address": (get("/api/source/http://127.0.0.1:22/"), [404]),
    "a document by a file address": (get("/api/source/file:///etc/passwd"), [404]),
    "a document of NUL": (get("/api/source/%00"), [404, 422]),
    "a document that is no UTF-8": (get("/api/source/%ff%fe"), [404, 422]),
    "a document by a huge number": (get(f"/source/{'9' * 400}"), [404, 422]),
    "a negative document": (get("/original/-1"), [404, 422]),
    "a page by a huge number": (get(f"/page/1/{'9' * 30}"), [404, 422]),
    "a place by a huge number": (get(f"/source/1?{'9' * 30}&{'9' * 30}"), [200, 404]),
    "a collection that is a path": (get("/api/source/kade.txt?collection=../vault"), [404]),
    "a collection of NUL": (get("/api/source/kade.txt?collection=%00"), [404]),
    "a header by a query": (get("/source/1?%0d%0aSet-Cookie:%20a=b"), [200, 404]),
    "a redirect by a path": (get("//evil.example/%0d%0aSet-Cookie:a=b"), [404]),
    "another collection's document": (get("/embed/hr/source/1?collection=vault"), [404]),
    "a document outside its embed": (get("/embed/hr/original/1"), [404]),
    # Who one is.
    "a forged token": (post("/api/owner/sync", "{}", "Authorization: Bearer forged"), [403]),
    "a token that is no ASCII": (
        post("/api/owner/sync", "{}", "Authorization: Bearer \udcff\udcfe"), [403],
    ),
    "no token": (post("/api/owner/rebuild", "{}"), [403]),
    "an upload for another page": (
        post(
            "/api/v1/documents", BORDER % "a.txt", "Origin: https://evil.example",
            kind="multipart/form-data; boundary=b",
        ),
        [403],
    ),
    "a library by a proxy": (get("/library/", "X-Forwarded-For: 127.0.0.1"), [403]),
    # Uploads, which a person on the machine may make.
    "a file name that is a path": (upload("../../../../tmp/evil.exe"), [415]),
    "a file name that is an address": (upload("http://127.0.0.1/evil.exe"), [415]),
    "a file name of two lines": (upload("a\r\nSet-Cookie: a=b\r\n.exe"), REFUSED),
    "a file name of NUL": (upload("a.txt\0.exe"), REFUSED),
    "no file": (post("/api/v1/documents", "x", kind="multipart/form-data; boundary=b"), [400, 422]),
    "no border": (post("/api/v1/documents", "x", kind="multipart/form-data"), [400, 422]),
    # WebSockets, which nothing here speaks.
    "an upgrade": (
        raw(
            "GET /api/ask HTTP/1.1", "Upgrade: websocket", "Connection: Upgrade",
            "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
        ),
        [405],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_request_is_refused_and_nothing_told(address, name):
    request, expected = HOSTILE[name]
    response = exchange(address, request)
    found = statuses(response)
    assert found and set(found) <= set(expected), response[:500]
    for told in (b"Traceback", b"site-packages", b"root:x:", SECRET.encode(), b"\nSet-Cookie: a=b"):
        assert told not in response
    assert httpx.get(f"{address}/healthz", timeout=10).status_code == 200


def test_a_document_named_with_a_line_break_brings_no_header(address):
    listed = httpx.get(f"{address}/api/v1/documents", timeout=10).json()["documents"]
    assert any("Set-Cookie" in document["name"] for document in listed)
    for document in listed:
        for place in ("source", "original"):
            response = httpx.get(f"{address}/{place}/{document['id']}", timeout=10)
            assert (response.status_code, "set-cookie" in response.headers) == (200, False)
