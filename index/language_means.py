"""What an embedder's vectors of a language have in common, whatever they say.

Made from texts that say the same in every language, so that what they say cancels out between
languages. Knows nothing of corpora, questions or scores.
"""

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType

import numpy as np

from index.errors import StoreUnavailable
from index.types import Embedder, Passage, Vector

_FILE = "language_means.json"
_STORED = np.dtype("<f2")
"""Little-endian half precision: of values below 1, three digits, which is more than is needed."""


@dataclass(frozen=True)
class ParallelTexts:
    """Short passages by language, of the same content in every language, in the same order.

    `digest` changes whenever a text does: means of other texts are not comparable.
    """

    texts: Mapping[str, tuple[str, ...]]

    @classmethod
    def bundled(cls) -> "ParallelTexts":
        """Read the texts of this package."""
        data = json.loads(files("index").joinpath("parallel_texts.json").read_text("utf-8"))
        return cls({language: tuple(texts) for language, texts in data["texts"].items()})

    @cached_property
    def digest(self) -> str:
        """SHA-256 of all texts."""
        canonical = json.dumps(sorted(self.texts.items()), ensure_ascii=False)
        return hashlib.sha256(canonical.encode()).hexdigest()

    def passages(self, language: str) -> list[Passage]:
        """List a language's texts as passages without sentences, whose vectors nobody needs."""
        return [
            Passage(0, len(text), text, (), language=language)
            for text in self.texts.get(language, ())
        ]


@dataclass(frozen=True, slots=True)
class LanguageMeans:
    """The mean vector of each language's parallel texts; not of unit length.

    The idea of removing it is that of Libovický, Rosa and Fraser (2020).
    """

    means: Mapping[str, Vector] = field(default_factory=lambda: MappingProxyType({}))
    """By language: float32, shape (dimension,)."""

    @classmethod
    def bundled(cls, fingerprint: str) -> "LanguageMeans":
        """Read the means of the bundled embedder; empty for any other fingerprint."""
        text = files("index").joinpath(_FILE).read_text("utf-8")
        return cls(_parse(text, fingerprint, ParallelTexts.bundled().digest))

    @classmethod
    def fitted(
        cls, embedder: Embedder, texts: ParallelTexts, languages: Iterable[str]
    ) -> "LanguageMeans":
        """Embed the texts of the languages that have any. Raises EmbedderUnavailable."""
        wanted = [language for language in dict.fromkeys(languages) if language in texts.texts]
        passages = [passage for language in wanted for passage in texts.passages(language)]
        rows: dict[str, list[Vector]] = {language: [] for language in wanted}
        places = iter(passages)
        for step in embedder.embed_passages(passages):
            for vectors in step:
                rows[next(places).language].append(vectors.passage)
        return cls({name: np.mean(vectors, axis=0) for name, vectors in rows.items() if vectors})

    def of(self, language: str) -> Vector | None:
        """Give a language's mean, or None where it has no parallel texts."""
        return self.means.get(language)

    def written(self, fingerprint: str, digest: str, made_by: str) -> str:
        """Write as JSON, one language a line; `digest` is that of the texts."""
        head = {"made_by": made_by, "fingerprint": fingerprint, "texts": digest}
        lines = [
            f"  {json.dumps(name)}: {json.dumps(_encoded(mean))}"
            for name, mean in sorted(self.means.items())
        ]
        top = "".join(f" {json.dumps(key)}: {json.dumps(value)},\n" for key, value in head.items())
        return "{\n" + top + ' "means": {\n' + ",\n".join(lines) + "\n }\n}\n"


def written_at(folder: Path) -> int:
    """Say when the means in a folder were written, in nanoseconds; 0 where there are none."""
    try:
        return (folder / _FILE).stat().st_mtime_ns
    except OSError:
        return 0


def known(folder: Path, embedder: Embedder) -> LanguageMeans:
    """Give the means that are bundled or kept in `folder`, and embed nothing.

    Raises StoreUnavailable where the file cannot be read.
    """
    stored = _stored(folder / _FILE, embedder, ParallelTexts.bundled().digest)
    return LanguageMeans({**stored, **LanguageMeans.bundled(embedder.fingerprint).means})


def complete(folder: Path, embedder: Embedder, languages: Iterable[str]) -> LanguageMeans:
    """Give the means of these languages and of those already known, embedding what is missing.

    What is neither bundled nor in `folder` is embedded (eight short texts a language) and kept
    there; a file of another embedder, of other texts or of no sense is replaced. A language
    without parallel texts has no mean. Raises EmbedderUnavailable, which need not stop the
    caller: LanguageMeans() does without, and the next call tries again. Raises StoreUnavailable
    where the file cannot be read or written.
    """
    texts = ParallelTexts.bundled()
    before = known(folder, embedder).means
    missing = [language for language in languages if language not in before]
    fresh = LanguageMeans.fitted(embedder, texts, missing)
    means = LanguageMeans({**before, **fresh.means})
    if fresh.means:
        made_by = "bronwijzer sync, from the parallel texts of this version"
        _replace(folder / _FILE, means.written(embedder.fingerprint, texts.digest, made_by))
    return means


def _stored(path: Path, embedder: Embedder, digest: str) -> dict[str, Vector]:
    try:
        text = path.read_text("utf-8")
    except (FileNotFoundError, UnicodeDecodeError):
        return {}
    except OSError as error:
        raise _unusable(path, error) from error
    means = _parse(text, embedder.fingerprint, digest)
    shape = (embedder.dimension,)
    return means if all(mean.shape == shape for mean in means.values()) else {}


def _parse(text: str, fingerprint: str, digest: str) -> dict[str, Vector]:
    """Read what `LanguageMeans.written` wrote; nothing if of others, or damaged."""
    try:
        data = json.loads(text)
        if (data["fingerprint"], data["texts"]) != (fingerprint, digest):
            return {}
        means = {
            str(name): np.frombuffer(base64.b64decode(value, validate=True), _STORED).astype(
                np.float32
            )
            for name, value in data["means"].items()
        }
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}
    return means if all(np.isfinite(mean).all() for mean in means.values()) else {}


def _encoded(mean: Vector) -> str:
    return base64.b64encode(mean.astype(_STORED).tobytes()).decode("ascii")


def _replace(path: Path, text: str) -> None:
    fresh = path.with_suffix(".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(path)
    except OSError as error:
        raise _unusable(path, error) from error


def _unusable(path: Path, error: OSError) -> StoreUnavailable:
    return StoreUnavailable(
        f"{path} cannot be used: {error}. Check the rights of the data folder and the space left."
    )
