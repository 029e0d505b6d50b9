"""Which passages cover the gold, and how a ranking is scored for it."""

import ir_measures
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ir_measures import RR, Qrel, R, ScoredDoc, nDCG

from assistant.evaluation.retrieval_scores import (
    covers,
    credited,
    distinct_documents,
    first_covering,
    ndcg,
    recall,
    reciprocal_rank,
    retrieval_scores,
)
from assistant.evaluation.types import Cited, Gold, Retrieved


def passage(document="a", start=0, end=100, text="", **values):
    return Retrieved(document, start, end, text, **values)


def words(text):
    return len(text.split())


@pytest.mark.parametrize(
    ("start", "end", "gold", "expected"),
    [
        (0, 100, (40, 60), True),
        (0, 100, (95, 105), True),
        (0, 100, (96, 105), False),
        (0, 100, (100, 110), False),
        (45, 50, (0, 100), True),
        (95, 105, (0, 100), True),
        (96, 106, (0, 100), False),
        (50, 150, (0, 100), True),
        (51, 151, (0, 100), False),
        (10, 10, (0, 100), False),
        (0, 1, (0, 1), True),
    ],
)
def test_half_of_the_shorter_span_covers(start, end, gold, expected):
    place = Gold("a", *gold)
    assert covers(passage(start=start, end=end), place) is expected
    assert covers(Cited(1, "a", start, end, ""), place) is expected
    assert not covers(passage("b", start, end), place)


@pytest.mark.parametrize(
    ("text", "quote", "expected"),
    [
        ("The office opens at nine.", "opens at nine", True),
        ("OPENS\n  at\u00a0ＮＩＮＥ", "opens at nine", True),
        ("It opens at ten", "opens at nine", False),
        ("abcdefghijkl", "abcdefghXXXX", False),
        ("abcdefghijkl", "abcdefghijXX", True),
        ("nine", "It opens at nine each day", True),
        ("open at nine", "nine", True),
        ("open at nine", "ten", False),
        ("", "opens at nine", False),
        (" ", "ten", False),
    ],
)
def test_without_offsets_half_of_the_eight_character_strings_cover(text, quote, expected):
    assert covers(passage(text=text), Gold("a", quote=quote)) is expected


def test_offsets_go_before_a_quote_and_a_document_is_covered_by_all_its_passages():
    assert not covers(passage(text="opens at nine"), Gold("a", 500, 600, "opens at nine"))
    assert covers(passage(start=9, end=10), Gold("a"))
    assert not covers(passage("b"), Gold("a"))


def test_each_place_is_credited_once_to_the_first_passage_that_covers_it():
    gold = [Gold("a", 0, 10), Gold("a", 20, 30), Gold("b", 0, 10)]
    ranking = [passage("c"), passage("a", 0, 40), passage("a", 0, 15), passage("b", 0, 9)]
    assert credited(ranking, gold) == [0, 2, 0, 1]
    assert credited([], gold) == []


def test_where_documents_are_the_gold_the_ranks_are_those_of_documents():
    ranking = [passage("c"), passage("c", 5, 9), passage("a"), passage("a", 5, 9), passage("b")]
    assert [p.document for p in distinct_documents(ranking)] == ["c", "a", "b"]
    assert credited(ranking, [Gold("a"), Gold("b")]) == [0, 1, 1]


def test_a_worked_example():
    counts = [0, 2, 0, 1]
    assert [recall(counts, 3, cut) for cut in (1, 3, 5)] == pytest.approx([0, 2 / 3, 1])
    assert reciprocal_rank(counts) == 1 / 2
    # Gains at ranks 2 and 4: 0.6309 + 0.4307; ideal at 1, 2, 3: 1 + 0.6309 + 0.5.
    assert ndcg(counts, 3) == pytest.approx(1.0616063 / 2.1309298)


def test_nothing_beyond_the_cut_counts():
    late = [0] * 10 + [1]
    assert (reciprocal_rank(late), ndcg(late, 1), recall(late, 1, 10)) == (0, 0, 0)
    assert recall(late, 1, 20) == 1
    assert (reciprocal_rank([]), ndcg([], 2), recall([], 2, 5)) == (0, 0, 0)


@given(st.lists(st.integers(0, 3), max_size=20))
def test_scores_stay_between_nothing_and_all(counts):
    gold = max(1, sum(counts))
    scores = [recall(counts, gold, cut) for cut in (1, 3, 5, 10, 20)]
    assert scores == sorted(scores)
    assert all(0 <= score <= 1 for score in [*scores, reciprocal_rank(counts), ndcg(counts, gold)])


@settings(deadline=None, max_examples=60)
@given(st.permutations(range(24)), st.integers(0, 24), st.integers(1, 14))
def test_the_figures_are_those_of_trec_eval(order, length, gold):
    """Passages 0 to `gold` - 1 are right, each covering a place of its own."""
    ranking = [passage("d", 10 * number, 10 * number + 10, "x") for number in order[:length]]
    places = [Gold("d", 10 * number, 10 * number + 10) for number in range(gold)]
    ours = retrieval_scores(ranking, places, words)

    run = [ScoredDoc("q", str(p.start // 10), -rank) for rank, p in enumerate(ranking)]
    right = [Qrel("q", str(number), 1) for number in range(gold)]
    measures = {f"recall@{cut}": R @ cut for cut in (1, 3, 5, 10, 20)}
    measures |= {"mrr@10": RR @ 10, "ndcg@10": nDCG @ 10}
    theirs = ir_measures.calc_aggregate(list(measures.values()), right, run)
    for name, measure in measures.items():
        assert ours[name] == pytest.approx(theirs[measure]), name


def test_a_ranking_is_scored_by_place_and_by_document():
    gold = [Gold("a", 0, 10), Gold("a", 90, 99), Gold("b", 0, 10)]
    ranking = [passage("a", 50, 60, "one two"), passage("a", 0, 10, "three"), passage("b", 0, 9)]
    scores = retrieval_scores(ranking, gold, words)
    assert (scores["recall@1"], scores["recall@5"]) == (0, pytest.approx(2 / 3))
    assert (scores["document_recall@1"], scores["document_recall@3"]) == (1 / 2, 1)
    assert (scores["mrr@10"], scores["document_mrr@10"]) == (1 / 2, 1)
    assert scores["document_ndcg@10"] == pytest.approx(1)
    assert scores["context_tokens@5"] == 3


def test_the_context_is_that_of_five_passages():
    ranking = [passage(text="two words")] * 8
    assert retrieval_scores(ranking, [Gold("a")], words)["context_tokens@5"] == 10


def test_without_gold_there_is_nothing_to_score():
    assert retrieval_scores([passage()], [], words) == {}


def test_the_first_covering_passage_is_found():
    ranking = [passage("c"), passage("a", 0, 5, key="x"), passage("a", 0, 9)]
    assert first_covering(ranking, [Gold("b"), Gold("a", 0, 10)]).key == "x"
    assert first_covering(ranking, [Gold("b")]) is None
    assert first_covering(ranking, []) is None
