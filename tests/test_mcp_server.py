"""The tools over the Model Context Protocol."""

import asyncio
import json
import sys
from contextlib import contextmanager

import pytest

from assistant.errors import AssistantError
from assistant.mcp_server import serve_tools
from assistant.mcp_tools import Tools
from assistant.settings import Settings
from assistant.types import Answer, Citation, DocumentText, Kind
from assistant.wording import WordingBook
from tests.corpora import write_texts
from tests.test_cli import environment_of, run, serving  # noqa: F401 - run is a fixture

CITED = Citation(1, 7, "a.txt", "A", "", "en", 0, 9, "It is so.")


class FixedDoor:
    """Answers what it was given, and remembers what it was asked."""

    def __init__(self, text="x"):
        self.text = text
        self.history = []

    def stream(self, question, history=(), documents=()):
        self.history.append((question, list(documents)))
        yield Answer(question, "en")
        kind = Kind.WRITTEN
        yield Answer(question, "en", kind, "So it is [1].", citations=(CITED,), done=True)

    def source(self, name):
        return DocumentText(7, name, "A", "en", self.text)


def tools(door):
    @contextmanager
    def enter(with_model):
        door.history.append(("entered", with_model))
        yield door

    return Tools(enter, WordingBook.bundled())


def test_an_answer_comes_with_its_sources():
    door = FixedDoor()
    told = asyncio.run(tools(door).ask("Is it so?", ["a.txt"]))
    assert door.history == [("entered", True), ("Is it so?", ["a.txt"])]
    assert told["answer"] == "So it is [1].\n\n**Sources**\n\n- [1] A: “It is so.”"
    assert told["refused"] is False and told["citations"][0]["quote"] == "It is so."
    assert json.dumps(told)


def test_a_long_document_is_read_in_parts():
    door, start, read = FixedDoor("x" * 30_000 + "y"), 0, ""
    while start is not None:
        part = asyncio.run(tools(door).read_source("a.txt", start))
        read, start = read + part["text"], part["next_start"]
    assert read == door.text and len(door.history) == 2
    assert asyncio.run(tools(door).read_source("a.txt", 10**9))["text"] == ""


def test_without_the_sdk_the_error_names_the_command(monkeypatch):
    monkeypatch.setitem(sys.modules, "mcp.server.fastmcp", None)
    monkeypatch.setitem(sys.modules, "mcp", None)
    with pytest.raises(AssistantError, match="pip install 'mcp>=1"):
        serve_tools(Settings())


def test_a_real_client_asks_through_the_owner_and_without_one(run, tmp_path):  # noqa: F811
    mcp = pytest.importorskip("mcp", reason="the extra 'mcp' is not installed")
    from mcp.client.stdio import stdio_client

    run("sync", write_texts(tmp_path / "texts"))

    async def talk():
        command = [sys.executable, "-m", "assistant", "mcp"]
        parameters = mcp.StdioServerParameters(
            command=command[0], args=command[1:], env=environment_of(tmp_path), cwd=tmp_path
        )
        async with stdio_client(parameters) as pipes, mcp.ClientSession(*pipes) as session:
            await session.initialize()
            names = {tool.name for tool in (await session.list_tools()).tools}
            question = {"question": "Who leads the works on the quay?"}
            asked = await session.call_tool("ask", question)
            found = await session.call_tool("search", question)
            lost = await session.call_tool("read_source", {"name": "nowhere.txt"})
            return names, asked, found, lost

    def check():
        names, asked, found, lost = asyncio.run(talk())
        assert names == {"ask", "search", "read_source"}
        assert "Saskia Dorrestein" in asked.structuredContent["answer"]
        assert found.structuredContent["passages"][0]["document"] == "kade.txt"
        assert lost.isError and "nowhere.txt" in lost.content[0].text

    check()
    with serving(tmp_path):
        check()
