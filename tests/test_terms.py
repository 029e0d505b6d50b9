"""The lexical index: grams, what a reader sees, and how much of a question a text holds."""

import resource

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from index.errors import StoreUnavailable
from index.terms import Coverage, TermIndex, grams


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("De kade", ["de", "kade"]),
        ("Ｋａｄｅ KADE", ["kade", "kade"]),
        ("ﬁets", ["fiet", "iets"]),
        ("小米在", ["小米", "米在"]),
        ("小", ["小"]),
        ("हिन्दी", ["हिन्", "िन्द", "न्दी"]),
        ("24-uurs", ["24", "uurs"]),
        ("!?…", []),
    ],
)
def test_grams(text, expected):
    assert grams(text) == expected


@pytest.fixture
def index(tmp_path):
    return TermIndex(tmp_path)


def write(index, *passages, remove=()):
    with index.writer() as writer:
        writer.remove(remove)
        writer.add(passages)
        writer.commit()


def test_passages_are_added_replaced_and_removed(index, tmp_path):
    write(index, (1, "olifant"), (2, "giraffe"))
    write(index, (2, "nijlpaard"), remove=[1])
    assert index.ids() == TermIndex(tmp_path).ids() == {2}
    assert index.search("nijlpaard", 5) == [2]
    assert index.search("giraffe olifant", 5) == []


def test_what_is_not_committed_is_not_seen(index):
    write(index, (1, "olifant"))
    with index.writer() as writer:
        writer.add([(2, "giraffe")])
        assert index.ids() == {1}
    assert index.ids() == {1}


def test_what_another_process_commits_is_seen_at_the_next_search(index, tmp_path):
    reader = TermIndex(tmp_path, read_only=True)
    for number in (1, 2, 3):
        with index.writer() as writer:
            writer.add([(number, f"The ferry number {number} leaves.")])
            writer.commit()
        assert reader.search("ferry", 9) != [] and reader.ids() == set(range(1, number + 1))


def test_the_rarer_term_counts_more(index):
    write(index, *((n, "park wandelen") for n in range(20)), (99, "olifant wandelen"))
    assert index.search("olifant park", 1) == [99]
    rarity = index.rarity("olifant park")
    assert rarity["olif"] > rarity["park"]


@pytest.mark.parametrize("question", ["", "!?", "x" * 10_000, '" AND (' * 50])
def test_any_question_can_be_asked(index, question):
    assert index.search(question, 5) == []
    write(index, (1, "olifant"))
    assert index.search(question, 5) in ([], [1])


@given(st.text(max_size=60), st.text(max_size=60))
def test_coverage_is_a_share(question, text):
    weights = dict.fromkeys(grams(question), 1.5)
    assert 0 <= Coverage(weights).of(text) <= 1 + 1e-9
    assert Coverage(weights).of(f"{text} {question}") == (pytest.approx(1) if weights else 0)


_SCRIPTS = st.text("aekßDÉ1_- .,ー小米カไทाิंनﬁ", max_size=24)


@given(_SCRIPTS, _SCRIPTS)
@example("カー", "aーカ")
@example("de", "kade de")
@example("小", "小米")
def test_coverage_is_what_comparing_grams_would_tell(question, text):
    weights = {gram: 1.0 + n for n, gram in enumerate(dict.fromkeys(grams(question)))}
    held = sum(weight for gram, weight in weights.items() if gram in set(grams(text)))
    expected = held / sum(weights.values()) if weights else 0
    assert Coverage(weights).of(text) == pytest.approx(expected)


def test_a_write_that_fails_leaves_no_trace_and_no_lock(index):
    write(index, (1, "olifant"))
    with pytest.raises(RuntimeError), index.writer() as writer:
        writer.add([(2, "giraffe")])
        writer.remove([1])
        raise RuntimeError
    write(index, (3, "nijlpaard"))
    assert index.ids() == {1, 3}
    assert index.search("giraffe", 5) == []


def test_a_write_that_the_disk_does_not_take_is_told(index):
    write(index, (1, "olifant"))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    with pytest.raises(StoreUnavailable, match="Make room on its disk"), index.writer() as writer:
        writer.add([(2, "giraffe")])
        resource.setrlimit(resource.RLIMIT_FSIZE, (10, limits[1]))
        try:
            writer.commit()
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert index.ids() == {1}


def test_a_second_writer_is_told(index):
    with index.writer(), pytest.raises(StoreUnavailable, match="let no other program hold"):
        index.writer()


@pytest.mark.parametrize("damage", [b"", b"{"])
def test_a_damaged_index_is_put_aside_by_its_owner_alone(index, tmp_path, damage, caplog):
    write(index, (1, "olifant"))
    (tmp_path / "meta.json").write_bytes(damage)
    with pytest.raises(StoreUnavailable):
        TermIndex(tmp_path, read_only=True)
    for _ in range(2):
        assert TermIndex(tmp_path).ids() == set()
    aside = tmp_path.with_name(f"{tmp_path.name}.damaged")
    assert "bronwijzer sync" in caplog.text and (aside / "meta.json").read_bytes() == damage


def test_a_number_added_twice_in_one_write_is_there_once(index):
    write(index, (1, "olifant"), (1, "giraffe"))
    assert index.ids() == {1}
    assert (index.search("olifant", 5), index.search("giraffe", 5)) == ([], [1])
