"""The assistant as a model of OpenAI's protocol, asked by OpenAI's own client."""

import threading
import time
from contextlib import contextmanager
from dataclasses import replace

import httpx
import openai
import pytest
import uvicorn

from assistant.chat_model import Ending
from assistant.growing_text import GrowingText, without_additions
from assistant.types import Answer, Citation, Kind
from assistant.wording import WordingBook
from tests.scripted import ScriptedModel
from tests.test_server import running

BOOK = WordingBook.bundled()
QUESTION = {"role": "user", "content": "Who leads the works on the quay?"}
REPLY = "Saskia Dorrestein leads the works [1]."


@contextmanager
def listening(app):
    """Serve on a free loopback port."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, lifespan="off", log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The address, and the assistant behind it."""
    with running(tmp_path_factory.mktemp("openai")) as (client, installation):
        with listening(client.app) as address:
            yield address, installation.assistant


@pytest.fixture
def client(site):
    with openai.OpenAI(base_url=f"{site[0]}/v1", api_key="none", max_retries=0) as client:
        yield client


@pytest.fixture
def model(site):
    """A language model in use for one test."""
    model = ScriptedModel()
    site[1].use(model)
    yield model
    site[1].use(None)


def complete(client, *messages, **parameters):
    return client.chat.completions.create(
        model="bronwijzer", messages=list(messages) or [QUESTION], **parameters
    )


def streamed(client, **parameters):
    """The text of a stream, and what came with its last delta that held more than text."""
    text, told, finish, usage = "", {}, None, None
    for chunk in complete(client, stream=True, **parameters):
        usage = chunk.usage
        for choice in chunk.choices:
            text += choice.delta.content or ""
            told = choice.delta.model_extra or told
            finish = choice.finish_reason
    return text, told, finish, usage


def test_the_assistant_is_the_one_model(client):
    assert [model.id for model in client.models.list()] == ["bronwijzer"]
    assert client.models.retrieve("bronwijzer").owned_by == "bronwijzer"
    for call in (lambda: client.models.retrieve("x"), lambda: client.models.retrieve("a b")):
        with pytest.raises(openai.NotFoundError) as caught:
            call()
        assert caught.value.code == "model_not_found"


def test_each_collection_is_a_model(tmp_path):
    with running(tmp_path) as (client, installation):
        installation.corpora.create("hr")
        list(installation.corpora.corpus("hr").sync([tmp_path / "texts" / "urlaub.txt"]))
        with listening(client.app) as address:
            with openai.OpenAI(base_url=f"{address}/v1", api_key="none", max_retries=0) as client:
                assert [m.id for m in client.models.list()] == ["bronwijzer", "bronwijzer/hr"]
                assert client.models.retrieve("bronwijzer/hr").id == "bronwijzer/hr"
                for name in ("bronwijzer/documents", "bronwijzer/", "bronwijzer/.."):
                    with pytest.raises(openai.NotFoundError, match="'bronwijzer/hr'"):
                        client.chat.completions.create(model=name, messages=[QUESTION])
                asked = {"role": "user", "content": "Wie viele Tage Urlaub gibt es im Jahr?"}
                answer = client.chat.completions.create(model="bronwijzer/hr", messages=[asked])
            assert answer.model == "bronwijzer/hr"
            text = answer.choices[0].message.content
            assert "30 Tage Urlaub" in text and "?collection=hr" in text
            assert "kade" not in text


def test_an_answer_cites_with_links_that_lead_to_the_sentence(client):
    completion = complete(client)
    message = completion.choices[0].message
    assert completion.choices[0].finish_reason == "stop"
    assert completion.usage.total_tokens == 0
    assert "**Sources**" in message.content and "- [1] kade: http://127.0.0.1" in message.content
    first = message.annotations[0].url_citation
    assert message.content[first.start_index : first.end_index] == "[1]"
    assert first.title == "kade"
    findings = message.model_extra["bronwijzer"]
    assert findings["refused"] is False and findings["kind"] == "quoted"
    page = httpx.get(first.url)
    assert f'<mark id="cited">{findings["citations"][0]["quote"]}</mark>' in page.text


def test_a_stream_says_what_a_whole_answer_says(client, model):
    for _ in range(2):
        model.enqueue(REPLY)
    message = complete(client).choices[0].message
    text, told, finish, usage = streamed(client, stream_options={"include_usage": True})
    assert text == message.content and text.startswith(REPLY)
    assert told["annotations"] == [item.model_dump() for item in message.annotations]
    assert told["bronwijzer"] == message.model_extra["bronwijzer"]
    assert finish == "stop" and usage.total_tokens == 0


@pytest.mark.parametrize(
    ("ending", "reason"), [(Ending.LENGTH, "length"), (Ending.FILTERED, "content_filter")]
)
def test_an_answer_that_was_cut_off_tells_what_cut_it(client, model, ending, reason):
    model.ending = ending
    for _ in range(2):
        model.enqueue(REPLY)
    assert complete(client).choices[0].finish_reason == reason
    assert streamed(client)[2] == reason


def test_what_the_documents_do_not_say_is_refused_in_the_language_of_the_question(client):
    asked = {"role": "user", "content": "Wat is de hoofdstad van Peru?"}
    message = complete(client, asked).choices[0].message
    assert message.content.startswith("Dat staat niet in de documenten.")
    assert "Bronnen" not in message.content and message.annotations == []
    assert message.model_extra["bronwijzer"]["refused"] is True


def test_earlier_messages_are_the_history_without_their_lists(client, model):
    earlier = {"role": "assistant", "content": f"{REPLY}\n\n**Sources**\n\n- [1] kade: http://x"}
    # A follow-up is rewritten first.
    model.enqueue("How much do the works on the quay cost?")
    model.enqueue("It costs 4.2 million euros [1].")
    asked = {"role": "user", "content": [{"type": "text", "text": "How much do the works cost?"}]}
    complete(client, QUESTION, earlier, asked)
    prompt = model.history[-1]
    assert [message.content for message in prompt[1:3]] == [QUESTION["content"], REPLY[:-5] + "."]
    assert "How much do the works cost?" in prompt[-1].content


def test_instructions_are_not_followed_and_that_is_told(client, model):
    model.enqueue(REPLY)
    system = {"role": "system", "content": "Speak like a pirate."}
    message = complete(client, system, QUESTION).choices[0].message
    assert "pirate" not in str(model.history)
    assert "not followed" in message.model_extra["bronwijzer"]["remarks"][-1]
    assert "not followed" not in message.content


@pytest.mark.parametrize(
    ("parameters", "param"),
    [
        ({"n": 2}, "n"),
        ({"n": True}, "n"),
        ({"logprobs": True}, "logprobs"),
        ({"logprobs": 0}, "logprobs"),
        ({"top_logprobs": False}, "top_logprobs"),
        ({"tools": [{"type": "function", "function": {"name": "f"}}]}, "tools"),
        ({"response_format": {"type": "json_object"}}, "response_format"),
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "messages.0"),
        ({"messages": [{"role": "system", "content": "x"}]}, "messages"),
        ({"messages": [{"role": "user", "content": " "}]}, "messages.0.user.content"),
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url"}]}]},
            "messages.0.user.content",
        ),
    ],
    ids=str,
)
@pytest.mark.parametrize("stream", [False, True])
def test_what_is_not_supported_is_refused_in_openais_shape(client, parameters, param, stream):
    values = {"model": "bronwijzer", "messages": [QUESTION], "stream": stream, **parameters}
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(**values)
    assert caught.value.param == param
    assert caught.value.type == "invalid_request_error" and caught.value.body["message"]


def test_parameters_without_effect_are_taken(client):
    completion = complete(client, temperature=0.2, max_tokens=5, seed=1, user="me", stop=["x"])
    assert completion.choices[0].message.content
    assert complete(client, n=1, tools=[], response_format={"type": "text"}).choices


def test_another_model_is_not_here(client):
    with pytest.raises(openai.NotFoundError, match="there are: 'bronwijzer'"):
        client.chat.completions.create(model="gpt-5", messages=[QUESTION])


def test_other_addresses_and_bodies_fail_in_openais_shape(site):
    for method, path, status in (("GET", "chat/completions", 405), ("GET", "nowhere", 404)):
        answer = httpx.request(method, f"{site[0]}/v1/{path}")
        assert answer.status_code == status and answer.json()["error"]["message"]
    answer = httpx.post(f"{site[0]}/v1/chat/completions", content="{}")
    assert answer.status_code == 415 and answer.json()["error"]["type"] == "invalid_request_error"


CITED = Citation(1, 7, "a.txt", "A [x](http://evil)\n<b>", "p. 2", "en", 3, 9, "It *is* so.")


def snapshot(text, kind=Kind.WRITTEN, done=False, citations=(CITED,), language="en"):
    return Answer("q", language, kind, text, citations=citations, done=done)


def grown(*snapshots):
    text = GrowingText(BOOK, "http://here/")
    pieces = [text.grow(answer) for answer in snapshots]
    assert "".join(pieces) == text.text
    return text, pieces


def test_text_grows_and_ends_with_its_sources():
    whole = snapshot("It is so [1].", done=True)
    text, pieces = grown(snapshot(""), snapshot("It is "), snapshot("It is so"), whole)
    assert pieces[:3] == ["", "It is", " so"]
    assert not text.corrected
    line = "- [1] A [x] (http://evil) < b>, p. 2: “It *is* so.” http://here/source/7?start=3&end=9"
    assert text.text == f"It is so [1].\n\n**Sources**\n\n{line}#cited"
    ((place, citation),) = text.marks(whole)
    assert text.text[place.start : place.end] == "[1]" and citation is CITED


def test_a_link_leads_into_the_collection_of_its_sentence():
    text = GrowingText(BOOK, "http://here/")
    assert text.link(replace(CITED, collection="hr")) == (
        "http://here/source/7?collection=hr&start=3&end=9#cited"
    )


def test_what_is_taken_back_is_followed_by_a_correction():
    last = snapshot("Dat staat er niet.", Kind.REFUSED, True, (), "nl")
    text, _ = grown(snapshot("It is so [1]."), last)
    assert text.corrected
    assert text.text.startswith("It is so [1].\n\n**Correctie: ")
    assert text.text.endswith("\n\nDat staat er niet.")
    assert without_additions(text.text, BOOK) == "Dat staat er niet."


def test_marks_behind_a_correction_are_found_at_their_place():
    last = snapshot("The documents say:\n\n“It *is* so.” [1]", Kind.QUOTED, True)
    text, _ = grown(snapshot("It is [1] so [1]."), last)
    ((place, _),) = text.marks(last)
    assert text.text[place.start - 2 : place.end] == "” [1]"
    assert text.text.index("The documents say:") < place.start


def test_a_refusal_before_anything_was_shown_needs_no_correction():
    text, pieces = grown(snapshot("", Kind.REFUSED), snapshot("No.", Kind.REFUSED, True, ()))
    assert text.text == "No." and pieces == ["", "No."] and not text.corrected
