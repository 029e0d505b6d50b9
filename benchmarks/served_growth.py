"""What `bronwijzer serve` takes over a folder that `benchmarks.growth --folder` left.

Example run:

    python -m benchmarks.growth --folder GROWN --passages 10000
    python -m benchmarks.served_growth GROWN

Tells the server's memory, how soon evidence and the whole answer come by HTTP, and the same
question again, which is remembered. No language model is asked.
"""

import argparse
import random
import time
from pathlib import Path

import httpx
import numpy as np

from benchmarks.growth import MILLISECONDS, shown
from benchmarks.served_corpus import started
from benchmarks.serving_load import megabytes

WARMING, WORDS = 5, 6
SETTINGS = {"BRONWIJZER_MODEL": "none", "BRONWIJZER_LOG_FORMAT": "none"}


def asked(client: httpx.Client, question: str) -> tuple[float, float]:
    """Ask: milliseconds until the evidence, as the server tells, and until the reply is here."""
    began = time.perf_counter()
    reply = client.post("/api/ask", json={"question": question})
    took = (time.perf_counter() - began) * MILLISECONDS
    return float(reply.json()["timings_ms"]["evidence"]), took


def main() -> None:
    """Run the measurement of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--questions", type=int, default=100)
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


if __name__ == "__main__":
    main()
