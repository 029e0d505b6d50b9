"""What it costs to read files in processes of their own, as ratios to reading them in this one.

    python -m benchmarks.reading_files [--copies 40] [--megabytes 50]

The same files are read here, by one process and by two, in turns; a start alone is one small file.
Then one huge text, for the most memory that this process takes beside what it begins with.
"""

import argparse
import resource
import statistics
import tempfile
import time
from pathlib import Path

from benchmarks.ingest_fuzz import SEEDS
from index.errors import UnreadableFile
from index.language import LanguageDetector
from index.loaders import LOADERS
from index.parser_pool import outcomes
from index.reading import ParserLimits, Reading

_ROUNDS = 3


def seconds_for(paths: list[Path], reading: Reading) -> float:
    """Read files, drop what they hold, and say how long it took."""
    began = time.monotonic()
    for path, outcome in outcomes(reading, paths):
        if isinstance(outcome, UnreadableFile):
            raise SystemExit(f"{path}: {outcome}")
    return time.monotonic() - began


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--copies", type=int, default=40, help="of each sample document")
    parser.add_argument("--megabytes", type=int, default=50, help="size of the huge text")
    arguments = parser.parse_args()
    detector = LanguageDetector()

    def reading(at_once: int) -> Reading:
        limits = ParserLimits(3600.0, 4_000_000_000, at_once) if at_once else None
        return Reading(LOADERS, detector, 10**10, limits)

    many = sorted(SEEDS.iterdir()) * arguments.copies
    small = [SEEDS / "it-security.en.md"]
    for name, paths in ((f"{len(many)} files", many), ("one small file", small)):
        taken: dict[int, list[float]] = {0: [], 1: [], 2: []}
        for _ in range(_ROUNDS):
            for at_once, times in taken.items():
                times.append(seconds_for(paths, reading(at_once)))
        here, one, two = (statistics.median(times) for times in taken.values())
        print(f"{name}: here {here:.2f} s, one process {one:.2f} s, two {two:.2f} s")
        print(f"  as a ratio to here: one {one / here:.2f}, two {two / here:.2f}")
    _measure_huge(reading(1), arguments.megabytes)


def _measure_huge(reading: Reading, megabytes: int) -> None:
    sentence = "The quay at the harbour is renewed in the spring of 2026. "
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "huge.txt")
        path.write_text((sentence * 20 + "\n\n") * (megabytes * 1_000_000 // 1162), "utf-8")
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        seconds = seconds_for([path], reading)
    here = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    there = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(
        f"a text of {megabytes} MB: {seconds:.0f} s; {here:,.0f} MB more here, {there:,.0f} there"
    )


if __name__ == "__main__":
    main()
