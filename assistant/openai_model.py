"""A language model behind a server with OpenAI's protocol.

Knows that protocol; nothing of passages, citations or prompts. Imported only where a model is
used, since the SDK takes longer to import than a question to answer.
"""

import math
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any
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
from openai.types.chat import ChatCompletionMessageParam

from assistant.errors import ModelUnavailable
from assistant.event_loop import EventLoop
from assistant.types import Message
from index.addresses import is_loopback

_SECONDS_BETWEEN_SIGNS = 1.0


class OpenAIChatModel:
    """A model behind `/v1/chat/completions`, wherever it runs."""

    def __init__(
        self, url: str, name: str, key: str, timeout: float = 120.0, most_tokens: int = 300
    ) -> None:
        self._url = url
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
            except (OpenAIError, StopIteration) as error:
                raise self._unavailable(error) from error
        return self._name

    @property
    def host(self) -> str:
        """Name the host that receives questions and passages; empty where it is this machine."""
        return "" if is_loopback(self._url) else urlsplit(self._url).netloc

    def stream(self, messages: Sequence[Message]) -> Iterator[str]:
        """Yield the reply in pieces, an empty one for each second without. Raises ModelUnavailable.

        Closed early, even before the first piece, it ends the connection.
        """
        pieces = self._pieces(self.name, messages)
        try:
            for piece in self._loop.drawn(pieces, _SECONDS_BETWEEN_SIGNS):
                yield piece or ""
        except OpenAIError as error:
            raise self._unavailable(error) from error

    async def _pieces(self, name: str, messages: Sequence[Message]) -> AsyncIterator[str]:
        chunks = await self._streaming.chat.completions.create(
            model=name,
            messages=_wire(messages),
            max_tokens=self._most_tokens,
            temperature=0.0,
            stream=True,
        )
        async with chunks:
            async for chunk in chunks:
                piece = chunk.choices[0].delta.content if chunk.choices else None
                if piece:
                    yield piece

    def probability(self, messages: Sequence[Message], yes: str, no: str) -> float | None:
        """Give the probability of a reply beginning with `yes` against `no`."""
        try:
            response = self._client.chat.completions.create(
                model=self.name,
                messages=_wire(messages),
                max_tokens=1,
                temperature=0.0,
                logprobs=True,
                top_logprobs=20,
            )
        except OpenAIError as error:
            raise self._unavailable(error) from error
        logprobs = response.choices[0].logprobs if response.choices else None
        if logprobs is None or not logprobs.content:
            return None
        mass = {yes: 0.0, no: 0.0}
        for token in logprobs.content[0].top_logprobs:
            for word in mass:
                if token.token.strip() and word.casefold().startswith(
                    token.token.strip().casefold()
                ):
                    mass[word] += math.exp(token.logprob)
        total = sum(mass.values())
        return mass[yes] / total if total > 0 else None

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
            case APITimeoutError():
                remedy = "It took too long: raise model_timeout, or use a smaller model."
            case APIConnectionError():
                remedy = "There is no connection: start the server, or correct model_url."
            case APIStatusError():
                remedy = f"It answered {error.status_code}: {error.message}"
            case _:
                remedy = f"{error}"
        return ModelUnavailable(
            f"The language model {self._name or '(first of the server)'!r} at {self._url} does "
            f"not answer. {remedy}"
        )


def _wire(messages: Sequence[Message]) -> list[ChatCompletionMessageParam]:
    wire: list[Any] = [{"role": m.role, "content": m.content} for m in messages]
    return wire
