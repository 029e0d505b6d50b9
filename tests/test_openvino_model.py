"""A local model in OpenVINO's form: made of a GGUF file, and served, by the real engine."""

import asyncio
import dataclasses
import json
import os
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from openai import AuthenticationError, BadRequestError, DefaultHttpxClient, OpenAI
from openvino_genai import GenerationFinishReason, GenerationStatus

import assistant.openvino_weights as openvino_weights
from assistant.chat_model import Ending
from assistant.errors import ModelUnavailable
from assistant.local_model import LocalModelServer
from assistant.openai_model import OpenAIChatModel
from assistant.openvino_server import Endpoints, Engine, Piece, _Reply
from assistant.openvino_weights import OpenVINOWeights
from assistant.types import Message
from assistant.weights import Weights
from tests.tiny_models import SAYS, byte_names, write_gguf, write_qwen

TINY = Weights("tiny", "tiny.gguf", 0, "", "MIT", "")
MANY = 100_000


def never():
    return False


def made_in(folder, says=SAYS):
    """Make the tiny model in a folder of models."""
    folder.mkdir(exist_ok=True)
    made = OpenVINOWeights(folder, TINY)
    made.make(write_qwen(folder / TINY.file, says), never)
    return made


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return made_in(tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="module")
def server(made):
    with LocalModelServer(made.folder, "yes", threads=1, context=512, parallel=2) as server:
        yield server


def client_of(server, key=None):
    return OpenAI(
        base_url=server.base_url,
        api_key=key or server.api_key,
        max_retries=0,
        http_client=DefaultHttpxClient(trust_env=False),
    )


def ask(client, question="Echt?", **options):
    messages = [{"role": "user", "content": question}]
    chunks = client.chat.completions.create(
        model="yes", messages=messages, stream=True, temperature=0, **options
    )
    return [chunk.choices[0] for chunk in chunks]


def said(choices):
    return "".join(choice.delta.content or "" for choice in choices)


# Serving


def test_streams_through_the_openai_sdk(server):
    choices = ask(client_of(server), max_tokens=3)
    assert said(choices) == SAYS * 3
    assert choices[-1].finish_reason == "length"


def test_is_a_chat_model_of_the_assistant(server):
    model = OpenAIChatModel(server.base_url, "", server.api_key, most_tokens=4)
    assert (model.name, model.host) == ("yes", "")
    reply = model.stream([Message("system", "Zeg ja."), Message("user", "Echt?")])
    pieces = []
    while True:
        try:
            pieces.append(next(reply))
        except StopIteration as end:
            assert end.value is Ending.LENGTH
            break
    assert "".join(pieces) == SAYS * 4


def test_a_reply_that_ends_by_itself_says_so(tmp_path):
    made = made_in(tmp_path / "models", says="<|im_end|>")
    with LocalModelServer(made.folder, "yes", threads=1, context=512) as server:
        choices = ask(client_of(server))
    assert (said(choices), choices[-1].finish_reason) == ("", "stop")


def test_answers_more_requests_than_it_has_places_for(server):
    client = client_of(server)
    with ThreadPoolExecutor(5) as pool:
        replies = list(pool.map(lambda _: ask(client, max_tokens=20), range(5)))
    assert [said(choices) for choices in replies] == [SAYS * 20] * 5


def test_a_request_may_fill_the_whole_context_but_no_more(server):
    client = client_of(server)
    full = ask(client, "x" * 400, max_tokens=1000)
    assert said(full) == SAYS * (512 - 400)
    with pytest.raises(BadRequestError, match="context size is 512"):
        ask(client, "x" * 600)


def test_asks_for_its_key_and_for_a_request_in_form(server):
    with pytest.raises(AuthenticationError):
        ask(client_of(server, "another"))
    for body in (b"{}", b"no JSON", b'{"messages": [], "stream": true}'):
        headers = {"Authorization": f"Bearer {server.api_key}"}
        answer = httpx.post(
            f"{server.base_url}/chat/completions", content=body, headers=headers, trust_env=False
        )
        assert answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY
        assert "messages" in answer.text or "JSON" in answer.text


def test_listens_on_loopback_and_ends_when_closed(made):
    server = LocalModelServer(made.folder, "yes", threads=1, context=512)
    server.start()
    assert server.base_url.startswith("http://127.0.0.1:")
    address = server.base_url
    server.close()
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{address}/models", trust_env=False)


async def asked_of(application, body, leave_after, note=lambda: None):
    """Ask an application as a server does, and leave after so many messages; give their number."""
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/chat/completions",
        "query_string": b"",
        "headers": [(b"authorization", b"Bearer key")],
    }
    sent, left, begun = [], asyncio.Event(), False
    if leave_after < 0:
        left.set()

    async def receive():
        nonlocal begun
        if not begun:
            begun = True
            return {"type": "http.request", "body": json.dumps(body).encode()}
        await left.wait()
        return {"type": "http.disconnect"}

    async def send(message):
        sent.append(message)
        note()
        if len(sent) > leave_after:
            left.set()

    await application(scope, receive, send)
    return len(sent)


@pytest.mark.parametrize("leave_after", [-1, 0, 3])
def test_a_reply_whose_reader_has_left_is_not_written_on(made, leave_after):
    engine = Engine(str(made.folder), threads=1, context=MANY, parallel=1)
    body = {"messages": [{"role": "user", "content": "?"}], "max_tokens": MANY, "stream": True}

    async def asked():
        endpoints = Endpoints(engine, "yes", "key")
        writing = asyncio.create_task(endpoints.write())
        pieces = await asked_of(endpoints.application(), body, leave_after)
        while not engine.is_idle:
            await asyncio.sleep(0.01)
        writing.cancel()
        return pieces

    assert asyncio.run(asyncio.wait_for(asked(), 60)) < MANY / 10


def test_a_piece_goes_out_before_the_engine_has_written_many_more(made):
    engine = CountedEngine(str(made.folder), threads=1, context=512, parallel=1)
    body = {"messages": [{"role": "user", "content": "?"}], "max_tokens": 200, "stream": True}
    steps = []

    async def asked():
        endpoints = Endpoints(engine, "yes", "key")
        writing = asyncio.create_task(endpoints.write())
        await asked_of(endpoints.application(), body, MANY, lambda: steps.append(engine.steps))
        writing.cancel()

    asyncio.run(asyncio.wait_for(asked(), 60))
    # The head of the response comes first, then a message for each piece.
    assert steps[1] < 5 and steps[100] < 110 and engine.steps >= 200


class CountedEngine(Engine):
    """An engine that counts its steps."""

    steps = 0

    def step(self):
        super().step()
        self.steps += 1


class Written:
    """What an engine wrote of a reply, a few tokens each time it is asked."""

    def __init__(self, *portions):
        self._portions = list(portions)
        self._ready = False

    def next(self):
        self._ready = True

    def can_read(self):
        return self._ready and bool(self._portions)

    def read(self):
        self._ready = False
        return {0: Portion(self._portions.pop(0))}

    def get_status(self):
        return GenerationStatus.RUNNING if self._portions else GenerationStatus.FINISHED


class Portion:
    finish_reason = GenerationFinishReason.NONE

    def __init__(self, generated_ids):
        self.generated_ids = generated_ids


def test_a_character_is_handed_on_whole(made):
    engine = Engine(str(made.folder), threads=1, context=64, parallel=1)
    names = byte_names()
    euro = list("€".encode())
    letter = names.index("a")
    written, pieces = Written([letter, *euro[:1]], euro[1:2], [*euro[2:], *euro[:2]], euro[2:]), []
    reply = _Reply(5, written, pieces.append)
    for _ in range(4):
        written.next()
        engine._hand_on(reply)
    usage = {"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12}
    assert pieces == [Piece("a"), Piece("€"), Piece("€"), Piece("", "stop", usage)]


# Making


def leftovers(folder):
    return sorted(item.name for item in folder.iterdir() if item.is_dir())


def test_weights_for_other_releases_and_unfinished_ones_are_replaced(tmp_path):
    models = tmp_path / "models"
    for name in ("tiny.openvino-2020.1", "tiny.unfinished-openvino", "other.openvino-2020.1"):
        (models / name).mkdir(parents=True)
        (models / name / "openvino_model.bin").write_bytes(b"old")
    made = made_in(models)
    assert made.are_made
    assert leftovers(models) == ["other.openvino-2020.1", made.folder.name]
    size = sum(file.stat().st_size for file in made.folder.iterdir())
    assert made.remove() == size > 0
    assert leftovers(models) == ["other.openvino-2020.1"] and not made.are_made


def test_damaged_ones_and_those_of_other_weights_are_made_again(tmp_path):
    made = made_in(tmp_path / "models")
    for name in ("openvino_model.bin", "openvino_tokenizer.xml"):
        (made.folder / name).write_bytes(b"")
        assert not made.are_made
        made.make(tmp_path / "models" / TINY.file, never)
        assert made.are_made
    (made.folder / "sealed.json").write_bytes(b"\xff\xfe")
    assert not made.are_made
    others = dataclasses.replace(TINY, sha256="another")
    assert not OpenVINOWeights(tmp_path / "models", others).are_made


def test_two_processes_do_not_make_them_at_once(tmp_path):
    made, path = made_in(tmp_path / "models"), tmp_path / "models" / TINY.file
    with made._alone():
        # What is made needs nobody's leave.
        made.make(path, never)
        with pytest.raises(ModelUnavailable, match="could not be deleted"):
            made.remove()
        (made.folder / "openvino_model.bin").unlink()
        with pytest.raises(ModelUnavailable, match="another process is at it"):
            made.make(path, never)
    made.make(path, never)
    assert made.are_made


@pytest.mark.skipif(os.geteuid() != 0, reason="needs the right to be another user")
def test_ones_that_may_not_be_read_are_not_made(tmp_path):
    made = made_in(tmp_path / "models")
    made.folder.chmod(0o700)
    os.seteuid(65534)
    try:
        assert not made.are_made
    finally:
        os.seteuid(0)


@pytest.mark.parametrize("content", ["llama", "broken"])
def test_a_file_that_cannot_be_brought_into_form_is_named_and_leaves_nothing(tmp_path, content):
    path = tmp_path / TINY.file
    write_gguf(path) if content == "llama" else path.write_bytes(b"GGUF and no more")
    made = OpenVINOWeights(tmp_path, TINY)
    with pytest.raises(ModelUnavailable, match="exit code") as failure:
        made.make(path, never)
    assert str(path) in str(failure.value)
    assert not leftovers(tmp_path) and not made.are_made


def test_without_the_memory_it_is_not_tried(tmp_path, monkeypatch):
    monkeypatch.setattr(openvino_weights, "_free_memory", lambda: 200_000)
    path = write_qwen(tmp_path / TINY.file)
    with pytest.raises(ModelUnavailable, match=r"takes 0\.0 GB of memory"):
        OpenVINOWeights(tmp_path, TINY).make(path, never)
    assert not leftovers(tmp_path)


def test_the_memory_that_is_free_is_told():
    assert 1e6 < openvino_weights._free_memory() < 1e15


def test_it_ends_with_the_program(tmp_path):
    path = write_qwen(tmp_path / TINY.file)
    with pytest.raises(ModelUnavailable, match="was ended"):
        OpenVINOWeights(tmp_path, TINY).make(path, lambda: True)
    assert not leftovers(tmp_path)


def test_a_processor_that_was_not_measured_takes_the_other_engine(monkeypatch):
    monkeypatch.setattr(openvino_weights, "_processor", lambda: ["avx2"])
    assert OpenVINOWeights.hindrance() == "the processor has no avx512_vnni"
    monkeypatch.setattr(openvino_weights, "_processor", lambda: ["avx2", "avx512_vnni"])
    assert OpenVINOWeights.hindrance() == ""
    monkeypatch.setattr(openvino_weights, "_release", lambda: "")
    assert OpenVINOWeights.hindrance() == "openvino-genai is not installed"
