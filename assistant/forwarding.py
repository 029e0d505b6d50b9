"""What a process that only reads hands on to the owner of the data folder: opinions and questions.

Knows where the owner answers and how it is asked; nothing of how either is kept.
"""

import logging
import threading
import time
from collections.abc import Mapping
from pathlib import Path

import httpx

from assistant.errors import FeedbackUnavailable, OwnerAway
from assistant.feedback import Feedback, write_feedback
from assistant.owner import read_address
from assistant.question_log import asked, write_asked
from assistant.watching import AnswerEnd, SyncEnd

_log = logging.getLogger(__name__)

FEEDBACK = "/api/owner/feedback"
QUESTIONS = "/api/owner/questions"

_SECONDS_TO_ANSWER = 5.0
"""On the same machine; a reader of answers waits for it."""

_SECONDS_KEPT = 5.0
"""Probes of readiness come every few seconds."""


class OwnerLink:
    """The way to the owner of a data folder, which may come and go. Any thread may ask."""

    def __init__(self, folder: Path, seconds_kept: float = _SECONDS_KEPT) -> None:
        self._folder = folder
        self._seconds_kept = seconds_kept
        self._looking = threading.Lock()
        self._seen = -seconds_kept
        self._away = False

    def is_away(self) -> bool:
        """Say whether the owner does not answer; asked at most every few seconds."""
        with self._looking:
            if time.monotonic() - self._seen >= self._seconds_kept:
                try:
                    self._ask("GET", "/healthz")
                    self._away = False
                except OwnerAway:
                    self._away = True
                self._seen = time.monotonic()
            return self._away

    def hand_over(self, path: str, record: Mapping[str, object]) -> None:
        """Have the owner keep a record. Raises OwnerAway where it does not."""
        self._ask("POST", path, record)

    def _ask(self, method: str, path: str, body: Mapping[str, object] | None = None) -> None:
        address = read_address(self._folder)
        if address is None or not address.url:
            raise OwnerAway(
                f"No process serves as the owner of {self._folder}. Start it: 'bronwijzer serve'."
            )
        try:
            httpx.request(
                method,
                f"{address.url}{path}",
                json=body,
                headers={"Authorization": f"Bearer {address.token}"},
                timeout=_SECONDS_TO_ANSWER,
                trust_env=False,
            ).raise_for_status()
        except httpx.HTTPError as error:
            raise OwnerAway(
                f"The owner of {self._folder}, process {address.pid}, does not do what it is asked "
                f"({error}). Look at its log, or start it again: 'bronwijzer serve'."
            ) from None


class ForwardedFeedback:
    """Feedback that the owner keeps."""

    def __init__(self, link: OwnerLink) -> None:
        self._link = link

    def record(self, feedback: Feedback) -> None:
        """Have the owner keep a record. Raises FeedbackUnavailable where it is away."""
        try:
            self._link.hand_over(FEEDBACK, write_feedback(feedback))
        except OwnerAway as error:
            raise FeedbackUnavailable(str(error)) from None


class ForwardedQuestions:
    """Questions that the owner keeps, where the settings want them kept."""

    def __init__(self, link: OwnerLink) -> None:
        self._link = link

    def answered(self, end: AnswerEnd) -> None:
        """Hand a question on; an owner that is away is told in the log, and the answer goes on."""
        record = asked(end)
        if record is None:
            return
        try:
            self._link.hand_over(QUESTIONS, write_asked(record))
        except OwnerAway as error:
            _log.error("A question could not be kept: %s", error)

    def synced(self, end: SyncEnd) -> None:
        """Nothing is kept of syncs."""
