"""The metrics: their names, which way is better, and how rows are summed up.

Knows names; nothing of how a row is scored.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from assistant.evaluation.statistics import Statistic, estimate
from assistant.evaluation.types import Estimates, Row, Summary

_RANKS = [f"recall@{cut}" for cut in (1, 3, 5, 10, 20)] + ["mrr@10", "ndcg@10"]
_TIMES = ("evidence_ms", "first_token_ms", "done_ms")


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric. `score` names the row's score that it sums up; `unit` is "", "ms" or "tokens"."""

    name: str
    score: str
    family: str
    statistic: Statistic = Statistic.RATIO
    lower_is_better: bool = False
    unit: str = ""


def _plain(family: str, *names: str, lower: bool = False) -> list[Metric]:
    return [Metric(name, name, family, lower_is_better=lower) for name in names]


def _times() -> list[Metric]:
    return [
        Metric(f"{name}_{statistic}", name, "time", statistic, True, "ms")
        for name in _TIMES
        for statistic in (Statistic.P50, Statistic.P95)
    ]


_ALL = (
    *_plain("finding", *_RANKS, *(f"document_{name}" for name in _RANKS)),
    Metric("context_tokens@5", "context_tokens@5", "finding", Statistic.RATIO, True, "tokens"),
    *_plain("key sentence", "key_sentence_contains", "gold_key_sentence_contains"),
    *_plain("answers", "correct"),
    *_plain("answers", "wrong", lower=True),
    *_plain("answers", "score", "contains", "token_recall", "f1", "number_match"),
    *_plain("answers", "reply_language"),
    *_plain("citations", "citation_validity", "citation_coverage"),
    *_plain("citations", "citation_precision", "citation_recall"),
    *_plain("citations", "dropped_marks", lower=True),
    *_plain("saying no", "abstention_precision", "abstention_recall", "abstention_f1"),
    Metric("balanced_accuracy", "balanced_accuracy", "saying no", Statistic.BALANCED),
    *_plain("saying no", "false_abstention", "false_abstention_with_gold", lower=True),
    *_plain("saying no", "false_abstention_without_gold", lower=True),
    *_plain("unsupported", "unsupported_sentences", "replies_with_unsupported", lower=True),
    *_plain("unsupported", "proxy_unsupported_sentences", lower=True),
    *_times(),
    *_plain("failures", "failed", lower=True),
)

METRICS: Mapping[str, Metric] = {metric.name: metric for metric in _ALL}


def summarise(rows: Sequence[Row]) -> Summary:
    """Sum up rows, overall and by the kind and the language of the question."""
    kinds = sorted({row.question.kind for row in rows if row.question.kind})
    languages = sorted({row.question.language for row in rows if row.question.language})
    return Summary(
        overall=estimates(rows),
        by_kind={kind: estimates([r for r in rows if r.question.kind == kind]) for kind in kinds},
        by_language={
            language: estimates([r for r in rows if r.question.language == language])
            for language in languages
        },
    )


def estimates(rows: Sequence[Row]) -> Estimates:
    """Estimate every metric that some of the rows have."""
    found = {
        name: estimate([row.scores.get(metric.score) for row in rows], metric.statistic)
        for name, metric in METRICS.items()
    }
    return {name: value for name, value in found.items() if value is not None}
