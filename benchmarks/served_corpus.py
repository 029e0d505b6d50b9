"""A server process over documents of question sets, with a language model that is scripted.

Knows settings and processes; nothing of what is measured.
"""

import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from benchmarks.question_sets import Row

REPLY = "The sources say so [1], as far as they go."


def write_files(documents: Sequence[Row], folder: Path) -> list[Path]:
    """Write each document into a text file of its own, named by its id."""
    folder.mkdir()
    paths = [folder / f"{row['id']}.txt" for row in documents]
    for path, row in zip(paths, documents, strict=True):
        path.write_text(f"{row['title']}\n\n{row['text']}", encoding="utf-8")
    return paths


class ScriptedModel(BaseHTTPRequestHandler):
    """Speaks as much of OpenAI's protocol as an answer needs."""

    def log_message(self, *_: object) -> None:
        """Say nothing of requests."""

    def do_POST(self) -> None:
        """Stream the reply, a few letters at a time."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        for start in range(0, len(REPLY), 4):
            delta = {"index": 0, "delta": {"content": REPLY[start : start + 4]}}
            chunk = {"id": "1", "object": "chat.completion.chunk", "choices": [delta]}
            self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
            if isinstance(self.server, ModelServer):
                time.sleep(self.server.pause)
        end = {"index": 0, "delta": {}, "finish_reason": "stop"}
        chunk = {"id": "1", "object": "chat.completion.chunk", "choices": [end]}
        self.wfile.write(f"data: {json.dumps(chunk)}\n\ndata: [DONE]\n\n".encode())


class ModelServer(ThreadingHTTPServer):
    """Serves the scripted model, with a pause behind each piece of its reply, in seconds."""

    daemon_threads = True
    request_queue_size = 128
    pause = 0.0


@contextmanager
def scripted_model(pause: float = 0.0) -> Iterator[dict[str, str]]:
    """Run the scripted model; gives the settings that choose it."""
    with ModelServer(("127.0.0.1", 0), ScriptedModel) as server:
        server.pause = pause
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}/v1"
        yield {"BRONWIJZER_MODEL": "scripted", "BRONWIJZER_MODEL_URL": url}
        server.shutdown()


@contextmanager
def serving(folder: Path, texts: Path, settings: dict[str, str]) -> Iterator[str]:
    """Index a folder of texts, and serve it; gives the address."""
    began = time.perf_counter()
    command(["sync", str(texts)], folder, settings)
    print(f"indexed in {time.perf_counter() - began:.0f} s")
    with started(folder, settings) as (_, address):
        yield address


def command(words: Sequence[str], folder: Path, settings: dict[str, str]) -> str:
    """Run a command on the data folder below a folder; gives what it says."""
    done = subprocess.run(
        [sys.executable, "-m", "assistant", *words],
        env=_environment(folder, settings),
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return done.stdout


@contextmanager
def started(
    folder: Path, settings: dict[str, str], *options: str
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Serve the data folder below a folder; gives the process and its address."""
    process = subprocess.Popen(
        [sys.executable, "-m", "assistant", "serve", "--port", "0", *options],
        env=_environment(folder, settings),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    try:
        first = process.stdout.readline()
        address = re.search(r"http://127\.0\.0\.1:\d+", first)
        assert address, first
        yield process, address.group()
    finally:
        process.terminate()
        process.wait(timeout=60)


def _environment(folder: Path, settings: dict[str, str]) -> dict[str, str]:
    values = {"BRONWIJZER_DATA": str(folder / "data"), "PYTHONUNBUFFERED": "1", **settings}
    return {**os.environ, **values}
