"""Two reports compared on the questions that both have: which differences are real.

Knows reports as JSON; nothing of how they were made.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from assistant.errors import BadQuestionSet
from assistant.evaluation.metrics import METRICS, Metric
from assistant.evaluation.statistics import Difference, difference
from assistant.evaluation.types import Score

_RUN_FACTS = ("version", "model", "embedder", "documents", "passages", "retrieval_only")


@dataclass(frozen=True, slots=True)
class Change:
    """How one metric differs in the second report, as "better", "worse" or "no difference"."""

    metric: Metric
    difference: Difference

    @property
    def verdict(self) -> str:
        """Say which way, where the interval leaves out 0."""
        if not self.difference.is_real:
            return "no difference"
        return "worse" if (self.difference.value > 0) is self.metric.lower_is_better else "better"


@dataclass(frozen=True, slots=True)
class Comparison:
    """What differs between two reports on `shared` questions; `unshared` have but one of them.

    `notes` tell what else was not the same.
    """

    changes: tuple[Change, ...]
    shared: int
    unshared: int
    notes: tuple[str, ...]


def compare(first: Mapping[str, Any], second: Mapping[str, Any]) -> Comparison:
    """Compare the second report with the first. Raises BadQuestionSet without a shared question."""
    left, right = (_by_id(report) for report in (first, second))
    ids = [qid for qid in left if qid in right]
    if not ids:
        raise BadQuestionSet("The two reports have no question in common.")
    changes = []
    for metric in METRICS.values():
        ours, theirs = ([_score(rows[qid], metric) for qid in ids] for rows in (left, right))
        found = difference(ours, theirs, metric.statistic)
        if found is not None:
            changes.append(Change(metric, found))
    unshared = len(left) + len(right) - 2 * len(ids)
    return Comparison(tuple(changes), len(ids), unshared, _notes(first, second, left, right))


def _by_id(report: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    try:
        return {row["qid"]: {**row, "scores": dict(row["scores"])} for row in report["rows"]}
    except (KeyError, TypeError, ValueError):
        raise BadQuestionSet("A report's rows lack question ids or scores.") from None


def _score(row: Mapping[str, Any], metric: Metric) -> Score:
    score = row["scores"].get(metric.score)
    return (score[0], score[1]) if isinstance(score, list) else score


def _notes(
    first: Mapping[str, Any],
    second: Mapping[str, Any],
    left: Mapping[str, Mapping[str, Any]],
    right: Mapping[str, Mapping[str, Any]],
) -> tuple[str, ...]:
    notes = []
    for name in _RUN_FACTS:
        one, other = (report.get("about", {}).get(name) for report in (first, second))
        if one != other:
            notes.append(f"{name}: {one} in the first, {other} in the second")
    fields = ("question", "history", "scope", "answers", "gold", "answerable")
    changed = [
        qid
        for qid in left.keys() & right.keys()
        if any(left[qid].get(field) != right[qid].get(field) for field in fields)
    ]
    if changed:
        notes.append(f"{len(changed)} questions have another wording, history, answer or place")
    return tuple(notes)
