"""Has a sync wait for the vector server where that goes away in the middle.

Knows when to wait and for how long; nothing of what the sync does.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace

from index.errors import VectorServerAway
from index.types import SyncReport
from index.vectors import VectorStore

_WAITING = "waiting for Chroma"

_SECONDS_BETWEEN_LOOKS = 0.5


class Outages:
    """The outages of the vector server in one run, each of which may last `seconds`.

    Two outages between which nothing was done count as one, so that a server that dies of what is
    written to it is not waited for without end.
    """

    def __init__(self, vectors: VectorStore, seconds: float) -> None:
        self._vectors = vectors
        self._seconds = seconds

    def outlasted(
        self,
        steps: Callable[[SyncReport], Iterator[SyncReport]],
        report: SyncReport,
        left: Callable[[], int],
        recover: Callable[[], object],
    ) -> Iterator[SyncReport]:
        """Yield from `steps`, which are begun again after an outage and go on where they were.

        They are given the latest report; before they are begun again, `recover` is called. `left`
        counts what is still to do. Raises VectorServerAway where the server stays away.
        """
        began, left_before = 0.0, -1
        while True:
            try:
                if began:
                    recover()
                latest = steps(report)
                for report in latest:
                    yield report
                return
            except VectorServerAway as error:
                away = time.monotonic()
                if (still_left := left()) != left_before:
                    began, left_before = away, still_left
                for _ in self._waited(began, error):
                    yield replace(report, stage=_WAITING, per_second=None, seconds_left=None)
                seconds = time.monotonic() - away
            note = f"Waited {seconds:,.0f} s for Chroma, which was away."
            report = replace(report, notes=(*report.notes, note))

    def _waited(self, began: float, error: VectorServerAway) -> Iterator[None]:
        """Yield, again and again, until the server answers."""
        while True:
            yield
            time.sleep(_SECONDS_BETWEEN_LOOKS)
            if time.monotonic() - began > self._seconds:
                raise error
            if self._vectors.answers():
                return
