"""Files read by several processes at once, as bounded in number as what they may use.

Knows which process has which file; nothing of what files hold or where documents go.
"""

from collections import deque
from collections.abc import Generator, Iterable, Iterator
from multiprocessing.connection import Connection, wait
from pathlib import Path

from index.errors import UnreadableFile
from index.parser_process import ParserProcess
from index.reading import ParserLimits, Reading, parsed, reason_of
from index.types import Parsed

Outcome = tuple[Path, Parsed | UnreadableFile]

_FILES_PER_PROCESS = 500
"""After so many files a process is replaced, since parsers may leak."""


def outcomes(reading: Reading, paths: Iterable[Path]) -> Generator[Outcome, None, None]:
    """Read files; yield what became of each of them once, in the order in which they end.

    At most `at_once` of them are read or wait to be taken. Closing the generator ends the
    processes. Raises ParserUnavailable.
    """
    if reading.limits is None:
        yield from _read_here(reading, paths)
        return
    pool = _Pool(reading, reading.limits)
    try:
        yield from pool.outcomes(deque(paths))
    finally:
        pool.close()


def _read_here(reading: Reading, paths: Iterable[Path]) -> Iterator[Outcome]:
    for path in paths:
        try:
            outcome: Parsed | UnreadableFile = parsed(
                path, reading.loaders[path.suffix.lower()], reading.detector
            )
        except Exception as error:  # noqa: BLE001 - one file must not end the run; it is reported
            outcome = UnreadableFile(reason_of(error))
        yield path, outcome


class _Pool:
    """Processes that get ready (`starting`), read a file (`busy`) or wait for one (`idle`)."""

    def __init__(self, reading: Reading, limits: ParserLimits) -> None:
        self._reading = reading
        self._limits = limits
        self._starting: dict[Connection, ParserProcess] = {}
        self._busy: dict[Connection, ParserProcess] = {}
        self._idle: list[ParserProcess] = []

    def outcomes(self, paths: deque[Path]) -> Iterator[Outcome]:
        while paths or self._busy:
            self._hand_out(paths)
            for pipe in wait([*self._starting, *self._busy]):
                assert isinstance(pipe, Connection)
                if pipe in self._starting:
                    process = self._starting.pop(pipe)
                    self._idle.append(process)
                    process.greet()
                else:
                    process = self._busy.pop(pipe)
                    self._idle.append(process)
                    yield process.path, process.take()

    def close(self) -> None:
        for process in (*self._starting.values(), *self._busy.values(), *self._idle):
            process.close()

    def _hand_out(self, paths: deque[Path]) -> None:
        """Give files to idle processes; start one more where files are left over."""
        while paths and self._idle:
            process = self._idle.pop()
            if process.running and process.files < _FILES_PER_PROCESS:
                process.read(paths.popleft())
                self._busy[process.pipe] = process
            else:
                process.close()
        # One at a time: a few small files are read before a second one would be ready.
        if paths and not self._starting and len(self._busy) < self._limits.at_once:
            process = ParserProcess(self._reading, self._limits)
            self._starting[process.pipe] = process
