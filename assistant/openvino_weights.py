"""Weights in OpenVINO's form: made once of a GGUF file, and whether this machine can use them.

Knows files, the processor and the machine's memory; nothing of serving or questions.
"""

import json
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from multiprocessing import get_context
from pathlib import Path

from filelock import FileLock, Timeout

from assistant.errors import ModelUnavailable
from assistant.weights import Weights

_DISTRIBUTION = "openvino-genai"

_NEEDED = "avx512_vnni"
"""Without these instructions nothing was measured, so llama.cpp is taken."""

_FILES = ("openvino_model.xml", "openvino_model.bin", "openvino_tokenizer.xml")
_SEAL = "sealed.json"
_MADE, _UNFINISHED = ".openvino-", ".unfinished-openvino"

_MEMORY_PER_BYTE, _DISK_PER_BYTE = 4.0, 1.5
"""To make it took 3.8 GB of memory and 1.3 GB of disk for 1.1 GB of weights."""

_SECONDS_BETWEEN_LOOKS = 0.2


class OpenVINOWeights:
    """The folder of some weights of the catalogue for the installed release of OpenVINO."""

    def __init__(self, models: Path, weights: Weights) -> None:
        self._models = models
        self._weights = weights
        self.folder = models / f"{weights.name}{_MADE}{_release()}"

    @staticmethod
    def hindrance() -> str:
        """Say why this machine cannot use any; empty where it can."""
        if not _release():
            return f"{_DISTRIBUTION} is not installed"
        if _NEEDED not in _processor():
            return f"the processor has no {_NEEDED}"
        return ""

    @property
    def are_made(self) -> bool:
        """Say whether they are there, whole, and can be read."""
        try:
            seal = (self.folder / _SEAL).read_text(encoding="utf-8")
            return seal == self._sealed(self.folder)
        except (OSError, UnicodeDecodeError):
            return False

    def shortage(self, path: Path) -> str:
        """Say what there is too little of to make them of a GGUF file; empty where there is none.

        Raises OSError.
        """
        size = path.stat().st_size
        for what, needed, free in (
            ("memory", _MEMORY_PER_BYTE * size, _free_memory()),
            ("disk", _DISK_PER_BYTE * size, shutil.disk_usage(self._models).free),
        ):
            if free < needed:
                return f"it takes {needed / 1e9:.1f} GB of {what}, and {free / 1e9:.1f} are free"
        return ""

    def make(self, path: Path, is_over: Callable[[], bool]) -> None:
        """Make them of a GGUF file: some 15 s for 1.5 thousand million parameters.

        Those for other releases, and unfinished ones, are deleted. Raises ModelUnavailable where
        memory, disk or file are not as needed, or `is_over` says so; then nothing is left.
        """
        if self.are_made:
            return
        try:
            with self._alone():
                # Another process may have made them meanwhile.
                if not self.are_made:
                    self._delete()
                    if shortage := self.shortage(path):
                        raise ModelUnavailable(_failure(path, shortage))
                    self._make(path, is_over)
        except Timeout as error:
            raise ModelUnavailable(_failure(path, "another process is at it")) from error
        except OSError as error:
            raise ModelUnavailable(_failure(path, str(error))) from error

    def remove(self) -> int:
        """Delete them, those for other releases, and unfinished ones; count the bytes freed.

        Raises ModelUnavailable where another process makes them, or the disk refuses.
        """
        try:
            with self._alone():
                return self._delete()
        except (Timeout, OSError) as error:
            raise ModelUnavailable(f"{self.folder} could not be deleted: {error}") from error

    def _make(self, path: Path, is_over: Callable[[], bool]) -> None:
        made = self._models / f"{self._weights.name}{_UNFINISHED}"
        made.mkdir()
        try:
            _converted(path, made, is_over)
            for file in made.iterdir():
                with file.open("rb") as content:
                    os.fsync(content.fileno())
            (made / _SEAL).write_text(self._sealed(made), encoding="utf-8")
            made.rename(self.folder)
        finally:
            shutil.rmtree(made, ignore_errors=True)

    def _delete(self) -> int:
        freed = 0
        for pattern in (f"{self._weights.name}{_MADE}*", f"{self._weights.name}{_UNFINISHED}"):
            for folder in self._models.glob(pattern):
                freed += sum(file.lstat().st_size for file in folder.iterdir())
                shutil.rmtree(folder)
        return freed

    def _sealed(self, folder: Path) -> str:
        """Describe what whole ones are: of which weights, and how large each file is."""
        sizes = {file.name: file.stat().st_size for file in folder.iterdir() if file.name != _SEAL}
        missing = [name for name in _FILES if not sizes.get(name)]
        return json.dumps([self._weights.sha256, missing, sorted(sizes.items())])

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self._models.mkdir(parents=True, exist_ok=True)
        with FileLock(self._models / f".{self._weights.name}{_MADE}lock", timeout=0):
            yield


def _failure(path: Path, reason: str) -> str:
    return f"{path} could not be brought into OpenVINO's form: {reason}"


def _converted(path: Path, folder: Path, is_over: Callable[[], bool]) -> None:
    # A process of its own, since a want of memory may end it.
    process = get_context("spawn").Process(
        target=_convert, args=(str(path.resolve()), str(folder)), daemon=True
    )
    process.start()
    while process.is_alive():
        process.join(_SECONDS_BETWEEN_LOOKS)
        if is_over():
            process.kill()
            process.join()
            raise ModelUnavailable(_failure(path, "the program was ended"))
    if process.exitcode:
        reason = f"the process ended with exit code {process.exitcode} (negative, a signal)"
        raise ModelUnavailable(_failure(path, reason))


def _convert(path: str, folder: str) -> None:
    # Ctrl-C reaches every process of a terminal; the owner ends this one when it ends itself.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    import openvino_genai

    # It writes beside the file that it is given.
    link = Path(folder) / "weights.gguf"
    link.symlink_to(path)
    openvino_genai.LLMPipeline(str(link), "CPU", enable_save_ov_model=True)
    link.unlink()


def _release() -> str:
    try:
        return version(_DISTRIBUTION)
    except PackageNotFoundError:
        return ""


def _processor() -> list[str]:
    """List what the processor can do; nothing where the system does not tell."""
    try:
        told = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace")
    except OSError:
        return []
    return next((line for line in told.splitlines() if line.startswith("flags")), "").split()


def _free_memory() -> int:
    """Count the bytes that a process may still take, of the machine and of its container."""
    told = Path("/proc/meminfo").read_text(encoding="ascii")
    lines = dict(line.split(":") for line in told.splitlines())
    free = 1024 * int(lines["MemAvailable"].split()[0])
    group = Path("/sys/fs/cgroup")
    try:
        most = int((group / "memory.max").read_text(encoding="ascii"))
        used = int((group / "memory.current").read_text(encoding="ascii"))
        told = (group / "memory.stat").read_text(encoding="ascii")
        # Files that were read lately count as used, and are given up where memory is wanted.
        used -= int(dict(line.split() for line in told.splitlines())["inactive_file"])
    except (OSError, ValueError, KeyError):
        # There is no container, or it has no limit ("max").
        return free
    return min(free, most - used)
