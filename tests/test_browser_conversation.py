"""A conversation on the chat page: follow-ups, stopping, changing, keeping, rating, copying."""

import pytest
from playwright.sync_api import expect

from assistant.feedback import FeedbackStore
from tests.chat_site import (
    KEY_SENTENCE,
    QUESTION,
    REPLY,
    ask,
    ask_and_wait,
    expect_kept,
    opened_page,
    running_site,
)
from tests.chromium import needs_chromium

pytestmark = needs_chromium

NO_STORAGE = """Object.defineProperty(window, "localStorage", {
  get() { throw new DOMException("The request is denied.", "SecurityError"); }
});"""


@pytest.fixture
def model(chat_site):
    chat_site.model.reply = REPLY
    yield chat_site.model
    chat_site.model.pause = 0.0


@pytest.fixture
def page(browser, chat_site):
    """The chat page on a desktop: what a conversation does is the same on a phone."""
    with opened_page(browser, chat_site.address) as page:
        yield page


def prompts(model):
    return [str(body) for _, body in model.requests if "messages" in body]


def open_history(page):
    page.locator("#history").get_by_role("button").first.click()


def test_a_follow_up_is_asked_with_what_was_said(page, model):
    ask_and_wait(page)
    model.reply = "They cost 4.2 million euros [1]."
    ask_and_wait(page, "What do the works on the quay cost, in euros?", "4.2 million")
    assert QUESTION in prompts(model)[-1]
    expect(page.locator("#conversation .user")).to_have_count(2)


def test_a_question_goes_to_the_top_so_that_its_answer_is_read_from_the_beginning(page, model):
    model.reply = " ".join([REPLY] * 12)
    ask_and_wait(page)
    ask_and_wait(page, f"{QUESTION} Tell me.")
    log = page.locator("#conversation [role=log]").bounding_box()
    question = page.locator("#conversation .user").last.bounding_box()
    assert 0 <= question["y"] - log["y"] < 60


def test_stopping_leaves_what_is_there_and_says_that_it_was_not_checked(page, model):
    model.reply, model.pause = "Saskia Dorrestein " * 200, 0.1
    before = model.hung_up
    ask(page)
    expect(page.locator("#conversation .bot")).to_contain_text("Saskia Dorrestein Saskia")
    page.locator("#stop").click()
    reply = page.locator("#conversation .bot")
    expect(reply).to_contain_text("Stopped. What stands here was not checked")
    expect(page.locator("#ask")).to_be_visible()
    expect(page.locator("#stop")).to_be_hidden()
    told = reply.inner_text()
    page.wait_for_timeout(600)
    assert reply.inner_text() == told
    assert model.hung_up == before + 1, "the model is told to stop, too"
    model.pause = 0.0
    model.reply = REPLY
    ask_and_wait(page, f"{QUESTION} Tell me.")


def test_what_is_typed_while_an_answer_is_written_stays(page, model):
    model.pause = 0.2
    ask(page)
    expect(page.locator("#conversation .bot")).to_contain_text("Saskia Dorrestein")
    page.locator("#question textarea").fill("And what does it cost?")
    expect(page.locator("#conversation .bot")).to_contain_text(REPLY)
    expect(page.locator("#ask")).to_be_visible()
    expect(page.locator("#question textarea")).to_have_value("And what does it cost?")


def test_retrying_asks_anew_in_the_place_of_the_old_answer(page, model):
    ask_and_wait(page)
    model.reply = "The works are led by Saskia Dorrestein [1]."
    page.get_by_role("button", name="Retry").click()
    expect(page.locator("#conversation .bot")).to_contain_text("are led by")
    expect(page.locator("#conversation .bot")).to_have_count(1)
    assert prompts(model)[-1].count(QUESTION) == 1


def test_the_last_question_can_be_changed(page, model):
    ask_and_wait(page)
    ask_and_wait(page, "What does the *quay* cost?")
    page.locator("#edit").click()
    box = page.locator("#question textarea")
    expect(box).to_have_value("What does the *quay* cost?")
    expect(page.locator("#conversation .user")).to_have_count(1)
    ask_and_wait(page, "Who leads the works?")
    expect(page.locator("#conversation .user")).to_have_count(2)


def test_the_conversation_survives_a_reload(page, model):
    ask_and_wait(page)
    expect_kept(page)
    page.reload()
    expect(page.locator("#conversation .user")).to_have_text(QUESTION)
    expect(page.locator("#conversation .bot")).to_contain_text(REPLY)
    expect(page.locator("#evidence")).to_contain_text(KEY_SENTENCE)
    page.locator("#conversation").get_by_role("link", name="[1]", exact=True).click()
    expect(page.frame_locator("iframe").locator("#cited")).to_have_text(KEY_SENTENCE)


def test_earlier_conversations_are_opened_and_deleted(page, model):
    ask_and_wait(page, "Who leads the <b>works</b> on the quay?")
    open_history(page)
    page.locator("#new").click()
    expect(page.locator("#conversation .user")).to_have_count(0)
    earlier = page.locator("#earlier").get_by_text("Who leads the <b>works</b> on the quay?")
    earlier.click()
    expect(page.locator("#conversation .user")).to_have_text(
        "Who leads the <b>works</b> on the quay?"
    )
    page.locator("#forget").click()
    expect(page.locator("#conversation .user")).to_have_count(0)
    expect(earlier).to_have_count(0)
    page.reload()
    expect(page.locator("#conversation")).to_contain_text("Welcome to")
    expect(page.locator("#conversation .user")).to_have_count(0)


def test_nobody_sees_the_conversations_of_another(browser, chat_site, model, page):
    ask_and_wait(page)
    with opened_page(browser, chat_site.address) as other:
        expect(other.locator("#conversation")).to_contain_text("Welcome to")
        assert QUESTION not in other.content()


def test_the_page_works_where_the_browser_keeps_nothing(browser, chat_site, model):
    with opened_page(browser, chat_site.address) as page:
        page.context.add_init_script(NO_STORAGE)
        page.reload()
        expect(page.locator("#status")).to_contain_text("6 documents")
        ask_and_wait(page)
        ask_and_wait(page, f"{QUESTION} Tell me.")
        expect(page.locator("#conversation .user")).to_have_count(2)
        # What the page that was left behind was still fetching fails; that is no error of this one.
        left = ("denied", "fetch")
        page.errors[:] = [told for told in page.errors if not any(word in told for word in left)]


def test_the_conversation_survives_a_restart_of_the_server(browser, tmp_path):
    with running_site(tmp_path) as site:
        port = int(site.address.rpartition(":")[2])
        site.model.reply = REPLY
        context = browser.new_context(locale="en-GB")
        page = context.new_page()
        page.goto(site.address)
        ask_and_wait(page)
        expect_kept(page)
    with running_site(tmp_path, port):
        page.reload()
        expect(page.locator("#conversation .bot")).to_contain_text(REPLY)
        ask_and_wait(page, "What do the works on the quay cost?", "")
        expect(page.locator("#conversation .user")).to_have_count(2)
    context.close()


def test_a_thumb_down_with_its_reason_reaches_the_administrator(page, chat_site, model):
    question = f"{QUESTION} Tell me."
    ask_and_wait(page, question)
    page.get_by_role("button", name="Dislike").click()
    page.get_by_role("checkbox", name="the answer is wrong").check()
    page.locator("#comment textarea, #comment input").fill("She left in May.")
    page.locator("#send").click()
    expect(page.locator("#feedback")).to_be_hidden()
    found = [f for f in FeedbackStore(chat_site.folder / "data").all() if f.question == question]
    (record,) = found
    assert (record.verdict, record.reasons, record.comment) == (
        "down", ("wrong",), "She left in May."
    )  # fmt: skip
    assert (record.text, record.kind, record.model) == (REPLY, "written", "m")
    assert record.citations[0].document == "kade.txt"
    page.reload()
    expect(page.get_by_role("button", name="Disliked")).to_be_visible()


def test_a_thumb_up_is_noted_at_once(page, chat_site, model):
    question = f"{QUESTION} Who is it?"
    ask_and_wait(page, question)
    page.get_by_role("button", name="Like", exact=True).click()
    expect(page.get_by_role("button", name="Liked")).to_be_visible()
    expect(page.locator("#feedback")).to_be_hidden()
    store = FeedbackStore(chat_site.folder / "data")
    for _ in range(50):
        verdicts = [f.verdict for f in store.all() if f.question == question]
        if verdicts:
            break
        page.wait_for_timeout(100)
    assert verdicts == ["up"]


def test_an_answer_is_copied_with_its_sources(page, chat_site, model):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=chat_site.address)
    ask_and_wait(page, "Who leads the *works* on the quay?")
    page.locator("#conversation .message-buttons-left").get_by_title("Copy message").click()
    expect(page.get_by_role("status").filter(has_text="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert REPLY in copied and KEY_SENTENCE in copied
    assert f"[1] {chat_site.address}/source/" in copied
    assert "\\" not in copied and "<" not in copied
    page.locator("#conversation .message-buttons-right").get_by_title("Copy message").click()
    page.wait_for_timeout(300)
    assert page.evaluate("navigator.clipboard.readText()") == "Who leads the *works* on the quay?"


def test_messages_are_read_out_as_they_stand(page, model):
    ask_and_wait(page)
    expect(page.locator("#conversation [data-testid=bot][aria-label]")).to_have_count(0)
