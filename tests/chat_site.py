"""A server process whose model is scripted, over a small corpus, and its chat page in Chromium.

Knows where the parts of the page are; nothing of what they should hold. `conftest.py` makes its
fixtures known.
"""

import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.corpora import write_texts
from tests.scripted import OpenAIServer, openai_server
from tests.test_cli import environment_of, serving

QUESTION = "Who leads the works on the quay?"
KEY_SENTENCE = "Projectleider Saskia Dorrestein leidt de werkzaamheden."
REPLY = "Saskia Dorrestein leads the works [1]."
ARABIC = "يقع ميناء الصيد شمال المدينة القديمة. تبلغ رسوم رسو القوارب 38 دينارا في السنة."
HOSTILE = "<img src=x onerror=alert(1)> ![p](http://outside.example/p.png?leak) **bold**"
SUGGESTED = "How do I ask for a bigger container?"
FAQ = f"# Waste\n\n## {SUGGESTED}\n\nCall the depot in Mill Lane on 0118 496 0233 before noon.\n"
SETTINGS = {
    "BRONWIJZER_ORGANISATION": "Gemeente Veenrade",
    "BRONWIJZER_GREETING": "Welcome to *our* documents.",
    # Of such short texts, little is surely found.
    "BRONWIJZER_ANSWER_THRESHOLD": "0.1",
    # Tests ask the same question of a model that is told to say something else.
    "BRONWIJZER_REMEMBERED_REPLIES": "0",
    "BRONWIJZER_CONTACT": "Ask the service desk, tel. 14 020.",
}

expect.set_options(timeout=45_000)


@dataclass
class ChatSite:
    """Where the page is, the model behind it, and the data folder's parent."""

    address: str
    model: OpenAIServer
    folder: Path


def write_site_texts(texts):
    """Write the small corpus: six documents."""
    write_texts(texts)
    (texts / "hostile.txt").write_text(f"The password of the copier is {HOSTILE}.", "utf-8")
    (texts / "waste.md").write_text(FAQ, "utf-8")
    (texts / "maktaba.txt").write_text(ARABIC, "utf-8")


@contextmanager
def running_site(folder, port=0, write=write_site_texts):
    """Sync the small corpus, or what `write` puts into a folder that it makes, and serve it."""
    texts = folder / "texts"
    if not texts.exists():
        write(texts)
    with openai_server() as model:
        command = [sys.executable, "-m", "assistant", "sync", str(texts)]
        subprocess.run(command, env=environment_of(folder), check=True, capture_output=True)
        values = {"BRONWIJZER_MODEL": "m", "BRONWIJZER_MODEL_URL": model.url, **SETTINGS}
        with serving(folder, port, **values) as address:
            yield ChatSite(address, model, folder)


@pytest.fixture(scope="session")
def chat_site(tmp_path_factory):
    """One site for all tests; they set the model's reply and leave the rest as it was."""
    with running_site(tmp_path_factory.mktemp("chat")) as site:
        yield site


@contextmanager
def opened_page(browser, address, width=1280, height=800, documents=6, **options):
    """Open a page in a profile of its own; no error of script, no request elsewhere."""
    viewport = {"width": width, "height": height}
    context = browser.new_context(viewport=viewport, **{"locale": "en-GB", **options})
    page = context.new_page()
    page.set_default_timeout(45_000)
    page.errors, page.requested = [], []
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.on("console", lambda m: page.errors.append(m.text) if m.type == "error" else None)
    page.on("request", lambda request: page.requested.append(request.url))
    page.goto(address)
    expect(page.locator("#status")).to_contain_text(f"{documents} do", ignore_case=True)
    yield page
    assert page.errors == [], page.errors
    outside = [u for u in page.requested if not u.startswith((address, "data:", "blob:"))]
    assert outside == []
    context.close()


@pytest.fixture(params=[(1280, 800), (390, 844)], ids=["desktop", "phone"])
def page(request, browser, chat_site):
    """The chat page, on a desktop and on a phone."""
    with opened_page(browser, chat_site.address, *request.param) as page:
        yield page


def ask(page, question=QUESTION):
    """Type a question and send it."""
    page.locator("#question textarea").fill(question)
    page.locator("#question textarea").press("Enter")


def ask_and_wait(page, question=QUESTION, reply=REPLY):
    """Ask, and wait for the whole answer."""
    asked = page.locator("#conversation .user").count()
    ask(page, question)
    expect(page.locator("#conversation .user")).to_have_count(asked + 1)
    expect(page.locator("#conversation .bot").last).to_contain_text(reply)
    expect(page.locator("#ask")).to_be_visible()


def expect_kept(page, question=QUESTION):
    """Wait until the browser keeps the conversation that begins with a question."""
    expect(page.locator("#earlier")).to_contain_text(question)
