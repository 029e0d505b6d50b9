"""Which languages the embedder covers, and where a corpus says so."""

import numpy as np
import pytest
from typer.testing import CliRunner

from assistant.build import build_embedder
from assistant.cli import app
from assistant.diagnosis import diagnose
from assistant.settings import Settings, read_settings
from assistant.state_line import show_notice
from index.coverage import Coverage, measured, parallel_sentences
from index.database import Database
from index.embedding import BundledEmbedder, documented_languages
from index.language import LANGUAGES, LanguageDetector
from index.remote_embedding import RemoteEmbedder
from tests.corpora import make_assistant, make_corpora, make_corpus, write_texts
from tests.fakes import WordEmbedder, open_corpus
from tests.scripted import openai_server

ENGLISH = (
    "The library opens at nine. On Sundays it is closed. A card costs ten pounds a year. " * 40
)
RUSSIAN = "Библиотека открывается в девять часов. По воскресеньям она закрыта. " * 60


class Polyglot(WordEmbedder):
    """Gives a parallel sentence the vector of its place in the list, in the languages it knows."""

    languages = None

    def __init__(self, known):
        super().__init__("polyglot")
        sentences = parallel_sentences()
        self._places = {
            text: place for name in known for place, text in enumerate(sentences[name])
        } | {text: place for place, text in enumerate(sentences["en-other"])}

    def embed_query(self, text):
        place = self._places.get(text)
        return super().embed_query(text) if place is None else np.eye(64, dtype=np.float32)[place]


@pytest.fixture
def database(tmp_path):
    database = Database(tmp_path / "catalog.sqlite3")
    yield database
    database.close()


def test_the_sentences_are_parallel_and_in_the_languages_they_say():
    sentences = parallel_sentences()
    asked = "nl en de fr es it pt pl ro ru el tr ar hi th vi zh ja ko".split()
    assert set(asked) < set(sentences)
    detector = LanguageDetector()
    for name, texts in sentences.items():
        assert len(texts) == len(set(texts)) == 8, name
        assert detector.detect(" ".join(texts)) == name.removesuffix("-other")


def test_the_bundled_embedder_passes_where_its_makers_say_so():
    sentences = {name: s for name, s in parallel_sentences().items() if name in LANGUAGES}
    shares = measured(BundledEmbedder(fast=False), sentences)
    assert set(shares) <= documented_languages()
    assert min(shares.values()) >= 0.75, shares


def test_an_embedder_that_knows_english_alone_fails_elsewhere():
    shares = measured(Polyglot(["en"]), parallel_sentences())
    assert shares["en"] == 1
    assert max(share for name, share in shares.items() if not name.startswith("en")) < 0.75


def test_every_language_that_is_told_apart_is_documented():
    assert set(LANGUAGES) <= documented_languages()


def test_a_language_is_measured_once_for_each_embedder(database):
    embedder = Polyglot(["en", "nl"])
    Coverage(database, embedder, "polyglot").measure(["nl", "ru", "und", "eo"])
    embedded = len(embedder.history)
    assert embedded == 3 * 8
    coverage = Coverage(database, embedder, "polyglot")
    coverage.measure(["nl", "ru"])
    assert len(embedder.history) == embedded
    assert coverage.uncovered({"nl": 50, "ru": 50, "eo": 50}) == {"ru": 50}
    assert coverage.unmeasured(["nl", "ru", "eo", "und"]) == ("eo",)
    other = Polyglot(["en"])
    assert Coverage(database, other, "other").unmeasured(["nl"]) == ("nl",)


def test_what_is_documented_is_not_measured(database):
    embedder = WordEmbedder()
    embedder.languages = frozenset({"nl"})
    coverage = Coverage(database, embedder, "polyglot")
    coverage.measure(["nl", "ru"])
    assert embedder.history == []
    assert coverage.uncovered({"nl": 50, "ru": 50}) == {"ru": 50}
    assert coverage.unmeasured(["ru"]) == ()


def test_nobody_is_asked_when_a_page_is_opened(database):
    away = RemoteEmbedder("http://127.0.0.1:1/v1", "m", "")
    assert Coverage(database, away, "openai;m;8;;").warning({"nl": 50}) == ""


@pytest.mark.parametrize(
    ("passages", "uncovered"),
    [
        ({"en": 100, "mt": 2}, {}),
        ({"en": 1000, "mt": 5}, {}),
        ({"en": 100, "mt": 3}, {"mt": 3}),
        ({"und": 100, "en": 100}, {}),
        ({}, {}),
    ],
)
def test_a_few_passages_are_a_mistake_of_the_detector(database, passages, uncovered):
    assert (
        Coverage(database, BundledEmbedder(fast=False), "polyglot").uncovered(passages) == uncovered
    )


def test_a_sync_warns_and_the_corpus_remembers(tmp_path):
    texts = tmp_path / "texts"
    texts.mkdir()
    (texts / "en.txt").write_text(ENGLISH, encoding="utf-8")
    (texts / "ru.txt").write_text(RUSSIAN, encoding="utf-8")
    embedder = Polyglot(["en"])
    with open_corpus(tmp_path / "data", embedder) as corpus:
        *_, report = corpus.sync([texts])
        (note,) = report.notes
        assert "ru (" in note and "en (" not in note and "embedder_url" in note
        embedded = len(embedder.history)
        assert corpus.coverage_warning() == note
        stats = corpus.stats()
        assert list(stats.uncovered) == ["ru"]
        corpus.search("library")
        assert len(embedder.history) == embedded
        *_, report = corpus.rebuild()
        assert report.notes == (note,)
    with open_corpus(tmp_path / "data", Polyglot(["en", "ru"])) as corpus:
        assert corpus.coverage_warning() == note


def test_a_covered_corpus_has_no_warning(tmp_path):
    (tmp_path / "ru.txt").write_text(RUSSIAN, encoding="utf-8")
    with open_corpus(tmp_path / "data", Polyglot(["en", "ru"])) as corpus:
        *_, report = corpus.sync([tmp_path / "ru.txt"])
        assert report.notes == ()
        assert corpus.coverage_warning() == ""


class Unplugged(Polyglot):
    """Fails on the parallel sentences."""

    def embed_passages(self, passages):
        for passage in passages:
            if passage.text in self._places:
                self._fail_after = 0
            yield from super().embed_passages([passage])


def test_a_measurement_that_fails_does_not_fail_the_sync(tmp_path):
    (tmp_path / "ru.txt").write_text(RUSSIAN, encoding="utf-8")
    with open_corpus(tmp_path / "data", Unplugged(["en"])) as corpus:
        *_, report = corpus.sync([tmp_path / "ru.txt"])
        assert report.done
        assert "not measured" in report.notes[0] and "unplugged" in report.notes[0]
        assert corpus.stats().unmeasured == ("ru",)


def test_the_setting_says_what_another_embedder_covers(tmp_path):
    values = {"embedder_url": "http://127.0.0.1:1/v1", "embedder_model": "m"}
    assert build_embedder(Settings(**values)).languages is None
    told = Settings(**values, embedder_languages=("nl", "en"))
    assert build_embedder(told).languages == {"nl", "en"}
    environment = {"BRONWIJZER_EMBEDDER_LANGUAGES": "nl,en"}
    assert read_settings(environment, tmp_path).embedder_languages == ("nl", "en")


def test_sync_and_doctor_warn_of_an_embedder_by_url(tmp_path, monkeypatch):
    texts = tmp_path / "texts"
    texts.mkdir()
    (texts / "ru.txt").write_text(RUSSIAN, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    with openai_server() as server:
        # It counts Latin letters, so all Russian sentences are alike to it.
        values = {"embedder_url": server.url, "embedder_model": "letters", "model": "none"}
        for name, value in values.items():
            monkeypatch.setenv(f"BRONWIJZER_{name.upper()}", value)
        run = CliRunner().invoke(app, ["sync", str(texts)])
        assert run.exit_code == 0, run.output
        assert "does not cover" in run.output and "ru (" in run.output
        found = {f.subject: f for f in diagnose(read_settings({}, tmp_path, **values))}
    assert not found["Languages"].good
    assert "ru (" in found["Languages"].detail


def test_doctor_is_content_with_the_bundled_embedder(tmp_path):
    with make_corpus(tmp_path / ".data") as corpus:
        list(corpus.sync([write_texts(tmp_path / "texts")]))
    settings = Settings(data=tmp_path / ".data", model="none", fast_embedding=False)
    found = {f.subject: f for f in diagnose(settings)}
    assert found["Languages"].good


def test_doctor_tells_of_a_damaged_collection_and_of_an_embed_without_one(tmp_path):
    data = tmp_path / ".data"
    with make_corpus(data) as corpus, make_corpora(data, corpus, make_assistant(corpus)) as made:
        made.create("hr")
    (data / "collections" / "hr" / "catalog.sqlite3").write_text("no catalog " * 100)
    embeds = {"staff": {"collection": "hr"}, "rules": {"collection": "rules"}}
    settings = Settings(data=data, model="none", fast_embedding=False, embeds=embeds)
    wrong = {f.subject: f.detail for f in diagnose(settings) if not f.good}
    assert set(wrong) == {"Collection hr", "Embed rules"}
    assert "bronwijzer collections remove hr" in wrong["Collection hr"]
    assert "documents, hr" in wrong["Embed rules"]


def test_the_page_shows_the_warning_as_text():
    assert show_notice("") == ""
    assert show_notice("ru <b>") == "⚠️ ru &lt;b\\>"
