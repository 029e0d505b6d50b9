"""Where questions come in: how an answer that is left ends, and how many a client may have open."""

import asyncio
import threading
from contextlib import aclosing
from types import SimpleNamespace

import gradio as gr
import pytest
from starlette.requests import Request

from assistant.chat_events import ChatEvents
from assistant.errors import Busy
from assistant.history import Conversation
from assistant.model_queue import ModelQueue
from assistant.rates import RateBounds, Rates
from assistant.reception import EventForm, Reception
from assistant.shares import Shares
from assistant.wording import WordingBook

FORM = EventForm(lambda error: b"")


def reception(places=8):
    return Reception(places, Rates(RateBounds()))


def request(peer="192.0.2.7"):
    headers = [(b"host", b"localhost")]
    return Request({"type": "http", "client": (peer, 5000), "headers": headers})


def test_an_answer_that_is_cancelled_in_the_middle_of_a_step_leaves_its_place():
    queue = ModelQueue(at_once=1, waiting=0)
    begun, going_on = threading.Event(), threading.Event()

    def answer():
        with queue.place():
            begun.set()
            going_on.wait(20)
            yield "A"

    # Held here, so that it is not closed for having been forgotten.
    answers = answer()

    async def ask():
        async with aclosing(reception().drawn(answers)) as drawn:
            async for _ in drawn:
                pass

    async def cancel():
        task = asyncio.create_task(ask())
        await asyncio.to_thread(begun.wait, 20)
        task.cancel()
        # Time to be closed in, which must not be tried while the step runs.
        await asyncio.wait({task}, timeout=0.2)
        going_on.set()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel())
    with queue.place():
        pass


def test_a_client_has_a_share_of_the_places_and_others_have_theirs():
    shares = Shares(places=12)
    held = [shares.taken("a") for _ in range(3)]
    for one in held:
        one.__enter__()
    with pytest.raises(Busy, match="answers_waiting") as refused:
        shares.taken("a").__enter__()
    assert refused.value.retry_seconds > 0
    with shares.taken("b"):
        pass
    held[0].__exit__(None, None, None)
    with shares.taken("a"):
        pass


def test_a_person_with_two_tabs_is_answered_in_both_however_few_places_there_are():
    shares = Shares(places=1)
    with shares.taken("a"), shares.taken("a"):
        pass


def endless():
    while True:
        yield {}


def test_streams_that_are_open_count_until_they_are_left():
    async def ask():
        desk = reception(places=8)
        opened = [await desk.events(request(), endless(), FORM) for _ in range(2)]
        with pytest.raises(Busy):
            await desk.events(request(), endless(), FORM)
        with pytest.raises(Busy):
            await desk.last(request(), endless())
        opened.append(await desk.events(request("192.0.2.8"), endless(), FORM))
        await opened[0].source.aclose()
        opened[0] = await desk.events(request(), endless(), FORM)
        for response in opened:
            await response.source.aclose()

    asyncio.run(ask())


def test_whoever_asks_on_the_machine_itself_has_no_share():
    async def ask():
        desk = reception(places=8)
        opened = [await desk.events(request("127.0.0.1"), endless(), FORM) for _ in range(5)]
        for response in opened:
            await response.source.aclose()

    asyncio.run(ask())


def test_an_answer_on_the_chat_page_counts_too():
    desk = reception(places=8)
    events = ChatEvents(
        corpora_for=lambda request: SimpleNamespace(assistant=None),
        book=WordingBook.bundled(),
        feedback=None,
        recent=None,
        status=None,
        suggestions=None,
        may_enter_library=None,
        reception=desk,
        fingerprint=None,
    )

    async def ask():
        asked = events.ask("Who leads?", Conversation(), gr.Request(request()))
        return [grown async for grown, *_ in asked if isinstance(grown, Conversation)]

    with desk.share(request()), desk.share(request()):
        *_, last = asyncio.run(ask())
    assert "Too many questions are being answered" in last.turns[-1].shown
