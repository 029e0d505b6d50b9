"""The assistant on a page of another server, in real headless Chromium."""

import json
import os
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.chat_site import HOSTILE, KEY_SENTENCE, QUESTION, REPLY
from tests.chromium import needs_chromium
from tests.host_pages import ask_in, open_widget, opened_host
from tests.test_accessibility import findings

pytestmark = needs_chromium

DRAFT = {
    "done": False, "kind": "written", "text": "A draft", "language": "en", "direction": "ltr",
    "progress": "", "label": "", "pieces": [{"words": "A draft"}], "quotations": [], "remarks": [],
    "heading": "", "searched": "", "passages": [],
}  # fmt: skip
"""All that came before a connection was lost."""

SIZES = {"desktop": (1280, 800), "phone": (390, 844)}


@pytest.fixture
def model(embedding):
    model = embedding.assistant.model
    model.reply = REPLY
    yield model
    model.pause, model.delay, model.status = 0.0, 0.0, 200


@pytest.fixture
def friend(embedding):
    embedding.friend.body = embedding.line(embed="works", colour="#0b6b50")
    return embedding.friend


@pytest.fixture(params=SIZES.values(), ids=SIZES)
def page(request, browser, friend):
    with opened_host(browser, friend, *request.param) as page:
        yield page
        assert page.errors == []


def kept(page, name):
    """Keep a picture, where one is asked for."""
    folder = os.environ.get("SCREENSHOTS")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}-{page.viewport_size['width']}.png")


def test_a_question_on_a_page_of_another_site(page, model):
    model.delay = 2.0
    assert page.locator("iframe").count() == 0, "nothing is asked before the button is pressed"
    kept(page, "closed")
    frame = open_widget(page)
    expect(frame.get_by_role("heading")).to_have_text("Ask about the works")
    expect(frame.locator("#greeting")).to_have_text("Ask about streets and quays.")
    kept(page, "open")
    frame.locator("#question").fill(QUESTION)
    frame.get_by_role("button", name="Ask").click()
    expect(frame.locator(".reply")).to_contain_text(KEY_SENTENCE)
    expect(frame.locator(".reply")).to_contain_text("An answer is being written")
    expect(frame.locator("#turns")).to_have_attribute("aria-busy", "true")
    kept(page, "evidence")
    expect(frame.locator(".text")).to_have_text(REPLY)
    expect(frame.locator(".label")).to_have_text("Answer in English")
    quote = frame.locator(".quotation blockquote")
    expect(quote).to_have_text(f"“{KEY_SENTENCE}”")
    expect(quote).to_have_attribute("lang", "nl")
    expect(frame.locator(".quotation .place")).to_have_text("[1] kade · Dutch")
    frame.locator("summary").click()
    expect(frame.locator("details strong", has_text=KEY_SENTENCE)).to_be_visible()
    expect(frame.locator("#question")).to_have_value("")
    kept(page, "answered")


def test_a_mark_opens_the_sentence_and_escape_leads_back(page, model):
    before = page.evaluate("history.length")
    frame = open_widget(page)
    ask_in(frame, QUESTION, REPLY)
    mark = frame.get_by_role("link", name="[1]", exact=True)
    mark.press("Enter")
    panel = frame.get_by_role("complementary", name="[1] kade")
    cited = frame.frame_locator("#source iframe").locator("#cited")
    expect(cited).to_have_text(KEY_SENTENCE)
    expect(cited).to_be_in_viewport()
    kept(page, "source")
    assert any("/embed/works/source/" in inner.url for inner in page.frames)
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(mark).to_be_focused()
    mark.click()
    cited.click()
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    page.keyboard.press("Escape")
    button = page.get_by_role("button", name="Ask a question")
    expect(button).to_be_focused()
    expect(page.locator("iframe")).to_be_hidden()
    assert page.evaluate("history.length") == before, "back leads to where the reader came from"
    button.press("Enter")
    expect(frame.locator("#question")).to_be_focused()
    expect(frame.locator(".text")).to_have_text(REPLY)


def test_the_original_can_be_taken_along(page, model):
    frame = open_widget(page)
    ask_in(frame, QUESTION, REPLY)
    frame.locator(".mark").click()
    source = frame.frame_locator("#source iframe")
    expect(source.locator("#cited")).to_be_visible()
    with page.expect_download() as download:
        source.get_by_role("link", name="Download the original file").click()
    assert download.value.suggested_filename == "kade.txt"


def test_the_keyboard_alone(page, model):
    button = page.get_by_role("button", name="Ask a question")
    for _ in range(3):
        page.keyboard.press("Tab")
        if button.evaluate("element => element.matches(':focus')"):
            break
    expect(button).to_be_focused()
    expect(button).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("Enter")
    frame = page.frame_locator("iframe")
    expect(frame.locator("#question")).to_be_focused()
    page.keyboard.type(QUESTION)
    page.keyboard.press("Shift+Enter")
    page.keyboard.press("Enter")
    expect(frame.locator(".text")).to_have_text(REPLY)
    expect(frame.locator("#turns")).to_have_attribute("aria-busy", "false")
    reached = set()
    for _ in range(8):
        page.keyboard.press("Shift+Tab")
        script = "() => document.activeElement.dataset.key || document.activeElement.id"
        reached.add(frame.locator("body").evaluate(script))
    assert {"mark-1", "quotation-1", "evidence", "new", "close", "copy"} <= reached


def test_a_phone_gives_it_the_whole_screen_and_a_way_out(browser, friend, model):
    with opened_host(browser, friend, 390, 844) as page:
        frame = open_widget(page)
        # It rises into its place.
        page.locator("iframe").evaluate(
            "frame => Promise.all(frame.closest('section').getAnimations().map(a => a.finished))"
        )
        box = page.locator("iframe").bounding_box()
        assert (box["x"], box["y"], box["width"], box["height"]) == (0, 0, 390, 844)
        expect(page.get_by_role("button", name="Close", exact=True)).to_be_hidden()
        frame.get_by_role("button", name="Close").click()
        expect(page.locator("iframe")).to_be_hidden()
        expect(page.get_by_role("button", name="Ask a question")).to_be_focused()


def test_the_button_closes_it_where_there_is_room(browser, friend, model):
    friend.body = friend.body.replace("defer", 'data-position="left" data-label="Help?" defer')
    with opened_host(browser, friend) as page:
        page.get_by_role("button", name="Help?").click()
        expect(page.frame_locator("iframe").locator("#question")).to_be_focused()
        assert page.locator("iframe").bounding_box()["x"] == 16
        page.get_by_role("button", name="Close", exact=True).click()
        expect(page.locator("iframe")).to_be_hidden()


def refused(message):
    return message.type == "error" and "frame-ancestors" in message.text


def test_a_page_that_may_not_show_it_shows_nothing(browser, embedding):
    embedding.stranger.body = embedding.line(embed="works")
    with opened_host(browser, embedding.stranger) as page:
        with page.expect_console_message(refused):
            page.get_by_role("button", name="Ask a question").click()
        assert page.frame_locator("iframe").locator("#question").count() == 0
        page.get_by_role("button", name="Close", exact=True).click()
        expect(page.locator("iframe")).to_be_hidden()


def test_a_page_around_the_page_counts_too(browser, embedding, friend):
    embedding.stranger.assistant = f"{friend.address} {embedding.assistant.address}"
    embedding.stranger.body = f'<iframe src="{friend.address}" title="Inside"></iframe>'
    try:
        with opened_host(browser, embedding.stranger) as page:
            inner = page.frame_locator("iframe")
            with page.expect_console_message(refused):
                inner.get_by_role("button", name="Ask a question").click()
            assert inner.frame_locator("iframe").locator("#question").count() == 0
    finally:
        embedding.stranger.assistant = embedding.assistant.address


def test_a_page_that_may_not_show_it_cannot_show_its_sources(browser, embedding):
    address = f"{embedding.assistant.address}/embed/works/source/1"
    embedding.stranger.body = f'<iframe src="{address}" title="Source"></iframe>'
    with opened_host(browser, embedding.stranger) as page:
        assert any("frame-ancestors" in error for error in page.errors), page.errors


def test_a_plain_frame_needs_no_script(browser, embedding, model):
    address = f"{embedding.assistant.address}/embed/works"
    embedding.friend.body = f'<iframe src="{address}" title="x" width="320" height="500"></iframe>'
    with opened_host(browser, embedding.friend) as page:
        frame = page.frame_locator("iframe")
        expect(frame.get_by_role("button", name="Close")).to_be_hidden()
        ask_in(frame, QUESTION, REPLY)
        assert frame.locator("html").evaluate("e => e.scrollWidth <= innerWidth")
        page.keyboard.press("Escape")
        expect(frame.locator("#question")).to_be_visible()
        assert page.errors == []


def test_an_embed_shows_no_other_documents(browser, embedding, model):
    model.reply = "Call the depot in Mill Lane [1]."
    embedding.friend.body = embedding.line(embed="waste")
    with opened_host(browser, embedding.friend) as page:
        frame = open_widget(page)
        ask_in(frame, "How do I ask for a bigger container?", "depot in Mill Lane")
        frame.locator("summary").click()
        titles = frame.locator("details a").all_inner_texts()
        assert set(titles) == {"Waste"}


def test_a_sentence_in_doubt_looks_different_and_says_why(page, model):
    model.reply = f"{REPLY} She was born on the moon in 1812 [1]."
    frame = open_widget(page)
    ask_in(frame, QUESTION, "born on the moon")
    doubt = frame.locator(".doubt").first
    assert "wavy" in doubt.evaluate("element => getComputedStyle(element).textDecorationStyle")
    expect(frame.locator(".why")).to_contain_text("not borne out by a source")
    expect(frame.locator(".remark")).to_contain_text("1 of 2 sentences is not borne out")
    kept(page, "doubt")


def test_a_refusal_says_what_to_do(page):
    frame = open_widget(page)
    ask_in(frame, "How old is the king of Spain?", "The documents do not say.")
    expect(frame.locator(".reply")).to_contain_text("Ask the service desk, tel. 14 020.")
    expect(frame.locator("summary")).to_contain_text("Nearest passages")
    kept(page, "refused")


def test_an_answer_can_be_stopped(page, model):
    model.reply, model.pause = REPLY * 30, 0.2
    frame = open_widget(page)
    frame.locator("#question").fill(QUESTION)
    frame.locator("#question").press("Enter")
    expect(frame.locator(".text")).to_contain_text("Saskia")
    kept(page, "writing")
    frame.get_by_role("button", name="Stop").click()
    expect(frame.locator(".reply")).to_contain_text("Stopped. What stands here was not checked")
    expect(frame.get_by_role("button", name="Ask")).to_be_visible()
    expect(frame.locator("#question")).to_be_focused()


def test_a_follow_up_brings_what_was_said_and_a_new_conversation_does_not(page, model):
    frame = open_widget(page)
    ask_in(frame, QUESTION, REPLY)
    asked_before = len(model.requests)
    ask_in(frame, "And what do the works cost?", REPLY)
    said = str([body for _, body in model.requests[asked_before:]])
    assert QUESTION in said
    top = frame.locator(".question").last
    expect(top).to_be_in_viewport()
    kept(page, "follow-up")
    frame.get_by_role("button", name="New conversation").click()
    expect(frame.locator(".turn")).to_have_count(0)
    expect(frame.locator("#greeting")).to_be_visible()
    asked_before = len(model.requests)
    ask_in(frame, "Who leads the works?", REPLY)
    assert QUESTION not in str([body for _, body in model.requests[asked_before:]])


def test_hostile_text_shows_as_text(page, model):
    model.reply = "The password is <b>x</b> ![q](http://outside.example/q.png) [1]."
    frame = open_widget(page)
    ask_in(frame, "What is the password of the copier?", "The password is")
    expect(frame.locator(".quotation blockquote")).to_contain_text(HOSTILE)
    frame.locator("summary").click()
    assert frame.locator("main img, main b").count() == 0


def test_a_text_from_right_to_left(page, model):
    model.reply = "It is 38 dinars a year [1], “تبلغ رسوم رسو القوارب 38 دينارا” [1]."
    frame = open_widget(page)
    ask_in(frame, "What does it cost to moor a boat in the fishing port for a year?", "38 dinars")
    expect(frame.locator(".text span[lang=ar][dir=rtl]")).to_have_css("unicode-bidi", "isolate")
    quote = frame.locator(".quotation blockquote[lang=ar]")
    expect(quote).to_have_css("direction", "rtl")
    kept(page, "rtl")


def test_errors_say_what_to_do(browser, friend, model):
    with opened_host(browser, friend) as page:
        frame = open_widget(page)
        frame.locator("#question").fill("x" * 3000)
        frame.locator("#question").press("Enter")
        expect(frame.locator(".error")).to_contain_text("longest_question")
        page.context.set_offline(True)
        frame.locator("#question").fill(QUESTION)
        frame.locator("#question").press("Enter")
        expect(frame.locator(".error").last).to_contain_text("cannot be reached")
        page.context.set_offline(False)
        model.status = 500
        ask_in(frame, QUESTION, "documents")
        expect(frame.locator(".remark").last).to_contain_text("The language model did not answer")
        events = f"data: {json.dumps(DRAFT)}\n\n"
        page.route("**/ask", lambda route: route.fulfill(body=events))
        ask_in(frame, QUESTION, "A draft")
        expect(frame.locator(".error").last).to_contain_text("cannot be reached")
        expect(frame.locator(".remark").last).to_contain_text("was not checked against its sources")


def test_an_answer_can_be_copied_with_its_sources(page, embedding, model):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    frame = open_widget(page)
    ask_in(frame, QUESTION, REPLY)
    frame.get_by_role("button", name="Copy the answer").click()
    expect(frame.get_by_role("status")).to_contain_text("Copied")
    copied = page.evaluate("() => navigator.clipboard.readText()")
    lines = copied.splitlines()
    assert lines[0] == REPLY
    assert lines[1].startswith(f"[1] kade: {embedding.assistant.address}/embed/works/source/")


def test_the_page_can_open_it_with_a_question(page, model):
    page.evaluate(
        """() => dispatchEvent(new CustomEvent("bronwijzer-open",
        { detail: { question: "Who leads the works?" } }))"""
    )
    frame = page.frame_locator("iframe")
    expect(frame.locator("#question")).to_have_value("Who leads the works?")
    expect(frame.locator(".turn")).to_have_count(0)


def test_messages_of_others_are_not_heard(browser, embedding, friend):
    """A frame of another origin, and a message that is not of this protocol, change nothing."""
    friend.assistant = f"{embedding.assistant.address} {embedding.stranger.address}"
    embedding.stranger.body = ""
    friend.body += f'<iframe id="other" src="{embedding.stranger.address}" title="o"></iframe>'
    try:
        with opened_host(browser, friend) as page:
            page.get_by_role("button", name="Ask a question").click()
            widget = page.frame_locator("iframe[src*='/embed/']")
            expect(widget.locator("#question")).to_be_focused()
            other = page.frame_locator("#other").locator("body")
            forged = "{ bronwijzer: 1, type: 'close', question: 'forged' }"
            other.evaluate(f"() => parent.postMessage({forged}, '*')")
            other.evaluate(
                "() => [...Array(parent.frames.length).keys()].forEach((n) => "
                "parent.frames[n].postMessage({ bronwijzer: 1, type: 'open', question: 'f' }, '*'))"
            )
            page.evaluate(
                "() => document.querySelector('div').shadowRoot.querySelector('iframe')"
                ".contentWindow.postMessage({ bronwijzer: 2, type: 'open', question: 'f' }, '*')"
            )
            page.evaluate("() => new Promise((done) => setTimeout(done, 200))")
            expect(widget.locator("#question")).to_have_value("")
            expect(widget.locator("#question")).to_be_visible()
    finally:
        friend.assistant = embedding.assistant.address


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_grave(browser, embedding, model, scheme):
    model.reply = f"{REPLY} She was born on the moon in 1812 [1]."
    size = {"viewport": {"width": 390, "height": 844}, "color_scheme": scheme}
    context = browser.new_context(**size, locale="nl-NL")
    page = context.new_page()
    page.goto(f"{embedding.assistant.address}/embed/works")
    assert findings(page) == [], "empty"
    page.locator("#question").fill(QUESTION)
    page.locator("#question").press("Enter")
    expect(page.locator(".why")).to_be_visible()
    expect(page.locator("#turns")).to_have_attribute("aria-busy", "false")
    page.locator("summary").click()
    assert findings(page) == [], "answered"
    kept(page, f"axe-{scheme}")
    page.locator(".mark").first.click()
    expect(page.frame_locator("#source iframe").locator("#cited")).to_be_visible()
    assert findings(page) == [], "with a source"
    context.close()


def test_axe_finds_nothing_grave_on_the_page_around(page):
    open_widget(page)
    assert findings(page) == []


@pytest.mark.parametrize("width", [320, 1920])
def test_no_state_is_wider_than_the_window(browser, embedding, model, width):
    model.reply = f"{REPLY} {'x' * 300}"
    context = browser.new_context(viewport={"width": width, "height": 640})
    page = context.new_page()
    page.goto(f"{embedding.assistant.address}/embed/works")
    ask_in(page, f"{'w' * 300} {QUESTION}", REPLY)
    page.locator("summary").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.locator(".mark").first.click()
    expect(page.frame_locator("#source iframe").locator("#cited")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    answer, source = page.locator(".reply").bounding_box(), page.locator("#source").bounding_box()
    is_beside = answer["x"] + answer["width"] <= source["x"]
    assert is_beside if width > 900 else source["x"] == 0
    kept(page, "wide")
    context.close()


def test_no_question_is_taken_before_somebody_listens(browser, embedding, model):
    context = browser.new_context()
    page = context.new_page()
    held = []
    page.route("**/embed.js*", lambda route: held.append(route))
    page.goto(f"{embedding.assistant.address}/embed/works", wait_until="commit")
    expect(page.locator("#question")).to_be_disabled()
    expect(page.locator("#ask")).to_be_disabled()
    held[0].continue_()
    ask_in(page, QUESTION, REPLY)
    context.close()


def test_a_trial_on_a_page_of_our_own(browser, embedding, model):
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="nl-NL")
    page = context.new_page()
    errors = []
    page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
    page.goto(f"{embedding.assistant.address}/demo")
    page.get_by_role("link", name="works").click()
    expect(page.locator("pre").first).to_contain_text("/widget.js")
    page.get_by_role("button", name="Stel een vraag").click()
    ask_in(page.frame_locator("iframe"), QUESTION, REPLY)
    kept(page, "demo")
    assert [error for error in errors if "favicon" not in error] == []
    context.close()
