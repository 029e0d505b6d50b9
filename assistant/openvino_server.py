"""Serves a language model that OpenVINO runs, with OpenAI's protocol, on a loopback port.

Knows one folder of weights, tokens and that protocol; nothing of processes, settings or passages.
It writes the likeliest token each time and tells no probabilities. The engine keeps Python's lock
while it computes, so it has no thread of its own: it takes its steps in turns with the server.
"""

import asyncio
import itertools
import json
import os
import secrets
import socket
import threading
import time
import traceback
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import openvino_genai
import uvicorn
from pydantic import BaseModel, Field, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

_BLOCK = 32
"""Tokens in a block of the engine's cache, on processors."""

_TOKENS_A_STEP = 64
"""A step of 256 keeps everybody else waiting for two seconds, and reads no faster."""

_SECONDS_FOR_OTHERS = 0.002
"""Between two steps: what is written goes out, and what comes in is read."""


Tokens = Any
"""Numbers of tokens, of shape (1, tokens), in OpenVINO's own form."""


class ChatMessage(BaseModel):
    """One turn, as the protocol has it."""

    role: str
    content: str


class ChatRequest(BaseModel):
    """What is read of a request; temperature and the like change nothing."""

    messages: list[ChatMessage] = Field(min_length=1)
    max_tokens: int = Field(300, ge=1)
    stream: Literal[True]


class TooLong(Exception):
    """Prompt and answer do not fit into the context."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Some more of a reply's text; the last one says how it ended, and counts tokens."""

    text: str
    ending: str | None = None
    usage: dict[str, int] | None = None


@dataclass(slots=True)
class _Reply:
    """A reply in the making; `handed_on` counts the characters that were."""

    prompt_tokens: int
    handle: Any
    take: Callable[[Piece], None]
    tokens: list[int] = field(default_factory=list)
    handed_on: int = 0
    ending: str = "stop"


class Engine:
    """Writes up to `parallel` replies at once, each of `context` tokens with its prompt.

    What prompts have in common is read once. Raises RuntimeError where the folder cannot be used.
    """

    def __init__(self, folder: str, threads: int, context: int, parallel: int) -> None:
        schedule = openvino_genai.SchedulerConfig()
        schedule.num_kv_blocks = context * parallel // _BLOCK + 1
        schedule.max_num_seqs = parallel
        schedule.max_num_batched_tokens = _TOKENS_A_STEP
        schedule.enable_prefix_caching = True
        self._pipeline = openvino_genai.ContinuousBatchingPipeline(
            folder, schedule, "CPU", {"INFERENCE_NUM_THREADS": threads}
        )
        self._tokenizer = self._pipeline.get_tokenizer()
        self._context = context
        self._numbers = itertools.count()
        self._replies: dict[int, _Reply] = {}

    @property
    def is_idle(self) -> bool:
        """Say whether no reply is in the making."""
        return not self._replies

    def tokens(self, messages: list[ChatMessage]) -> Tokens:
        """Bring a prompt into the model's tokens. Raises TooLong."""
        turns = [message.model_dump() for message in messages]
        prompt = self._tokenizer.apply_chat_template(turns, add_generation_prompt=True)
        tokens = self._tokenizer.encode(prompt, add_special_tokens=False).input_ids
        if tokens.shape[1] >= self._context:
            raise TooLong(
                f"The prompt has {tokens.shape[1]} tokens, and the context size is "
                f"{self._context} with the answer."
            )
        return tokens

    def begin(
        self, prompt: Tokens, most_tokens: int, take: Callable[[Piece], None]
    ) -> Callable[[], None]:
        """Begin a reply, whose pieces go to `take`; give what ends it early."""
        length = prompt.shape[1]
        options = openvino_genai.GenerationConfig()
        options.max_new_tokens = min(most_tokens, self._context - length)
        options.do_sample = False
        options.set_eos_token_id(self._tokenizer.get_eos_token_id())
        number = next(self._numbers)
        handle = self._pipeline.add_request(number, prompt, options)
        self._replies[number] = _Reply(length, handle, take)
        return handle.cancel  # type: ignore[no-any-return]

    def step(self) -> None:
        """Read or write some more of all replies that were begun. Raises RuntimeError."""
        if self._pipeline.has_non_finished_requests():
            self._pipeline.step()
        for number, reply in list(self._replies.items()):
            if self._hand_on(reply):
                del self._replies[number]

    def _hand_on(self, reply: _Reply) -> bool:
        """Hand on what was written since; say whether the reply has ended."""
        while reply.handle.can_read():
            for output in reply.handle.read().values():
                reply.tokens += output.generated_ids
                if output.finish_reason == openvino_genai.GenerationFinishReason.LENGTH:
                    reply.ending = "length"
        has_ended: bool = reply.handle.get_status() != openvino_genai.GenerationStatus.RUNNING
        # All from the first: a character that is not complete yet is left out without a trace, and
        # a token may hold the end of one character and the beginning of the next.
        text = self._tokenizer.decode(reply.tokens) if reply.tokens else ""
        if new := text[reply.handed_on :]:
            reply.handed_on = len(text)
            reply.take(Piece(new))
        if has_ended:
            usage = {"prompt_tokens": reply.prompt_tokens, "completion_tokens": len(reply.tokens)}
            usage["total_tokens"] = sum(usage.values())
            reply.take(Piece("", reply.ending, usage))
        return has_ended


class Endpoints:
    """The protocol's two addresses that are needed, for those who have the key."""

    def __init__(self, engine: Engine, name: str, key: str) -> None:
        self._engine = engine
        self._name = name
        self._key = f"Bearer {key}".encode()
        self._begun = asyncio.Event()

    async def write(self) -> None:
        """Have the engine write what was asked for, for ever. Raises RuntimeError."""
        while True:
            await self._begun.wait()
            self._engine.step()
            if self._engine.is_idle:
                self._begun.clear()
            await asyncio.sleep(_SECONDS_FOR_OTHERS)

    def application(self) -> Starlette:
        """Give the server's application."""
        return Starlette(
            routes=[
                Route("/v1/models", self._models),
                Route("/v1/chat/completions", self._complete, methods=["POST"]),
            ]
        )

    def _refusal(self, request: Request) -> Response | None:
        given = request.headers.get("authorization", "").encode()
        if secrets.compare_digest(given, self._key):
            return None
        return _error(401, "The key is missing or wrong.")

    async def _models(self, request: Request) -> Response:
        found = {"id": self._name, "object": "model", "created": 0, "owned_by": "bronwijzer"}
        listed = {"object": "list", "data": [found]}
        return self._refusal(request) or JSONResponse(listed)

    async def _complete(self, request: Request) -> Response:
        if refusal := self._refusal(request):
            return refusal
        try:
            asked = ChatRequest.model_validate_json(await request.body())
        except ValidationError as error:
            return _error(422, str(error))
        try:
            prompt = self._engine.tokens(asked.messages)
        except TooLong as error:
            return _error(400, str(error))
        events = self._events(prompt, asked.max_tokens)
        return StreamingResponse(events, media_type="text/event-stream")

    async def _events(self, prompt: Tokens, most_tokens: int) -> AsyncIterator[str]:
        """Write a reply to its end; left before, it is not written on."""
        pieces: asyncio.Queue[Piece] = asyncio.Queue()
        # Here and not before, since a reader who leaves early never comes here.
        cancel = self._engine.begin(prompt, most_tokens, pieces.put_nowait)
        self._begun.set()
        ending = None
        try:
            while ending is None:
                piece = await pieces.get()
                ending = piece.ending
                yield f"data: {json.dumps(self._chunk(piece))}\n\n"
            yield "data: [DONE]\n\n"
        finally:
            if ending is None:
                cancel()

    def _chunk(self, piece: Piece) -> dict[str, Any]:
        delta = {"content": piece.text} if piece.text else {}
        return {
            "id": "reply",
            "object": "chat.completion.chunk",
            "created": int(time.time()),
            "model": self._name,
            "choices": [{"index": 0, "delta": delta, "finish_reason": piece.ending}],
            "usage": piece.usage,
        }


def _error(status: int, message: str) -> JSONResponse:
    kind = "invalid_request_error"
    return JSONResponse({"error": {"message": message, "type": kind, "code": status}}, status)


async def _serve(engine: Engine, name: str, key: str, listening: socket.socket) -> None:
    endpoints = Endpoints(engine, name, key)
    config = uvicorn.Config(endpoints.application(), log_level="error", lifespan="off")
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(endpoints.write())
        tasks.create_task(uvicorn.Server(config).serve([listening]))


def started(folder: str, threads: int, context: int, parallel: int) -> Engine:
    """Load the weights in a folder and try them once.

    Raises RuntimeError where the folder or this processor cannot be used.
    """
    engine = Engine(folder, threads, context, parallel)
    # The engine brings the weights into an order of its own at the first question: seconds.
    prompt = engine.tokens([ChatMessage(role="user", content="?")])
    engine.begin(prompt, 1, lambda piece: None)
    while not engine.is_idle:
        engine.step()
    return engine


def _run(engine: Engine, name: str, key: str, listening: socket.socket) -> None:
    try:
        asyncio.run(_serve(engine, name, key, listening))
    except Exception:  # noqa: BLE001 - the thread's edge: reported, and the process ends
        traceback.print_exc()
    finally:
        # An engine that failed once is not to be trusted; the owner starts another process.
        os._exit(1)


def start(folder: str, name: str, key: str, threads: int, context: int, parallel: int) -> str:
    """Serve the weights in a folder until the process ends; give the address.

    Raises RuntimeError where the folder or this processor cannot be used.
    """
    engine = started(folder, threads, context, parallel)
    listening = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=_run, args=(engine, name, key, listening), daemon=True).start()
    return f"http://127.0.0.1:{listening.getsockname()[1]}"
