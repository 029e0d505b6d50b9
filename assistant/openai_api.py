"""The assistant as a model that any client of OpenAI's protocol can use.

Knows that protocol's requests and responses; nothing of how answers come about.
"""

import json
import secrets
import time
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from anyio import to_thread
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from fastapi.sse import format_sse_event

from assistant.api_models import EVENTS, CitationShape, Responses
from assistant.failures import failure, openai_error
from assistant.growing_text import GrowingText, without_additions
from assistant.openai_models import (
    MODEL,
    Annotation,
    AssistantMessage,
    ChatRequest,
    Choice,
    Completion,
    Findings,
    FinishReason,
    ModelEntry,
    ModelList,
    OpenAIFailure,
    Reply,
    SystemMessage,
    UrlCitation,
    Usage,
    UserMessage,
)
from assistant.reception import EventForm, Reception
from assistant.remarks import remarks
from assistant.types import DEFAULT_COLLECTION, Answer, Kind, Message
from assistant.visible_corpora import CorporaFor, VisibleCorpora
from assistant.wire import write_citation
from assistant.wording import WordingBook

_MOST_TURNS = 50
_LONGEST_TURN = 20_000
_STREAM_BROKEN = 503

_FINISHES: dict[str, FinishReason] = {
    "remark_cut_length": "length",
    "remark_cut_filtered": "content_filter",
}

_FAILURES: Responses = {
    "4XX": {"model": OpenAIFailure, "description": "What was asked cannot be met"},
    503: {"model": OpenAIFailure, "description": "Something that is needed does not answer"},
}


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question out of a chat; `instructed` says that there were instructions beside it."""

    model: str
    question: str
    history: tuple[Message, ...]
    instructed: bool


class _Reply:
    """The answer to one request, whole or in pieces."""

    def __init__(self, asked: _Asked, book: WordingBook, address: str) -> None:
        self._asked = asked
        self._book = book
        self._growing = GrowingText(book, address)
        self._id = f"chatcmpl-{secrets.token_hex(12)}"
        self._created = int(time.time())

    def whole(self, last: Answer) -> Completion:
        """Give the last snapshot."""
        self._growing.grow(last)
        message = Reply(
            content=self._growing.text,
            annotations=self._annotations(last),
            bronwijzer=self._findings(last),
        )
        return Completion(
            id=self._id,
            created=self._created,
            model=self._asked.model,
            choices=[Choice(message=message, finish_reason=_finish(last))],
            usage=Usage(),
        )

    def pieces(
        self, answers: Generator[Answer, None, None], with_usage: bool
    ) -> Generator[dict[str, Any] | None, None, None]:
        """Give the chunks of a stream as snapshots come: first one without text.

        None stands for a snapshot that adds nothing.
        """
        finish: FinishReason = "stop"
        with closing(answers):
            for number, answer in enumerate(answers):
                finish = _finish(answer)
                piece = self._growing.grow(answer)
                if number == 0:
                    yield self._chunk({"role": "assistant", "content": ""})
                yield self._chunk({"content": piece}) if piece else None
                if answer.done:
                    yield self._chunk(self._told(answer))
        yield self._chunk({}, finish)
        if with_usage:
            yield {**self._chunk({}), "choices": [], "usage": Usage().model_dump()}

    def _told(self, answer: Answer) -> dict[str, Any]:
        annotations = [item.model_dump() for item in self._annotations(answer)]
        findings = self._findings(answer).model_dump(mode="json")
        return {"annotations": annotations, "bronwijzer": findings}

    def _chunk(self, delta: dict[str, Any], finish: FinishReason | None = None) -> dict[str, Any]:
        return {
            "id": self._id,
            "object": "chat.completion.chunk",
            "created": self._created,
            "model": self._asked.model,
            "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}],
        }

    def _annotations(self, answer: Answer) -> list[Annotation]:
        return [
            Annotation(
                url_citation=UrlCitation(
                    url=self._growing.link(citation),
                    title=citation.title or citation.document,
                    start_index=place.start,
                    end_index=place.end,
                )
            )
            for place, citation in self._growing.marks(answer)
        ]

    def _findings(self, answer: Answer) -> Findings:
        wording = self._book.of(answer.language)
        ignored = [wording("openai_instructions")] if self._asked.instructed else []
        return Findings(
            kind=answer.kind,
            language=answer.language,
            refused=answer.refused,
            corrected=self._growing.corrected,
            citations=[CitationShape(**write_citation(item)) for item in answer.citations],
            remarks=[*remarks(answer, wording), *ignored],
            model=answer.model,
        )


def openai_routes(corpora_for: CorporaFor, book: WordingBook, reception: Reception) -> APIRouter:
    """Make the routes; a model is a collection that whoever asks may read."""
    router = APIRouter(prefix="/v1", tags=["openai"])

    @router.get("/models")
    def models(request: Request) -> ModelList:
        """List the assistant as a model, once for each collection."""
        return ModelList(data=[_entry(name) for name in corpora_for(request).names()])

    @router.get("/models/{model:path}", response_model=ModelEntry, responses=_FAILURES)
    def one_model(model: str, request: Request) -> Response:
        """Give the assistant as a model."""
        corpora = corpora_for(request)
        collection = _collection(model, corpora)
        if collection is None:
            return _unknown(request, model, corpora)
        return JSONResponse(_entry(collection).model_dump())

    @router.post("/chat/completions", response_model=Completion, responses={**EVENTS, **_FAILURES})
    async def complete(body: ChatRequest, request: Request) -> Response:
        """Answer the last user message; the messages before it are the conversation."""
        corpora = corpora_for(request)
        collection = _collection(body.model, corpora)
        if collection is None:
            return _unknown(request, body.model, corpora)
        asked = _asked(body, book)
        if asked is None:
            return failure(request.url.path, 400, "No message is of the user.", "messages")
        reception.admit(request)
        assistant = await to_thread.run_sync(corpora.assistant, collection)
        answers = assistant.stream(asked.question, asked.history)
        reply = _Reply(asked, book, str(request.base_url))
        if body.stream:
            options = body.stream_options
            pieces = reply.pieces(answers, bool(options and options.include_usage))
            return await reception.events(request, pieces, _FORM)
        return _whole(reply, await reception.last(request, answers))

    return router


def _finish(answer: Answer) -> FinishReason:
    """Tell how an answer ended, which is a model's text where it has one."""
    keys = {notice.key for notice in answer.notices} if answer.kind is Kind.WRITTEN else ()
    return next((finish for key, finish in _FINISHES.items() if key in keys), "stop")


def _whole(reply: _Reply, last: Answer | Response) -> Response:
    if isinstance(last, Response):
        return last
    return JSONResponse(reply.whole(last).model_dump(mode="json"))


def _asked(body: ChatRequest, book: WordingBook) -> _Asked | None:
    """Take the last user message for the question; None where there is no user message."""
    messages = body.messages
    turns = [item for item in messages if not isinstance(item, SystemMessage)]
    while turns and not isinstance(turns[-1], UserMessage):
        turns.pop()
    if not turns:
        return None
    history = [_turn(turn, book) for turn in turns[:-1][-_MOST_TURNS:]]
    question = turns[-1].content or ""
    instructed = any(isinstance(message, SystemMessage) for message in messages)
    return _Asked(body.model, question, tuple(history), instructed)


def _turn(turn: UserMessage | AssistantMessage, book: WordingBook) -> Message:
    text = turn.content or ""
    if isinstance(turn, AssistantMessage):
        text = without_additions(text, book)
    return Message(turn.role, text[:_LONGEST_TURN])


def _entry(collection: str) -> ModelEntry:
    name = MODEL if collection == DEFAULT_COLLECTION else f"{MODEL}/{collection}"
    return ModelEntry(id=name, created=0)


def _collection(model: str, corpora: VisibleCorpora) -> str | None:
    """Name the collection that a model answers from; None where there is no such model."""
    named = {_entry(name).id: name for name in corpora.names()}
    return named.get(model)


def _unknown(request: Request, model: str, corpora: VisibleCorpora) -> Response:
    here = ", ".join(repr(_entry(name).id) for name in corpora.names())
    message = f"There is no model {model!r}; there are: {here}."
    return failure(request.url.path, 404, message, "model", "model_not_found")


def _broken(error: Exception) -> bytes:
    message = json.dumps(openai_error(_STREAM_BROKEN, str(error)), ensure_ascii=False)
    return format_sse_event(data_str=message)


_FORM = EventForm(_broken, format_sse_event(data_str="[DONE]"))
