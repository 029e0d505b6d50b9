"""Whether what a sentence of an answer cites bears it out.

Knows the figures of a claim over its sources, and what they were worth where that was measured;
nothing of embedders, models or pages.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Protocol

import regex

from assistant.asides import Asides
from assistant.names import folded, missing_names
from assistant.number_words import NumberWords
from assistant.numbers import missing_numbers
from assistant.types import Notice, Support
from index.passages import width
from index.terms import grams

_SHORT_CLAIM = 40
"""In columns: a claim below this leans on the question, as a bare name does."""

_SHORT_WORD = 3
_UNSPACED = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}]{2}")

_USUAL_MARGIN = 0.05
"""Of a source with one sentence, which has no others to compare with."""

_LEAST_ACCURACY = 0.7
"""Balanced accuracy: where less was measured, no sentence counts as borne out."""


class Cited(Protocol):
    """A passage that a claim cites."""

    @property
    def title(self) -> str:
        """Its document's title."""

    @property
    def text(self) -> str:
        """Its text."""

    @property
    def language(self) -> str:
        """Its language's two-letter code."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence of an answer to `question`, in `language`, and the passages that it cites.

    `similarities` are the cosines of the sentence, `in_full`, to each sentence of each source.
    """

    claim: str
    question: str
    language: str
    sources: tuple[Cited, ...]
    similarities: tuple[tuple[float, ...], ...]

    @property
    def cited(self) -> str:
        """Titles and texts of the sources, each on lines of its own."""
        return "\n".join(text for source in self.sources for text in (source.title, source.text))

    @property
    def read(self) -> str:
        """What the claim may have its numbers from: the question and the sources."""
        return f"{self.question}\n{self.cited}"

    @property
    def nearest(self) -> int | None:
        """The place of the source with the sentence most like the claim; None without sources."""
        places = [place for place, row in enumerate(self.similarities) if row]
        return max(places, key=lambda place: max(self.similarities[place]), default=None)


def in_full(claim: str, question: str) -> str:
    """Put the question before a claim that says little without it."""
    return claim if width(claim) >= _SHORT_CLAIM else f"{question} {claim}"


def figures(statement: Statement, nearest: int) -> dict[str, float]:
    """Measure a statement against its sources, of which `nearest` is the place of one.

    `similarity`: the best cosine; `margin`: what it exceeds the mean of that source's other
    sentences by; `number` and `small_number`: 1 where a number is in neither sources nor
    question, too large to be spelt out there, or small; `names`: the share of its names that
    are in neither; `words`: the share of its longer words, by 4-grams, that the sources have.
    """
    *others, similarity = sorted(statement.similarities[nearest])
    text = " ".join(f"{source.title} {source.text}" for source in statement.sources)
    there = folded(f"{statement.question} {text}")
    numbers = missing_numbers(statement.claim, statement.read, apart=True)
    return {
        "similarity": similarity,
        "margin": similarity - sum(others) / len(others) if others else _USUAL_MARGIN,
        "number": float(any(not number.small for number in numbers)),
        "small_number": float(any(number.small for number in numbers)),
        "names": missing_names(statement.claim, statement.language, there),
        "words": _shared_words(statement.claim, text),
    }


@dataclass(frozen=True, slots=True)
class Regression:
    """A logistic regression: what each figure adds to the log-odds."""

    intercept: float
    weights: dict[str, float]

    def probability(self, measured: Mapping[str, float]) -> float:
        """Estimate the probability (0 to 1) that a statement with these figures is borne out."""
        logit = self.intercept + sum(w * measured[name] for name, w in self.weights.items())
        return 1 / (1 + math.exp(-logit))


@dataclass(frozen=True, slots=True)
class SupportModel:
    """What figures are worth on the scale of one `embedder`; see the data file for its making.

    From the probability `supported` up a statement counts as borne out, below `unsupported` as
    not. `accuracy` has the balanced accuracy of calling it at 0.5 where that was measured: by
    the language of the claim, by that of the source.
    """

    embedder: str
    same_language: Regression
    other_language: Regression
    supported: float
    unsupported: float
    accuracy: Mapping[str, Mapping[str, float]]

    @classmethod
    def bundled(cls) -> "SupportModel":
        """Read the coefficients that come with the package."""
        data = json.loads(files("assistant").joinpath("support.json").read_text("utf-8"))
        return cls(
            data["embedder"],
            Regression(**data["same_language"]),
            Regression(**data["other_language"]),
            data["supported"],
            data["unsupported"],
            data["accuracy"],
        )

    def probability(self, measured: Mapping[str, float], same_language: bool) -> float:
        """Estimate the probability (0 to 1) that a statement is borne out by its sources."""
        chosen = self.same_language if same_language else self.other_language
        return chosen.probability(measured)


class SupportJudge:
    """Judges sentences of answers by what they cite.

    A number that is neither there nor in the question is an invention, whatever else is alike,
    unless it is so small that the source may spell it out: then a sentence is in doubt where the
    source has no word for it, and another number that may stand in its place. Coefficients hold
    for one embedder: with another, only these rules are left, and no sentence counts as borne out.
    """

    def __init__(self, model: SupportModel, asides: Asides, words: NumberWords) -> None:
        self._model = model
        self._asides = asides
        self._words = words

    @classmethod
    def bundled(cls) -> "SupportJudge":
        """Judge by the data files that come with the package."""
        return cls(SupportModel.bundled(), Asides.bundled(), NumberWords())

    def support(self, statement: Statement, embedder: str) -> Support:
        """Judge a statement whose similarities are those of an embedder, by its fingerprint."""
        if self._asides.has(statement.claim, statement.language):
            return Support.UNJUDGED
        nearest = statement.nearest
        if nearest is None:
            return Support.UNSUPPORTED
        measured = figures(statement, nearest)
        if measured["number"]:
            return Support.UNSUPPORTED
        if embedder != self._model.embedder:
            return Support.WEAK
        source = statement.sources[nearest].language
        probability = self._model.probability(measured, source == statement.language)
        if probability < self._model.unsupported:
            return Support.UNSUPPORTED
        accuracy = self._accuracy(statement.language, source)
        sure = probability >= self._model.supported
        too_coarse = accuracy is not None and accuracy < _LEAST_ACCURACY
        replaced = bool(measured["small_number"]) and self._is_replaced(statement)
        doubtful = too_coarse or replaced or _may_be_part(statement)
        return Support.SUPPORTED if sure and not doubtful else Support.WEAK

    def caveat(self, statement: Statement, embedder: str) -> Notice | None:
        """Say what the verdict on a statement is worth, where that is little or not known."""
        nearest = statement.nearest
        if nearest is None:
            return None
        if embedder != self._model.embedder:
            return Notice.of("remark_embedder", embedder=embedder)
        pair = {"language": statement.language, "source": statement.sources[nearest].language}
        accuracy = self._accuracy(pair["language"], pair["source"])
        if accuracy is None:
            return Notice.of("remark_unmeasured", **pair)
        if accuracy < _LEAST_ACCURACY:
            return Notice.of("remark_unsure", **pair)
        return None

    def _is_replaced(self, statement: Statement) -> bool:
        """Say whether a small number stands where the sources have another and no word for it."""
        texts = [(statement.question, statement.language)]
        texts += [
            (f"{source.title} {source.text}", source.language) for source in statement.sources
        ]
        texts = [(folded(text), language) for text, language in texts]
        spelt = all(
            any(self._words.has(text, number.whole, language) for text, language in texts)
            for number in missing_numbers(statement.claim, statement.read)
            if number.whole is not None
        )
        return not spelt and bool(missing_numbers(statement.cited, statement.claim))

    def _accuracy(self, language: str, source: str) -> float | None:
        return self._model.accuracy.get(language, {}).get(source)


def _may_be_part(statement: Statement) -> bool:
    """Say whether a number is there only if an amount of money is read as several numbers."""
    claim, read = statement.claim, statement.read
    return missing_numbers(claim, read) != missing_numbers(claim, read, apart=True)


def _shared_words(claim: str, text: str) -> float:
    said = _content(claim)
    return len(said & _content(text)) / len(said) if said else 1.0


def _content(text: str) -> set[str]:
    """The 4-grams of words that are long enough to carry content; pairs where none have blanks."""
    return {gram for gram in grams(text) if len(gram) > _SHORT_WORD or _UNSPACED.match(gram)}
