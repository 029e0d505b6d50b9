"""A language model behind a server with OpenAI's protocol.

Knows that protocol; nothing of passages, citations or prompts. Imported only where a model is
used, since the SDK takes longer to import than a question to answer.
"""

import asyncio
import math
from collections.abc import AsyncIterator, Generator, Iterator, Sequence
from typing import Any, TypeVar
from urllib.parse import urlsplit

from openai import (
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    AsyncOpenAI,
    AuthenticationError,
    DefaultAsyncHttpxClient,
    DefaultHttpxClient,
    NotFoundError,
    OpenAI,
    OpenAIError,
)
from openai.types.chat import ChatCompletion, ChatCompletionChunk, ChatCompletionMessageParam

from assistant.chat_model import Ending
from assistant.errors import ModelUnavailable
from assistant.event_loop import EventLoop
from assistant.reply_text import ReplyText
from assistant.types import Message
from index.addresses import is_loopback

_SECONDS_BETWEEN_SIGNS = 1.0

_CHARACTERS_A_TOKEN = 8
"""More than in any language: what goes on for longer was not bounded by its server."""

_MALFORMED = (ValueError, AttributeError, TypeError, LookupError, RecursionError)
"""What the SDK and the code below make of what is not shaped as the protocol says."""

_ENDINGS = {"length": Ending.LENGTH, "content_filter": Ending.FILTERED}

Item = TypeVar("Item")


class OpenAIChatModel:
    """A model behind `/v1/chat/completions`, wherever it runs."""

    def __init__(
        self, url: str, name: str, key: str, timeout: float = 120.0, most_tokens: int = 300
    ) -> None:
        self._url = url
        self._timeout = timeout
        self._most_tokens = most_tokens
        self._client = OpenAI(
            base_url=url,
            api_key=key or "none",
            timeout=timeout,
            max_retries=1,
            # Behind a proxy, a loopback address would be the proxy's own machine.
            http_client=DefaultHttpxClient(trust_env=not is_loopback(url)),
        )
        self._streaming = AsyncOpenAI(
            base_url=url,
            api_key=key or "none",
            timeout=timeout,
            max_retries=1,
            http_client=DefaultAsyncHttpxClient(trust_env=not is_loopback(url)),
        )
        self._loop = EventLoop()
        self._name = name

    @property
    def name(self) -> str:
        """Name the model; the server's first one where none was chosen."""
        if not self._name:
            try:
                self._name = next(iter(self._client.models.list())).id
            except (OpenAIError, StopIteration, *_MALFORMED) as error:
                raise self._unavailable(error) from error
        return self._name

    @property
    def host(self) -> str:
        """Name the host that receives questions and passages; empty where it is this machine."""
        return "" if is_loopback(self._url) else urlsplit(self._url).netloc

    def stream(self, messages: Sequence[Message]) -> Generator[str, None, Ending]:
        """Yield the reply in pieces, an empty one for each second without. Raises ModelUnavailable.

        What a model thinks between <think> and </think> is no part of it. Returns how it ended,
        as far as the server told: the SDK does not say whether the stream had its last line. What
        the server goes on with beyond the most tokens is not read. Closed early, even before the
        first piece, it ends the connection.
        """
        ending = Ending.UNTOLD
        for piece in self._drawn(self._pieces(messages)):
            if isinstance(piece, Ending):
                ending = piece
            else:
                yield piece or ""
        return ending

    def _drawn(self, items: AsyncIterator[Item]) -> Iterator[Item | None]:
        try:
            yield from self._loop.drawn(items, _SECONDS_BETWEEN_SIGNS)
        except (OpenAIError, TimeoutError, *_MALFORMED) as error:
            raise self._unavailable(error) from error

    async def _chosen(self) -> str:
        """Give the name without keeping anybody waiting who may leave."""
        if not self._name:
            self._name = (await self._streaming.models.list()).data[0].id
        return self._name

    async def _pieces(self, messages: Sequence[Message]) -> AsyncIterator[str | Ending]:
        chunks = await self._streaming.chat.completions.create(
            model=await self._chosen(),
            messages=_wire(messages),
            max_tokens=self._most_tokens,
            temperature=0.0,
            stream=True,
        )
        text, ending = ReplyText(_CHARACTERS_A_TOKEN * self._most_tokens), Ending.UNTOLD
        async with chunks:
            async for chunk in self._timely(chunks):
                ending = _ending(chunk) or ending
                if piece := text.feed(_content(chunk)):
                    yield piece
                if text.is_full:
                    break
        if piece := text.finish():
            yield piece
        was_cut = text.is_full or text.is_thinking
        yield Ending.LENGTH if was_cut and ending is not Ending.FILTERED else ending

    async def _timely(
        self, chunks: AsyncIterator[ChatCompletionChunk]
    ) -> AsyncIterator[ChatCompletionChunk]:
        """Wait for each chunk no longer than the timeout, which comments in a stream put off."""
        while True:
            try:
                async with asyncio.timeout(self._timeout):
                    chunk = await anext(chunks)
            except StopAsyncIteration:
                return
            yield chunk

    def probability(
        self, messages: Sequence[Message], yes: str, no: str
    ) -> Generator[None, None, float | None]:
        """Find the probability of a reply beginning with `yes` against `no`.

        Yields for each second without an answer. Closed early, it ends the connection.
        """
        found = None
        for share in self._drawn(self._shares(messages, yes, no)):
            if share is None:
                yield
            else:
                found = share
        return found

    async def _shares(self, messages: Sequence[Message], yes: str, no: str) -> AsyncIterator[float]:
        response = await self._streaming.chat.completions.create(
            model=await self._chosen(),
            messages=_wire(messages),
            max_tokens=1,
            temperature=0.0,
            logprobs=True,
            top_logprobs=20,
        )
        share = _share(response, yes, no)
        if share is not None:
            yield share

    def fresh(self) -> "OpenAIChatModel":
        """Give this model: it remembers nothing."""
        return self

    def _unavailable(self, error: Exception) -> ModelUnavailable:
        remedy: str
        match error:
            case AuthenticationError():
                remedy = "It refused the key: correct the setting model_key."
            case NotFoundError():
                remedy = "It knows no such model or address: correct model or model_url."
            case APITimeoutError() | TimeoutError():
                remedy = "It took too long: raise model_timeout, or use a smaller model."
            case APIConnectionError():
                remedy = "There is no connection: start the server, or correct model_url."
            case APIStatusError():
                remedy = f"It answered {error.status_code}: {error.message}"
            case _ if isinstance(error, _MALFORMED):
                remedy = (
                    f"What it sent is not in the form of OpenAI's protocol ({error}): update the "
                    "server, or correct model_url."
                )
            case _:
                remedy = f"{error}"
        return ModelUnavailable(
            f"The language model {self._name or '(first of the server)'!r} at {self._url} does "
            f"not answer. {remedy}"
        )


def _wire(messages: Sequence[Message]) -> list[ChatCompletionMessageParam]:
    wire: list[Any] = [{"role": m.role, "content": m.content} for m in messages]
    return wire


def _content(chunk: ChatCompletionChunk) -> str:
    """Read the piece of text in a chunk. Raises TypeError where it is none."""
    piece: object = chunk.choices[0].delta.content if chunk.choices else None
    if piece is not None and not isinstance(piece, str):
        raise TypeError(f"content is of the type {type(piece).__name__}")
    return piece or ""


def _ending(chunk: ChatCompletionChunk) -> Ending | None:
    reason: object = chunk.choices[0].finish_reason if chunk.choices else None
    return _ENDINGS.get(reason, Ending.COMPLETE) if isinstance(reason, str) and reason else None


def _share(response: ChatCompletion, yes: str, no: str) -> float | None:
    """Share the first token's probability between two words; None where it is not told."""
    logprobs = response.choices[0].logprobs if response.choices else None
    if logprobs is None or not logprobs.content:
        return None
    mass = {yes: 0.0, no: 0.0}
    for token in logprobs.content[0].top_logprobs:
        begun = token.token.strip().casefold()
        for word in mass:
            if begun and word.casefold().startswith(begun):
                mass[word] += math.exp(min(0.0, token.logprob))
    total = sum(mass.values())
    return mass[yes] / total if total > 0 else None
