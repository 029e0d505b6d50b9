"""Means, ratios and percentiles over rows, with bootstrap intervals (Efron 1979).

Knows arrays; nothing of what they measure. Pure functions; the seed is fixed, so that the same
rows always give the same interval.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from assistant.evaluation.types import Estimate, Score

Floats = npt.NDArray[np.float64]

_SEED = 20_251_101
_RESAMPLES = 1000
_PAIRED_RESAMPLES = 2000
_BOUNDS = (2.5, 97.5)
_FEWEST = 10
"""Rows below which no difference is called real: so few can all agree by chance."""


class Statistic(StrEnum):
    """How the scores of many rows become one figure.

    RATIO: sum of numerators by sum of denominators, which is the mean for plain scores. P50, P95:
    percentiles. BALANCED: the mean over two classes of each one's mean, for pairs (score, class).
    """

    RATIO = "ratio"
    P50 = "p50"
    P95 = "p95"
    BALANCED = "balanced"


@dataclass(frozen=True, slots=True)
class Difference:
    """By how much the second of two runs differs, with a 95 % interval over the `n` shared rows."""

    value: float
    low: float
    high: float
    n: int

    @property
    def is_real(self) -> bool:
        """Say whether the interval leaves out 0, and stands on enough rows to mean anything."""
        return self.n >= _FEWEST and (self.low > 0 or self.high < 0)


def estimate(scores: Sequence[Score], statistic: Statistic) -> Estimate | None:
    """Sum up the rows that have a score; None where that gives no figure."""
    rows = _rows(scores)
    if len(rows) == 0:
        return None
    value = _figure(rows[None], statistic)[0]
    if not np.isfinite(value):
        return None
    resampled = _figure(rows[_draws(len(rows), _RESAMPLES)], statistic)
    low, high = _interval(resampled)
    return Estimate(float(value), low, high, _counted(rows, statistic))


def difference(
    ours: Sequence[Score], theirs: Sequence[Score], statistic: Statistic
) -> Difference | None:
    """Compare the same rows under two systems: theirs less ours, by paired bootstrap."""
    both = [
        (one, other)
        for one, other in zip(ours, theirs, strict=True)
        if one is not None and other is not None
    ]
    left, right = (_rows([pair[side] for pair in both]) for side in (0, 1))
    if len(left) == 0:
        return None
    value = _figure(right[None], statistic)[0] - _figure(left[None], statistic)[0]
    if not np.isfinite(value):
        return None
    draws = _draws(len(left), _PAIRED_RESAMPLES)
    low, high = _interval(_figure(right[draws], statistic) - _figure(left[draws], statistic))
    return Difference(float(value), low, high, len(left))


def _rows(scores: Sequence[Score]) -> Floats:
    """Shape (rows, 2): numerator and denominator; rows without a score are left out."""
    pairs = [s if isinstance(s, tuple) else (s, 1.0) for s in scores if s is not None]
    return np.array(pairs, dtype=np.float64).reshape(-1, 2)


def _draws(rows: int, resamples: int) -> npt.NDArray[np.int64]:
    return np.random.default_rng(_SEED).integers(rows, size=(resamples, rows))


def _figure(samples: Floats, statistic: Statistic) -> Floats:
    """Reduce samples, shape (samples, rows, 2), to one figure each; NaN where there is none."""
    first, second = samples[..., 0], samples[..., 1]
    if statistic is Statistic.RATIO:
        return _divided(first.sum(axis=1), second.sum(axis=1))
    if statistic is Statistic.BALANCED:
        of_one = _divided((first * second).sum(axis=1), second.sum(axis=1))
        of_other = _divided((first * (1 - second)).sum(axis=1), (1 - second).sum(axis=1))
        return (of_one + of_other) / 2
    share = {Statistic.P50: 50, Statistic.P95: 95}[statistic]
    figures: Floats = np.percentile(first, share, axis=1)
    return figures


def _divided(one: Floats, other: Floats) -> Floats:
    return np.divide(one, other, out=np.full_like(one, np.nan), where=other != 0)


def _interval(figures: Floats) -> tuple[float, float]:
    low, high = np.nanpercentile(figures, _BOUNDS)
    return float(low), float(high)


def _counted(rows: Floats, statistic: Statistic) -> int:
    """Count what the figure stands on: for a ratio of sums, its denominator."""
    return round(rows[:, 1].sum()) if statistic is Statistic.RATIO else len(rows)
