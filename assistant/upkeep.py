"""Keeps the index in step in the background: one sync after another, whoever watches or leaves.

Knows threads and who asked for what; nothing of pages, or of how a sync does its work.
"""

import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Self

from index.corpus import Corpus
from index.errors import IndexingError, SyncRunning
from index.files import absence_of
from index.types import SyncReport

_Steps = Generator[SyncReport, None, None]

Outcome = tuple[SyncReport | None, str]
"""The last report of a sync, or why there is none."""

_SECONDS_BETWEEN_TRIES = 0.2
_SECONDS_TO_STOP = 30.0
"""A step of a sync lasts as long as a batch of passages takes to embed."""


@dataclass(frozen=True, slots=True)
class Request:
    """Paths to bring in, or remembered ones to look at again; with neither, all remembered ones."""

    paths: tuple[Path, ...] = ()
    known: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class UpkeepState:
    """How far the requests are: how many were made and how many have ended, in their order.

    `report` is the last one of the sync that ended last, `failure` why it could not be finished;
    at most one of them is there.
    """

    asked: int = 0
    ended: int = 0
    report: SyncReport | None = None
    failure: str = ""

    @property
    def busy(self) -> bool:
        """Say whether a request is still to be met."""
        return self.ended < self.asked


class Upkeep:
    """Meets requests for a sync in a thread of its own, until it is closed.

    What is asked for while a sync runs is done in one go after it, also where another part of
    the program runs that sync.
    """

    def __init__(self, corpus: Corpus) -> None:
        self._corpus = corpus
        self._changed = threading.Condition()
        self._stopping = threading.Event()
        self._wanted: list[Request] = []
        self._state = UpkeepState()
        self._thread = threading.Thread(target=self._work, name="upkeep", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def stop(self) -> None:
        """Begin no more, and end after the present step; the next sync finishes what is left."""
        self._stopping.set()
        with self._changed:
            self._changed.notify_all()

    def close(self) -> None:
        """Stop, and wait until that has come about."""
        self.stop()
        self._thread.join(_SECONDS_TO_STOP)

    @property
    def state(self) -> UpkeepState:
        """Give the state of the requests."""
        return self._state

    def request(self, paths: Sequence[Path] = ()) -> int:
        """Ask for a sync of paths to bring in, or of all remembered ones; number it from 1.

        It is met once the state's `ended` has reached that number. The paths are remembered at
        once: what is not met before a stop is done by whichever sync comes next.
        """
        self._corpus.remember([path for path in paths if not absence_of(path)])
        return self._ask(Request(paths=tuple(paths)))

    def revisit(self, paths: Sequence[Path]) -> int:
        """Ask for a sync of paths as far as they are remembered by then; number the request."""
        return self._ask(Request(known=tuple(paths)))

    def _ask(self, request: Request) -> int:
        with self._changed:
            self._wanted.append(request)
            self._state = replace(self._state, asked=self._state.asked + 1)
            self._changed.notify_all()
            return self._state.asked

    def wait(self, number: int, seconds: float) -> bool:
        """Wait until a request has ended; say whether it has."""
        with self._changed:
            return self._changed.wait_for(lambda: self._state.ended >= number, seconds)

    def _work(self) -> None:
        while wanted := self._next():
            report, failure = self._meet(wanted)
            with self._changed:
                ended = self._state.ended + len(wanted)
                self._state = UpkeepState(self._state.asked, ended, report, failure)
                self._changed.notify_all()

    def _next(self) -> list[Request]:
        """Wait for requests and take them all; none once this is closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._wanted or self._stopping.is_set())
            wanted, self._wanted = self._wanted, []
            return [] if self._stopping.is_set() else wanted

    def _meet(self, wanted: list[Request]) -> Outcome:
        """Meet requests: all of them, also where one fails, whose failure is told."""
        named = dict.fromkeys(path for request in wanted for path in request.paths)
        there = [path for path in named if not absence_of(path)]
        syncs = [partial(self._corpus.sync, [path]) for path in named if path not in there]
        all_wanted = not all(request.paths or request.known for request in wanted)
        known = dict.fromkeys(path for request in wanted for path in request.known)
        if known and not all_wanted:
            syncs.append(partial(self._corpus.revisit, list(known)))
        if there:
            syncs.append(partial(self._corpus.sync, there))
        if all_wanted:
            syncs.append(partial(self._corpus.sync, ()))
        outcomes = [self._run(sync) for sync in syncs]
        failure = next((failure for _, failure in outcomes if failure), "")
        return (None, failure) if failure else outcomes[-1]

    def _run(self, begin: Callable[[], _Steps]) -> Outcome:
        """Sync once no other sync runs; give its last report, or why it failed."""
        while not self._stopping.is_set():
            try:
                return self._last(begin()), ""
            except SyncRunning:
                self._stopping.wait(_SECONDS_BETWEEN_TRIES)
            except IndexingError as error:
                return None, str(error)
            except Exception as error:  # noqa: BLE001 - the thread lives on, and the page tells it
                return None, f"The sync failed ({type(error).__name__}: {error}). Try it again."
        return None, "The sync was stopped; the next one finishes it."

    def _last(self, steps: _Steps) -> SyncReport | None:
        report = None
        with closing(steps):
            for step in steps:
                report = step
                if self._stopping.is_set():
                    break
        return report
