"""Question sets on disk, as corpora: `documents.jsonl` and `questions.jsonl` in a folder.

A document is {"id", "title", "text"}; a question {"question", "answerable", ...}.
"""

import json
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from index.corpus import Corpus
from index.embedding import BundledEmbedder
from index.language import LanguageDetector
from index.reading import Reading
from index.types import Document, Embedder, Passage, PassageVectors, Vector, VectorSteps
from index.workspace import ChromaAddress

Row = dict[str, Any]


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
    """Name the article of a document of parallel articles, whatever its language."""
    return identifier.rsplit("-", 1)[0]


def read_rows(path: Path) -> list[Row]:
    """Read a file of one JSON object a line."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]


def build_corpus(documents: list[Row], folder: Path, embedder: Embedder) -> Corpus:
    """Index documents in a folder of their own; the file's stem is the document's id."""
    texts = folder / "texts"
    texts.mkdir(parents=True, exist_ok=True)
    for row in documents:
        text = json.dumps({"title": row["title"], "text": row["text"]}, ensure_ascii=False)
        (texts / f"{row['id']}.json").write_text(text, encoding="utf-8")
    reading = Reading({".json": _load}, LanguageDetector(), 100_000_000)
    corpus = Corpus(folder / "index", embedder, reading, ChromaAddress())
    _finish(corpus.sync([texts]))
    return corpus


def _load(path: Path) -> Document:
    row = json.loads(path.read_text(encoding="utf-8"))
    return Document(row["title"], row["text"])


def _finish(steps: Iterator[object]) -> None:
    for _ in steps:
        pass
