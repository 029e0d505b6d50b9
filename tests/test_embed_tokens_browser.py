"""An embed for those who are signed in, on a page of another server, in real headless Chromium."""

import time

import pytest
from playwright.sync_api import expect

from assistant.embeds import Embed
from tests.chromium import needs_chromium
from tests.host_pages import ask_in, hosting, open_widget, opened_host
from tests.test_embed_tokens import SECRET, token
from tests.test_openai_api import listening
from tests.test_server import QUESTION, running

pytestmark = needs_chromium

SENTENCE = "Projectleider Saskia Dorrestein leidt de werkzaamheden."


@pytest.fixture
def friend(tmp_path):
    """A server whose pages show the assistant, which knows none of their readers by itself."""
    (tmp_path / "key").write_bytes(SECRET)
    with hosting("localhost") as friend:
        embed = Embed(hosts=(friend.address,), signed_in=True, secret_file=tmp_path / "key")
        with running(tmp_path, access="on", embeds={"vault": embed}) as (client, _):
            with listening(client.app) as address:
                friend.assistant = address
                yield friend


def shown_by(friend, **data):
    values = " ".join(f'data-{name}="{value}"' for name, value in data.items())
    friend.body = f'<script src="{friend.assistant}/widget.js" {values} defer></script>'


def test_the_page_around_vouches_for_its_readers(browser, friend):
    shown_by(friend, **{"embed": "vault", "token-function": "freshToken"})
    with opened_host(browser, friend) as page:
        page.evaluate(
            "tokens => { window.freshToken = async () => tokens.shift(); }",
            [token(), token(exp=time.time() - 1)],
        )
        frame = open_widget(page)
        ask_in(frame, QUESTION["question"], "The documents say")
        frame.locator(".quotation a").first.click()
        source = frame.frame_locator("#source iframe")
        expect(source.locator("mark").first).to_have_text(SENTENCE)
        source.get_by_role("link", name="Download").focus()
        frame.locator("#source .close").click()

        # The next one is over: its reader is told what to do, and sees nothing else.
        frame.locator("#question").fill(QUESTION["question"])
        frame.locator("#question").press("Enter")
        expect(frame.locator(".turn").last.locator(".error")).to_contain_text("not signed in")
        assert [error for error in page.errors if "401" not in error] == []

    shown_by(friend, embed="vault", token=token())
    with opened_host(browser, friend) as page:
        ask_in(open_widget(page), QUESTION["question"], "The documents say")
        assert page.errors == []
