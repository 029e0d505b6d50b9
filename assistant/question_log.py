"""Questions that were asked, kept where the settings want it: a file a day, deleted in time.

Knows records and files; nothing of pages, nor of who asked. Only the process that owns the folder
writes, also what others hand on to it; whoever may read its files can read them meanwhile.
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
from assistant.types import DEFAULT_COLLECTION
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
    the passages hold the answer, None where it came to no estimate. `collection` is the one of
    the best passage.
    """

    at: datetime
    question: str
    searched: str
    language: str
    outcome: str
    document: str
    probability: float | None
    collection: str = DEFAULT_COLLECTION


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
        record = asked(end)
        if record is None:
            return
        try:
            self.keep(record)
        except QuestionLogUnavailable as error:
            _log.error("%s", error)

    def keep(self, record: AskedQuestion) -> None:
        """Keep a record. Raises QuestionLogUnavailable where it cannot be written."""
        day = record.at.date()
        try:
            with self._lock:
                self._begin(day)
                self._append(day, record)
        except OSError as error:
            raise QuestionLogUnavailable(
                f"A question could not be kept in {self._folder}: {error.strerror}. Make room on "
                "the disk, or correct the rights of the data folder."
            ) from None

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
        line = json.dumps(write_asked(record))
        path = self._folder / f"{day.isoformat()}{_SUFFIX}"
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(handle, "a", encoding="utf-8") as file:
            if os.fstat(handle).st_size < self._most_bytes:
                file.write(f"{line}\n")


def asked(end: AnswerEnd) -> AskedQuestion | None:
    """Make a record of how an answer ended; none where there was not even evidence."""
    answer = end.answer
    if answer is None:
        return None
    best = answer.evidence[0] if answer.evidence else None
    return AskedQuestion(
        end.at,
        answer.question[:_LONGEST],
        answer.searched[:_LONGEST],
        answer.language,
        end.outcome.value,
        best.document if best else "",
        None if answer.probability is None else round(answer.probability, 3),
        best.collection if best else DEFAULT_COLLECTION,
    )


def write_asked(record: AskedQuestion) -> dict[str, object]:
    """Write a record as JSON-ready values."""
    values: dict[str, object] = _RECORD.dump_python(record, mode="json")
    return values


def read_asked(data: object) -> AskedQuestion:
    """Read what `write_asked` wrote. Raises ValueError."""
    return _RECORD.validate_python(data)


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
