"""What is made of the figures: gates, comparisons, reports as JSON and as JUnit XML."""

import json
from xml.etree import ElementTree

import pytest

from assistant.errors import BadQuestionSet
from assistant.evaluation.comparison import compare
from assistant.evaluation.gates import Gate, judge, read_gates
from assistant.evaluation.junit import junit
from assistant.evaluation.metrics import METRICS, summarise
from assistant.evaluation.report_file import read_report, write_report
from assistant.evaluation.types import (
    Cited,
    Estimate,
    Gold,
    GoldQuestion,
    ReplyKind,
    Report,
    Response,
    Retrieved,
    Row,
    Summary,
)
from assistant.types import Message

GOLD = (Gold("a", 0, 10),)
HISTORY = (Message("user", "Hallo"),)
QUESTION = GoldQuestion("q1", "Hoe laat?", "nl", True, ("negen",), GOLD, "plain", HISTORY)
RESPONSE = Response(
    retrieved=(Retrieved("a", 0, 20, "Om negen uur open.", 0.5), Retrieved("b", 0, 9, "Nee.")),
    shown=2,
    reply="Om negen uur [1].",
    kind=ReplyKind.WRITTEN,
    citations=(Cited(1, "a", 0, 20, "Om negen uur open."),),
    timings_ms={"done": 1500.0},
)


def row(identifier, verdict="correct", response=RESPONSE, kind="plain", **scores):
    asked = GoldQuestion(
        identifier, QUESTION.question, "nl", True, QUESTION.answers, QUESTION.gold, kind
    )
    return Row(asked, response, scores, verdict)


def report(*rows, **about):
    return Report("Bronwijzer", {"version": "1", **about}, rows, summarise(rows))


def summary(**values):
    """Sum up groups of {metric: value}; `overall` is there in any case."""
    groups = {
        group: {metric: Estimate(value, value - 0.1, value + 0.1, 50)}
        for group, (metric, value) in values.items()
    }
    return Summary(groups.pop("overall", {}), groups, {"nl": {}})


def test_gates_are_read_as_written():
    assert read_gates(["recall@5=0.9", " cross-language : recall@1 = 1 ", "a:b:wrong=.2"]) == [
        Gate("recall@5", 0.9),
        Gate("recall@1", 1.0, "cross-language"),
        Gate("wrong", 0.2, "a:b"),
    ]
    assert [gate.name for gate in read_gates(["nl:mrr@10=1", "f1=0"])] == ["nl:mrr@10", "f1"]


def test_gates_are_read_from_toml(tmp_path):
    path = tmp_path / "gates.toml"
    path.write_text('[overall]\n"recall@5" = 0.9\nwrong = 0\n[cross-language]\nf1 = 0.5\n')
    assert read_gates([str(path), "failed=0"]) == [
        Gate("recall@5", 0.9),
        Gate("wrong", 0.0),
        Gate("f1", 0.5, "cross-language"),
        Gate("failed", 0.0),
    ]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("recall@5", "no bound"),
        ("", "no bound"),
        ("recal@5=0.9", "Did you mean recall@5?"),
        ("=0.9", "no metric ''"),
        ("recall@5=", "not a number"),
        ("recall@5=90 %", "not a number"),
        ("recall@5=nan", "not a number"),
    ],
)
def test_a_mistaken_gate_is_named(text, what):
    with pytest.raises(BadQuestionSet) as caught:
        read_gates([text])
    assert what in str(caught.value)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"[overall]\nrecall@5 = 0.9", "not valid TOML"),
        (b"\xff", "not valid TOML"),
        (b"f1 = 0.5", "stands in no table"),
        (b"[overall]", "are empty"),
        (b"[nl]\nf2 = 0.5", "no metric 'f2'. Did you mean f1?"),
        (b"[nl]\nf1 = true", "not a number"),
    ],
)
def test_a_mistaken_file_of_gates_is_named(tmp_path, content, what):
    path = tmp_path / "gates.toml"
    path.write_bytes(content)
    with pytest.raises(BadQuestionSet) as caught:
        read_gates([str(path)])
    assert what in str(caught.value)
    assert "gates.toml" in str(caught.value)


def test_a_file_of_gates_that_is_not_there_is_named(tmp_path):
    with pytest.raises(BadQuestionSet, match="cannot be read: No such file"):
        read_gates([str(tmp_path / "gone.toml")])


@pytest.mark.parametrize(
    ("metric", "value", "bound", "passed"),
    [
        ("recall@5", 0.9, 0.9, True),
        ("recall@5", 0.8999, 0.9, False),
        ("recall@5", 5 / 12 - 1e-16, 5 / 12, True),
        ("wrong", 0.1, 0.1, True),
        ("wrong", 0.11, 0.1, False),
        ("done_ms_p95", 900, 1000, True),
        ("score", -0.5, -0.4, False),
    ],
)
def test_a_bound_is_the_least_or_the_most(metric, value, bound, passed):
    (passage,) = judge([Gate(metric, bound)], summary(overall=(metric, value)))
    assert passage.passed is passed
    assert ("<=" in passage.sentence) is METRICS[metric].lower_is_better


def test_a_gate_on_a_group_looks_at_that_group_alone():
    figures = summary(overall=("f1", 0.9), hard=("f1", 0.2))
    assert [p.passed for p in judge(read_gates(["f1=0.5", "hard:f1=0.5"]), figures)] == [
        True,
        False,
    ]
    with pytest.raises(BadQuestionSet, match="no kind or language 'easy'.*hard, nl, overall"):
        judge(read_gates(["easy:f1=0.5"]), figures)


def test_a_gate_on_what_was_not_measured_does_not_pass():
    (passage,) = judge(read_gates(["nl:wrong=1"]), summary(overall=("wrong", 0.1)))
    assert not passage.passed
    assert "not measured" in passage.sentence


def test_every_metric_has_a_way_that_is_better():
    lower = {name for name, metric in METRICS.items() if metric.lower_is_better}
    assert {"wrong", "failed", "unsupported_sentences", "context_tokens@5", "done_ms_p50"} <= lower
    assert not {"correct", "score", "recall@5", "citation_validity", "abstention_recall"} & lower


def compared(ours, theirs, metric="correct", **about):
    """Compare two runs of scores; give the verdict on the metric, and the comparison."""
    first, second = (
        write_report(report(*(row(f"q{n}", **{metric: s}) for n, s in enumerate(scores)), **facts))
        for scores, facts in ((ours, {}), (theirs, about))
    )
    found = compare(first, json.loads(json.dumps(second)))
    return {c.metric.name: c.verdict for c in found.changes}.get(metric), found


@pytest.mark.parametrize(
    ("metric", "ours", "theirs", "verdict"),
    [
        ("correct", [0.0] * 20, [1.0] * 20, "better"),
        ("correct", [1.0] * 20, [0.0] * 20, "worse"),
        ("correct", [1.0, 0.0] * 10, [0.0, 1.0] * 10, "no difference"),
        ("correct", [1.0] * 20, [1.0] * 20, "no difference"),
        ("wrong", [0.0] * 20, [1.0] * 20, "worse"),
        ("wrong", [1.0] * 20, [0.0] * 20, "better"),
        ("citation_validity", [(1.0, 2.0)] * 12, [(2.0, 2.0)] * 12, "better"),
        ("correct", [0.0] * 9, [1.0] * 9, "no difference"),
        ("correct", [None] * 3, [1.0] * 3, None),
    ],
)
def test_a_difference_is_better_or_worse_only_where_it_is_real(metric, ours, theirs, verdict):
    assert compared(ours, theirs, metric)[0] == verdict


def test_only_shared_questions_are_compared():
    _, found = compared([1.0] * 5, [1.0] * 3)
    assert (found.shared, found.unshared, found.notes) == (3, 2, ())


def test_what_else_changed_is_noted():
    _, found = compared([1.0], [1.0], model="new", embedder="new")
    assert found.notes == (
        "model: None in the first, new in the second",
        "embedder: None in the first, new in the second",
    )
    first = write_report(report(row("q0"), row("q1")))
    second = json.loads(json.dumps(first))
    second["rows"][1]["gold"] = []
    assert compare(first, second).notes == (
        "1 questions have another wording, history, answer or place",
    )


@pytest.mark.parametrize(
    "rows", [[], [{"qid": "other", "scores": {}}], [{"scores": {}}], [{"qid": "q0"}], ["q0"], None]
)
def test_what_cannot_be_compared_is_refused(rows):
    with pytest.raises(BadQuestionSet):
        compare(write_report(report(row("q0"))), {"rows": rows})


def test_a_report_is_written_and_read_again(tmp_path):
    made = Report(
        "Bronwijzer",
        {"model": "none"},
        (Row(QUESTION, RESPONSE, {"recall@5": 1.0, "f1": None, "failed": (0.0, 1.0)}, "correct"),),
        Summary({"recall@5": Estimate(1.0, 0.5, 1.0, 4)}, {"plain": {}}, {"nl": {}}),
        {"BM25": Summary({}, {}, {})},
        ("a note",),
    )
    path = tmp_path / "report.json"
    path.write_text(json.dumps(write_report(made), allow_nan=False))
    data = read_report(path)
    assert data["overall"] == {"recall@5": {"value": 1, "low": 0.5, "high": 1, "n": 4}}
    assert (data["by_kind"], data["by_language"], data["notes"]) == (
        {"plain": {}},
        {"nl": {}},
        ["a note"],
    )
    assert (data["about"], list(data["beside"])) == ({"model": "none"}, ["BM25"])
    (written,) = data["rows"]
    assert (written["qid"], written["question"], written["language"]) == ("q1", "Hoe laat?", "nl")
    assert written["scores"] == {"recall@5": 1, "f1": None, "failed": [0, 1]}
    assert written["gold"] == [{"doc_id": "a", "start": 0, "end": 10, "quote": ""}]
    assert [(p["doc_id"], p["gold"]) for p in written["retrieved"]] == [("a", True), ("b", False)]
    assert (written["citations"][0]["mark"], written["citations"][0]["doc_id"]) == (1, "a")
    assert (written["abstained"], written["latency_ms"]) == (False, {"done": 1500})
    assert written["history"] == [{"role": "user", "content": "Hallo"}]


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"\xff", b"{}", b'{"format": 0, "rows": []}', b'{"format": 1}']
)
def test_other_files_are_refused(tmp_path, content):
    path = tmp_path / "other.json"
    path.write_bytes(content)
    with pytest.raises(BadQuestionSet, match="other.json"):
        read_report(path)
    with pytest.raises(BadQuestionSet, match="cannot be read"):
        read_report(tmp_path / "gone.json")


def test_junit_counts_gates_and_questions():
    failed = Response(error="It broke.")
    made = report(
        row("q1", f1=0.4),
        row("q2", "wrong", f1=0.2),
        row("q3", "failed", failed),
        row("q4", "unscored", kind=""),
        row("q5", "abstained"),
    )
    gates = read_gates(["f1=0.2", "f1=0.9", "mrr@10=0.1"])
    root = ElementTree.fromstring(junit(made, judge(gates, made.summary)))
    suites = {suite.get("name"): suite for suite in root}
    assert (suites["gates"].get("tests"), suites["gates"].get("failures")) == ("3", "2")
    assert len(suites["gates"].findall("testcase/failure")) == 2
    questions = suites["questions"]
    counts = [questions.get(name) for name in ("tests", "errors", "skipped")]
    assert counts == ["5", "1", "2"]
    assert [case.get("classname") for case in questions] == ["plain"] * 3 + ["question", "plain"]
    assert questions.find("testcase/error").get("message") == "It broke."
    assert questions.find("testcase/skipped").get("message") == "wrong: Hoe laat?"
    assert questions[0].get("time") == "1.500"


def test_junit_is_well_formed_whatever_was_asked():
    text = "a\x00b\x1b<&>\"'\ud800\ufffe\n\U0001f600"
    asked = GoldQuestion(text, text, "nl", True, kind=text)
    rows = (
        Row(asked, Response(), {}, "wrong"),
        Row(asked, Response(error=text), {}, "failed"),
    )
    root = ElementTree.fromstring(junit(report(*rows), []))
    shown = "a\ufffdb\ufffd<&>\"'\ufffd\ufffd\n\U0001f600"
    assert [case.get("name") for case in root.iter("testcase")] == [shown, shown]
    assert root.find(".//skipped").get("message") == f"wrong: {shown}"
    assert root.find(".//error").get("message") == shown
