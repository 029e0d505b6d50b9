"""The local model server, with a real engine and a model small enough to write by hand."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from openai import BadRequestError, DefaultHttpxClient, OpenAI

from assistant.errors import ModelUnavailable
from assistant.local_model import LocalModelServer
from tests.tiny_models import SAYS, write_gguf

PROJECT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def gguf(tmp_path_factory):
    return write_gguf(tmp_path_factory.mktemp("model") / "yes.gguf")


@pytest.fixture(scope="module")
def server(gguf):
    with LocalModelServer(gguf, "yes", threads=1, context=512, parallel=2) as server:
        yield server


@pytest.fixture(scope="module")
def client(server):
    return OpenAI(
        base_url=server.base_url,
        api_key=server.api_key,
        max_retries=0,
        http_client=DefaultHttpxClient(trust_env=False),
    )


def ask(client: OpenAI, question: str = "Echt?", **options):
    messages = [{"role": "user", "content": question}]
    return client.chat.completions.create(model="yes", messages=messages, **options)


def test_streams_through_the_openai_sdk(client):
    stream = ask(client, max_tokens=3, temperature=0, stream=True)
    words = [chunk.choices[0].delta.content for chunk in stream if chunk.choices]
    assert [word for word in words if word] == [SAYS] * 3


def test_gives_log_probabilities_of_the_next_token(client):
    answer = ask(client, max_tokens=1, temperature=0, logprobs=True, top_logprobs=10)
    (token,) = answer.choices[0].logprobs.content
    assert token.token == SAYS
    assert len(token.top_logprobs) == 10
    assert token.top_logprobs[0].logprob > token.top_logprobs[1].logprob


def test_answers_more_requests_than_it_has_places_for(client):
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: ask(client, max_tokens=20, temperature=0), range(4)))
    assert [answer.choices[0].message.content for answer in answers] == [SAYS * 20] * 4


def test_a_request_may_fill_the_whole_context_but_no_more(client):
    fits = ask(client, "x" * 400, max_tokens=1)
    assert fits.usage.prompt_tokens > 512 / 2
    with pytest.raises(BadRequestError, match="context size"):
        ask(client, "x" * 600, max_tokens=1)


def test_is_listed_under_its_name(client):
    assert [model.id for model in client.models.list()] == ["yes"]


def test_listens_on_loopback_and_asks_for_its_key(server):
    assert server.base_url.startswith("http://127.0.0.1:")
    body = {"messages": [{"role": "user", "content": "Echt?"}]}
    answer = httpx.post(f"{server.base_url}/chat/completions", json=body, trust_env=False)
    assert answer.status_code == httpx.codes.UNAUTHORIZED


def test_close_ends_the_process_even_while_it_answers_and_start_begins_anew(gguf):
    server = LocalModelServer(gguf, "yes", threads=1)
    assert (server.running, server.base_url) == (False, "")
    server.start()
    address = server.base_url
    messages = [{"role": "user", "content": "Echt?"}]
    body = {"messages": messages, "stream": True, "ignore_eos": True}
    headers = {"Authorization": f"Bearer {server.api_key}"}
    with (
        httpx.Client(trust_env=False, headers=headers) as client,
        client.stream("POST", f"{address}/chat/completions", json=body) as answer,
    ):
        next(answer.iter_raw())
        server.close()
    assert not server.running
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{address}/models", trust_env=False)
    server.close()
    with server:
        assert server.running
        assert httpx.get(f"{server.base_url}/models", trust_env=False).is_success


OWNER = """
import signal, sys
from pathlib import Path
import httpx
from assistant.local_model import LocalModelServer
from tests.tiny_models import SAYS, write_gguf
# A process that was started in the background inherits that Ctrl-C is ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
server = LocalModelServer(Path(sys.argv[1]), "yes", threads=1)
server.start()
try:
    # Within the try, since the interrupt comes as soon as the address is read.
    print(server.base_url, flush=True)
    sys.stdin.read()
except KeyboardInterrupt:
    print(httpx.get(f"{server.base_url}/models", trust_env=False).status_code, flush=True)
"""


@contextmanager
def owner_of(gguf: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run a process that serves a model and never closes it; give it with its models page."""
    with subprocess.Popen(
        [sys.executable, "-c", OWNER, str(gguf)],
        cwd=PROJECT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as owner:
        page = owner.stdout.readline().strip() + "/models"
        assert httpx.get(page, trust_env=False).is_success
        yield owner, page


def test_serving_ends_when_its_owner_is_killed(gguf):
    with owner_of(gguf) as (owner, page):
        owner.kill()
    assert falls_silent(page)


def test_serving_outlasts_ctrl_c_until_its_owner_ends(gguf):
    with owner_of(gguf) as (owner, page):
        os.killpg(owner.pid, signal.SIGINT)
        assert owner.stdout.readline().strip() == "200"
        assert owner.wait(timeout=10) == 0
    assert falls_silent(page)


def falls_silent(address: str) -> bool:
    for _ in range(100):
        try:
            httpx.get(address, trust_env=False)
        except httpx.TransportError:
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "No such file"),
        (b"", "is no GGUF file"),
        (b"<!doctype html>", "is no GGUF file: it begins with b'<!do'"),
        (b"GGUF", "cannot be served"),
    ],
)
def test_says_why_a_file_cannot_be_served(tmp_path, content, reason):
    path = tmp_path / "model.gguf"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelUnavailable, match=reason) as caught:
        LocalModelServer(path, "yes", threads=1).start()
    assert str(path) in str(caught.value)
    assert "bronwijzer model pull" in str(caught.value)


def test_a_truncated_model_is_an_error_of_ours_and_ends_its_process(gguf, tmp_path, capfd):
    path = tmp_path / "half.gguf"
    path.write_bytes(gguf.read_bytes()[:50_000])
    server = LocalModelServer(path, "yes", threads=1)
    with pytest.raises(ModelUnavailable, match="cannot be served"):
        server.start()
    assert not server.running
    assert "corrupted or incomplete" in capfd.readouterr().err


def test_a_serving_process_that_crashes_takes_nobody_along(gguf):
    unspeakable = 1 << 40
    server = LocalModelServer(gguf, "yes", threads=1, context=unspeakable)
    with pytest.raises(ModelUnavailable, match="exit code 1 .* model_url"):
        server.start()
    assert not server.running


def test_importing_costs_no_engine():
    program = (
        "import sys, assistant.local_model, assistant.weights;"
        "print([name for name in ('xllamacpp', 'httpx', 'openai') if name in sys.modules])"
    )
    command = [sys.executable, "-c", program]
    run = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True)
    assert run.stdout.strip() == "[]", run.stderr
