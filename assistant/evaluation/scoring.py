"""From a question and a response to the row's scores and its verdict.

Knows which score applies to which row; each score is made elsewhere.
"""

from collections.abc import Callable

from assistant.evaluation import citation_scores as citing
from assistant.evaluation.abstention_scores import abstention_scores
from assistant.evaluation.answer_scores import answer_scores, holds, is_correct
from assistant.evaluation.retrieval_scores import covers, first_covering, retrieval_scores
from assistant.evaluation.types import GoldQuestion, ReplyKind, Response, Row, Score

_TIMES = ("evidence", "first_token", "done")


class Scorer:
    """Scores rows; `count_tokens` measures the passages that a model would read."""

    def __init__(self, count_tokens: Callable[[str], int], retrieval_only: bool) -> None:
        self._count_tokens = count_tokens
        self._retrieval_only = retrieval_only

    def score(self, question: GoldQuestion, response: Response) -> Row:
        """Score a response. One that failed found nothing and answered wrongly."""
        scores = {
            **retrieval_scores(response.retrieved, question.gold, self._count_tokens),
            **_key_sentence_scores(question, response),
            "failed": float(bool(response.error)),
        }
        if response.error:
            # Less is better there: a failure would count as the cheapest of all.
            scores.pop("context_tokens@5", None)
        else:
            scores |= {f"{name}_ms": response.timings_ms.get(name) for name in _TIMES}
        if self._retrieval_only:
            return Row(question, response, scores, _found(question, response, scores))
        verdict = _verdict(question, response)
        scores |= _reply_scores(question, response) | _outcome(question, verdict)
        return Row(question, response, scores, verdict)


def _key_sentence_scores(question: GoldQuestion, response: Response) -> dict[str, Score]:
    points_out = not response.retrieved or any(passage.key for passage in response.retrieved)
    if not question.answerable or not question.answers or not points_out:
        return {}
    first = response.retrieved[0].key if response.retrieved else ""
    scores: dict[str, Score] = {"key_sentence_contains": float(holds(first, question.answers))}
    covering = first_covering(response.retrieved, question.gold)
    if covering is not None:
        scores["gold_key_sentence_contains"] = float(holds(covering.key, question.answers))
    return scores


def _reply_scores(question: GoldQuestion, response: Response) -> dict[str, Score]:
    """Score the reply: a refusal holds no answer, a failure neither declines nor cites."""
    answered = response.kind in (ReplyKind.QUOTED, ReplyKind.WRITTEN) and not response.error
    written = response.kind is ReplyKind.WRITTEN and answered
    shown = response.retrieved[: response.shown]
    gold_shown = any(covers(p, g) for p in shown for g in question.gold)
    scores = abstention_scores(
        question.answerable,
        response.abstained and not response.error,
        gold_shown if question.gold else None,
    )
    if question.answerable and question.answers:
        scores |= answer_scores(response.reply if answered else "", question.answers)
    if answered:
        scores["citation_validity"] = citing.validity(response)
        if question.answerable:
            scores["citation_precision"] = citing.precision(response.citations, question.gold)
            scores["citation_recall"] = citing.recall(response.citations, question.gold)
    if written:
        unsupported = citing.unsupported(response.sentences)
        scores |= {
            "reply_language": float(response.language == question.language),
            "dropped_marks": float(response.dropped),
            "citation_coverage": citing.coverage(response.sentences),
            "unsupported_sentences": unsupported,
            "proxy_unsupported_sentences": citing.proxy_unsupported(response),
        }
        if isinstance(unsupported, tuple):
            scores["replies_with_unsupported"] = float(unsupported[0] > 0)
    return scores


def _verdict(question: GoldQuestion, response: Response) -> str:
    if response.error:
        return "failed"
    if not question.answerable:
        return "rightly abstained" if response.abstained else "wrongly answered"
    if response.abstained:
        return "abstained"
    if not question.answers:
        return "unscored"
    return "correct" if is_correct(response.reply, question.answers) else "wrong"


def _outcome(question: GoldQuestion, verdict: str) -> dict[str, Score]:
    """The three-way table of answerable questions, and the single figure of all.

    In that figure a wrong answer costs as much as a right one wins, and declining an answerable
    question costs nothing. A failed question counts as answered wrongly. Without accepted answers
    nobody can tell a right reply from a wrong one, so declining is not counted there either.
    """
    unknown = verdict == "abstained" and not question.answers
    if verdict == "unscored" or unknown:
        return {}
    wrong = float(verdict in ("wrong", "wrongly answered", "failed"))
    right = float(verdict in ("correct", "rightly abstained"))
    table: dict[str, Score] = {"correct": right, "wrong": wrong} if question.answerable else {}
    return {**table, "score": right - wrong}


def _found(question: GoldQuestion, response: Response, scores: dict[str, Score]) -> str:
    if response.error:
        return "failed"
    if not question.gold:
        return "unscored"
    return "found" if scores["recall@5"] else "missed"
