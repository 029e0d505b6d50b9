"""A server whose model is slow, with many answers open: what still works, and who is refused."""

import asyncio
import json
from contextlib import AsyncExitStack

import httpx
import pytest

from assistant.build import opened
from assistant.settings import Settings
from tests.corpora import write_texts
from tests.scripted import openai_server
from tests.test_cli import serving

OPEN = 60
QUESTION = {"question": "Who leads the works on the quay?"}
CHAT = {"model": "bronwijzer", "messages": [{"role": "user", "content": QUESTION["question"]}]}
EVENTS = {"Accept": "text/event-stream"}
FROM_ELSEWHERE = {"X-Forwarded-For": "203.0.113.9"}
QUICK = 15
"""Seconds: on a busy machine, yet far below what an answer here takes."""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """An address, and the model behind it, which is silent for a minute; room for 60 answers."""
    folder = tmp_path_factory.mktemp("busy")
    with opened(Settings(data=folder / "data", model="none")) as installation:
        list(installation.corpus.sync([write_texts(folder / "texts")]))
    (folder / "bronwijzer.toml").write_text(
        f"answers_waiting = {OPEN - 2}\nquestions_per_minute = 2\nanswer_threshold = 0.1\n"
        "embeds.hr.language = 'nl'\nembeds.few.language = 'de'\nembed_questions_per_day = 1\n",
        "utf-8",
    )
    with openai_server() as model:
        model.delay = 60.0
        values = {"BRONWIJZER_MODEL": "m", "BRONWIJZER_MODEL_URL": model.url}
        values["BRONWIJZER_REMEMBERED_REPLIES"] = "0"
        values["BRONWIJZER_STOP_SECONDS"] = "0"
        with serving(folder, **values) as address:
            yield address, model


async def first_snapshots(lines):
    """Read the evidence, and the snapshot behind it that says whether the answer waits."""
    found = []
    async for line in lines:
        if line.startswith("data:"):
            found.append(json.loads(line.removeprefix("data:")))
        if len(found) == 2 or (found and line.startswith(":")):
            return found
    raise AssertionError("the stream ended")


async def figure(client, name):
    lines = (await client.get("/metrics")).text.splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith(f"{name} "))


async def idle(client):
    """Wait until no answer is being made."""
    for _ in range(400):
        if await figure(client, "bronwijzer_answers_running") == 0:
            return
        await asyncio.sleep(0.02)
    raise AssertionError("answers go on for nobody")


async def opened_answers(client, stack, count):
    asked = [client.stream("POST", "/api/ask", json=QUESTION, headers=EVENTS) for _ in range(count)]
    streams = await asyncio.gather(*map(stack.enter_async_context, asked))
    # An iterator that nobody holds any more would end its connection.
    lines = [stream.aiter_lines() for stream in streams]
    stack.callback(lines.clear)
    return await asyncio.gather(*map(first_snapshots, lines))


async def refusals(client):
    """Ask by each way in, of a server that has no place left."""
    as_json = await client.post("/api/ask", json=QUESTION)
    streamed = await client.post("/api/v1/ask", json=QUESTION, headers=EVENTS)
    for refused in (as_json, streamed):
        assert refused.status_code == 503 and int(refused.headers["retry-after"]) > 0
        assert "answers_waiting" in refused.json()["error"]
    for stream in (False, True):
        protocol = await client.post("/v1/chat/completions", json={**CHAT, "stream": stream})
        assert protocol.status_code == 503 and int(protocol.headers["retry-after"]) > 0
        assert protocol.json()["error"]["code"] == "busy"
    embedded = await client.post("/embed/hr/ask", json=QUESTION)
    assert embedded.status_code == 503 and "te veel vragen" in embedded.json()["error"]


async def filled(address, model):
    limits = httpx.Limits(max_connections=200)
    async with httpx.AsyncClient(base_url=address, timeout=120, limits=limits) as client:
        async with AsyncExitStack() as stack:
            shown = await opened_answers(client, stack, OPEN)
            assert all(snapshots[0]["evidence"] for snapshots in shown)
            places = sorted(snapshots[-1]["waiting"] for snapshots in shown)
            assert places[0] == places[1] == 0 and 0 < places[2] and places[-1] > OPEN // 2
            assert await figure(client, "bronwijzer_answers_running") == OPEN
            assert await figure(client, "bronwijzer_answers_waiting") == OPEN - 2
            for path in ("/healthz", "/", "/source/1", "/readyz", "/library/"):
                assert (await client.get(path, timeout=QUICK)).status_code == 200
            found = await client.post("/api/search", json=QUESTION, timeout=QUICK)
            assert found.json()["passages"]
            await refusals(client)
        await idle(client)


def test_with_60_answers_open_all_else_works_and_one_more_is_told_that_it_is_busy(site):
    address, model = site
    asyncio.run(filled(address, model))
    # Two were being answered when all readers left; those who waited never came to the model.
    assert len(model.requests) < OPEN // 2


def test_a_reader_who_leaves_without_a_stream_frees_the_place_too(site):
    async def leave():
        async with httpx.AsyncClient(base_url=site[0], timeout=60) as client:
            with pytest.raises(httpx.ReadTimeout):
                await client.post("/api/ask", json=QUESTION, timeout=2)
            await idle(client)

    asyncio.run(leave())


def test_a_client_that_asks_too_often_is_told_when_to_come_back(site):
    address, _ = site
    for _ in range(2):
        found = httpx.post(f"{address}/api/search", json=QUESTION, headers=FROM_ELSEWHERE)
        assert found.status_code == 200
    refused = httpx.post(f"{address}/api/search", json=QUESTION, headers=FROM_ELSEWHERE)
    assert refused.status_code == 429 and 0 < int(refused.headers["retry-after"]) <= 60
    assert "setting questions_per_minute" in refused.json()["error"]
    protocol = httpx.post(f"{address}/v1/chat/completions", json=CHAT, headers=FROM_ELSEWHERE)
    assert protocol.status_code == 429
    assert protocol.json()["error"]["code"] == "rate_limit_exceeded"
    # From no trusted proxy, another address in the header makes no other client.
    other = httpx.post(f"{address}/api/search", json=QUESTION, headers={"X-Forwarded-For": "::9"})
    assert other.status_code == 429
    assert httpx.post(f"{address}/api/search", json=QUESTION).status_code == 200


def test_an_embed_tells_in_its_language_that_its_day_is_over(site):
    address, _ = site
    with httpx.stream("POST", f"{address}/embed/few/ask", json=QUESTION, timeout=60) as first:
        assert first.status_code == 200
    refused = httpx.post(f"{address}/embed/few/ask", json=QUESTION)
    assert refused.status_code == 429 and "Es kamen mehr Fragen" in refused.json()["error"]


async def page_event(client, session, number, data):
    """Have an event of the chat page done, as the page itself does; gives its messages."""
    body = {"data": data, "fn_index": number, "session_hash": session}
    (await client.post("/gradio_api/queue/join", json=body)).raise_for_status()
    where = {"session_hash": session}
    async with client.stream("GET", "/gradio_api/queue/data", params=where) as response:
        async for line in response.aiter_lines():
            if line.startswith("data:"):
                yield json.loads(line.removeprefix("data:"))


async def pages(address):
    limits = httpx.Limits(max_connections=200)
    async with httpx.AsyncClient(base_url=address, timeout=60, limits=limits) as client:
        parts = (await client.get("/config")).json()["dependencies"]
        numbers = {part["api_name"]: part["id"] for part in parts}

        def asking(session):
            return page_event(client, session, numbers["ask"], [QUESTION["question"], None])

        async def evidence(messages):
            async for message in messages:
                if "leidt de werkzaamheden" in str(message.get("output")):
                    return
            raise AssertionError("no evidence came")

        asked = [asking(f"reader{number}") for number in range(OPEN)]
        await asyncio.gather(*map(evidence, asked))
        async with asyncio.timeout(QUICK):
            greeted = [m async for m in page_event(client, "other", numbers["greet"], [])]
        assert any("process_completed" == message["msg"] for message in greeted)
        turned_away = [str(message) async for message in asking("late")]
        assert any("Too many questions" in message for message in turned_away)


def test_with_60_answers_open_on_the_chat_page_other_readers_are_served(site):
    asyncio.run(pages(site[0]))
