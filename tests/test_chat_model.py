"""The one model adapter, against a loopback server."""

import socket

import pytest

from assistant.errors import ModelUnavailable
from assistant.openai_model import OpenAIChatModel
from assistant.types import Message
from tests.scripted import openai_server

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
    assert model_of(server).probability(QUESTION, "Yes", "No") == pytest.approx(0.75)


def test_a_server_without_probabilities_gives_none(server):
    server.first_tokens = {}
    assert model_of(server).probability(QUESTION, "Yes", "No") is None


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
        OpenAIChatModel(url, "m", "").probability(QUESTION, "Yes", "No")


def test_loopback_ignores_proxies(server, monkeypatch):
    for variable in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(variable, "http://127.0.0.1:1")
    assert "".join(model_of(server).stream(QUESTION)) == server.reply


def test_the_host_is_named_only_where_text_leaves_the_machine(server):
    assert model_of(server).host == ""
    assert OpenAIChatModel("https://models.example.org/v1", "m", "").host == "models.example.org"


def test_a_silent_model_is_told_to_stop_as_soon_as_nobody_waits_for_it():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
        pieces = OpenAIChatModel(url, "m", "").stream(QUESTION)
        assert next(pieces) == ""
        connection, _ = listener.accept()
        with connection:
            connection.settimeout(20)
            assert b"Who leads it?" in connection.recv(65536)
            pieces.close()
            assert connection.recv(1) == b""
