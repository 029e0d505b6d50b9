"""The web application in process: questions, sources, the owner's addresses, headers."""

import json
from contextlib import contextmanager

import pytest
from fastapi.testclient import TestClient

from assistant.build import (
    Installation,
    build_feedback,
    build_stewards,
    build_suggestions,
    largest_file,
)
from assistant.model_supply import ModelSupply
from assistant.owner import owned
from assistant.reply_cache import ReplyCache
from assistant.server import create_app
from assistant.settings import Settings
from assistant.upkeep import Upkeep
from assistant.uploads import Uploads
from tests.corpora import make_assistant, make_corpora, make_corpus, write_texts
from tests.page_tab import Tab
from tests.scripted import ScriptedModel

CALLER = ("127.0.0.1", 50_000)
QUESTION = {"question": "Who leads the works on the quay?"}
EVENTS = {"Accept": "text/event-stream"}


@contextmanager
def running(folder, **values):
    settings = Settings(data=folder / "data", model="none", **values)
    with owned(settings.data) as ownership, make_corpus(settings.data) as corpus:
        list(corpus.sync([write_texts(folder / "texts")]))
        assistant = make_assistant(corpus)
        corpora = make_corpora(settings.data, corpus, assistant)
        supply = ModelSupply(settings, corpora.use, ())
        uploads = Uploads(settings.uploads_folder, {".txt"}, largest_file(settings))
        with (
            corpora,
            Upkeep(corpus) as upkeep,
            build_stewards(settings, corpora, {".txt"}, uploads, upkeep) as stewards,
        ):
            installation = Installation(
                settings,
                ownership,
                corpus,
                assistant,
                supply,
                build_suggestions(settings, assistant),
                build_feedback(settings),
                upkeep,
                uploads,
                corpora,
                stewards,
            )
            app = create_app(installation)
            with TestClient(app, base_url="http://localhost", client=CALLER) as client:
                yield client, installation


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with running(tmp_path_factory.mktemp("server")) as server:
        yield server


@pytest.fixture
def client(server):
    return server[0]


def events(response):
    lines = response.text.splitlines()
    return [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data:")]


def test_while_access_is_off_nobody_is_told_apart(client):
    headers = {"Authorization": "Bearer whatever", "X-Forwarded-User": "boss"}
    assert client.post("/api/ask", json=QUESTION, headers=headers).json()["citations"]
    assert client.get("/v1/models", headers=headers).json()["data"]


def test_an_answer_as_json(client):
    answer = client.post("/api/ask", json=QUESTION).json()
    assert {
        "question", "answer", "refused", "citations", "evidence", "dropped", "model", "timings_ms"
    } <= set(answer)  # fmt: skip
    assert set(answer["citations"][0]) >= {
        "number", "document", "title", "locator", "start", "end", "quote"
    }  # fmt: skip
    assert answer["citations"][0]["document"] == "kade.txt"
    assert answer["refused"] is False


def test_an_answer_as_events_ends_with_the_same_answer(client):
    snapshots = events(client.post("/api/ask", json=QUESTION, headers=EVENTS))
    assert snapshots[0]["kind"] == "evidence" and snapshots[0]["evidence"]
    assert snapshots[-1]["done"] is True
    whole = client.post("/api/ask", json=QUESTION).json()
    assert {**snapshots[-1], "timings_ms": 0} == {**whole, "timings_ms": 0}


def test_another_try_is_written_anew_by_program_and_page(server):
    client, installation = server
    model = ScriptedModel()
    said = [f"Saskia Dorrestein {word} the works [1]." for word in ("leads", "heads", "directs")]
    for reply in said:
        model.enqueue(reply)
    installation.corpora.use(ReplyCache(model, 8))
    try:
        ask = {**QUESTION, "history": []}
        answers = [client.post("/api/v1/ask", json=ask).json()["answer"] for _ in range(2)]
        answers.append(client.post("/api/v1/ask", json={**ask, "anew": True}).json()["answer"])
        assert answers == [said[0], said[0], said[1]]
        assert client.post("/api/v1/ask", json={**ask, "anew": "yes"}).status_code == 422
        tab = Tab(client, {}, "retry")
        tab.do("ask", QUESTION["question"], None)
        assert len(model.history) == 2
        tab.do("ask_again", None)
        assert len(model.history) == 3 and not model.replies
    finally:
        installation.corpora.use(None)


def test_a_written_answer_grows_event_by_event(server):
    client, installation = server
    model = ScriptedModel()
    model.enqueue("Saskia Dorrestein leads the works [1].")
    installation.assistant.use(model)
    try:
        snapshots = events(client.post("/api/ask", json=QUESTION, headers=EVENTS))
    finally:
        installation.assistant.use(None)
    assert snapshots[-1]["model"] == "scripted"
    assert snapshots[-1]["answer"].startswith(snapshots[1]["answer"])


@pytest.mark.parametrize("headers", [{}, EVENTS])
@pytest.mark.parametrize(("question", "said"), [("", "empty"), ("x" * 10_000, "longest_question")])
def test_a_bad_question_is_a_clear_error(client, headers, question, said):
    response = client.post("/api/ask", json={"question": question}, headers=headers)
    assert response.status_code == 422
    assert said in response.json()["error"]


def test_a_citation_opens_its_sentence(client):
    citation = client.post("/api/ask", json=QUESTION).json()["citations"][0]
    place = {"start": citation["start"], "end": citation["end"]}
    page = client.get(f"/source/{citation['document_id']}", params=place)
    assert f'<mark id="cited">{citation["quote"]}</mark>' in page.text


@pytest.mark.parametrize("number", ["0", "-1", "9" * 30, "x", "1e3"])
def test_a_document_number_that_cannot_be_is_refused(client, number):
    response = client.get(f"/source/{number}")
    assert response.status_code == 422
    assert "document_id" in response.json()["error"]


def test_nobody_can_leave_files_with_the_page(client):
    response = client.post("/gradio_api/upload", files={"files": ("x.txt", b"more than a byte")})
    assert response.status_code == 413


@pytest.mark.parametrize("with_length", [True, False])
def test_nobody_can_fill_the_memory_by_way_of_the_page(client, with_length):
    field = b'--b\r\nContent-Disposition: form-data; name="x"\r\n\r\n' + b"x" * 5000
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    content = field if with_length else iter([field])
    response = client.post("/gradio_api/upload", content=content, headers=headers)
    assert response.status_code == 413
    assert "4,000 bytes" in response.text


def test_an_unknown_document_says_why(client):
    response = client.get("/source/999")
    assert response.status_code == 404
    assert "no longer in the index" in response.json()["error"]


@pytest.mark.parametrize("path", ["/", "/healthz", "/api/ask"])
def test_security_headers_are_everywhere(client, path):
    headers = client.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy and "unsafe-eval" not in policy
    assert "frame-ancestors 'self'" in policy
    assert headers["x-content-type-options"] == "nosniff"


def test_no_other_origin_and_no_other_host_name_is_welcome(client):
    answer = client.get("/healthz", headers={"Origin": "http://evil.example"})
    assert "access-control-allow-origin" not in answer.headers
    assert client.get("/healthz", headers={"Host": "evil.example"}).status_code == 400


@pytest.mark.parametrize("token", ["", "Bearer ", "Bearer wrong", "Bearer \u00e9"])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/owner/sync"),
        ("POST", "/api/owner/rebuild"),
        ("POST", "/api/owner/remove"),
        ("POST", "/api/owner/preview"),
        ("GET", "/api/owner/skipped"),
        ("POST", "/api/owner/probe"),
        ("POST", "/api/owner/check"),
        ("GET", "/api/owner/documents"),
        ("GET", "/api/owner/stats"),
    ],
)
def test_the_owners_addresses_want_the_token(client, method, path, token):
    headers = {"Authorization": token.encode("latin-1")}
    assert client.request(method, path, json={}, headers=headers).status_code == 403


def test_the_owners_client_syncs_lists_and_removes(server, tmp_path):
    client, installation = server
    headers = {"Authorization": f"Bearer {installation.ownership.token}"}
    file = tmp_path / "extra.txt"
    file.write_text("Die Kantine öffnet um elf Uhr.", encoding="utf-8")
    (tmp_path / "photo.jpg").touch()
    order = {"paths": [str(tmp_path)], "exclude": ["drafts"]}
    plan = client.post("/api/owner/preview", json=order, headers=headers).json()
    assert ("added", str(file)) in [(c["kind"], c["path"]) for c in plan["changes"]]
    assert plan["skipped"]["of type .jpg"] == 1
    assert client.get("/api/owner/skipped", headers=headers).json() == []
    refused = client.post("/api/owner/sync", json={"exclude": ["x"]}, headers=headers)
    assert "--exclude" in refused.text
    refused = client.post("/api/owner/preview", json={"exclude": ["x"]}, headers=headers)
    assert (refused.status_code, "--exclude" in refused.json()["error"]) == (422, True)
    reports = events(client.post("/api/owner/sync", json={"paths": [str(file)]}, headers=headers))
    assert reports[-1]["done"] and reports[-1]["added"] == 1
    order = {"paths": [str(file)], "reread": True}
    assert client.post("/api/owner/preview", json=order, headers=headers).json()["reread"] == 1
    reports = events(client.post("/api/owner/sync", json=order, headers=headers))
    assert (reports[-1]["reread"], reports[-1]["renewed"]) == (1, 0)
    titles = [d["title"] for d in client.get("/api/owner/documents", headers=headers).json()]
    assert "extra" in titles
    assert client.post("/api/owner/probe", headers=headers).json() == [4, 4]
    installation.corpus._stores.vectors.remove([1])
    for repair, remedy in ((False, "bronwijzer check --repair"), (True, "")):
        body = {"repair": repair}
        checks = events(client.post("/api/owner/check", json=body, headers=headers))
        assert checks[-1]["done"] and [item["remedy"] for item in checks[-1]["found"]] == [remedy]
    body = {"paths": [str(file)]}
    assert client.post("/api/owner/remove", json=body, headers=headers).json() == {"removed": 1}
    gone = client.post("/api/owner/remove", json=body, headers=headers)
    assert (gone.status_code, "bronwijzer list" in gone.json()["error"]) == (404, True)


def test_nothing_of_the_page_is_open_to_other_programs(client):
    """Gradio would offer the chat's functions as an interface of their own."""
    info = client.get("/gradio_api/info").json()
    assert info["named_endpoints"] == {} and info["unnamed_endpoints"] == {}


def test_passages_are_searched_in_the_named_documents_alone(client):
    everywhere = client.post("/api/search", json={**QUESTION, "limit": 3}).json()["passages"]
    assert len(everywhere) == 3 and everywhere[0]["document"] == "kade.txt"
    body = {**QUESTION, "documents": ["library.txt"]}
    found = client.post("/api/search", json=body).json()["passages"]
    assert {passage["document"] for passage in found} == {"library.txt"}
    answer = client.post("/api/ask", json=body).json()
    assert {passage["document"] for passage in answer["evidence"]} == {"library.txt"}


def test_a_document_is_read_by_its_name(client):
    source = client.get("/api/source/kade.txt").json()
    assert source["document"] == "kade.txt" and "Saskia Dorrestein" in source["text"]
    refused = client.get("/api/source/nowhere.txt")
    assert refused.status_code == 404 and "nowhere.txt" in refused.json()["error"]
    assert client.post("/api/ask", json={**QUESTION, "documents": ["x"]}).status_code == 404


PAGE = {"Accept": "text/html"}


def test_the_library_opens_for_a_person_on_the_machine(client):
    moved = client.get("/library", headers=PAGE, follow_redirects=False)
    assert moved.status_code == 307 and moved.headers["location"] == "/library/"
    page = client.get("/library", headers=PAGE)
    assert page.status_code == 200 and "gradio" in page.text
    assert "unsafe-eval" not in page.headers["content-security-policy"]
    info = client.get("/library/gradio_api/info").json()
    assert info["named_endpoints"] == {} and info["unnamed_endpoints"] == {}


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Forwarded-Host", "Forwarded", "Via"])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/library"),
        ("GET", "/library/"),
        ("GET", "/library/config"),
        ("GET", "/library/gradio_api/info"),
        ("POST", "/library/gradio_api/upload"),
        ("POST", "/library/gradio_api/queue/join"),
    ],
)
def test_the_library_is_closed_behind_a_proxy(client, header, method, path):
    answer = client.request(method, path, headers={header: "127.0.0.1"})
    assert answer.status_code == 403 and "README" in answer.json()["error"]
    assert "frame-ancestors" in answer.headers["content-security-policy"]


def test_who_may_not_enter_the_library_reads_so_in_their_language(client):
    headers = {**PAGE, "Via": "1.1 proxy", "Accept-Language": "nl"}
    answer = client.get("/library/", headers=headers)
    assert answer.status_code == 403 and 'lang="nl"' in answer.text
    assert "&quot;The library&quot; in de README" in answer.text


@pytest.mark.parametrize(
    "headers", [{"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}]
)
@pytest.mark.parametrize("path", ["upload", "queue/join"])
def test_a_page_from_elsewhere_cannot_act_in_the_library(client, headers, path):
    answer = client.post(f"/library/gradio_api/{path}", headers=headers)
    assert answer.status_code == 403 and "another web page" in answer.json()["error"]


def test_an_upload_to_the_library_has_a_limit(tmp_path, monkeypatch):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "arrivals"))
    with running(tmp_path, largest_file_mb=0.001) as (client, _):
        sizes = {n: ("x.txt", b"x" * n) for n in (4000, 4001)}
        status = [
            client.post("/library/gradio_api/upload", files={"files": file}).status_code
            for file in sizes.values()
        ]
    assert status == [200, 413]


def test_an_upload_to_the_library_is_bounded_whatever_is_in_it(tmp_path):
    with running(tmp_path, largest_file_mb=0.001) as (client, _):
        headers = {"Content-Type": "multipart/form-data; boundary=b"}
        headers["Content-Length"] = str(100 * 101_000 + 1)
        response = client.post("/library/gradio_api/upload", content=b"--b", headers=headers)
    assert response.status_code == 413 and "10,100,000 bytes" in response.text


def test_a_closed_library_is_closed_to_everyone(tmp_path):
    with running(tmp_path, library="nobody") as (client, _):
        answer = client.get("/library/")
        assert answer.status_code == 403 and "setting library" in answer.json()["error"]
        assert client.get("/").status_code == 200
