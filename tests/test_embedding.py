"""The bundled embedder, and the one behind OpenAI's protocol on a loopback server."""

import numpy as np
import pytest

from index.embedding import BundledEmbedder, RemoteEmbedder
from index.errors import EmbedderUnavailable
from index.types import Passage, Span
from tests.scripted import openai_server


def passage(text, *cuts):
    borders = [0, *cuts, len(text)]
    spans = tuple(Span(a, b) for a, b in zip(borders, borders[1:], strict=False))
    return Passage(0, len(text), text, spans)


@pytest.fixture(scope="module")
def bundled():
    return BundledEmbedder()


@pytest.fixture
def server():
    with openai_server() as server:
        yield server


def test_vectors_are_units_of_the_promised_shape(bundled):
    (vectors,) = bundled.embed_passages([passage("Een zin. Nog een zin.", 9)])
    assert vectors.passage.shape == (bundled.dimension,) == (384,)
    assert vectors.sentences.shape == (2, 384)
    assert np.allclose(np.linalg.norm(vectors.sentences, axis=1), 1, atol=1e-3)
    assert bundled.embed_query("vraag").dtype == np.float32


def test_languages_meet(bundled):
    query = bundled.embed_query("When does the library open?")
    texts = ["De bibliotheek gaat om negen uur open.", "De brug is gesloten wegens onderhoud."]
    near, far = bundled.embed_passages([passage(text) for text in texts])
    assert query @ near.passage > query @ far.passage + 0.03


@pytest.mark.parametrize("text", ["", "a\0b", "\ud800", "x" * 20_000, "\u202e\u200b", "👩‍👧"])
def test_any_text_can_be_embedded(bundled, text):
    assert np.isfinite(bundled.embed_query(text)).all()


def test_what_follows_a_nul_counts(bundled):
    assert not np.allclose(bundled.embed_query("a\0b"), bundled.embed_query("a"), atol=1e-3)


def test_the_remote_embedder_sends_prefixes_in_batches(server):
    embedder = RemoteEmbedder(server.url, "m", "secret", ("q: ", "p: "))
    vectors = embedder.embed_passages([passage(f"zin {n}") for n in range(50)])
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
