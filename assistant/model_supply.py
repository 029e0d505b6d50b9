"""Which language model answers: a server's, a local one, or none yet; and how that comes about.

Knows settings of models and the weights on disk; nothing of questions.
"""

import logging
import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Self

from assistant.chat_model import ChatModel
from assistant.errors import AssistantError, BadSetting, ModelUnavailable
from assistant.local_model import LocalModelServer
from assistant.openvino_weights import OpenVINOWeights
from assistant.reply_cache import ReplyCache
from assistant.settings import Settings
from assistant.weights import CATALOGUE, DEFAULT, Source, Weights, fetch, installed, usable

_log = logging.getLogger(__name__)

_MOST_RESTARTS = 3
_SECONDS_BETWEEN_LOOKS = 1.0


class ModelState(StrEnum):
    """How far the language model is."""

    NONE = "none"
    OFFERED = "offered"
    FETCHING = "fetching"
    STARTING = "starting"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class ModelStatus:
    """What a page or terminal says of the language model.

    `host` names who receives text, empty for this machine; `share` (0 to 1) is how much of the
    weights is there; `detail` says what went wrong.
    """

    state: ModelState
    name: str = ""
    host: str = ""
    share: float | None = None
    detail: str = ""


class ModelSupply:
    """Finds the model that the settings name and hands it to `use` when it is ready.

    Where it is `read_only`, no other form of its weights is made.
    """

    def __init__(
        self,
        settings: Settings,
        use: Callable[[ChatModel | None], None],
        sources: Sequence[Source],
        read_only: bool = False,
    ) -> None:
        self._settings = settings
        self._use = use
        self._sources = sources
        self._read_only = read_only
        self._server: LocalModelServer | None = None
        self._closing = threading.Event()
        self._started = threading.Event()
        self._thread: threading.Thread | None = None
        self._status = ModelStatus(ModelState.NONE)
        self._tell: Callable[[ModelStatus], None] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def status(self) -> ModelStatus:
        """How far the model is now."""
        return self._status

    def start(self, pull: bool = False, tell: Callable[[ModelStatus], None] | None = None) -> None:
        """Bring the model into use: at once, or in the background where that takes long.

        `pull` allows fetching weights; `tell` hears of each new state. Raises BadSetting for a
        model that does not exist; all later is told by `status`.
        """
        self._tell = tell
        settings = self._settings
        if settings.model == "none":
            return
        if settings.model_url:
            name = "" if settings.model == "auto" else settings.model
            self._use_url(settings.model_url, name, settings.model_key.get_secret_value())
            return
        path, weights = self._chosen()
        if path is None and not pull:
            self._set(ModelStatus(ModelState.OFFERED, weights.name if weights else ""))
            return
        self._thread = threading.Thread(
            target=self._bring, args=(path, weights), name="model", daemon=True
        )
        self._thread.start()

    def wait(self) -> None:
        """Wait until the model is in use, or will not be."""
        if self._thread is not None:
            self._started.wait()

    def ready(self) -> str:
        """Wait as `wait` does; name the model in use, empty where there is none.

        Raises ModelUnavailable where the model that was chosen does not work.
        """
        self.wait()
        if self._status.state is ModelState.FAILED:
            raise ModelUnavailable(self._status.detail)
        return self._status.name if self._status.state is ModelState.READY else ""

    def close(self) -> None:
        """Stop fetching and serving."""
        self._closing.set()
        if self._thread is not None:
            self._thread.join(timeout=10)
        if self._server is not None:
            self._use(None)
            self._discard()

    def _discard(self) -> None:
        if (server := self._server) is not None:
            self._server = None
            server.close()

    def _set(self, status: ModelStatus) -> None:
        changed = status.state is not self._status.state
        self._status = status
        if changed and self._tell is not None:
            self._tell(status)

    def _chosen(self) -> tuple[Path | None, Weights | None]:
        """Find the GGUF file, and the weights that it is or would be."""
        name = self._settings.model
        if name.endswith(".gguf"):
            path = Path(name).expanduser()
            if not path.is_file():
                raise BadSetting(f"The setting model names {path}, and there is no such file.")
            return path, None
        weights = CATALOGUE.get(DEFAULT if name == "auto" else name)
        if weights is None:
            raise BadSetting(
                f"The setting model has the value {name!r}. It is none, auto, the path of a .gguf "
                f"file, or one of: {', '.join(CATALOGUE)}; for a model of a server set model_url."
            )
        return usable(self._settings.models_folder, weights), weights

    def _bring(self, path: Path | None, weights: Weights | None) -> None:
        name = weights.name if weights else (path.stem if path else "")
        try:
            if path is None and weights is not None:
                path = self._fetch(weights)
            if path is not None and not self._closing.is_set():
                self._serve(path, name, weights)
                self._started.set()
                self._keep(path, name)
        except AssistantError as error:
            self._fail(name, str(error))
        except Exception as error:  # noqa: BLE001 - the thread's edge: reported, not lost
            self._fail(name, f"The local model could not be started: {error!r}")
        finally:
            self._started.set()

    def _fail(self, name: str, detail: str) -> None:
        self._use(None)
        self._set(ModelStatus(ModelState.FAILED, name, detail=detail))

    def _keep(self, path: Path, name: str) -> None:
        """Start the server again when its process ends, as it does for want of memory."""
        for _ in range(_MOST_RESTARTS):
            if not self._has_died():
                return
            if self._server is not None:
                self._server.close()
            # With the engine of GGUF files, whichever it was: it takes less memory.
            self._serve(path, name)
        if self._has_died():
            raise ModelUnavailable(
                f"The local model's process was started {_MOST_RESTARTS + 1} times and ended each "
                "time. Take smaller weights, make memory free, or set model_url to a server "
                "elsewhere; then serve again."
            )

    def _has_died(self) -> bool:
        """Wait until the server's process has ended; False where it was closed instead."""
        while self._server is not None and self._server.running:
            if self._closing.wait(_SECONDS_BETWEEN_LOOKS):
                return False
        return not self._closing.is_set()

    def _fetch(self, weights: Weights) -> Path | None:
        folder = self._settings.models_folder
        for progress in fetch(weights, folder, self._sources):
            share = progress.bytes_done / progress.bytes_total
            self._set(ModelStatus(ModelState.FETCHING, weights.name, share=share))
            if self._closing.is_set():
                return None
        return installed(folder, weights)

    def _serve(self, path: Path, name: str, weights: Weights | None = None) -> None:
        """Serve weights; those of the catalogue with the faster engine, where that can be."""
        self._use(None)
        self._set(ModelStatus(ModelState.STARTING, name))
        self._server = self._started_fast(name, path, weights) if weights else None
        if self._server is None and not self._closing.is_set():
            self._server = self._started_at(path, name)
        if self._server is None or self._closing.is_set():
            self._discard()
            return
        self._use_url(self._server.base_url, name, self._server.api_key)

    def _started_fast(self, name: str, path: Path, weights: Weights) -> LocalModelServer | None:
        """Serve with the faster engine; what it needs is made at the first time."""
        if hindrance(self._settings, weights):
            return None
        made = OpenVINOWeights(self._settings.models_folder, weights)
        if self._read_only and not made.are_made:
            return None
        try:
            made.make(path, self._closing.is_set)
            return self._started_at(made.folder, name)
        except ModelUnavailable as error:
            if not self._closing.is_set():
                _log.warning("llama.cpp runs the local model: %s", error)
            return None

    def _started_at(self, path: Path, name: str) -> LocalModelServer:
        threads = self._settings.model_threads or os.cpu_count() or 1
        server = LocalModelServer(path, name, threads)
        server.start()
        return server

    def _use_url(self, url: str, name: str, key: str) -> None:
        from assistant.openai_model import OpenAIChatModel

        settings = self._settings
        model = OpenAIChatModel(url, name, key, settings.model_timeout, settings.answer_tokens)
        most = settings.remembered_replies
        self._use(ReplyCache(model, most) if most else model)
        try:
            shown = model.name
        except ModelUnavailable as error:
            self._set(ModelStatus(ModelState.FAILED, name, model.host, detail=str(error)))
            return
        self._set(ModelStatus(ModelState.READY, shown, model.host))


def hindrance(settings: Settings, weights: Weights | None) -> str:
    """Say why OpenVINO does not run the local model; empty where it is to."""
    if settings.model_engine != "auto":
        return f"the setting model_engine is {settings.model_engine}"
    if settings.model_threshold:
        return "the setting model_threshold needs probabilities, which OpenVINO does not tell"
    if weights is None:
        return "only weights of the catalogue were tried with OpenVINO"
    return OpenVINOWeights.hindrance()
