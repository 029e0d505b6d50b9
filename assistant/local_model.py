"""A model on this machine, served behind the protocol that every other model speaks.

By llama.cpp from a GGUF file, by OpenVINO from a folder. Knows nothing of where weights come from,
of prompts, or of what is asked.
"""

import os
import secrets
import signal
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from assistant.errors import ModelUnavailable

_GGUF_MAGIC = b"GGUF"
_SECONDS_TO_EXPLAIN = 5.0
# llama.cpp would keep up to 8 GiB of prompts that it has seen.
_PROMPT_CACHE_MIB = 256


@dataclass(frozen=True, slots=True)
class _Launch:
    """What the serving process is told; `context` counts tokens of one request."""

    path: str
    name: str
    api_key: str
    threads: int
    context: int
    parallel: int


@dataclass(frozen=True, slots=True)
class _Report:
    """What the serving process says once: where it listens, or why it does not."""

    address: str = ""
    failure: str = ""


class LocalModelServer:
    """An engine on a free loopback port, in a process of its own, from `start` to `close`.

    The process of its own is a safeguard: the engine takes signals over, may hang when it is
    told to end, and meets a want of memory with a segmentation fault, while the process that
    asks may be writing an index.

    `context` is the number of tokens, prompt and answer together, that one request may have;
    `parallel` requests are answered at once, others wait; `threads` should not exceed the
    physical cores. `base_url` is empty until `start`.
    """

    def __init__(
        self, path: Path, name: str, threads: int, context: int = 4096, parallel: int = 2
    ) -> None:
        self.name = name
        self.base_url = ""
        self.api_key = secrets.token_urlsafe(32)
        self._path = path
        self._launch = _Launch(str(path), name, self.api_key, threads, context, parallel)
        self._process: SpawnProcess | None = None

    @property
    def running(self) -> bool:
        """Whether the serving process lives; it does not come back by itself."""
        return self._process is not None and self._process.is_alive()

    def start(self) -> None:
        """Load the weights and serve them: seconds. Raises ModelUnavailable with the reason."""
        self.close()
        if not self._path.is_dir():
            _check_magic(self._path)
        spawn = get_context("spawn")
        # The serving process ends when this end of the pipe closes, whatever closes it.
        self._pipe, far_end = spawn.Pipe()
        self._process = spawn.Process(target=_serve, args=(far_end, self._launch), daemon=True)
        self._process.start()
        far_end.close()
        try:
            self.base_url = self._await_address(self._process) + "/v1"
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Stop serving and free the memory, answers under way included; harmless twice."""
        if self._process is None:
            return
        # Killed, since the engine waits for its last answer and has nothing to save.
        self._process.kill()
        self._process.join()
        self._process = None
        self._pipe.close()
        self.base_url = ""

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

    def _await_address(self, process: SpawnProcess) -> str:
        try:
            report: _Report = self._pipe.recv()
        except EOFError as error:
            process.join()
            raise ModelUnavailable(
                f"{self._path} cannot be served: its process ended with exit code "
                f"{process.exitcode} (negative, a signal: most often for want of memory). Take "
                "smaller weights or a smaller context, or set model_url to a server elsewhere."
            ) from error
        if report.failure:
            # Until it ends by itself: the engine writes its reason from another thread.
            process.join(_SECONDS_TO_EXPLAIN)
            raise ModelUnavailable(f"{self._path} cannot be served: {report.failure}")
        return report.address


def _check_magic(path: Path) -> None:
    try:
        with path.open("rb") as file:
            magic = file.read(len(_GGUF_MAGIC))
    except OSError as error:
        raise ModelUnavailable(
            f"{path} cannot be read: {error.strerror}. Run 'bronwijzer model pull', or name "
            "another GGUF file."
        ) from error
    if magic != _GGUF_MAGIC:
        raise ModelUnavailable(
            f"{path} is no GGUF file: it begins with {magic!r}. Run 'bronwijzer model pull', "
            "or name another file."
        )


def _serve(pipe: Connection, launch: _Launch) -> None:
    """Serve until the other end of the pipe closes, be it by `close` or by its owner's death."""
    _leave_signals_to_the_owner()
    # OpenMP reads this when it is loaded. Threads that spin while they wait for each other
    # make any other work on the same cores slow answers down from 25 tokens a second to 0.4.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    try:
        # The engine of a GGUF file ends with its object.
        address, _engine = _start(launch)
    except ImportError as error:
        missing = f"{error}. Install what that names; libgomp.so.1 is in Debian's libgomp1."
        pipe.send(_Report(failure=missing))
        return
    except RuntimeError:
        refused = (
            "the engine refuses it, for the reason in the error output. Run 'bronwijzer model "
            "pull', or name another GGUF file."
        )
        pipe.send(_Report(failure=refused))
        return
    # The engine has put handlers of its own in their place.
    _leave_signals_to_the_owner()
    pipe.send(_Report(address=address))
    with suppress(EOFError):
        pipe.recv()
    # An orderly end would wait for answers that nobody reads any more.
    os._exit(0)


def _leave_signals_to_the_owner() -> None:
    # Ctrl-C reaches every process of a terminal, and the owner may finish its answers first.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _start(launch: _Launch) -> tuple[str, object]:
    """Serve with the engine that the weights are for; give the address, and what must live on."""
    # Engines are loaded here alone: 90 MB of library, which `--help` and the process that asks
    # never need; and OpenMP is not to be loaded before _serve has said how its threads wait.
    if Path(launch.path).is_dir():
        from assistant.openvino_server import start

        address = start(
            launch.path,
            launch.name,
            launch.api_key,
            launch.threads,
            launch.context,
            launch.parallel,
        )
        return address, None
    server = _llama(launch)
    return server.listening_address, server


def _llama(launch: _Launch) -> Any:  # noqa: ANN401 (xllamacpp has no types)
    from xllamacpp import CommonParams, Server

    params = CommonParams()
    params.model.path = launch.path
    params.model_alias = {launch.name}
    params.offline = True
    params.hostname, params.port = "127.0.0.1", 0
    params.api_keys = [launch.api_key]
    params.webui = params.endpoint_slots = params.endpoint_props = False
    params.verbosity = 1  # errors only
    # The engine copies most weights into an order of its own; mapped, the file would stay in
    # memory beside the copy: 2.2 GB in place of 1.6 for 1.1 GB of weights.
    params.use_mmap = False
    # The engine divides its context among the requests that it answers at once.
    params.n_ctx = launch.context * launch.parallel
    params.n_parallel = launch.parallel
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = launch.threads
    params.cache_prompt, params.cache_ram_mib = True, _PROMPT_CACHE_MIB
    return Server(params)
