"""An embedder behind a server with OpenAI's protocol.

Knows that protocol; nothing of stores or of what the vectors are compared with. Imported only where
such a server is set, since the SDK takes longer to import than a question to answer.
"""

from collections.abc import Iterable

import numpy as np
from openai import DefaultHttpxClient, OpenAI, OpenAIError

from index.addresses import is_loopback
from index.embedding_texts import PASSAGES_PER_STEP, cleaned, grouped, parted, texts_of
from index.errors import EmbedderUnavailable
from index.types import Passage, Vector, VectorSteps

_TEXTS_PER_REQUEST = 64


class RemoteEmbedder:
    """An embedder behind `/v1/embeddings`; `prefixes` go before questions and passages.

    `languages` are those that it covers, None where that is not known. The address is no part of
    the fingerprint: the same model elsewhere gives the same vectors.
    """

    def __init__(
        self,
        url: str,
        model: str,
        key: str,
        prefixes: tuple[str, str] = ("", ""),
        languages: frozenset[str] | None = None,
    ) -> None:
        self.languages = languages
        self._model = model
        self._url = url
        self._query_prefix, self._passage_prefix = prefixes
        self._client = OpenAI(
            base_url=url,
            api_key=key or "none",
            timeout=60.0,
            max_retries=2,
            http_client=DefaultHttpxClient(trust_env=not is_loopback(url)),
        )
        self._dimension: int | None = None

    @property
    def dimension(self) -> int:
        """Length of every vector, asked of the server once."""
        if self._dimension is None:
            self._dimension = self._embed(["dimension"]).shape[1]
        return self._dimension

    @property
    def fingerprint(self) -> str:
        """Model, dimension and prefixes."""
        parts = (self._model, str(self.dimension), self._query_prefix, self._passage_prefix)
        return "openai;" + ";".join(parts)

    def embed_query(self, text: str) -> Vector:
        """Embed one question: shape (dimension,)."""
        vector: Vector = self._embed([self._query_prefix + text])[0]
        return vector

    @property
    def hindrance(self) -> str:
        """Nothing: a server is as fast as it is."""
        return ""

    def embed_passages(self, passages: Iterable[Passage]) -> VectorSteps:
        """Embed passages and each of their sentences, several texts a request."""
        for step in parted(passages, PASSAGES_PER_STEP):
            texts = [self._passage_prefix + text for text in texts_of(step)]
            yield grouped(step, self._embed(texts))

    def _embed(self, texts: list[str]) -> Vector:
        rows: list[list[float]] = []
        for start in range(0, len(texts), _TEXTS_PER_REQUEST):
            batch = [cleaned(text) for text in texts[start : start + _TEXTS_PER_REQUEST]]
            try:
                response = self._client.embeddings.create(
                    model=self._model, input=batch, encoding_format="float"
                )
                rows += [item.embedding for item in response.data]
            except OpenAIError as error:
                raise EmbedderUnavailable(
                    f"The embedder {self._model!r} at {self._url} does not answer: {error}. "
                    "Check the setting embedder_url and its key, or remove embedder_url to use "
                    "the bundled embedder (then run 'bronwijzer rebuild')."
                ) from error
            except (AttributeError, TypeError, ValueError) as error:
                # The SDK passes on whatever a server says with status 200.
                raise _no_vectors(self._url, f"something else than vectors ({error})") from error
        return _unit(rows, len(texts), self._url)


def _unit(rows: list[list[float]], expected: int, url: str) -> Vector:
    if len(rows) != expected or len({len(row) for row in rows}) > 1:
        raise _no_vectors(url, f"{len(rows)} vectors, or unequal ones, for {expected} texts")
    try:
        vectors = np.asarray(rows, dtype=np.float32)
    except (TypeError, ValueError) as error:
        raise _no_vectors(url, f"something else than numbers ({error})") from error
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not np.isfinite(norms).all() or not norms.all():
        raise _no_vectors(url, "vectors of no finite length")
    unit: Vector = vectors / norms
    return unit


def _no_vectors(url: str, what: str) -> EmbedderUnavailable:
    return EmbedderUnavailable(
        f"The embedder at {url} answered {what}; set embedder_url to a server of "
        "OpenAI-compatible embeddings."
    )
