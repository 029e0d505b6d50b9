"""No test reaches another machine, and none reads the settings of the person who runs it."""

import os
import socket

import pytest

from tests.chat_site import chat_site, page  # noqa: F401 - fixtures
from tests.chromium import browser, proxy  # noqa: F401 - fixtures
from tests.host_pages import embedding  # noqa: F401 - fixtures

_LOOPBACK = ("127.0.0.1", "::1", "localhost", "0.0.0.0", "::")


@pytest.fixture(autouse=True)
def only_loopback(monkeypatch):
    """Fail on every connection or name look-up beyond this machine."""
    connect, look_up = socket.socket.connect, socket.getaddrinfo

    def guarded_connect(self, address):
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in _LOOPBACK:
            raise AssertionError(f"a test connects to {address}")
        return connect(self, address)

    def guarded_look_up(host, *args, **kwargs):
        if host not in (*_LOOPBACK, None, ""):
            raise AssertionError(f"a test looks up {host}")
        return look_up(host, *args, **kwargs)

    monkeypatch.setattr(socket.socket, "connect", guarded_connect)
    monkeypatch.setattr(socket, "getaddrinfo", guarded_look_up)


@pytest.fixture(autouse=True)
def no_settings(monkeypatch):
    """Hide the settings in the environment."""
    for name in os.environ:
        if name.startswith("BRONWIJZER_"):
            monkeypatch.delenv(name)


@pytest.fixture(scope="module")
def server_url(tmp_path_factory):
    """The address of a real `chroma run`."""
    from tests.fakes import running_chroma

    with running_chroma(tmp_path_factory.mktemp("chroma-server")) as (url, _):
        yield url


@pytest.fixture(params=["embedded", "server"])
def chroma(request):
    """Where vectors are kept: in the data folder, and on a server."""
    from index.workspace import ChromaAddress

    url = request.getfixturevalue("server_url") if request.param == "server" else ""
    return ChromaAddress(url)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """The small texts in three languages, indexed with the bundled embedder."""
    from tests.corpora import make_corpus, write_texts

    folder = tmp_path_factory.mktemp("corpus")
    with make_corpus(folder / "data") as corpus:
        list(corpus.sync([write_texts(folder / "texts")]))
        yield corpus
