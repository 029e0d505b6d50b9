"""What a user would pick instead for searching: LlamaIndex on Chroma, as shipped.

    LlamaIndexDense    VectorStoreIndex on a Chroma collection
    LlamaIndexHybrid   the same and BM25, fused by reciprocal rank

Both split with SentenceSplitter's own settings and embed with the assistant's own embedder, so
that designs are compared and not weights. The text that is embedded has no metadata in it; titles
are shown to language models, as the assistant shows them to its own. Both read the question alone
and no history, as retrievers do.

Needs the dependency group `benchmarks` (with pip 25.1 or newer):

    python -m pip install --group benchmarks

Knows LlamaIndex and places in documents; nothing of language models, replies or scores.
"""

from collections.abc import Sequence
from itertools import chain
from time import perf_counter
from typing import Any, Protocol
from uuid import uuid4

import chromadb
from chromadb.config import Settings as ChromaSettings
from llama_index.core import Document, StorageContext, VectorStoreIndex
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.constants import DEFAULT_SIMILARITY_TOP_K
from llama_index.core.llms import MockLLM
from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.retrievers import BaseRetriever, QueryFusionRetriever
from llama_index.core.retrievers.fusion_retriever import FUSION_MODES
from llama_index.core.schema import BaseNode, NodeWithScore, QueryBundle
from llama_index.core.vector_stores import FilterOperator, MetadataFilter, MetadataFilters
from llama_index.retrievers.bm25 import BM25Retriever
from llama_index.vector_stores.chroma import ChromaVectorStore
from pydantic import PrivateAttr

from assistant.evaluation.types import GoldQuestion, Response, Retrieved
from benchmarks.peer_replies import placed
from index.types import Embedder, Passage, Span

MOST = 20
"""Passages that are listed; recall is measured down to this rank."""

SHOWN = DEFAULT_SIMILARITY_TOP_K
"""Passages that LlamaIndex's query engines give a model as shipped: two."""

_DOCUMENT = "document"
_NOWHERE = Span(-1, -1)


class SourceText(Protocol):
    """A document as the peers read it."""

    @property
    def id(self) -> str:
        """Name it as gold questions do."""

    @property
    def title(self) -> str:
        """Name it as a reader would."""

    @property
    def text(self) -> str:
        """Give all of it."""


class SameEmbedding(BaseEmbedding):
    """The assistant's embedder, prefixes included, as LlamaIndex calls embedders."""

    _embedder: Embedder = PrivateAttr()

    def __init__(self, embedder: Embedder, **settings: Any) -> None:  # noqa: ANN401 (pydantic's)
        super().__init__(model_name=embedder.fingerprint, **settings)
        self._embedder = embedder

    def _get_query_embedding(self, query: str) -> list[float]:
        return list(map(float, self._embedder.embed_query(query)))

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_query_embedding(query)

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._get_text_embeddings([text])[0]

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        # Passages without sentences, so that each text is embedded once.
        passages = [Passage(0, len(text), text, sentences=()) for text in texts]
        vectors = chain.from_iterable(self._embedder.embed_passages(passages))
        return [list(map(float, item.passage)) for item in vectors]


class PeerIndex:
    """Documents split, embedded and stored once, for all the peers that search them.

    A node's place is where its text really stands: the splitter looks for it from behind the
    previous node's start, which may be wrong; where it is, the first occurrence counts, and -1
    where there is none.
    """

    def __init__(self, documents: Sequence[SourceText], embedder: Embedder) -> None:
        self.texts = {document.id: document.text for document in documents}
        self.nodes: list[BaseNode] = SentenceSplitter().get_nodes_from_documents(
            [_document(document) for document in documents]
        )
        self._spans = {node.node_id: self._span(node) for node in self.nodes}
        self._client = chromadb.EphemeralClient(ChromaSettings(anonymized_telemetry=False))
        # All ephemeral clients of a process share one store.
        collection = self._client.create_collection(
            f"peer-{uuid4().hex}",
            configuration={"hnsw": {"space": "cosine"}},
            embedding_function=None,
        )
        store = ChromaVectorStore(chroma_collection=collection)
        self.vectors = VectorStoreIndex(
            self.nodes,
            storage_context=StorageContext.from_defaults(vector_store=store),
            embed_model=SameEmbedding(embedder),
        )

    def dense(self, limit: int, scope: Sequence[str] = ()) -> BaseRetriever:
        """Make the vector retriever, over the documents of `scope` alone if there are any."""
        return self.vectors.as_retriever(similarity_top_k=limit, filters=in_scope(scope))

    def span(self, node: BaseNode) -> Span:
        """Give the place of a node in its document; (-1, -1) where it is not found."""
        return self._spans[node.node_id]

    def retrieved(self, found: Sequence[NodeWithScore]) -> tuple[Retrieved, ...]:
        """Put nodes at their places in their documents, in the order given."""
        return tuple(
            Retrieved(
                document=document_of(item.node),
                start=self.span(item.node).start,
                end=self.span(item.node).end,
                text=item.node.get_content(),
                score=item.score or 0.0,
            )
            for item in found
        )

    def _span(self, node: BaseNode) -> Span:
        start = getattr(node, "start_char_idx", None)
        return placed(self.texts[document_of(node)], node.get_content(), start) or _NOWHERE


class LlamaIndexDense:
    """LlamaIndex's vector index; a question's scope is a metadata filter in Chroma."""

    name = "LlamaIndex vectors"

    def __init__(self, index: PeerIndex) -> None:
        self._index = index

    def retrieve(self, question: GoldQuestion) -> Response:
        """Search only."""
        return searched(self._index, self._index.dense(MOST, question.scope), question)

    def respond(self, question: GoldQuestion) -> Response:
        """Search only: a retriever writes nothing."""
        return self.retrieve(question)


class LlamaIndexHybrid:
    """LlamaIndex's usual hybrid: its BM25 and vector retrievers, fused by reciprocal rank.

    BM25's language is the one it is shipped with, English. It has no filter by question, so for
    a question with a scope it ranks all nodes and those of other documents are taken out.
    """

    name = "LlamaIndex hybrid"

    def __init__(self, index: PeerIndex) -> None:
        self._index = index
        self._terms = BM25Retriever(nodes=index.nodes, similarity_top_k=MOST)
        self._all_terms = BM25Retriever(nodes=index.nodes, similarity_top_k=len(index.nodes))

    def retrieve(self, question: GoldQuestion) -> Response:
        """Search only."""
        terms: BaseRetriever = self._terms
        if question.scope:
            terms = _Within(self._all_terms, frozenset(question.scope))
        fused = QueryFusionRetriever(
            [self._index.dense(MOST, question.scope), terms],
            llm=MockLLM(),  # never asked; without one a key of OpenAI's is asked for
            mode=FUSION_MODES.RECIPROCAL_RANK,
            num_queries=1,
            use_async=False,
            similarity_top_k=MOST,
        )
        return searched(self._index, fused, question)

    def respond(self, question: GoldQuestion) -> Response:
        """Search only: a retriever writes nothing."""
        return self.retrieve(question)


class _Within(BaseRetriever):
    """Another retriever's best nodes of some documents."""

    def __init__(self, retriever: BaseRetriever, documents: frozenset[str]) -> None:
        super().__init__()
        self._retriever = retriever
        self._documents = documents

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        found = self._retriever.retrieve(query_bundle)
        return [item for item in found if document_of(item.node) in self._documents][:MOST]


def searched(index: PeerIndex, retriever: BaseRetriever, question: GoldQuestion) -> Response:
    """Retrieve, and time it."""
    start = perf_counter()
    found = retriever.retrieve(question.question)
    milliseconds = (perf_counter() - start) * 1000
    return Response(index.retrieved(found), SHOWN, timings_ms={"evidence": milliseconds})


def in_scope(scope: Sequence[str]) -> MetadataFilters | None:
    """Write a question's scope as LlamaIndex's filters; None for all documents."""
    if not scope:
        return None
    chosen = MetadataFilter(key=_DOCUMENT, value=list(scope), operator=FilterOperator.IN)
    return MetadataFilters(filters=[chosen])


def document_of(node: BaseNode) -> str:
    """Name the document of a node."""
    return str(node.metadata[_DOCUMENT])


def _document(document: SourceText) -> Document:
    return Document(
        text=document.text,
        metadata={_DOCUMENT: document.id, "title": document.title},
        excluded_embed_metadata_keys=[_DOCUMENT, "title"],
        excluded_llm_metadata_keys=[_DOCUMENT],
    )
