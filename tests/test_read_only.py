"""A corpus that another process owns: what is seen of it, and what is refused."""

import sqlite3

import pytest

from index.errors import EmptyCorpus, ReadOnly, StoreUnavailable
from index.read_only import ReadOnlyCorpus
from index.reading import Reading
from index.schema import SCHEMA_VERSION
from index.workspace import ChromaAddress
from tests.fakes import DETECTOR, WordEmbedder, open_corpus, plain_text

# Chroma's HTTP client leaves its sockets to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

TEXTS = {"a.txt": "De olifant woont in de dierentuin.", "b.txt": "De kade wordt vernieuwd."}


def reader_of(folder, chroma, embedder=None):
    reading = Reading({".txt": plain_text}, DETECTOR, 1_000_000)
    return ReadOnlyCorpus(folder, embedder or WordEmbedder(), reading, chroma)


@pytest.fixture
def chroma(server_url):
    return ChromaAddress(server_url)


@pytest.fixture
def texts(tmp_path):
    folder = tmp_path / "texts"
    folder.mkdir()
    for name, text in TEXTS.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def owner(tmp_path, texts, chroma):
    with open_corpus(tmp_path / "data", WordEmbedder(), chroma) as owner:
        list(owner.sync([texts]))
        yield owner


@pytest.fixture
def reader(owner, tmp_path, chroma):
    with reader_of(tmp_path / "data", chroma) as reader:
        yield reader


def titles(corpus, question):
    return [hit.stored.title for hit in corpus.search(question)]


def test_it_sees_what_the_owner_commits(owner, reader, texts):
    assert titles(reader, "olifant")[0] == "a"
    (texts / "c.txt").write_text("De zwaan zwemt in de vijver.", encoding="utf-8")
    list(owner.sync())
    assert titles(reader, "zwaan")[0] == "c" and reader.state == owner.state
    owner.remove(texts / "c.txt")
    assert "c" not in titles(reader, "zwaan")
    assert reader.stats() == owner.stats()


def test_it_follows_a_rebuild_and_still_checks_what_was_found_before(owner, reader):
    before = reader.search("olifant")[0].stored
    for _ in range(2):
        list(owner.rebuild())
        assert titles(reader, "olifant")[0] == "a"
    assert reader.search("olifant")[0].stored.id != before.id
    list(owner.rebuild())
    found = reader.search("olifant")[0].stored
    list(owner.rebuild())
    assert reader.match_sentences("olifant", [found.id])[found.id]
    # What is kept for that is counted nowhere, and goes with the next sync.
    assert reader.passage_count() == reader.passage_count([1, 2]) == 2
    list(owner.sync())
    assert reader.match_sentences("olifant", [found.id]) == {}


def test_it_follows_a_data_folder_that_is_replaced(tmp_path, texts, chroma, reader):
    with open_corpus(tmp_path / "other", WordEmbedder(), chroma) as other:
        (texts / "d.txt").write_text("Het museum is op maandag gesloten.", encoding="utf-8")
        list(other.sync([texts / "d.txt"]))
    for path in list((tmp_path / "data").iterdir()):
        path.rename(tmp_path / f"old-{path.name}")
    with pytest.raises(StoreUnavailable, match="There is no catalog"):
        reader.search("olifant")
    for path in list((tmp_path / "other").iterdir()):
        path.rename(tmp_path / "data" / path.name)
    assert titles(reader, "museum") == ["d"]


def test_it_changes_nothing(reader, texts, tmp_path):
    before = {path: path.stat().st_size for path in (tmp_path / "data").rglob("*")}

    def retire():
        with reader.retired():
            pass

    for change in (reader.sync, reader.rebuild, lambda: reader.remove(texts), retire):
        with pytest.raises(ReadOnly, match="bronwijzer sync"):
            change()
    with pytest.raises(ReadOnly, match="only read here"):
        reader._catalog.add_roots(["/elsewhere"])
    reader.search("olifant")
    reader.stats()
    assert {path: path.stat().st_size for path in (tmp_path / "data").rglob("*")} == before


def test_it_makes_nothing_where_there_is_no_catalog(tmp_path, chroma):
    with pytest.raises(StoreUnavailable, match="bronwijzer serve"):
        reader_of(tmp_path / "data", chroma)
    assert not (tmp_path / "data").exists()


def test_the_embedded_store_is_for_one_process(owner, tmp_path):
    with pytest.raises(StoreUnavailable, match="chroma_url"):
        reader_of(tmp_path / "data", ChromaAddress())


def test_a_sync_of_the_owner_is_seen(owner, reader, texts):
    (texts / "c.txt").write_text("De zwaan zwemt in de vijver.", encoding="utf-8")
    seen = [reader.syncing for _ in owner.sync()]
    assert True in seen and not reader.syncing


def test_an_empty_corpus_is_seen_to_fill(tmp_path, texts, chroma):
    with (
        open_corpus(tmp_path / "data", WordEmbedder(), chroma) as owner,
        reader_of(tmp_path / "data", chroma) as reader,
    ):
        with pytest.raises(EmptyCorpus):
            reader.search("olifant")
        list(owner.sync([texts]))
        assert titles(reader, "olifant")[0] == "a"


@pytest.mark.parametrize("when", ["before", "meanwhile"])
def test_a_newer_schema_is_told(owner, tmp_path, chroma, when):
    newer = sqlite3.connect(tmp_path / "data" / "catalog.sqlite3", isolation_level=None)
    if when == "before":
        newer.execute("PRAGMA user_version = 99")
        with pytest.raises(StoreUnavailable, match="has version 99, this program reads"):
            reader_of(tmp_path / "data", chroma)
    else:
        with reader_of(tmp_path / "data", chroma) as reader:
            newer.execute("PRAGMA user_version = 99")
            with pytest.raises(StoreUnavailable, match="has version 99, this program reads"):
                reader.search("olifant")
    newer.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    newer.close()


def test_means_that_the_owner_keeps_are_read_again(tmp_path, texts, chroma):
    with (
        open_corpus(tmp_path / "data", WordEmbedder(), chroma) as owner,
        reader_of(tmp_path / "data", chroma) as reader,
    ):
        list(owner.sync([texts / "a.txt"]))
        reader.search("olifant")
        assert set(reader._means.means) == set(owner._means.means)
        english = "The elephant lives in the zoo, and it eats the leaves of the trees there."
        (texts / "a.txt").write_text(english, encoding="utf-8")
        list(owner.sync())
        reader.search("elephant")
        assert set(reader._means.means) == set(owner._means.means) > {"en"}
