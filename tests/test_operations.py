"""Readiness and figures of a server in process, by every way to ask."""

import re
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from assistant.build import build_question_log, opened
from assistant.question_log import asked_questions
from assistant.readiness import Readiness, State
from assistant.server import create_app
from assistant.settings import Settings
from assistant.watching import Watch
from index.errors import EmptyCorpus, StoreUnavailable
from tests.corpora import write_texts
from tests.scripted import ScriptedModel

CALLER = ("127.0.0.1", 50_000)
QUESTION = {"question": "Who leads the works on the quay?"}


@contextmanager
def running(folder, **values):
    settings = Settings(data=folder / "data", model="none", **values)
    with opened(settings) as installation:
        app = create_app(installation)
        with TestClient(app, base_url="http://localhost", client=CALLER) as client:
            yield client, installation


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("operations")
    with running(folder) as (client, installation):
        list(installation.corpus.sync([write_texts(folder / "texts")]))
        yield client, installation


def figures(client):
    """Read the figures as a mapping of names with labels to values."""
    response = client.get("/metrics")
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/plain")
    lines = [line for line in response.text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


def test_questions_are_counted_by_how_they_end(server):
    client, installation = server
    before = figures(client)
    client.post("/api/ask", json=QUESTION)
    client.post("/api/ask", json={"question": "What is the capital of Peru?"})
    client.post("/api/ask", json={"question": ""})
    installation.assistant.ask("When does the library open?")
    model = ScriptedModel()
    model.enqueue("Saskia Dorrestein leads the works [1].")
    installation.assistant.use(model)
    try:
        client.post("/api/ask", json=QUESTION)
    finally:
        installation.assistant.use(None)
    after = figures(client)
    name = 'bronwijzer_questions_total{outcome="%s"}'
    grown = {
        outcome: after[name % outcome] - before[name % outcome]
        for outcome in ("quoted", "written", "refused", "failed", "invalid", "stopped")
    }
    assert grown == {
        "quoted": 2, "written": 1, "refused": 1, "failed": 0, "invalid": 1, "stopped": 0
    }  # fmt: skip
    count = 'bronwijzer_answer_seconds_count{stage="%s"}'
    assert after[count % "evidence"] - before[count % "evidence"] == 4
    assert after[count % "first_token"] - before[count % "first_token"] == 1
    assert after["bronwijzer_answers_running"] == 0


def test_the_chat_counts_too(server):
    from assistant.dialogue import Dialogue
    from assistant.history import Conversation
    from assistant.wording import english

    client, installation = server
    before = figures(client)['bronwijzer_questions_total{outcome="quoted"}']
    dialogue = Dialogue(installation.corpora.assistant)
    list(dialogue.ask(Conversation(), QUESTION["question"], english()))
    assert figures(client)['bronwijzer_questions_total{outcome="quoted"}'] == before + 1


def test_an_answer_that_is_being_made_is_running(server):
    client, installation = server
    answers = installation.assistant.stream(QUESTION["question"])
    next(answers)
    assert figures(client)["bronwijzer_answers_running"] == 1
    answers.close()
    assert figures(client)["bronwijzer_answers_running"] == 0


def test_what_is_there_and_what_syncs_did(server, tmp_path):
    client, installation = server
    (tmp_path / "empty.txt").write_bytes(b"")
    before = figures(client)
    list(installation.corpus.sync([tmp_path]))
    after = figures(client)
    documents, passages, unread = (
        f'bronwijzer_{name}{{collection="documents"}}'
        for name in ("documents", "passages", "unread_files")
    )
    assert (after[documents], after[passages]) == (3, 3)
    assert after[unread] == before[unread] + 1
    finished = 'bronwijzer_syncs_total{outcome="finished",work="sync"}'
    assert after[finished] == before[finished] + 1
    states = {name: value for name, value in after.items() if "model_state" in name}
    assert states['bronwijzer_model_state{state="none"}'] == 1 and sum(states.values()) == 1


def test_every_figure_is_in_the_page_on_running(server):
    client, _ = server
    page = (Path(__file__).parent.parent / "docs" / "running.md").read_text("utf-8")
    told = set(re.findall(r"^# TYPE (\w+)", client.get("/metrics").text, re.MULTILINE))
    told = {name for name in told if not name.endswith("_created")}
    assert len(told) > 10
    assert [name for name in sorted(told) if name not in page] == []


def test_a_kept_question_says_how_its_answer_ended(tmp_path):
    settings = Settings(data=tmp_path / "data", model="none", question_log=True)
    with opened(settings, questions=build_question_log(settings)) as installation:
        list(installation.corpus.sync([write_texts(tmp_path / "texts")]))
        installation.assistant.ask(QUESTION["question"])
        installation.assistant.ask("What is the capital of Peru?")
    since = datetime.now(UTC) - timedelta(days=1)
    found, missed = asked_questions(settings.questions_folder, since)
    assert (found.question, found.outcome, found.document, found.collection) == (
        QUESTION["question"], "quoted", "kade.txt", "documents"
    )  # fmt: skip
    assert found.probability > 0.4 > missed.probability
    assert missed.outcome == "refused"


def test_questions_are_not_kept_unless_that_is_wanted(tmp_path):
    settings = Settings(data=tmp_path / "data", model="none")
    assert build_question_log(settings) is None


def test_no_figure_is_labelled_with_what_a_reader_or_a_document_brings(server):
    client, _ = server
    client.post("/api/ask", json={"question": "zebra-question about kade.txt"})
    labels = set(re.findall(r'(\w+)="', client.get("/metrics").text))
    assert labels == {"outcome", "stage", "le", "work", "state", "collection"}
    assert "zebra" not in client.get("/metrics").text


@pytest.mark.parametrize(
    ("rule", "headers", "peer", "status"),
    [
        ("local", {}, "127.0.0.1", 200),
        ("local", {"X-Forwarded-For": "10.0.0.9"}, "127.0.0.1", 403),
        ("local", {}, "10.0.0.9", 403),
        ("everyone", {}, "10.0.0.9", 200),
        ("everyone", {"X-Forwarded-For": "10.0.0.9"}, "127.0.0.1", 200),
        ("nobody", {}, "127.0.0.1", 403),
    ],
)
def test_who_may_read_the_figures(rule, headers, peer, status, tmp_path):
    with running(tmp_path, metrics=rule) as (client, _):
        asker = TestClient(client.app, base_url="http://localhost", client=(peer, 50_000))
        response = asker.get("/metrics", headers=headers)
        assert response.status_code == status
        if status == 403:
            assert "setting metrics" in response.json()["error"]


def test_a_server_is_ready_with_and_without_documents(server, tmp_path):
    client, _ = server
    assert client.get("/readyz").json() == {"status": "ready", "reason": ""}
    with running(tmp_path) as (client, _):
        response = client.get("/readyz")
        assert response.status_code == 200
        assert response.json()["reason"] == "No documents are indexed yet."


def test_a_server_that_stops_is_not_ready_and_takes_no_questions(tmp_path):
    with running(tmp_path) as (client, installation):
        list(installation.corpus.sync([write_texts(tmp_path / "texts")]))
        installation.watch.stop()
        response = client.get("/readyz")
        assert (response.status_code, response.json()["reason"]) == (503, "The server is stopping.")
        for headers in ({}, {"Accept": "text/event-stream"}):
            refused = client.post("/api/ask", json=QUESTION, headers=headers)
            assert (refused.status_code, "stopping" in refused.json()["error"]) == (503, True)
        assert client.get("/healthz").status_code == 200
        assert figures(client)["bronwijzer_stopping"] == 1


def test_an_index_of_another_embedder_is_not_ready(server):
    client, installation = server
    corpus = installation.corpus
    generation = corpus._stores.generation
    generation.fingerprint, kept = "another", generation.fingerprint
    try:
        state = Readiness(installation.corpora.opened, Watch()).state()
    finally:
        generation.fingerprint = kept
    assert not state.ready and "bronwijzer rebuild" in state.reason


def test_every_collection_counts_and_is_watched(tmp_path):
    with running(tmp_path) as (client, installation):
        corpora = installation.corpora
        corpora.create("vault")
        list(corpora.corpus("vault").sync([write_texts(tmp_path / "texts")]))
        assert client.get("/readyz").json() == {"status": "ready", "reason": ""}
        asked = client.post("/api/ask", json={**QUESTION, "collection": "vault"}).json()
        told = figures(client)
        assert told['bronwijzer_documents{collection="vault"}'] == 3
        assert told['bronwijzer_documents{collection="documents"}'] == 0
        assert told['bronwijzer_syncs_total{outcome="finished",work="sync"}'] == 1
        assert told[f'bronwijzer_questions_total{{outcome="{asked["kind"]}"}}'] == 1
        installation.watch.stop()
        refused = client.post("/api/ask", json={**QUESTION, "collection": "vault"})
        assert refused.status_code == 503


def test_an_empty_collection_does_not_hide_that_another_fails():
    empty, broken = Searched(), Searched()
    empty.error, broken.error = EmptyCorpus("none"), StoreUnavailable("Chroma is away.")
    readiness = Readiness(lambda: {"documents": empty, "vault": broken}, Watch())
    assert (readiness.state().ready, readiness.state().reason) == (False, "vault: Chroma is away.")


def test_a_damaged_collection_keeps_nobody_from_the_others_and_is_told():
    broken, whole = Searched(), Searched()
    broken.error = StoreUnavailable("The catalog is damaged.")
    readiness = Readiness(lambda: {"documents": broken, "vault": whole}, Watch())
    assert readiness.state() == State(True, "documents: The catalog is damaged.")


class Searched:
    """Stands for a corpus: counts its searches, fails with what it is given, waits if told to."""

    def __init__(self):
        self.searches, self.error = 0, None
        self.begun, self.go_on = threading.Event(), threading.Event()
        self.go_on.set()

    def opened(self):
        return {"documents": self}

    def search(self, question, limit):
        self.searches += 1
        self.begun.set()
        assert self.go_on.wait(10)
        if self.error is not None:
            raise self.error
        return []


def test_many_probes_are_one_search():
    corpus = Searched()
    readiness = Readiness(corpus.opened, Watch(), seconds_kept=60)
    assert all(readiness.state().ready for _ in range(10))
    assert corpus.searches == 1
    fresh = Readiness(corpus.opened, Watch(), seconds_kept=0)
    assert fresh.state().ready
    corpus.error = StoreUnavailable("The Chroma server at http://x does not answer.")
    assert fresh.state().reason == str(corpus.error)
    corpus.error = ZeroDivisionError("secret")
    assert (fresh.state().ready, fresh.state().reason) == (
        False, "A search failed: ZeroDivisionError."
    )  # fmt: skip
    corpus.error = EmptyCorpus("none")
    assert fresh.state().ready


def test_a_search_that_hangs_is_not_ready_and_holds_up_one_probe_alone():
    corpus = Searched()
    readiness = Readiness(corpus.opened, Watch(), seconds_kept=0, seconds_to_look=0.01)
    patient = Readiness(corpus.opened, Watch(), seconds_kept=0)
    assert patient.state().ready
    corpus.go_on.clear()
    corpus.begun.clear()
    stuck = threading.Thread(target=readiness.state)
    waiting = threading.Thread(target=patient.state)
    stuck.start()
    waiting.start()
    try:
        assert corpus.begun.wait(10)
        threading.Event().wait(0.05)
        assert "has been running" in readiness.state().reason
        assert patient.state().ready
    finally:
        corpus.go_on.set()
        stuck.join()
        waiting.join()
