"""Answers on the chat page, in real headless Chromium against a real server process."""

import pytest
from playwright.sync_api import expect

from tests.chat_site import (
    HOSTILE,
    KEY_SENTENCE,
    QUESTION,
    REPLY,
    SUGGESTED,
    ask,
    ask_and_wait,
    opened_page,
)
from tests.chromium import needs_chromium

pytestmark = needs_chromium


@pytest.fixture
def model(chat_site):
    chat_site.model.reply = REPLY
    yield chat_site.model
    chat_site.model.pause, chat_site.model.status = 0.0, 200


def test_evidence_then_a_cited_answer(page, model):
    ask_and_wait(page)
    evidence = page.locator("#evidence")
    expect(evidence.locator("strong", has_text=KEY_SENTENCE)).to_be_visible()
    expect(evidence).to_contain_text("kade · Dutch")
    reply = page.locator("#conversation .bot")
    expect(reply.locator("blockquote")).to_have_text(f"“{KEY_SENTENCE}”")
    expect(reply).to_contain_text("Answer in English")


def test_a_mark_shows_its_quotation_and_opens_the_sentence_beside_the_chat(page, model):
    ask_and_wait(page)
    mark = page.locator("#conversation").get_by_role("link", name="[1]", exact=True)
    mark.focus()
    expect(page.get_by_role("tooltip")).to_have_text(KEY_SENTENCE)
    page.keyboard.press("Enter")
    expect(page.get_by_role("tooltip")).to_be_hidden()
    panel = page.get_by_role("complementary", name="[1] kade")
    cited = panel.frame_locator("iframe").locator("#cited")
    expect(cited).to_have_text(KEY_SENTENCE)
    expect(cited).to_be_in_viewport()
    expect(page.locator("#question textarea")).to_be_visible()
    place, frame = page.locator("#conversation").bounding_box(), panel.bounding_box()
    if page.viewport_size["width"] > 900:
        assert place["x"] + place["width"] <= frame["x"], "beside the chat"
    else:
        assert frame["y"] > 200 and frame["x"] == 0, "below the chat"
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(mark).to_be_focused()


def test_pointing_at_a_mark_shows_its_quotation(page, model):
    ask_and_wait(page)
    mark = page.locator("#conversation").get_by_role("link", name="[1]", exact=True)
    mark.hover()
    expect(page.get_by_role("tooltip")).to_have_text(KEY_SENTENCE)
    page.mouse.move(0, 0)
    expect(page.get_by_role("tooltip")).to_be_hidden()


def test_a_passage_of_the_evidence_opens_in_a_tab_where_that_is_asked_for(page, model):
    ask_and_wait(page)
    with page.context.expect_page() as opened:
        page.locator("#evidence a").first.click(modifiers=["Control"])
    expect(opened.value.locator("#cited")).to_be_visible()


def test_a_quotation_stands_below_the_reply_in_its_own_language_and_direction(page, model):
    model.reply = "It is 38 dinars a year [1], “تبلغ رسوم رسو القوارب 38 دينارا” [1]."
    question = "What does it cost to moor a boat in the fishing port for a year?"
    ask_and_wait(page, question, "It is 38 dinars")
    conversation = page.locator("#conversation .bot")
    quotation = conversation.locator("[lang=ar] blockquote")
    expect(quotation).to_have_text("“تبلغ رسوم رسو القوارب 38 دينارا في السنة.”")
    expect(quotation).to_have_css("direction", "rtl")
    expect(conversation.locator("span[lang=ar][dir=rtl]")).to_have_css("unicode-bidi", "isolate")
    expect(conversation.locator("[lang=en][dir=ltr]")).to_contain_text("It is 38 dinars a year")
    expect(conversation).to_contain_text("maktaba · Arabic")
    expect(page.locator("#evidence [lang=ar][dir=rtl] strong").first).to_be_visible()


def test_the_best_quotation_stands_in_the_chat_while_the_model_still_thinks(page, model):
    model.delay = 3.0
    try:
        ask(page)
        expect(page.locator("#conversation .bot")).to_contain_text(KEY_SENTENCE, timeout=2500)
        expect(page.locator("#evidence")).to_contain_text(KEY_SENTENCE, timeout=500)
        expect(page.locator("#conversation .bot")).to_contain_text(REPLY)
    finally:
        model.delay = 0.0


def test_a_sentence_in_doubt_looks_different_and_says_why(page, model):
    model.reply = f"{REPLY} She was born on the moon in 1812 [1]."
    ask_and_wait(page, reply="born on the moon")
    doubt = page.locator("#conversation .doubt")
    expect(doubt).to_contain_text("She was born on the moon")
    assert "wavy" in doubt.evaluate("element => getComputedStyle(element).textDecorationStyle")
    expect(page.locator("#conversation .why")).to_contain_text("not borne out by a source")
    expect(page.locator("#conversation .bot")).to_contain_text("1 of 2 sentences is not borne out")


def test_what_the_documents_do_not_say_is_refused_with_what_to_do(page):
    ask(page, "How old is the king of Spain?")
    reply = page.locator("#conversation .bot")
    expect(reply).to_contain_text("The documents do not say.")
    expect(reply).to_contain_text("Ask the service desk, tel. 14 020.")
    expect(page.locator("#evidence")).to_contain_text("Nearest passages")


def test_a_dead_model_leaves_quotations(page, model):
    model.status = 500
    ask(page)
    conversation = page.locator("#conversation")
    expect(conversation).to_contain_text(KEY_SENTENCE)
    expect(conversation).to_contain_text("does not answer")


def test_a_bad_question_is_answered_with_what_to_do(page):
    ask(page, "x" * 3000)
    expect(page.locator("#conversation")).to_contain_text("longest_question")


def test_hostile_text_shows_as_text_and_calls_nobody(page, model, proxy):
    model.reply = "The password is <b>x</b> ![q](http://outside.example/q.png) [1]."
    ask_and_wait(page, "What is the password of the copier?", "The password is")
    expect(page.locator("#evidence")).to_contain_text("<img src=x onerror=alert(1)>")
    expect(page.locator("#conversation .bot blockquote")).to_contain_text(HOSTILE)
    assert page.locator("#evidence img, #conversation .message img").count() == 0
    assert not [path for path in proxy.asked if "outside.example" in path]


def test_a_suggested_question_is_asked_by_a_click(page, model):
    model.reply = "You call the depot in Mill Lane before noon [1]."
    page.get_by_role("button", name=SUGGESTED).click()
    expect(page.locator("#conversation .user")).to_have_text(SUGGESTED)
    expect(page.locator("#conversation .bot")).to_contain_text("depot in Mill Lane")


def test_the_page_says_who_offers_it_and_which_model_answers(page):
    expect(page.locator("#status")).to_contain_text("m writes the answers, on this machine")
    expect(page.locator("#header h1")).to_have_text("Bronwijzer · Gemeente Veenrade")
    expect(page.locator("#conversation")).to_contain_text("Welcome to *our* documents.")


@pytest.mark.parametrize(
    ("locale", "button", "state", "found"),
    [
        ("nl-NL", "Vraag", "schrijft de antwoorden", "Gevonden in de documenten"),
        ("de-AT", "Fragen", "schreibt die Antworten", "In den Dokumenten gefunden"),
    ],
)
def test_the_page_speaks_the_browsers_language(
    browser, chat_site, model, locale, button, state, found
):
    with opened_page(browser, chat_site.address, 390, 844, locale=locale) as page:
        expect(page.locator("#ask")).to_have_text(button)
        expect(page.locator("#status")).to_contain_text(state)
        assert page.evaluate("document.documentElement.lang").startswith(locale[:2])
        ask(page, QUESTION)
        expect(page.locator("#evidence h2")).to_have_text(found)
