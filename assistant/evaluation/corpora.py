"""Temporary corpora: documents from a file of JSON lines, indexed once and kept for the next run.

Knows the format {"id", "title", "text"} and where indexes are kept; nothing of questions.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from assistant.build import Installation, opened
from assistant.errors import BadQuestionSet
from assistant.evaluation.gold import bad_line
from assistant.settings import Settings
from index.types import Document, SyncReport

_SHAPING = (
    "passages.py",
    "language.py",
    "embedding.py",
    "e5_engine.py",
    "e5_network.py",
    "e5_tokeniser.py",
    "e5_weights.py",
    "generation.py",
    "terms.py",
    "vectors.py",
)
"""Modules of `index` that decide what is stored for a text; a cache must not outlive them."""


class CorpusDocument(BaseModel):
    """A document of a question set."""

    model_config = ConfigDict(frozen=True, coerce_numbers_to_str=True)

    id: str = Field(min_length=1)
    title: str = ""
    text: str


@dataclass(frozen=True, slots=True)
class TemporaryCorpus:
    """An opened corpus; `names` maps its files to the documents' ids."""

    installation: Installation
    names: dict[str, str]


def read_documents(path: Path) -> list[CorpusDocument]:
    """Read a file of documents. Raises BadQuestionSet with file and line."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadQuestionSet(f"{path} cannot be read: {error}.") from None
    documents: dict[str, CorpusDocument] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            document = CorpusDocument.model_validate_json(line)
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(map(str, first["loc"]))
            raise bad_line(path, number, f"{field} {first['msg']}".strip()) from None
        if document.id in documents:
            raise bad_line(path, number, f"the id {document.id!r} stands in a line before it too")
        documents[document.id] = document
    if not documents:
        raise BadQuestionSet(f"{path} holds no documents. Write one JSON object a line.")
    return list(documents.values())


@contextmanager
def temporary_corpus(
    documents: Sequence[CorpusDocument],
    settings: Settings,
    fingerprint: str,
    tell: Callable[[SyncReport], None],
) -> Iterator[TemporaryCorpus]:
    """Index documents in a folder of their own below the data folder, or open it again.

    `fingerprint` is the embedder's. The language model is the settings', with its weights.
    """
    folder = settings.data / "evaluation" / "corpora" / _key(documents, fingerprint)
    texts = folder / "texts"
    texts.mkdir(parents=True, exist_ok=True)
    names = {}
    for number, document in enumerate(documents):
        path = texts / f"{number:06}.json"
        names[path.name] = document.id
        if not path.exists():
            path.write_text(document.model_dump_json(), encoding="utf-8")
    local = settings.model_copy(update={"chroma_url": ""})
    with opened(local, folder / "index", {".json": _load}) as installation:
        for report in installation.corpus.sync([texts]):
            tell(report)
        if report.unread:
            first = report.unread[0]
            raise BadQuestionSet(
                f"The document {names[Path(first.path).name]!r} cannot be indexed: {first.reason}."
            )
        yield TemporaryCorpus(installation, names)


def _key(documents: Sequence[CorpusDocument], fingerprint: str) -> str:
    content = [[document.id, document.title, document.text] for document in documents]
    digest = hashlib.sha256(json.dumps([fingerprint, content]).encode())
    for name in _SHAPING:
        digest.update(files("index").joinpath(name).read_bytes())
    return digest.hexdigest()[:16]


def _load(path: Path) -> Document:
    document = CorpusDocument.model_validate_json(path.read_bytes())
    return Document(document.title, document.text)
