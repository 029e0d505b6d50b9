"""Embeds for those who are signed in around them: tokens, passes to sources, refusals."""

import base64
import json
import time

import jwt
import pytest

from assistant.access_build import build_embed_tokens
from assistant.embed_tokens import EmbedTokens
from assistant.embeds import Embed
from assistant.errors import BadSetting, NotSignedIn
from assistant.settings import Settings, read_settings
from tests.test_embeds import snapshots
from tests.test_server import QUESTION, running

SECRET = b"0123456789abcdef" * 4
CANARY = "The canary Quirinus Vandermolen leads the secret works on the quay."


def token(secret=SECRET, algorithm="HS256", **claims):
    claims = {"aud": "vault", "exp": time.time() + 300, **claims}
    kept = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(kept, secret, algorithm)


def unsigned():
    """A token that says that it needs no signature, as none of its makers would."""
    parts = ({"alg": "none", "typ": "JWT"}, {"aud": "vault", "exp": int(time.time()) + 300})
    written = [base64.urlsafe_b64encode(json.dumps(p).encode()).rstrip(b"=") for p in parts]
    return (b".".join(written) + b".").decode()


def tampered():
    head, _, signature = token().split(".")
    claims = {"aud": "vault", "exp": int(time.time()) + 300, "sub": "boss"}
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return f"{head}.{body}.{signature}"


@pytest.fixture
def tokens():
    return EmbedTokens("vault", "vault", SECRET)


@pytest.mark.parametrize("claims", [{}, {"sub": "piet"}, {"collections": ["hr", "vault"]}])
@pytest.mark.parametrize("seconds", [60, 590])
def test_a_token_of_the_page_around_is_taken(tokens, claims, seconds):
    tokens.check(token(**claims, exp=time.time() + seconds))


def test_an_end_that_is_written_as_text_is_an_end_too(tokens):
    tokens.check(token(exp=str(int(time.time()) + 60)))


REFUSED = {
    "over": lambda: token(exp=time.time() - 1),
    "too long-lived": lambda: token(exp=time.time() + 660),
    "too long-lived as text": lambda: token(exp=str(int(time.time()) + 660)),
    "without end": lambda: token(exp=None),
    "end of nothing": lambda: token(exp="soon"),
    "of another embed": lambda: token(aud="hr"),
    "of no embed": lambda: token(aud=None),
    "of several": lambda: token(aud=["vault", "hr"]),
    "for a pass": lambda: token(aud="vault/source", document="1"),
    "not yet": lambda: token(nbf=time.time() + 60),
    "another collection": lambda: token(collections=["documents"]),
    "collections as text": lambda: token(collections="vault"),
    "another secret": lambda: token(secret=b"x" * 32),
    "another algorithm": lambda: token(algorithm="HS512"),
    "none": unsigned,
    "tampered": tampered,
    "nothing": lambda: "",
    "no token": lambda: "a.b.c",
}


@pytest.mark.parametrize("made", REFUSED.values(), ids=REFUSED)
def test_any_other_is_refused(tokens, made):
    with pytest.raises(NotSignedIn) as refused:
        tokens.check(made())
    assert str(refused.value).isidentifier()


def test_a_pass_is_to_one_document_of_one_embed(tokens):
    shown = tokens.pass_to(7)
    assert tokens.admits(shown, "7")
    for number in ("8", "07", "7.0", "", "77"):
        assert not tokens.admits(shown, number)
    assert not EmbedTokens("hr", "vault", SECRET).admits(shown, "7")
    assert not EmbedTokens("vault", "vault", b"x" * 32).admits(shown, "7")
    with pytest.raises(NotSignedIn):
        tokens.check(shown)
    assert not tokens.admits(token(), "7") and not tokens.admits("", "7")
    over = token(aud="vault/source", document="7", exp=time.time() - 1)
    assert not tokens.admits(over, "7")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A server with an embed "vault" for those who are signed in, and one "open" for all."""
    folder = tmp_path_factory.mktemp("tokens")
    (folder / "secret").mkdir()
    (folder / "secret" / "canary.txt").write_text(CANARY, encoding="utf-8")
    (folder / "secret" / "hours.txt").write_text("The vault opens at ten.", encoding="utf-8")
    (folder / "key").write_bytes(SECRET + b"\n")
    vault = Embed(collection="vault", signed_in=True, secret_file=folder / "key", language="en")
    with running(folder, access="on", embeds={"vault": vault, "open": Embed()}) as server:
        client, installation = server
        installation.corpora.create("vault")
        list(installation.corpora.corpus("vault").sync([folder / "secret"]))
        yield client


def ask(client, shown="", embed="vault"):
    headers = {"Authorization": f"Bearer {shown}"} if shown else {}
    return client.post(f"/embed/{embed}/ask", json=QUESTION, headers=headers)


def test_who_is_signed_in_around_an_embed_may_ask_it(site):
    assert '"signedIn": true' in site.get("/embed/vault").text.replace("&quot;", '"')
    last = snapshots(ask(site, token()))[-1]
    assert last["done"] and "canary" in last["quotations"][0]["quote"]


@pytest.mark.parametrize("made", REFUSED.values(), ids=REFUSED)
def test_nobody_else_may(site, made):
    answer = ask(site, made())
    assert answer.status_code == 401 and "not signed in" in answer.json()["error"]
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]
    assert "canary" not in answer.text


def test_a_token_opens_nothing_but_its_embed(site):
    headers = {"Authorization": f"Bearer {token()}"}
    assert site.post("/api/ask", json=QUESTION, headers=headers).status_code == 401
    assert site.get("/source/1?collection=vault", headers=headers).status_code == 401
    assert site.get("/embed/vault/source/1?collection=vault", headers=headers).status_code == 403


def test_links_in_an_answer_open_their_document_and_no_other(site):
    first, *_, last = snapshots(ask(site, token()))
    (quotation,) = last["quotations"]
    address = f"/embed/vault/source/{quotation['source'].partition('#')[0]}"
    opened = site.get(address)
    assert opened.status_code == 200 and '<mark id="cited">The canary' in opened.text
    # Its own links lead on, and a snapshot changes none.
    number, _, query = quotation["source"].partition("#")[0].partition("?")
    shown = dict(part.split("=") for part in query.split("&"))["pass"]
    original = f'href="../original/{number}?collection=vault&amp;pass={shown}"'
    assert original in opened.text
    assert site.get(f"/embed/vault/original/{number}?{query}").content == CANARY.encode()
    assert {item["source"] for item in first["passages"]} <= {
        item["source"] for item in last["passages"]
    }
    other = str(int(number) + 1)
    for path in (f"source/{other}", f"original/{other}", f"page/{other}/1", f"page/{other}/1.png"):
        assert site.get(f"/embed/vault/{path}?{query}").status_code == 403, path
    for path in (f"/source/{number}", f"/embed/open/source/{number}"):
        refused = site.get(f"{path}?{query}")
        assert refused.status_code in (401, 404) and "canary" not in refused.text


@pytest.mark.parametrize(
    "shown", ["", token(), token(aud="vault/source", document="1", exp=time.time() - 1), "x" * 999]
)
def test_without_a_good_pass_there_is_nothing_to_see(site, shown):
    for kind in ("source/1", "original/1", "page/1/1", "page/1/1.png", "source/99", "source/1.0"):
        query = {"collection": "vault", "pass": shown}
        refused = site.get(f"/embed/vault/{kind}", params=query)
        assert refused.status_code == 403 and "canary" not in refused.text, kind
    page = site.get(
        "/embed/vault/source/1", params={"collection": "vault"}, headers={"Accept": "text/html"}
    )
    assert page.status_code == 403 and "half an hour" in page.text


def test_an_embed_that_asks_for_no_token_takes_none(site):
    assert ask(site, embed="open").status_code == 200
    assert ask(site, "whatever", embed="open").status_code == 200
    source = snapshots(ask(site, embed="open"))[-1]["passages"][0]["source"]
    assert "pass=" not in source


TABLE = """
access = "on"
[embeds.hr]
signed_in = true
secret_file = "hr.secret"
"""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (TABLE.replace('"on"', '"off"'), "set access = 'on'"),
        (TABLE.replace('secret_file = "hr.secret"', ""), "needs a secret_file"),
    ],
)
def test_an_embed_that_could_not_be_kept_is_refused(tmp_path, text, said):
    (tmp_path / "bronwijzer.toml").write_text(text, "utf-8")
    with pytest.raises(BadSetting, match=said):
        read_settings({}, tmp_path)


@pytest.mark.parametrize("content", [None, b"", b"short\n", b" " * 40])
def test_a_secret_that_is_none_is_named(tmp_path, content):
    file = tmp_path / "hr.secret"
    if content is not None:
        file.write_bytes(content)
    embed = Embed(signed_in=True, secret_file=file)
    with pytest.raises(BadSetting, match=r"embeds\.hr\.secret_file"):
        build_embed_tokens(Settings(access="on", embeds={"hr": embed}))
