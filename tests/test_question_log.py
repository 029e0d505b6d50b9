"""Questions that are kept where that is wanted."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from assistant.errors import QuestionLogUnavailable
from assistant.question_log import QuestionLog, asked_questions
from assistant.types import Answer, Kind
from assistant.watching import AnswerEnd, Outcome

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
LONG_AGO = NOON - timedelta(days=4000)


def end(question="What does it cost?", at=NOON, outcome=Outcome.REFUSED, **values):
    answer = Answer(question, "en", Kind.REFUSED, probability=0.1234567, done=True, **values)
    return AnswerEnd(outcome, answer, "", at)


def test_what_is_kept_and_for_whom(tmp_path):
    log = QuestionLog(tmp_path / "questions", 90)
    log.answered(end())
    file = tmp_path / "questions" / "2026-11-25.jsonl"
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    assert json.loads(file.read_text()) == {
        "at": "2026-11-25T12:00:00Z",
        "question": "What does it cost?",
        "searched": "",
        "language": "en",
        "outcome": "refused",
        "document": "",
        "probability": 0.123,
        "collection": "documents",
    }


def test_questions_are_deleted_in_time_and_other_files_are_not(tmp_path):
    for name in ("2026-11-22.jsonl", "2026-11-23.jsonl", "notes.jsonl", "2026-11-01.txt"):
        (tmp_path / name).write_text("")
    QuestionLog(tmp_path, 3).answered(end())
    left = sorted(path.name for path in tmp_path.iterdir())
    assert left == ["2026-11-01.txt", "2026-11-23.jsonl", "2026-11-25.jsonl", "notes.jsonl"]


def test_a_server_that_runs_for_days_deletes_too(tmp_path):
    log = QuestionLog(tmp_path, 2)
    for days in range(4):
        log.answered(end(at=NOON + timedelta(days=days)))
    names = sorted(path.stem for path in tmp_path.iterdir())
    assert names == ["2026-11-27", "2026-11-28"]


def test_what_is_read_back(tmp_path):
    log = QuestionLog(tmp_path, 90)
    odd = 'Half \ud800 a character,\na "line" and é'
    for number, question in enumerate(["first", odd, "x" * 5000]):
        log.answered(end(question, NOON + timedelta(minutes=number)))
    log.answered(AnswerEnd(Outcome.INVALID, None, "BadQuestion", NOON))
    with (tmp_path / "2026-11-25.jsonl").open("a") as file:
        file.write('{"at": "2026-11-25T1')
    found = [item.question for item in asked_questions(tmp_path, LONG_AGO)]
    assert found[0] == "first" and found[-1] == "x" * 2000
    since = NOON + timedelta(minutes=2)
    assert [len(item.question) for item in asked_questions(tmp_path, since)] == [2000]
    assert list(asked_questions(tmp_path / "nothing", LONG_AGO)) == []


def test_a_flood_of_questions_does_not_fill_the_disk(tmp_path):
    log = QuestionLog(tmp_path, 90, most_bytes=1000)
    for _ in range(100):
        log.answered(end())
    assert (tmp_path / "2026-11-25.jsonl").stat().st_size < 1400


def test_a_disk_that_refuses_is_told_and_the_answer_goes_on(tmp_path, caplog):
    (tmp_path / "file").write_text("")
    QuestionLog(tmp_path / "file" / "questions", 90).answered(end("my secret question"))
    assert "could not be kept" in caplog.text
    assert "secret" not in caplog.text


def test_a_file_that_cannot_be_read_names_who_can(tmp_path):
    (tmp_path / "2026-11-25.jsonl").mkdir()
    with pytest.raises(QuestionLogUnavailable, match="as the user that runs the server"):
        list(asked_questions(tmp_path, LONG_AGO))
