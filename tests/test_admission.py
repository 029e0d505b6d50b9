"""Access to a whole server, route by route: nobody, readers, an editor, forged headers, ended keys.

The collection "vault" is for one group; others must not learn that it is there.
"""

import json

import pytest
from fastapi.testclient import TestClient
from starlette.routing import Mount
from starlette.websockets import WebSocketDisconnect

from assistant.api_keys import ApiKeys
from assistant.embeds import Embed
from assistant.grants import Grant
from tests.page_tab import Tab
from tests.test_server import EVENTS, QUESTION, running

CANARY = "The canary Quirinus Vandermolen leads the secret works on the quay."
ACCESS = {
    "access": "on",
    "trusted_proxies": ["127.0.0.1"],
    "grants": (
        Grant(group="staff", collections=("documents",)),
        Grant(group="vault", collections=("vault",)),
        Grant(group="editors", role="editor", collections=("documents",)),
        Grant(user="boss", collections=("*",)),
    ),
    "embeds": {"all": Embed(), "vault": Embed(collection="vault")},
}
OPEN = {"/healthz", "/readyz", "/widget.js", "/embed/{rest:path}"}
"""All that the server shows to whoever is not known, beside embeds and the folder /browser."""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("access")
    (folder / "secret").mkdir()
    (folder / "secret" / "canary.txt").write_text(CANARY, encoding="utf-8")
    with running(folder, **ACCESS) as (client, installation):
        installation.corpora.create("vault")
        list(installation.corpora.corpus("vault").sync([folder / "secret"]))
        yield client, installation


@pytest.fixture
def proxied(site):
    """What comes by way of the proxy, which is on the same machine."""
    return site[0]


@pytest.fixture(scope="module")
def direct(site):
    """Whoever reaches the server around the proxy."""
    return TestClient(site[0].app, base_url="http://localhost", client=("192.0.2.9", 5000))


@pytest.fixture
def keys(site):
    """The server's keys; a test removes those that it makes."""
    keys = ApiKeys(site[1].settings.data)
    yield keys
    for key in keys.all():
        keys.remove(key.name)


def person(name, *groups):
    return {"X-Forwarded-User": name, "X-Forwarded-Groups": ",".join(groups)}


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


STAFF, VAULT = person("piet", "staff"), person("fatima", "vault")
EDITOR, STRANGER = person("els", "staff", "editors"), person("jan", "others")
BOSS = person("boss")


def routes_of(routes, prefix=""):
    """Walk all routes, mounted and included ones too: an address and a method of each."""
    for route in routes:
        if hasattr(route, "original_router"):
            below = prefix + route.include_context.prefix
            yield from routes_of(route.original_router.routes, below)
        elif isinstance(route, Mount):
            yield f"{prefix}{route.path}/x", "GET"
            yield from routes_of(route.routes or (), prefix + route.path)
        else:
            for method in sorted(getattr(route, "methods", None) or {"GET", "POST"}):
                yield prefix + route.path, method


def test_every_route_is_closed_to_whoever_is_not_known(proxied):
    """A route that is added tomorrow is among them; nor is anyone on the machine let in."""
    routes = set(routes_of(proxied.app.routes))
    assert len(routes) > 100
    assert {"/api/ask", "/v1/models", "/library/", "/gradio_api/queue/join"} <= {
        r[0] for r in routes
    }
    for path, method in routes:
        if path in OPEN or path.startswith(("/embed/", "/browser/")):
            continue
        address = path.replace("{", "").replace("}", "").replace(":path", "")
        answer = proxied.request(method, address)
        assert answer.status_code == 401, (method, path)
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.headers["content-security-policy"]


def test_a_web_socket_is_closed_too(direct):
    with pytest.raises(WebSocketDisconnect), direct.websocket_connect("/gradio_api/stream"):
        pass


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/widget.js", "/browser/embed.js"])
def test_what_is_for_everyone(proxied, path):
    assert proxied.get(path).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/%68ealthz/../api/collections", "//healthz", "/healthz/", "/HEALTHZ", "/browser",
        "/embed", "/widget.js/x", "/readyz;x", "/library/..;/healthz", "/api/collections/",
    ],
)  # fmt: skip
def test_odd_spellings_open_nothing(proxied, path):
    assert proxied.get(path).status_code == 401


def test_a_browser_gets_a_page_in_its_language(direct):
    headers = {"Accept": "text/html", "Accept-Language": "nl"}
    page = direct.get("/", headers=headers)
    assert page.status_code == 401 and '<html lang="nl">' in page.text
    assert "Geen toegang" in page.text and "script" not in page.headers["content-security-policy"]


def test_a_program_gets_the_errors_of_its_protocol(direct):
    assert "Authorization" in direct.get("/v1/models").json()["error"]["message"]
    assert "Authorization" in direct.get("/api/collections").json()["error"]


@pytest.mark.parametrize("path", ["/", "/healthz", "/api/ask", "/v1/models", "/embed/all"])
def test_a_forged_header_is_refused_and_never_just_ignored(direct, path):
    for headers in (BOSS, {**BOSS, **EVENTS}, {"X-Forwarded-Groups": "vault"}):
        answer = direct.get(path, headers=headers)
        assert answer.status_code == 403 and "trusted_proxies" in answer.text, path


def test_two_names_are_refused(proxied):
    headers = [("X-Forwarded-User", "piet"), ("X-Forwarded-User", "boss")]
    assert proxied.get("/api/collections", headers=headers).status_code == 400


@pytest.mark.parametrize(
    ("reader", "names"),
    [
        (STAFF, ["documents"]),
        (VAULT, ["vault"]),
        (EDITOR, ["documents"]),
        (BOSS, ["documents", "vault"]),
        (STRANGER, []),
    ],
)
def test_everyone_sees_their_own_collections(proxied, reader, names):
    for path in ("/api/collections", "/api/v1/collections"):
        assert proxied.get(path, headers=reader).json() == {"collections": names}


def numbered(site, collection):
    """Number the first document of a collection."""
    return site[1].corpora.corpus(collection).documents()[0].id


def answers_about(client, collection, headers, number):
    """Ask for something in a collection, and for a document of it, in every way there is."""
    body = {**QUESTION, "collection": collection}
    for prefix in ("/api", "/api/v1"):
        yield client.post(f"{prefix}/ask", json=body, headers=headers)
        yield client.post(f"{prefix}/ask", json=body, headers={**headers, **EVENTS})
        yield client.post(f"{prefix}/search", json=body, headers=headers)
        for name in ("canary.txt", "kade.txt"):
            query = {"collection": collection}
            yield client.get(f"{prefix}/source/{name}", params=query, headers=headers)
    for path in ("source/{}", "original/{}", "page/{}/1", "page/{}/1.png"):
        path = f"/{path.format(number)}"
        yield client.get(path, params={"collection": collection}, headers=headers)


def test_a_reader_reads_their_collection(site, proxied):
    for reader, collection, said in (
        (STAFF, "documents", "Dorrestein"),
        (VAULT, "vault", "canary"),
    ):
        number = numbered(site, collection)
        asked = answers_about(proxied, collection, reader, number)
        answers = [answer for answer in asked if answer.is_success]
        assert len(answers) == 10, collection
        assert all(said in answer.text for answer in answers), collection


@pytest.mark.parametrize("reader", [STAFF, EDITOR, STRANGER])
def test_somebody_elses_collection_is_answered_as_one_that_is_not_there(site, proxied, reader):
    number = numbered(site, "vault")
    there = list(answers_about(proxied, "vault", reader, number))
    nowhere = list(answers_about(proxied, "vaulx", reader, number))
    for one, other in zip(there, nowhere, strict=True):
        assert one.status_code == other.status_code == 404
        assert one.text.replace("vault", "vaulx") == other.text
        assert dict(one.headers) == dict(other.headers)
        assert "canary" not in one.text and "Quirinus" not in one.text


@pytest.mark.parametrize("reader", [VAULT, STRANGER])
def test_the_default_collection_is_closed_as_any_other(site, proxied, reader):
    for answer in answers_about(proxied, "documents", reader, numbered(site, "documents")):
        assert answer.status_code == 404 and "Dorrestein" not in answer.text
    listed = proxied.get("/api/v1/documents", headers=reader)
    assert listed.status_code == 404 and "kade" not in listed.text
    models = proxied.get("/v1/models", headers=reader).json()["data"]
    assert "bronwijzer" not in {model["id"] for model in models}
    assert proxied.get("/v1/models/bronwijzer", headers=reader).status_code == 404
    asked = {"model": "bronwijzer", "messages": [{"role": "user", "content": "Who leads?"}]}
    for stream in (False, True):
        body = {**asked, "stream": stream}
        answer = proxied.post("/v1/chat/completions", json=body, headers=reader)
        assert answer.status_code == 404 and "Dorrestein" not in answer.text


def test_openais_protocol_answers_a_reader(proxied):
    body = {
        "model": "bronwijzer",
        "messages": [{"role": "user", **{"content": QUESTION["question"]}}],
    }
    assert "Dorrestein" in proxied.post("/v1/chat/completions", json=body, headers=STAFF).text
    assert proxied.get("/v1/models/bronwijzer", headers=STAFF).status_code == 200


def changes(client, headers):
    """Try to change documents in every way there is; the pages' own ways are tests of theirs."""
    yield client.get("/demo", headers=headers)
    yield client.post(
        "/library/gradio_api/upload", files={"files": ("a.txt", b"a")}, headers=headers
    )
    yield client.post("/api/v1/documents", files={"file": ("a.txt", b"A word.")}, headers=headers)
    yield client.get("/api/v1/uploads/x", headers=headers)
    yield client.delete("/api/v1/documents/a.txt", headers=headers)


@pytest.mark.parametrize("reader", [STAFF, VAULT, STRANGER, BOSS])
def test_a_reader_changes_nothing(proxied, reader):
    for answer in changes(proxied, reader):
        # A ticket that nobody has been given is unknown to everyone.
        expected = 404 if "/uploads/" in str(answer.url) else 403
        assert answer.status_code == expected, answer.url


def test_an_editor_changes_documents_from_anywhere(proxied, direct, keys):
    editor = bearer(keys.add("filler", "editor", ["documents"]))
    for client, headers in ((proxied, EDITOR), (direct, editor)):
        statuses = [answer.status_code for answer in changes(client, headers)]
        assert statuses[:2] == [200] * 2 and statuses[2] in (200, 202)
        assert statuses[3:] == [404, 200]


@pytest.mark.parametrize(
    ("reader", "status"), [(STAFF, 200), (VAULT, 200), (BOSS, 200), (EDITOR, 200), (STRANGER, 403)]
)
def test_the_library_is_for_whoever_may_read_something(proxied, reader, status):
    for path in ("/library/", "/library/config"):
        assert proxied.get(path, headers=reader).status_code == status


def test_an_editor_of_one_collection_changes_that_one_alone(site, direct, keys):
    editor = bearer(keys.add("vault-filler", "editor", ["vault"]))
    reader = bearer(keys.add("outsider", "reader", ["documents"]))
    files = {"file": ("extra.txt", b"The vault has a second lamp.")}
    there, elsewhere = ("/api/v1/documents?collection=" + name for name in ("vault", "documents"))
    sent = direct.post(f"{there}&wait=60", files=files, headers=editor)
    assert sent.status_code == 200
    ticket = sent.json()["state"]
    assert direct.get(ticket, headers=editor).status_code == 200
    assert direct.get(ticket, headers=reader).status_code == 404
    removed = "/api/v1/documents/extra.txt?collection=vault"
    assert direct.delete(removed, headers=reader).status_code == 403
    assert direct.delete(removed, headers=editor).status_code == 200
    for address in (elsewhere, "/api/v1/documents"):
        assert direct.post(address, files=files, headers=editor).status_code == 403


def test_a_trial_of_an_embed_is_for_readers_of_its_collection(proxied):
    listed = proxied.get("/demo", headers=EDITOR).text
    assert "embed=all" in listed and "vault" not in listed
    there, nowhere = (
        proxied.get("/demo", params={"embed": name}, headers=EDITOR) for name in ("vault", "vaulx")
    )
    assert there.status_code == nowhere.status_code == 404 and there.text == nowhere.text
    assert proxied.get("/demo", params={"embed": "all"}, headers=EDITOR).status_code == 200


def test_a_page_elsewhere_cannot_use_who_is_signed_in(proxied):
    """A browser shows the proxy's cookie on behalf of any page."""
    elsewhere = {**EDITOR, "Origin": "https://evil.example"}
    assert proxied.post("/api/v1/ask", json=QUESTION, headers=elsewhere).status_code == 403
    assert proxied.delete("/api/v1/documents/kade.txt", headers=elsewhere).status_code == 403
    joined = proxied.post("/gradio_api/queue/join", json={}, headers=elsewhere)
    assert joined.status_code == 403
    public = {"Origin": "https://answers.example", "X-Forwarded-Host": "answers.example"}
    assert proxied.post("/api/v1/ask", json=QUESTION, headers={**EDITOR, **public}).is_success


def test_keys_are_taken_and_refused_at_once(direct, keys):
    key = bearer(keys.add("reports", "reader", ["vault"]))
    assert direct.get("/api/collections", headers=key).json() == {"collections": ["vault"]}
    assert {answer.status_code for answer in changes(direct, key)} == {403, 404}
    keys.remove("reports")
    refused = direct.get("/api/collections", headers=key)
    assert refused.status_code == 401 and "keys add" in refused.text
    assert direct.post("/v1/chat/completions", json={}, headers=key).status_code == 401


def test_a_key_that_is_over_is_refused(site, direct, keys):
    key = bearer(keys.add("reports", "reader", ["vault"], days=1))
    assert direct.get("/api/collections", headers=key).status_code == 200
    file = site[1].settings.data / "keys.json"
    kept = json.loads(file.read_text("utf-8"))
    kept["keys"][0]["expires"] = "2020-01-01T00:00:00Z"
    file.write_text(json.dumps(kept), "utf-8")
    assert direct.get("/api/collections", headers=key).status_code == 401


def test_a_damaged_file_of_keys_opens_nothing(site, direct, proxied, caplog):
    file = site[1].settings.data / "keys.json"
    file.write_text("{", "utf-8")
    try:
        refused = direct.get("/api/collections", headers=bearer("bw_x"))
        assert refused.status_code == 503 and "keys.json" not in refused.text
        assert "keys.json" in caplog.text
        assert proxied.get("/api/collections", headers=STAFF).status_code == 200
    finally:
        file.unlink()


def test_the_owners_token_works_as_ever(site, direct, proxied):
    owner = bearer(site[1].ownership.token)
    assert len(direct.get("/api/owner/collections", headers=owner).json()) == 2
    body = {**QUESTION, "collection": "vault"}
    assert "canary" in direct.post("/api/ask", json=body, headers=owner).text
    for headers in (BOSS, EDITOR):
        assert proxied.get("/api/owner/collections", headers=headers).status_code == 403


@pytest.mark.parametrize(("reader", "status"), [(STAFF, 403), (EDITOR, 403), (BOSS, 200)])
def test_figures_are_for_whoever_reads_all(proxied, reader, status):
    assert proxied.get("/metrics", headers=reader).status_code == status


def test_an_embed_is_for_its_own_documents_whoever_asks(site, direct):
    source = f"/embed/vault/source/{numbered(site, 'vault')}"
    assert direct.get("/embed/all").status_code == 200
    asked = direct.post("/embed/vault/ask", json=QUESTION).text
    assert "canary" in asked and "Dorrestein" not in asked
    assert direct.get(f"{source}?collection=vault").status_code == 200
    for name in ("documents", "nowhere"):
        assert direct.get(f"{source}?collection={name}").status_code == 404


# The chat page, by the requests that a browser makes


KEPT = {
    "browser": "b",
    "open": "c1",
    "conversations": [
        {
            "id": "c1",
            "collection": "vault",
            "turns": [{"question": "The canary?", "shown": "Quirinus", "answer": "Quirinus"}],
        },
        {
            "id": "c2",
            "collection": "documents",
            "turns": [{"question": "The quay?", "shown": "Saskia", "answer": "Saskia"}],
        },
    ],
}


def test_the_page_asks_only_what_its_reader_may_see(proxied):
    tab = Tab(proxied, STAFF, "s1")
    shown, _ = tab.do("restore", {})
    choice = shown[-1]
    assert choice["value"] == "documents" and len(choice["choices"]) == 1
    _, sent = tab.do("ask", QUESTION["question"], None)
    assert "Dorrestein" in sent and "canary" not in sent
    other = Tab(proxied, VAULT, "s2")
    shown, _ = other.do("restore", {})
    assert shown[-1]["value"] == "vault"
    _, sent = other.do("ask", QUESTION["question"], None)
    assert "canary" in sent and "Dorrestein" not in sent


def test_a_conversation_that_someone_else_has_left_in_the_browser_is_not_shown(proxied):
    _, sent = Tab(proxied, STAFF, "s3").do("restore", KEPT)
    assert "Quirinus" not in sent and "The canary?" not in sent and "The quay?" in sent
    _, sent = Tab(proxied, VAULT, "s4").do("restore", KEPT)
    assert "Quirinus" in sent and "The quay?" not in sent
    shown, sent = Tab(proxied, STAFF, "s5").do("open", 0, KEPT)
    assert "Saskia" in sent and shown[0]["open"] == "c2"


def test_what_is_not_shown_stays_in_the_browser(proxied):
    tab = Tab(proxied, STAFF, "s6")
    shown, _ = tab.do("open", 0, KEPT)
    assert [kept["id"] for kept in shown[0]["conversations"]] == ["c1", "c2"]


def test_whoever_may_see_nothing_is_told_so(proxied):
    tab = Tab(proxied, STRANGER, "s7")
    shown, _ = tab.do("tell_state", None, None)
    assert "no documents here that you may read" in shown[0]
    _, sent = tab.do("ask", QUESTION["question"], None)
    assert "Dorrestein" not in sent and "no collection" in sent
    _, sent = tab.do("restore", {})
    assert "(library/" not in sent
    _, sent = Tab(proxied, STAFF, "s8").do("restore", {})
    assert "(library/)" in sent
    _, sent = Tab(proxied, VAULT, "s11").do("restore", {})
    assert "(library/?collection=vault)" in sent


def test_an_open_page_is_its_readers_alone(proxied):
    """Gradio would hand on what was asked in it to whoever gives its name."""
    tab = Tab(proxied, BOSS, "s10")
    tab.do("ask", QUESTION["question"], None)
    session = {"session_hash": "s10"}
    body = {**session, "fn_index": 0, "data": [], "event_id": "e"}
    kinds = ("application/json", "application/x+json", "text/plain")
    for headers in ({**STAFF, "Content-Type": kind} for kind in kinds):
        for path in ("queue/join", "cancel", "reset", "run/ask", "api/ask"):
            sent = json.dumps(body)
            refused = proxied.post(f"/gradio_api/{path}", content=sent, headers=headers)
            assert refused.status_code == 404 and "somebody else" in refused.text, path
    for path in ("queue/data", "deep_link"):
        refused = proxied.get(f"/gradio_api/{path}", params=session, headers=STAFF)
        assert refused.status_code == 404 and "somebody else" in refused.text, path
    for path in ("heartbeat/s10", "stream/s10/1/1/playlist.m3u8"):
        refused = proxied.get(f"/gradio_api/{path}", headers=STAFF)
        assert refused.status_code == 404 and "somebody else" in refused.text, path
    named = {**STAFF, "session_hash": "s10"}
    refused = proxied.post("/gradio_api/upload", files={"files": ("a", b"a")}, headers=named)
    assert refused.status_code == 404
    _, sent = tab.do("ask", QUESTION["question"], None)
    assert "Dorrestein" in sent


def test_a_body_without_end_is_not_kept(proxied):
    parts = (b"x" * 1_000_000 for _ in range(40))
    answer = proxied.post("/gradio_api/queue/join", content=parts, headers=BOSS)
    assert answer.status_code == 413
    assert proxied.post("/gradio_api/queue/join", content=b"{", headers=BOSS).status_code == 422


def test_a_right_that_is_lost_ends_a_running_conversation(site, proxied, keys):
    """A page outlives a key; what it had open is asked no further, and gets no feedback."""
    key = bearer(keys.add("page", "reader", ["vault"]))
    tab = Tab(proxied, key, "s9")
    tab.do("ask", QUESTION["question"], None)
    keys.remove("page")
    tab.headers = bearer(keys.add("page", "reader", ["documents"]))
    _, sent = tab.do("ask", QUESTION["question"], None)
    assert "no collection" in sent
    thumb = {"index": 1, "value": "x", "liked": True}
    tab.do("rate", None, about=thumb)
    assert site[1].feedback.all() == []
    keys.remove("page")
    tab.headers = bearer(keys.add("page", "reader", ["vault"]))
    tab.do("rate", None, about=thumb)
    assert len(site[1].feedback.all()) == 1
