"""Hostile documents in real headless Chromium: nothing in them acts, calls anybody, or misleads."""

import re

import pytest
from playwright.sync_api import expect

from tests.chat_site import ask_and_wait, expect_kept, opened_page, running_site
from tests.chromium import needs_chromium
from tests.hostile_texts import COUNT, OUTSIDE, QUESTIONS, SCRIPTS, markup, sets, write_hostile

pytestmark = needs_chromium

QUESTION = (
    f'**Who** waters </div>{markup("asked")} "the" [garden](javascript:{sets("asked-link")})?'
)
UNTIDY = f"{QUESTION}\n\n    {markup('asked-code')}\n# h \u202eturned"
REPLY = (
    f"The password <b onclick={sets('reply')}>of</b> the copier is {markup('reply-image')} "
    f"![q]({OUTSIDE}/reply-image) [see]({OUTSIDE}/reply-link) "
    f"<script>{sets('reply-script')}</script> [1]({OUTSIDE}/forged) [77] "
    f"[\\[1\\]](javascript:{sets('forged-script')}) told [1].\n\n"
    "    It is <i>told</i> \u202eby the document [1]."
)
MARKED = "#evidence :is(img, table, h1, code), #conversation .message :is(img, table, h1, code)"
TURNING = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
SUGGESTED = f"Who waters the {markup('question')} garden?"
KEPT = "JSON.stringify(localStorage).length"
DONE = "without sources, which is not shown"
WITHOUT_MARKS = "No marks, so quotations take its place."


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with running_site(tmp_path_factory.mktemp("hostile"), write=write_hostile) as site:
        yield site


@pytest.fixture
def page(browser, proxy, site):
    """A page that no attack has harmed by the end of a test; `opened_page` looks at its errors."""
    site.model.reply = WITHOUT_MARKS
    with opened_page(browser, site.address, documents=COUNT) as page:
        dialogs = []
        page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
        yield page
        assert_unharmed(page, proxy)
        assert dialogs == []


def assert_unharmed(page, proxy):
    assert [frame.evaluate("window.hacked || ''") for frame in page.frames] == [""] * len(
        page.frames
    )
    assert [path for path in proxy.asked if "outside.example" in path] == []
    assert page.locator(MARKED).count() == 0


def squeezed(text):
    return " ".join(text.split())


def test_every_document_shows_as_the_text_that_it_is(page, proxy):
    for question, text in QUESTIONS.items():
        ask_and_wait(page, question, DONE)
        assert squeezed(text) in squeezed(page.locator("#evidence").inner_text())
        assert_unharmed(page, proxy)
    names = page.locator("#evidence strong a, #conversation .bot a").all_inner_texts()
    assert not TURNING & set("".join(names))
    assert max(map(len, names)) < 200
    boiler = page.locator("#conversation .bot p", has_text="[1] boiler")
    assert boiler.inner_text() == "[1] boiler txt.exe · English"


def test_a_hostile_suggestion_is_asked_kept_and_shown_again_as_text(page, proxy):
    page.get_by_role("button", name=SUGGESTED).click()
    expect(page.locator("#conversation .user")).to_have_text(SUGGESTED)
    expect(page.locator("#conversation .bot")).to_contain_text(DONE)
    expect(page.locator("#ask")).to_be_visible()
    expect_kept(page, SUGGESTED[:40])
    kept = page.evaluate(KEPT)
    page.locator("#question textarea").fill(UNTIDY)
    page.locator("#ask").click()
    shown = page.locator("#conversation .user").last
    expect(shown).to_contain_text(squeezed(UNTIDY), use_inner_text=True)
    expect(page.locator("#conversation .bot")).to_have_count(2)
    expect(page.locator("#ask")).to_be_visible()
    page.wait_for_function(f"before => {KEPT} > before", arg=kept)
    page.reload()
    expect(page.locator("#conversation .user").last).to_contain_text(QUESTION)
    page.locator("#history").get_by_role("button").first.click()
    page.locator("#new").click()
    expect(page.locator("#conversation .user")).to_have_count(0)
    page.locator("#earlier").get_by_text(SUGGESTED[:40]).click()
    expect(page.locator("#conversation .user").first).to_have_text(SUGGESTED)


def test_a_hostile_reply_is_quoted_opened_rated_and_copied_as_text(page, proxy, site):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=site.address)
    site.model.reply = REPLY
    ask_and_wait(page, "What is the password of the copier?", "images and tags were removed")
    reply = page.locator("#conversation .bot")
    expect(reply).to_contain_text("The password of the copier is see")
    assert not TURNING & set(reply.inner_text())
    hrefs = reply.locator("a").evaluate_all("links => links.map(a => a.getAttribute('href'))")
    assert hrefs and all(href.startswith("/source/") for href in hrefs), hrefs
    mark = reply.get_by_role("link", name="[1]", exact=True).first
    mark.focus()
    expect(page.get_by_role("tooltip")).to_contain_text(SCRIPTS)
    mark.press("Enter")
    panel = page.get_by_role("complementary")
    expect(panel.frame_locator("iframe").locator("#cited")).to_contain_text(SCRIPTS)
    assert_unharmed(page, proxy)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Dislike").click()
    page.locator("#comment textarea, #comment input").fill(markup("comment"))
    page.locator("#send").click()
    expect(page.locator("#feedback")).to_be_hidden()
    page.locator("#conversation .message-buttons-left").get_by_title("Copy message").click()
    expect(page.get_by_role("status").filter(has_text="Copied")).to_be_visible()
    assert SCRIPTS in page.evaluate("navigator.clipboard.readText()")


def test_every_source_page_shows_text_and_a_short_title(page, proxy, site):
    titles = []
    for number in range(1, COUNT + 1):
        page.goto(f"{site.address}/source/{number}?start=0&end=20#cited")
        expect(page.locator("mark")).to_be_visible()
        assert page.locator("img, script, svg, iframe, base, table").count() == 0
        titles.append(page.locator("h1").inner_text())
        assert_unharmed(page, proxy)
        if page.locator("nav a").count() > 1:
            page.locator("nav a").first.click()
            expect(page.locator("figure img")).to_have_attribute("alt", re.compile("The pool is"))
            assert page.locator("img").count() == 1
            assert_unharmed(page, proxy)
    assert f"Pool {markup('pdf-title')} plan" in titles
    assert markup("name") in titles
    assert not TURNING & set("".join(titles))
    assert max(map(len, titles)) <= 300


def test_the_library_shows_names_as_text_on_lines_of_their_own(page, proxy, site):
    """The last test, since it brings a document in."""
    page.goto(f"{site.address}/library/")
    expect(page.locator("#count")).to_contain_text(f"{COUNT} of {COUNT}")
    rows = page.locator("#documents label").all_inner_texts()
    assert sum(len(row.strip().splitlines()) for row in rows) == 2 * COUNT
    assert not TURNING & set("".join(rows))
    for words in ("onerror", "lift", "boiler", "title", "bike"):
        page.locator("#documents label").filter(has_text=words).first.click()
        expect(page.locator("#details")).to_contain_text(words)
    uploaded = f"{markup('upload')} \u202egnp.txt"
    page.locator("#upload input[type=file]").set_input_files(
        [{"name": uploaded, "mimeType": "", "buffer": b"The well is closed in winter."}]
    )
    outcome = page.locator("#outcomes li")
    expect(outcome).to_contain_text("added")
    expect(outcome).to_contain_text(markup("upload"))
    expect(page.locator("#documents label").filter(has_text="upload")).to_have_count(1)
    assert not TURNING & set(page.locator("body").inner_text())
