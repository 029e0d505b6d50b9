"""Measures which languages the embedder of the settings covers, whatever its makers say.

Example run:

    python -m benchmarks.language_coverage
"""

import os
from pathlib import Path

from assistant.build import build_embedder
from assistant.settings import read_settings
from index.coverage import measured, parallel_sentences


def main() -> None:
    """Print each language's share, the lowest first."""
    sentences = parallel_sentences()
    del sentences["en-other"]
    shares = measured(build_embedder(read_settings(os.environ, Path.cwd())), sentences)
    for name, share in sorted(shares.items(), key=lambda item: item[1]):
        print(f"{name} {share:.2f}")


if __name__ == "__main__":
    main()
