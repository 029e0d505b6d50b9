"""The queue for the language model: its places, its order, and who gives up."""

import threading

import pytest

from assistant.errors import Busy
from assistant.model_queue import ModelQueue


def test_answers_have_the_model_in_the_order_in_which_they_ask():
    queue = ModelQueue(at_once=1, waiting=2)
    first, second, third = (queue.place() for _ in range(3))
    assert list(first.turn()) == []
    waits = second.turn(), third.turn()
    assert [next(wait) for wait in waits] == [1, 2]
    assert queue.waiting == 2
    with first:
        pass
    assert list(waits[0]) == []
    assert next(waits[1]) == 1
    with second:
        pass
    assert list(waits[1]) == []


def test_a_question_beyond_the_places_is_told_so_and_a_place_left_is_free():
    queue = ModelQueue(at_once=1, waiting=0)
    with queue.place():
        with pytest.raises(Busy, match="answers_at_once and answers_waiting") as raised:
            queue.place()
    assert raised.value.retry_seconds > 0
    queue.place()


def test_who_gives_up_waiting_leaves_the_line_to_the_others():
    queue = ModelQueue(at_once=1, waiting=2)
    using, leaving, staying = (queue.place() for _ in range(3))
    assert list(using.turn()) == []
    with leaving:
        next(leaving.turn())
        wait = staying.turn()
        assert next(wait) == 2
    assert next(wait) == 1


def test_an_answer_that_needs_no_model_holds_up_none():
    queue = ModelQueue(at_once=1, waiting=1)
    queue.place()
    assert list(queue.place().turn()) == []


def test_a_turn_that_comes_wakes_who_waits_for_it():
    queue = ModelQueue(at_once=1, waiting=1)
    using, waiting = queue.place(), queue.place()
    assert list(using.turn()) == []
    ended, begun = [], threading.Event()

    def wait():
        for before in waiting.turn():
            ended.append(before)
            begun.set()
        ended.append(0)

    thread = threading.Thread(target=wait)
    thread.start()
    assert begun.wait(10)
    with using:
        pass
    thread.join(10)
    assert (ended[0], ended[-1]) == (1, 0)
