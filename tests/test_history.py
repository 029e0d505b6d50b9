"""What a browser keeps of conversations, and what comes back from one."""

import json

import pytest

from assistant.history import Conversation, History, Turn
from assistant.recent_histories import RecentHistories


def conversation(*questions, **values):
    turns = tuple(Turn(question=question, answer=f"To {question}") for question in questions)
    return Conversation(turns=turns, **values)


def test_what_is_kept_comes_back_as_it_was():
    history = History().with_conversation(conversation("One?", "Two?"))
    kept = json.loads(json.dumps(history.write()))
    assert History.read(kept) == history
    assert History.read(kept).current.title == "One?"


@pytest.mark.parametrize(
    "kept", [{}, None, [], "x", {"conversations": 3}, {"conversations": [{"turns": [{"id": 1}]}]}]
)
def test_whatever_else_comes_back_counts_as_nothing_kept(kept):
    read = History.read(kept)
    assert (read.conversations, read.open) == ((), "")


def test_the_latest_conversation_comes_first_and_is_open():
    first, second = conversation("One?"), conversation("Two?")
    history = History().with_conversation(first).with_conversation(second).with_conversation(first)
    assert [kept.title for kept in history.conversations] == ["One?", "Two?"]
    assert history.current == first
    assert history.model_copy(update={"open": "gone"}).current.turns == ()


def test_a_new_conversation_is_not_kept_before_it_has_a_question():
    history = History().with_conversation(Conversation())
    assert history.conversations == ()


def test_what_is_kept_is_bounded_and_the_open_conversation_stays():
    history = History()
    for number in range(40):
        history = history.with_conversation(conversation(f"Question {number}?"))
    assert len(history.conversations) == 30
    long = Turn(question="Long?", answer="x", shown="y" * 20_000, evidence="z" * 20_000)
    turns = tuple(long.model_copy(update={"id": str(number)}) for number in range(100))
    history = history.with_conversation(Conversation(turns=turns))
    assert history.current.turns[-1].id == "99"
    assert 10 < len(history.current.turns) < 100
    assert len(json.dumps(history.write())) < 1_400_000


def test_only_answered_questions_are_followed_up_on():
    failed = Turn(question="Broken?", shown="It did not work.")
    known = conversation("One?").with_turn(failed)
    assert [message.content for message in known.messages] == ["One?", "To One?"]


def test_a_turn_takes_the_place_of_the_one_with_its_id():
    known = conversation("One?", "Two?")
    grown = known.turns[0].model_copy(update={"answer": "Longer"})
    assert [turn.answer for turn in known.with_turn(grown).turns] == ["Longer", "To Two?"]
    assert [turn.verdict for turn in known.rated(1, "down").turns] == ["", "down"]
    assert known.before(1).turns == known.turns[:1]
    assert known.before(-1).turns == ()


def test_a_title_is_one_short_line():
    title = conversation("Why\n" + "so " * 100).title
    assert len(title) <= 60 and "\n" not in title and title.endswith("…")


def test_ids_cannot_be_guessed():
    assert len({Conversation().id for _ in range(100)}) == 100
    assert len(Turn(question="?").id) >= 16


def test_two_tabs_of_a_browser_keep_what_each_has_asked():
    recent, loaded = RecentHistories(), History()
    first, second = conversation("One?"), conversation("Two?")
    recent.keep(loaded, first)
    kept = recent.keep(loaded, second)
    assert [item.title for item in kept.conversations] == ["Two?", "One?"]
    assert kept.open == second.id
    longer = first.with_turn(Turn(question="And?", answer="So."))
    recent.keep(loaded, longer)
    kept = recent.keep(loaded.with_conversation(first), second)
    assert [len(item.turns) for item in kept.conversations] == [1, 2]


def test_another_browser_gets_nothing_of_it():
    recent = RecentHistories()
    recent.keep(History(), conversation("One?"))
    kept = recent.keep(History(), conversation("Two?"))
    assert [item.title for item in kept.conversations] == ["Two?"]


def test_what_was_deleted_is_not_kept_on_the_server():
    recent, loaded = RecentHistories(), History()
    recent.keep(loaded, conversation("One?"))
    empty = recent.forget(loaded)
    kept = recent.keep(empty, conversation("Two?"))
    assert [item.title for item in kept.conversations] == ["Two?"]


def test_the_server_remembers_a_bounded_amount():
    recent = RecentHistories(most_characters=3000)
    first, second = History(), History()
    long = Conversation(turns=(Turn(question="x" * 2000, answer="y"),))
    recent.keep(first, long)
    recent.keep(second, long.model_copy(update={"id": "other"}))
    assert len(recent.keep(first, conversation("One?")).conversations) == 1
    assert len(recent.keep(second, conversation("Two?")).conversations) == 2


def test_the_server_remembers_a_bounded_number_of_browsers():
    recent = RecentHistories(most_browsers=2)
    browsers = [History() for _ in range(3)]
    recent.keep(browsers[0], conversation("One?"))
    for browser in browsers[1:]:
        recent.keep(browser, Conversation())
    assert len(recent.keep(browsers[0], conversation("Two?")).conversations) == 1
