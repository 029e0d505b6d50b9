"""The web application in process: questions, sources, the owner's addresses, headers."""

import json
from contextlib import contextmanager

import pytest
from fastapi.testclient import TestClient

from assistant.build import Installation, build_feedback, build_suggestions
from assistant.model_supply import ModelSupply
from assistant.owner import owned
from assistant.server import create_app
from assistant.settings import Settings
from tests.corpora import make_assistant, make_corpus, write_texts
from tests.scripted import ScriptedModel

QUESTION = {"question": "Who leads the works on the quay?"}
EVENTS = {"Accept": "text/event-stream"}


@contextmanager
def running(folder, **values):
    settings = Settings(data=folder / "data", model="none", **values)
    with owned(settings.data) as ownership, make_corpus(settings.data) as corpus:
        list(corpus.sync([write_texts(folder / "texts")]))
        assistant = make_assistant(corpus)
        supply = ModelSupply(settings, assistant.use, ())
        installation = Installation(
            settings,
            ownership,
            corpus,
            assistant,
            supply,
            build_suggestions(settings, assistant),
            build_feedback(settings),
        )
        app = create_app(installation)
        with TestClient(app, base_url="http://localhost") as client:
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
        ("POST", "/api/owner/probe"),
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
    reports = events(client.post("/api/owner/sync", json={"paths": [str(file)]}, headers=headers))
    assert reports[-1]["done"] and reports[-1]["added"] == 1
    titles = [d["title"] for d in client.get("/api/owner/documents", headers=headers).json()]
    assert "extra" in titles
    assert client.post("/api/owner/probe", headers=headers).json() == [4, 4]
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
