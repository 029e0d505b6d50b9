"""Many clients at once: how soon the evidence comes, who is told to wait, and what a stop loses.

Example runs:

    python -m benchmarks.serving_load
    python -m benchmarks.serving_load --clients 50 --seconds 120 --pause 0.2
    python -m benchmarks.serving_load --url http://127.0.0.1:7860

Each client asks one question of `seeds/gold.jsonl` after another as server-sent events, numbered
so that no reply is remembered, and comes back after a second where the server is busy. The
language model is scripted, with a pause behind each piece of a reply. The same clients then ask a
bare server, which embeds the question and sends the pieces of the same reply, and knows neither
index nor queue: the ratio is of the two medians. Then, while the clients ask, thumbs are given,
files are uploaded and a sync runs, the server gets SIGTERM; afterwards what it had acknowledged
must be there. With `--url` only the first part is done, of a server that runs already.
"""

import argparse
import asyncio
import json
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count, cycle
from pathlib import Path

import httpx

from benchmarks.bare_server import bare_server
from benchmarks.served_corpus import command, scripted_model, started

SEEDS = Path(__file__).parent.parent / "seeds"
EVENTS = {"Accept": "text/event-stream"}
SECONDS_BEFORE_STOP, BETWEEN_UPLOADS = 8.0, 0.3
MANY_FILES = 300


@dataclass
class Findings:
    """How questions ended, and the seconds until evidence, first word and end of each came."""

    ends: Counter[str] = field(default_factory=Counter)
    evidence: list[float] = field(default_factory=list)
    first_word: list[float] = field(default_factory=list)
    done: list[float] = field(default_factory=list)

    def told(self) -> str:
        """Say all in a line."""
        parts = [", ".join(f"{name} {number}" for name, number in sorted(self.ends.items()))]
        for name in ("evidence", "first_word", "done"):
            if len(seconds := getattr(self, name)) > 1:
                points = statistics.quantiles(seconds, n=100, method="inclusive")
                parts.append(f"{name} p50 {points[49] * 1000:.0f} p95 {points[94] * 1000:.0f} ms")
        return "; ".join(parts)


@dataclass
class Acknowledged:
    """What the server said that it has: questions with a thumb, and names of files."""

    thumbs: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)


async def keep_asking(
    client: httpx.AsyncClient, questions: Sequence[str], found: Findings, until: float
) -> None:
    """Ask one question after another until a time."""
    for number, question in enumerate(cycle(questions)):
        if time.monotonic() > until:
            return
        began = time.monotonic()
        try:
            async with client.stream(
                "POST", "/api/ask", json={"question": f"{question} ({number})"}, headers=EVENTS
            ) as response:
                found.ends[await _end(response, found, began)] += 1
                if response.status_code == 503:
                    await asyncio.sleep(1)
        except httpx.HTTPError as error:
            found.ends[f"error {type(error).__name__}"] += 1
            await asyncio.sleep(1)


async def _end(response: httpx.Response, found: Findings, began: float) -> str:
    if response.status_code != 200:
        return "busy" if response.status_code == 503 else f"error {response.status_code}"
    last: dict[str, object] = {}
    async for data in _data(response):
        if not last:
            found.evidence.append(time.monotonic() - began)
        if data.get("kind") == "written" and last.get("kind") != "written":
            found.first_word.append(time.monotonic() - began)
        last = data
    if not last.get("done"):
        return "error unfinished"
    found.done.append(time.monotonic() - began)
    return "ok"


async def _data(response: httpx.Response) -> AsyncIterator[dict[str, object]]:
    async for line in response.aiter_lines():
        if line.startswith("data:"):
            yield json.loads(line.removeprefix("data:"))


async def load(address: str, clients: int, seconds: float) -> Findings:
    """Have many clients ask for some seconds."""
    questions = [json.loads(line)["question"] for line in (SEEDS / "gold.jsonl").open()]
    found, until = Findings(), time.monotonic() + seconds
    async with _client(address, clients) as client:
        shifted = [questions[n % len(questions) :] + questions for n in range(clients)]
        await asyncio.gather(*(keep_asking(client, part, found, until) for part in shifted))
    return found


def _client(address: str, clients: int) -> httpx.AsyncClient:
    limits = httpx.Limits(max_connections=clients + 20)
    return httpx.AsyncClient(base_url=address, timeout=300, limits=limits, trust_env=False)


async def watched_load(
    process: subprocess.Popen[str], address: str, clients: int, seconds: float
) -> Findings:
    """Have clients ask, and tell the memory of the server at the start, in the middle, at the end.

    The start is after a short load, which makes threads and opens what is opened once.
    """
    await load(address, clients, min(10.0, seconds / 4))
    sizes = [megabytes(process.pid)]

    async def look() -> None:
        await asyncio.sleep(seconds / 2)
        sizes.append(megabytes(process.pid))

    found, _ = await asyncio.gather(load(address, clients, seconds), look())
    sizes.append(megabytes(process.pid))
    print("memory, start, middle and end: " + ", ".join(f"{size:.0f} MB" for size in sizes))
    return found


def megabytes(pid: int) -> float:
    """Tell the resident memory of a process."""
    status = Path(f"/proc/{pid}/status").read_text("ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if "VmRSS" in line) / 1024


async def give_thumbs(address: str, kept: Acknowledged) -> None:
    """Ask on the chat page and rate each answer, as its page does, until the server is gone."""
    async with _client(address, 2) as client:
        with suppress(httpx.HTTPError):
            parts = (await client.get("/config")).json()["dependencies"]
            numbers = {part["api_name"]: part["id"] for part in parts}
            for number in count():
                session, question = f"session{number}", f"Who leads the works? ({number})"
                await _event(client, numbers["ask"], [question, None], session)
                liked = {"index": 1, "value": "", "liked": True}
                shown = await _event(client, numbers["rate"], [None], session, liked)
                # What was not kept changes nothing on the page but for a warning.
                if len(shown) > 1 and isinstance(shown[1], dict) and "visible" in shown[1]:
                    kept.thumbs.append(question)


async def _event(
    client: httpx.AsyncClient,
    number: int,
    data: list[object],
    session: str,
    event: dict[str, object] | None = None,
) -> list[object]:
    """Send an event of the page; gives what it shows then, nothing where it failed."""
    body = {"data": data, "fn_index": number, "session_hash": session, "event_data": event}
    (await client.post("/gradio_api/queue/join", json=body)).raise_for_status()
    where = {"session_hash": session}
    async with client.stream("GET", "/gradio_api/queue/data", params=where) as response:
        async for message in _data(response):
            if message["msg"] == "process_completed":
                output = message["output"]
                return list(output["data"]) if message["success"] else []
    return []


async def upload(address: str, kept: Acknowledged) -> None:
    """Bring one file in after another until the server is gone."""
    async with _client(address, 2) as client:
        with suppress(httpx.HTTPError):
            for number in count():
                name = f"upload-{number}.txt"
                files = {"file": (name, f"The lamp number {number} is in room {number}.")}
                reply = await client.post("/api/v1/documents?wait=0", files=files)
                if reply.is_success:
                    kept.files.append(name)
                await asyncio.sleep(BETWEEN_UPLOADS)


async def syncs(address: str) -> None:
    """Wait until a sync runs."""
    async with _client(address, 1) as client:
        while "\nbronwijzer_sync_running 1.0" not in (await client.get("/metrics")).text:
            await asyncio.sleep(0.1)


async def stop_in_the_middle(
    process: subprocess.Popen[str], address: str, clients: int, sync: Sequence[str]
) -> tuple[Findings, Acknowledged]:
    """Stop the server while all that may happen does."""
    kept = Acknowledged()
    syncing = await asyncio.create_subprocess_exec(*sync, stdout=subprocess.DEVNULL)
    await syncs(address)
    asking = asyncio.create_task(load(address, clients, SECONDS_BEFORE_STOP + 5))
    others = [asyncio.create_task(work(address, kept)) for work in (give_thumbs, upload)]
    await asyncio.sleep(SECONDS_BEFORE_STOP)
    print(f"the sync {'runs' if syncing.returncode is None else 'has ended'} at SIGTERM")
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    code = await asyncio.to_thread(process.wait, 60)
    print(f"SIGTERM: ended with code {code} after {time.monotonic() - began:.1f} s")
    found, *_ = await asyncio.gather(asking, *others)
    await syncing.wait()
    return found, kept


def lost(folder: Path, settings: dict[str, str], kept: Acknowledged) -> list[str]:
    """List what was acknowledged and is not there after a sync."""
    command(["sync"], folder, settings)
    documents = json.loads(command(["list", "--json"], folder, settings))["documents"]
    paths = {Path(document["path"]).name for document in documents}
    records = (folder / "data" / "feedback.jsonl").read_text("utf-8").splitlines()
    rated = {json.loads(record)["question"] for record in records}
    synced = {path.name for path in (folder / "many").iterdir()}
    return sorted((set(kept.files) | synced) - paths) + sorted(set(kept.thumbs) - rated)


def many_files(folder: Path) -> None:
    """Write as many files as a sync is busy with for a while."""
    folder.mkdir()
    for number in range(MANY_FILES):
        text = " ".join(f"Room {number} has a lamp of kind {line}." for line in range(8))
        (folder / f"room-{number}.txt").write_text(text, "utf-8")


def measure(folder: Path, arguments: argparse.Namespace) -> None:
    """Do all parts, with a server and a model of our own."""
    many_files(folder / "many")
    with scripted_model(arguments.pause) as settings:
        command(["sync", str(SEEDS / "documents")], folder, settings)
        clients, seconds = arguments.clients, arguments.seconds
        quiet = {**settings, "BRONWIJZER_LOG_FORMAT": "none"}
        with started(folder, quiet) as (process, address):
            found = asyncio.run(watched_load(process, address, clients, seconds))
            print(f"under load: {found.told()}", flush=True)
            with bare_server(settings["BRONWIJZER_MODEL_URL"]) as bare:
                asyncio.run(load(bare, clients, 1.0))
                asked = asyncio.run(load(bare, clients, seconds / 2))
            print(f"bare server: {asked.told()}")
            ratio = statistics.median(found.evidence) / statistics.median(asked.evidence)
            print(f"ratio of the medians to evidence: {ratio:.2f}")
            sync = [sys.executable, "-m", "benchmarks.serving_load", "--sync", str(folder)]
            found, kept = asyncio.run(stop_in_the_middle(process, address, clients, sync))
        print(f"until and after SIGTERM: {found.told()}")
        missing = lost(folder, quiet, kept)
    print(f"acknowledged: {len(kept.thumbs)} thumbs, {len(kept.files)} files")
    print(f"lost: {len(missing)} {missing[:5]}")


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--pause", type=float, default=0.2, help="seconds behind each piece")
    parser.add_argument("--url", default="", help="a server that runs already")
    parser.add_argument("--sync", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.sync:
        with suppress(subprocess.CalledProcessError):
            command(["sync", str(arguments.sync / "many")], arguments.sync, {})
    elif arguments.url:
        found = asyncio.run(load(arguments.url, arguments.clients, arguments.seconds))
        print(f"under load: {found.told()}")
    else:
        with tempfile.TemporaryDirectory() as folder:
            measure(Path(folder), arguments)


if __name__ == "__main__":
    main()
