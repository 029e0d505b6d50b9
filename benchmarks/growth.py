"""How evidence, memory and disk grow with the number of passages.

Example run:

    python -m benchmarks.growth --passages 1000 10000 100000

Makes text files of words from a made-up vocabulary (Zipf's law), indexes them, and asks questions
made of words of some sentence. Passage and sentence vectors are sums of a random vector a word,
since embedding a hundred thousand passages for real takes hours; a question is embedded for real
besides, so that its time counts. Beside the whole search stands Chroma alone, asked for six
passages of the same collection in turns, so that the ratio holds on a busy machine too. Then the
same while a sync adds documents, and the time of a sync that adds one. With `--peer` LlamaIndex's
vector retriever on Chroma is asked too, in turns, over the same files as it splits them, with the
same vectors of words; that needs the dependency group `benchmarks`, and memory is not told then.
"""

import argparse
import os
import random
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from index.corpus import Corpus
from index.embedding import BundledEmbedder
from index.language import LanguageDetector
from index.loaders import LOADERS
from index.reading import Reading
from index.types import Passage, PassageVectors, Vector, VectorSteps
from index.workspace import ChromaAddress

VOCABULARY = 30_000
WORDS_PER_SENTENCE, SENTENCES_PER_FILE = 14, 80
PASSAGES_PER_FILE = 10
"""Measured: what such a file is cut into, nearly."""

SHOWN = 6
MILLISECONDS = 1000


class File(NamedTuple):
    """A file as peers read it."""

    id: str
    title: str
    text: str


class WordEmbedder:
    """Vectors that add up random vectors of words; a question takes the bundled embedder's time."""

    dimension = 384
    languages = None
    hindrance = ""

    def __init__(self) -> None:
        self._bundled = BundledEmbedder()
        # So that `bronwijzer serve` opens what stays in `--folder`.
        self.fingerprint = self._bundled.fingerprint
        self._word = lru_cache(VOCABULARY)(_random_unit)

    def embed_query(self, text: str) -> Vector:
        """Embed one question: shape (384,)."""
        self._bundled.embed_query(text)
        return self._sum(text)

    def embed_passages(self, passages: Iterable[Passage]) -> VectorSteps:
        """Embed passages and each of their sentences."""
        for passage in passages:
            sentences = [self._sum(passage.text_of(span)) for span in passage.sentences]
            rows = np.reshape(sentences, (-1, self.dimension))
            yield [PassageVectors(self._sum(passage.text), rows)]

    def _sum(self, text: str) -> Vector:
        words = text.lower().replace(".", " ").split() or ["nothing"]
        total = np.sum([self._word(word) for word in words], axis=0, dtype=np.float32)
        unit: Vector = total / np.linalg.norm(total)
        return unit


def _random_unit(word: str) -> Vector:
    vector = np.random.default_rng(list(word.encode())).standard_normal(384).astype(np.float32)
    unit: Vector = vector / np.linalg.norm(vector)
    return unit


class Writer:
    """Writes files of made-up words, and remembers sentences to ask about."""

    def __init__(self, folder: Path) -> None:
        self._chance = random.Random(20)
        self._folder = folder
        self._words = [self._made_up() for _ in range(VOCABULARY)]
        self._weights = [1 / (rank + 3) for rank in range(VOCABULARY)]
        self._written = 0
        self.sentences: list[str] = []

    def write(self, files: int) -> None:
        """Write so many more files."""
        for _ in range(files):
            lines = [self._sentence() for _ in range(SENTENCES_PER_FILE)]
            self.sentences.append(self._chance.choice(lines))
            place = self._folder / f"{self._written // 1000:03}"
            place.mkdir(parents=True, exist_ok=True)
            path = place / f"{self._written:06}.txt"
            blocks = [" ".join(lines[n : n + 8]) for n in range(0, len(lines), 8)]
            path.write_text("\n\n".join(blocks), encoding="utf-8")
            self._written += 1

    def question(self) -> str:
        """Ask with six words of a sentence that was written."""
        words = self._chance.choice(self.sentences).rstrip(".").split()
        return " ".join(self._chance.sample(words, 6)) + "?"

    def _sentence(self) -> str:
        words = self._chance.choices(self._words, self._weights, k=WORDS_PER_SENTENCE)
        return " ".join(words).capitalize() + "."

    def _made_up(self) -> str:
        return "".join(
            self._chance.choice("bdfgklmnprstvz") + self._chance.choice("aeiou")
            for _ in range(self._chance.randint(2, 4))
        )


def timed(work: Callable[[], object]) -> float:
    """Time one call, in milliseconds."""
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * MILLISECONDS


def shown(times: Sequence[float] | np.ndarray) -> str:
    """Word the median and the 95th percentile."""
    return f"p50 {np.percentile(times, 50):.0f} p95 {np.percentile(times, 95):.0f} ms"


def asked(corpus: Corpus, embedder: WordEmbedder, questions: Sequence[str]) -> None:
    """Time whole searches and Chroma alone, in turns, and print both."""
    stores = corpus._stores
    assert stores is not None
    whole, alone, embedding = [], [], []
    for question in questions:
        vector = embedder.embed_query(question)
        whole.append(timed(lambda q=question: corpus.search(q, SHOWN)))  # type: ignore[misc]
        alone.append(timed(lambda v=vector: stores.vectors.search(v, {}, SHOWN)))  # type: ignore[misc]
        embedding.append(timed(lambda q=question: embedder.embed_query(q)))  # type: ignore[misc]
    ratio = np.median(np.array(whole) / (np.array(alone) + np.array(embedding)))
    print(
        f"  evidence {shown(whole)}; Chroma alone {shown(alone)}; embedding {shown(embedding)}; "
        f"evidence / (Chroma and embedding) {ratio:.2f}",
        flush=True,
    )


def beside_peer(
    corpus: Corpus, folder: Path, embedder: WordEmbedder, questions: Sequence[str]
) -> None:
    """Time whole searches and LlamaIndex's on Chroma, in turns, and print both."""
    from benchmarks.peers import PeerIndex

    paths = sorted((folder / "files").rglob("*.txt"))
    peer = PeerIndex(
        [File(path.name, path.name, path.read_text("utf-8")) for path in paths], embedder
    )
    retriever = peer.dense(SHOWN)
    whole, theirs = [], []
    for question in questions:
        whole.append(timed(lambda q=question: corpus.search(q, SHOWN)))  # type: ignore[misc]
        theirs.append(timed(lambda q=question: retriever.retrieve(q)))  # type: ignore[misc]
    ratio = np.median(np.array(whole) / np.array(theirs))
    print(
        f"  evidence {shown(whole)}; LlamaIndex on Chroma {shown(theirs)} "
        f"({len(peer.nodes)} nodes); ratio {ratio:.2f}",
        flush=True,
    )


def measure(corpus: Corpus, folder: Path, writer: Writer, embedder: WordEmbedder, n: int) -> None:
    """Print how a corpus of this size does, at rest, while a sync runs, and with one more file."""
    questions = [writer.question() for _ in range(n)]
    for question in questions[:5]:
        corpus.search(question, SHOWN)
    asked(corpus, embedder, questions)
    files = max(50, len(writer.sentences) // 20)
    writer.write(files)
    done = threading.Event()

    def run() -> None:
        for _ in corpus.sync([folder / "files"]):
            pass
        done.set()

    thread = threading.Thread(target=run)
    thread.start()
    during: list[float] = []
    while not done.is_set():
        during.append(timed(lambda: corpus.search(writer.question(), SHOWN)))
    thread.join()
    print(f"  while {files} files are added: evidence {shown(during)} (n {len(during)})")
    writer.write(1)
    print(f"  one more file: {timed(lambda: list(corpus.sync([folder / 'files']))) / 1000:.2f} s")
    size = sum(p.stat().st_size for p in (folder / "data").rglob("*") if p.is_file())
    resident = int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    print(f"  disk {size / 1e6:.0f} MB, memory {resident / 1e6:.0f} MB", flush=True)


def main() -> None:
    """Run the measurement of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--passages", type=int, nargs="+", default=[1000, 10_000])
    parser.add_argument("--questions", type=int, default=100)
    parser.add_argument("--folder", type=Path, help="an empty one, where all stays")
    parser.add_argument("--peer", action="store_true", help="ask LlamaIndex on Chroma too")
    options = parser.parse_args()
    embedder = WordEmbedder()
    with tempfile.TemporaryDirectory() as name:
        folder = options.folder or Path(name)
        writer = Writer(folder / "files")
        reading = Reading(loaders=LOADERS, detector=LanguageDetector(), most_bytes=10**7)
        with Corpus(folder / "data", embedder, reading, ChromaAddress()) as corpus:
            for size in sorted(options.passages):
                missing = size - corpus.passage_count()
                writer.write(max(1, missing // PASSAGES_PER_FILE))
                seconds = timed(lambda: list(corpus.sync([folder / "files"]))) / 1000
                print(f"{corpus.passage_count()} passages (sync {seconds:.0f} s)", flush=True)
                if options.peer:
                    questions = [writer.question() for _ in range(options.questions)]
                    beside_peer(corpus, folder, embedder, questions)
                else:
                    measure(corpus, folder, writer, embedder, options.questions)


if __name__ == "__main__":
    main()
