"""Processes that read beside the owner of a data folder: what they show, hand on and survive."""

import json
import re
import signal
import subprocess
import sys
import threading
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from fastapi.testclient import TestClient

from assistant.build import opened_to_read
from assistant.client import OwnerDoor
from assistant.errors import BadSetting, FeedbackUnavailable
from assistant.feedback import Feedback, FeedbackStore
from assistant.forwarding import ForwardedFeedback, OwnerLink
from assistant.owner import read_address
from assistant.question_log import asked_questions
from assistant.server import create_app
from assistant.serving import serve_forever
from assistant.settings import Settings
from index.errors import StoreUnavailable
from index.workspace import ChromaAddress
from tests.corpora import make_corpus, write_texts
from tests.fakes import chroma_on, free_port
from tests.test_cli import environment_of
from tests.test_server import CALLER

QUESTION = {"question": "Who leads the works on the quay?"}
LIBRARY = {"question": "What does a membership of the library cost?"}


OPINION = Feedback(
    "a1", datetime.now(UTC), "down", ("wrong",), "no", "Who?", "quoted", "She.", (), "", "words"
)


def files_below(folder):
    """Name all files of a data folder."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


@contextmanager
def started(folder, *arguments, **environment):
    """Run `serve`; gives the process and what tells its address, which takes seconds."""
    process = subprocess.Popen(
        [sys.executable, "-m", "assistant", "serve", "--port", "0", *arguments],
        stdout=subprocess.PIPE,
        text=True,
        env=environment_of(folder, PYTHONUNBUFFERED="1", **environment),
        cwd=folder,
    )

    def address():
        line = process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+", line)
        assert found, line
        return found.group()

    try:
        yield process, address
    finally:
        process.kill()
        process.wait(timeout=60)
        process.stdout.close()


@dataclass
class Site:
    """A Chroma server, an owner and a reader, with the folder of all."""

    folder: Path
    port: int
    owner: subprocess.Popen
    url: str
    chroma: ExitStack

    def door(self, collection="documents"):
        """The owner, as the command line reaches it."""
        return OwnerDoor(read_address(self.folder / "data"), collection)

    def ask(self, question):
        return httpx.post(f"{self.url}/api/ask", json=question, timeout=60)

    def names(self):
        return [d["name"] for d in self.get("/api/v1/documents").json()["documents"]]

    def get(self, path):
        return httpx.get(f"{self.url}{path}", timeout=60)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("readers")
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environment = {"BRONWIJZER_CHROMA_URL": url, "BRONWIJZER_QUESTION_LOG": "true"}
    with ExitStack() as stack, ExitStack() as chroma:
        chroma.enter_context(chroma_on(folder / "chroma", port))
        # So that both can start at once: a reader makes no catalog.
        with make_corpus(folder / "data", ChromaAddress(url)) as corpus:
            list(corpus.sync([write_texts(folder / "texts")]))
        owner, owner_address = stack.enter_context(started(folder, **environment))
        _, address = stack.enter_context(started(folder, "--read-only", **environment))
        owner_address()
        yield Site(folder, port, owner, address(), chroma)


def test_what_the_owner_commits_is_seen_at_once(site):
    file = site.folder / "texts" / "swan.txt"
    file.write_text("The Zwanenmeer swimming pool opens at seven.", encoding="utf-8")
    asked = {"question": "When does the Zwanenmeer swimming pool open?"}
    assert "seven" not in site.ask(asked).json()["answer"]
    list(site.door().sync([]))
    answer = site.ask(asked).json()
    assert "seven" in answer["answer"] and "swan.txt" in site.names()
    number = answer["citations"][0]["document_id"]
    assert '<mark id="cited">' in site.get(f"/source/{number}?start=0&end=10").text
    site.door().remove(file)
    assert "seven" not in site.ask(asked).json()["answer"]
    assert "swan.txt" not in site.names() and site.get(f"/source/{number}").status_code == 404


def test_a_collection_comes_and_goes(site):
    asked = {**QUESTION, "collection": "hr"}
    assert site.ask(asked).status_code == 404
    list(site.door("hr").sync([site.folder / "texts" / "kade.txt"]))
    assert "Dorrestein" in site.ask(asked).json()["answer"]
    site.door().remove_collection("hr")
    assert site.ask(asked).status_code == 404
    assert site.get("/api/collections").json() == {"collections": ["documents"]}


def test_no_question_fails_while_the_owner_rebuilds(site):
    """Each rebuild takes away the stores that were being read."""
    ended, replies = threading.Event(), []

    def ask():
        while not ended.is_set():
            replies.extend(site.ask(question) for question in (QUESTION, LIBRARY))

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(5):
            list(site.door().rebuild())
    finally:
        ended.set()
        for thread in threads:
            thread.join()
    assert len(replies) > 10
    assert {(reply.status_code, reply.json()["kind"]) for reply in replies} == {(200, "quoted")}


def test_what_is_to_be_kept_is_handed_to_the_owner(site):
    site.ask({"question": "Who is the secret gardener?"})
    ForwardedFeedback(OwnerLink(site.folder / "data")).record(OPINION)
    (kept,) = FeedbackStore(site.folder / "data").all()
    assert kept == OPINION
    since = datetime.now(UTC) - timedelta(hours=1)
    records = asked_questions(site.folder / "data" / "questions", since)
    assert "Who is the secret gardener?" in {record.question for record in records}


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/api/v1/documents"), ("DELETE", "/api/v1/documents/kade.txt"), ("GET", "/library/")],
)
def test_a_reader_changes_no_documents(site, method, path):
    refused = httpx.request(method, f"{site.url}{path}", timeout=60)
    assert (refused.status_code, "command line" in refused.text) == (403, True)


def test_the_owners_routes_are_not_the_readers(site):
    address = json.loads((site.folder / "data" / "owner.json").read_text())
    headers = {"Authorization": f"Bearer {address['token']}"}
    for path in ("sync", "remove", "rebuild", "feedback"):
        refused = httpx.post(f"{site.url}/api/owner/{path}", json={}, headers=headers)
        assert refused.status_code == 404
    figures = site.get("/metrics")
    assert figures.status_code == 200, figures.text


def test_chroma_goes_and_comes_back(site):
    site.ask(QUESTION)
    site.chroma.close()
    away = site.ask({"question": "Who directs the works on the quay?"})
    assert away.status_code == 503 and "chroma_url" in away.json()["error"]
    assert site.get("/readyz").status_code == 503
    assert site.get("/source/1").status_code == 200
    assert "Dorrestein" in site.ask(QUESTION).json()["answer"], "what was just found is remembered"
    site.chroma.enter_context(chroma_on(site.folder / "chroma", site.port))
    assert "Dorrestein" in site.ask({"question": "Who heads the works on the quay?"}).text


def test_without_its_owner_a_reader_answers_and_says_so(site):
    before = files_below(site.folder / "data")
    site.owner.send_signal(signal.SIGKILL)
    site.owner.wait()
    assert "Dorrestein" in site.ask(QUESTION).json()["answer"]
    link = OwnerLink(site.folder / "data")
    with pytest.raises(FeedbackUnavailable, match="bronwijzer serve"):
        ForwardedFeedback(link).record(OPINION)
    assert link.is_away()
    assert files_below(site.folder / "data") == before
    settings = Settings(
        data=site.folder / "data", chroma_url=f"http://127.0.0.1:{site.port}", model="none"
    )
    with opened_to_read(settings) as installation:
        app = create_app(installation)
        with TestClient(app, base_url="http://localhost", client=CALLER) as client:
            assert "Dorrestein" in client.post("/api/ask", json=QUESTION).json()["answer"]
            state = client.get("/readyz").json()
            assert (state["status"], state["owner"]) == ("ready", "away")
    assert files_below(site.folder / "data") == before


@pytest.mark.parametrize(
    ("chroma_url", "told"), [("", "chroma_url"), ("http://127.0.0.1:9", "bronwijzer serve")]
)
def test_a_reader_that_cannot_be_says_what_to_do(tmp_path, chroma_url, told):
    settings = Settings(data=tmp_path / "data", chroma_url=chroma_url)
    with pytest.raises((BadSetting, StoreUnavailable), match=told):
        with opened_to_read(settings):
            pass
    assert list(tmp_path.iterdir()) == []


def test_a_reader_fetches_no_weights(tmp_path):
    with pytest.raises(BadSetting, match="--pull"):
        serve_forever(Settings(data=tmp_path / "data"), True, print, read_only=True)
