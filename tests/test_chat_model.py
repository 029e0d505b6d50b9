"""The one model adapter, against a loopback server."""

import socket

import pytest

from assistant.chat_model import Ending
from assistant.errors import ModelUnavailable
from assistant.openai_model import OpenAIChatModel
from assistant.types import Message
from tests.scripted import chunk, openai_server, returned

QUESTION = [Message("system", "Be brief."), Message("user", "Who leads it?")]


@pytest.fixture
def server():
    with openai_server() as server:
        yield server


def model_of(server, **values):
    return OpenAIChatModel(server.url, values.pop("name", "m"), "secret", **values)


def test_streams_the_reply_in_pieces(server):
    pieces = list(model_of(server, most_tokens=7).stream(QUESTION))
    assert "".join(pieces) == server.reply
    assert len(pieces) > 3
    headers, body = server.requests[0]
    assert headers["authorization"] == "Bearer secret"
    assert body["messages"][1] == {"role": "user", "content": "Who leads it?"}
    assert (body["model"], body["max_tokens"], body["temperature"]) == ("m", 7, 0.0)


def test_without_a_name_the_servers_first_model_is_taken(server):
    assert model_of(server, name="").name == "first-model"


def test_probability_is_shared_between_yes_and_no(server):
    server.first_tokens = {"Yes": 0.5, " yes": 0.1, "No": 0.2, "Maybe": 0.2}
    assert returned(model_of(server).probability(QUESTION, "Yes", "No")) == pytest.approx(0.75)


def test_a_server_without_probabilities_gives_none(server):
    server.first_tokens = {}
    assert returned(model_of(server).probability(QUESTION, "Yes", "No")) is None


@pytest.mark.parametrize(
    ("status", "remedy"), [(401, "model_key"), (404, "model_url"), (500, "500")]
)
def test_a_refusal_names_the_remedy(server, status, remedy):
    server.status = status
    with pytest.raises(ModelUnavailable, match=remedy):
        list(model_of(server).stream(QUESTION))


def test_a_dead_server_names_the_remedy(server):
    url = server.url.replace(str(server.server_address[1]), "1")
    with pytest.raises(ModelUnavailable, match="start the server, or correct model_url"):
        returned(OpenAIChatModel(url, "m", "").probability(QUESTION, "Yes", "No"))
    with pytest.raises(ModelUnavailable, match="start the server, or correct model_url"):
        list(OpenAIChatModel(url, "m", "").stream(QUESTION))


def test_loopback_ignores_proxies(server, monkeypatch):
    for variable in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(variable, "http://127.0.0.1:1")
    assert "".join(model_of(server).stream(QUESTION)) == server.reply


def test_the_host_is_named_only_where_text_leaves_the_machine(server):
    assert model_of(server).host == ""
    assert OpenAIChatModel("https://models.example.org/v1", "m", "").host == "models.example.org"


@pytest.mark.parametrize(
    "line",
    [
        chunk(None),
        chunk({"content": ["a", "b"]}),
        chunk({"content": 7}),
        chunk("text"),
        "[1]",
        "null",
        '{"choices": 5}',
        '{"choices": [',
        "[" * 100_000,
    ],
)
def test_what_is_not_in_the_form_of_the_protocol_is_an_error_that_says_so(server, line):
    server.raw = [chunk({"content": "It"}), line]
    with pytest.raises(ModelUnavailable, match="OpenAI's protocol"):
        list(model_of(server).stream(QUESTION))


@pytest.mark.parametrize(
    ("reason", "ending"),
    [
        (None, Ending.UNTOLD),
        ("stop", Ending.COMPLETE),
        ("length", Ending.LENGTH),
        ("content_filter", Ending.FILTERED),
    ],
)
def test_the_end_of_a_reply_is_told(server, reason, ending):
    server.finish_reason = reason
    assert returned(model_of(server).stream(QUESTION)) is ending


@pytest.mark.parametrize("delta", [{"content": "words "}, {"role": "assistant"}])
def test_a_server_that_does_not_stop_is_read_no_further(server, delta):
    def endless():
        while True:
            yield chunk(delta)

    server.raw = endless()
    read = []

    def reading():
        read.append((yield from model_of(server, most_tokens=20).stream(QUESTION)))

    assert len("".join(reading())) in (0, 160)
    assert read == [Ending.LENGTH]


def test_what_a_model_thinks_first_is_not_shown(server):
    server.reply = "\n<think>Who leads it? [1] says so.</think>\n\nDittrich leads it [1]."
    assert "".join(model_of(server).stream(QUESTION)).strip() == "Dittrich leads it [1]."


def test_a_model_that_thinks_to_the_end_was_cut_off(server):
    server.reply = "<think>Who leads it?"
    pieces = model_of(server).stream(QUESTION)
    assert returned(pieces) is Ending.LENGTH


def test_halves_of_a_character_are_joined(server):
    server.raw = [chunk({"content": piece}) for piece in ("a\ud83d", "\ude00b", "\ude00c\ud83d")]
    assert "".join(model_of(server).stream(QUESTION)) == "a😀b�c�"


def ends_with_its_reader(name, begin, asked):
    """Begin with a silent server, see what it is asked, leave, and see the connection end."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
        steps = begin(OpenAIChatModel(url, name, ""))
        assert not next(steps)
        connection, _ = listener.accept()
        with connection:
            connection.settimeout(20)
            assert asked in connection.recv(65536)
            steps.close()
            return connection.recv(1) == b""


def test_a_reader_who_leaves_while_a_probability_is_awaited_frees_the_model():
    def begin(model):
        return model.probability(QUESTION, "Yes", "No")

    assert ends_with_its_reader("m", begin, b"Who leads it?")


def test_a_silent_model_is_told_to_stop_as_soon_as_nobody_waits_for_it():
    assert ends_with_its_reader("m", lambda model: model.stream(QUESTION), b"Who leads it?")


def test_a_server_that_does_not_name_its_models_keeps_nobody_waiting():
    assert ends_with_its_reader("", lambda model: model.stream(QUESTION), b"/v1/models")


def test_the_servers_first_model_is_asked_where_none_is_chosen(server):
    model = model_of(server, name="")
    assert "".join(model.stream(QUESTION)) == server.reply
    assert server.requests[0][1]["model"] == "first-model"


def test_comments_do_not_put_off_the_timeout(server):
    server.is_stuck = True
    with pytest.raises(ModelUnavailable, match="model_timeout"):
        list(model_of(server, timeout=0.3).stream(QUESTION))
