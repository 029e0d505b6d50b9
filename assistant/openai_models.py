"""What goes over OpenAI's protocol for chats, as far as this assistant speaks it.

Knows shapes, and which values are not supported; nothing of how answers come about. Parameters
that are not named here have no effect.
"""

from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    StrictBool,
    WithJsonSchema,
)

from assistant.api_models import CitationShape, Described
from assistant.types import Kind

MODEL = "bronwijzer"

_PART = {
    "type": "object",
    "required": ["type", "text"],
    "properties": {"type": {"const": "text"}, "text": {"type": "string"}},
}
_TEXT: dict[str, Any] = {"anyOf": [{"type": "string"}, {"type": "array", "items": _PART}]}
_SAYING = {"type": "string", "pattern": r"[^\s\x1c-\x1f]"}
_ASKED: dict[str, Any] = {
    "anyOf": [
        _SAYING,
        {"type": "array", "items": _PART, "contains": {"properties": {"text": _SAYING}}},
    ]
}
_OF_USER: dict[str, JsonValue] = {"properties": {"role": {"const": "user"}}, "required": ["role"]}


def _encodable(text: str) -> str:
    """Refuse half a surrogate, which JSON may hold and no answer can repeat."""
    text.encode()
    return text


def _joined(content: object) -> object:
    """Take the parts of a text as one text. Raises ValueError for parts that are no text."""
    if not isinstance(content, list):
        return content
    texts = []
    for part in content:
        kind = part.get("type") if isinstance(part, dict) else None
        if kind != "text" or not isinstance(part.get("text"), str):
            raise ValueError(f"Only text can be read, not a part of the type {kind!r}.")
        texts.append(part["text"])
    return "\n".join(texts)


def _saying(text: str) -> str:
    if not text.strip():
        raise ValueError("The message of a user is empty.")
    return text


def _none(given: object) -> object:
    if given not in (None, []):
        raise ValueError("Tools are not supported. Leave this out.")
    return given


def _counted(given: object) -> object:
    """Refuse true and false, which Python takes for 1 and 0."""
    if isinstance(given, bool):
        raise ValueError("This is a number, not true or false.")
    return given


def _said(given: object) -> object:
    """Refuse 0, which Python takes for false."""
    if not isinstance(given, bool | None):
        raise ValueError("This is true or false.")
    return given


def _plain(given: object) -> object:
    if isinstance(given, dict) and given.get("type") != "text":
        raise ValueError("Answers are text with marks; no other format is supported.")
    return given


Text = Annotated[str, BeforeValidator(_joined), AfterValidator(_encodable), WithJsonSchema(_TEXT)]
Asked = Annotated[
    str,
    BeforeValidator(_joined),
    AfterValidator(_encodable),
    AfterValidator(_saying),
    WithJsonSchema(_ASKED),
]
NoTools = Annotated[
    list[Any] | None,
    BeforeValidator(_none),
    WithJsonSchema({"anyOf": [{"type": "array", "maxItems": 0}, {"type": "null"}]}),
]


class UserMessage(BaseModel):
    """The question, or one before it."""

    role: Literal["user"]
    content: Asked = Field(examples=["Who leads the works on the quay?"])


class AssistantMessage(BaseModel):
    """An earlier answer."""

    role: Literal["assistant"]
    content: Text | None = None


class SystemMessage(BaseModel):
    """Instructions, which are not followed: see `remarks`."""

    role: Literal["system", "developer"]
    content: Text


ChatMessage = Annotated[UserMessage | AssistantMessage | SystemMessage, Field(discriminator="role")]


class TextFormat(BaseModel):
    """The one format of answers."""

    type: Literal["text"]


class StreamOptions(BaseModel):
    """What a stream holds besides."""

    include_usage: StrictBool | None = None


class ChatRequest(BaseModel):
    """A question with the turns before it; the last user message is the question."""

    model: str = Field(description="One that /v1/models lists.", examples=[MODEL])
    messages: list[ChatMessage] = Field(
        min_length=1, max_length=1000, json_schema_extra={"contains": _OF_USER}
    )
    stream: StrictBool | None = None
    stream_options: StreamOptions | None = None
    n: Annotated[Literal[1] | None, BeforeValidator(_counted)] = None
    tools: NoTools = None
    functions: NoTools = None
    logprobs: Annotated[Literal[False] | None, BeforeValidator(_said)] = None
    top_logprobs: Annotated[Literal[0] | None, BeforeValidator(_counted)] = None
    response_format: Annotated[TextFormat | None, BeforeValidator(_plain)] = None


class UrlCitation(Described):
    """Where a mark in the text leads: [start_index, end_index) are its characters."""

    url: str
    title: str
    start_index: int
    end_index: int


class Annotation(Described):
    """A mark of the text."""

    type: Literal["url_citation"] = "url_citation"
    url_citation: UrlCitation


class Findings(Described):
    """What OpenAI's protocol has no place for."""

    kind: Kind
    language: str
    refused: bool = Field(description="The documents do not hold the answer.")
    corrected: bool = Field(
        description="What was streamed first did not hold; the text after the correction counts."
    )
    citations: list[CitationShape]
    remarks: list[str] = Field(description="All that a reader should know.")
    model: str | None = Field(description="The language model that was asked, if one was.")


class Reply(Described):
    """An answer as a message."""

    role: Literal["assistant"] = "assistant"
    content: str
    refusal: None = None
    annotations: list[Annotation]
    bronwijzer: Findings


FinishReason = Literal["stop", "length", "content_filter"]
"""How an answer ended: by itself, at the most that a model may write, or at a content filter."""


class Choice(Described):
    """The one answer."""

    index: Literal[0] = 0
    message: Reply
    logprobs: None = None
    finish_reason: FinishReason = "stop"


class Usage(Described):
    """Tokens are not counted: always 0."""

    prompt_tokens: Literal[0] = 0
    completion_tokens: Literal[0] = 0
    total_tokens: Literal[0] = 0


class Completion(Described):
    """A whole answer."""

    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int = Field(description="Seconds since the epoch.")
    model: str = MODEL
    choices: list[Choice]
    usage: Usage


class ModelEntry(Described):
    """The assistant as a model."""

    model_config = ConfigDict(protected_namespaces=())

    id: str = MODEL
    object: Literal["model"] = "model"
    created: int = Field(description="Always 0.")
    owned_by: Literal["bronwijzer"] = "bronwijzer"


class ModelList(Described):
    """The one model."""

    object: Literal["list"] = "list"
    data: list[ModelEntry]


class ErrorDetail(Described):
    """What is the matter."""

    message: str
    type: Literal["invalid_request_error", "server_error"]
    param: str | None
    code: str | None


class OpenAIFailure(Described):
    """Why a request was not met, as OpenAI's clients read it."""

    error: ErrorDetail
