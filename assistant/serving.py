"""Runs the web application as the owner of a data folder, until it is interrupted.

Knows sockets and processes; nothing of pages.
"""

import os
import shutil
import socket
from collections.abc import Callable

import uvicorn

from assistant.build import opened
from assistant.errors import BadSetting
from assistant.model_supply import ModelState, ModelStatus
from assistant.settings import Settings

_SECONDS_TO_FINISH = 3
"""A browser holds its event stream open, so an unbounded wait would never end."""


def serve_forever(settings: Settings, pull: bool, say: Callable[[str], None]) -> None:
    """Serve; `say` gets each line for the terminal. Raises what opening raises, and BadSetting."""
    # Read by Gradio when it is first imported; without it, starting looks up two outside hosts.
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    # Where Gradio puts uploads first: beside where they are kept, not in a folder for everyone.
    os.environ["GRADIO_TEMP_DIR"] = str(settings.arrivals_folder.resolve())
    from assistant.server import create_app

    with _listening(settings) as listener, opened(settings) as installation:
        url = _url(settings.host, listener.getsockname()[1])
        shutil.rmtree(settings.arrivals_folder, ignore_errors=True)
        app = create_app(installation)
        installation.ownership.announce(_url("127.0.0.1", listener.getsockname()[1]))
        say(f"Bronwijzer answers at {url}")
        installation.supply.start(pull, tell=lambda status: say(_told(status)))
        config = uvicorn.Config(
            app, log_level="warning", timeout_graceful_shutdown=_SECONDS_TO_FINISH
        )
        uvicorn.Server(config).run(sockets=[listener])


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
    return f"http://[{shown}]:{port}" if ":" in shown else f"http://{shown}:{port}"
