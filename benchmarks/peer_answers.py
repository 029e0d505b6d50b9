"""What a user would pick instead for cited answers: LlamaIndex's CitationQueryEngine, as shipped.

Its prompt, its splitting into sources and the number of passages are its own; index, embedder and
language model are those of the systems beside it. It has no flag for "the documents do not say",
so a reply that declines is told by its words.

Needs the dependency group `benchmarks`, as `benchmarks.peers` does.

Knows LlamaIndex and one language model; nothing of scores.
"""

from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any

from llama_index.core.base.response.schema import Response as EngineResponse
from llama_index.core.llms import CompletionResponse, CompletionResponseGen, CustomLLM, LLMMetadata
from llama_index.core.llms.callbacks import llm_completion_callback
from llama_index.core.query_engine import CitationQueryEngine
from llama_index.core.schema import NodeWithScore, QueryBundle
from pydantic import PrivateAttr

from assistant.chat_model import ChatModel
from assistant.evaluation.types import GoldQuestion, ReplyKind, Response
from assistant.types import Message
from benchmarks.peer_declining import declines
from benchmarks.peer_replies import Source, located, read_reply
from benchmarks.peers import MOST, SHOWN, PeerIndex, document_of, in_scope, searched
from index.types import Span


class ServedModel(CustomLLM):
    """A chat model as LlamaIndex calls language models: the prompt is one message of a user.

    `first_piece` is when the latest reply began, by `perf_counter`.
    """

    context_window: int
    num_output: int
    _model: ChatModel = PrivateAttr()
    _first_piece: float = PrivateAttr(default=0.0)

    def __init__(self, model: ChatModel, context_window: int, num_output: int) -> None:
        super().__init__(context_window=context_window, num_output=num_output)
        self._model = model

    @property
    def first_piece(self) -> float:
        """When the latest reply began."""
        return self._first_piece

    @property
    def metadata(self) -> LLMMetadata:
        """Tell the engine how much text fits."""
        return LLMMetadata(
            context_window=self.context_window,
            num_output=self.num_output,
            model_name=self._model.name,
            is_chat_model=False,  # else the prompt would be wrapped in "user:" and "assistant:"
        )

    @llm_completion_callback()
    def complete(
        self,
        prompt: str,
        formatted: bool = False,
        **kwargs: Any,  # noqa: ANN401 (LlamaIndex's)
    ) -> CompletionResponse:
        """Reply in one piece. Raises ModelUnavailable."""
        text = ""
        for piece in self._model.stream([Message("user", prompt)]):
            if not text:
                self._first_piece = perf_counter()
            text += piece
        return CompletionResponse(text=text)

    @llm_completion_callback()
    def stream_complete(
        self,
        prompt: str,
        formatted: bool = False,
        **kwargs: Any,  # noqa: ANN401 (LlamaIndex's)
    ) -> CompletionResponseGen:
        """Refuse: the engine does not stream as shipped."""
        raise NotImplementedError("The engine is measured as shipped, without streaming.")


class CitationEngine:
    """CitationQueryEngine with its own settings: the two best nodes, in pieces of 512 tokens.

    A question's scope is a metadata filter in Chroma. History is not read: the engine answers
    one question. `retrieved` are the best nodes of the same index, of which the first two are
    given to the model. `detect` tells the language of a text, with a fallback. `context_window`
    is the model's, in tokens; `answer_tokens` the most that `model` writes.
    """

    name = "LlamaIndex CitationQueryEngine"

    def __init__(
        self,
        index: PeerIndex,
        model: ChatModel,
        detect: Callable[[str, str], str],
        context_window: int = 4096,
        answer_tokens: int = 300,
    ) -> None:
        self._index = index
        self._chat = model
        self._model = ServedModel(model, context_window, answer_tokens)
        self._detect = detect

    def retrieve(self, question: GoldQuestion) -> Response:
        """Search only."""
        return searched(self._index, self._index.dense(MOST, question.scope), question)

    def respond(self, question: GoldQuestion) -> Response:
        """Search and reply. Raises ModelUnavailable."""
        engine = CitationQueryEngine.from_args(
            self._index.vectors, llm=self._model, filters=in_scope(question.scope)
        )
        query = QueryBundle(question.question)
        start = perf_counter()
        nodes = engine.retrieve(query)
        evidence = perf_counter()
        answer = engine.synthesize(query, nodes)
        done = perf_counter()
        if not isinstance(answer, EngineResponse):
            raise TypeError(f"The engine gave a {type(answer).__name__}, not a whole reply.")
        reply = (answer.response or "").strip()
        language = self._detect(reply, question.language)
        reading = read_reply(reply, language, self._sources(answer.source_nodes, nodes))
        times = {"evidence": evidence, "first_token": self._model.first_piece, "done": done}
        return Response(
            retrieved=self.retrieve(question).retrieved,
            shown=SHOWN,
            reply=reply,
            kind=ReplyKind.REFUSED if declines(reading.sentences) else ReplyKind.WRITTEN,
            language=language,
            citations=reading.citations,
            sentences=reading.sentences,
            dropped=reading.dropped,
            model=self._chat.name,
            timings_ms={name: (time - start) * 1000 for name, time in times.items()},
        )

    def _sources(
        self, pieces: Sequence[NodeWithScore], nodes: Sequence[NodeWithScore]
    ) -> list[Source]:
        """Undo the engine's numbering, and find the places that it forgets."""
        sources: list[Source] = []
        for number, piece in enumerate(pieces, start=1):
            document = document_of(piece.node)
            text = piece.node.get_content().removeprefix(f"Source {number}:\n").removesuffix("\n")
            windows = [
                self._index.span(item.node)
                for item in nodes
                if document_of(item.node) == document and text in item.node.get_content()
            ]
            whole = self._index.texts[document]
            window = next((w for w in windows if w.start >= 0), Span(0, len(whole)))
            span = located(whole, text, window) or Span(-1, -1)
            sources.append(Source(document, span.start, span.end, text))
        return sources
