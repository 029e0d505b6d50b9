"""Whether a reply, or a key sentence, holds an accepted answer.

Knows texts; nothing of passages or of what was asked. Pure functions.
"""

from collections.abc import Sequence

import regex

from assistant.citations import without_marks
from assistant.evaluation.normalisation import contains, pieces, shared, tokens
from assistant.evaluation.types import Score
from assistant.numbers import amounts

_LONG_ANSWER = 4
_ENOUGH = 0.6
"""Of the words, or groups of characters, of an accepted answer that has at least four: so long an
answer is hardly ever given word for word."""

_NUMERIC = regex.compile(
    r"[\s(\[~≈+−-]*(?:US|CA)?\p{Sc}?\s*"
    r"\d(?:[\d.,'’\u066b\u066c\u202f\u00a0]| (?=\d{3}))*\s*[%)\]]*\s*"
    r"(?:(?:hundred|thousand|million|billion|percent)s?)?\s*\p{Sc}?\s*\.?",
    regex.IGNORECASE,
)
_RELATIVE, _PERCENT, _ROUNDING = 0.005, 0.01, 1e-9


def holds(text: str, answers: Sequence[str]) -> bool:
    """Say whether a text has an accepted answer, word for word."""
    words = tokens(text)
    return any(contains(words, tokens(answer)) for answer in answers)


def token_recall(reply: str, answers: Sequence[str]) -> float:
    """Share of an accepted answer's tokens in the reply, the best over the answers."""
    words = tokens(reply)
    return max((_share(words, tokens(answer)) for answer in answers), default=0.0)


def f1(reply: str, answers: Sequence[str]) -> float:
    """Harmonic mean of token precision and recall as in SQuAD, the best over the answers."""
    words = tokens(reply)
    return max((_f1(words, tokens(answer)) for answer in answers), default=0.0)


def number_match(reply: str, answers: Sequence[str]) -> float | None:
    """Say whether the reply has an accepted number by value; None where no answer is a number.

    Separators, currency and scale do not count; half a percent of difference does not either,
    nor 0.01 in a percentage. Two whole numbers must be equal, though: nothing was rounded there,
    and half a percent of a year is ten years.
    """
    wanted = [answer for answer in answers if _NUMERIC.fullmatch(answer)]
    if not wanted:
        return None
    given = amounts(without_marks(reply))
    for answer in wanted:
        slack = _PERCENT if "%" in answer else 0.0
        if any(_same(value, other, slack) for value in amounts(answer)[:1] for other in given):
            return 1.0
    return 0.0


def is_correct(reply: str, answers: Sequence[str]) -> bool:
    """Say whether a reply is right: it holds an answer, its number, or most of a long one."""
    if holds(reply, answers) or number_match(reply, answers):
        return True
    words = pieces(tokens(reply))
    parted = [pieces(tokens(answer)) for answer in answers]
    long = [answer for answer in parted if len(answer) >= _LONG_ANSWER]
    return any(_share(words, answer) >= _ENOUGH for answer in long)


def answer_scores(reply: str, answers: Sequence[str]) -> dict[str, Score]:
    """Score a reply to an answerable question; an empty reply holds nothing."""
    return {
        "contains": float(holds(reply, answers)),
        "token_recall": token_recall(reply, answers),
        "f1": f1(reply, answers),
        "number_match": number_match(reply, answers),
    }


def _share(words: list[str], answer: list[str]) -> float:
    return shared(words, answer) / len(answer) if answer else 0.0


def _f1(words: list[str], answer: list[str]) -> float:
    return 2 * shared(words, answer) / (len(words) + len(answer)) if answer and words else 0.0


def _same(value: float, other: float, slack: float) -> bool:
    if value.is_integer() and other.is_integer():
        return value == other
    return abs(value - other) <= max(slack, _RELATIVE * abs(value)) + _ROUNDING
