"""Fit the coefficients of `assistant/support.json` on judged answers and on parallel articles.

Example run:

    python -m benchmarks.fit_support DATA/judge-mtrag/items.jsonl DATA/xquad-xl/parallel --write

Where claim and source share a language, half of the weight is with sentences of judged answers
(English), half with claims made from articles (all languages); across languages only the latter
exist: see `support_sets`. Faithful and unfaithful, stated and not, weigh the same, so 0.5 is the
border for an even mix. Every printed figure is of claims whose conversation or article was not
fitted on. With `--vectors FILE` texts are embedded once for several runs.
"""

import argparse
import json
import pickle
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np

from assistant.support import Statement, figures, in_full
from benchmarks.fit_answerability import fit
from benchmarks.support_scores import (
    Floats,
    Measured,
    balanced,
    borders,
    by_pair,
    report_human,
    report_kinds,
    report_new_languages,
    worth,
)
from benchmarks.support_sets import Case, read_articles, read_judged, read_parallel
from index.embedding import BundledEmbedder
from index.language import LanguageDetector
from index.types import Passage, Vector

NAMES = ("similarity", "margin", "number", "small_number", "names", "words")
ACROSS = NAMES[:-1]


@dataclass(frozen=True, slots=True)
class Source:
    """A passage as a claim cites it."""

    title: str
    text: str
    language: str


class Vectors:
    """Vectors of sentences and of claims by their text; kept in a file, where one is given."""

    def __init__(self, embedder: BundledEmbedder, file: Path | None) -> None:
        self._embedder = embedder
        self._file = file
        self._sentences: dict[str, Vector] = {}
        self._claims: dict[str, Vector] = {}
        if file and file.exists():
            self._sentences, self._claims = pickle.loads(file.read_bytes())

    def fill(self, cases: Iterable[Case]) -> None:
        """Embed what is not known yet."""
        new = {p.text: p for case in cases for p in case.sources if not self._knows(p)}
        passages = list(new.values())
        steps = chain.from_iterable(self._embedder.embed_passages(passages))
        for passage, vectors in zip(passages, steps, strict=True):
            for span, row in zip(passage.sentences, vectors.sentences, strict=True):
                self._sentences[passage.text_of(span)] = row
        for text in {in_full(case.claim, case.question) for case in cases} - set(self._claims):
            self._claims[text] = self._embedder.embed_query(text)
        if self._file:
            self._file.write_bytes(pickle.dumps((self._sentences, self._claims)))

    def statement(self, case: Case) -> Statement:
        """Compare a claim with each sentence of its sources."""
        claim = self._claims[in_full(case.claim, case.question)]
        rows = tuple(
            tuple(float(self._sentences[p.text_of(span)] @ claim) for span in p.sentences)
            for p in case.sources
        )
        sources = tuple(Source("", p.text, p.language) for p in case.sources)
        return Statement(case.claim, case.question, case.language, sources, rows)

    def _knows(self, passage: Passage) -> bool:
        return all(passage.text_of(span) in self._sentences for span in passage.sentences)


def measure(cases: Sequence[Case], vectors: Vectors) -> Measured:
    """Measure claims that have sources, and weigh them."""
    kept, rows = [], []
    for case in cases:
        statement = vectors.statement(case)
        nearest = statement.nearest
        if nearest is not None:
            measured = figures(statement, nearest)
            kept.append(case)
            rows.append([measured[name] for name in NAMES])
    labels = np.array([case.borne_out for case in kept])
    return Measured(kept, np.array(rows), labels, balanced(kept))


def joined(one: Measured, other: Measured) -> Measured:
    """Put two sets together; each keeps the weight that it has."""
    return Measured(
        one.cases + other.cases,
        np.concatenate([one.figures, other.figures]),
        np.concatenate([one.labels, other.labels]),
        np.concatenate([one.weights, other.weights]),
    )


def predict(beta: Floats, measured: Measured) -> Floats:
    """Give probabilities, shape (claims,)."""
    logits = beta[0] + measured.figures[:, : len(beta) - 1] @ beta[1:]
    return np.asarray(1 / (1 + np.exp(-logits)))


def fitted(measured: Measured, names: Sequence[str]) -> Floats:
    """Fit on the first figures, as many as there are names."""
    return fit(measured.figures[:, : len(names)], measured.labels, measured.weights)


def unseen(measured: Measured, names: Sequence[str], touches: Callable[[Case], set[str]]) -> Floats:
    """Predict each claim by fits without the claims that share something it touches.

    Where it touches several, by the mean of several fits, each without one of them.
    """
    keys = [touches(case) for case in measured.cases]
    chances, counts = np.zeros(len(keys)), np.zeros(len(keys))
    for key in sorted(set().union(*keys)):
        out = np.array([key in own for own in keys])
        beta = fitted(measured.only(~out), names)
        chances[out] += predict(beta, measured.only(out))
        counts[out] += 1
    return chances / counts


def group(case: Case) -> set[str]:
    """Name the conversation or article of a claim."""
    return {case.group}


def languages(case: Case) -> set[str]:
    """Name the languages of a claim and its source."""
    return {case.language, case.sources[0].language}


def coefficients(beta: Floats, names: Sequence[str]) -> dict[str, object]:
    """Write a regression as the data file has it."""
    weights = {name: round(float(b), 3) for name, b in zip(names, beta[1:], strict=True)}
    return {"intercept": round(float(beta[0]), 3), "weights": weights}


def main() -> None:
    """Judge by claims that were not fitted on, then fit on all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("judged", type=Path)
    parser.add_argument("parallel", type=Path)
    parser.add_argument("--vectors", type=Path)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    detector, embedder = LanguageDetector(), BundledEmbedder()
    names = sorted(p.name.split(".")[1] for p in arguments.parallel.glob("documents.*.jsonl"))
    judged_cases = list(read_judged(arguments.judged, detector))
    made_cases = list(read_parallel(read_articles(arguments.parallel, names, detector)))
    vectors = Vectors(embedder, arguments.vectors)
    vectors.fill([*judged_cases, *made_cases])
    same_cases = [case for case in made_cases if case.language == case.sources[0].language]
    other_cases = [case for case in made_cases if case.language != case.sources[0].language]
    judged, same, other = (
        measure(cases, vectors) for cases in (judged_cases, same_cases, other_cases)
    )
    result = study(judged, same, other)
    text = json.dumps(
        {
            "made_by": "python -m benchmarks.fit_support on judged MTRAG answers and XQuAD",
            "claims": {"judged": len(judged.cases), "made": len(same.cases) + len(other.cases)},
            "embedder": embedder.fingerprint,
            **result,
        },
        indent=1,
    )
    print(text)
    if arguments.write:
        place = Path(__file__).parent.parent / "assistant" / "support.json"
        place.write_text(text + "\n", encoding="utf-8")


def study(judged: Measured, same: Measured, other: Measured) -> dict[str, object]:
    """Report on held-out claims, choose borders, and fit on all: the data file's values."""
    both = joined(judged, same)
    chances = unseen(both, NAMES, group)
    of_judged, of_same = chances[: len(judged.cases)], chances[len(judged.cases) :]
    of_other = unseen(other, ACROSS, group)
    report_kinds("same language", same, of_same)
    report_kinds("other language", other, of_other)
    report_new_languages("same", same, unseen(both, NAMES, languages)[len(judged.cases) :])
    report_new_languages("other", other, unseen(other, ACROSS, languages))
    sets = {"judged": (judged, of_judged), "same": (same, of_same), "other": (other, of_other)}
    supported, unsupported = borders([sets["same"], sets["other"]])
    for border in (unsupported, 0.5, supported):
        report_human(judged, of_judged, border)
    pairs = by_pair(other, of_other)
    for language, row in by_pair(same, of_same).items():
        pairs[language].update(row)
    return {
        "supported": supported,
        "unsupported": unsupported,
        "worth": {
            name: {"supported": worth(*pair, supported), "unsupported": worth(*pair, unsupported)}
            for name, pair in sets.items()
        },
        "same_language": coefficients(fitted(both, NAMES), NAMES),
        "other_language": coefficients(fitted(other, ACROSS), ACROSS),
        "accuracy": {name: dict(sorted(row.items())) for name, row in pairs.items()},
    }


if __name__ == "__main__":
    main()
