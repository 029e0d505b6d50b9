"""Embed the parallel texts for `index/language_means.json`, the means of the bundled embedder.

Example run:

    python -m benchmarks.fit_language_means --write

Needs no data: `index/parallel_texts.json` is all of it. Prints how near each language's new mean
is to the one in the file (cosine), or that it is new.
"""

import argparse
from pathlib import Path

import numpy as np

from index.embedding import BundledEmbedder
from index.language_means import LanguageMeans, ParallelTexts

PLACE = Path(__file__).parent.parent / "index" / "language_means.json"
MADE_BY = "python -m benchmarks.fit_language_means, from index/parallel_texts.json"


def main() -> None:
    """Embed, compare, and write if asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    texts = ParallelTexts.bundled()
    embedder = BundledEmbedder()
    before = LanguageMeans.bundled(embedder.fingerprint) if PLACE.exists() else LanguageMeans()
    means = LanguageMeans.fitted(embedder, texts, sorted(texts.texts))
    for language, mean in means.means.items():
        old = before.of(language)
        length = float(np.linalg.norm(mean))
        near = "new" if old is None else f"{mean @ old / length / np.linalg.norm(old):.5f}"
        print(f"{language}: length {length:.3f}, {near}")
    if arguments.write:
        PLACE.write_text(
            means.written(embedder.fingerprint, texts.digest, MADE_BY), encoding="utf-8"
        )


if __name__ == "__main__":
    main()
