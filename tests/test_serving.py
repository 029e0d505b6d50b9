"""A server process: how it stops, what it logs and keeps, and what its keeper's commands do."""

import json
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from assistant import administration
from assistant.errors import BadBackup
from assistant.question_log import QuestionLog
from assistant.types import Answer, Kind
from assistant.watching import AnswerEnd, Outcome
from tests.corpora import write_texts
from tests.scripted import openai_server
from tests.test_cli import environment_of, run  # noqa: F401 - a fixture

QUESTION = {"question": "Who leads the works on the quay?"}
REPLY = "Saskia Dorrestein leads the works [1]."


@contextmanager
def served(folder, **environment):
    """Run `serve` with its log in a file; gives the process and its address."""
    log = (folder / "log").open("w")
    process = subprocess.Popen(
        [sys.executable, "-m", "assistant", "serve", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
        env=environment_of(folder, PYTHONUNBUFFERED="1", **environment),
        cwd=folder,
    )
    try:
        address = process.stdout.readline().split()[-1]
        yield process, address
    finally:
        process.kill()
        process.wait(timeout=60)
        process.stdout.close()
        log.close()


@pytest.fixture
def slow_site(run, tmp_path):  # noqa: F811 - a fixture
    """A server whose model takes some seconds for an answer."""
    run("sync", write_texts(tmp_path / "texts"))
    with openai_server() as model:
        model.reply, model.pause = REPLY, 0.3
        values = {"BRONWIJZER_MODEL": "m", "BRONWIJZER_MODEL_URL": model.url}
        values["BRONWIJZER_LOG_FORMAT"] = "json"

        def start(**more):
            return served(tmp_path, **values, **more)

        yield start


def asking(address, replies):
    def ask():
        try:
            replies.append(httpx.post(f"{address}/api/ask", json=QUESTION, timeout=60).json())
        except httpx.HTTPError as error:
            replies.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    return thread


def wait_until_running(address):
    for _ in range(300):
        if "bronwijzer_answers_running 1.0" in httpx.get(f"{address}/metrics", timeout=60).text:
            return
        time.sleep(0.02)
    raise AssertionError("no answer is running")


def test_told_to_stop_it_finishes_what_it_has_begun_and_begins_nothing(slow_site, tmp_path):
    replies = []
    with slow_site() as (process, address):
        waiting = asking(address, replies)
        wait_until_running(address)
        # A page that is open in a browser holds its event stream open.
        browser = socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2])))
        browser.sendall(b"GET /gradio_api/heartbeat/abc HTTP/1.1\r\nHost: localhost\r\n\r\n")
        process.send_signal(signal.SIGTERM)
        for _ in range(100):
            refused = httpx.post(f"{address}/api/ask", json=QUESTION, timeout=60)
            if refused.status_code == 503:
                break
        assert (refused.status_code, "stopping" in refused.json()["error"]) == (503, True)
        assert httpx.get(f"{address}/readyz", timeout=60).status_code == 503
        waiting.join()
        assert process.wait(timeout=30) == 0
        browser.close()
    assert replies[0]["answer"] == REPLY
    records = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    answers = [record for record in records if record["event"] == "answer"]
    assert answers[0]["outcome"] == "written" and answers[0]["model"] == "m"
    assert answers[0]["first_token_ms"] > 0
    assert "quay" not in (tmp_path / "log").read_text()
    # An open page is no error.
    told = [record for record in records if record.get("logger") == "uvicorn.error"]
    assert told == []


@pytest.mark.parametrize("signals", [1, 2])
def test_the_time_to_finish_is_bounded_and_a_second_signal_ends_it(slow_site, signals):
    replies = []
    seconds = "1" if signals == 1 else "60"
    with slow_site(BRONWIJZER_STOP_SECONDS=seconds) as (process, address):
        waiting = asking(address, replies)
        wait_until_running(address)
        started = time.monotonic()
        for _ in range(signals):
            process.send_signal(signal.SIGTERM)
            time.sleep(0.5)
        assert process.wait(timeout=30) == 0
        assert time.monotonic() - started < 25
        waiting.join()


def test_uploads_that_a_stop_left_unread_are_read_at_the_next_start(tmp_path):
    (tmp_path / "data").mkdir()
    write_texts(tmp_path / "data" / "uploads")
    with served(tmp_path) as (_, address):
        for _ in range(800):
            found = httpx.get(f"{address}/api/v1/documents", timeout=60).json()["documents"]
            if found:
                break
            time.sleep(0.1)
    assert "kade.txt" in {document["name"] for document in found}


@pytest.mark.timeout(400)
def test_a_folder_in_one_file_and_back(run, tmp_path):  # noqa: F811
    run("sync", write_texts(tmp_path / "texts"))
    with served(tmp_path, BRONWIJZER_QUESTION_LOG="true") as (_, address):
        for question in ("What is the capital of Peru?", "what is the capital of peru"):
            httpx.post(f"{address}/api/ask", json={"question": question}, timeout=60)
        expected = httpx.post(f"{address}/api/ask", json=QUESTION, timeout=60).json()
        run("sync", "--collection", "hr", tmp_path / "texts" / "kade.txt")
        saved = run("backup", "saved.tar.gz")
        assert (saved.returncode, "MB" in saved.stdout) == (0, True), saved.stderr
        in_use = run("restore", "saved.tar.gz", "--replace")
        assert (in_use.returncode, "is in use by process" in in_use.stderr) == (1, True)
    elsewhere = {"BRONWIJZER_DATA": str(tmp_path / "elsewhere")}
    restored = run("restore", "saved.tar.gz", **elsewhere)
    assert "3 documents can be found; 0 passages embedded." in restored.stdout, restored.stderr
    assert "Collection hr: 1 documents can be found; 0 passages embedded." in restored.stdout
    again = json.loads(run("ask", "--json", QUESTION["question"], **elsewhere).stdout)
    for told in ("answer", "kind", "claims"):
        assert again[told] == expected[told]
    quotes = [[item["quote"] for item in reply["citations"]] for reply in (again, expected)]
    assert quotes[0] == quotes[1] != []
    gaps = run("gaps", **elsewhere).stdout
    assert "2 refused; last 20" in gaps and "also: what is the capital of peru" in gaps
    assert "question_log = true" in gaps


def test_gaps_as_json_and_the_days_that_count(monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BRONWIJZER_QUESTION_LOG", "true")
    log = QuestionLog(tmp_path / ".data" / "questions", 90)
    for days, question in ((1, "Who?"), (1, "who"), (9, "When?")):
        answer = Answer(question, "en", Kind.REFUSED, done=True)
        at = datetime.now(UTC) - timedelta(days=days)
        log.answered(AnswerEnd(Outcome.REFUSED, answer, "", at))
    administration.show_gaps(as_json=True, days=7)
    found = json.loads(capsys.readouterr().out)
    assert [(gap["question"], gap["times"]) for gap in found["gaps"]] == [("Who?", 2)]
    administration.show_gaps(as_json=False, days=30)
    assert capsys.readouterr().out.count("refused; last") == 2
    administration.show_gaps(as_json=False, days=1)
    assert "No question of the last 1 days" in capsys.readouterr().out


def test_a_backup_that_is_not_there(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BadBackup, match=r"no backup nothing\.tar\.gz"):
        administration.restore(Path("nothing.tar.gz"), replace=False)
