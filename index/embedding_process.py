"""A process that embeds many texts and then ends, so that a serving process stays small.

Knows how the two processes talk and how the second one fails; nothing of passages or stores.
"""

import os
import queue
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from multiprocessing.connection import Connection, Pipe
from types import TracebackType
from typing import TYPE_CHECKING, Self

from index.errors import EmbedderUnavailable
from index.types import Vector

if TYPE_CHECKING:
    # 250 MB of libraries and weights, which the process that asks shall never load.
    from index.e5_engine import E5Engine, TokenisedTexts

# Ctrl-C reaches every process of a terminal; the caller closes the pipe when it is done.
_PROGRAM = (
    "import signal, sys; signal.signal(signal.SIGINT, signal.SIG_IGN); "
    "from index.embedding_process import serve; "
    "serve(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])"
)

_LISTS_AHEAD = 2
"""So that the process has work while the caller stores what it got."""


class EngineUnavailable(Exception):
    """The fast engine cannot be used here, for the reason that the message gives."""


class EmbeddingProcess:
    """The fast engine in a process of its own, from `start` to `close`.

    `precision` is "bf16", "f32", or "" for the fastest that the processor has.
    """

    def __init__(self, threads: int, precision: str = "") -> None:
        self._arguments = threads, precision
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Number the process while it runs."""
        return self._process.pid if self._process is not None else None

    def start(self) -> None:
        """Load the engine: a second or two. Raises EngineUnavailable with the reason."""
        # The process ends when this end of the pipe closes, whatever closes it.
        self._pipe, far_end = Pipe()
        with far_end:
            self._process = self._launched(far_end.fileno())
        try:
            failure = self._greeting(self._process)
        except BaseException:
            self.close()
            raise
        if failure:
            self.close()
            raise EngineUnavailable(failure)

    def _launched(self, pipe: int) -> "subprocess.Popen[bytes]":
        """Start a program of its own: multiprocessing would run the caller's script again."""
        threads, precision = self._arguments
        command = [sys.executable, "-P", "-c", _PROGRAM, str(pipe), str(threads), precision]
        path = os.pathsep.join(entry for entry in sys.path if entry)
        try:
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[pipe],
                env={**os.environ, "PYTHONPATH": path},
            )
        except OSError as error:
            self._pipe.close()
            raise EngineUnavailable(f"its process cannot be started: {error}") from error

    def embed(self, lists: Iterable[list[str]]) -> Iterator[Vector]:
        """Embed each list of texts: shape (texts, 384). Lists are read a little ahead.

        Raises EmbedderUnavailable if the process ends before its work does.
        """
        waiting = iter(lists)
        sent: deque[None] = deque()
        while True:
            for texts in waiting:
                self._send(texts)
                sent.append(None)
                if len(sent) >= _LISTS_AHEAD:
                    break
            if not sent:
                return
            sent.popleft()
            yield self._receive()

    def close(self) -> None:
        """End the process, whatever it is doing; harmless twice."""
        if self._process is None:
            return
        # Killed, since it has nothing to save.
        self._process.kill()
        self._process.wait()
        self._process = None
        self._pipe.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _greeting(self, process: "subprocess.Popen[bytes]") -> str:
        """Wait until the process is ready, or cannot be, for the reason returned."""
        try:
            failure: str = self._pipe.recv()
        except (EOFError, OSError):
            return f"its process ended with exit code {process.wait()} while it started"
        return failure

    def _send(self, texts: list[str]) -> None:
        try:
            self._pipe.send(texts)
        except OSError as error:
            raise self._ended() from error

    def _receive(self) -> Vector:
        try:
            answer: Vector | str = self._pipe.recv()
        except (EOFError, OSError) as error:
            raise self._ended() from error
        if isinstance(answer, str):
            raise EmbedderUnavailable(f"The embedding process failed: {answer}. {_REMEDY}")
        return answer

    def _ended(self) -> EmbedderUnavailable:
        code = None
        if self._process is not None:
            code = self._process.wait()
        return EmbedderUnavailable(
            f"The embedding process ended with exit code {code} (negative, a signal: -9 is most "
            f"often want of memory). {_REMEDY}"
        )


_NICENESS = 10
"""Added to the process's own: whoever asks meanwhile goes first."""

_REMEDY = (
    "What was embedded is kept: run 'bronwijzer sync' (or 'rebuild') again to go on. If it fails "
    "again, set fast_embedding to false, which is slower and needs less memory."
)


def serve(handle: int, threads: int, precision: str) -> None:
    """Answer lists of texts with their vectors until the other end of the pipe closes."""
    pipe = Connection(handle)
    os.nice(_NICENESS)
    try:
        engine = _engine(threads, precision)
    except Exception as error:  # noqa: BLE001 - the caller is told, and does without
        pipe.send(_named(error))
        return
    pipe.send("")
    work: queue.Queue[TokenisedTexts | str] = queue.Queue()
    threading.Thread(target=_listen, args=(pipe, engine, work), daemon=True).start()
    while True:
        with suppress(OSError):
            pipe.send(_embedded(engine, work.get()))


def _engine(threads: int, precision: str) -> "E5Engine":
    from index.e5_engine import E5Engine
    from index.e5_weights import E5Weights

    return E5Engine(E5Weights.bundled(), threads, precision)


def _embedded(engine: "E5Engine", texts: "TokenisedTexts | str") -> Vector | str:
    if isinstance(texts, str):
        return texts
    try:
        return engine.embed(texts)
    except Exception as error:  # noqa: BLE001 - the caller raises it, with what mends it
        return _named(error)


def _listen(
    pipe: Connection, engine: "E5Engine", work: "queue.Queue[TokenisedTexts | str]"
) -> None:
    """Tokenise while the main thread embeds; without it, both ends could wait to be read."""
    while True:
        try:
            texts = pipe.recv()
        except (EOFError, OSError):
            # An orderly end would wait for a pass whose result nobody reads.
            os._exit(0)
        try:
            work.put(engine.tokenise(texts))
        except Exception as error:  # noqa: BLE001 - as in _embedded
            work.put(_named(error))


def _named(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
