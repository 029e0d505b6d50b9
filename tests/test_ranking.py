"""Scores on an absolute scale, and one look-up that ranks by likeness above a language's mean."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from index.compression import pack, pack_rows, unpack, unpack_rows
from index.fusion import FusionWeights, fuse, key_score, language_offsets
from index.generation import LanguageTotal
from index.vectors import LANGUAGE_SLOTS, VectorRecord, VectorStore, open_client

WEIGHTS = FusionWeights()


def units(count, dimension, seed):
    rows = np.random.default_rng(seed).normal(size=(count, dimension)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def totals(**groups):
    return {
        name: LanguageTotal(slot, len(rows), rows.sum(axis=0).astype(np.float64))
        for slot, (name, rows) in enumerate(groups.items())
    }


def test_small_groups_shrink_to_the_mean_of_all():
    rows, query = units(50, 8, 1), units(1, 8, 2)[0]
    groups = totals(en=rows, nl=np.stack([query]))
    spread = {}
    for shrinkage in (0, 10):
        offsets = language_offsets(query, groups, {}, FusionWeights(shrinkage=shrinkage))
        spread[shrinkage] = offsets["nl"] - offsets["en"]
    assert 0 < spread[10] < spread[0] / 5


def test_an_empty_group_counts_for_nothing():
    groups = totals(nl=units(9, 8, 1), de=np.zeros((0, 8)))
    assert set(language_offsets(units(1, 8, 0)[0], groups, {}, WEIGHTS)) == {"nl"}
    assert language_offsets(units(1, 8, 0)[0], {}, {}, WEIGHTS) == {}


@given(st.floats(0, 1), st.floats(-0.1, 0.1), st.floats(0, 1), st.floats(0, 1))
def test_nothing_but_a_language_takes_from_a_score(similarity, offset, best, coverage):
    score = fuse(similarity, offset, best, coverage, WEIGHTS)
    assert score >= similarity - offset - 1e-9
    assert fuse(similarity, offset, best, 1.0, WEIGHTS) >= score


def test_a_heading_is_no_key_sentence_when_a_sentence_says_the_same():
    assert key_score(0.9, 0, "De kade wordt vernieuwd.", WEIGHTS) > key_score(
        0.9, 0, "Vernieuwing van de kade", WEIGHTS
    )


@settings(deadline=None, max_examples=8)
@given(seed=st.integers(0, 10_000), languages=st.integers(1, 6))
def test_the_look_up_ranks_as_the_formula_says(seed, languages, tmp_path_factory):
    rng = np.random.default_rng(seed)
    rows, query = units(120, 16, seed), units(1, 16, seed + 1)[0]
    slots = rng.integers(0, languages, size=len(rows))
    offsets = {slot: float(rng.normal(scale=0.05)) for slot in range(languages)}
    client = open_client(tmp_path_factory.mktemp("chroma"), "")
    try:
        store = VectorStore(client, "test-vectors", 16, "here")
        store.add(
            [
                VectorRecord(n, 1, str(slot), int(slot), row)
                for n, (row, slot) in enumerate(zip(rows, slots, strict=True))
            ]
        )
        wanted = rows @ query - np.array([offsets[slot] for slot in slots])
        best = list(np.argsort(-wanted)[:10])
        assert store.search(query, offsets, 10) == best
    finally:
        client.close()


def test_languages_beyond_the_slots_share_the_last(tmp_path):
    client = open_client(tmp_path, "")
    store = VectorStore(client, "test-vectors", 8, "here")
    row = units(1, 8, 0)[0]
    store.add([VectorRecord(1, 1, "xx", LANGUAGE_SLOTS + 5, row)])
    assert store.search(row, {LANGUAGE_SLOTS + 9: 0.1}, 1) == [1]
    store.remove([1, 2])
    assert store.ids() == set()
    client.close()


def test_vectors_survive_compression():
    rows = units(20, 384, 3)
    assert np.allclose(unpack(pack(rows[0])) @ rows[0], 1, atol=1e-3)
    unpacked = unpack_rows(pack_rows(rows), 384)
    assert np.all(np.sum(unpacked * rows, axis=1) > 0.999)
