"""Who may enter the library: requests from this machine, from a proxy, from another page."""

import pytest
from starlette.requests import Request

from assistant.access import Refusal, refusal
from assistant.identities import ANYONE

LOCAL = "127.0.0.1"
HERE = "http://localhost:7860"


def request(method="GET", peer=LOCAL, version="1.1", **headers):
    """A request; names of headers are given with underscores, and `host` has a default."""
    headers = {"host": "localhost:7860", **headers}
    return Request(
        {
            "type": "http",
            "method": method,
            "http_version": version,
            "scheme": "http",
            "path": "/library/",
            "query_string": b"",
            "client": (peer, 5000) if peer else None,
            "state": {"admitted": ANYONE},
            "headers": [
                (name.replace("_", "-").encode(), value.encode())
                for name, value in headers.items()
                if value is not None
            ],
        }
    )


@pytest.mark.parametrize("peer", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"])
@pytest.mark.parametrize(
    "host", ["localhost", "localhost:7860", "127.0.0.1:1", "[::1]:7860", "[::1]"]
)
def test_a_person_on_the_machine_may_enter(peer, host):
    assert refusal(request(peer=peer, host=host), "local") is None
    assert refusal(request("POST", peer=peer, host=host), "local") is None


@pytest.mark.parametrize(
    "values",
    [
        {"peer": "10.0.0.7"},
        {"peer": "::ffff:10.0.0.7"},
        {"peer": "fe80::1"},
        {"peer": "testclient"},
        {"peer": ""},
        {"version": "1.0"},
        {"host": None},
        {"host": ""},
        {"host": "intranet.example"},
        {"host": "localhost.example"},
        {"host": "127.0.0.1.example:80"},
        {"host": "me@localhost"},
        {"host": "localhost/x"},
        {"host": "localhost:x"},
        {"host": "[::1"},
        {"x_forwarded_for": "127.0.0.1"},
        {"x_forwarded_host": "localhost"},
        {"x_forwarded_proto": "https"},
        {"forwarded": "for=127.0.0.1"},
        {"x_real_ip": "127.0.0.1"},
        {"via": "1.1 proxy"},
    ],
    ids=str,
)
def test_everyone_else_may_not(values):
    assert refusal(request(**values), "local") is Refusal.ELSEWHERE


def test_two_names_of_the_host_are_none():
    twice = request()
    twice.scope["headers"].append((b"host", b"localhost"))
    assert refusal(twice, "local") is Refusal.ELSEWHERE


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_nobody_is_nobody(method):
    assert refusal(request(method), "nobody") is Refusal.CLOSED


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": HERE},
        {"origin": HERE, "sec_fetch_site": "same-origin"},
        {"sec_fetch_site": "none"},
        {},
    ],
    ids=str,
)
def test_the_page_itself_may_act(headers):
    assert refusal(request("POST", **headers), "local") is None


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://[x"},
        {"origin": "http://localhost:8000"},
        {"origin": "http://127.0.0.1:7860"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {"origin": HERE, "sec_fetch_site": "cross-site"},
    ],
    ids=str,
)
def test_a_page_from_elsewhere_may_not_act(method, headers):
    assert refusal(request(method, **headers), "local") is Refusal.FOREIGN


def test_a_link_from_elsewhere_may_open_the_page():
    assert refusal(request("GET", sec_fetch_site="cross-site"), "local") is None
