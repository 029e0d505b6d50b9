"""The chat page in real headless Chromium, against a real server process."""

import pytest
from playwright.sync_api import expect

from tests.chromium import needs_chromium
from tests.corpora import write_texts
from tests.scripted import openai_server
from tests.test_cli import environment_of, serving

QUESTION = "Who leads the works on the quay?"
ARABIC = "يقع ميناء الصيد شمال المدينة القديمة. تبلغ رسوم رسو القوارب 38 دينارا في السنة."

pytestmark = needs_chromium


@pytest.fixture(scope="module")
def model():
    with openai_server() as server:
        yield server


@pytest.fixture(scope="module")
def address(tmp_path_factory, model):
    """The address of a server whose model is scripted, over a small corpus."""
    import subprocess
    import sys

    folder = tmp_path_factory.mktemp("browser")
    texts = write_texts(folder / "texts")
    hostile = "<img src=x onerror=alert(1)> ![p](http://outside.example/p.png?leak) **bold**"
    (texts / "hostile.txt").write_text(
        f"The password of the copier is {hostile}.", encoding="utf-8"
    )
    (texts / "maktaba.txt").write_text(ARABIC, encoding="utf-8")
    settings = {"BRONWIJZER_MODEL": "m", "BRONWIJZER_MODEL_URL": model.url}
    subprocess.run(
        [sys.executable, "-m", "assistant", "sync", str(texts)],
        env=environment_of(folder),
        check=True,
        capture_output=True,
    )
    with serving(folder, **settings) as address:
        yield address


@pytest.fixture(params=[(1280, 800), (390, 844)], ids=["desktop", "phone"])
def page(request, browser, address):
    width, height = request.param
    context = browser.new_context(viewport={"width": width, "height": height})
    page = context.new_page()
    page.errors, page.requested = [], []
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.on("request", lambda r: page.requested.append(r.url))
    page.goto(address)
    yield page
    assert page.errors == []
    outside = [u for u in page.requested if not u.startswith((address, "data:", "blob:"))]
    assert outside == []
    context.close()


def ask(page, question):
    page.locator("#question textarea").fill(question)
    page.keyboard.press("Enter")


def test_evidence_then_a_cited_answer_that_opens_the_sentence(page, model):
    model.reply = "Saskia Dorrestein leads the works [1]."
    ask(page, QUESTION)
    evidence = page.locator("#evidence")
    expect(evidence).to_contain_text("Projectleider Saskia Dorrestein leidt de werkzaamheden.")
    conversation = page.locator("#conversation")
    expect(conversation).to_contain_text("Saskia Dorrestein leads the works [1].")
    with page.context.expect_page() as opened:
        conversation.get_by_role("link", name="[1]").first.click()
    source = opened.value
    cited = source.locator("#cited")
    expect(cited).to_have_text("Projectleider Saskia Dorrestein leidt de werkzaamheden.")
    expect(cited).to_be_in_viewport()


def test_a_quotation_stands_below_the_reply_in_its_own_language_and_direction(page, model):
    model.reply = "It is 38 dinars a year [1], “تبلغ رسوم رسو القوارب 38 دينارا” [1]."
    ask(page, "What does it cost to moor a boat in the fishing port for a year?")
    conversation = page.locator("#conversation .bot")
    quotation = conversation.locator("[lang=ar] blockquote")
    expect(quotation).to_have_text("“تبلغ رسوم رسو القوارب 38 دينارا في السنة.”")
    expect(quotation).to_have_css("direction", "rtl")
    expect(conversation.locator("span[lang=ar][dir=rtl]")).to_have_css("unicode-bidi", "isolate")
    expect(conversation.locator("[lang=en][dir=ltr]")).to_contain_text("It is 38 dinars a year")
    expect(conversation).to_contain_text("maktaba · Arabic")
    expect(page.locator("#evidence [lang=ar][dir=rtl] strong").first).to_be_visible()


def test_evidence_is_there_while_the_model_still_writes(page, model):
    model.reply, model.pause = "Saskia Dorrestein leads the works [1].", 0.5
    try:
        ask(page, QUESTION)
        expect(page.locator("#evidence")).to_contain_text("Saskia Dorrestein", timeout=4000)
        expect(page.locator("#conversation")).to_contain_text("[1].", timeout=20_000)
    finally:
        model.pause = 0.0


def test_what_the_documents_do_not_say_is_refused(page):
    ask(page, "What is the capital of Peru?")
    expect(page.locator("#conversation")).to_contain_text("The documents do not say.")
    expect(page.locator("#evidence")).to_contain_text("Nearest passages")


def test_a_dead_model_leaves_quotations(page, model):
    model.status = 500
    try:
        ask(page, QUESTION)
        conversation = page.locator("#conversation")
        expect(conversation).to_contain_text("Projectleider Saskia Dorrestein", timeout=20_000)
        expect(conversation).to_contain_text("does not answer")
    finally:
        model.status = 200


def test_a_bad_question_is_answered_with_what_to_do(page):
    ask(page, "x" * 3000)
    expect(page.locator("#conversation")).to_contain_text("longest_question")


def test_hostile_text_shows_as_text_and_calls_nobody(page, model, proxy):
    model.reply = "The password is <b>x</b> ![q](http://outside.example/q.png) [1]."
    ask(page, "What is the password of the copier?")
    expect(page.locator("#evidence")).to_contain_text("<img src=x onerror=alert(1)>")
    page.wait_for_timeout(500)
    assert page.locator("#evidence img, #conversation .message img").count() == 0
    assert not [path for path in proxy.asked if "outside.example" in path]


def test_the_page_says_which_model_answers(page):
    expect(page.locator("#status")).to_contain_text("m writes the answers, on this machine")
