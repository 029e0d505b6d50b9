"""The choice of a collection on the chat page."""

import os
import re
import subprocess
import sys

import pytest
from playwright.sync_api import expect

from tests.chromium import needs_chromium
from tests.corpora import write_texts
from tests.test_cli import environment_of, serving

pytestmark = needs_chromium

CANARY = "The canary Quirinus Vandermolen leads the personnel department."
QUESTION = "Who leads the personnel department?"


def sync(folder, *arguments):
    command = [sys.executable, "-m", "assistant", "sync", *map(str, arguments)]
    subprocess.run(command, env=environment_of(folder), check=True, capture_output=True)


def ask(page, question):
    page.locator("#question textarea").fill(question)
    page.locator("#question textarea").press("Enter")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("choice")
    (folder / "personnel").mkdir()
    (folder / "personnel" / "canary.txt").write_text(CANARY, encoding="utf-8")
    sync(folder, write_texts(folder / "texts"))
    with serving(folder) as address:
        yield folder, address


def test_a_conversation_keeps_to_its_collection(browser, site):
    folder, address = site
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="nl-NL")
    page = context.new_page()
    page.set_default_timeout(45_000)
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(address)
    expect(page.locator("#status")).to_contain_text("3 documenten")
    choice = page.get_by_label("Waarin wilt u zoeken?")
    expect(choice).to_have_count(0)

    sync(folder, "--collection", "personnel", folder / "personnel")
    page.reload()
    expect(choice).to_have_value("Algemene documenten")
    ask(page, QUESTION)
    answer = page.locator("#conversation .bot").last
    expect(answer).to_contain_text("documents")
    assert "Vandermolen" not in page.content()

    choice.click()
    page.get_by_role("option", name="personnel").click()
    expect(page.locator("#conversation .user")).to_have_count(0)
    expect(page.locator("#status")).to_contain_text("1 document")
    ask(page, QUESTION)
    expect(answer).to_contain_text(CANARY)
    expect(page.locator("#earlier td")).to_have_count(2)
    if os.environ.get("SCREENSHOTS"):
        page.screenshot(path=f"{os.environ['SCREENSHOTS']}/wide.png")
    expect(page.locator("#header a")).to_have_attribute("href", "library/?collection=personnel")
    link = answer.locator("a[href*='/source/']").first
    assert "collection=personnel" in link.get_attribute("href")
    link.click()
    text = page.frame_locator("#source-panel iframe").locator("mark")
    expect(text).to_have_text(CANARY)

    page.reload()
    expect(choice).to_have_value("personnel")
    expect(answer).to_contain_text(CANARY)
    page.set_viewport_size({"width": 390, "height": 844})
    if os.environ.get("SCREENSHOTS"):
        page.screenshot(path=f"{os.environ['SCREENSHOTS']}/narrow.png")
    assert errors == []
    context.close()


def test_the_library_keeps_its_collection_in_the_address(browser, site):
    folder, address = site
    sync(folder, "--collection", "personnel", folder / "personnel")
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="nl-NL")
    page = context.new_page()
    page.set_default_timeout(15_000)
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{address}/library/?collection=personnel")
    choice = page.get_by_label("Welke documenten wilt u zien?")
    expect(page.locator("#documents label")).to_contain_text("canary.txt")
    expect(choice).to_have_value("personnel")
    choice.click()
    page.get_by_role("option", name="Algemene documenten").click()
    expect(page.locator("#count")).to_contain_text("3 van 3")
    expect(page).to_have_url(f"{address}/library/")
    choice.click()
    page.get_by_role("option", name="personnel").click()
    expect(page).to_have_url(f"{address}/library/?collection=personnel")
    page.reload()
    expect(page.locator("#documents label")).to_contain_text("canary.txt")
    page.locator("#documents label").click()
    expect(page.locator("#open")).to_have_attribute("href", re.compile("collection=personnel$"))
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert errors == []
    context.close()
