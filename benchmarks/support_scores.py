"""What calling claims borne out is worth: against people's scores, by kind, by language.

Knows claims, their figures and probabilities; nothing of files, embedders or how they are fitted.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from benchmarks.support_sets import Case

Floats = npt.NDArray[np.float64]
Marks = npt.NDArray[np.bool_]
FAITHFUL = 2 / 3 - 1e-9
"""A mean score of 3 on the raters' scale of 1 to 4."""

LEAST_PRECISION = 0.8
MOST_LOST = 0.05
BORDERS = tuple(round(0.05 * step, 2) for step in range(2, 19))
DRAWS = 2000


@dataclass(frozen=True, slots=True)
class Measured:
    """Claims with their figures, shape (claims, names), labels and weights, shape (claims,)."""

    cases: list[Case]
    figures: Floats
    labels: Floats
    weights: Floats

    def only(self, wanted: Marks) -> "Measured":
        """Keep some of the claims, without weighing them anew."""
        cases = [case for case, keep in zip(self.cases, wanted, strict=True) if keep]
        return Measured(cases, self.figures[wanted], self.labels[wanted], self.weights[wanted])


def balanced(cases: Sequence[Case]) -> Floats:
    """Weigh claims: each side half, each of its kinds the same, each judged answer the same."""

    def kind(case: Case) -> str:
        form = "" if case.kind == "judged" else case.item.split()[0]
        return f"{case.borne_out >= FAITHFUL} {case.kind} {form}"

    items = Counter((kind(case), case.item) for case in cases)
    answers = Counter(key for key, _ in items)
    kinds = Counter(key.split()[0] for key in answers)
    return np.array(
        [
            0.5 / (kinds[key.split()[0]] * answers[key] * items[key, case.item])
            for case, key in ((case, kind(case)) for case in cases)
        ]
    )


def balanced_accuracy(measured: Measured, chances: Floats) -> float:
    """Give the mean of the shares rightly called of both sides, at 0.5."""
    weights = balanced(measured.cases)
    right = (chances >= 0.5) == (measured.labels >= FAITHFUL)
    return float((weights * right).sum() / weights.sum())


def by_pair(measured: Measured, chances: Floats) -> dict[str, dict[str, float]]:
    """Give the balanced accuracy by language of the claim and by language of the source."""
    places: dict[tuple[str, str], list[int]] = defaultdict(list)
    for place, case in enumerate(measured.cases):
        places[case.language, case.sources[0].language].append(place)
    found: dict[str, dict[str, float]] = defaultdict(dict)
    for (language, source), chosen in sorted(places.items()):
        wanted = np.isin(np.arange(len(chances)), chosen)
        score = balanced_accuracy(measured.only(wanted), chances[wanted])
        found[language][source] = round(score, 3)
    return dict(found)


def worth(measured: Measured, chances: Floats, border: float) -> dict[str, float]:
    """Give precision and recall of calling claims borne out from a border up, and not below."""
    weights, stated, called = measured.weights, measured.labels >= FAITHFUL, chances >= border

    def share(of: Marks, among: Marks) -> float:
        return round(float(weights[of & among].sum() / max(1e-12, weights[among].sum())), 3)

    return {
        "supported_precision": share(stated, called),
        "supported_recall": share(called, stated),
        "unsupported_precision": share(~stated, ~called),
        "unsupported_recall": share(~called, ~stated),
    }


def borders(sets: Sequence[tuple[Measured, Floats]]) -> tuple[float, float]:
    """Choose the least border of `supported` and the greatest of `unsupported`.

    The former is right LEAST_PRECISION of the time in every set, the latter loses MOST_LOST of
    what is borne out at most.
    """
    tables = {border: [worth(*pair, border) for pair in sets] for border in BORDERS}
    supported = [
        border
        for border, rows in tables.items()
        if min(row["supported_precision"] for row in rows) >= LEAST_PRECISION
    ]
    unsupported = [
        border
        for border, rows in tables.items()
        if min(row["supported_recall"] for row in rows) >= 1 - MOST_LOST
    ]
    return min(supported), max(unsupported)


def ranks(values: Floats) -> Floats:
    """Rank values; equal ones share the mean of their ranks."""
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(counts) - (counts - 1) / 2)[places], dtype=np.float64)


def answer_scores(measured: Measured, chances: Floats) -> tuple[Floats, Floats, list[str]]:
    """Average by answer: probabilities, human means (0 to 1), and the conversation of each."""
    rows: dict[str, list[float]] = defaultdict(list)
    cases = {case.item: case for case in measured.cases}
    for case, chance in zip(measured.cases, chances, strict=True):
        rows[case.item].append(chance)
    means = np.array([np.mean(rows[item]) for item in cases])
    return means, np.array([c.borne_out for c in cases.values()]), [c.group for c in cases.values()]


def human_figures(means: Floats, human: Floats, border: float) -> list[float]:
    """Spearman; balanced accuracy, precision and recall of "unfaithful" below a border."""
    bad, called = human < FAITHFUL, means < border
    return [
        float(np.corrcoef(ranks(means), ranks(human))[0, 1]),
        float((called[bad].mean() + (~called[~bad]).mean()) / 2),
        float(bad[called].mean()) if called.any() else float("nan"),
        float(called[bad].mean()),
    ]


def report_human(measured: Measured, chances: Floats, border: float) -> None:
    """Print the figures against human scores, with intervals from drawing conversations."""
    means, human, groups = answer_scores(measured, chances)
    points = human_figures(means, human, border)
    places = {name: np.flatnonzero(np.array(groups) == name) for name in sorted(set(groups))}
    chance, rows = np.random.default_rng(0), []
    for _ in range(DRAWS):
        drawn = np.concatenate([places[n] for n in chance.choice(sorted(places), len(places))])
        if 0 < (human[drawn] < FAITHFUL).sum() < len(drawn):
            rows.append(human_figures(means[drawn], human[drawn], border))
    low, high = np.nanquantile(np.array(rows), (0.025, 0.975), axis=0)
    labels = ("Spearman", "balanced accuracy", "precision", "recall")
    cells = [
        f"{label} {point:.3f} ({a:.3f} to {b:.3f})"
        for label, point, a, b in zip(labels, points, low, high, strict=True)
    ]
    print(f"judged answers n={len(means)}, unfaithful below {border}: " + "; ".join(cells))


def report_kinds(name: str, measured: Measured, chances: Floats) -> None:
    """Print the share of each kind of claim that is called borne out at 0.5."""
    called: dict[str, list[bool]] = defaultdict(list)
    for case, chance in zip(measured.cases, chances, strict=True):
        called[f"{case.kind} {case.item.split()[0]}"].append(bool(chance >= 0.5))
    shares = ", ".join(f"{kind} {np.mean(rows):.3f}" for kind, rows in sorted(called.items()))
    accuracy = balanced_accuracy(measured, chances)
    print(f"{name} n={len(chances)}, balanced accuracy {accuracy:.3f}; borne out: {shares}")


def report_new_languages(name: str, measured: Measured, chances: Floats) -> None:
    """Print the spread over languages when a claim's, or its source's, was not fitted on."""
    scores = [score for row in by_pair(measured, chances).values() for score in row.values()]
    low, middle, high = np.quantile(scores, (0, 0.5, 1))
    print(f"{name} language, not fitted on: {low:.3f} to {high:.3f}, median {middle:.3f}")
