"""Has a sync wait for the vector server where that goes away in the middle.

Knows when to wait and for how long; nothing of what the sync does.
"""

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from index.errors import VectorServerAway
from index.types import SyncReport
from index.vectors import VectorStore

WAITING = "waiting for Chroma"
"""The stage of a report meanwhile."""

_SECONDS_BETWEEN_LOOKS = 0.5
_LONGEST_PAUSE = 10.0
"""In seconds, before a step is tried again that got nothing done: to begin it costs something."""

_log = logging.getLogger(__name__)


class Outages:
    """The outages of the vector server in one run, each of which may last `seconds`.

    Two outages between which nothing was done count as one, so that a server that dies of what is
    written to it is not waited for without end.
    """

    def __init__(self, vectors: VectorStore, seconds: float) -> None:
        self._vectors = vectors
        self._seconds = seconds
        self._waited = 0.0
        self._note = ""

    def outlasted(
        self,
        steps: Callable[[SyncReport], Iterator[SyncReport]],
        report: SyncReport,
        left: Callable[[], object],
        recover: Callable[[], Iterable[object]],
    ) -> Iterator[SyncReport]:
        """Yield from `steps`, which are begun again after an outage and go on where they were.

        They are given the latest report; before they are begun again, all of `recover` is done.
        `left` tells what is still to do, and is never again what it was once something is done.
        Raises VectorServerAway where the server stays away.
        """
        began, pause = 0.0, 0.0
        left_before: object = None
        while True:
            try:
                if began:
                    for _ in recover():
                        yield report
                latest = steps(report)
                for report in latest:
                    yield report
                return
            except VectorServerAway as error:
                away = time.monotonic()
                pause = min(2 * pause, _LONGEST_PAUSE)
                if (still_left := left()) != left_before:
                    began, left_before, pause = away, still_left, _SECONDS_BETWEEN_LOOKS
                _log.warning("Waiting for Chroma: %s", error)
                for _ in self._looks(away + pause, began + self._seconds, error):
                    yield replace(report, stage=WAITING, per_second=None, seconds_left=None)
            report = self._noted(report, time.monotonic() - away)

    def _looks(self, begin: float, end: float, error: VectorServerAway) -> Iterator[None]:
        """Yield, again and again, until the server answers. Raises `error` where it does not."""
        answers = False
        while not answers:
            yield
            time.sleep(_SECONDS_BETWEEN_LOOKS)
            answers = time.monotonic() >= begin and self._vectors.answers()
            # After the look, which takes its time: whoever was away for so long is given up.
            if time.monotonic() > end:
                raise error

    def _noted(self, report: SyncReport, seconds: float) -> SyncReport:
        """Tell of all waiting in one note."""
        self._waited += seconds
        _log.warning("Chroma answers again after %.0f s.", seconds)
        others = [note for note in report.notes if note != self._note]
        self._note = f"Waited {self._waited:,.0f} s for Chroma, which was away."
        return replace(report, notes=(*others, self._note))
