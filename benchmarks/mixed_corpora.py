"""Recall over many corpora in which each article is in a language drawn at random.

Example run:

    python -m benchmarks.mixed_corpora DATA/xquad-xl/parallel --corpora 30

What one mixed corpus shows need not hold for the next: the mean and the worst of all are printed,
and the pair of languages with the least recall. Beside the product's ranking stand those by
vectors alone, by terms alone, and reciprocal rank fusion of the two (Cormack et al. 2009, k = 60),
over the same passages and vectors.
"""

import argparse
import random
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.parallel_articles import Draw, Floats, KeptVectors, ParallelArticles
from index.embedding import BundledEmbedder

DEPTHS = (1, 5)
RANKED = 60


def reciprocal(scores: Floats) -> Floats:
    """Give 1 / (60 + rank), by column; nothing beyond the first RANKED."""
    rank = np.argsort(np.argsort(-scores, axis=0, kind="stable"), axis=0) + 1
    return np.where(rank <= RANKED, 1 / (RANKED + rank), 0)


WAYS: dict[str, Callable[[Draw], Floats]] = {
    "product": lambda draw: draw.score,
    "vectors": lambda draw: draw.similarity,
    "terms": lambda draw: draw.coverage,
    "rank fusion": lambda draw: reciprocal(draw.similarity) + reciprocal(draw.coverage),
}


def recalled(scores: Floats, draw: Draw, depth: int) -> Floats:
    """Say by question whether a passage that holds the answer is among the first `depth`."""
    order = np.argsort(-scores, axis=0, kind="stable")[:depth]
    return np.take_along_axis(draw.gold, order, axis=0).any(axis=0)


def print_pairs(articles: ParallelArticles, language: str) -> None:
    """Print recall of questions in one language over all articles in each language."""
    print(f"{language} questions over documents in one language, recall@1 / @5:")
    asked = [n for n, question in enumerate(articles.questions) if question.language == language]
    for home in articles.languages:
        draw = articles.draw(dict.fromkeys(articles.articles, home), asked)
        cells = []
        for way, score in WAYS.items():
            figures = [recalled(score(draw), draw, depth).mean() for depth in DEPTHS]
            cells.append(f"{way} " + " / ".join(f"{figure:.3f}" for figure in figures))
        print(f"  {home}:", "; ".join(cells))


def main() -> None:
    """Draw, score and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--corpora", type=int, default=30)
    parser.add_argument("--seed", default="mixed")
    parser.add_argument("--asked", default="en", help="the language asked over each in turn")
    parser.add_argument("--vectors", type=Path, help="keep the vectors here for another run")
    arguments = parser.parse_args()
    articles = ParallelArticles(arguments.folder, KeptVectors(BundledEmbedder(), arguments.vectors))
    means: dict[tuple[str, str, int], list[float]] = defaultdict(list)
    pairs: dict[tuple[str, str], list[float]] = defaultdict(list)
    for number in range(arguments.corpora):
        choice = articles.choose(
            random.Random(f"{arguments.seed} {number}"), len(articles.articles)
        )
        draw = articles.draw(choice, range(len(articles.questions)))
        homes = np.array([choice[question.article] for question in draw.questions])
        asked = np.array([question.language for question in draw.questions])
        for way, score in WAYS.items():
            for depth in DEPTHS:
                hit = recalled(score(draw), draw, depth)
                means[way, "same", depth].append(float(hit[homes == asked].mean()))
                means[way, "other", depth].append(float(hit[homes != asked].mean()))
        for home, language, found in zip(homes, asked, recalled(draw.score, draw, 5), strict=True):
            pairs[language, home].append(float(found))
    print(f"{arguments.corpora} corpora, mean (worst); the question's language is")
    print(f"{'':12} {'the same: @1':>15} {'@5':>15} {'another: @1':>15} {'@5':>15}")
    for way in WAYS:
        cells = [means[way, kind, depth] for kind in ("same", "other") for depth in DEPTHS]
        print(f"{way:12}", *(f"{np.mean(c):>7.3f} ({min(c):.3f})" for c in cells))
    print("least recall@5 of the product, question over documents:")
    for (language, home), found in sorted(pairs.items(), key=lambda item: np.mean(item[1]))[:5]:
        print(f"  {language} over {home}: {np.mean(found):.3f} (n={len(found)})")
    print_pairs(articles, arguments.asked)


if __name__ == "__main__":
    main()
