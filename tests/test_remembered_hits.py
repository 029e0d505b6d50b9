"""Searches that need not be done again, and when they must be."""

import sqlite3

import pytest

from index.catalog_version import CatalogVersion
from index.remembered_hits import RememberedHits
from tests.corpora import make_corpus, write_texts


@pytest.fixture
def catalog(tmp_path):
    path = tmp_path / "catalog.sqlite3"
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE documents (path)")
    connection.close()
    return path


def commit(path):
    connection = sqlite3.connect(path)
    with connection:
        connection.execute("INSERT INTO documents VALUES ('another')")
    connection.close()


class Search:
    """Finds what its number of calls says."""

    def __init__(self):
        self.history = []

    def __call__(self):
        self.history.append("asked")
        return [len(self.history)]


def test_a_search_is_done_again_only_after_a_commit(catalog):
    search, hits = Search(), RememberedHits(CatalogVersion(catalog))
    assert [hits.found("who", search) for _ in range(3)] == [[1]] * 3
    commit(catalog)
    assert [hits.found("who", search) for _ in range(3)] == [[2]] * 3
    assert hits.found("when", search) == [3]
    hits.close()
    assert [hits.found("who", search) for _ in range(2)] == [[4], [5]]


def test_a_commit_during_a_search_is_not_overlooked(catalog):
    hits = RememberedHits(CatalogVersion(catalog))

    def search():
        commit(catalog)
        return ["old"]

    assert hits.found("who", search) == ["old"]
    assert hits.found("who", lambda: ["new"]) == ["new"]
    hits.close()


def test_another_file_in_the_place_of_the_catalog_is_another_version(catalog, tmp_path):
    search, hits = Search(), RememberedHits(CatalogVersion(catalog))
    hits.found("who", search)
    other = tmp_path / "other.sqlite3"
    other.write_bytes(catalog.read_bytes())
    other.replace(catalog)
    assert hits.found("who", search) == [2]
    catalog.unlink()
    assert [hits.found("who", search) for _ in range(2)] == [[3], [4]]
    hits.close()


def test_what_is_given_may_be_changed(catalog):
    hits = RememberedHits(CatalogVersion(catalog))
    hits.found("who", lambda: ["she"]).clear()
    assert hits.found("who", lambda: ["he"]) == ["she"]
    hits.close()


def test_a_corpus_shows_what_a_sync_made_of_its_files(tmp_path):
    texts = write_texts(tmp_path / "texts")
    with make_corpus(tmp_path / "data") as corpus:
        list(corpus.sync([texts]))
        question = "Who leads the works on the quay?"
        before = [corpus.search(question) for _ in range(2)]
        assert before[0] == before[1] != []
        (texts / "kade.txt").write_text("Marijke Ploeg leads the works on the quay.", "utf-8")
        list(corpus.sync([texts]))
        assert "Ploeg" in corpus.search(question)[0].stored.passage.text
