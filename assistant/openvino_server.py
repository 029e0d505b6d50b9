"""Serves a language model that OpenVINO runs, with OpenAI's protocol, on a loopback port.

Knows one folder of weights, tokens and that protocol; nothing of processes, settings or passages.
It writes the likeliest token each time and tells no probabilities.
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
        schedule.enable_prefix_caching = True
        self._pipeline = openvino_genai.ContinuousBatchingPipeline(
            folder, schedule, "CPU", {"INFERENCE_NUM_THREADS": threads}
        )
        self._tokenizer = self._pipeline.get_tokenizer()
        self._context = context
        self._numbers = itertools.count()
        self._replies: dict[int, _Reply] = {}
        self._arrived = threading.Condition()
        threading.Thread(target=self._write, name="engine", daemon=True).start()

    def begin(
        self, messages: list[ChatMessage], most_tokens: int, take: Callable[[Piece], None]
    ) -> Callable[[], None]:
        """Begin a reply, whose pieces go to `take`; give what ends it early. Raises TooLong."""
        turns = [message.model_dump() for message in messages]
        prompt = self._tokenizer.apply_chat_template(turns, add_generation_prompt=True)
        tokens = self._tokenizer.encode(prompt, add_special_tokens=False).input_ids
        length = tokens.shape[1]
        if length >= self._context:
            raise TooLong(
                f"The prompt has {length} tokens, and the context size is {self._context} with "
                "the answer."
            )
        options = openvino_genai.GenerationConfig()
        options.max_new_tokens = min(most_tokens, self._context - length)
        options.do_sample = False
        options.set_eos_token_id(self._tokenizer.get_eos_token_id())
        with self._arrived:
            number = next(self._numbers)
            handle = self._pipeline.add_request(number, tokens, options)
            self._replies[number] = _Reply(length, handle, take)
            self._arrived.notify()
        return handle.cancel  # type: ignore[no-any-return]

    def _write(self) -> None:
        try:
            while True:
                with self._arrived:
                    self._arrived.wait_for(lambda: self._replies)
                    replies = dict(self._replies)
                if self._pipeline.has_non_finished_requests():
                    self._pipeline.step()
                for number, reply in replies.items():
                    if self._hand_on(reply):
                        with self._arrived:
                            del self._replies[number]
        except Exception:  # noqa: BLE001 - the thread's edge: reported, and the process ends
            # An engine that failed once is not to be trusted; the owner starts another process.
            traceback.print_exc()
            os._exit(1)

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
        pieces: asyncio.Queue[Piece] = asyncio.Queue()
        loop = asyncio.get_running_loop()

        def take(piece: Piece) -> None:
            loop.call_soon_threadsafe(pieces.put_nowait, piece)

        try:
            cancel = await asyncio.to_thread(
                self._engine.begin, asked.messages, asked.max_tokens, take
            )
        except TooLong as error:
            return _error(400, str(error))
        return StreamingResponse(self._events(pieces, cancel), media_type="text/event-stream")

    async def _events(
        self, pieces: "asyncio.Queue[Piece]", cancel: Callable[[], None]
    ) -> AsyncIterator[str]:
        async for piece in _drawn(pieces, cancel):
            delta = {"content": piece.text} if piece.text else {}
            chunk = {
                "id": "reply",
                "object": "chat.completion.chunk",
                "created": int(time.time()),
                "model": self._name,
                "choices": [{"index": 0, "delta": delta, "finish_reason": piece.ending}],
                "usage": piece.usage,
            }
            yield f"data: {json.dumps(chunk)}\n\n"
        yield "data: [DONE]\n\n"


async def _drawn(
    pieces: "asyncio.Queue[Piece]", cancel: Callable[[], None]
) -> AsyncIterator[Piece]:
    """Draw a reply to its end; left before, it is not written on."""
    ending = None
    try:
        while ending is None:
            piece = await pieces.get()
            ending = piece.ending
            yield piece
    finally:
        if ending is None:
            cancel()


def _error(status: int, message: str) -> JSONResponse:
    kind = "invalid_request_error"
    return JSONResponse({"error": {"message": message, "type": kind, "code": status}}, status)


def serve(engine: Engine, name: str, key: str) -> str:
    """Serve in a thread of this process, to its end; give the address."""
    listening = socket.create_server(("127.0.0.1", 0))
    application = Endpoints(engine, name, key).application()
    server = uvicorn.Server(uvicorn.Config(application, log_level="error", lifespan="off"))
    threading.Thread(target=server.run, args=([listening],), name="server", daemon=True).start()
    return f"http://127.0.0.1:{listening.getsockname()[1]}"


def start(folder: str, name: str, key: str, threads: int, context: int, parallel: int) -> str:
    """Load the weights in a folder, try them once, and serve them; give the address.

    Raises RuntimeError where the folder or this processor cannot be used.
    """
    engine = Engine(folder, threads, context, parallel)
    ended = threading.Event()

    def take(piece: Piece) -> None:
        if piece.ending:
            ended.set()

    # The engine brings the weights into an order of its own at the first question: seconds.
    engine.begin([ChatMessage(role="user", content="?")], 1, take)
    ended.wait()
    return serve(engine, name, key)
