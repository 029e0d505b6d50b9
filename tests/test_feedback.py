"""What readers thought of answers: recorded, bounded, read, and listed in a terminal."""

import json
import stat
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import gradio as gr
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant import commands
from assistant.chat_events import ChatEvents
from assistant.errors import BadFeedback, FeedbackUnavailable
from assistant.feedback import (
    REASONS,
    FeedbackStore,
    Opinion,
    feedback_on,
    newest,
)
from assistant.history import Conversation, Turn
from assistant.recent_histories import RecentHistories
from assistant.sanitation import one_line
from assistant.types import Answer, Citation, Kind
from assistant.wording import WordingBook

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
ANSWER = Answer(
    "Wie leidt het werk?",
    "nl",
    Kind.WRITTEN,
    "Saskia Dorrestein [1].",
    citations=(Citation(1, 7, "kade.txt", "Kade", "p. 1", "nl", 80, 135, "Zij leidt het."),),
    model="small",
)


def given_of(name="a", verdict="down", reasons=("wrong",), comment="Klopt niet.", minutes=0):
    opinion = Opinion(verdict, reasons, comment)
    return feedback_on(ANSWER, name, opinion, "e5", NOON + timedelta(minutes=minutes))


@pytest.fixture
def store(tmp_path):
    return FeedbackStore(tmp_path)


def test_a_record_comes_back_whole_in_another_process(store, tmp_path):
    store.record(given_of())
    (found,) = FeedbackStore(tmp_path).all()
    assert found == given_of()
    assert (found.question, found.kind, found.model) == (ANSWER.question, "written", "small")
    place = found.citations[0]
    assert (place.document, place.start, place.end) == ("kade.txt", 80, 135)


def test_where_nobody_said_anything_there_is_nothing(store):
    assert (store.all(), store.dropped()) == ([], 0)


def test_only_the_owner_of_the_file_may_read_it_whatever_rights_it_had(store):
    store.record(given_of())
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600
    store.path.chmod(0o644)
    store.record(given_of("b"))
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600


def test_a_later_word_on_an_answer_takes_the_place_of_the_earlier(store):
    store.record(given_of("a", "up", (), ""))
    store.record(given_of("b"))
    store.record(given_of("a", "down", ("incomplete",), "Toch niet."))
    store.record(given_of("b", "withdrawn", (), ""))
    assert [(item.id, item.verdict) for item in store.all()] == [
        ("a", "down"),
        ("b", "withdrawn"),
    ]
    assert len(store.path.read_bytes().splitlines()) == 4


def test_a_line_torn_by_a_crash_costs_that_line_alone(store):
    store.record(given_of("a"))
    whole = store.path.read_bytes()
    store.record(given_of("b"))
    store.path.write_bytes(whole + store.path.read_bytes()[len(whole) : -40])
    assert [item.id for item in store.all()] == ["a"]
    store.record(given_of("c"))
    assert [item.id for item in store.all()] == ["a", "c"]


@given(st.binary(max_size=200))
def test_whatever_stands_in_the_file_the_next_record_is_found(tmp_path_factory, junk):
    store = FeedbackStore(tmp_path_factory.mktemp("junk"))
    store.path.write_bytes(junk)
    store.record(given_of("a"))
    assert [item.id for item in store.all()] == ["a"]


def test_many_threads_lose_nothing(store):
    def record(name):
        for number in range(20):
            store.record(given_of(f"{name}-{number}"))

    threads = [threading.Thread(target=record, args=(name,)) for name in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(store.all()) == 160


def test_a_full_file_gives_way_to_the_newest_and_counts_what_went(tmp_path):
    store = FeedbackStore(tmp_path, most_bytes=5000)
    for number in range(60):
        store.record(given_of(str(number)))
        assert store.path.stat().st_size <= 5000
    kept = [int(item.id) for item in store.all()]
    assert kept == list(range(60 - len(kept), 60))
    assert len(kept) >= 5
    assert store.dropped() == 60 - len(kept)
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [store.path.name]


def test_what_was_replaced_goes_before_what_counts(tmp_path):
    store = FeedbackStore(tmp_path, most_bytes=5000)
    store.record(given_of("first"))
    for number in range(60):
        store.record(given_of("same", comment=str(number)))
    assert [(item.id, item.comment) for item in store.all()] == [
        ("first", "Klopt niet."),
        ("same", "59"),
    ]
    assert store.dropped() == 0


@pytest.mark.parametrize(
    ("opinion", "named"),
    [
        (Opinion("sideways"), "sideways"),
        (Opinion("down", ("because",)), "because"),
    ],
)
def test_a_verdict_or_reason_that_there_is_not_is_refused(opinion, named):
    with pytest.raises(BadFeedback, match=named) as caught:
        feedback_on(ANSWER, "a", opinion, "e5")
    assert "hard_to_read" in str(caught.value)


def test_long_and_odd_texts_are_cut_and_kept(store):
    odd = "\ud800 \u2028\n{}\x1b[31m" + "x" * 5000
    store.record(given_of(comment=odd))
    (found,) = store.all()
    assert found.comment.startswith("? \u2028\n{}\x1b[31mxxx")
    assert len(found.comment) == 2000


def test_a_folder_that_takes_nothing_says_so(tmp_path):
    with pytest.raises(FeedbackUnavailable, match="rights of the data folder"):
        FeedbackStore(tmp_path / "absent").record(given_of())
    (tmp_path / "feedback.jsonl").mkdir()
    with pytest.raises(FeedbackUnavailable, match="could not be read"):
        FeedbackStore(tmp_path).all()


def test_newest_first_and_without_what_was_taken_back():
    found = [given_of("a", "up"), given_of("b", minutes=5), given_of("c", "withdrawn", minutes=9)]
    assert [item.id for item in newest(found)] == ["b", "a"]
    assert [item.id for item in newest(found, only_down=True)] == ["b"]


def test_every_reason_has_a_text():
    for language in ("en", "nl", "de"):
        texts = [
            WordingBook.bundled().of(language)(f"feedback_reason_{reason}") for reason in REASONS
        ]
        assert len(set(texts)) == len(REASONS)


@given(st.text())
def test_one_line_steers_no_terminal(text):
    line = one_line(text, 50)
    assert len(line) <= 50
    assert not any(
        ord(c) < 32 or 0x7F <= ord(c) < 0xA0 or c in "\u2028\u2029\u202e\u2066\u061c\u200f"
        for c in line
    )
    assert one_line(line, 50) == line


def test_one_line_keeps_what_words_need():
    assert one_line("  می‌خواهم \n\t x\u202e\x1b[2Jy ", 40) == "می‌خواهم x[2Jy"
    assert one_line("abcdef", 4) == "abc…"


# The command


def listed(monkeypatch, capsys, tmp_path, *arguments):
    monkeypatch.setenv("BRONWIJZER_DATA", str(tmp_path))
    commands.feedback(*arguments)
    return capsys.readouterr().out


def test_the_command_lists_newest_first_and_obeys_no_control_character(
    store, monkeypatch, capsys, tmp_path
):
    hostile = replace(ANSWER, question="Rood\x1b[31m\nThumbs up\x9b2J\u202e?")
    store.record(feedback_on(hostile, "b", Opinion("up", (), "\x1b]0;title\x07"), "e5", NOON))
    store.record(given_of("c", minutes=3, reasons=("wrong", "incomplete")))
    out = listed(monkeypatch, capsys, tmp_path, False, False)
    assert out.index("Klopt niet.") < out.index("Rood")
    assert "thumbs down: the answer is wrong, something is missing" in out
    assert "  Question: Rood[31m Thumbs up2J?" in out
    assert "2026-11-2" in out
    assert not set("\x1b\x07\x9b\u202e") & set(out)
    assert "Rood" not in listed(monkeypatch, capsys, tmp_path, False, True)


def test_the_command_as_json_is_ascii_and_whole(store, monkeypatch, capsys, tmp_path):
    store.record(given_of(comment="Zoë \x9b\u202e"))
    out = listed(monkeypatch, capsys, tmp_path, True, False)
    assert out.isascii()
    data = json.loads(out)
    assert data["dropped"] == 0
    assert data["feedback"][0]["comment"] == "Zoë \x9b\u202e"
    assert data["feedback"][0]["text"] == ANSWER.text


def test_the_command_says_where_there_is_nothing_and_what_went(monkeypatch, capsys, tmp_path):
    assert "no feedback yet" in listed(monkeypatch, capsys, tmp_path, False, False)
    store = FeedbackStore(tmp_path, most_bytes=3000)
    for number in range(30):
        store.record(given_of(str(number), "up"))
    out = listed(monkeypatch, capsys, tmp_path, False, False)
    assert f"{store.dropped()} older ones gave way to newer: feedback_megabytes is 20." in out
    assert "Nobody gave a thumbs down." in listed(monkeypatch, capsys, tmp_path, False, True)


class OwnerGone:
    """Keeps nothing, as a process that only reads while its owner is away."""

    def __init__(self):
        self.asked = []

    def record(self, feedback):
        self.asked.append(feedback.collection)
        raise FeedbackUnavailable("No process serves as the owner.")


def test_an_opinion_that_cannot_be_kept_is_told_and_can_be_given_again():
    events = ChatEvents(
        corpora_for=lambda request: SimpleNamespace(may_read=lambda name: True),
        book=WordingBook.bundled(),
        feedback=OwnerGone(),
        recent=RecentHistories(),
        status=lambda: None,
        suggestions=lambda language: (),
        may_enter_library=lambda request: False,
        reception=None,
        fingerprint=lambda: "e5",
    )
    turn = Turn(question="Who?", answer="She.", kind="quoted", verdict="down")
    conversation = Conversation(turns=(turn,), collection="hr")
    request = SimpleNamespace(headers={}, request=SimpleNamespace())
    skipped = gr.skip()
    with pytest.warns(UserWarning, match="could not be kept just now"):
        changed = events.rate(conversation, SimpleNamespace(index=1, liked=True), request)
    assert changed == (skipped,) * 4
    assert events.feedback.asked == ["hr"]
    with pytest.warns(UserWarning, match="could not be kept just now"):
        assert events.explain(conversation, ["wrong"], "no", request) == (skipped,) * 3
