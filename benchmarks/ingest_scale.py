"""What syncing many files costs, and what thirty kills leave behind.

Example runs:

    python -m benchmarks.ingest_scale FOLDER --documents 20000 --synthetic-embedder
    python -m benchmarks.ingest_scale FOLDER --documents 1000
    python -m benchmarks.ingest_scale FOLDER --documents 300 --synthetic-embedder --kills 30

FOLDER must be empty or a former run's; documents and index are written below it. Each sync runs in
a process of its own, whose memory (resident, with that of its children) is looked at ten times a
second. `--profile` prints where a sync of the unchanged tree spends its time.
"""

import argparse
import cProfile
import json
import os
import pstats
import random
import resource
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.synthetic_documents import SyntheticEmbedder, text, vocabulary, write_documents
from index.corpus import Corpus
from index.embedding import BundledEmbedder
from index.language import LanguageDetector
from index.loaders import LOADERS
from index.reading import ParserLimits, Reading
from index.workspace import ChromaAddress

MOST_BYTES = 50_000_000
SECONDS_BETWEEN_LOOKS = 0.1
UNCHANGED_RUNS = 5


def main() -> None:
    """Print the figures, one line each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--documents", type=int, default=20_000)
    parser.add_argument("--synthetic-embedder", action="store_true")
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--one-sync", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    if arguments.one_sync:
        one_sync(arguments.folder, arguments.synthetic_embedder, arguments.profile)
    elif arguments.kills:
        survive(arguments.folder, arguments.documents, arguments.kills)
    else:
        measure(arguments.folder, arguments.documents, arguments.synthetic_embedder)


def opened(folder: Path, synthetic: bool) -> Corpus:
    """Open the corpus of a run."""
    limits = ParserLimits(at_once=os.cpu_count() or 1)
    reading = Reading(LOADERS, LanguageDetector(), MOST_BYTES, limits)
    embedder = SyntheticEmbedder() if synthetic else BundledEmbedder(os.cpu_count() or 1)
    return Corpus(folder / "data", embedder, reading, ChromaAddress())


def one_sync(folder: Path, synthetic: bool, profile: bool) -> None:
    """Sync once and print what it took as JSON; the process is one of its own."""
    with opened(folder, synthetic) as corpus:
        sys.stdout.write("\n")
        sys.stdout.flush()
        recorder = cProfile.Profile()
        if profile:
            recorder.enable()
        started, processor = time.perf_counter(), time.process_time()
        *_, report = corpus.sync([folder / "documents"])
        seconds, worked = time.perf_counter() - started, time.process_time() - processor
        recorder.disable()
        if profile:
            pstats.Stats(recorder, stream=sys.stderr).sort_stats("cumulative").print_stats(35)
    counts = {
        "added": report.added,
        "updated": report.updated,
        "unchanged": report.unchanged,
        "removed": report.removed,
        "moved": report.moved,
        "copies": report.copies,
        "embedded": report.embedded,
    }
    usage = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    sys.stdout.write(json.dumps({"seconds": seconds, "processor": worked, "peak": usage} | counts))


@dataclass(frozen=True, slots=True)
class Run:
    """What one sync took: seconds of wall and processor time, bytes of memory, and its counts."""

    seconds: float
    processor: float
    tree: int
    counts: dict[str, int]


def started(folder: Path, synthetic: bool, *more: str) -> "subprocess.Popen[str]":
    """Start a sync in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.ingest_scale", str(folder), "--one-sync", *more]
    command += ["--synthetic-embedder"] if synthetic else []
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def run(folder: Path, synthetic: bool, *more: str) -> Run:
    """Sync in a process of its own, looking at its memory."""
    child, tree = started(folder, synthetic, *more), 0
    while child.poll() is None:
        tree = max(tree, resident(child.pid))
        time.sleep(SECONDS_BETWEEN_LOOKS)
    assert child.stdout is not None
    said = child.stdout.read()
    if child.returncode:
        raise SystemExit(f"The sync ended with exit code {child.returncode}.")
    counts = json.loads(said)
    seconds, processor = counts.pop("seconds"), counts.pop("processor")
    return Run(seconds, processor, max(tree, counts.pop("peak")), counts)


def resident(pid: int) -> int:
    """Sum the resident memory of a process and its children, in bytes."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except (OSError, IndexError):
        return 0
    return pages * resource.getpagesize() + sum(resident(int(child)) for child in children)


def measure(folder: Path, count: int, synthetic: bool) -> None:
    """Print what a first sync, syncs of the unchanged tree and small changes take."""
    files = list(write_documents(folder / "documents", count))
    size = sum(file.stat().st_size for file in files)
    print(f"{count:,} documents, {size / 1e6:,.0f} MB")
    show("first sync", run(folder, synthetic))
    runs = sorted((run(folder, synthetic) for _ in range(UNCHANGED_RUNS)), key=lambda r: r.seconds)
    show("unchanged, median", runs[len(runs) // 2])
    middle = runs[len(runs) // 2]
    print(f"unchanged: {count / middle.seconds:,.0f} files/s, best {count / runs[0].seconds:,.0f}")
    files[0].write_text("This file says something else now.", encoding="utf-8")
    show("one file changed", run(folder, synthetic))
    files[1].rename(files[1].with_name("renamed.txt"))
    show("one file renamed", run(folder, synthetic))
    (folder / "documents" / "folder-0000").rename(folder / "documents" / "moved")
    show("a folder renamed", run(folder, synthetic))
    run(folder, synthetic, "--profile")


def show(what: str, run: Run) -> None:
    """Print a sync on one line."""
    counts = ", ".join(f"{name} {n:,}" for name, n in run.counts.items() if n)
    print(
        f"{what}: {run.seconds:.2f} s ({run.processor:.2f} s of processor), "
        f"{run.tree / 1e6:,.0f} MB; {counts}",
        flush=True,
    )


def survive(folder: Path, count: int, kills: int) -> None:
    """Kill syncs of a changing tree at random moments; check what the next one makes of each."""
    chance = random.Random(7)
    words = vocabulary(chance)
    documents = folder / "documents"
    list(write_documents(documents, count))
    longest = run(folder, synthetic=True).seconds
    stages: Counter[str] = Counter()
    for number in range(kills):
        change(documents, chance, words, number)
        child = started(folder, True)
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(chance.uniform(0, longest))
        stages["killed" if child.poll() is None else "had ended"] += 1
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
        with opened(folder, synthetic=True) as corpus:
            *_, report = corpus.sync()
            check(corpus, documents)
        print(f"{number + 1}: as it should be; repaired: {report.notes or 'nothing'}", flush=True)
    print(dict(stages))


def change(documents: Path, chance: random.Random, words: Sequence[str], number: int) -> None:
    """Write, copy, rename and delete some of the files."""
    files = sorted(documents.rglob("*.txt"))
    chance.shuffle(files)
    share = len(files) // 4
    for index in range(share):
        fresh = text(chance, list(words), number * 100_000 + index)
        files.pop().write_text(fresh, encoding="utf-8")
    for index in range(5):
        files.pop().rename(documents / f"moved-{number}-{index}.txt")
        (documents / f"copy-{number}-{index}.txt").write_bytes(files[-index - 1].read_bytes())
        (documents / f"new-{number}-{index}.txt").write_text(
            text(chance, list(words), number * 100_000 + 50_000 + index), encoding="utf-8"
        )
        files.pop(0).unlink()


def check(corpus: Corpus, documents: Path) -> None:
    """Hold the index against the files: nothing lost, nothing doubled, nothing foreign."""
    said = {path: path.read_text(encoding="utf-8") for path in documents.rglob("*.txt")}
    listed = corpus.documents()
    assert len(listed) == len(set(said.values()))
    paths = [path for document in listed for path in (document.path, *document.copies)]
    assert sorted(paths) == sorted(map(str, said))
    for document in listed:
        own = corpus.source(document.id).text
        for path in (document.path, *document.copies):
            assert squeezed(own) == squeezed(said[Path(path)])
    stores = corpus._stores
    assert stores is not None
    ready = stores.generation.ready_ids()
    assert stores.vectors.ids() == stores.terms.ids() == ready
    assert stores.generation.passage_ids(d.id for d in listed) == sorted(ready)
    assert corpus.probe(200)[0] == corpus.probe(200)[1]
    assert sum(t.passages for t in stores.generation.languages().values()) == len(ready)


def squeezed(said: str) -> str:
    """Leave out white space, which a loader tidies."""
    return "".join(said.split())


if __name__ == "__main__":
    main()
