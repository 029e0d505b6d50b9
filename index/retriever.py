"""Finds the passages for a question: vectors and terms, fused on an absolute scale.

Knows the stores of one generation; nothing of files or of how passages came there.
"""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

from index.fusion import FusionWeights, fuse, key_score, language_offsets
from index.generation import EmbeddedPassage, Generation
from index.terms import Coverage, TermIndex
from index.types import Embedder, Hit, SentenceMatch, Vector
from index.vectors import VectorStore

_CANDIDATES = 60
"""From each index. The order is decided afterwards, on exact figures from the catalog."""


_MOST_SCORED = 2 * _CANDIDATES
"""Of chosen documents: as many as a search of all documents scores at most."""


@dataclass(frozen=True, slots=True)
class _Query:
    """A text to compare with: its vector, the rarity of its grams, and who holds them."""

    vector: Vector
    rarity: Mapping[str, float]
    coverage: Coverage


@dataclass(frozen=True, slots=True)
class _Scored:
    """A passage with the figures that rank it."""

    passage: EmbeddedPassage
    score: float
    similarity: float
    offset: float
    coverage: float


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

    def search(
        self,
        question: str | Mapping[str, float],
        limit: int = 8,
        document_ids: Sequence[int] | None = None,
    ) -> list[Hit]:
        """Rank the passages for a question, best first.

        A mapping weighs wordings of one question; weights add up to 1, and figures are then means
        over the wordings, but sentences are scored by the first one alone. Where documents are
        given, no passages of others are scored, and of theirs all, unless there are very many.
        """
        wordings = {question: 1.0} if isinstance(question, str) else question
        with ThreadPoolExecutor(1, "terms") as beside:
            # Embedding and looking terms up take about as long, and neither holds Python's lock.
            found = beside.submit(self._looked_up, list(wordings), document_ids is None)
            vectors = [self._embedder.embed_query(text) for text in wordings]
            rarities, numbers = found.result()
        queries = list(map(_query, vectors, rarities))
        whole = _mean(queries, list(wordings.values()))
        totals = self._generation.languages()
        offsets = language_offsets(whole.vector, totals, self._means, self._weights)
        if document_ids is not None:
            numbers = self._among(document_ids, whole, list(wordings), offsets)
        else:
            slots = {totals[name].slot: offset for name, offset in _centred(offsets).items()}
            numbers.update(self._vectors.search(whole.vector, slots, _CANDIDATES))
        candidates = self._generation.ready(numbers)
        ranked = [self._scored(candidate, whole, offsets) for candidate in candidates]
        ranked.sort(key=lambda item: item.score, reverse=True)
        return [self._hit(item, whole, queries[0]) for item in ranked[:limit]]

    def _among(
        self,
        document_ids: Sequence[int],
        whole: "_Query",
        wordings: Sequence[str],
        offsets: Mapping[str, float],
    ) -> set[int]:
        """Choose the passages of documents to score: all, or the best by vector and by terms.

        The vectors are those of the catalog: for a filter, an index of nearest neighbours would
        have to pass over most of what it finds.
        """
        numbers = self._generation.passage_ids(document_ids)
        if len(numbers) <= _MOST_SCORED:
            return set(numbers)
        ready, languages, vectors = self._generation.ready_vectors(numbers)
        off = np.asarray([offsets.get(language, 0.0) for language in languages])
        best = np.argsort(off - vectors @ whole.vector)[:_CANDIDATES]
        chosen = {ready[place] for place in best}
        for wording in wordings:
            chosen.update(self._terms.search(wording, _CANDIDATES, numbers))
        return chosen

    def match_sentences(
        self, text: str, passage_ids: Iterable[int]
    ) -> dict[int, tuple[SentenceMatch, ...]]:
        """Compare a text with each sentence of some passages, by passage.

        Passages of a generation that a rebuild has replaced count too: an answer that was begun
        before it is still checked after it.
        """
        query = _query(self._embedder.embed_query(text), self._terms.rarity(text))
        numbers = tuple(passage_ids)
        own = self._generation
        replaced = [other for other in own.others() if other.fingerprint == own.fingerprint]
        return {
            item.stored.id: self._matches(item, query, query)
            for generation in (own, *replaced)
            for item in generation.ready(numbers)
        }

    def _looked_up(
        self, wordings: Sequence[str], in_all: bool
    ) -> tuple[list[dict[str, float]], set[int]]:
        """Weigh the grams of each wording; and find the best passages, if all documents count."""
        rarities = [self._terms.rarity(wording) for wording in wordings]
        numbers: set[int] = set()
        for wording in wordings if in_all else ():
            numbers.update(self._terms.search(wording, _CANDIDATES))
        return rarities, numbers

    def _scored(
        self, candidate: EmbeddedPassage, whole: "_Query", offsets: Mapping[str, float]
    ) -> "_Scored":
        passage = candidate.stored.passage
        similarity = float(candidate.vector @ whole.vector)
        best = float((candidate.sentence_vectors @ whole.vector).max())
        offset = offsets.get(passage.language, 0.0)
        covered = whole.coverage.of(passage.text)
        score = fuse(similarity, offset, best, covered, self._weights)
        return _Scored(candidate, score, similarity, offset, covered)

    def _hit(self, item: "_Scored", whole: "_Query", first: "_Query") -> Hit:
        matches = self._matches(item.passage, whole, first)
        key = max(matches, key=lambda match: match.score)
        return Hit(
            stored=item.passage.stored,
            score=item.score,
            similarity=item.similarity,
            offset=item.offset,
            coverage=item.coverage,
            key=key.span,
            key_similarity=key.similarity,
            sentences=matches,
        )

    def _matches(
        self, candidate: EmbeddedPassage, whole: "_Query", first: "_Query"
    ) -> tuple[SentenceMatch, ...]:
        passage, vectors = candidate.stored.passage, candidate.sentence_vectors
        similarities, own = vectors @ whole.vector, vectors @ first.vector
        matches = []
        for place, span in enumerate(passage.sentences):
            text = passage.text_of(span)
            covered = first.coverage.of(text)
            score = key_score(float(own[place]), covered, text, self._weights)
            matches.append(SentenceMatch(span, float(similarities[place]), score))
        return tuple(matches)

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return [_node(hit) for hit in self.search(query_bundle.query_str)]


def _centred(offsets: Mapping[str, float]) -> dict[str, float]:
    """Take off what all languages share: it changes no order, and blurs an approximate search."""
    middle = sum(offsets.values()) / max(1, len(offsets))
    return {name: offset - middle for name, offset in offsets.items()}


def _query(vector: Vector, rarity: Mapping[str, float]) -> _Query:
    total = sum(rarity.values()) or 1.0
    shares = {gram: value / total for gram, value in rarity.items()}
    return _Query(vector, shares, Coverage(shares))


def _mean(queries: Sequence[_Query], weights: Sequence[float]) -> _Query:
    # Not scaled to unit length, so that its products are means of cosines.
    vector: Vector = np.average([query.vector for query in queries], axis=0, weights=weights)
    rarity: dict[str, float] = {}
    for query, weight in zip(queries, weights, strict=True):
        for gram, share in query.rarity.items():
            rarity[gram] = rarity.get(gram, 0.0) + weight * share
    return _Query(vector.astype(np.float32), rarity, Coverage(rarity))


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
