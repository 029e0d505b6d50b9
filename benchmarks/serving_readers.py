"""Many clients at two read-only processes beside an owner and a Chroma server: load and a stop.

Example run:

    python -m benchmarks.serving_readers --clients 50 --seconds 120

As `benchmarks.serving_load`, whose clients, model and questions these are, with half of the clients
at each reader. Memory is that of all processes together, Chroma's server apart. Then, while they
ask, thumbs are given at a reader, files are uploaded to the owner, and a sync runs, the owner gets
SIGTERM and after it the readers; what any of them had acknowledged must be there afterwards.
"""

import argparse
import asyncio
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from benchmarks.served_corpus import command, scripted_model, started
from benchmarks.serving_load import (
    SECONDS_BEFORE_STOP,
    SEEDS,
    Acknowledged,
    Findings,
    give_thumbs,
    load,
    lost,
    many_files,
    megabytes,
    syncs,
    upload,
)

SECONDS_TO_LISTEN = 60.0


@dataclass
class Site:
    """The processes of an installation: the owner first, then the readers."""

    processes: list[subprocess.Popen[str]]
    addresses: list[str]
    chroma: subprocess.Popen[bytes]

    @property
    def readers(self) -> list[str]:
        """Where the readers answer."""
        return self.addresses[1:]

    def memory(self) -> str:
        """Word the resident memory of the processes and of Chroma's server."""
        sizes = ", ".join(f"{megabytes(process.pid):.0f}" for process in self.processes)
        return f"{sizes} MB, Chroma {megabytes(self.chroma.pid):.0f} MB"


@contextmanager
def chroma_server(folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """Run Chroma's server on a free port; gives the process and its address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    chroma = Path(sys.executable).with_name("chroma")
    words = [chroma, "run", "--path", folder, "--host", "127.0.0.1", "--port", str(port)]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address, until = f"http://127.0.0.1:{port}", time.monotonic() + SECONDS_TO_LISTEN
    try:
        while not _listens(address):
            if time.monotonic() > until:
                raise TimeoutError(f"{address} did not answer in {SECONDS_TO_LISTEN:.0f} s")
            time.sleep(0.1)
        yield process, address
    finally:
        process.terminate()
        process.wait(timeout=60)


def _listens(address: str) -> bool:
    try:
        return httpx.get(f"{address}/api/v2/heartbeat", trust_env=False).is_success
    except httpx.TransportError:
        return False


@contextmanager
def installed(folder: Path, settings: dict[str, str]) -> Iterator[Site]:
    """Start Chroma's server, index the seeds, and serve by an owner and two readers."""
    with ExitStack() as stack:
        chroma, url = stack.enter_context(chroma_server(folder / "chroma"))
        settings |= {"BRONWIJZER_CHROMA_URL": url, "BRONWIJZER_LOG_FORMAT": "none"}
        command(["sync", str(SEEDS / "documents")], folder, settings)
        served = [
            stack.enter_context(started(folder, settings, *words))
            for words in ((), ("--read-only",), ("--read-only",))
        ]
        yield Site([process for process, _ in served], [url for _, url in served], chroma)


async def shared_load(site: Site, clients: int, seconds: float) -> Findings:
    """Have half of the clients ask each reader."""
    parts = await asyncio.gather(
        *(load(address, clients // len(site.readers), seconds) for address in site.readers)
    )
    whole = Findings()
    for part in parts:
        whole.ends += part.ends
        for name in ("evidence", "first_word", "done"):
            getattr(whole, name).extend(getattr(part, name))
    return whole


async def watched_load(site: Site, clients: int, seconds: float) -> Findings:
    """Have clients ask, and tell the memory at the start, in the middle and at the end."""
    await shared_load(site, clients, min(10.0, seconds / 4))
    print(f"memory at the start, owner and readers: {site.memory()}")

    async def look() -> None:
        await asyncio.sleep(seconds / 2)
        print(f"memory in the middle: {site.memory()}")

    found, _ = await asyncio.gather(shared_load(site, clients, seconds), look())
    print(f"memory at the end: {site.memory()}", flush=True)
    return found


async def stop_in_the_middle(
    site: Site, clients: int, sync: Sequence[str]
) -> tuple[Findings, Acknowledged]:
    """Stop the owner, and two seconds later the readers, while all that may happen does."""
    kept = Acknowledged()
    syncing = await asyncio.create_subprocess_exec(*sync, stdout=subprocess.DEVNULL)
    await syncs(site.addresses[0])
    asking = asyncio.create_task(shared_load(site, clients, SECONDS_BEFORE_STOP + 5))
    others = [
        asyncio.create_task(give_thumbs(site.readers[0], kept)),
        asyncio.create_task(upload(site.addresses[0], kept)),
    ]
    await asyncio.sleep(SECONDS_BEFORE_STOP)
    print(f"the sync {'runs' if syncing.returncode is None else 'has ended'} at SIGTERM")
    for process, wait in zip(site.processes, (2.0, 0.0, 0.0), strict=True):
        process.send_signal(signal.SIGTERM)
        await asyncio.sleep(wait)
    began = time.monotonic()
    for process in site.processes:
        code = await asyncio.to_thread(process.wait, 90)
        print(f"SIGTERM: ended with code {code} after {time.monotonic() - began:.1f} s")
    found, *_ = await asyncio.gather(asking, *others)
    await syncing.wait()
    return found, kept


def main() -> None:
    """Run the measurement of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--pause", type=float, default=0.2, help="seconds behind each piece")
    arguments = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as name,
        scripted_model(arguments.pause) as settings,
        ExitStack() as stack,
    ):
        folder = Path(name)
        site = stack.enter_context(installed(folder, settings))
        many_files(folder / "many")
        found = asyncio.run(watched_load(site, arguments.clients, arguments.seconds))
        print(f"under load: {found.told()}", flush=True)
        sync = [sys.executable, "-m", "assistant", "sync", str(folder / "many")]
        os.environ |= {**settings, "BRONWIJZER_DATA": str(folder / "data")}
        found, kept = asyncio.run(stop_in_the_middle(site, arguments.clients, sync))
        print(f"until and after SIGTERM: {found.told()}")
        missing = lost(folder, settings, kept)
    print(f"acknowledged: {len(kept.thumbs)} thumbs, {len(kept.files)} files")
    print(f"lost: {len(missing)} {missing[:5]}")


if __name__ == "__main__":
    main()
