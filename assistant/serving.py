"""Runs the web application as the owner of a data folder, until it is told to stop.

Knows sockets and processes; nothing of pages.
"""

import os
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType

import uvicorn
from fastapi import FastAPI

from assistant.build import Installation, build_question_log, opened, opened_to_read
from assistant.connections import PatientConnection
from assistant.errors import BadSetting
from assistant.folder_watch import watched_folders
from assistant.logs import Log, logging_to
from assistant.model_supply import ModelState, ModelStatus
from assistant.settings import Settings
from assistant.watching import Watch
from index.addresses import is_loopback

_SECONDS_TO_FINISH = 3
"""For the last bytes of responses. A browser holds its event stream open, so an unbounded wait
would never end."""


_OPEN_TO_ALL = (
    "Warning: access is off, so whoever reaches this address may read all documents. Set access "
    "(docs/access.md), or serve on 127.0.0.1 behind a proxy that has a login."
)


class StoppingServer(uvicorn.Server):
    """A server that, told to stop, lets the running answers finish for some seconds first.

    Meanwhile it listens, and turns new questions away; `stop` is called to end all other work. A
    second signal ends the waiting.
    """

    def __init__(
        self, config: uvicorn.Config, watch: Watch, stop: Callable[[], None], seconds: float
    ) -> None:
        super().__init__(config)
        self._watch = watch
        self._stop = stop
        self._seconds = seconds

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to stop, or stop at once where that has begun; the process ends with code 0."""
        # The inherited method would have the process killed by the same signal in the end.
        if self._watch.stopping:
            self.should_exit = True
            return
        self._watch.stop()
        threading.Thread(target=self._wait, name="stop", daemon=True).start()

    def _wait(self) -> None:
        self._stop()
        self._watch.wait_until_idle(self._seconds)
        self.should_exit = True


def serve_forever(
    settings: Settings, pull: bool, say: Callable[[str], None], read_only: bool = False
) -> None:
    """Serve; `say` gets each line for the terminal. Raises what opening raises, and BadSetting.

    `read_only` serves beside the process that owns the data folder.
    """
    if pull and read_only:
        raise BadSetting(
            "A server that only reads fetches no weights: leave out --pull, or --read-only."
        )
    # Read by Gradio when it is first imported; without it, starting looks up two outside hosts.
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    with _arrivals(settings, read_only) as arrivals:
        os.environ["GRADIO_TEMP_DIR"] = str(arrivals)
        # Before the folder is owned, since it takes seconds.
        from assistant.server import create_app

        with (
            logging_to(form=settings.log_format),
            _listening(settings) as listener,
            _opened(settings, read_only) as installation,
        ):
            if installation.ownership is not None:
                shutil.rmtree(arrivals, ignore_errors=True)
                installation.stewards.catch_up()
            with _watched(installation):
                _serve(create_app(installation), installation, listener, pull, say)


def _serve(
    app: FastAPI,
    installation: Installation,
    listener: socket.socket,
    pull: bool,
    say: Callable[[str], None],
) -> None:
    settings, port = installation.settings, listener.getsockname()[1]
    if installation.ownership is not None:
        installation.ownership.announce(_url("127.0.0.1", port))
    reading = " and only reads" if installation.ownership is None else ""
    say(f"Bronwijzer answers at {_url(settings.host, port)}{reading}")
    if is_open_to_all(settings):
        say(_OPEN_TO_ALL)
    installation.supply.start(pull, tell=lambda status: say(_told(status)))
    # Without a configuration of its own, uvicorn's warnings go where the log goes.
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        http=PatientConnection,
        # Nothing here speaks WebSocket, and what proxies say is read by our own rule.
        ws="none",
        proxy_headers=False,
        server_header=False,
        limit_concurrency=settings.most_connections,
        timeout_graceful_shutdown=_SECONDS_TO_FINISH,
    )
    stop, seconds = installation.stewards.stop, settings.stop_seconds
    StoppingServer(config, installation.watch, stop, seconds).run(sockets=[listener])


def _watched(installation: Installation) -> AbstractContextManager[None]:
    settings = installation.settings
    if not settings.watch or installation.ownership is None:
        return nullcontext()
    names, seconds = installation.corpora.names(), settings.watch_minutes * 60
    return watched_folders(installation.stewards, names, settings.data, seconds)


def _opened(settings: Settings, read_only: bool) -> AbstractContextManager[Installation]:
    if read_only:
        return opened_to_read(settings, observers=(Log(),))
    return opened(settings, observers=(Log(),), questions=build_question_log(settings))


@contextmanager
def _arrivals(settings: Settings, read_only: bool) -> Iterator[Path]:
    """Give the folder where Gradio puts uploads first.

    It lies beside where they are kept, not in a folder for everyone; a process that only reads
    takes none, and makes nothing in the data folder.
    """
    if not read_only:
        yield settings.arrivals_folder.resolve()
        return
    with TemporaryDirectory(prefix="bronwijzer-") as folder:
        yield Path(folder)


def is_open_to_all(settings: Settings) -> bool:
    """Say whether other machines may read all documents."""
    address = f"http://{_bracketed(settings.host)}"
    return settings.access == "off" and not is_loopback(address)


def _told(status: ModelStatus) -> str:
    """Say in the terminal what the page says of the language model."""
    match status.state:
        case ModelState.READY:
            return f"{status.name} writes the answers ({status.host or 'on this machine'})."
        case ModelState.FETCHING:
            return f"Answers are quotations while {status.name} is fetched in the background."
        case ModelState.STARTING:
            return f"Answers are quotations while {status.name} starts."
        case ModelState.OFFERED:
            return "Answers are quotations; for written ones run: bronwijzer model pull"
        case _:
            return f"Answers are quotations. {status.detail}".rstrip()


def _listening(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
        listener.listen()
    except OSError as error:
        listener.close()
        raise BadSetting(
            f"Cannot serve on {settings.host}:{settings.port}: {error.strerror}. Set another port "
            "with --port (0 takes a free one), or another --host."
        ) from None
    return listener


def _url(host: str, port: int) -> str:
    shown = {"0.0.0.0": socket.gethostname(), "::": socket.gethostname()}.get(host, host)
    return f"http://{_bracketed(shown)}:{port}"


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
