"""How often clients may ask, and how they are told apart."""

from ipaddress import ip_network

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from assistant.clients import ForwardedClients, client_of
from assistant.errors import TooManyQuestions
from assistant.rates import RateBounds, Rates
from assistant.settings import read_settings

TRUSTED = [ip_network("10.0.0.0/8"), ip_network("127.0.0.1")]


def test_each_client_has_its_own_minute():
    rates = Rates(RateBounds(questions_per_minute=2))
    for client in ("a", "a", "b"):
        rates.count(client)
    with pytest.raises(TooManyQuestions, match="setting questions_per_minute") as raised:
        rates.count("a")
    assert 0 < raised.value.retry_seconds <= 60
    rates.count("b")


def test_a_client_without_a_name_is_not_counted_by_the_minute():
    rates = Rates(RateBounds(questions_per_minute=1, questions_per_day=3))
    for _ in range(3):
        rates.count("")
    with pytest.raises(TooManyQuestions, match="setting questions_per_day"):
        rates.count("")


def test_each_embed_has_its_own_day():
    rates = Rates(RateBounds(embed_questions_per_day=1))
    rates.count("a", "hr")
    rates.count("b", "other")
    with pytest.raises(TooManyQuestions, match="setting embed_questions_per_day"):
        rates.count("c", "hr")
    rates.count("a")


def test_without_bounds_nothing_is_refused():
    rates = Rates(RateBounds())
    for _ in range(50):
        rates.count("a", "hr")


def named(peer, **headers):
    """Name the client of a request, and its scheme, as the app behind the proxies sees them."""

    async def name(request):
        return PlainTextResponse(f"{client_of(request.scope)} {request.url.scheme}")

    app = ForwardedClients(Starlette(routes=[Route("/", name)]), TRUSTED)
    values = {key.replace("_", "-"): value for key, value in headers.items()}
    return TestClient(app, client=(peer, 1)).get("/", headers=values).text.split()


@pytest.mark.parametrize(
    ("peer", "forwarded", "name"),
    [
        ("198.51.100.7", "203.0.113.9", "198.51.100.7"),
        ("10.1.2.3", "203.0.113.9", "203.0.113.9"),
        ("10.1.2.3", "192.0.2.1, 203.0.113.9", "203.0.113.9"),
        ("10.1.2.3", "203.0.113.9, 10.9.9.9", "203.0.113.9"),
        ("::ffff:10.1.2.3", "203.0.113.9", "203.0.113.9"),
        ("10.1.2.3", "203.0.113.9, unknown", "10.1.2.3"),
        ("10.1.2.3", "10.7.7.7, 10.9.9.9", "10.7.7.7"),
        ("10.1.2.3", "", "10.1.2.3"),
        ("2001:db8:1:2::3", "", "2001:db8:1:2::/64"),
        ("127.0.0.1", "2001:db8:1:2:ffff::9", "2001:db8:1:2::/64"),
    ],
)
def test_a_client_is_whom_a_trusted_proxy_names_and_no_one_else(peer, forwarded, name):
    assert named(peer, x_forwarded_for=forwarded)[0] == name


def test_the_scheme_is_believed_of_a_trusted_proxy_alone():
    assert named("10.1.2.3", x_forwarded_proto="https")[1] == "https"
    assert named("10.1.2.3", x_forwarded_proto="javascript")[1] == "http"
    assert named("198.51.100.7", x_forwarded_proto="https")[1] == "http"


def test_an_identity_is_one_client_at_any_address():
    scopes = [{"client": (peer, 1), "state": {"identity": "ada"}} for peer in ("a", "b")]
    assert len({client_of(scope) for scope in scopes}) == 1


def test_trusted_proxies_come_as_addresses_or_networks(tmp_path):
    values = {"BRONWIJZER_TRUSTED_PROXIES": "127.0.0.1,10.0.0.0/8"}
    assert read_settings(values, tmp_path).trusted_proxies == (
        ip_network("127.0.0.1"), ip_network("10.0.0.0/8")
    )  # fmt: skip
