"""What `bronwijzer serve` takes over a folder that `benchmarks.growth --folder` left.

Example run:

    python -m benchmarks.growth --folder GROWN --passages 10000
    python -m benchmarks.served_growth GROWN

Tells the server's memory, how soon evidence and the whole answer come by HTTP, the same question
again, which is remembered, and evidence while a sync through the server adds files, which are
embedded for real. No language model is asked.
"""

import argparse
import random
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import numpy as np

from benchmarks.growth import MILLISECONDS, shown
from benchmarks.served_corpus import command, started
from benchmarks.serving_load import megabytes

WARMING, WORDS = 5, 6
SETTINGS = {"BRONWIJZER_MODEL": "none", "BRONWIJZER_LOG_FORMAT": "none"}


def asked(client: httpx.Client, question: str) -> tuple[float, float]:
    """Ask: milliseconds until the evidence, as the server tells, and until the reply is here."""
    began = time.perf_counter()
    reply = client.post("/api/ask", json={"question": question})
    took = (time.perf_counter() - began) * MILLISECONDS
    return float(reply.json()["timings_ms"]["evidence"]), took


def added(folder: Path, files: Sequence[Path], count: int) -> Path:
    """Write a folder of other texts of the same words; give its path."""
    new = folder / f"added-{time.time_ns()}"
    new.mkdir()
    for number in range(count):
        sentences = files[number % len(files)].read_text("utf-8").split(".")
        (new / f"{number}.txt").write_text(f"{number} " + ".".join(sentences[::-1]), "utf-8")
    return new


def main() -> None:
    """Run the measurement of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--questions", type=int, default=100)
    parser.add_argument("--add", type=int, default=50, help="files that a sync adds")
    options = parser.parse_args()
    chance = random.Random(3)
    files = sorted((options.folder / "files").rglob("*.txt"))[:1000]

    def question() -> str:
        words = chance.choice(files).read_text("utf-8").replace("\n", " ").split()
        start = chance.randrange(len(words) - 3 * WORDS)
        return " ".join(chance.sample(words[start : start + 2 * WORDS], WORDS)) + "?"

    with (
        started(options.folder, SETTINGS) as (process, address),
        httpx.Client(base_url=address, timeout=60, trust_env=False) as client,
    ):
        print(f"memory at the start {megabytes(process.pid):.0f} MB")
        fresh = [asked(client, question()) for _ in range(options.questions + WARMING)][WARMING:]
        evidence, whole = np.transpose(fresh)
        print(f"evidence {shown(evidence)}; whole answer {shown(whole)}")
        same = question()
        again = [asked(client, same)[1] for _ in range(options.questions + WARMING)][WARMING:]
        print(f"the same question again: whole answer {shown(again)}")
        print(f"memory at the end {megabytes(process.pid):.0f} MB")
        new = added(options.folder, files, options.add)
        with ThreadPoolExecutor(1) as pool:
            sync = pool.submit(command, ["sync", str(new)], options.folder, SETTINGS)
            during = []
            while not sync.done():
                during.append(asked(client, question())[0])
        print(f"while {options.add} files are added: evidence {shown(during)} (n {len(during)})")
        print(sync.result())


if __name__ == "__main__":
    main()
