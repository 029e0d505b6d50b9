"""What readers thought of answers, kept in a file of the data folder.

Knows records and the file; nothing of pages. Only the process that owns the folder writes, any
may read. Nothing here is ever shown on a page: questions are their askers' own.
"""

import json
import os
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, Protocol, get_args

from pydantic import TypeAdapter, ValidationError

from assistant.errors import BadFeedback, FeedbackUnavailable
from assistant.types import DEFAULT_COLLECTION, Answer

Verdict = Literal["up", "down", "withdrawn"]
Reason = Literal["wrong", "incomplete", "wrong_source", "not_found_but_there", "hard_to_read"]

REASONS: tuple[str, ...] = get_args(Reason)
"""Keys; their texts are the catalogue's under "feedback_reason_…"."""

LONGEST_COMMENT = 2000
"""In characters; what is longer is cut."""

_FILE = "feedback.jsonl"
_LONGEST_TEXT = 20_000
_MOST_CITATIONS = 100
_KEPT = 0.75
"""Of the bound: what a full file is cut down to, so that it is not cut at every record."""


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a reader says of an answer; `reasons` are of REASONS."""

    verdict: str
    reasons: tuple[str, ...] = ()
    comment: str = ""


@dataclass(frozen=True, slots=True)
class CitedPlace:
    """A sentence that the answer cited: its document's name and place, in characters."""

    document: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Feedback:
    """What a reader thought of one answer, and what that answer was.

    `id` is the answer's: a later record of the same one takes the place of the earlier. `kind`
    is a value of Kind; `model` is empty where none was asked; `fingerprint` is the embedder's;
    `collection` is the one that was asked.
    """

    id: str
    at: datetime
    verdict: Verdict
    reasons: tuple[Reason, ...]
    comment: str
    question: str
    kind: str
    text: str
    citations: tuple[CitedPlace, ...]
    model: str
    fingerprint: str
    collection: str = DEFAULT_COLLECTION


_RECORD = TypeAdapter(Feedback)


def feedback_on(
    answer: Answer, answer_id: str, opinion: Opinion, fingerprint: str, at: datetime | None = None
) -> Feedback:
    """Put an opinion and the answer that it is of into a record; long texts are cut.

    Raises BadFeedback.
    """
    values = {
        "id": answer_id,
        "at": at or datetime.now(UTC),
        "verdict": opinion.verdict,
        "reasons": tuple(dict.fromkeys(opinion.reasons)),
        "comment": opinion.comment.strip()[:LONGEST_COMMENT],
        "question": answer.question[:_LONGEST_TEXT],
        "kind": answer.kind.value,
        "text": answer.text[:_LONGEST_TEXT],
        "citations": tuple(
            CitedPlace(citation.document, citation.start, citation.end)
            for citation in answer.citations[:_MOST_CITATIONS]
        ),
        "model": answer.model or "",
        "fingerprint": fingerprint,
    }
    try:
        return _RECORD.validate_python(values)
    except ValidationError as error:
        first = error.errors()[0]
        allowed = ", ".join((*get_args(Verdict), *REASONS))
        raise BadFeedback(
            f"There is no {first['loc'][0]} {first['input']!r} of an answer. There are: {allowed}."
        ) from None


class FeedbackKeeper(Protocol):
    """Where feedback goes to be kept."""

    def record(self, feedback: Feedback) -> None:
        """Keep a record. Raises FeedbackUnavailable where that cannot be."""


class FeedbackStore:
    """The feedback of one data folder. Any thread may record; the oldest gives way at a bound."""

    def __init__(self, folder: Path, most_bytes: int = 20_000_000) -> None:
        self.path = folder / _FILE
        self._most_bytes = most_bytes
        self._lock = threading.Lock()

    def record(self, feedback: Feedback) -> None:
        """Add a record. Raises FeedbackUnavailable where the file cannot be written."""
        # A lone surrogate, which only a forged request holds, has no UTF-8.
        written = json.dumps(_RECORD.dump_python(feedback, mode="json"), ensure_ascii=False)
        line = written.encode("utf-8", "replace")
        with self._lock:
            try:
                self._make_room(len(line) + 1)
                self._append(line)
            except OSError as error:
                raise FeedbackUnavailable(
                    f"Feedback could not be written to {self.path}: {error.strerror}. Make room "
                    "on the disk, or correct the rights of the data folder."
                ) from None

    def all(self) -> list[Feedback]:
        """List the last record of each answer, in the order of their writing.

        Lines that are broken, as the last one after a crash, are left out. Raises
        FeedbackUnavailable where the file cannot be read.
        """
        last: dict[str, Feedback] = {}
        for record in map(_read, self._lines()):
            if record is not None:
                last.pop(record.id, None)
                last[record.id] = record
        return list(last.values())

    def dropped(self) -> int:
        """Count the answers whose feedback gave way to newer."""
        return sum(map(_dropped, self._lines()[:1]))

    def _lines(self) -> list[bytes]:
        try:
            return [line for line in self.path.read_bytes().split(b"\n") if line]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise FeedbackUnavailable(
                f"Feedback could not be read from {self.path}: {error.strerror}. Read it as the "
                "user that runs the server."
            ) from None

    def _append(self, line: bytes) -> None:
        # Created with its final rights: what people asked is not for other users.
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(handle, "rb+", buffering=0) as file:
            os.fchmod(handle, 0o600)
            end = os.fstat(handle).st_size
            torn = end > 0 and os.pread(handle, 1, end - 1) != b"\n"
            remaining = (b"\n" if torn else b"") + line + b"\n"
            while remaining:
                remaining = remaining[file.write(remaining) :]

    def _make_room(self, needed: int) -> None:
        """Where a record no longer fits, write the file anew with the newest ones."""
        if not self.path.exists() or self.path.stat().st_size + needed <= self._most_bytes:
            return
        lines = self._lines()
        kept = _latest(lines)
        left = sum(len(line) + 1 for line in kept)
        dropped = sum(map(_dropped, lines[:1]))
        room = int(self._most_bytes * _KEPT) - needed
        while kept and left > room:
            left -= len(kept.pop(0)) + 1
            dropped += 1
        head = json.dumps({"dropped": dropped}).encode()
        fresh = self.path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.writelines(data + b"\n" for data in (head, *kept))
        fresh.replace(self.path)


def newest(found: Iterable[Feedback], only_down: bool = False) -> list[Feedback]:
    """Put records newest first, without those that were taken back."""
    verdicts = ("down",) if only_down else ("up", "down")
    return sorted(
        (item for item in found if item.verdict in verdicts),
        key=lambda item: item.at,
        reverse=True,
    )


def write_feedback(feedback: Feedback) -> dict[str, object]:
    """Write a record as JSON-ready values."""
    values: dict[str, object] = _RECORD.dump_python(feedback, mode="json")
    return values


def read_feedback(data: object) -> Feedback:
    """Read what `write_feedback` wrote. Raises ValueError."""
    return _RECORD.validate_python(data)


def _read(line: bytes) -> Feedback | None:
    try:
        return _RECORD.validate_json(line)
    except ValidationError:
        return None


def _latest(lines: Iterable[bytes]) -> list[bytes]:
    last: dict[str, bytes] = {}
    for line in lines:
        record = _read(line)
        if record is not None:
            last.pop(record.id, None)
            last[record.id] = line
    return list(last.values())


def _dropped(line: bytes) -> int:
    """Read the first line of a file that was cut."""
    try:
        return int(json.loads(line)["dropped"])
    except (ValueError, KeyError, TypeError):
        return 0
