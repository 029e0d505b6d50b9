"""Fit the coefficients of `assistant/answerability.json` on parallel question sets.

Example run:

    python -m benchmarks.fit_answerability DATA/xquad-xl/parallel \
        --among DATA/mtrag-un/documents.jsonl DATA/rijksoverheid-nl/documents.jsonl \
        --judged JUDGED.jsonl --write

Corpora of one, three and six articles are drawn at random, half in one language, half with each
article in its own, some of them among unrelated documents; each is asked what its articles answer
and what only the others do, in the documents' languages and in any. Every kind of corpus counts
equally, and so do answerable and unanswerable questions, so 0.5 is the border of an evenly mixed
stream. What is reported was fitted on other articles than it is asked about.

`--judged` names rows {"search", "yes", "answerable"}: the search's log-odds, those of a language
model's yes, and whether the question could be answered; without it the model's part is kept.
"""

import argparse
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.parallel_articles import Draw, KeptVectors, ParallelArticles
from benchmarks.question_sets import read_rows
from index.embedding import BundledEmbedder

Floats = npt.NDArray[np.float64]
NAMES = ("score", "similarity", "other_language", "passages")
PLACE = Path(__file__).parent.parent / "assistant" / "answerability.json"
RIDGE = 1e-3
SIZES = (1, 3, 6)
DRAWS, DRAWS_AMONG = 48, 12
QUESTIONS_PER_SIDE = 40
SHOWN = 6
THRESHOLDS = (0.2, 0.3, 0.4, 0.5, 0.6)
MOST_SEARCH = 2.0


@dataclass(frozen=True, slots=True)
class Observation:
    """One question asked of one corpus: figures in the order of NAMES."""

    figures: tuple[float, ...]
    answerable: bool
    same_language: bool
    among: bool
    article: str


def observe(articles: ParallelArticles, draws: int, among: bool) -> Iterator[Observation]:
    """Ask corpora drawn at random."""
    for number in range(draws):
        chance = random.Random(f"{among} {number}")
        choice = articles.choose(chance, SIZES[number % len(SIZES)])
        if number % 2:
            one = chance.choice(articles.languages)
            choice = dict.fromkeys(choice, one)
        asked = list(_ask(articles, choice, chance))
        draw = articles.draw(choice, asked, among)
        for column, question in enumerate(draw.questions):
            inside = question.article in choice
            home = choice.get(question.article, chance.choice(list(choice.values())))
            same = home == question.language
            yield Observation(_figures(draw, column), inside, same, among, question.article)


def _ask(
    articles: ParallelArticles, choice: dict[str, str], chance: random.Random
) -> Iterator[int]:
    """Number questions of either kind, half of them in a language of the corpus."""
    own = set(choice.values())
    for inside in (True, False):
        for languages in (own, set(articles.languages)):
            pool = [
                number
                for number, question in enumerate(articles.questions)
                if (question.article in choice) is inside and question.language in languages
            ]
            yield from chance.sample(pool, min(QUESTIONS_PER_SIDE // 2, len(pool)))


def _figures(draw: Draw, column: int) -> tuple[float, ...]:
    """The figures of `assistant.evidence.signals`, on the passages that a reader is shown."""
    shown = np.argsort(-draw.score[:, column])[:SHOWN]
    return (
        float(draw.score[shown[0], column]),
        float(draw.similarity[shown, column].max()),
        float(draw.foreign[shown[0], column]),
        float(np.log(len(draw.score))),
    )


def weights_of(observations: Sequence[Observation]) -> Floats:
    """Weigh so that both labels, and corpora alone and among others, count the same."""
    cells = [(item.answerable, item.among) for item in observations]
    weights = np.array([1 / cells.count(cell) for cell in cells])
    normalised: Floats = weights / weights.sum()
    return normalised


def fit(figures: Floats, labels: Floats, weights: Floats, ridge: float = RIDGE) -> Floats:
    """Logistic regression by Newton's method; intercept first. Figures are standardised inside."""
    mean, deviation = figures.mean(axis=0), figures.std(axis=0)
    design = np.column_stack([np.ones(len(figures)), (figures - mean) / deviation])
    beta = np.zeros(design.shape[1])
    for _ in range(50):
        chance = 1 / (1 + np.exp(-design @ beta))
        gradient = design.T @ (weights * (chance - labels)) + ridge * beta
        curvature = (design * (weights * chance * (1 - chance))[:, None]).T @ design
        beta -= np.linalg.solve(curvature + ridge * np.eye(len(beta)), gradient)
    slopes = beta[1:] / deviation
    return np.concatenate([[beta[0] - slopes @ mean], slopes])


def fitted(observations: Sequence[Observation]) -> Floats:
    """Fit to observations; intercept first."""
    figures = np.array([item.figures for item in observations])
    labels = np.array([float(item.answerable) for item in observations])
    return fit(figures, labels, weights_of(observations))


def held_out(observations: Sequence[Observation]) -> Floats:
    """Give each observation's probability from a fit on the other articles."""
    chances = np.zeros(len(observations))
    for article in sorted({item.article for item in observations}):
        beta = fitted([item for item in observations if item.article != article])
        for number, item in enumerate(observations):
            if item.article == article:
                chances[number] = 1 / (1 + np.exp(-(beta[0] + np.array(item.figures) @ beta[1:])))
    return chances


def report(observations: Sequence[Observation], chances: Floats) -> None:
    """Print, by threshold, the share answered of the answerable and refused of the others."""
    print("answered: same, other language; refused: same, other | the same among unrelated")
    for border in THRESHOLDS:
        cells = []
        for among in (False, True):
            for answerable in (True, False):
                for same in (True, False):
                    wanted = [
                        (chances[number] >= border) is np.bool_(answerable)
                        for number, item in enumerate(observations)
                        if (item.among, item.answerable, item.same_language)
                        == (among, answerable, same)
                    ]
                    cells.append(f"{np.mean(wanted):.3f}" if wanted else "-")
        print(f"{border}:", *cells)


def fit_judged(path: Path) -> dict[str, object]:
    """Fit how the search and a language model's yes go together."""
    rows = read_rows(path)
    figures = np.array([[min(row["search"], MOST_SEARCH), row["yes"]] for row in rows])
    labels = np.array([float(row["answerable"]) for row in rows])
    beta = fit(figures, labels, np.full(len(rows), 1 / len(rows)), ridge=0.03)
    search, yes = (round(float(slope), 3) for slope in beta[1:])
    return {
        "questions": len(rows),
        "most_search": MOST_SEARCH,
        "intercept": round(float(beta[0]), 3),
        "weights": {"search": search, "yes": yes},
    }


def main() -> None:
    """Report what fits on other articles give, then fit on all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--among", type=Path, nargs="*", default=[])
    parser.add_argument("--judged", type=Path)
    parser.add_argument("--vectors", type=Path, help="keep the vectors here for another run")
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    vectors = KeptVectors(BundledEmbedder(), arguments.vectors)
    articles = ParallelArticles(arguments.folder, vectors, arguments.among)
    observations = list(observe(articles, DRAWS, False))
    if arguments.among:
        observations += observe(articles, DRAWS_AMONG, True)
    report(observations, held_out(observations))
    beta = fitted(observations)
    judged = fit_judged(arguments.judged) if arguments.judged else None
    result = {
        "made_by": "python -m benchmarks.fit_answerability on parallel XQuAD articles",
        "questions": len(observations),
        "languages": articles.languages,
        "embedder": BundledEmbedder.fingerprint,
        "intercept": round(float(beta[0]), 3),
        "weights": {name: round(float(b), 3) for name, b in zip(NAMES, beta[1:], strict=True)},
        "model": judged or json.loads(PLACE.read_text("utf-8"))["model"],
    }
    text = json.dumps(result, indent=2) + "\n"
    print(text)
    if arguments.write:
        PLACE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
