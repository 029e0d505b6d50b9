"""One process that reads files, seen from the process that needs them.

Knows how it starts, how it fails and what each failure means; nothing of documents or stores.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from multiprocessing.connection import Connection, Pipe
from pathlib import Path

from index.errors import ParserUnavailable, UnreadableFile
from index.parser_worker import name_of, read_answer
from index.reading import Loader, ParserLimits, Reading
from index.types import Parsed

_PROGRAM = "import sys; from index.parser_worker import serve; serve(int(sys.argv[1]))"

_PASSED_ON = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TMPDIR", "TZ", "LD_LIBRARY_PATH")
"""What a parser may see of the environment: a process that reads hostile files needs no keys."""


class ParserProcess:
    """A process that reads one file at a time, from its making to `close`."""

    def __init__(self, reading: Reading, limits: ParserLimits) -> None:
        """Start it. It is ready when `pipe` can be read; then `greet` it.

        Raises ParserUnavailable.
        """
        self._limits = limits
        self.path = Path()
        self.files = 0
        self.pipe, far_end = Pipe()
        with far_end:
            self._process = self._launched(far_end)
        self._send(_task(reading.loaders, reading.detector.languages, limits))

    def read(self, path: Path) -> None:
        """Have it read a file; `pipe` can be read once there is something to `take`."""
        self.path = path
        self.files += 1
        self._send(os.fsencode(path))

    def greet(self) -> None:
        """Hear that it is ready. Raises ParserUnavailable where it is not."""
        try:
            failure = json.loads(self.pipe.recv_bytes())["failure"]
        except (EOFError, OSError):
            self.close()
            failure = f"it ended with exit code {self._process.returncode} while it started"
        if failure:
            self.close()
            raise ParserUnavailable(
                f"The process that reads files cannot work: {failure}. Nothing was lost: free "
                "memory, or install the program anew, and run 'bronwijzer sync' again."
            )

    def take(self) -> Parsed | UnreadableFile:
        """Take the outcome of the file once `pipe` can be read."""
        try:
            answer = read_answer(self.pipe.recv_bytes(self._limits.most_memory))
        except (EOFError, OSError):
            # Of a message that is too long the pipe reads no more.
            return self._ended() if self.pipe.readable else self._too_large()
        except (ValueError, KeyError, TypeError) as error:
            self.close()
            return UnreadableFile(f"The process that reads files gave no document ({error!r})")
        return answer or self._too_large()

    @property
    def running(self) -> bool:
        """Say whether it can read another file."""
        return not self.pipe.closed and self._process.poll() is None

    def close(self) -> None:
        """End the process, whatever it is doing, and what it has started; harmless twice."""
        # Its group as a whole, as a parser may have started programs; before it is waited for,
        # since afterwards its number may be another's.
        if self._process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self.pipe.close()

    def _launched(self, far_end: Connection) -> "subprocess.Popen[bytes]":
        """Start a program of its own: multiprocessing would run the caller's script again."""
        path = os.pathsep.join(entry or os.curdir for entry in sys.path)
        known = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        try:
            return subprocess.Popen(
                [sys.executable, "-P", "-c", _PROGRAM, str(far_end.fileno())],
                stdin=subprocess.DEVNULL,
                # C libraries write about damage there, which would reach the user's terminal.
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[far_end.fileno()],
                env={**known, "PYTHONPATH": path},
                # Ctrl-C reaches the group of the terminal; this one ends with its pipe.
                process_group=0,
            )
        except OSError as error:
            self.pipe.close()
            raise ParserUnavailable(
                f"The process that reads files cannot be started: {error}. Nothing was lost: free "
                "memory or processes, and run 'bronwijzer sync' again."
            ) from error

    def _send(self, content: bytes) -> None:
        # A process that has ended is noticed when its answer is taken.
        with suppress(BrokenPipeError):
            self.pipe.send_bytes(content)

    def _ended(self) -> UnreadableFile:
        """Say why the process ended without an answer."""
        self.close()
        code = self._process.returncode
        limits = {
            -signal.SIGPROF: f"{self._limits.seconds:g} seconds of the processor",
            -signal.SIGALRM: f"{self._limits.clock_seconds:g} seconds by the clock",
        }
        if code in limits:
            return UnreadableFile(
                f"It took longer to read than {limits[code]}, the limit; raise the setting "
                "parser_seconds if the file is sound"
            )
        return UnreadableFile(
            f"The reader crashed ({_cause(code)}); the file may be damaged, or need more memory "
            f"than {self._megabytes}, the limit: the setting parser_memory_mb"
        )

    def _too_large(self) -> UnreadableFile:
        self.close()
        return UnreadableFile(
            f"It took more memory to read than {self._megabytes}, the limit; raise the setting "
            "parser_memory_mb if the file is sound, or split it"
        )

    @property
    def _megabytes(self) -> str:
        return f"{self._limits.most_memory / 1e6:,.0f} MB"


def _task(loaders: Mapping[str, Loader], languages: tuple[str, ...], limits: ParserLimits) -> bytes:
    task = {
        "loaders": {suffix: name_of(loader) for suffix, loader in loaders.items()},
        "languages": languages,
        "seconds": limits.seconds,
        "clock_seconds": limits.clock_seconds,
        "most_memory": limits.most_memory,
    }
    return json.dumps(task).encode()


def _cause(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"
