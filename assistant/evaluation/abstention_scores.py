"""Whether a system said that the documents do not tell, and whether it should have.

Knows labels; nothing of texts. Pure functions.
"""

from assistant.evaluation.types import Score


def abstention_scores(
    answerable: bool, abstained: bool, gold_shown: bool | None
) -> dict[str, Score]:
    """Score one decision; the positive class is "should abstain".

    `gold_shown` says whether the gold was among the passages shown, None where there is no gold.
    Precision and F1 are ratios of sums over the rows; F1 is halved above and below, so that its
    denominator does not pass the number of rows. "balanced_accuracy" pairs the decision's
    rightness with the row's class.
    """
    right = abstained != answerable
    hit, false_alarm = (not answerable) and abstained, answerable and abstained
    miss = not answerable and not abstained
    scores: dict[str, Score] = {
        "abstention_precision": (float(hit), float(abstained)),
        "abstention_f1": (float(hit), hit + (false_alarm + miss) / 2),
        "balanced_accuracy": (float(right), float(answerable)),
    }
    if not answerable:
        scores["abstention_recall"] = float(abstained)
    else:
        scores["false_abstention"] = float(abstained)
        if gold_shown is not None:
            which = "with_gold" if gold_shown else "without_gold"
            scores[f"false_abstention_{which}"] = float(abstained)
    return scores
