"""The bundled embedder, and the one behind OpenAI's protocol on a loopback server."""

from itertools import chain

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
