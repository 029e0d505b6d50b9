"""How long commands take from a standing start, beside what importing the libraries alone takes.

Example run:

    python -m benchmarks.starting --repeat 5

Each figure is a whole process. The alternative in the same run, in turns, is a process that only
imports LlamaIndex's retrievers and Chroma, which any program on the two must do before its first
answer. Nothing is measured with a language model: its answer would hide the rest.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import httpx

SEEDS = Path(__file__).parent.parent / "seeds" / "documents"
QUESTION = "How many days of leave does a full-time employee have?"
IMPORTS = "import llama_index.core.retrievers, chromadb"
POLL = 0.02  # Seconds
LONGEST_START = 120.0  # Seconds
COMMAND = (sys.executable, "-m", "assistant")


def timed(arguments: Sequence[str], environment: dict[str, str]) -> float:
    """Run a process to its end; give its seconds."""
    started = time.perf_counter()
    subprocess.run(arguments, env=environment, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def served(environment: dict[str, str], asks: int) -> tuple[float, list[float], float]:
    """Serve: seconds until ready, seconds of each question through the owner, megabytes."""
    started = time.perf_counter()
    server = subprocess.Popen(
        [*COMMAND, "serve", "--port", "0"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert server.stdout is not None
        address = server.stdout.readline().rsplit(" ", 1)[-1].strip()
        while not _is_ready(address):
            if time.perf_counter() - started > LONGEST_START:
                raise TimeoutError(f"{address} was not ready in {LONGEST_START:.0f} s")
            time.sleep(POLL)
        ready = time.perf_counter() - started
        questions = [timed([*COMMAND, "ask", QUESTION], environment) for _ in range(asks)]
        pages = int(Path(f"/proc/{server.pid}/statm").read_text(encoding="ascii").split()[1])
        return ready, questions, pages * os.sysconf("SC_PAGE_SIZE") / 1e6
    finally:
        server.terminate()
        server.wait()


def _is_ready(address: str) -> bool:
    try:
        return httpx.get(f"{address}/readyz").status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


def told(what: str, seconds: Sequence[float], beside: Sequence[float]) -> str:
    """Word the median, the range, and the median beside that of the imports."""
    median = statistics.median(seconds)
    ratio = median / statistics.median(beside)
    return f"{what:28} {median:5.2f} s ({min(seconds):.2f} to {max(seconds):.2f}), {ratio:.2f}"


def main() -> None:
    """Run the measurement of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=5)
    repeat = parser.parse_args().repeat
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "BRONWIJZER_DATA": folder, "BRONWIJZER_MODEL": "none"}
        timed([*COMMAND, "sync", str(SEEDS)], environment)
        runs: dict[str, list[float]] = {
            name: [] for name in ("imports alone", "--help", "ask, alone", "serve, until ready")
        }
        through: list[float] = []
        for _ in range(repeat):
            runs["imports alone"].append(timed([sys.executable, "-c", IMPORTS], environment))
            runs["--help"].append(timed([*COMMAND, "--help"], environment))
            runs["ask, alone"].append(timed([*COMMAND, "ask", QUESTION], environment))
            ready, questions, memory = served(environment, asks=2)
            runs["serve, until ready"].append(ready)
            through += questions
        runs["ask, through an owner"] = through
    print("seconds: median (range), and the median beside that of the imports alone")
    for what, seconds in runs.items():
        print(told(what, seconds, runs["imports alone"]))
    print(f"memory of the server: {memory:.0f} MB")


if __name__ == "__main__":
    main()
