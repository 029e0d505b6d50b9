"""Web servers of others, whose pages show the assistant, and the assistant that lets one do so.

Knows where pages are and what is on them; nothing of what they should show.
"""

import threading
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import expect

from tests.chat_site import ChatSite, running_site

# What would be kept in a browser, if anything were: asking for it is noted and refused, as where a
# browser keeps nothing for pages of third parties.
WATCH = """
window.touched = [];
for (const name of ["localStorage", "sessionStorage", "indexedDB", "caches"]) {
  Object.defineProperty(window, name, {
    get() { window.touched.push(name); throw new DOMException("Denied", "SecurityError"); }
  });
}
Object.defineProperty(Document.prototype, "cookie", {
  get() { window.touched.push("cookie"); return ""; },
  set() { window.touched.push("cookie"); },
});
"""
STYLE = "body { margin: 2rem; font: 16px Georgia; } button { all: unset; } * { color: purple }"


class HostServer(ThreadingHTTPServer):
    """A server of one page, in strict company: it lets in only what the widget needs."""

    daemon_threads = True

    def __init__(self, name):
        super().__init__(("127.0.0.1", 0), _Handler)
        # A name of its own makes it another site to a browser, not only another origin.
        self.address = f"http://{name}:{self.server_address[1]}"
        self.body = ""
        self.assistant = ""


class _Handler(BaseHTTPRequestHandler):
    def log_message(self, *args):
        pass

    def do_GET(self):
        found = self.path == "/"
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        policy = (
            f"default-src 'none'; script-src {self.server.assistant}; "
            f"frame-src {self.server.assistant}; style-src 'unsafe-inline'; img-src data:"
        )
        self.send_header("Content-Security-Policy", policy)
        self.end_headers()
        if found:
            page = (
                f'<!doctype html><html lang="en"><head><title>Intranet</title><style>{STYLE}'
                '</style><link rel="icon" href="data:,"></head><body><main><h1>Intranet</h1>'
                '<p>News of the day. <a href="#x">A link</a></p></main>'
                f"{self.server.body}</body></html>"
            )
            self.wfile.write(page.encode())


@contextmanager
def hosting(name):
    server = HostServer(name)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


@dataclass
class Embedding:
    """The assistant, a server that may show it and one that may not."""

    assistant: ChatSite
    friend: HostServer
    stranger: HostServer

    def line(self, **data):
        """Write the line that puts the widget on a page."""
        values = " ".join(f'data-{name}="{value}"' for name, value in data.items())
        return f'<script src="{self.assistant.address}/widget.js" {values} defer></script>'


@pytest.fixture(scope="session")
def embedding(tmp_path_factory):
    folder = tmp_path_factory.mktemp("embedding")
    with hosting("localhost") as friend, hosting("127.0.0.1") as stranger:
        (folder / "bronwijzer.toml").write_text(
            f'[embeds.works]\ntitle = "Ask about the works"\nhosts = ["{friend.address}"]\n'
            'colour = "#0b6b50"\ngreeting = "Ask about streets and quays."\n'
            f'[embeds.waste]\ndocuments = ["waste*"]\nhosts = ["{friend.address}"]\n',
            "utf-8",
        )
        with running_site(folder) as assistant:
            friend.assistant = stranger.assistant = assistant.address
            yield Embedding(assistant, friend, stranger)


@contextmanager
def opened_host(browser, server, width=1280, height=800, **options):
    """Open a page of another server; nothing is kept in the browser, nobody else is asked."""
    viewport = {"width": width, "height": height}
    context = browser.new_context(viewport=viewport, **{"locale": "en-GB", **options})
    context.add_init_script(WATCH)
    page = context.new_page()
    page.set_default_timeout(45_000)
    page.errors, requested = [], []
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.on("console", lambda m: page.errors.append(m.text) if m.type == "error" else None)
    context.on("request", lambda request: requested.append(request.url))
    page.goto(server.address)
    yield page
    ours = (server.address, *server.assistant.split())
    assert [url for url in requested if not url.startswith((*ours, "data:", "about:"))] == []
    assert context.cookies() == []
    for frame in page.frames:
        if frame.url.startswith(ours):
            assert frame.evaluate("window.touched") == [], frame.url
    context.close()


def open_widget(page):
    """Press the button and wait for the assistant."""
    page.get_by_role("button", name="Ask a question").click()
    frame = page.frame_locator("iframe")
    expect(frame.locator("#question")).to_be_focused()
    return frame


def ask_in(frame, question, reply):
    """Ask, and wait for the whole answer."""
    frame.locator("#question").fill(question)
    frame.locator("#question").press("Enter")
    expect(frame.locator(".turn").last.locator(".text")).to_contain_text(reply)
    expect(frame.locator("#turns")).to_have_attribute("aria-busy", "false")
