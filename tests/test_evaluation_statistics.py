"""Figures over rows, and how sure they are."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.evaluation.statistics import Statistic, difference, estimate
from assistant.evaluation.types import Estimate

RATIO, BALANCED = Statistic.RATIO, Statistic.BALANCED
SCORES = st.lists(st.floats(0, 1), min_size=1, max_size=40)


def coins(count, share, seed=0):
    return (np.random.default_rng(seed).random(count) < share).astype(float).tolist()


@settings(deadline=None)
@given(SCORES)
def test_plain_scores_have_their_mean_within_its_interval(scores):
    found = estimate(scores, RATIO)
    assert found.value == pytest.approx(np.mean(scores))
    assert found.n == len(scores)
    assert min(scores) - 1e-9 <= found.low <= found.value + 1e-9
    assert found.value - 1e-9 <= found.high <= max(scores) + 1e-9


def test_pairs_are_summed_before_they_are_divided():
    found = estimate([(1.0, 1.0), (0.0, 3.0), None, (2.0, 4.0)], RATIO)
    assert (found.value, found.n) == (3 / 8, 8)


def test_percentiles_are_those_of_the_rows():
    times = [float(number) for number in range(1, 102)]
    assert estimate(times, Statistic.P50).value == 51
    assert estimate(times, Statistic.P95).value == 96
    found = estimate([*times, None], Statistic.P95)
    assert found.low < 96 < found.high
    assert found.n == 101


def test_balanced_is_the_mean_over_two_classes_however_many_rows_each_has():
    rows = [(1.0, 1.0)] * 9 + [(0.0, 1.0)] + [(1.0, 0.0), (0.0, 0.0)]
    found = estimate(rows, BALANCED)
    assert found.value == pytest.approx((0.9 + 0.5) / 2)
    assert found.n == 12
    assert found.low < found.value < found.high


@pytest.mark.parametrize(
    ("scores", "statistic"),
    [
        ([], RATIO),
        ([None, None], RATIO),
        ([None], Statistic.P50),
        ([(0.0, 0.0), (0.0, 0.0)], RATIO),
        ([(1.0, 1.0), (0.0, 1.0)], BALANCED),
        ([(1.0, 0.0)], BALANCED),
    ],
)
def test_what_has_no_figure_has_no_estimate(scores, statistic):
    assert estimate(scores, statistic) is None
    assert difference(scores, scores, statistic) is None


def test_rows_without_a_score_are_left_out():
    assert estimate([1.0, None, 0.0, None], RATIO) == estimate([1.0, 0.0], RATIO)


def test_the_same_rows_always_give_the_same_interval():
    scores = coins(50, 0.7)
    assert estimate(scores, RATIO) == estimate(list(scores), RATIO)
    assert difference(scores, coins(50, 0.4, 1), RATIO) == difference(
        scores, coins(50, 0.4, 1), RATIO
    )


def test_one_row_has_an_interval_of_no_width():
    assert estimate([0.25], RATIO) == Estimate(0.25, 0.25, 0.25, 1)


def test_more_rows_make_a_narrower_interval():
    # Four times the rows, half the width.
    widths = []
    for count in (100, 400, 1600):
        found = estimate([0.0, 1.0] * (count // 2), RATIO)
        widths.append(found.high - found.low)
    assert widths[0] / widths[1] == pytest.approx(2, rel=0.15)
    assert widths[1] / widths[2] == pytest.approx(2, rel=0.15)
    assert widths[0] == pytest.approx(2 * 1.96 * 0.5 / 10, rel=0.1)


def test_the_interval_holds_the_truth_about_95_times_in_100():
    trials, share, held = 300, 0.6, 0
    for seed in range(trials):
        found = estimate(coins(80, share, seed), RATIO)
        held += found.low <= share <= found.high
    assert 0.90 <= held / trials <= 0.98


def test_pairs_that_rarely_count_still_have_an_interval():
    found = estimate([(0.0, 0.0)] * 30 + [(1.0, 1.0)], RATIO)
    assert (found.value, found.low, found.high) == (1, 1, 1)


@settings(deadline=None, max_examples=30)
@given(SCORES, st.sampled_from([Statistic.RATIO, Statistic.P50, Statistic.P95]))
def test_identical_rows_do_not_differ_at_all(scores, statistic):
    found = difference(scores, scores, statistic)
    assert (found.value, found.low, found.high, found.n) == (0, 0, 0, len(scores))
    assert not found.is_real


@pytest.mark.parametrize("shift", [0.1, -0.1])
def test_a_constant_shift_is_real_however_much_the_rows_vary(shift):
    scores = np.random.default_rng(3).random(30)
    found = difference(list(scores), list(scores + shift), RATIO)
    assert found.is_real
    assert (found.value, found.low, found.high) == pytest.approx((shift, shift, shift))


def test_the_difference_is_theirs_less_ours_over_rows_that_both_have():
    found = difference([0.0, 0.5, None, 1.0], [1.0, 0.5, 1.0, None], RATIO)
    assert (found.value, found.n) == (0.5, 2)


def test_chance_is_not_a_difference():
    ours, theirs = coins(100, 0.5, 1), coins(100, 0.5, 2)
    found = difference(ours, theirs, RATIO)
    assert found.low < 0 < found.high
    assert not found.is_real


def test_pairing_sees_what_two_intervals_do_not():
    ours = coins(200, 0.5)
    theirs = [1.0 if number < 20 else score for number, score in enumerate(ours)]
    apart = [estimate(scores, RATIO) for scores in (ours, theirs)]
    assert apart[0].high > apart[1].low
    assert difference(ours, theirs, RATIO).is_real


def test_differences_of_ratios_and_of_two_classes():
    ours, theirs = [(1.0, 2.0), (1.0, 2.0)], [(2.0, 2.0), (3.0, 4.0)]
    assert difference(ours, theirs, RATIO).value == pytest.approx(5 / 6 - 1 / 2)
    ours, theirs = [(1.0, 1.0), (0.0, 0.0)], [(1.0, 1.0), (1.0, 0.0)]
    assert difference(ours, theirs, BALANCED).value == pytest.approx(0.5)


def test_rows_that_do_not_pair_are_a_mistake():
    with pytest.raises(ValueError, match="zip"):
        difference([1.0], [1.0, 0.0], RATIO)
