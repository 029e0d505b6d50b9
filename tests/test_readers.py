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

import httpx
import pytest

from assistant.cli import main
from assistant.errors import FeedbackUnavailable
from assistant.feedback import Feedback, FeedbackStore
from assistant.forwarding import ForwardedFeedback, OwnerLink
from assistant.question_log import asked_questions
from tests.corpora import write_texts
from tests.fakes import chroma_on, free_port
from tests.test_cli import environment_of

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
        process.wait(timeout=20)
        process.stdout.close()


@dataclass
class Site:
    """A Chroma server, an owner and a reader, with the folder of all."""

    folder: object
    environment: dict
    port: int
    owner: subprocess.Popen
    url: str
    chroma: ExitStack

    def run(self, *arguments):
        return subprocess.run(
            [sys.executable, "-m", "assistant", *map(str, arguments)],
            capture_output=True,
            text=True,
            timeout=120,
            env=environment_of(self.folder, **self.environment),
            cwd=self.folder,
            check=True,
        ).stdout

    def ask(self, question, url=None):
        return httpx.post(f"{url or self.url}/api/ask", json=question, timeout=60)

    def names(self):
        return [d["name"] for d in self.get("/api/v1/documents").json()["documents"]]

    def get(self, path):
        return httpx.get(f"{self.url}{path}", timeout=60)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("readers")
    port = free_port()
    environment = {"BRONWIJZER_CHROMA_URL": f"http://127.0.0.1:{port}"}
    environment["BRONWIJZER_QUESTION_LOG"] = "true"
    with ExitStack() as stack, ExitStack() as chroma:
        chroma.enter_context(chroma_on(folder / "chroma", port))
        owner, address = stack.enter_context(started(folder, **environment))
        address()
        _, address = stack.enter_context(started(folder, "--read-only", **environment))
        site = Site(folder, environment, port, owner, address(), chroma)
        site.run("sync", write_texts(folder / "texts"))
        yield site


def test_what_the_owner_commits_is_seen_at_once(site):
    file = site.folder / "texts" / "swan.txt"
    file.write_text("The Zwanenmeer swimming pool opens at seven.", encoding="utf-8")
    asked = {"question": "When does the Zwanenmeer swimming pool open?"}
    assert "seven" not in site.ask(asked).json()["answer"]
    site.run("sync")
    answer = site.ask(asked).json()
    assert "seven" in answer["answer"] and "swan.txt" in site.names()
    number = answer["citations"][0]["document_id"]
    assert '<mark id="cited">' in site.get(f"/source/{number}?start=0&end=10").text
    site.run("remove", file)
    assert "seven" not in site.ask(asked).json()["answer"]
    assert "swan.txt" not in site.names() and site.get(f"/source/{number}").status_code == 404


def test_a_collection_comes_and_goes(site):
    asked = {**QUESTION, "collection": "hr"}
    assert site.ask(asked).status_code == 404
    site.run("sync", "--collection", "hr", site.folder / "texts" / "kade.txt")
    assert "Dorrestein" in site.ask(asked).json()["answer"]
    site.run("collections", "remove", "hr", "--yes")
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
        for _ in range(3):
            site.run("rebuild")
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
    assert site.get("/metrics").status_code == 200


def test_chroma_goes_and_comes_back(site):
    site.chroma.close()
    away = site.ask(QUESTION)
    assert away.status_code == 503 and "chroma_url" in away.json()["error"]
    assert site.get("/readyz").status_code == 503
    assert site.get("/source/1").status_code == 200
    site.chroma.enter_context(chroma_on(site.folder / "chroma", site.port))
    assert "Dorrestein" in site.ask(QUESTION).json()["answer"]


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
    with started(site.folder, "--read-only", **site.environment) as (_, address):
        url = address()
        assert "Dorrestein" in site.ask(QUESTION, url).json()["answer"]
        state = httpx.get(f"{url}/readyz").json()
        assert (state["status"], state["owner"]) == ("ready", "away")
    assert files_below(site.folder / "data") == before


@pytest.mark.parametrize(
    ("arguments", "environment", "told"),
    [
        (("--read-only",), {}, "chroma_url"),
        (("--read-only", "--pull"), {"BRONWIJZER_CHROMA_URL": "http://127.0.0.1:9"}, "--pull"),
        (("--read-only",), {"BRONWIJZER_CHROMA_URL": "http://127.0.0.1:9"}, "bronwijzer serve"),
    ],
)
def test_a_reader_that_cannot_be_says_what_to_do(
    tmp_path, capsys, monkeypatch, arguments, environment, told
):
    monkeypatch.chdir(tmp_path)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "argv", ["bronwijzer", "serve", "--port", "0", *arguments])
    with pytest.raises(SystemExit):
        main()
    assert told in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
