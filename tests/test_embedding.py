"""The bundled embedder, and the one behind OpenAI's protocol on a loopback server."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import chain

import numpy as np
import pytest

from index.embedding import BundledEmbedder
from index.errors import EmbedderUnavailable
from index.remote_embedding import RemoteEmbedder
from index.types import Passage, Span
from tests.scripted import openai_server


def passage(text, *cuts):
    borders = [0, *cuts, len(text)]
    spans = tuple(Span(a, b) for a, b in zip(borders, borders[1:], strict=False))
    return Passage(0, len(text), text, spans)


def embedded(embedder, passages):
    return list(chain.from_iterable(embedder.embed_passages(passages)))


@pytest.fixture(scope="module")
def bundled():
    return BundledEmbedder()


@pytest.fixture
def server():
    with openai_server() as server:
        yield server


def test_vectors_are_units_of_the_promised_shape(bundled):
    (vectors,) = embedded(bundled, [passage("Een zin. Nog een zin.", 9)])
    assert vectors.passage.shape == (bundled.dimension,) == (384,)
    assert vectors.sentences.shape == (2, 384)
    assert np.allclose(np.linalg.norm(vectors.sentences, axis=1), 1, atol=1e-3)
    assert bundled.embed_query("vraag").dtype == np.float32


def test_languages_meet(bundled):
    query = bundled.embed_query("When does the library open?")
    texts = ["De bibliotheek gaat om negen uur open.", "De brug is gesloten wegens onderhoud."]
    near, far = embedded(bundled, [passage(text) for text in texts])
    assert query @ near.passage > query @ far.passage + 0.03


@pytest.mark.parametrize("text", ["", "a\0b", "\ud800", "x" * 20_000, "\u202e\u200b", "👩‍👧"])
def test_any_text_can_be_embedded(bundled, text):
    assert np.isfinite(bundled.embed_query(text)).all()


def test_what_follows_a_nul_counts(bundled):
    assert not np.allclose(bundled.embed_query("a\0b"), bundled.embed_query("a"), atol=1e-3)


def test_the_remote_embedder_sends_prefixes_in_batches(server):
    embedder = RemoteEmbedder(server.url, "m", "secret", ("q: ", "p: "))
    vectors = embedded(embedder, [passage(f"zin {n}") for n in range(50)])
    assert len(vectors) == 50
    assert all(np.allclose(np.linalg.norm(v.passage), 1) for v in vectors)
    sizes = [len(body["input"]) for _, body in server.requests]
    assert sum(sizes) == 100 and max(sizes) <= 64
    assert server.requests[0][1]["input"][0] == "p: zin 0"
    embedder.embed_query("vraag")
    assert server.requests[-1][1]["input"] == ["q: vraag"]


def test_the_fingerprint_names_what_the_vectors_depend_on(server):
    one = RemoteEmbedder(server.url, "m", "", ("q: ", ""))
    assert one.fingerprint == "openai;m;26;q: ;"
    assert one.fingerprint != RemoteEmbedder(server.url, "m", "", ("", "")).fingerprint


def test_a_refusal_and_a_dead_server_name_the_setting(server):
    server.status = 401
    with pytest.raises(EmbedderUnavailable, match="embedder_url"):
        RemoteEmbedder(server.url, "m", "").embed_query("vraag")
    with pytest.raises(EmbedderUnavailable, match="bundled embedder"):
        RemoteEmbedder("http://127.0.0.1:1/v1", "m", "").embed_query("vraag")


def test_loopback_ignores_proxies(server, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    assert RemoteEmbedder(server.url, "m", "").dimension == 26


def test_many_passages_get_the_vectors_that_few_do(bundled):
    texts = [f"Zaal {n} is open. Zaal {n} heeft {n * 7} stoelen." for n in range(70)]
    passages = [passage(text, text.index(".") + 2) for text in [*texts, texts[0]]]
    passages += [passage(""), passage("a\0b\ud800")]
    steps = list(bundled.embed_passages(passages))
    assert bundled.hindrance == "" and len(steps) > 1
    many = list(chain.from_iterable(steps))
    few = embedded(BundledEmbedder(fast=False), passages[:4] + passages[-3:])
    assert len(many) == len(passages)
    for one, other in zip(many[:4] + many[-3:], few, strict=True):
        assert one.passage @ other.passage > 0.9995
        assert ((one.sentences * other.sentences).sum(axis=1) > 0.9995).all()


def test_the_same_text_gives_the_same_vectors_in_any_company(bundled):
    one, other = passage("De kade wordt vernieuwd."), passage("Ganz anderer Text.")
    (alone,) = embedded(bundled, [one])
    _, beside = embedded(bundled, [other, one])
    assert np.allclose(alone.passage, beside.passage, atol=1e-5)
    assert np.allclose(alone.sentences, beside.sentences, atol=1e-5)


def test_a_sentence_is_most_like_its_translation(bundled):
    dutch = "De brug is gesloten. De bibliotheek is open."
    english = "The bridge is closed. The library is open."
    left, right = embedded(bundled, [passage(dutch, 20), passage(english, 21)])
    likeness = left.sentences @ right.sentences.T
    assert likeness[0, 0] > likeness[0, 1] and likeness[1, 1] > likeness[1, 0]


@pytest.mark.parametrize("text", ["a\0b", "\ud800", "\u200b", "."])
def test_any_passage_can_be_embedded(bundled, text):
    (vectors,) = embedded(bundled, [passage(text)])
    assert np.linalg.norm(vectors.passage) == pytest.approx(1, abs=1e-3)
    assert np.linalg.norm(vectors.sentences[0]) == pytest.approx(1, abs=1e-3)


@contextmanager
def server_answering(body, content_type="application/json"):
    """Run a server that answers every request with the same bytes; gives its address."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *args):
            pass

        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def rows(*vectors):
    data = [{"index": n, "embedding": vector} for n, vector in enumerate(vectors)]
    return json.dumps({"object": "list", "model": "m", "data": data}).encode()


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (rows([1.0, 2.0]), "application/json"),
        (rows([1.0, 2.0], [1.0, 2.0], [1.0, 2.0]), "application/json"),
        (rows([1.0, 2.0], [1.0]), "application/json"),
        (rows([1.0, 2.0], [float("nan"), 1.0]), "application/json"),
        (rows([1.0, 2.0], [None, None]), "application/json"),
        (rows([1.0, 2.0], [0.0, 0.0]), "application/json"),
        (b'{"object": "list"}', "application/json"),
        (b'{"error": "no such model"}', "application/json"),
        (b"<html><p>Welcome</p></html>", "text/html"),
        (b"not JSON", "application/json"),
    ],
    ids="fewer more ragged nan null zero no-data error-as-200 web-page no-json".split(),
)
def test_an_answer_that_is_no_vectors_names_the_setting(body, content_type):
    with server_answering(body, content_type) as url:
        with pytest.raises(EmbedderUnavailable, match="embedder_url"):
            embedded(RemoteEmbedder(url, "m", ""), [passage("Een zin.")])


def test_a_server_that_dies_midway_is_named(server):
    embedder = RemoteEmbedder(server.url, "m", "")
    embedder.embed_query("vraag")
    server.status = 503
    with pytest.raises(EmbedderUnavailable, match=f"{server.url}.*embedder_url"):
        embedder.embed_query("vraag")
