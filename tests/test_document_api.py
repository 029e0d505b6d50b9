"""Documents by way of HTTP, bounds on what is sent, and the schema that programs read."""

import re
from pathlib import Path

import pytest

from assistant.api_models import AnswerShape, Passages, SourceShape
from tests.test_server import EVENTS, QUESTION, events, running

DOCUMENTS = "/api/v1/documents"
PROXIED = {"X-Forwarded-For": "127.0.0.1"}
ELSEWHERE = {"Origin": "http://evil.example"}
TEXT = "Die Kantine öffnet um elf Uhr."
API = (Path(__file__).parent.parent / "docs" / "api.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with running(tmp_path_factory.mktemp("documents"), largest_file_mb=0.01) as server:
        yield server


@pytest.fixture
def client(server):
    return server[0]


def send(client, name="canteen.txt", text=TEXT, wait=60, **options):
    files = {"file": (name, text.encode())}
    return client.post(DOCUMENTS, files=files, params={"wait": wait}, **options)


def names(client):
    return [entry["name"] for entry in client.get(DOCUMENTS).json()["documents"]]


def test_the_versioned_addresses_answer_as_the_older_ones_do(client):
    for path, body in (("ask", QUESTION), ("search", {**QUESTION, "limit": 2})):
        answers = [client.post(f"{at}/{path}", json=body).json() for at in ("/api", "/api/v1")]
        assert {**answers[0], "timings_ms": 0} == {**answers[1], "timings_ms": 0}
    sources = [client.get(f"{at}/source/kade.txt").json() for at in ("/api", "/api/v1")]
    assert sources[0] == sources[1]
    assert events(client.post("/api/v1/ask", json=QUESTION, headers=EVENTS))[-1]["done"]


def test_what_is_answered_is_what_the_schema_says(client):
    for snapshot in events(client.post("/api/v1/ask", json=QUESTION, headers=EVENTS)):
        AnswerShape.model_validate(snapshot)
    assert Passages.model_validate(client.post("/api/v1/search", json=QUESTION).json()).passages
    SourceShape.model_validate(client.get("/api/v1/source/kade.txt").json())


def test_documents_are_listed_in_pages_without_where_they_lie(client):
    page = client.get(DOCUMENTS, params={"offset": 1, "limit": 1}).json()
    assert page["total"] == 3 and page["offset"] == 1
    (entry,) = page["documents"]
    assert (entry["name"], entry["title"], entry["language"]) == ("library.txt", "library", "en")
    assert entry["passages"] == 1 and entry["bytes"] > 100 and entry["warnings"] == []
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d.*Z", entry["indexed"])
    assert client.get(DOCUMENTS, params={"offset": 3}).json()["documents"] == []
    assert client.get(DOCUMENTS, params={"limit": 0}).status_code == 422


def test_a_file_is_added_replaced_and_removed(client):
    added = send(client)
    assert (added.status_code, added.json()["outcome"]) == (200, "added")
    assert added.json()["document"]["name"] == "canteen.txt" and "canteen.txt" in names(client)
    assert client.get(added.json()["state"]).json() == added.json()
    assert send(client).json()["outcome"] == "unchanged"
    replaced = send(client, text=f"{TEXT} Montags um zwölf.", headers={"Accept-Language": "nl"})
    assert replaced.json()["outcome"] == "replaced" and "vervangt" in replaced.json()["said"]
    found = client.post("/api/v1/search", json={"question": "Montags?"}).json()["passages"]
    assert "canteen.txt" in {passage["document"] for passage in found}
    removed = client.delete(f"{DOCUMENTS}/canteen.txt")
    assert (removed.status_code, removed.json()["outcome"]) == (200, "deleted")
    assert "canteen.txt" not in names(client)
    assert client.delete(f"{DOCUMENTS}/canteen.txt").status_code == 404
    # What became of it then is still told.
    assert client.get(added.json()["state"]).json()["outcome"] == "added"


def test_a_file_that_is_still_being_read_has_an_address_that_tells(server):
    client, installation = server
    first = send(client, "slow.txt", wait=0)
    ticket = first.json()["state"]
    assert installation.upkeep.wait(installation.upkeep.state.asked, 60)
    later = client.get(ticket)
    assert (later.status_code, later.json()["outcome"]) == (200, "added")
    assert client.get("/api/v1/uploads/unknown").status_code == 404
    client.delete(f"{DOCUMENTS}/slow.txt")


def test_what_a_sync_has_not_read_yet_is_accepted(server, monkeypatch):
    client, installation = server
    asked = installation.upkeep.state.asked
    monkeypatch.setattr(installation.upkeep, "request", lambda paths: asked + 1)
    answer = send(client, "later.txt", wait=0)
    assert (answer.status_code, answer.json()["outcome"]) == (202, "reading")
    assert answer.json()["document"] is None


def test_an_unreadable_file_says_why_and_can_be_removed(client):
    answer = send(client, "empty.txt", text="")
    assert (answer.status_code, answer.json()["outcome"]) == (200, "unreadable")
    assert "no text" in answer.json()["said"]
    assert client.delete(f"{DOCUMENTS}/empty.txt").json()["outcome"] == "deleted"


@pytest.mark.parametrize(
    ("name", "text", "status", "said"),
    [
        ("x.exe", "x", 415, ".exe"),
        ("x.txt", "x" * 10_001, 413, "largest_file_mb"),
        ("x.txt", "x" * 200_000, 413, "110,000 bytes"),
    ],
)
def test_a_file_that_is_not_taken_says_why(client, name, text, status, said):
    answer = send(client, name, text)
    assert answer.status_code == status and said in answer.json()["error"]
    assert name not in names(client)


def test_a_disk_that_takes_nothing_is_named(server, monkeypatch):
    client, installation = server

    def full(source, target):
        target.write(b"x")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("assistant.document_api.shutil.copyfileobj", full)
    answer = send(client, "x.txt")
    assert answer.status_code == 503 and "No space left" in answer.json()["error"]
    assert list(installation.settings.arrivals_folder.iterdir()) == []


def test_the_name_of_a_file_leads_nowhere_else(server):
    client, installation = server
    answer = send(client, "../../evil.txt")
    assert answer.json()["name"] == "evil.txt"
    assert (installation.uploads.folder / "evil.txt").exists()
    client.delete(f"{DOCUMENTS}/evil.txt")


def test_a_file_of_a_synced_folder_stays_and_comes_back(server):
    client, installation = server
    answer = client.delete(f"{DOCUMENTS}/urlaub.txt")
    assert answer.json()["outcome"] == "returns" and "comes back" in answer.json()["said"]
    assert installation.upkeep.wait(installation.upkeep.request(), 60)
    assert "urlaub.txt" in names(client)


def test_documents_of_another_collection_are_added_listed_and_removed_there(server):
    client, installation = server
    installation.corpora.create("hr")
    there = {"collection": "hr"}
    assert client.get(DOCUMENTS, params=there).json()["documents"] == []
    added = client.post(
        DOCUMENTS, files={"file": ("leave.txt", TEXT.encode())}, params={"wait": 60, **there}
    ).json()
    assert added["outcome"] == "added"
    assert (installation.corpora.folder("hr") / "uploads" / "leave.txt").exists()
    assert "leave.txt" not in names(client)
    listed = client.get(DOCUMENTS, params=there).json()["documents"]
    assert [entry["name"] for entry in listed] == ["leave.txt"]
    assert client.get(added["state"]).json() == added
    assert client.delete(f"{DOCUMENTS}/leave.txt").status_code == 404
    removed = client.delete(f"{DOCUMENTS}/leave.txt", params=there).json()
    assert removed["outcome"] == "deleted"
    unknown = {"collection": "nowhere"}
    files = {"file": ("x.txt", b"x")}
    for refused in (
        client.get(DOCUMENTS, params=unknown),
        client.post(DOCUMENTS, files=files, params=unknown),
        client.delete(f"{DOCUMENTS}/leave.txt", params=unknown),
    ):
        assert refused.status_code == 404 and "nowhere" in refused.json()["error"]


CHANGES = [("POST", DOCUMENTS), ("DELETE", f"{DOCUMENTS}/kade.txt"), ("GET", "/api/v1/uploads/x")]


@pytest.mark.parametrize(("method", "path"), CHANGES)
def test_documents_are_changed_by_whoever_may_enter_the_library(client, method, path):
    answer = client.request(method, path, headers=PROXIED)
    assert answer.status_code == 403 and "README" in answer.json()["error"]
    if method != "GET":
        foreign = client.request(method, path, headers=ELSEWHERE)
        assert foreign.status_code == 403 and "another web page" in foreign.json()["error"]
    assert "kade.txt" in names(client)


def test_reading_is_for_everyone(client):
    assert client.get(DOCUMENTS, headers=PROXIED).status_code == 200


def test_a_closed_library_takes_no_documents(tmp_path):
    with running(tmp_path, library="nobody") as (client, _):
        for method, path in CHANGES:
            answer = client.request(method, path)
            assert answer.status_code == 403 and "setting library" in answer.json()["error"]


@pytest.mark.parametrize("path", ["/api/ask", "/api/v1/search", "/v1/chat/completions"])
def test_bodies_of_another_kind_or_too_large_are_refused(client, path):
    answer = client.post(path, content="{}", headers={"Content-Type": "text/plain"})
    assert answer.status_code == 415 and "application/json" in str(answer.json()["error"])
    headers = {"Content-Type": "application/json"}
    large = b'{"question": "' + b"x" * 8_000_000
    for content in (large, iter([large[:5_000_000], large[5_000_000:]])):
        answer = client.post(path, content=content, headers=headers)
        assert answer.status_code == 413 and "8,000,000" in str(answer.json()["error"])


def test_an_upload_must_be_a_form(client):
    answer = client.post(DOCUMENTS, json={"file": "x"})
    assert answer.status_code == 415 and "multipart/form-data" in answer.json()["error"]
    assert client.post(DOCUMENTS, files={"other": ("x.txt", b"x")}).status_code == 422


def test_where_nothing_is_programs_are_told_so(client):
    wrong = client.get("/api/v1/ask")
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "POST")
    assert "takes POST" in wrong.json()["error"]
    nothing = client.get("/api/v2/ask")
    assert nothing.status_code == 404 and "/api/openapi.json" in nothing.json()["error"]
    for method in ("DELETE", "TRACE", "QUERY"):
        assert client.request(method, "/healthz").status_code == 405
        assert client.request(method, "/readyz").status_code == 405


def schema_paths(client):
    return client.get("/api/openapi.json").json()["paths"]


def test_the_schema_describes_every_public_route_and_nothing_of_the_owner(client):
    paths = schema_paths(client)
    assert not any("owner" in path for path in paths)
    for path, operations in paths.items():
        for method, operation in operations.items():
            assert operation["description"], path
            for status, answer in operation["responses"].items():
                assert answer["content"], (method, path, status)
                assert "HTTPValidationError" not in str(answer), path


def test_every_address_in_the_page_on_the_interface_exists(client):
    patterns = [
        re.compile(re.sub(r"\\\{\w+\\\}", "[^/ ]+", re.escape(path)) + "$")
        for path in schema_paths(client)
    ]
    told = set(re.findall(r"(?:/api/v1|/api|/v1|/source|/original|/page|/healthz)[\w/.…-]*", API))
    told -= {"/api", "/v1", "/api/v1", "/api/openapi.json"}
    assert {"/api/v1/ask", "/v1/chat/completions", "/api/v1/documents"} <= told
    for path in told:
        assert any(pattern.match(path.rstrip(".")) for pattern in patterns), path


def test_every_address_of_programs_is_in_that_page(client):
    for path in schema_paths(client):
        if path.startswith(("/api/v1", "/v1")):
            assert path.split("{")[0].rstrip("/") in API, path
