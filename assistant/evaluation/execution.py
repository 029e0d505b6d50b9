"""Puts gold questions to a system, some at once, and keeps going when one fails.

Knows threads and failures; nothing of scores or of what a system is.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed

from assistant.errors import AssistantError, ModelUnavailable, ServerUnavailable
from assistant.evaluation.journal import Journal
from assistant.evaluation.types import GoldQuestion, Response, System
from index.errors import EmbedderUnavailable, IndexingError, StoreUnavailable

DOWN = (ServerUnavailable, ModelUnavailable, EmbedderUnavailable, StoreUnavailable)
_Ask = Callable[[GoldQuestion], Response]

_MOST_DOWN = 3
"""Questions in a row to which a server does not answer: it is down, not the questions."""


def execute(
    system: System,
    questions: Sequence[GoldQuestion],
    journal: Journal,
    jobs: int = 1,
    retrieval_only: bool = False,
) -> Iterator[tuple[GoldQuestion, Response]]:
    """Yield each question with its response as they come, those in the journal first.

    A question that fails yields a response with an `error`. Raises what the system raises when it
    is down for three questions in a row.
    """
    asked = [question for question in questions if question.id not in journal.done]
    for question in questions:
        if question.id in journal.done:
            yield question, journal.done[question.id]
    watch = _Watch(any(response.model for response in journal.done.values()))
    ask = system.retrieve if retrieval_only else system.respond
    for question, outcome in _outcomes(ask, asked, jobs):
        watch.note(outcome)
        if isinstance(outcome, Response):
            journal.add(question.id, outcome)
            yield question, outcome
        else:
            yield question, Response(error=_reason(outcome))
    watch.finish(len(asked))


class _Watch:
    """Tells a server that is down from questions that fail."""

    def __init__(self, model_answered: bool) -> None:
        self._model_answered = model_answered
        self._in_a_row: list[Exception] = []

    def note(self, outcome: Response | Exception) -> None:
        """Take note of an outcome; raise what shows that the server is down."""
        if isinstance(outcome, DOWN):
            self._in_a_row.append(outcome)
            if len(self._in_a_row) == _MOST_DOWN:
                raise outcome
            return
        self._model_answered |= isinstance(outcome, Response) and bool(outcome.model)
        # A question that is refused without asking the model says nothing of the model.
        if self._model_answered or not self._lacks_model():
            self._in_a_row.clear()

    def finish(self, asked: int) -> None:
        """Raise where a short run ended without one answer of the server or model."""
        if self._in_a_row and (len(self._in_a_row) == asked or self._lacks_model()):
            raise self._in_a_row[-1]

    def _lacks_model(self) -> bool:
        return any(isinstance(error, ModelUnavailable) for error in self._in_a_row) and (
            not self._model_answered
        )


def _outcomes(
    ask: _Ask, questions: Sequence[GoldQuestion], jobs: int
) -> Iterator[tuple[GoldQuestion, Response | Exception]]:
    if jobs == 1:  # In this thread, so that an interruption reaches the model's stream at once.
        for question in questions:
            yield question, _outcome(ask, question)
        return
    with ThreadPoolExecutor(jobs, "evaluate") as pool:
        futures = {pool.submit(_outcome, ask, question): question for question in questions}
        try:
            for future in as_completed(futures):
                yield futures[future], future.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _outcome(ask: _Ask, question: GoldQuestion) -> Response | Exception:
    try:
        return ask(question)
    except Exception as error:  # noqa: BLE001 - one question must not end the run; it is reported
        return error


def _reason(error: Exception) -> str:
    if isinstance(error, AssistantError | IndexingError):
        return str(error)
    return f"{type(error).__name__}: {error}"
