"""What axe-core finds on the pages: nothing serious, in any state, light or dark."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.chat_site import REPLY, ask, ask_and_wait, opened_page
from tests.chromium import needs_chromium

pytestmark = needs_chromium

GRAVE = {"serious", "critical"}


def findings(page):
    """List what axe finds of some gravity, and where."""
    found = Axe().run(page).response["violations"]
    return [
        (violation["impact"], violation["id"], node["target"], node["html"][:200])
        for violation in found
        if violation["impact"] in GRAVE
        for node in violation["nodes"]
    ]


@pytest.fixture(
    params=[(1280, 800, "light", "en-GB"), (390, 844, "dark", "nl-NL")],
    ids=["desktop-light", "phone-dark"],
)
def page(request, browser, chat_site):
    width, height, scheme, locale = request.param
    options = {"color_scheme": scheme, "locale": locale}
    with opened_page(browser, chat_site.address, width, height, **options) as page:
        yield page


def test_the_chat_in_each_of_its_states(page, chat_site):
    model = chat_site.model
    expect(page.locator("#conversation .example").first).to_be_visible()
    assert findings(page) == [], "empty, with suggestions"
    model.reply, model.pause = f"{REPLY} She was born on the moon in 1812 [1].", 0.1
    ask(page)
    expect(page.locator("#stop")).to_be_visible()
    log = page.locator("#conversation [role=log]")
    expect(log).to_have_attribute("aria-busy", "true")
    assert findings(page) == [], "while an answer is written"
    model.pause = 0.0
    expect(log).to_have_attribute("aria-busy", "false")
    expect(page.locator("#conversation .doubt")).to_be_visible()
    assert findings(page) == [], "answered, with a sentence in doubt"
    page.locator("#conversation .bot a").first.click()
    expect(page.frame_locator("#source-panel iframe").locator("#cited")).to_be_visible()
    assert findings(page) == [], "with a source beside it"
    page.keyboard.press("Escape")
    page.locator("#conversation .message-buttons-left button").nth(-2).click()
    expect(page.locator("#feedback")).to_be_visible()
    assert findings(page) == [], "with the form of feedback"
    page.locator("#history").get_by_role("button").first.click()
    expect(page.locator("#new")).to_be_visible()
    assert findings(page) == [], "with earlier conversations"


def test_a_refusal(page):
    ask_and_wait(page, "How old is the king of Spain?", "14 020")
    assert findings(page) == []


def test_axe_would_tell(page):
    page.evaluate("document.body.append(document.createElement('button'))")
    assert ("critical", "button-name") in {found[:2] for found in findings(page)}


@pytest.mark.parametrize("width", [360, 1920])
def test_no_state_is_wider_than_the_window(browser, chat_site, width):
    chat_site.model.reply = f"{REPLY} https://example.org/{'x' * 200}"
    with opened_page(browser, chat_site.address, width, 760) as page:
        ask_and_wait(page, f"{'w' * 300} Who leads the works on the quay?")
        page.locator("#conversation .bot a").first.click()
        expect(page.frame_locator("#source-panel iframe").locator("#cited")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.locator("#ask").bounding_box()["x"] < width


def test_the_keyboard_alone_reaches_everything(browser, chat_site):
    chat_site.model.reply = REPLY
    with opened_page(browser, chat_site.address) as page:
        page.keyboard.press("Tab")
        page.locator("#question textarea").focus()
        page.keyboard.type("Who leads the works on the quay?")
        page.keyboard.press("Enter")
        expect(page.locator("#conversation .bot")).to_contain_text(REPLY)
        expect(page.locator("#edit")).to_be_visible()
        reached = set()
        page.locator("body").evaluate("element => element.focus()")
        for _ in range(40):
            page.keyboard.press("Tab")
            reached.add(
                page.evaluate("""() => {
                const at = document.activeElement;
                return at.title || at.id || at.closest("[id]")?.id || at.tagName;
            }""")
            )
        assert {"question", "ask", "edit", "Retry", "Like", "Dislike", "Copy message"} <= reached
