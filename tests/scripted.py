"""A language model that says what it is told to, in process or as a server."""

import json
import math
import threading
import time
from collections import deque
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from assistant.chat_model import Ending
from assistant.errors import ModelUnavailable


def returned(steps):
    """Run a generator to its end; gives what it returns."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


class ScriptedModel:
    """Gives queued replies and probabilities, and remembers what it was asked.

    It is silent `silences` times before each; a reply ends as its `ending` says.
    """

    name = "scripted"
    host = ""

    def __init__(self):
        self.replies = deque()
        self.probabilities = deque()
        self.history = []
        self.silences = 0
        self.ending = Ending.COMPLETE

    def enqueue(self, reply, probability=0.95):
        self.replies.append(reply)
        self.probabilities.append(probability)

    def stream(self, messages):
        self.history.append(list(messages))
        reply = self.replies.popleft()
        if isinstance(reply, ModelUnavailable):
            raise reply
        yield from [""] * self.silences
        for start in range(0, len(reply), 3):
            yield reply[start : start + 3]
        return self.ending

    def probability(self, messages, yes, no):
        self.history.append(list(messages))
        yield from [None] * self.silences
        return self.probabilities.popleft()

    def fresh(self):
        return self


class OpenAIServer(ThreadingHTTPServer):
    """Speaks chat completions, embeddings and models; `requests` has what it was asked.

    `finish_reason` stands in the last chunk of a stream; `raw` are the lines of one, as they are.
    Where it `is_stuck`, a stream has no chunks, but comments without end.
    """

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.reply = "Rudolf Dittrich leads it [1]."
        self.first_tokens = {"Yes": 0.9, "No": 0.1}
        self.status = 200
        self.finish_reason = "stop"
        self.is_stuck = False
        self.pause = 0.0
        self.delay = 0.0
        self.hung_up = 0
        self.requests = []
        self.raw = None

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}/v1"


@contextmanager
def openai_server():
    """Run an OpenAIServer."""
    server = OpenAIServer()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def letters(text):
    """Embed a text as its counts of letters: enough to find a text by its own words."""
    return [1.0 + text.casefold().count(letter) for letter in "abcdefghijklmnopqrstuvwxyz"]


def chunk(delta, finish_reason=None):
    """Write a chunk of a stream as JSON."""
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    return json.dumps({"id": "1", "object": "chat.completion.chunk", "choices": [choice]})


class _Handler(BaseHTTPRequestHandler):
    def log_message(self, *args):
        pass

    def do_GET(self):
        self._send({"object": "list", "data": [{"id": "first-model", "object": "model"}]})

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.requests.append((dict(self.headers), body))
        if self.server.status != 200:
            self._send({"error": {"message": "no"}}, self.server.status)
        elif self.path.endswith("/embeddings"):
            rows = [{"index": i, "embedding": letters(t)} for i, t in enumerate(body["input"])]
            self._send({"object": "list", "model": "m", "data": rows})
        elif body.get("stream"):
            self._stream()
        else:
            self._send({"id": "1", "object": "chat.completion", "choices": [self._choice(body)]})

    def _choice(self, body):
        choice = {"index": 0, "finish_reason": "stop"}
        choice["message"] = {"role": "assistant", "content": "Yes"}
        if body.get("logprobs") and self.server.first_tokens:
            top = [
                {"token": token, "logprob": math.log(share), "bytes": None}
                for token, share in self.server.first_tokens.items()
            ]
            choice["logprobs"] = {"content": [{**top[0], "top_logprobs": top}]}
        return choice

    def _stream(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        time.sleep(self.server.delay)
        try:
            while self.server.is_stuck:
                self.wfile.write(b": wait\n\n")
                time.sleep(0.02)
            for line in self.server.raw or self._chunks():
                self.wfile.write(f"data: {line}\n\n".encode())
                self.wfile.flush()
                time.sleep(self.server.pause)
            self.wfile.write(b"data: [DONE]\n\n")
        except (BrokenPipeError, ConnectionResetError):
            self.server.hung_up += 1

    def _chunks(self):
        reply = self.server.reply
        for start in range(0, len(reply), 4):
            yield chunk({"content": reply[start : start + 4]})
        if self.server.finish_reason:
            yield chunk({}, self.server.finish_reason)

    def _send(self, data, status=200):
        payload = json.dumps(data).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)
