"""The parallel texts, the bundled embedder's means of them, and those of any other embedder."""

import json

import numpy as np
import pytest

from index.embedding import BundledEmbedder
from index.errors import EmbedderUnavailable, StoreUnavailable
from index.language import LANGUAGES, LanguageDetector
from index.language_means import LanguageMeans, ParallelTexts, complete
from tests.fakes import WordEmbedder

TEXTS = ParallelTexts.bundled()
COUNT = len(TEXTS.texts["en"])
CHECKED = "nl"


@pytest.fixture(scope="module")
def detector():
    return LanguageDetector(sorted(TEXTS.texts))


def stored(folder):
    return json.loads((folder / "language_means.json").read_text("utf-8"))


def test_every_language_told_apart_has_parallel_texts():
    assert set(LANGUAGES) <= set(TEXTS.texts)


@pytest.mark.parametrize("language", sorted(TEXTS.texts))
def test_the_texts_of_a_language_are_complete_and_in_that_language(language, detector):
    texts = TEXTS.texts[language]
    assert len(texts) == COUNT == len(set(texts))
    for text, english in zip(texts, TEXTS.texts["en"], strict=True):
        assert text == text.strip()
        assert 0.2 < len(text) / len(english) < 1.5
        assert detector.detect(text) == language


def test_passages_are_the_texts_with_their_language():
    passages = TEXTS.passages("nl")
    assert [passage.text for passage in passages] == list(TEXTS.texts["nl"])
    assert {passage.language for passage in passages} == {"nl"}
    assert TEXTS.passages("xx") == []


def test_the_bundled_means_are_those_of_the_bundled_embedder_and_texts():
    embedder = BundledEmbedder()
    bundled = LanguageMeans.bundled(embedder.fingerprint)
    assert set(bundled.means) == set(TEXTS.texts)
    again = LanguageMeans.fitted(embedder, TEXTS, [CHECKED]).of(CHECKED)
    assert bundled.of(CHECKED).dtype == np.float32
    assert bundled.of(CHECKED).shape == (embedder.dimension,)
    assert np.abs(bundled.of(CHECKED) - again).max() < 2e-3


def test_another_embedder_has_no_bundled_means():
    assert LanguageMeans.bundled("words").means == {}


def test_a_mean_is_that_of_the_vectors_and_unknown_languages_have_none():
    embedder = WordEmbedder()
    means = LanguageMeans.fitted(embedder, TEXTS, ["nl", "xx", "nl"])
    assert embedder.history == list(TEXTS.texts["nl"])
    expected = np.mean([embedder.embed_query(text) for text in TEXTS.texts["nl"]], axis=0)
    assert np.allclose(means.of("nl"), expected)
    assert means.of("xx") is None


def test_missing_languages_alone_are_embedded_and_kept(tmp_path):
    first, second = WordEmbedder(), WordEmbedder()
    complete(tmp_path, first, ["nl"])
    means = complete(tmp_path, second, ["nl", "xx", "de"])
    assert second.history == list(TEXTS.texts["de"])
    assert set(means.means) == {"nl", "de"}
    third = WordEmbedder()
    again = complete(tmp_path, third, ["de"])
    assert third.history == []
    for language in ("nl", "de"):
        assert np.allclose(again.of(language), means.of(language), atol=1e-3)
    assert [path.name for path in tmp_path.iterdir()] == ["language_means.json"]


def test_the_bundled_embedder_needs_no_file(tmp_path):
    means = complete(tmp_path, BundledEmbedder(), ["nl", "de", "xx"])
    assert means.of("nl") is not None
    assert list(tmp_path.iterdir()) == []


def test_means_of_another_embedder_are_replaced(tmp_path):
    complete(tmp_path, WordEmbedder("old"), ["nl", "de"])
    embedder = WordEmbedder("new")
    means = complete(tmp_path, embedder, ["nl"])
    assert len(embedder.history) == COUNT
    assert set(means.means) == set(stored(tmp_path)["means"]) == {"nl"}
    assert stored(tmp_path)["fingerprint"] == "new"


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: "",
        lambda data: "[1]",
        lambda data: "{",
        lambda data: json.dumps({**data, "texts": "of an earlier version"}),
        lambda data: json.dumps({**data, "means": ["nl"]}),
        lambda data: json.dumps({**data, "means": {"nl": 3}}),
        lambda data: json.dumps({**data, "means": {"nl": "AAA"}}),
        lambda data: json.dumps({**data, "means": {"nl": "AHwA"}}),
        lambda data: json.dumps({**data, "means": {"nl": "AHwAfA=="}}),
        lambda data: json.dumps({**data, "means": {"nl": "AAAAAA=="}}),
        lambda data: json.dumps({**data, "means": {"nl": ""}}),
    ],
)
def test_a_damaged_file_is_made_anew(tmp_path, damage):
    complete(tmp_path, WordEmbedder(), ["nl"])
    before = stored(tmp_path)
    (tmp_path / "language_means.json").write_text(damage(before), "utf-8")
    embedder = WordEmbedder()
    means = complete(tmp_path, embedder, ["nl"])
    assert len(embedder.history) == COUNT
    assert means.of("nl").shape == (embedder.dimension,)
    assert stored(tmp_path) == before


def test_bytes_that_are_no_text_are_made_anew(tmp_path):
    (tmp_path / "language_means.json").write_bytes(b"\xff\xfe\x00")
    assert complete(tmp_path, WordEmbedder(), ["nl"]).of("nl") is not None


def test_an_embedder_that_fails_leaves_the_file_as_it_was(tmp_path):
    complete(tmp_path, WordEmbedder(), ["nl"])
    before = stored(tmp_path)
    with pytest.raises(EmbedderUnavailable):
        complete(tmp_path, WordEmbedder(fail_after=3), ["de"])
    assert stored(tmp_path) == before
    assert set(complete(tmp_path, WordEmbedder(), ["de"]).means) == {"nl", "de"}


def test_a_file_that_cannot_be_used_is_an_error_that_names_it(tmp_path):
    (tmp_path / "language_means.json").mkdir()
    with pytest.raises(StoreUnavailable, match=r"language_means\.json"):
        complete(tmp_path, WordEmbedder(), ["nl"])
