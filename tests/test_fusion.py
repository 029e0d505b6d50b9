"""What each part of a score may and may not do."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.fusion import FusionWeights, fuse, key_score, language_offsets
from index.generation import LanguageTotal

WEIGHTS = FusionWeights()
SHARES = st.floats(0, 1)
COSINES = st.floats(-1, 1)
SEEDS = st.integers(0, 10_000)


def units(count, seed, dimension=8):
    rows = np.random.default_rng(seed).normal(size=(count, dimension))
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def total(rows, slot=0):
    return LanguageTotal(slot, len(rows), rows.sum(axis=0))


def mean(offsets, groups):
    count = sum(group.passages for group in groups.values())
    return sum(offsets[name] * group.passages for name, group in groups.items()) / count


def test_a_parallel_mean_is_the_offset_whatever_the_corpus_is_about():
    query, means = units(1, 0)[0], {"nl": units(1, 5)[0], "en": units(1, 6)[0]}
    for seed in (1, 2):
        groups = {"nl": total(units(9, seed)), "en": total(units(4, seed + 10), 1)}
        offsets = language_offsets(query, groups, means, WEIGHTS)
        assert offsets == {name: pytest.approx(query @ means[name]) for name in groups}


def test_a_language_without_parallel_texts_takes_its_own_mean_less_the_corpus_subject():
    query, dutch = units(1, 0)[0], units(1, 5)[0]
    # All passages are more like the question than their language as such: that is the subject.
    groups = {"nl": total(np.tile(dutch + 0.1 * query, (30, 1)))}
    groups["xx"] = total(np.tile(units(1, 6)[0] + 0.1 * query, (30, 1)), 1)
    offsets = language_offsets(query, groups, {"nl": dutch}, FusionWeights(shrinkage=0))
    assert offsets["xx"] == pytest.approx(query @ units(1, 6)[0])


def test_a_mean_of_a_language_that_the_corpus_lacks_changes_nothing():
    query, groups = units(1, 0)[0], {"nl": total(units(9, 1)), "en": total(units(4, 2), 1)}
    with_mean = language_offsets(query, groups, {"fr": units(1, 3)[0]}, WEIGHTS)
    assert with_mean == language_offsets(query, groups, {}, WEIGHTS)


@given(SEEDS, st.integers(1, 30), st.integers(1, 30))
def test_without_parallel_texts_offsets_lie_around_the_mean_of_all(seed, dutch, english):
    groups = {"nl": total(units(dutch, seed)), "en": total(units(english, seed + 1), 1)}
    query = units(1, seed + 2)[0]
    offsets = language_offsets(query, groups, {}, FusionWeights(shrinkage=0))
    everything = (groups["nl"].total + groups["en"].total) / (dutch + english)
    assert mean(offsets, groups) == pytest.approx(query @ everything, abs=1e-6)


@given(SEEDS, st.integers(1, 40), st.floats(0.1, 100))
def test_shrinkage_only_brings_offsets_together(seed, count, shrinkage):
    query = units(1, seed)[0]
    groups = {"nl": total(units(40, seed + 1)), "en": total(units(count, seed + 2), 1)}
    full = language_offsets(query, groups, {}, FusionWeights(shrinkage=0))
    shrunk = language_offsets(query, groups, {}, FusionWeights(shrinkage=shrinkage))
    middle = mean(full, groups)
    for name, group in groups.items():
        share = group.passages / (group.passages + shrinkage)
        assert shrunk[name] - middle == pytest.approx((full[name] - middle) * share, abs=1e-9)


def test_a_language_whose_passages_were_all_removed_changes_nothing():
    query, rows = units(1, 0)[0], units(9, 1)
    # What is left after additions and removals is not exactly zero.
    empty = LanguageTotal(1, 0, np.full(8, 1e-9))
    groups = {"nl": total(rows), "en": total(units(4, 2), 2)}
    assert language_offsets(query, {**groups, "de": empty}, {}, WEIGHTS) == language_offsets(
        query, groups, {}, WEIGHTS
    )


@given(COSINES, st.floats(-0.2, 0.2), COSINES, SHARES, SHARES)
def test_more_coverage_never_lowers_a_score(similarity, offset, best, one, other):
    low, high = sorted((one, other))
    assert fuse(similarity, offset, best, low, WEIGHTS) <= fuse(
        similarity, offset, best, high, WEIGHTS
    )


@given(COSINES, SHARES)
def test_coverage_adds_its_square(similarity, coverage):
    gained = fuse(similarity, 0, similarity, coverage, WEIGHTS) - similarity
    assert gained == pytest.approx(WEIGHTS.coverage * coverage**2)


def test_a_small_share_of_shared_terms_is_next_to_nothing():
    assert fuse(0.8, 0, 0.8, 0.1, WEIGHTS) - 0.8 < 0.01 * WEIGHTS.coverage + 1e-9


@given(COSINES, COSINES, SHARES)
def test_a_sentence_worse_than_its_passage_costs_nothing(similarity, best, coverage):
    score, alone = (fuse(similarity, 0, b, coverage, WEIGHTS) for b in (best, similarity))
    assert score - alone == pytest.approx(WEIGHTS.sentence * max(0, best - similarity))


@given(COSINES, COSINES, st.floats(-0.2, 0.2))
def test_within_one_language_an_offset_changes_no_order(one, other, offset):
    with_offset = fuse(one, offset, one, 0, WEIGHTS) - fuse(other, offset, other, 0, WEIGHTS)
    assert with_offset == pytest.approx(one - other)


@given(COSINES, SHARES, st.text(max_size=80))
def test_every_sentence_has_a_finite_key_score(similarity, coverage, sentence):
    score = key_score(similarity, coverage, sentence, WEIGHTS)
    assert math.isfinite(score)
    assert score >= key_score(similarity, 0, sentence, WEIGHTS)


def test_of_sentences_as_alike_the_longer_and_the_closed_one_is_the_key():
    long, short, heading = "Het loket sluit om vijf uur.", "Om vijf uur.", "Het loket sluit om vijf"
    scores = [key_score(0.9, 0.2, sentence, WEIGHTS) for sentence in (long, short, heading)]
    assert scores[0] > scores[1] > scores[2]
