"""Fit the coefficients of `assistant/answerability.json` on parallel question sets.

Example run:

    python -m benchmarks.fit_answerability DATA/xquad-xl/parallel --write

The folder has `documents.LANGUAGE.jsonl` and `questions.LANGUAGE.jsonl`. Corpora of one, three and
six articles in one language are drawn at random; each is asked, in its own language, English and
Dutch, what its articles answer and what only the others do. Every size of corpus counts equally,
and so do answerable and unanswerable questions, so 0.5 is the border for an evenly mixed stream.
"""

import argparse
import json
import random
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path

import numpy as np
import numpy.typing as npt

from assistant.evidence import signals
from benchmarks.question_sets import Row, build_corpus, read_rows
from index.embedding import BundledEmbedder
from index.types import Passage, PassageVectors, Vector, VectorSteps

Floats = npt.NDArray[np.float64]
NAMES = ("similarity", "key_similarity", "other_language")
RIDGE = 1e-3
SIZES = (1, 3, 6)
CORPORA_PER_SIZE = 3
QUESTIONS_PER_SIDE = 6
THRESHOLDS = (0.2, 0.25, 0.3, 0.5)


class RememberingEmbedder(BundledEmbedder):
    """The bundled embedder, which embeds no text twice."""

    def __init__(self) -> None:
        super().__init__()
        self._queries: dict[str, Vector] = {}
        self._passages: dict[str, PassageVectors] = {}

    def embed_query(self, text: str) -> Vector:
        """Embed one question: shape (384,)."""
        if text not in self._queries:
            self._queries[text] = super().embed_query(text)
        return self._queries[text]

    def embed_passages(self, passages: Iterable[Passage]) -> VectorSteps:
        """Embed passages and each of their sentences."""
        wanted = list(passages)
        new = [passage for passage in wanted if passage.text not in self._passages]
        made = chain.from_iterable(super().embed_passages(new))
        for passage, vectors in zip(new, made, strict=True):
            self._passages[passage.text] = vectors
        yield [self._passages[passage.text] for passage in wanted]


def article(identifier: str) -> str:
    """Name the article of a document, whatever its language."""
    return identifier.rsplit("-", 1)[0]


def observe(
    folder: Path, languages: Sequence[str], size: int, embedder: BundledEmbedder
) -> Iterator[tuple[list[float], bool]]:
    """Search corpora of one size: figures in the order of NAMES, and whether the answer is in."""
    questions = {name: read_rows(folder / f"questions.{name}.jsonl") for name in languages}
    for draw in range(CORPORA_PER_SIZE):
        for language in languages:
            chance = random.Random(f"{size} {draw} {language}")
            documents = read_rows(folder / f"documents.{language}.jsonl")
            inside = set(chance.sample(sorted(article(d["id"]) for d in documents), size))
            chosen = [row for row in documents if article(row["id"]) in inside]
            asked = list(_draw(questions, {"en", "nl", language}, inside, chance))
            with (
                tempfile.TemporaryDirectory() as place,
                build_corpus(chosen, Path(place), embedder) as corpus,
            ):
                for row in asked:
                    hits = corpus.search(row["question"], 6)
                    figures = signals(hits, row["lang"])
                    answerable = article(row["doc_ids"][0]) in inside
                    yield [figures[name] for name in NAMES], answerable


def _draw(
    questions: dict[str, list[Row]], languages: set[str], inside: set[str], chance: random.Random
) -> Iterator[Row]:
    for language in sorted(languages):
        for wanted in (True, False):
            pool = [
                row
                for row in questions[language]
                if (article(row["doc_ids"][0]) in inside) is wanted
            ]
            yield from chance.sample(pool, min(QUESTIONS_PER_SIDE, len(pool)))


def weights_of(labels: Floats) -> Floats:
    """Weigh the rows of one set so that both labels, and all sets, count the same."""
    share = labels.mean()
    return np.where(labels == 1, 0.5 / share, 0.5 / (1 - share)) / len(labels)


def fit(figures: Floats, labels: Floats, weights: Floats) -> Floats:
    """Logistic regression by Newton's method; intercept first. Figures are standardised inside."""
    mean, deviation = figures.mean(axis=0), figures.std(axis=0)
    design = np.column_stack([np.ones(len(figures)), (figures - mean) / deviation])
    beta = np.zeros(design.shape[1])
    for _ in range(50):
        chance = 1 / (1 + np.exp(-design @ beta))
        gradient = design.T @ (weights * (chance - labels)) + RIDGE * beta
        curvature = (design * (weights * chance * (1 - chance))[:, None]).T @ design
        beta -= np.linalg.solve(curvature + RIDGE * np.eye(len(beta)), gradient)
    slopes = beta[1:] / deviation
    return np.concatenate([[beta[0] - slopes @ mean], slopes])


def report(beta: Floats, figures: Floats, labels: Floats, name: str) -> None:
    """Print, by threshold, the share answered of the answerable and refused of the others."""
    chance = 1 / (1 + np.exp(-(beta[0] + figures @ beta[1:])))
    other = figures[:, NAMES.index("other_language")] == 1
    for kind, rows in (("same language", ~other), ("other language", other)):
        cells = [
            f"{border}: {(chance[rows & (labels == 1)] >= border).mean():.3f} answered, "
            f"{(chance[rows & (labels == 0)] < border).mean():.3f} refused"
            for border in THRESHOLDS
        ]
        print(f"{name}, {kind} (n={rows.sum()}): " + "; ".join(cells))


def main() -> None:
    """Fit on all but one language at a time to judge, on all to write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    names = sorted(p.name.split(".")[1] for p in arguments.folder.glob("documents.*.jsonl"))
    embedder = RememberingEmbedder()
    sets = {}
    for size in SIZES:
        rows = list(observe(arguments.folder, names, size, embedder))
        sets[size] = np.array([r[0] for r in rows]), np.array([float(r[1]) for r in rows])
    figures = np.concatenate([entry[0] for entry in sets.values()])
    labels = np.concatenate([entry[1] for entry in sets.values()])
    weights = np.concatenate([weights_of(entry[1]) for entry in sets.values()])
    beta = fit(figures, labels, weights)
    for size, (some, their_labels) in sets.items():
        report(beta, some, their_labels, f"articles {size}")
    result = {
        "made_by": "python -m benchmarks.fit_answerability on parallel XQuAD articles",
        "questions": len(labels),
        "languages": names,
        "embedder": embedder.fingerprint,
        "intercept": round(float(beta[0]), 3),
        "weights": {name: round(float(b), 3) for name, b in zip(NAMES, beta[1:], strict=True)},
    }
    text = json.dumps(result, indent=2) + "\n"
    print(text)
    if arguments.write:
        place = Path(__file__).parent.parent / "assistant" / "answerability.json"
        place.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
