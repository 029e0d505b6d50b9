"""A catalog that an earlier release wrote is brought forward; a later one's is left alone."""

import sqlite3
from pathlib import Path

import pytest

from index.catalog import CATALOG
from index.database import Database
from index.errors import StoreUnavailable
from index.schema import SCHEMA_VERSION
from tests.fakes import WordEmbedder, open_corpus

VERSION_1 = (Path(__file__).parent / "catalog_v1.sql").read_text(encoding="utf-8")
"""As the first release wrote it, after a sync of two documents and a file without text."""


def write_catalog(folder, script, version=None):
    folder.mkdir()
    connection = sqlite3.connect(folder / CATALOG)
    connection.executescript(script)
    if version is not None:
        connection.execute(f"PRAGMA user_version = {version}")
    connection.close()


def structure(database):
    rows = database.connection.execute(
        "SELECT type, name, tbl_name FROM sqlite_schema WHERE sql NOT NULL ORDER BY name"
    ).fetchall()
    columns = {
        row["name"]: [
            tuple(column)
            for column in database.connection.execute(f"PRAGMA table_info({row['name']})")
        ]
        for row in rows
        if row["type"] == "table"
    }
    return [tuple(row) for row in rows], columns


def test_documents_of_version_1_are_found_and_indexed_no_second_time(tmp_path):
    write_catalog(tmp_path / "data", VERSION_1)
    embedder = WordEmbedder()
    with open_corpus(tmp_path / "data", embedder) as corpus:
        list(corpus.check(repair=True))
        assert [document.title for document in corpus.documents()] == ["a", "b"]
        assert {document.parser for document in corpus.documents()} == {""}
        assert corpus.search("olifant")[0].stored.title == "a"
        assert corpus.unread()[0].path == "/srv/texts/c.txt"
        assert not any("park" in text for text in embedder.history)


@pytest.mark.parametrize("lacks", ["", "coverage"])
def test_every_way_leads_to_the_same_tables(tmp_path, lacks):
    write_catalog(tmp_path / "old", VERSION_1 + (f"DROP TABLE {lacks};" if lacks else ""))
    old, new = Database(tmp_path / "old" / CATALOG), Database(tmp_path / "new" / CATALOG)
    assert structure(old) == structure(new)
    versions = {
        database.connection.execute("PRAGMA user_version").fetchone()[0] for database in (old, new)
    }
    assert versions == {SCHEMA_VERSION}
    old.close()
    new.close()


def test_a_step_that_fails_leaves_the_catalog_as_it_was(tmp_path):
    # A column in the way: the last statement of the step cannot be done.
    script = VERSION_1.replace("indexed_at REAL", "parser REAL") + "DROP TABLE coverage;"
    write_catalog(tmp_path / "data", script)
    with pytest.raises(StoreUnavailable, match="backup"):
        Database(tmp_path / "data" / CATALOG)
    again = sqlite3.connect(tmp_path / "data" / CATALOG)
    assert again.execute("PRAGMA user_version").fetchone() == (1,)
    found = again.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'coverage'").fetchone()
    assert found == (0,)
    again.close()


def test_a_newer_catalog_is_a_clear_error(tmp_path):
    write_catalog(tmp_path / "data", VERSION_1, SCHEMA_VERSION + 1)
    with pytest.raises(StoreUnavailable, match=rf"{SCHEMA_VERSION + 1}.*release that wrote it"):
        Database(tmp_path / "data" / CATALOG)
