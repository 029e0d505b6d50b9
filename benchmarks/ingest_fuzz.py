"""Has many damaged and hostile files read, and says which of them do not end as they must.

    python -m benchmarks.ingest_fuzz                       # from the sample documents
    python -m benchmarks.ingest_fuzz --folder ~/files      # and from the files of a folder

Every file must end in text, or in an error that says why, within the limits of time and memory. A
crash of the process that reads, a failure of the program itself and a message without a cause are
wrong; they are listed, and the exit code is then 1. A limit that was reached is no mistake of the
program, and is counted apart.
"""

import argparse
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from benchmarks.hostile_files import HostileFile, crafted, damaged, many_pages
from index.errors import UnreadableFile
from index.language import LanguageDetector
from index.loaders import LOADERS
from index.parser_pool import outcomes
from index.reading import ParserLimits, Reading
from index.types import Parsed

SEEDS = Path(__file__).parent.parent / "seeds" / "documents"

_LEAST_MESSAGE = 10
"""In characters: shorter ones cannot say why."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How one file ended: "text", "error", "limit", "crash", "failure" or "no cause"."""

    kind: str
    file: str
    end: str
    said: str
    seconds: float


def ending_of(outcome: Parsed | UnreadableFile) -> tuple[str, str]:
    """Say how reading a file ended, and with which words."""
    if isinstance(outcome, Parsed):
        sound = outcome.passages and any(map(str.isalnum, outcome.document.text))
        return ("text", "") if sound else ("no cause", "a document without text")
    said = str(outcome)
    if "The reader crashed" in said:
        return "crash", said
    if "The reader failed" in said:
        return "failure", said
    if "parser_seconds" in said or "parser_memory_mb" in said:
        return "limit", said
    return ("error" if len(said) >= _LEAST_MESSAGE else "no cause"), said


def endings(files: Iterable[HostileFile], reading: Reading, folder: Path) -> Iterator[Ending]:
    """Read files, one at a time, and yield how each ended."""
    kinds = {}
    for number, file in enumerate(files):
        path = folder / f"{number:05}{file.suffix}"
        path.write_bytes(file.content)
        kinds[path] = file.kind
    before = time.monotonic()
    for path, outcome in outcomes(reading, kinds):
        now = time.monotonic()
        yield Ending(kinds[path], path.name, *ending_of(outcome), now - before)
        before = now


def main() -> None:
    """Run the files through the parsers and print what came of them."""
    arguments = _arguments()
    sound = sorted(chain(SEEDS.iterdir(), arguments.folder.iterdir() if arguments.folder else ()))
    readable = [path for path in sound if path.suffix.lower() in LOADERS and path.stat().st_size]
    files = chain(
        damaged(readable, arguments.times, arguments.seed),
        crafted(arguments.megabytes * 1_000_000),
        [many_pages(10_000)],
    )
    limits = ParserLimits(arguments.seconds, arguments.memory_mb * 1_000_000, at_once=1)
    reading = Reading(LOADERS, LanguageDetector(), 10**10, limits)
    counts: Counter[tuple[str, str]] = Counter()
    wrong, slow = [], []
    with tempfile.TemporaryDirectory() as folder:
        for item in endings(files, reading, Path(folder)):
            counts[item.kind, item.end] += 1
            slow = sorted([*slow, item], key=lambda item: -item.seconds)[:8]
            if item.end not in ("text", "error", "limit"):
                wrong.append(item)
            if item.end == "limit":
                print(f"limit: {item.kind}, {item.file}: {item.said}")
    _print(counts, wrong, slow)
    sys.exit(1 if wrong else 0)


def _print(counts: Counter[tuple[str, str]], wrong: list[Ending], slow: list[Ending]) -> None:
    for kind in dict.fromkeys(kind for kind, _ in counts):
        told = ", ".join(f"{end} {count}" for (of, end), count in counts.items() if of == kind)
        print(f"{kind:25} {told}")
    ends: Counter[str] = Counter()
    for (_, end), count in counts.items():
        ends[end] += count
    print(f"{'all':25} {', '.join(f'{end} {count}' for end, count in ends.most_common())}")
    for item in slow:
        print(f"{item.seconds:6.1f} s  {item.kind}, {item.file} ({item.end})")
    for name, who in (
        ("here", resource.RUSAGE_SELF),
        ("a reading process", resource.RUSAGE_CHILDREN),
    ):
        print(f"most memory, {name}: {resource.getrusage(who).ru_maxrss / 1024:,.0f} MB")
    for item in wrong:
        print(f"WRONG {item.kind}, {item.file}: {item.end}: {item.said}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--folder", type=Path, help="sound files to damage besides the samples")
    parser.add_argument(
        "--times", type=int, default=15, help="how often a file is damaged in a way"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--megabytes", type=int, default=100, help="size of the largest file")
    parser.add_argument("--seconds", type=float, default=ParserLimits().seconds)
    parser.add_argument("--memory-mb", type=int, default=ParserLimits().most_memory // 1_000_000)
    return parser.parse_args()


if __name__ == "__main__":
    main()
