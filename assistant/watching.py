"""Watches every answer and every sync while they happen, whoever asked: page, HTTP or command line.

Knows when they begin and how they end; nothing of what is made of that.
"""

import threading
import time
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Protocol

from assistant.errors import BadQuestion, Busy, ServerStopping
from assistant.model_queue import ModelQueue
from assistant.types import Answer
from index.errors import EmptyCorpus, UnknownDocument
from index.types import SyncReport


class Outcome(StrEnum):
    """How an answer or a sync ended.

    INVALID is a question that cannot be asked, BUSY one for which no place was free, STOPPED a
    reader who left or a sync cut short.
    """

    QUOTED = "quoted"
    WRITTEN = "written"
    REFUSED = "refused"
    FINISHED = "finished"
    FAILED = "failed"
    INVALID = "invalid"
    BUSY = "busy"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class AnswerEnd:
    """The last snapshot of an answer, None where there was not even evidence, and what ended it.

    `error` names the class of what was raised, never its text, which may hold the question.
    """

    outcome: Outcome
    answer: Answer | None
    error: str
    at: datetime


@dataclass(frozen=True, slots=True)
class SyncEnd:
    """The last report of a sync or rebuild, None where it made none, and what ended it."""

    work: str
    outcome: Outcome
    report: SyncReport | None
    error: str
    seconds: float


class Observer(Protocol):
    """Hears of answers and syncs; called in the thread that does the work, so it must be quick."""

    def answered(self, end: AnswerEnd) -> None:
        """Hear how an answer ended."""

    def synced(self, end: SyncEnd) -> None:
        """Hear how a sync or rebuild ended."""


class Watch:
    """Counts running answers, tells observers of each end, and closes the door for new ones.

    `queue` is where answers wait for the language model.
    """

    def __init__(self, observers: Sequence[Observer] = (), queue: ModelQueue | None = None) -> None:
        self.queue = queue or ModelQueue()
        self._observers = tuple(observers)
        self._changed = threading.Condition()
        self._running = 0
        self._stopping = False

    @property
    def running(self) -> int:
        """Count the answers that are being made."""
        return self._running

    @property
    def stopping(self) -> bool:
        """Say whether new questions are turned away."""
        return self._stopping

    def stop(self) -> None:
        """Turn new questions away; what has been let in before is counted as running."""
        with self._changed:
            self._stopping = True

    def wait_until_idle(self, seconds: float) -> bool:
        """Wait until no answer is being made; say whether that came about."""
        with self._changed:
            return self._changed.wait_for(lambda: self._running == 0, seconds)

    def answers(self, snapshots: Generator[Answer, None, None]) -> Generator[Answer, None, None]:
        """Pass the snapshots of an answer on. Raises ServerStopping, and what they raise."""
        self._let_in()
        answer: Answer | None = None
        outcome, error = Outcome.STOPPED, ""
        try:
            with closing(snapshots):
                for answer in snapshots:
                    # A reader who leaves after the last snapshot has missed nothing.
                    outcome = _outcome(answer)
                    yield answer
        except (BadQuestion, EmptyCorpus, UnknownDocument) as raised:
            outcome, error = Outcome.INVALID, type(raised).__name__
            raise
        except Busy as raised:
            outcome, error = Outcome.BUSY, type(raised).__name__
            raise
        except Exception as raised:
            outcome, error = Outcome.FAILED, type(raised).__name__
            raise
        finally:
            self._let_out()
            end = AnswerEnd(outcome, answer, error, datetime.now(UTC))
            for observer in self._observers:
                observer.answered(end)

    def reports(
        self, work: str, steps: Generator[SyncReport, None, None]
    ) -> Generator[SyncReport, None, None]:
        """Pass the reports of a sync or rebuild on. Raises what they raise."""
        started = time.monotonic()
        report: SyncReport | None = None
        outcome, error = Outcome.STOPPED, ""
        try:
            with closing(steps):
                for report in steps:
                    outcome = Outcome.FINISHED if report.done else Outcome.STOPPED
                    yield report
        except Exception as raised:
            outcome, error = Outcome.FAILED, type(raised).__name__
            raise
        finally:
            end = SyncEnd(work, outcome, report, error, time.monotonic() - started)
            for observer in self._observers:
                observer.synced(end)

    def _let_in(self) -> None:
        # One step, or a server could find itself idle between the look and the count.
        with self._changed:
            if self._stopping:
                raise ServerStopping("The server is stopping. Ask again in a minute.")
            self._running += 1

    def _let_out(self) -> None:
        with self._changed:
            self._running -= 1
            self._changed.notify_all()


def _outcome(answer: Answer) -> Outcome:
    return Outcome(answer.kind.value) if answer.done else Outcome.STOPPED
