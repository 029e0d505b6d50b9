"""Reports and comparisons as tables in a terminal.

Knows rich; nothing of how figures come about.
"""

from collections.abc import Callable, Mapping, Sequence

from rich.console import Console
from rich.table import Table

from assistant.evaluation.comparison import Comparison
from assistant.evaluation.gates import Judgement
from assistant.evaluation.metrics import METRICS, Metric
from assistant.evaluation.types import Estimate, Estimates, Report, Summary

_MOST_LISTED = 10
_GROUPED = (
    "recall@1", "recall@5", "key_sentence_contains", "correct", "wrong",
    "abstention_recall", "false_abstention",
)  # fmt: skip
"""What is shown by kind and language: a terminal is only so wide."""

_HEADLINES = (
    "recall@1", "recall@5", "mrr@10", "context_tokens@5", "key_sentence_contains", "contains",
    "correct", "wrong", "citation_precision", "citation_recall",
    "abstention_recall", "false_abstention",
)  # fmt: skip
"""What is shown beside other systems."""


def show_report(out: Console, report: Report) -> None:
    """Print the metrics, the headlines by kind and language, what failed, and notes.

    Metrics over whole documents stand in the files of results alone.
    """
    summary = report.summary
    out.print(_overall(summary.overall))
    for what, groups in (("kind", summary.by_kind), ("language", summary.by_language)):
        if len(groups) > 1:
            out.print(_by_group(what, groups))
    if report.beside:
        out.print(beside(report.name, summary, report.beside))
    failed = [row for row in report.rows if row.response.error]
    for row in failed[:_MOST_LISTED]:
        out.print(f"Failed: {row.question.id}: {row.response.error}")
    if len(failed) > _MOST_LISTED:
        out.print(f"and {len(failed) - _MOST_LISTED} more that failed")
    for note in report.notes:
        out.print(f"Note: {note}")


def beside(name: str, ours: Summary, others: Mapping[str, Summary]) -> Table:
    """Set the headlines of several systems side by side, overall and by kind."""
    table = Table("questions", "metric", title="Beside other systems")
    for heading in (name, *others):
        table.add_column(heading, justify="right")
    groups = {"all": [ours.overall, *(other.overall for other in others.values())]}
    for kind in ours.by_kind:
        groups[kind] = [s.by_kind.get(kind, {}) for s in (ours, *others.values())]
    for group, columns in groups.items():
        for metric in _HEADLINES:
            if any(metric in column for column in columns):
                cells = [_interval(metric, column.get(metric)) for column in columns]
                table.add_row(group, metric, *cells)
        table.add_section()
    return table


def show_gates(out: Console, judgements: Sequence[Judgement]) -> None:
    """Print which gates were passed."""
    for judgement in judgements:
        out.print(f"{'passed' if judgement.passed else 'FAILED'} {judgement.sentence}")


def show_comparison(out: Console, comparison: Comparison) -> None:
    """Print which metrics differ, those that really do first."""
    table = Table("metric", "difference", "95 % interval", "n", "verdict")
    changes = sorted(comparison.changes, key=lambda change: not change.difference.is_real)
    for change in changes:
        found, show = change.difference, _shower(change.metric)
        interval = f"{show(found.low)} to {show(found.high)}"
        sign = "+" if found.value > 0 else ""
        row = (change.metric.name, sign + show(found.value), interval, str(found.n))
        table.add_row(*row, change.verdict)
    out.print(table)
    real = sum(change.difference.is_real for change in comparison.changes)
    out.print(
        f"{comparison.shared} questions in both, {comparison.unshared} in one alone. {real} of "
        f"{len(comparison.changes)} metrics really differ; at this level about 1 in 20 would seem "
        "to by chance."
    )
    for note in comparison.notes:
        out.print(f"Note: {note}")


def _overall(estimates: Estimates) -> Table:
    table = Table("metric")
    for heading in ("value", "95 % interval", "n"):
        table.add_column(heading, justify="right")
    family = ""
    for name, found in estimates.items():
        metric = METRICS[name]
        if name.startswith("document_"):
            continue
        if family and metric.family != family:
            table.add_section()
        family, show = metric.family, _shower(metric)
        interval = f"{show(found.low)} to {show(found.high)}"
        table.add_row(name, show(found.value), interval, str(found.n))
    return table


def _by_group(what: str, groups: Mapping[str, Estimates]) -> Table:
    names = [n for n in _GROUPED if any(n in found for found in groups.values())]
    table = Table()
    table.add_column(what, no_wrap=True)
    for name in names:
        table.add_column(name.replace("_", " "), justify="right")
    for group, found in groups.items():
        table.add_row(group, *(_plain(METRICS[name], found.get(name)) for name in names))
    return table


def _interval(name: str, found: Estimate | None) -> str:
    if found is None:
        return ""
    show = _shower(METRICS[name])
    return f"{show(found.value)} ({show(found.low)}, {show(found.high)})"


def _plain(metric: Metric, found: Estimate | None) -> str:
    return _shower(metric)(found.value) if found else ""


def _shower(metric: Metric) -> Callable[[float], str]:
    return _whole if metric.unit else _share


def _whole(value: float) -> str:
    return f"{value:,.0f}"


def _share(value: float) -> str:
    return f"{value:.3f}"
