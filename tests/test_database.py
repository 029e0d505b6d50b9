"""The catalog's file: a connection a thread, and what is told where SQLite fails."""

import sqlite3
import threading
from pathlib import Path

import pytest

from index.catalog import CATALOG, Catalog, FileState
from index.copies import Copy
from index.database import Database
from index.errors import StoreUnavailable
from index.schema import SCHEMA_VERSION
from index.types import Document, Parsed

_HANDLES = Path("/proc/self/fd")


@pytest.fixture
def database(tmp_path):
    database = Database(tmp_path / CATALOG)
    yield database
    database.close()


def handles(path):
    return sum(link.resolve() == path for link in _HANDLES.iterdir())


@pytest.mark.skipif(not _HANDLES.is_dir(), reason="Handles are listed by Linux")
def test_the_connection_of_a_thread_ends_with_it(database, tmp_path):
    path = (tmp_path / CATALOG).resolve()
    before = handles(path)
    for _ in range(100):
        thread = threading.Thread(target=lambda: database.connection.execute("SELECT 1"))
        thread.start()
        thread.join()
    assert handles(path) <= before + 1


def test_a_wrong_statement_is_not_told_as_a_damaged_file(database):
    for statement in ("SELECT * FROM nothing", "INSERT INTO roots VALUES (1, 2)"):
        with pytest.raises(sqlite3.OperationalError):
            database.connection.execute(statement)


def test_a_full_disk_is_told_with_its_own_remedy(database):
    pages = database.connection.execute("PRAGMA page_count").fetchone()[0]
    database.connection.execute(f"PRAGMA max_page_count = {pages}")
    with (
        pytest.raises(StoreUnavailable, match="full.*Make room") as told,
        database.transaction() as connection,
    ):
        connection.execute("INSERT INTO roots VALUES (?)", ("x" * 100_000,))
    assert "move the data folder" not in str(told.value)


def test_what_is_no_database_is_told_as_damage(tmp_path):
    (tmp_path / CATALOG).write_bytes(b"\xff" * 8192)
    with pytest.raises(StoreUnavailable, match="bronwijzer restore"):
        Database(tmp_path / CATALOG)


def test_a_connection_that_is_closed_meanwhile_is_told(database):
    connection = database.connection
    database.close()
    with pytest.raises(StoreUnavailable, match="is closed"):
        connection.execute("SELECT 1")


def test_tables_that_an_earlier_version_has_already_are_no_hindrance(tmp_path):
    Database(tmp_path / CATALOG).close()
    connection = sqlite3.connect(tmp_path / CATALOG)
    # The tables of version 3, as some catalogs of version 2 have them.
    connection.executescript(
        "DROP INDEX documents_by_file; DROP INDEX documents_by_state;"
        "ALTER TABLE generations DROP COLUMN in_step;"
        "ALTER TABLE generations DROP COLUMN vector_files;"
        "ALTER TABLE documents DROP COLUMN edition;"
        "PRAGMA user_version = 2;"
    )
    connection.close()
    database = Database(tmp_path / CATALOG)
    version = database.connection.execute("PRAGMA user_version").fetchone()[0]
    database.close()
    assert version == SCHEMA_VERSION


def test_a_copy_that_became_the_documents_own_file_is_touched_as_that(database):
    catalog = Catalog(database)
    state = FileState(1, 1, "hash")
    number = catalog.add_pending("/a.txt", state, Parsed(Document("a", "Tekst."), (), "nl", ""))
    catalog.publish(number)
    catalog.copies.add(Copy("/b.txt", number, 1, 1))
    known = catalog.known_files()["/b.txt"]
    catalog.release("/a.txt")
    catalog.touch("/b.txt", known, FileState(1, 2, "hash"))
    assert catalog.paths_of(number) == ("/b.txt",)
    assert catalog.file_of(number)[1].mtime_ns == 2
