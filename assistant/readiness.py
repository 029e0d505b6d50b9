"""Whether questions can be answered now: embedder, stores and corpus, tried by a search.

Knows when to look again; nothing of routes, or of what is searched.
"""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from assistant.errors import AssistantError
from assistant.watching import Watch
from index.corpus import Corpus
from index.errors import EmptyCorpus, IndexingError

_SECONDS_KEPT = 5.0
"""Probes come every few seconds, and an embedder elsewhere may cost money."""

_SECONDS_TO_LOOK = 15.0
"""A search that takes longer hangs."""

_QUESTION = "ready?"


@dataclass(frozen=True, slots=True)
class State:
    """Whether questions can be answered; `reason` says why not, or not in every collection."""

    ready: bool
    reason: str = ""


class Readiness:
    """Searches the first of the corpora that can be; every few seconds, once at a time.

    They share embedder and stores' server; one whose own files are damaged must not keep readers
    from all others.
    """

    def __init__(
        self,
        corpora: Callable[[], Mapping[str, Corpus]],
        watch: Watch,
        seconds_kept: float = _SECONDS_KEPT,
        seconds_to_look: float = _SECONDS_TO_LOOK,
    ) -> None:
        self._corpora = corpora
        self._watch = watch
        self._seconds_kept = seconds_kept
        self._seconds_to_look = seconds_to_look
        self._looking = threading.Lock()
        self._began = 0.0
        self._seen = 0.0
        self._state: State | None = None

    def state(self) -> State:
        """Say whether questions can be answered; may take as long as a search.

        While another thread looks, its predecessor's state counts, unless the look takes too long.
        """
        if self._watch.stopping:
            return State(False, "The server is stopping.")
        if not self._looking.acquire(blocking=False):
            return self._meanwhile()
        try:
            if self._state is None or time.monotonic() - self._seen > self._seconds_kept:
                self._began = time.monotonic()
                self._state = self._look()
                self._seen = time.monotonic()
            return self._state
        finally:
            self._looking.release()

    def _meanwhile(self) -> State:
        state, taken = self._state, time.monotonic() - self._began
        if taken > self._seconds_to_look:
            return State(False, f"A search has been running for {taken:.0f} seconds.")
        return state or State(False, "The first look is not done yet.")

    def _look(self) -> State:
        failures, corpora = [], self._corpora()
        for name, corpus in corpora.items():
            where = f"{name}: " if len(corpora) > 1 else ""
            try:
                corpus.search(_QUESTION, 1)
            except EmptyCorpus:
                continue
            except (AssistantError, IndexingError) as error:
                failures.append(f"{where}{error}")
            except Exception as error:  # noqa: BLE001 - the probe's edge: told to whoever asks
                failures.append(f"{where}A search failed: {type(error).__name__}.")
            else:
                return State(True, " ".join(failures))
        if failures:
            return State(False, " ".join(failures))
        # A new installation is to take documents in, for which its pages must be reached.
        return State(True, "No documents are indexed yet.")
