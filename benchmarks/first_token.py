"""How soon the first word of a written reply comes, beside its floor and CitationQueryEngine.

Example run:

    python -m benchmarks.first_token DATA/xquad-xl --core --limit 20 --weights MODEL.gguf

Each question goes to the assistant and to LlamaIndex's CitationQueryEngine in turns, with the same
documents, embedder and language model. The floor is what reading the prompt costs: its tokens that
the engine had not in its cache, at the rate at which it reads a long text that it has never seen,
measured before and after. That rate stands beside what bare matrix products reach (two operations
a parameter and token), the decoding rate beside how fast the weights can be read from memory, which
each token needs once. `--weights` may name a folder in OpenVINO's form; with `--peer-weights` the
peer has the same model from another file and engine. Needs the dependency group `benchmarks`.
"""

import argparse
import json
import os
import statistics
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any

import httpx
import numpy as np

from assistant.build import build_detector, build_embedder
from assistant.chat_model import Ending
from assistant.evaluation.corpora import CorpusDocument, read_documents, temporary_corpus
from assistant.evaluation.gold import read_questions
from assistant.evaluation.types import GoldQuestion
from assistant.local_model import LocalModelServer
from assistant.settings import read_settings
from assistant.types import Message
from benchmarks.peer_answers import CitationEngine
from benchmarks.peers import PeerIndex

UNSEEN_CHARACTERS = 1500
MEGABYTES_COPIED = 512
MATRIX_WIDTH = 2048
MILLISECONDS = 1000


@dataclass
class Figures:
    """What was measured of one system; times in seconds, in the order of the questions."""

    evidence: list[float] = field(default_factory=list)
    first_token: list[float] = field(default_factory=list)
    done: list[float] = field(default_factory=list)
    prompts: list[dict[str, float]] = field(default_factory=list)

    def told(self, name: str) -> str:
        """Say all in two lines."""
        tokens = [prompt["prompt_n"] for prompt in self.prompts]
        cached = [prompt["cache_n"] for prompt in self.prompts]
        return (
            f"{name}: evidence {spread(self.evidence)}, first word {spread(self.first_token)}, "
            f"done {spread(self.done)}\n"
            f"  prompt tokens read {statistics.median(tokens):.0f}, from the cache "
            f"{statistics.median(cached):.0f} (medians of {len(tokens)} replies)"
        )


class TimedModel:
    """The local engine, with what it tells of its own work on each reply."""

    host = ""

    def __init__(self, server: LocalModelServer, most_tokens: int) -> None:
        self.name = server.name
        self.timings: list[dict[str, float]] = []
        self._most_tokens = most_tokens
        headers = {"Authorization": f"Bearer {server.api_key}"}
        self._client = httpx.Client(
            base_url=server.base_url, headers=headers, timeout=600, trust_env=False
        )

    def parameters(self) -> int:
        """Count the parameters of the weights; 0 where the engine does not tell."""
        response = self._client.get("/models")
        response.raise_for_status()
        return int(response.json()["data"][0].get("meta", {}).get("n_params", 0))

    def stream(self, messages: Sequence[Message]) -> Generator[str, None, Ending]:
        """Yield the reply in pieces."""
        wire = [{"role": m.role, "content": m.content} for m in messages]
        body = {
            "messages": wire,
            "max_tokens": self._most_tokens,
            "temperature": 0,
            "stream": True,
            "model": self.name,
        }
        began, first = perf_counter(), 0.0
        with self._client.stream("POST", "/chat/completions", json=body) as response:
            response.raise_for_status()
            for line in response.iter_lines():
                if not line.startswith("data: {"):
                    continue
                chunk: dict[str, Any] = json.loads(line.removeprefix("data: "))
                if "timings" in chunk:
                    self.timings.append(chunk["timings"])
                elif chunk.get("usage"):
                    self.timings.append(_timings(chunk["usage"], began, first or perf_counter()))
                piece = chunk["choices"][0]["delta"].get("content") if chunk["choices"] else None
                if piece:
                    first = first or perf_counter()
                    yield piece
        return Ending.COMPLETE

    def probability(
        self, messages: Sequence[Message], yes: str, no: str
    ) -> Generator[None, None, float | None]:
        """Say nothing: the assistant as shipped does not ask."""
        yield from ()
        return None


def _timings(usage: Mapping[str, int], began: float, first: float) -> dict[str, float]:
    """Work out what OpenVINO does not tell; what it had in its cache counts as read."""
    read, written = usage["prompt_tokens"], usage["completion_tokens"]
    return {
        "prompt_n": read,
        "cache_n": 0,
        "prompt_per_second": read / (first - began),
        "predicted_per_second": max(0, written - 1) / (perf_counter() - first),
    }


def spread(seconds: Sequence[float]) -> str:
    """Word the median and the 95th percentile."""
    return f"{statistics.median(seconds):.2f} (95 of 100 {np.percentile(seconds, 95):.2f}) s"


@contextmanager
def served(
    weights: Path | None, other: LocalModelServer | None = None
) -> Iterator[LocalModelServer]:
    """Serve weights; without any, go on with the other server."""
    if weights is None:
        assert other is not None
        yield other
        return
    with LocalModelServer(weights, weights.stem, os.cpu_count() or 1) as server:
        yield server


def reading_rate(model: TimedModel, documents: Sequence[CorpusDocument], number: int) -> float:
    """Have a text read that was never seen: tokens a second."""
    text = f"{number} " + " ".join(document.text for document in documents)[::-1]
    for _ in model.stream([Message("user", text[:UNSEEN_CHARACTERS])]):
        pass
    return model.timings.pop()["prompt_per_second"]


def memory_bandwidth() -> float:
    """Read a large array several times: gigabytes a second, the best of five."""
    numbers = np.ones(MEGABYTES_COPIED * 131_072)
    best = 0.0
    for _ in range(5):
        began = perf_counter()
        numbers.sum()
        best = max(best, numbers.nbytes / (perf_counter() - began) / 1e9)
    return best


def matrix_rate() -> float:
    """Multiply large matrices of single precision: operations a second, the best of five."""
    matrix = np.ones((MATRIX_WIDTH, MATRIX_WIDTH), dtype=np.float32)
    best = 0.0
    for _ in range(5):
        began = perf_counter()
        matrix @ matrix
        best = max(best, 2 * MATRIX_WIDTH**3 / (perf_counter() - began))
    return best


def take(figures: Figures, model: TimedModel, timings: Mapping[str, float]) -> None:
    """Add one reply; none was written where the model was not asked."""
    if "first_token" not in timings or not model.timings:
        return
    for name in ("evidence", "first_token", "done"):
        getattr(figures, name).append(timings[name] / MILLISECONDS)
    figures.prompts.append(model.timings[-1])


def report(
    ours: Figures, theirs: Figures, rates: Sequence[float], weights: Path, parameters: int
) -> None:
    """Print the figures beside each other and beside their floors."""
    print(ours.told("assistant"))
    print(theirs.told("CitationQueryEngine"))
    rate = statistics.median(rates)
    floors = [prompt["prompt_n"] / rate for prompt in ours.prompts]
    above = statistics.median(f / floor for f, floor in zip(ours.first_token, floors, strict=True))
    print(f"reading: {rate:.1f} tokens a second ({min(rates):.1f} to {max(rates):.1f})")
    used, matrices = 2 * parameters * rate, matrix_rate()
    print(
        f"  {used / 1e9:.0f} thousand million operations a second; bare matrix products of single "
        f"precision reach {matrices / 1e9:.0f} ({used / matrices:.0%})"
    )
    print(f"first word beside uncached tokens / reading rate: {above:.2f} (median)")
    sooner = statistics.median(theirs.first_token) / statistics.median(ours.first_token)
    print(f"first word beside CitationQueryEngine: {sooner:.1f} times sooner (medians)")
    written = statistics.median(prompt["predicted_per_second"] for prompt in ours.prompts)
    files = weights.glob("*.bin") if weights.is_dir() else (weights,)
    bandwidth, size = memory_bandwidth(), sum(file.stat().st_size for file in files) / 1e9
    print(
        f"writing: {written:.1f} tokens a second; {bandwidth:.1f} GB/s of memory (one thread) "
        f"would read the weights ({size:.2f} GB) {bandwidth / size:.1f} times a second"
    )


def main() -> None:
    """Run the measurement of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--peer-weights", type=Path)
    parser.add_argument("--core", action="store_true")
    parser.add_argument("--limit", type=int, default=20)
    arguments = parser.parse_args()
    settings = read_settings(os.environ, Path.cwd(), model="none")
    detector, embedder = build_detector(settings), build_embedder(settings)
    documents = read_documents(arguments.folder / "documents.jsonl")
    read = read_questions(
        arguments.folder / "questions.jsonl", lambda text: detector.detect(text, "en")
    )
    chosen: list[GoldQuestion] = [q for q in read.questions if q.core or not arguments.core]
    ours, theirs = Figures(), Figures()
    with (
        served(arguments.weights) as server,
        served(arguments.peer_weights, server) as other,
        temporary_corpus(documents, settings, embedder.fingerprint, lambda _: None) as temporary,
    ):
        model, peer = (TimedModel(each, settings.answer_tokens) for each in (server, other))
        assistant = temporary.installation.assistant
        assistant.use(model)
        index = PeerIndex(documents, embedder)
        engine = CitationEngine(index, peer, detector.detect, answer_tokens=settings.answer_tokens)
        reader = TimedModel(server, most_tokens=1)
        rates = [reading_rate(reader, documents, number) for number in range(2)]
        for question in chosen[: arguments.limit]:
            model.timings.clear()
            take(ours, model, assistant.ask(question.question).timings_ms)
            peer.timings.clear()
            take(theirs, peer, engine.respond(question).timings_ms)
        rates += [reading_rate(reader, documents, number) for number in range(2, 4)]
        parameters = peer.parameters()
    report(ours, theirs, rates, arguments.weights, parameters)


if __name__ == "__main__":
    main()
