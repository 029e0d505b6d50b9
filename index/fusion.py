"""How likeness, sentences and shared terms make one score, on an absolute scale.

Knows numbers only; nothing of stores or texts.

No rank fusion: in a corpus of several languages the lexical ranking always offers something in
the question's language, and a rank does not say how little it matched. Coverage does: it is near
1 only where the rare terms of the question truly occur. Means of languages follow the mean
removal of multilingual embeddings (Libovický, Rosa and Fraser 2020), but come from parallel
texts: a mean of the corpus's own passages holds their subject too, and takes it off.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from index.generation import LanguageTotal
from index.passages import is_closed, width
from index.types import Vector


@dataclass(frozen=True, slots=True)
class FusionWeights:
    """What counts how much beside the cosine of question and passage.

    `shrinkage`: how many passages of the global mean are mixed into the mean of a language that
    has none of parallel texts.
    `sentence`: of what the best sentence's cosine exceeds the passage's by.
    `coverage`: of the coverage squared, since a small share of shared terms is chance.
    `key_coverage`: of a sentence's own coverage, in choosing the key sentence;
    `key_length`: of the logarithm of its columns, so that brevity does not win; `key_unclosed`:
    taken off a heading or fragment, which ends without punctuation and states nothing.
    """

    shrinkage: float = 10.0
    sentence: float = 0.5
    coverage: float = 0.1
    key_coverage: float = 0.2
    key_length: float = 0.005
    key_unclosed: float = 0.03


def language_offsets(
    query: Vector,
    totals: Mapping[str, LanguageTotal],
    means: Mapping[str, Vector],
    weights: FusionWeights,
) -> dict[str, float]:
    """The likeness of a question to each language as such, whatever a text in it says.

    `means` are of texts with the same content in every language, so that only the language tells
    them apart. A language without one takes the mean of its own passages, shrunk to that of all,
    less what the corpus's subjects add to the likeness.
    """
    present = {name: entry for name, entry in totals.items() if entry.passages > 0}
    count = sum(entry.passages for entry in present.values())
    if count == 0:
        return {}
    likeness = {name: float(query @ entry.total) for name, entry in present.items()}
    overall = sum(likeness.values()) / count
    offsets = {name: float(query @ means[name]) for name in present if name in means}
    known = sum(present[name].passages for name in offsets)
    added = sum(likeness[name] - present[name].passages * offsets[name] for name in offsets)
    subject = added / known if known else 0.0
    for name in present.keys() - offsets.keys():
        shrunk = (likeness[name] + weights.shrinkage * overall) / (
            present[name].passages + weights.shrinkage
        )
        offsets[name] = shrunk - subject
    return offsets


def key_score(similarity: float, coverage: float, sentence: str, weights: FusionWeights) -> float:
    """Score one sentence of a passage as the one to show."""
    return (
        similarity
        + weights.key_coverage * coverage
        + weights.key_length * math.log(max(1, width(sentence)))
        - (0.0 if is_closed(sentence) else weights.key_unclosed)
    )


def fuse(
    similarity: float, offset: float, best: float, coverage: float, weights: FusionWeights
) -> float:
    """Score one passage; `best` is the cosine of its best sentence."""
    excess = max(0.0, best - similarity)
    return similarity - offset + weights.sentence * excess + weights.coverage * coverage**2
