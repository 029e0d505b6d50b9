"""Question sets on disk, as corpora: `documents.jsonl` and `questions.jsonl` in a folder.

A document is {"id", "title", "text"}; a question {"question", "answerable", ...}.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from index.corpus import Corpus
from index.language import LanguageDetector
from index.synchronisation import Reading
from index.types import Document, Embedder
from index.workspace import ChromaAddress

Row = dict[str, Any]


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
