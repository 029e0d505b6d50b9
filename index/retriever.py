"""Finds the passages for a question: vectors and terms, fused on an absolute scale.

Knows the stores of one generation; nothing of files or of how passages came there.
"""

from collections.abc import Iterable, Mapping, Sequence

from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

from index.fusion import FusionWeights, fuse, key_score, language_offsets
from index.generation import EmbeddedPassage, Generation
from index.terms import TermIndex, coverage
from index.types import Embedder, Hit, SentenceMatch, Vector
from index.vectors import VectorStore

_CANDIDATES = 60
"""From each index. The order is decided afterwards, on exact figures from the catalog."""


class HybridRetriever(BaseRetriever):
    """A LlamaIndex retriever over one generation; `search` gives the same as typed hits."""

    def __init__(
        self,
        embedder: Embedder,
        generation: Generation,
        vectors: VectorStore,
        terms: TermIndex,
        means: Mapping[str, Vector] | None = None,
    ) -> None:
        super().__init__()
        self._embedder = embedder
        self._generation = generation
        self._vectors = vectors
        self._terms = terms
        self._means = means or {}
        self._weights = FusionWeights()

    def search(self, question: str, limit: int = 8, document_ids: Sequence[int] = ()) -> list[Hit]:
        """Rank the passages for a question, best first.

        Where documents are given, all their passages are scored, and no others.
        """
        query = self._embedder.embed_query(question)
        totals = self._generation.languages()
        offsets = language_offsets(query, totals, self._means, self._weights)
        if document_ids:
            numbers = set(self._generation.passage_ids(document_ids))
        else:
            slots = {totals[name].slot: offset for name, offset in _centred(offsets).items()}
            numbers = set(self._vectors.search(query, slots, _CANDIDATES))
            numbers.update(self._terms.search(question, _CANDIDATES))
        rarity = self._terms.rarity(question)
        candidates = self._generation.ready(numbers)
        hits = [self._hit(candidate, query, offsets, rarity) for candidate in candidates]
        hits.sort(key=lambda hit: hit.score, reverse=True)
        return hits[:limit]

    def match_sentences(
        self, text: str, passage_ids: Iterable[int]
    ) -> dict[int, tuple[SentenceMatch, ...]]:
        """Compare a text with each sentence of some passages, by passage."""
        query, rarity = self._embedder.embed_query(text), self._terms.rarity(text)
        return {
            item.stored.id: self._matches(item, query, rarity)
            for item in self._generation.ready(passage_ids)
        }

    def _hit(
        self,
        candidate: EmbeddedPassage,
        query: Vector,
        offsets: Mapping[str, float],
        rarity: Mapping[str, float],
    ) -> Hit:
        passage = candidate.stored.passage
        similarity = float(candidate.vector @ query)
        matches = self._matches(candidate, query, rarity)
        key = max(matches, key=lambda match: match.score)
        covered = coverage(rarity, passage.text)
        offset = offsets.get(passage.language, 0.0)
        best = max(match.similarity for match in matches)
        return Hit(
            stored=candidate.stored,
            score=fuse(similarity, offset, best, covered, self._weights),
            similarity=similarity,
            offset=offset,
            coverage=covered,
            key=key.span,
            key_similarity=key.similarity,
            sentences=matches,
        )

    def _matches(
        self, candidate: EmbeddedPassage, query: Vector, rarity: Mapping[str, float]
    ) -> tuple[SentenceMatch, ...]:
        passage = candidate.stored.passage
        matches = []
        for span, value in zip(passage.sentences, candidate.sentence_vectors @ query, strict=True):
            text, similarity = passage.text_of(span), float(value)
            score = key_score(similarity, coverage(rarity, text), text, self._weights)
            matches.append(SentenceMatch(span, similarity, score))
        return tuple(matches)

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return [_node(hit) for hit in self.search(query_bundle.query_str)]


def _centred(offsets: Mapping[str, float]) -> dict[str, float]:
    """Take off what all languages share: it changes no order, and blurs an approximate search."""
    middle = sum(offsets.values()) / max(1, len(offsets))
    return {name: offset - middle for name, offset in offsets.items()}


def _node(hit: Hit) -> NodeWithScore:
    passage = hit.stored.passage
    section = passage.section_at(passage.start)
    node = TextNode(
        id_=str(hit.stored.id),
        text=passage.text,
        start_char_idx=passage.start,
        end_char_idx=passage.end,
        metadata={
            "document_id": hit.stored.document_id,
            "title": hit.stored.title,
            "path": hit.stored.path,
            "page": section.page,
            "heading": section.heading,
            "language": passage.language,
        },
    )
    return NodeWithScore(node=node, score=hit.score)
