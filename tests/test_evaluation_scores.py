"""Citations, refusals, and which score applies to which response."""

from dataclasses import replace

import pytest

from assistant.evaluation import citation_scores as citing
from assistant.evaluation.abstention_scores import abstention_scores
from assistant.evaluation.metrics import METRICS, estimates
from assistant.evaluation.scoring import Scorer
from assistant.evaluation.types import (
    Cited,
    Gold,
    GoldQuestion,
    ReplyKind,
    Response,
    Retrieved,
    Row,
    Sentence,
)

NINE = "The office in Assen opens at 9 o'clock."
SHOWN = Retrieved("a", 0, len(NINE), NINE, key=NINE, language="en")
OTHER = Retrieved("b", 0, 20, "It closes on Friday.", key="It closes on Friday.", language="en")
CITED = Cited(1, "a", 0, len(NINE), NINE, "en")


def question(**values):
    fields = {"answers": ("9 o'clock",), "gold": (Gold("a", 0, 20),), "answerable": True}
    return GoldQuestion("q", "When does it open?", "en", **{**fields, **values})


def written(text="It opens at 9 o'clock [1].", **values):
    fields = {
        "retrieved": (SHOWN, OTHER),
        "shown": 2,
        "kind": ReplyKind.WRITTEN,
        "language": "en",
        "citations": (CITED,),
        "sentences": (Sentence("It opens at 9 o'clock.", (1,), "supported"),),
        "timings_ms": {"evidence": 20, "done": 900},
    }
    return Response(reply=text, **{**fields, **values})


def scored(asked, response, retrieval_only=False):
    return Scorer(lambda text: len(text.split()), retrieval_only).score(asked, response)


REFUSED = written("The documents do not say.", kind=ReplyKind.REFUSED, citations=(), sentences=())
FAILED = Response(error="There was no whole reply within 120 s.")


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, (1, 1)),
        ({"text": "Nine [1]. Ten [2]."}, (1, 2)),
        ({"text": "Nine [1], nine [1]."}, (1, 1)),
        ({"text": "Nine [1] of ten [7]."}, (1, 2)),
        ({"text": "Nine [7] o'clock. [1]\nTen. [2]", "kind": ReplyKind.QUOTED}, (1, 2)),
        ({"text": "Nine."}, None),
        ({"shown": 0}, (0, 1)),
        ({"retrieved": (OTHER, SHOWN), "shown": 1}, (0, 1)),
        ({"citations": (Cited(1, "b", 0, 40, NINE),)}, (0, 1)),
        ({"citations": (Cited(1, "a", 500, 540, "the office IN assen"),)}, (1, 1)),
        ({"citations": (Cited(1, "a", 500, 540, ""),)}, (0, 1)),
        ({"citations": (Cited(1, "a", 0, 0, ""),)}, (0, 1)),
        ({"citations": (Cited(1, "a", 4, 10, ""),)}, (1, 1)),
    ],
)
def test_a_mark_is_valid_where_it_leads_to_a_passage_that_was_shown(values, expected):
    assert citing.validity(written(**values)) == expected


def test_coverage_counts_sentences_that_state_something():
    sentences = [
        Sentence("It opens at nine.", (1,)),
        Sentence("It closes at five.", ()),
        Sentence("Shall I look further?", ()),
        Sentence("“Is it open on Friday?”", ()),
        Sentence("「開いていますか？」", ()),
        Sentence("Hello there!", ()),
    ]
    assert citing.coverage(sentences) == (1, 2)
    assert citing.coverage(sentences[2:]) is None
    assert citing.coverage([]) is None


def test_citations_are_held_against_the_gold():
    citations = [Cited(1, "a", 0, 10, ""), Cited(2, "b", 0, 10, ""), Cited(3, "a", 2, 8, "")]
    gold = [Gold("a", 0, 10), Gold("c", 0, 10)]
    assert citing.precision(citations, gold) == pytest.approx(2 / 3)
    assert citing.recall(citations, gold) == 1 / 2
    assert (citing.precision([], gold), citing.recall([], gold)) == (None, 0)
    assert (citing.precision(citations, []), citing.recall(citations, [])) == (None, None)


def test_the_systems_own_judgement_is_counted():
    levels = ("supported", "weak", "unsupported", "")
    assert citing.unsupported([Sentence("x", (), level) for level in levels]) == (1, 3)
    assert citing.unsupported([Sentence("x", ())]) is None


@pytest.mark.parametrize(
    ("sentence", "values", "expected"),
    [
        ("The office in Assen opens at 9.", {}, (0, 1)),
        ("The office in Assen opens at 10.", {}, (1, 1)),
        ("The office in Emmen opens at 9.", {}, (1, 1)),
        ("Every visitor must bring valid papers.", {}, (1, 1)),
        ("Is the office in Emmen open?", {}, None),
        ("Het loket in Emmen opent om 10.", {"language": "nl"}, None),
        ("The office in Emmen opens at 10.", {"citations": ()}, None),
        ("The office in Emmen opens at 10.", {"shown": 0}, (1, 1)),
    ],
)
def test_the_proxy_looks_for_numbers_names_and_words(sentence, values, expected):
    response = written(**{"sentences": (Sentence(sentence, (1,)),), **values})
    assert citing.proxy_unsupported(response) == expected


def test_the_proxy_reads_the_whole_cited_passage_and_leaves_out_what_has_no_mark():
    cited = (Cited(1, "a", 0, 10, NINE[:10], "en"),)
    sentences = (Sentence("The office opens at 9.", (1,)), Sentence("It is 7 in Emmen now.", ()))
    assert citing.proxy_unsupported(written(citations=cited, sentences=sentences)) == (0, 1)


def rows(*decisions):
    """Make a row of each (answerable, abstained, gold shown)."""
    return [Row(question(), Response(), abstention_scores(*d), "") for d in decisions]


def test_a_small_table_of_decisions():
    # 3 of 4 rightly declined; of 6 answerable ones 2 declined, 1 of them with the gold shown.
    found = estimates(
        rows(
            *[(False, True, None)] * 3,
            (False, False, None),
            (True, True, True),
            (True, True, False),
            *[(True, False, True)] * 3,
            (True, False, None),
        )
    )
    values = {name: estimate.value for name, estimate in found.items()}
    assert values == pytest.approx(
        {
            "abstention_precision": 3 / 5,
            "abstention_recall": 3 / 4,
            "abstention_f1": 2 * 3 / (2 * 3 + 2 + 1),
            "balanced_accuracy": (3 / 4 + 4 / 6) / 2,
            "false_abstention": 2 / 6,
            "false_abstention_with_gold": 1 / 4,
            "false_abstention_without_gold": 1,
        }
    )
    assert all(estimate.n <= 10 for estimate in found.values())


def test_what_cannot_be_told_of_one_class_alone_is_left_out():
    found = estimates(rows((True, False, True), (True, False, True)))
    assert set(found) == {"false_abstention", "false_abstention_with_gold"}


def test_a_written_reply_has_every_score():
    row = scored(question(), written())
    assert row.verdict == "correct"
    expected = {
        "recall@1": 1,
        "key_sentence_contains": 1,
        "gold_key_sentence_contains": 1,
        "failed": 0,
        "contains": 1,
        "number_match": None,
        "citation_validity": (1, 1),
        "citation_coverage": (1, 1),
        "citation_precision": 1,
        "citation_recall": 1,
        "reply_language": 1,
        "unsupported_sentences": (0, 1),
        "replies_with_unsupported": 0,
        "proxy_unsupported_sentences": (0, 1),
        "correct": 1,
        "wrong": 0,
        "score": 1,
        "evidence_ms": 20,
        "first_token_ms": None,
        "done_ms": 900,
        "false_abstention_with_gold": 0,
    }
    assert {name: row.scores[name] for name in expected} == expected
    assert set(row.scores) <= {metric.score for metric in METRICS.values()}


def test_a_quoted_reply_has_no_scores_of_writing():
    quoted = written(f"“{NINE}” [1]", kind=ReplyKind.QUOTED, sentences=())
    row = scored(question(), quoted)
    assert row.scores["citation_validity"] == (1, 1)
    assert "reply_language" not in row.scores
    assert "citation_coverage" not in row.scores


def test_a_failure_is_a_wrong_answer_that_cites_nothing_and_declines_nothing():
    for asked, verdict in ((question(), 1.0), (question(answerable=False, gold=()), None)):
        row = scored(asked, FAILED)
        assert (row.verdict, row.scores["failed"], row.scores["score"]) == ("failed", 1, -1)
        assert row.scores.get("wrong") == verdict
        assert not [name for name in row.scores if name.startswith("citation")]
        assert not [name for name in row.scores if name.endswith("_ms")]
    scores = scored(question(), FAILED).scores
    assert (scores["recall@20"], scores["contains"], scores["false_abstention"]) == (0, 0, 0)
    assert "context_tokens@5" not in scores
    assert scored(question(answerable=False, gold=()), FAILED).scores["abstention_recall"] == 0


def test_a_failure_after_a_refusal_is_no_refusal():
    broken = written(kind=ReplyKind.REFUSED, error="The reply ended before it was whole.")
    row = scored(question(answerable=False, gold=()), broken)
    assert (row.verdict, row.scores["abstention_recall"]) == ("failed", 0)


@pytest.mark.parametrize(
    ("values", "response", "verdict", "table"),
    [
        ({}, written(), "correct", {"correct": 1, "wrong": 0, "score": 1}),
        ({}, written("At ten."), "wrong", {"correct": 0, "wrong": 1, "score": -1}),
        ({}, REFUSED, "abstained", {"correct": 0, "wrong": 0, "score": 0}),
        ({"answers": ()}, written(), "unscored", {}),
        ({"answers": ()}, REFUSED, "abstained", {}),
        ({"answerable": False}, REFUSED, "rightly abstained", {"score": 1}),
        ({"answerable": False}, written(), "wrongly answered", {"score": -1}),
    ],
)
def test_the_table_of_outcomes(values, response, verdict, table):
    row = scored(question(**values), response)
    assert row.verdict == verdict
    names = ("correct", "wrong", "score")
    assert {name: row.scores[name] for name in names if name in row.scores} == table


def test_a_refusal_holds_no_answer_even_if_it_says_it():
    row = scored(question(), written(kind=ReplyKind.REFUSED))
    assert (row.scores["contains"], row.scores["false_abstention_with_gold"]) == (0, 1)
    assert "citation_recall" not in row.scores


@pytest.mark.parametrize(
    ("values", "response", "verdict"),
    [
        ({}, written(), "found"),
        ({"gold": (Gold("c"),)}, written(), "missed"),
        ({"gold": ()}, written(), "unscored"),
        ({}, FAILED, "failed"),
    ],
)
def test_a_search_alone_is_judged_by_what_it_found(values, response, verdict):
    row = scored(question(**values), response, retrieval_only=True)
    assert row.verdict == verdict
    assert not {"contains", "correct", "score", "abstention_f1", "citation_validity"} & {
        *row.scores
    }


def test_a_system_that_points_out_no_sentence_has_no_score_for_it():
    bare = tuple(replace(passage, key="") for passage in written().retrieved)
    row = scored(question(), replace(written(), retrieved=bare))
    assert not [name for name in row.scores if "key_sentence" in name]
