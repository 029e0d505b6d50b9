"""Whether the gold passages were found, and how far up.

Knows places and ranks; nothing of replies. Pure functions.

A passage covers a gold place when they share at least half of the shorter of the two: of its
characters where both have offsets, else of its strings of eight characters. Each gold place is
credited once, to the first passage that covers it.
"""

import math
from collections.abc import Callable, Sequence

from assistant.evaluation.normalisation import squeezed
from assistant.evaluation.types import Cited, Gold, Retrieved, Score

CUTS = (1, 3, 5, 10, 20)
_DEEPEST = 10
_CONTEXT = 5
_STRING = 8


def covers(passage: Retrieved | Cited, gold: Gold) -> bool:
    """Say whether a passage, or a cited sentence, holds a gold place."""
    if passage.document != gold.document:
        return False
    if gold.start is not None and gold.end is not None:
        shared = min(passage.end, gold.end) - max(passage.start, gold.start)
        return shared > 0 and 2 * shared >= min(passage.end - passage.start, gold.end - gold.start)
    if gold.quote:
        return _overlap(passage.text, gold.quote) >= 0.5
    return True


def credited(retrieved: Sequence[Retrieved], gold: Sequence[Gold]) -> list[int]:
    """Count, rank by rank, the gold places that are covered there for the first time.

    Where the gold is whole documents, the ranks are those of distinct documents.
    """
    if all(_is_document(place) for place in gold):
        retrieved = distinct_documents(retrieved)
    left = list(gold)
    counts = []
    for passage in retrieved:
        remaining = [place for place in left if not covers(passage, place)]
        counts.append(len(left) - len(remaining))
        left = remaining
    return counts


def distinct_documents(retrieved: Sequence[Retrieved]) -> list[Retrieved]:
    """Keep the first passage of each document, in rank order."""
    first: dict[str, Retrieved] = {}
    for passage in retrieved:
        first.setdefault(passage.document, passage)
    return list(first.values())


def recall(counts: Sequence[int], gold: int, cut: int) -> float:
    """Share of the gold places that the first `cut` ranks cover."""
    return sum(counts[:cut]) / gold


def reciprocal_rank(counts: Sequence[int], cut: int = _DEEPEST) -> float:
    """1 / rank of the first passage that covers any gold, 0 beyond the cut."""
    return next((1 / rank for rank, count in enumerate(counts[:cut], 1) if count), 0.0)


def ndcg(counts: Sequence[int], gold: int, cut: int = _DEEPEST) -> float:
    """Normalised discounted cumulative gain (Järvelin and Kekäläinen 2002), gain 1 a new find."""
    gained = sum(1 / math.log2(rank + 1) for rank, count in enumerate(counts[:cut], 1) if count)
    ideal = sum(1 / math.log2(rank + 1) for rank in range(1, min(gold, cut) + 1))
    return min(1.0, gained / ideal)


def retrieval_scores(
    retrieved: Sequence[Retrieved], gold: Sequence[Gold], count_tokens: Callable[[str], int]
) -> dict[str, Score]:
    """Score a ranking; nothing where there is no gold."""
    if not gold:
        return {}
    documents = [Gold(name) for name in dict.fromkeys(place.document for place in gold)]
    scores = _ranking(credited(retrieved, gold), len(gold))
    for name, score in _ranking(credited(retrieved, documents), len(documents)).items():
        scores[f"document_{name}"] = score
    scores[f"context_tokens@{_CONTEXT}"] = float(
        sum(count_tokens(passage.text) for passage in retrieved[:_CONTEXT])
    )
    return scores


def first_covering(retrieved: Sequence[Retrieved], gold: Sequence[Gold]) -> Retrieved | None:
    """Find the first passage that covers any gold place."""
    return next((p for p in retrieved if any(covers(p, place) for place in gold)), None)


def _ranking(counts: Sequence[int], gold: int) -> dict[str, Score]:
    scores: dict[str, Score] = {f"recall@{cut}": recall(counts, gold, cut) for cut in CUTS}
    scores[f"mrr@{_DEEPEST}"] = reciprocal_rank(counts)
    scores[f"ndcg@{_DEEPEST}"] = ndcg(counts, gold)
    return scores


def _is_document(gold: Gold) -> bool:
    return gold.start is None and not gold.quote


def _overlap(one: str, other: str) -> float:
    """Share of the shorter text's strings of eight characters that the other has too."""
    texts = sorted((squeezed(one), squeezed(other)), key=len)
    if len(texts[0]) < _STRING:
        return float(bool(texts[0]) and texts[0] in texts[1])
    shorter, longer = (_strings(text) for text in texts)
    return len(shorter & longer) / len(shorter)


def _strings(text: str) -> set[str]:
    return {text[start : start + _STRING] for start in range(len(text) - _STRING + 1)}
