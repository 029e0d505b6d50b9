"""Questions put to a system: failures, interruptions, and what is kept of them."""

import pytest

from assistant.errors import AssistantError, ModelUnavailable, ServerUnavailable
from assistant.evaluation.execution import execute
from assistant.evaluation.journal import Journal, kept
from assistant.evaluation.scoring import Scorer
from assistant.evaluation.subjects import Subject
from assistant.evaluation.trial import Manner, run_key, run_trial
from assistant.evaluation.types import Cited, GoldQuestion, ReplyKind, Response, Sentence
from assistant.settings import Settings
from tests.scripted_system import ScriptedSystem, asked, found

DOWN = ServerUnavailable("The server does not answer. Start it.")


@pytest.fixture
def journal(tmp_path):
    journal = Journal(tmp_path / "run.jsonl")
    yield journal
    journal.close()


@pytest.mark.parametrize("jobs", [1, 4])
def test_every_question_is_asked_once(journal, jobs):
    system, questions = ScriptedSystem(), asked(*"abcdefgh")
    pairs = list(execute(system, questions, journal, jobs))
    assert sorted(question.id for question, _ in pairs) == list("abcdefgh")
    assert sorted(system.history) == list("abcdefgh") and len(journal.done) == 8


@pytest.mark.parametrize("jobs", [1, 3])
def test_a_question_that_fails_does_not_end_the_run(journal, jobs):
    system = ScriptedSystem({"b": AssistantError("Too long. Shorten it."), "c": KeyError("x")})
    responses = {q.id: r for q, r in execute(system, asked(*"abcd"), journal, jobs)}
    assert responses["b"].error == "Too long. Shorten it."
    assert responses["c"].error == "KeyError: 'x'"
    assert not responses["a"].error and not responses["d"].error
    assert set(journal.done) == {"a", "d"}


def test_a_server_that_is_down_ends_the_run_and_one_hiccup_does_not(journal):
    hiccup = ScriptedSystem({"b": DOWN})
    assert len(list(execute(hiccup, asked(*"abc"), journal))) == 3
    dead = ScriptedSystem(dict.fromkeys("defgh", DOWN))
    with pytest.raises(ServerUnavailable):
        list(execute(dead, asked(*"defgh"), journal))
    assert dead.history == ["d", "e", "f"]


def test_a_run_of_one_question_shows_that_the_server_is_down(journal):
    with pytest.raises(ModelUnavailable):
        list(execute(ScriptedSystem({"a": ModelUnavailable("no")}), asked("a"), journal))


def test_refusals_without_a_model_do_not_hide_that_it_is_down(journal):
    system = ScriptedSystem({"a": ModelUnavailable("no"), "c": ModelUnavailable("no")})
    with pytest.raises(ModelUnavailable):
        list(execute(system, asked(*"abcd"), journal))
    assert system.history == list("abcd")


def test_a_model_that_answered_before_is_not_down_for_one_failure(journal):
    written = Response(reply="So.", kind=ReplyKind.WRITTEN, model="m")
    system = ScriptedSystem({"a": written, "b": ModelUnavailable("no")})
    assert len(list(execute(system, asked(*"ab"), journal))) == 2


def test_an_interrupted_run_goes_on_without_asking_again(tmp_path):
    questions = asked(*"abcde")
    first = ScriptedSystem({"c": KeyboardInterrupt()})
    with pytest.raises(KeyboardInterrupt), kept(tmp_path, "key", resume=False) as journal:
        list(execute(first, questions, journal))
    second = ScriptedSystem()
    with kept(tmp_path, "key", resume=True) as journal:
        pairs = list(execute(second, questions, journal))
    assert second.history == ["c", "d", "e"]
    assert [question.id for question, _ in pairs] == list("abcde")
    assert list(tmp_path.iterdir()) == [], "a run that is whole leaves no journal"


def test_without_resume_a_run_begins_anew(tmp_path):
    with pytest.raises(KeyboardInterrupt), kept(tmp_path, "key", resume=False) as journal:
        list(execute(ScriptedSystem({"b": KeyboardInterrupt()}), asked(*"ab"), journal))
    system = ScriptedSystem()
    with kept(tmp_path, "key", resume=False) as journal:
        list(execute(system, asked(*"ab"), journal))
    assert system.history == ["a", "b"]


def test_a_line_cut_short_by_a_kill_is_asked_again(tmp_path):
    path = tmp_path / "run.jsonl"
    journal = Journal(path)
    list(execute(ScriptedSystem(), asked(*"ab"), journal))
    journal.close()
    path.write_bytes(path.read_bytes()[:-20])
    journal = Journal(path)
    assert set(journal.done) == {"a"}
    system = ScriptedSystem()
    list(execute(system, asked(*"ab"), journal))
    journal.close()
    assert system.history == ["b"]
    again = Journal(path)
    assert set(again.done) == {"a", "b"}
    again.close()


def test_a_response_comes_back_from_the_journal_as_it_was(tmp_path):
    response = Response(
        retrieved=found("Élan\u2028 🙂").retrieved,
        shown=1,
        reply="So it is [1].",
        kind=ReplyKind.WRITTEN,
        language="en",
        citations=(Cited(1, "d", 0, 4, "Élan", "fr"),),
        sentences=(Sentence("So it is.", (1,), "weak"),),
        model="m",
        notices=("n",),
        timings_ms={"evidence": 1.5},
    )
    journal = Journal(tmp_path / "run.jsonl")
    journal.add("a", response)
    journal.close()
    again = Journal(tmp_path / "run.jsonl")
    assert again.done == {"a": response}
    again.close()


def test_a_run_is_named_by_its_questions_and_settings(tmp_path):
    subject = Subject(ScriptedSystem(), tuple(asked("a")), {"embedder": "e"})
    plain = run_key(subject, Manner(), Settings())
    assert plain == run_key(subject, Manner(jobs=4, resume=True), Settings(port=1, data=tmp_path))
    others = {
        run_key(
            Subject(ScriptedSystem(), tuple(asked("b")), {"embedder": "e"}), Manner(), Settings()
        ),
        run_key(subject, Manner(retrieval_only=True), Settings()),
        run_key(subject, Manner(), Settings(answer_threshold=0.5)),
    }
    assert len(others | {plain}) == 4


def test_failures_are_counted_and_rows_keep_the_order_of_the_questions(tmp_path):
    system = ScriptedSystem({"b": AssistantError("Too long.")})
    subject = Subject(system, tuple(asked(*"abc")))
    told = []
    report = run_trial(
        subject, Manner(jobs=3), Settings(data=tmp_path), len, lambda row, total: told.append(total)
    )
    assert [row.question.id for row in report.rows] == list("abc") and told == [3, 3, 3]
    assert report.rows[1].verdict == "failed"
    assert report.summary.overall["failed"].value == pytest.approx(1 / 3)
    assert any("1 of 3 questions failed" in note for note in report.notes)


def test_a_question_that_failed_is_answered_wrongly():
    question = GoldQuestion("a", "What?", "en", answerable=True, answers=("x",))
    row = Scorer(len, retrieval_only=False).score(question, Response(error="no"))
    assert (row.verdict, row.scores["wrong"], row.scores["contains"]) == ("failed", 1.0, 0.0)
    assert row.scores["false_abstention"] == 0.0
