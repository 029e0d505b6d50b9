"""The Chroma collection, embedded and on a real server: what is written is found, in order."""

import signal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.errors import StoreUnavailable
from index.vectors import VectorRecord, VectorStore, open_client
from tests.fakes import running_chroma

# Chroma's HTTP client leaves its sockets to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

DIMENSION = 16


@pytest.fixture(scope="module", params=["embedded", "server"])
def client(request, tmp_path_factory):
    url = request.getfixturevalue("server_url") if request.param == "server" else ""
    client = open_client(tmp_path_factory.mktemp("chroma"), url)
    yield client
    client.close()


@pytest.fixture
def store(client):
    """An empty collection."""
    store = VectorStore(client, "test-vectors", DIMENSION, "here")
    yield store
    store.drop(store.name)


def units(count, seed):
    rows = np.random.default_rng(seed).normal(size=(count, DIMENSION)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def records(rows, slots=None, first=1):
    slots = [0] * len(rows) if slots is None else slots
    return [
        VectorRecord(first + n, 7, f"l{slot}", int(slot), row)
        for n, (row, slot) in enumerate(zip(rows, slots, strict=True))
    ]


def test_an_empty_collection_finds_nothing(store):
    assert store.ids() == set()
    assert store.search(units(1, 0)[0], {}, 5) == []


def test_each_vector_finds_itself_first(store):
    rows = units(40, 1)
    store.add(records(rows))
    assert store.ids() == set(range(1, 41))
    assert [store.search(row, {}, 1)[0] for row in rows] == list(range(1, 41))


def test_more_than_one_batch_is_written_and_removed(store):
    store.add(records(units(650, 2)))
    assert len(store.ids()) == 650
    store.remove(list(range(1, 650)))
    assert store.ids() == {650}


def test_a_vector_takes_the_place_of_one_of_the_same_number(store):
    old, new = units(2, 3)
    store.add(records([old, *units(5, 4)]))
    store.add([VectorRecord(1, 8, "l0", 0, new)])
    assert len(store.ids()) == 6
    assert store.search(new, {}, 1) == [1]


def test_what_is_removed_is_not_found_and_unknown_numbers_are_no_error(store):
    rows = units(5, 5)
    store.add(records(rows))
    store.remove([1, 999])
    assert 1 not in store.search(rows[0], {}, 5)
    assert store.ids() == {2, 3, 4, 5}


def test_an_offset_takes_a_language_down(store):
    query = units(1, 6)[0]
    other = query + 0.3 * units(1, 7)[0]
    other /= np.linalg.norm(other)
    gap = 1 - float(query @ other)
    store.add(records([query, other], slots=[0, 1]))
    assert store.search(query, {0: gap - 0.01, 1: 0.0}, 2) == [1, 2]
    assert store.search(query, {0: gap + 0.01, 1: 0.0}, 2) == [2, 1]


@settings(deadline=None, max_examples=6)
@given(seed=st.integers(0, 10_000), languages=st.integers(1, 6))
def test_the_order_is_that_of_similarity_less_offset(client, seed, languages):
    rng = np.random.default_rng(seed)
    rows, query = units(100, seed), units(1, seed + 1)[0]
    slots = rng.integers(0, languages, size=len(rows))
    offsets = {slot: float(rng.normal(scale=0.1)) for slot in range(languages)}
    store = VectorStore(client, f"test-order-{seed}-{languages}", DIMENSION, "here")
    try:
        store.add(records(rows, slots))
        wanted = rows @ query - np.array([offsets[slot] for slot in slots])
        found = store.search(query, offsets, 10)
        assert [wanted[n - 1] for n in found] == pytest.approx(sorted(wanted)[:-11:-1], abs=1e-5)
    finally:
        store.drop(store.name)


def test_collections_of_one_client_do_not_meet(store, client):
    other = VectorStore(client, "test-other", DIMENSION, "here")
    other.add(records(units(3, 8), first=100))
    store.add(records(units(2, 9)))
    assert store.ids() == {1, 2}
    store.drop("test-other")
    store.drop("test-other")
    assert store.ids() == {1, 2}


def test_the_embedded_store_keeps_its_vectors(tmp_path):
    row = units(1, 10)[0]
    for _ in range(2):
        client = open_client(tmp_path, "")
        store = VectorStore(client, "test-vectors", DIMENSION, "here")
        store.add(records([row]))
        client.close()
    client = open_client(tmp_path, "")
    assert VectorStore(client, "test-vectors", DIMENSION, "here").search(row, {}, 3) == [1]
    client.close()


def test_a_server_that_hangs_is_not_waited_for(tmp_path):
    with running_chroma(tmp_path) as (url, server):
        client = open_client(tmp_path, url, seconds=2)
        store = VectorStore(client, "test-vectors", DIMENSION, url)
        store.add(records(units(1, 12)))
        server.send_signal(signal.SIGSTOP)
        for attempt in (store.ids, lambda: open_client(tmp_path, url, seconds=0.2)):
            with pytest.raises(StoreUnavailable, match=f"{url}.*timed out.*chroma_url"):
                attempt()
        server.send_signal(signal.SIGCONT)
        assert store.ids() == {1}
        client.close()


def test_a_server_that_dies_is_named_with_the_setting(tmp_path):
    with running_chroma(tmp_path) as (url, server):
        client = open_client(tmp_path, url)
        store = VectorStore(client, "test-vectors", DIMENSION, url)
        server.kill()
        server.wait()
        row = units(1, 11)[0]
        attempts = [
            lambda: store.add(records([row])),
            lambda: store.search(row, {}, 1),
            lambda: store.remove([1]),
            store.ids,
            lambda: store.drop("test-vectors"),
            lambda: open_client(tmp_path, url),
        ]
        for attempt in attempts:
            with pytest.raises(StoreUnavailable, match=f"{url}.*chroma_url"):
                attempt()
        client.close()
