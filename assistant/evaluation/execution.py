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
    down = 0
    ask = system.retrieve if retrieval_only else system.respond
    for question, outcome in _outcomes(ask, asked, jobs):
        if isinstance(outcome, Response):
            journal.add(question.id, outcome)
            down = 0
            yield question, outcome
            continue
        down = down + 1 if isinstance(outcome, DOWN) else 0
        if down == min(_MOST_DOWN, len(asked)):
            raise outcome
        yield question, Response(error=_reason(outcome))


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
