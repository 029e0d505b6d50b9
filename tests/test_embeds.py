"""The assistant on pages of other sites, in process: settings, policies, and what it may show."""

import json

import pytest

from assistant.embed_view import show_snapshot
from assistant.embeds import Embed
from assistant.errors import BadSetting
from assistant.settings import read_settings
from assistant.types import Answer, Citation, Claim, Kind, Support
from assistant.wording import WordingBook
from index.errors import StoreUnavailable
from tests.test_server import running

HOST = "https://intranet.example.org"
HR = Embed(title="Ask <HR>", hosts=(HOST,), documents=("library*",), greeting="Hello & welcome")
EMBEDS = {
    "hr": HR,
    "all": Embed(language="nl"),
    "none": Embed(documents=("no/such/*",)),
    "vault": Embed(collection="vault", hosts=(HOST,)),
    "part": Embed(collection="vault", documents=("canary*",)),
}
QUAY = {"question": "Who leads the works on the quay?"}
OPENING = {"question": "When does the town library open on weekdays?"}
BOOK = WordingBook.bundled()


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A server with the small corpus, and a collection "vault"."""
    folder = tmp_path_factory.mktemp("embeds")
    secrets = folder / "secrets"
    secrets.mkdir()
    (secrets / "canary.txt").write_text("The canary leads the secret works on the quay.", "utf-8")
    (secrets / "hours.txt").write_text("The vault opens at ten on weekdays.", "utf-8")
    with running(folder, embeds=EMBEDS) as (client, installation):
        installation.corpora.create("vault")
        list(installation.corpora.corpus("vault").sync([secrets]))
        yield client, installation


@pytest.fixture
def client(site):
    return site[0]


def snapshots(response):
    lines = response.text.splitlines()
    return [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data:")]


def asked(client, name, question, **headers):
    response = client.post(f"/embed/{name}/ask", json=question, headers=headers)
    assert response.status_code == 200, response.text
    return snapshots(response)


def titles(snapshot):
    return {passage["title"] for passage in snapshot["passages"]}


def number_of(site, name):
    return next(d.id for d in site[1].corpus.documents() if d.path.endswith(name))


# Settings


def test_embeds_are_tables_in_the_settings_file(tmp_path):
    (tmp_path / "bronwijzer.toml").write_text(
        f'[embeds.hr]\ntitle = "HR"\nhosts = ["{HOST}", "http://portal:8080"]\n'
        'documents = ["hr/**"]\ncolour = "#0B5CAD"\nlanguage = "nl"\n'
    )
    embed = read_settings({}, tmp_path).embeds["hr"]
    assert embed.ancestors == f"'self' {HOST} http://portal:8080"
    assert (embed.title, embed.language, embed.colour) == ("HR", "nl", "#0B5CAD")
    assert Embed().ancestors == "'self'"


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("[embeds.HR]", "embeds.HR"),
        ('[embeds.hr]\nhosts = ["*"]', r"embeds\.hr\.hosts\.0 has the value '\*': .*wildcard"),
        ('[embeds.hr]\nhosts = ["https://a.example/path"]', "no path"),
        ('[embeds.hr]\nhosts = ["https://*.example"]', "no wildcard"),
        ('[embeds.hr]\nhosts = ["https://a.example; script-src *"]', "embeds.hr.hosts"),
        ("[embeds.hr]\nhosts = [\"'none'\"]", "embeds.hr.hosts"),
        ('[embeds.hr]\nhosts = ["https://a.example\\n"]', "embeds.hr.hosts"),
        ('[embeds.hr]\ncollection = "../hr"', "bronwijzer collections"),
        ('[embeds.hr]\ncolour = "red;}"', "such as #0b5cad"),
        ('[embeds.hr]\nlanguage = "Dutch"', "embeds.hr.language"),
        ('[embeds.hr]\nlanguage = "fr"', "has the value 'fr': .*a page speaks de, en, nl"),
        ('[embeds.hr]\nhost = ["https://a.example"]', "embeds.hr.host"),
        ('embeds = "hr"', "Correct it in bronwijzer.toml"),
    ],
)
def test_a_wrong_embed_is_named_with_its_remedy(tmp_path, table, said):
    (tmp_path / "bronwijzer.toml").write_text(table)
    with pytest.raises(BadSetting, match=said):
        read_settings({}, tmp_path)


@pytest.mark.parametrize(
    ("pattern", "name", "is_shown"),
    [
        ("hr/**", "hr/leave/2026.pdf", True),
        ("hr/*", "hr/leave/2026.pdf", True),
        ("hr/*", "chris/hr/leave.pdf", False),
        ("*.pdf", "hr/leave.PDF", False),
        ("[hk]r/*", "kr/leave.pdf", True),
        ("[hk]r/*", "[hk]r/leave.pdf", False),
        ("[[]hk]r/*", "[hk]r/leave.pdf", True),
        ("hr/leave.pdf", "hr/leaveXpdf", False),
    ],
)
def test_patterns_of_documents(pattern, name, is_shown):
    assert Embed(documents=(pattern,)).shows(name) is is_shown


@pytest.mark.parametrize(
    ("colour", "ink"),
    [("#000", "#ffffff"), ("#fff", "#000000"), ("#1d4ed8", "#ffffff"), ("#ffd400", "#000000")],
)
def test_text_on_the_colour_can_be_read(colour, ink):
    assert Embed(colour=colour).ink == ink


# Pages and policies


def test_the_page_may_be_framed_by_its_hosts_and_runs_nothing_but_its_own(client):
    response = client.get("/embed/hr")
    policy = response.headers["content-security-policy"]
    assert policy.endswith(f"frame-ancestors 'self' {HOST}")
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
    assert "unsafe" not in policy
    assert '<h1 dir="auto">Ask &lt;HR&gt;</h1>' in response.text
    assert "Hello &amp; welcome" in response.text
    assert 'src="/' not in response.text and 'href="/' not in response.text, "below any path"
    assert "style=" not in response.text and "<style" not in response.text
    assert "set-cookie" not in response.headers


@pytest.mark.parametrize("path", ["/embed/other", "/embed/", "/embed/hr/", "/embed/hr/x"])
def test_an_unknown_embed_is_nothing_that_can_be_framed(client, path):
    response = client.get(path, headers={"Accept-Language": "nl"}, follow_redirects=False)
    assert response.status_code == 404
    assert "frame-ancestors 'none'" in response.headers["content-security-policy"]
    assert "geen assistent" in response.text


def test_an_unknown_embed_answers_nothing(client):
    assert client.post("/embed/other/ask", json=QUAY).status_code == 404


def test_without_hosts_only_this_server_may_frame_it(client):
    policy = client.get("/embed/all").headers["content-security-policy"]
    assert policy.endswith("frame-ancestors 'self'")


@pytest.mark.parametrize(("accepted", "said"), [("nl", "Uw vraag"), ("de", "Ihre Frage")])
def test_the_page_speaks_the_browsers_language(client, accepted, said):
    response = client.get("/embed/hr", headers={"Accept-Language": accepted})
    assert f'<html lang="{accepted}">' in response.text and said in response.text
    assert "Accept-Language" in response.headers["vary"]


def test_the_page_speaks_the_language_that_is_set(client):
    assert '<html lang="nl">' in client.get("/embed/all", headers={"Accept-Language": "de"}).text
    last = asked(client, "all", QUAY, **{"Accept-Language": "de"})[-1]
    assert last["heading"] == "Gevonden in de documenten"


# Answers


def test_an_answer_grows_from_its_evidence(client):
    first, *_, last = asked(client, "all", QUAY)
    assert (first["kind"], first["done"], first["pieces"]) == ("evidence", False, [])
    assert first["passages"][0]["quote"].startswith("Projectleider Saskia Dorrestein")
    assert last["done"] and last["kind"] == "quoted"
    assert last["quotations"][0]["number"] == 1
    assert last["quotations"][0]["source"].endswith("#cited")
    assert last["quotations"][0]["language"] == "nl"


def test_only_the_embeds_documents_are_found(client):
    assert titles(asked(client, "all", QUAY)[-1]) >= {"kade", "library"}
    for question in (QUAY, OPENING):
        for snapshot in asked(client, "hr", question):
            assert titles(snapshot) == {"library"}
            assert "Saskia" not in json.dumps(snapshot)


def test_a_question_cannot_name_other_documents(client):
    named = {**QUAY, "documents": ["kade.txt"]}
    assert titles(asked(client, "hr", named)[-1]) == {"library"}


def test_where_no_document_matches_nothing_is_found(client):
    found = asked(client, "none", QUAY)
    assert all(snapshot["passages"] == [] for snapshot in found)
    assert found[-1]["done"] and found[-1]["kind"] == "refused"
    assert found[-1]["pieces"] == [{"words": "The documents do not say."}]


def test_an_embed_asks_and_shows_its_own_collection_alone(client):
    found = asked(client, "vault", QUAY)[-1]
    assert "canary" in titles(found) <= {"canary", "hours"}
    hours = {"question": "When does the vault open on weekdays?"}
    assert "hours" in titles(asked(client, "vault", hours)[-1])
    assert titles(asked(client, "part", hours)[-1]) == {"canary"}
    assert "canary" not in titles(asked(client, "all", QUAY)[-1])
    for item in found["passages"]:
        page = client.get(f"/embed/vault/source/{item['source']}")
        assert page.status_code == 200 and item["title"] in page.text
    for name, query in (("all", "?collection=vault"), ("hr", "?collection=vault"), ("vault", "")):
        for number in (1, 2, 3):
            for kind in ("source", "original", "page"):
                path = f"/embed/{name}/{kind}/{number}{'/1' if kind == 'page' else ''}{query}"
                assert client.get(path).status_code == 404, path
    state = client.get("/demo?embed=part").text
    assert "1 document" in state


def test_an_embed_of_a_collection_that_is_not_there_says_so(tmp_path):
    with running(tmp_path, embeds={"gone": Embed(collection="gone")}) as (client, _):
        refused = client.post("/embed/gone/ask", json=QUAY)
        assert refused.status_code == 404 and "gone" in refused.json()["error"]


def test_a_refusal_comes_with_advice(client):
    last = asked(client, "hr", {"question": "Wie is de koning van Spanje?"})[-1]
    assert last["kind"] == "refused"
    assert any("Ask about one thing at a time" in remark for remark in last["remarks"])


def test_follow_ups_bring_what_was_said(client):
    history = [{"role": "user", "content": OPENING["question"]}]
    history.append({"role": "assistant", "content": "At nine [1]."})
    last = asked(client, "hr", {"question": "And on Sundays?", "history": history})[-1]
    assert "closed" in last["quotations"][0]["quote"]


def test_a_bad_question_says_why(client):
    response = client.post("/embed/hr/ask", json={"question": "  "})
    assert response.status_code == 422
    assert "empty" in response.json()["error"]
    endless = client.post("/embed/hr/ask", json={"question": "x" * 20_001})
    assert endless.status_code == 422 and "question" in endless.json()["error"]


class Failing:
    """An assistant whose store fails before the first snapshot, or after it."""

    def __init__(self, before=()):
        self._before = before
        self.corpus = None

    def stream(self, *_, **__):
        yield from self._before
        raise StoreUnavailable("http://chroma.internal:8000 does not answer.")


@pytest.mark.parametrize("before", [(), (Answer("", "en"),)], ids=["before", "meanwhile"])
def test_strangers_are_told_that_it_failed_and_the_log_why(site, monkeypatch, caplog, before):
    client, installation = site
    monkeypatch.setattr(installation.corpora, "assistant", lambda _: Failing(before))
    told = client.post("/embed/all/ask", json=QUAY)
    assert BOOK.of("nl")("chat_failed") in told.text and "chroma" not in told.text
    assert told.status_code == (200 if before else 503)
    assert "chroma.internal" in caplog.text


# Sources


def test_a_source_may_be_framed_where_the_embed_may(site, client):
    number = number_of(site, "library.txt")
    page = client.get(f"/embed/hr/source/{number}?start=0&end=20")
    assert page.status_code == 200 and '<mark id="cited">The town library ope</mark>' in page.text
    assert page.headers["content-security-policy"].endswith(f"frame-ancestors 'self' {HOST}")
    file = client.get(f"/embed/hr/original/{number}")
    assert file.content.startswith(b"The town library")
    assert file.headers["content-security-policy"].endswith(f"frame-ancestors 'self' {HOST}")
    outside = client.get(f"/source/{number}").headers["content-security-policy"]
    assert outside.endswith("frame-ancestors 'self'")


@pytest.mark.parametrize("kind", ["source/{}", "original/{}", "page/{}/1", "page/{}/1.png"])
def test_a_document_of_another_is_not_shown(site, client, kind):
    path = f"/embed/hr/{kind.format(number_of(site, 'kade.txt'))}"
    assert client.get(path).status_code == 404
    page = client.get(path, headers={"Accept": "text/html"})
    assert page.status_code == 404 and "Saskia" not in page.text
    assert page.headers["content-security-policy"].endswith(f"frame-ancestors 'self' {HOST}")
    assert client.get(f"/embed/other/{kind.format(1)}").status_code == 404


# The widget and its trial


def test_the_widget_is_kept_for_a_while_and_asked_for_anew(client):
    first = client.get("/widget.js")
    assert first.headers["content-type"].startswith("text/javascript")
    assert first.headers["cache-control"] == "public, max-age=300"
    assert first.headers["cross-origin-resource-policy"] == "cross-origin"
    assert len(first.content) < 8000 and "Stel een vraag" in first.text
    again = client.get("/widget.js", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.get("/widget.js", headers={"If-None-Match": '"other"'}).status_code == 200


def test_a_trial_shows_the_widget_and_its_line(client):
    page = client.get("/demo?embed=hr")
    assert '<script src="widget.js" data-embed="hr" data-colour="#1d4ed8" defer>' in page.text
    assert "&lt;script src=&quot;http://localhost/widget.js&quot;" in page.text
    assert HOST in page.text
    assert "<bdi>hr</bdi> · <bdi>1 document</bdi>" in page.text
    assert "<bdi>0 documents</bdi>" in client.get("/demo?embed=none").text
    assert "<bdi>3 documents</bdi>" in client.get("/demo?embed=all").text
    assert 'href="demo?embed=hr"' in client.get("/demo").text
    assert client.get("/demo?embed=other").status_code == 404


def test_a_trial_is_for_whoever_may_enter_the_library(client):
    refused = client.get("/demo?embed=hr", headers={"X-Forwarded-For": "10.0.0.1"})
    assert refused.status_code == 403 and HOST not in refused.text


def test_a_site_without_embeds_says_how_to_make_one(tmp_path):
    with running(tmp_path) as (client, _):
        assert "[embeds.hr]" in client.get("/demo").text
        assert client.get("/embed/hr").status_code == 404


# What is shown of an answer


def test_pieces_are_the_text_with_its_marks_doubts_and_quotations():
    text = "It is 38 dinars “تبلغ رسوم رسو القوارب 38 دينارا” [1] 😀. She is from the moon [2]."
    quote = "تبلغ رسوم رسو القوارب 38 دينارا في السنة."
    citation = Citation(1, 7, "m.txt", "Maktaba", "p. 3", "ar", 5, 30, quote)
    begin = text.index("She")
    claims = (
        Claim(0, begin - 1, (1,), Support.SUPPORTED),
        Claim(begin, len(text), (), Support.UNSUPPORTED),
    )
    answer = Answer("?", "en", Kind.WRITTEN, text, citations=(citation,), claims=claims, done=True)
    shown = show_snapshot(answer, BOOK.of("en"), "")
    pieces = shown["pieces"]
    assert "".join(p["words"] for p in pieces if not p.get("why")) == text
    assert {"words": "[1]", "mark": 1} in pieces
    assert {
        "words": "تبلغ رسوم رسو القوارب 38 دينارا", "language": "ar", "direction": "rtl"
    } in pieces  # fmt: skip
    assert {"words": "She is from the moon [2].", "doubt": "unsupported"} in pieces
    assert pieces[-1] == {"words": " (not borne out by a source)", "why": True}
    assert shown["label"] == "Answer in English"
    assert shown["quotations"][0]["source"] == "7?start=5&end=30#cited"
    assert shown["quotations"][0]["place"] == "p. 3 · Arabic"
