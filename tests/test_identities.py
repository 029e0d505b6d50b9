"""Who makes a request, and what they are granted: headers, peers, keys, and settings for them."""

import asyncio
from ipaddress import ip_network

import pytest
from pydantic import ValidationError
from starlette.requests import HTTPConnection

from assistant.access_build import build_identities
from assistant.api_keys import ApiKeys
from assistant.clients import ForwardedClients
from assistant.errors import BadSetting
from assistant.grants import EVERYTHING, NOTHING, Grant, rights_of
from assistant.identities import (
    ANYONE,
    GUEST,
    Doubt,
    Identities,
    Identity,
    Kind,
    Proxies,
    identity_of,
    note_identity,
)
from assistant.settings import Settings, read_settings

PROXY = "10.0.0.1"
GRANTS = (
    Grant(group="*", collections=("documents",)),
    Grant(group="hr", role="editor", collections=("hr",)),
    Grant(user="anna@example.org", role="reader", collections=("*",)),
)
OWNER = "the-owner's-token"


@pytest.fixture
def keys(tmp_path):
    return ApiKeys(tmp_path)


@pytest.fixture
def identities(keys):
    networks = (ip_network("10.0.0.0/30"), ip_network("fd00::/64"))
    proxies = Proxies(networks, "X-Forwarded-User", "X-Forwarded-Groups")
    return Identities(proxies, GRANTS, keys, OWNER)


def connection(*headers, peer=PROXY):
    return HTTPConnection(
        {
            "type": "http",
            "headers": [(name.lower().encode(), value.encode()) for name, value in headers],
            "client": (peer, 5000) if peer else None,
        }
    )


def user(name):
    return "X-Forwarded-User", name


def groups(names):
    return "X-Forwarded-Groups", names


def bearer(token):
    return "Authorization", f"Bearer {token}"


def test_what_is_granted_adds_up():
    nobody = rights_of(GRANTS, "piet", frozenset())
    assert nobody.may_read("documents") and not nobody.may_read("hr")
    hr = rights_of(GRANTS, "piet", frozenset({"hr", "all"}))
    assert hr.may_read("hr") and hr.may_edit("hr") and not hr.may_edit("documents")
    anna = rights_of(GRANTS, "anna@example.org", frozenset({"hr"}))
    assert anna.reads_all and anna.may_read("later") and anna.may_edit("hr")
    assert not anna.may_edit("later")
    assert rights_of(GRANTS[1:], "Anna@example.org", frozenset({"HR"})) == NOTHING


def test_a_group_called_like_a_user_is_not_that_user():
    assert rights_of(GRANTS[2:], "x", frozenset({"anna@example.org"})) == NOTHING
    assert rights_of(GRANTS[1:2], "hr", frozenset()) == NOTHING


def test_a_group_header_that_says_all_names_no_group():
    """The star is a word of the settings; a group of that name is nobody's."""
    only = (Grant(group="hr", collections=("hr",)),)
    assert rights_of(only, "piet", frozenset({"*"})) == NOTHING


@pytest.mark.parametrize(
    "values",
    [
        {"collections": ["hr"]},
        {"group": "hr", "user": "anna", "collections": ["hr"]},
        {"group": "hr"},
        {"group": "hr", "collections": []},
        {"group": "hr", "collections": ["../hr"]},
        {"group": "hr", "role": "owner", "collections": ["hr"]},
        {"groups": "hr", "collections": ["hr"]},
    ],
    ids=str,
)
def test_a_grant_that_is_not_clear_is_refused(values):
    with pytest.raises(ValidationError):
        Grant.model_validate(values)


@pytest.mark.parametrize("peer", [PROXY, "::ffff:10.0.0.2", "fd00::7"])
def test_a_trusted_proxy_says_who_it_is(identities, peer):
    asked = connection(user("piet"), groups("staff, hr"), peer=peer)
    assert identities.doubt(asked) is None
    found = identities.of(asked)
    assert (found.kind, found.name) == (Kind.PERSON, "piet")
    assert found.rights.may_edit("hr")


def test_names_are_read_as_proxies_write_them(identities):
    assert identities.of(connection(user("Zoë Ødegård"))).name == "Zoë Ødegård"


@pytest.mark.parametrize("peer", ["10.0.0.4", "127.0.0.1", "::1", "testclient", ""])
@pytest.mark.parametrize("header", [user("anna@example.org"), groups("hr"), user("")])
def test_from_any_other_peer_the_headers_are_refused(identities, peer, header):
    asked = connection(header, bearer(OWNER), peer=peer)
    assert identities.doubt(asked) is Doubt.UNTRUSTED_PEER


def test_without_trusted_proxies_nobody_is_believed(keys):
    nobody = Identities(Proxies((), "X-Forwarded-User", "X-Groups"), GRANTS, keys, OWNER)
    assert nobody.doubt(connection(user("piet"))) is Doubt.UNTRUSTED_PEER


def test_the_peer_is_where_the_connection_comes_from_whatever_headers_tell(identities):
    """Rate limits take a client's address from a header, which a client can write too."""
    seen = []

    async def behind(scope, receive, send):
        seen.append(identities.doubt(HTTPConnection(scope)))

    for peer, named in (("192.0.2.9", PROXY), (PROXY, "192.0.2.9")):
        forwarded = connection(user("piet"), ("X-Forwarded-For", named), peer=peer)
        proxies = ForwardedClients(behind, [ip_network("10.0.0.0/30")])
        asyncio.run(proxies({**forwarded.scope, "scheme": "http"}, None, None))
    assert seen == [Doubt.UNTRUSTED_PEER, None]


def test_only_who_is_known_tells_clients_apart():
    notes = {}
    for identity in (ANYONE, GUEST, Identity(Kind.PERSON, "piet", NOTHING)):
        scope = {"type": "http"}
        note_identity(scope, identity)
        assert identity_of(scope) is identity
        notes[identity.kind] = scope["state"].get("identity")
    assert notes[Kind.ANYONE] is notes[Kind.GUEST] is None
    assert str(notes[Kind.PERSON]) == "person piet"


def test_where_nobody_has_looked_nobody_is_let_in():
    for scope in ({"type": "http"}, {"type": "http", "state": {"identity": "boss"}}):
        with pytest.raises(KeyError):
            identity_of(scope)


@pytest.mark.parametrize(
    "headers", [(user("piet"), user("anna@example.org")), (groups("staff"), groups("hr"))]
)
def test_two_headers_are_unclear(identities, headers):
    assert identities.doubt(connection(*headers)) is Doubt.UNCLEAR


def test_a_name_without_end_is_unclear(identities):
    assert identities.of(connection(user("x" * 301))) is Doubt.UNCLEAR


@pytest.mark.parametrize("headers", [(), (user(""),), (user("  "), groups("hr"))])
def test_who_is_not_named_is_a_guest(identities, headers):
    assert identities.of(connection(*headers)) is GUEST


def test_a_key_is_a_program_from_anywhere(identities, keys):
    key = keys.add("reports", "reader", ["hr"])
    found = identities.of(connection(bearer(key), peer="192.0.2.9"))
    assert (found.kind, found.name) == (Kind.PROGRAM, "reports")
    assert found.rights.may_read("hr") and not found.rights.may_read("documents")
    assert identities.of(connection(("Authorization", f"bearer  {key} "))) == found


def test_the_owners_token_may_do_all(identities):
    found = identities.of(connection(bearer(OWNER)))
    assert (found.kind, found.rights) == (Kind.OWNER, EVERYTHING)


@pytest.mark.parametrize(
    "headers",
    [
        [bearer("bw_guessed")],
        [bearer("")],
        [("Authorization", "")],
        [("Authorization", "Basic YTpi")],
        [("Authorization", OWNER)],
        [bearer(OWNER), bearer(OWNER)],
        [bearer("é")],
        [bearer("bw_guessed"), user("anna@example.org")],
    ],
    ids=str,
)
def test_what_is_shown_must_be_known_and_nothing_else_is_tried(identities, headers):
    assert identities.of(connection(*headers)) is Doubt.UNKNOWN_KEY


TABLES = """
access = "on"
trusted_proxies = ["127.0.0.1", "10.0.0.0/8"]
[[grants]]
group = "hr"
role = "editor"
collections = ["hr"]
"""


def settings(folder, text, **environment):
    (folder / "bronwijzer.toml").write_text(text, "utf-8")
    return read_settings(environment, folder)


def test_access_is_configured_in_the_file(tmp_path):
    read = settings(tmp_path, TABLES)
    assert read.access == "on"
    assert [str(network) for network in read.trusted_proxies] == ["127.0.0.1/32", "10.0.0.0/8"]
    assert read.grants == (Grant(group="hr", role="editor", collections=("hr",)),)
    proxies = settings(tmp_path, "", BRONWIJZER_TRUSTED_PROXIES="::1,10.0.0.1").trusted_proxies
    assert [str(network) for network in proxies] == ["::1/128", "10.0.0.1/32"]


@pytest.mark.parametrize("network", ["0.0.0.0/0", "::/0"])
@pytest.mark.parametrize("access", ["on", "off"])
def test_not_everyone_is_a_proxy(tmp_path, access, network):
    text = f"access = '{access}'\ntrusted_proxies = ['127.0.0.1', '{network}']"
    with pytest.raises(BadSetting, match=f"trusted_proxies.*{network} is every address there is"):
        settings(tmp_path, text)


def test_without_access_nobody_is_told_apart():
    assert build_identities(Settings(), OWNER) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (TABLES.replace('"on"', '"off"'), "set access = 'on'"),
        (TABLES.replace("10.0.0.0/8", "10.0.0.1/8"), "trusted_proxies"),
        (TABLES.replace("10.0.0.0/8", "everyone"), "everyone"),
        (TABLES.replace('"editor"', '"owner"'), "grants.0.role"),
        (TABLES.replace("collections", "collection"), "grants.0"),
        (TABLES.replace('group = "hr"\n', ""), "a group or a user"),
        ('access = "yes"', "'on'"),
        ('user_header = "X Y"', "user_header"),
    ],
    ids=str,
)
def test_a_setting_that_is_wrong_is_named(tmp_path, text, said):
    with pytest.raises(BadSetting) as refused:
        settings(tmp_path, text)
    assert said in str(refused.value)
