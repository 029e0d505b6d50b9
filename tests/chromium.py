"""Debian's Chromium, headless, for the tests that open a page.

Knows how it starts and what it asks of the network; nothing of any page. `conftest.py` makes its
fixtures known.
"""

import os
import shutil
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
REASON = "Chromium is missing; to run the browser tests: sudo apt-get install chromium"
QUIET = (
    "--no-sandbox --disable-gpu --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-quic"
).split()

needs_chromium = pytest.mark.skipif(
    CHROMIUM is None and not os.environ.get("REQUIRE_BROWSER"), reason=REASON
)


class Recorder(ThreadingHTTPServer):
    """A proxy that lets nothing through and remembers what was asked of it."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Refusal)
        self.asked = []


class _Refusal(BaseHTTPRequestHandler):
    def log_message(self, *args):
        pass

    def do_GET(self):
        self.server.asked.append(self.path)
        self.send_error(502)

    do_CONNECT = do_POST = do_GET


@pytest.fixture(scope="module")
def proxy():
    server = Recorder()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()


@pytest.fixture(scope="module")
def browser(proxy):
    assert CHROMIUM, REASON
    with sync_playwright() as playwright:
        # Chromium's own calls home go to the proxy too; only the page's are looked at.
        address = f"http://127.0.0.1:{proxy.server_address[1]}"
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=QUIET, proxy={"server": address, "bypass": "127.0.0.1"}
        )
        yield browser
        browser.close()
