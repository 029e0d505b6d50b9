"""Weights in OpenVINO's form: made once of a GGUF file, and whether this machine can use them.

Knows files, the processor and the machine's memory; nothing of serving or questions.
"""

import shutil
import tempfile
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from multiprocessing import get_context
from pathlib import Path

from assistant.errors import ModelUnavailable
from assistant.weights import Weights

_DISTRIBUTION = "openvino-genai"

_NEEDED = "avx512_vnni"
"""Without these instructions nothing was measured, so llama.cpp is taken."""

_FILES = ("openvino_model.xml", "openvino_model.bin", "openvino_tokenizer.xml")
_MADE, _UNFINISHED = ".openvino-", ".unfinished-openvino-"

_MEMORY_PER_BYTE, _DISK_PER_BYTE = 4.0, 1.5
"""To make it took 3.8 GB of memory and 1.3 GB of disk for 1.1 GB of weights."""

_SECONDS_BETWEEN_LOOKS = 0.2


class OpenVINOWeights:
    """The folder of some weights of the catalogue for the installed release of OpenVINO."""

    def __init__(self, models: Path, weights: Weights) -> None:
        self._models = models
        self._name = weights.name
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
        """Say whether they are there."""
        return all((self.folder / name).is_file() for name in _FILES)

    def make(self, path: Path, is_over: Callable[[], bool]) -> None:
        """Make them of a GGUF file: some 15 s for 1.5 thousand million parameters.

        Those for other releases, and unfinished ones, are deleted. Raises ModelUnavailable where
        memory, disk or file are not as needed, or `is_over` says so; then nothing is left.
        """
        try:
            self._check_room(path)
            self.remove()
            made = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=self._models))
            try:
                _converted(path, made, is_over)
                made.rename(self.folder)
            finally:
                shutil.rmtree(made, ignore_errors=True)
        except OSError as error:
            raise ModelUnavailable(_failure(path, str(error))) from error

    def remove(self) -> int:
        """Delete them, those for other releases, and unfinished ones; count the bytes freed."""
        freed = 0
        for pattern in (f"{self._name}{_MADE}*", f"{_UNFINISHED}*"):
            for folder in self._models.glob(pattern):
                freed += sum(file.lstat().st_size for file in folder.iterdir())
                shutil.rmtree(folder)
        return freed

    def _check_room(self, path: Path) -> None:
        size = path.stat().st_size
        for what, needed, free in (
            ("memory", _MEMORY_PER_BYTE * size, _free_memory()),
            ("disk", _DISK_PER_BYTE * size, shutil.disk_usage(self._models).free),
        ):
            if free < needed:
                reason = f"it takes {needed / 1e9:.1f} GB of {what}, and {free / 1e9:.1f} are free"
                raise ModelUnavailable(_failure(path, reason))


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
        return min(free, most - int((group / "memory.current").read_text(encoding="ascii")))
    except (OSError, ValueError):
        # There is no container, or it has no limit ("max").
        return free
