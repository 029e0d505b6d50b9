"""Gates: bounds that metrics must keep, for continuous integration.

Knows their notation and whether they hold; nothing of how metrics come about.

A gate is `recall@5=0.9`, or `cross-language:recall@5=0.9` for one kind or language. It is a lower
bound, or an upper one where less is better. A TOML file has the same in tables: the names of
metrics below `[overall]`, or below the name of a kind or language.
"""

import difflib
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.errors import BadQuestionSet
from assistant.evaluation.metrics import METRICS
from assistant.evaluation.types import Estimate, Summary

_OVERALL = "overall"
_ROUNDING = 1e-9
"""A mean of thirds that is 0.9 on paper may be a little less in floating point."""


@dataclass(frozen=True, slots=True)
class Gate:
    """A bound on a metric over all rows, or those of one kind or language (`group`)."""

    metric: str
    bound: float
    group: str = _OVERALL

    @property
    def name(self) -> str:
        """Write the gate's metric as it was given."""
        return self.metric if self.group == _OVERALL else f"{self.group}:{self.metric}"


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether a gate was passed, and the figure; None where no row has the metric."""

    gate: Gate
    estimate: Estimate | None

    @property
    def passed(self) -> bool:
        """Say whether the figure keeps the bound; one that was not measured does not."""
        if self.estimate is None:
            return False
        if METRICS[self.gate.metric].lower_is_better:
            return self.estimate.value <= self.gate.bound + _ROUNDING
        return self.estimate.value >= self.gate.bound - _ROUNDING

    @property
    def sentence(self) -> str:
        """Say in one line what was asked and what was found."""
        sign = "<=" if METRICS[self.gate.metric].lower_is_better else ">="
        asked = f"{self.gate.name} {sign} {self.gate.bound:g}"
        if self.estimate is None:
            return f"{asked}: not measured, no question has it"
        found = self.estimate
        return f"{asked}: {found.value:.4g} ({found.low:.4g} to {found.high:.4g}, n={found.n})"


def read_gates(given: Sequence[str]) -> list[Gate]:
    """Read gates as written, or from files that end in .toml. Raises BadQuestionSet."""
    gates: list[Gate] = []
    for text in given:
        gates += _from_file(Path(text)) if text.endswith(".toml") else [_from_text(text)]
    return gates


def judge(gates: Sequence[Gate], summary: Summary) -> list[Judgement]:
    """Hold gates against the figures. Raises BadQuestionSet for a group that is not there."""
    return [Judgement(gate, _group(gate, summary).get(gate.metric)) for gate in gates]


def _group(gate: Gate, summary: Summary) -> dict[str, Estimate]:
    groups = {**summary.by_language, **summary.by_kind, _OVERALL: summary.overall}
    if gate.group not in groups:
        known = ", ".join(sorted(groups))
        raise BadQuestionSet(
            f"The gate {gate.name}: there is no kind or language {gate.group!r} among the "
            f"questions; there are: {known}."
        )
    return dict(groups[gate.group])


def _from_text(text: str) -> Gate:
    name, separator, bound = text.rpartition("=")
    group, _, metric = name.rpartition(":")
    if not separator:
        raise BadQuestionSet(f"The gate {text!r} has no bound. Write it like recall@5=0.9.")
    return _checked(metric.strip(), bound.strip(), group.strip() or _OVERALL, f"gate {text!r}")


def _from_file(path: Path) -> list[Gate]:
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadQuestionSet(f"The gates {path} cannot be read: {error.strerror}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadQuestionSet(f"The gates {path} are not valid TOML: {error}.") from None
    gates = []
    for group, table in tables.items():
        if not isinstance(table, dict):
            raise BadQuestionSet(
                f"{path}: {group!r} stands in no table. Put it below [overall], or below the name "
                "of a kind or language."
            )
        for metric, bound in table.items():
            gates.append(_checked(metric, bound, group, f"{path}, [{group}]"))
    if not gates:
        raise BadQuestionSet(
            f"The gates {path} are empty. Write '\"recall@5\" = 0.9' below [overall]."
        )
    return gates


def _checked(metric: str, bound: object, group: str, where: str) -> Gate:
    if metric not in METRICS:
        near = difflib.get_close_matches(metric, METRICS, n=1, cutoff=0.5)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise BadQuestionSet(f"The {where}: there is no metric {metric!r}.{hint}")
    try:
        number = float(str(bound))
    except ValueError:
        raise BadQuestionSet(f"The {where}: the bound {bound!r} is not a number.") from None
    if number != number:
        raise BadQuestionSet(f"The {where}: the bound {bound!r} is not a number.")
    return Gate(metric, number, group)
