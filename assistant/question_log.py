"""Questions that were asked, kept where the settings want it: a file a day, deleted in time.

Knows records and files; nothing of pages, nor of who asked. Only the process that owns the folder
writes; whoever may read its files can read them meanwhile.
"""

import json
import logging
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from assistant.errors import QuestionLogUnavailable
from assistant.watching import AnswerEnd, SyncEnd

_log = logging.getLogger(__name__)

_SUFFIX = ".jsonl"
_LONGEST = 2000
_MOST_BYTES_A_DAY = 20_000_000
"""About fifty thousand questions; whoever floods the server must not fill the disk."""


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """A question and how its answer ended.

    `searched` is what a language model made of a follow-up, `outcome` a value of Outcome,
    `document` the one of the best passage, `probability` (0 to 1) the search's own estimate that
    the passages hold the answer, None where it came to no estimate.
    """

    at: datetime
    question: str
    searched: str
    language: str
    outcome: str
    document: str
    probability: float | None


_RECORD = TypeAdapter(AskedQuestion)


class QuestionLog:
    """The questions of one data folder, as files that only their user can read."""

    def __init__(self, folder: Path, days: int, most_bytes: int = _MOST_BYTES_A_DAY) -> None:
        self._folder = folder
        self._days = days
        self._most_bytes = most_bytes
        self._lock = threading.Lock()
        self._today: date | None = None

    def answered(self, end: AnswerEnd) -> None:
        """Keep a question; a disk that refuses is told in the log, and the answer goes on."""
        answer = end.answer
        if answer is None:
            return
        record = AskedQuestion(
            end.at,
            answer.question[:_LONGEST],
            answer.searched[:_LONGEST],
            answer.language,
            end.outcome.value,
            answer.evidence[0].document if answer.evidence else "",
            None if answer.probability is None else round(answer.probability, 3),
        )
        try:
            with self._lock:
                self._begin(end.at.date())
                self._append(end.at.date(), record)
        except OSError as error:
            _log.error("A question could not be kept in %s: %s", self._folder, error.strerror)

    def synced(self, end: SyncEnd) -> None:
        """Nothing is kept of syncs."""

    def _begin(self, day: date) -> None:
        """At the first question of a day, delete what is too old."""
        if self._today == day:
            return
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder.chmod(0o700)
        oldest = day - timedelta(days=self._days - 1)
        for path, written in _files(self._folder):
            if written < oldest:
                path.unlink(missing_ok=True)
        self._today = day

    def _append(self, day: date, record: AskedQuestion) -> None:
        # ASCII: a question may hold half a character, which UTF-8 cannot write.
        line = json.dumps(_RECORD.dump_python(record, mode="json"))
        path = self._folder / f"{day.isoformat()}{_SUFFIX}"
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(handle, "a", encoding="utf-8") as file:
            if os.fstat(handle).st_size < self._most_bytes:
                file.write(f"{line}\n")


def asked_questions(folder: Path, since: datetime) -> Iterator[AskedQuestion]:
    """Read what was kept since a time, oldest first. Raises QuestionLogUnavailable."""
    for path, day in sorted(_files(folder), key=lambda item: item[1]):
        if day < since.astimezone(UTC).date():
            continue
        try:
            lines = path.read_bytes().split(b"\n")
        except OSError as error:
            raise QuestionLogUnavailable(
                f"Questions could not be read from {path}: {error.strerror}. Read them as the "
                "user that runs the server."
            ) from None
        for record in map(_read, lines):
            if record is not None and record.at >= since:
                yield record


def _files(folder: Path) -> Iterator[tuple[Path, date]]:
    for path in folder.glob(f"*{_SUFFIX}"):
        try:
            yield path, date.fromisoformat(path.stem)
        except ValueError:
            continue


def _read(line: bytes) -> AskedQuestion | None:
    try:
        return _RECORD.validate_json(line)
    except ValidationError:
        return None
