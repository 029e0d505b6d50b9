"""When a sync takes the stores to be in step without asking for all they hold, and when not."""

import shutil
import sqlite3
from contextlib import closing

import pytest

from index.agreement import Agreement
from index.catalog import CATALOG
from index.database import Database
from index.errors import EmbedderUnavailable, StoreUnavailable
from index.relocation import settle
from index.schema import SCHEMA_VERSION
from index.vectors import VectorRecord
from tests.corpora import write_animals
from tests.fakes import WordEmbedder, open_corpus

# Chroma's HTTP client leaves its sockets to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

FOREIGN = 0
"""Number of a passage that no catalog has."""

ANIMALS = ("olifant", "giraffe", "nijlpaard", "zebra")


@pytest.fixture
def texts(tmp_path):
    return write_animals(tmp_path / "texts", ANIMALS)


@pytest.fixture
def corpus(tmp_path, texts):
    with open_corpus(tmp_path / "data", WordEmbedder()) as corpus:
        list(corpus.sync([texts]))
        yield corpus


def repairs(corpus):
    """Sync; say what was repaired."""
    *_, report = corpus.sync()
    stores = corpus._stores
    assert stores.are_in_step()
    return [note for note in report.notes if "Repaired" in note]


def agree(corpus):
    stores = corpus._stores
    return stores.vectors.ids() == stores.terms.ids() == stores.generation.ready_ids()


def swap(stores, lost):
    """Have a foreign passage in the place of one that is lost: the number of them stays."""
    vector = WordEmbedder().embed_query("foreign")
    stores.vectors.remove([lost])
    stores.vectors.add([VectorRecord(FOREIGN, 1, "nl", 0, vector)])
    with stores.terms.writer() as writer:
        writer.remove([lost])
        writer.add([(FOREIGN, "foreign")])
        writer.commit()


def watch(thing, name, before):
    """Have something done before each call of a method."""
    method = getattr(thing, name)

    def watched(*arguments):
        before()
        return method(*arguments)

    setattr(thing, name, watched)


def test_what_mark_number_and_newest_passage_cannot_tell_a_check_finds(corpus):
    swap(corpus._stores, min(corpus._stores.generation.ready_ids()))
    assert repairs(corpus) == [] and not agree(corpus)
    *_, report = corpus.check(repair=True)
    assert {item.what for item in report.found} == {
        "passages were missing in Chroma",
        "passages in Chroma were of no document",
        "passages were missing in Tantivy",
        "passages in Tantivy were of no document",
    }
    assert agree(corpus)


def test_a_store_that_lacks_the_newest_passage_is_repaired(corpus):
    """As after a power cut that took what was written last: as many passages, but earlier ones."""
    swap(corpus._stores, max(corpus._stores.generation.ready_ids()))
    assert repairs(corpus) and agree(corpus)


@pytest.mark.parametrize("store", ["vectors", "terms"])
def test_one_store_that_has_another_number_of_passages_is_repaired(corpus, store):
    stores = corpus._stores
    lost = min(stores.generation.ready_ids())
    if store == "vectors":
        stores.vectors.remove([lost])
    else:
        with stores.terms.writer() as writer:
            writer.remove([lost])
            writer.commit()
    assert repairs(corpus) and agree(corpus)


def test_a_chroma_that_was_emptied_is_filled_again(tmp_path, texts, chroma):
    with open_corpus(tmp_path / "data", WordEmbedder(), chroma) as corpus:
        list(corpus.sync([texts]))
        stores = corpus._stores
        assert stores.are_in_step()
        if chroma.url:
            stores.vectors.drop(stores.generation.collection)
    shutil.rmtree(tmp_path / "data" / "chroma", ignore_errors=True)
    with open_corpus(tmp_path / "data", WordEmbedder(), chroma) as again:
        assert repairs(again) and agree(again)


def test_the_mark_is_gone_before_a_store_is_written_to_and_back_after_the_sync(corpus, texts):
    stores = corpus._stores
    assert all(stores.agreement.is_noted for _ in corpus.sync())
    (texts / "leeuw.txt").write_text("De leeuw brult.", encoding="utf-8")
    (texts / "zebra.txt").unlink()
    marks = []
    for name in ("add", "remove"):
        watch(stores.vectors, name, lambda: marks.append(stores.agreement.is_noted))
    *_, report = corpus.sync()
    assert report.added == report.removed == 1
    assert marks == [False, False] and stores.are_in_step()


def test_a_sync_that_breaks_off_leaves_no_mark_where_a_store_may_differ(corpus, texts):
    stores = corpus._stores
    (texts / "olifant.txt").write_text("De olifant is nu een mammoet.", encoding="utf-8")
    add, stores.vectors.add = stores.vectors.add, None
    with pytest.raises(TypeError):
        list(corpus.sync())
    assert not stores.agreement.is_noted
    stores.vectors.add = add
    list(corpus.sync())
    assert stores.are_in_step() and agree(corpus)


def test_an_embedder_that_fails_leaves_the_mark_of_untouched_stores(tmp_path, corpus, texts):
    corpus.close()
    (texts / "olifant.txt").write_text("De olifant is nu een mammoet.", encoding="utf-8")
    with open_corpus(tmp_path / "data", WordEmbedder(fail_after=0)) as failing:
        with pytest.raises(EmbedderUnavailable):
            list(failing.sync())
        assert failing._stores.are_in_step() and agree(failing)


def asked(corpus):
    """Sync; count how often Chroma is asked for its number of vectors."""
    calls = []
    watch(corpus._stores.vectors, "count", lambda: calls.append("count"))
    list(corpus.sync())
    return len(calls)


def test_vectors_whose_files_nobody_touched_since_they_were_left_are_not_looked_into(
    tmp_path, corpus
):
    assert asked(corpus) == 1
    corpus.close()
    for _ in range(2):
        with open_corpus(tmp_path / "data", WordEmbedder()) as again:
            assert asked(again) == 0
    (tmp_path / "data" / "chroma" / "chroma.sqlite3").touch()
    # Who closes without having looked leaves it to others to look.
    open_corpus(tmp_path / "data", WordEmbedder()).close()
    for count in (1, 0):
        with open_corpus(tmp_path / "data", WordEmbedder()) as again:
            assert asked(again) == count


def test_a_process_that_was_killed_leaves_vectors_to_be_looked_into(tmp_path, corpus, texts):
    corpus.close()
    killed = open_corpus(tmp_path / "data", WordEmbedder())
    (texts / "leeuw.txt").write_text("De leeuw brult.", encoding="utf-8")
    assert asked(killed) == 0
    killed._workspace._client.close()
    killed._workspace.database.close()
    with open_corpus(tmp_path / "data", WordEmbedder()) as again:
        assert asked(again) == 1 and agree(again)


def test_a_removal_and_a_rebuild_have_the_next_sync_look_at_everything(corpus, texts):
    corpus.remove(texts / "zebra.txt")
    assert not corpus._stores.agreement.is_noted
    assert repairs(corpus) == []
    list(corpus.rebuild())
    assert not corpus._stores.agreement.is_noted
    assert repairs(corpus) == []


def test_a_repair_takes_the_mark_away_before_it_begins(corpus):
    running = corpus.check(repair=True)
    next(running)
    assert corpus._stores.agreement.is_noted
    next(running)
    assert not corpus._stores.agreement.is_noted
    list(running)
    assert corpus._stores.are_in_step()


def test_a_corpus_that_was_to_be_deleted_has_no_mark(corpus):
    with corpus.retired():
        assert not corpus._stores.agreement.is_noted


def test_a_check_leaves_the_mark(corpus):
    list(corpus.check())
    assert corpus._stores.agreement.is_noted


def test_a_catalog_that_came_from_elsewhere_has_no_mark(tmp_path, corpus):
    corpus.close()
    settle(tmp_path / "data", "/old", "/new")
    with open_corpus(tmp_path / "data", WordEmbedder()) as moved:
        assert not moved._stores.agreement.is_noted
        assert repairs(moved) and agree(moved)


def test_stores_that_are_newer_than_a_catalog_put_back_are_not_believed(tmp_path, corpus, texts):
    """As many passages, and the catalog's newest among them, but another in the place of one."""
    catalog = tmp_path / "data" / CATALOG
    corpus.close()
    kept = catalog.read_bytes()
    (texts / "olifant.txt").write_text("De olifant is nu een mammoet en eet.", encoding="utf-8")
    with open_corpus(tmp_path / "data", WordEmbedder()) as later:
        list(later.sync())
    catalog.write_bytes(kept)
    with open_corpus(tmp_path / "data", WordEmbedder()) as again:
        stores = again._stores
        ready = stores.agreement.extent()
        assert stores.agreement.is_noted and stores.terms.has(ready.newest)
        assert stores.terms.count() == stores.vectors.count() == ready.passages
        assert repairs(again) and agree(again)


def test_a_mark_that_another_process_takes_away_at_the_last_moment_stays_away(tmp_path, corpus):
    agreement = corpus._stores.agreement
    with closing(Database(tmp_path / "data" / CATALOG)) as database:
        other = Agreement(database, corpus._stores.generation.number)
        watch(agreement, "_left", other.revoke)
        agreement.leave("files")
    assert not agreement.is_noted


def test_a_client_that_does_not_close_leaves_no_catalog_open(corpus):
    workspace = corpus._workspace
    workspace._client.close = None
    with pytest.raises(TypeError):
        workspace.close()
    del workspace._client.close
    with pytest.raises(StoreUnavailable, match="closed"):
        workspace.catalog.pending()


def test_a_catalog_of_before_there_were_marks_has_none(tmp_path, corpus):
    corpus.close()
    connection = sqlite3.connect(tmp_path / "data" / CATALOG)
    connection.executescript(
        "DROP INDEX documents_by_file; DROP INDEX documents_by_state;"
        "ALTER TABLE generations DROP COLUMN in_step;"
        "ALTER TABLE generations DROP COLUMN vector_files;"
        "ALTER TABLE documents DROP COLUMN edition;"
        "CREATE INDEX documents_by_file ON documents (path, state, size, mtime_ns, sha256);"
        "PRAGMA user_version = 3;"
    )
    connection.close()
    with open_corpus(tmp_path / "data", WordEmbedder()) as later:
        version = later._stores.database.connection.execute("PRAGMA user_version").fetchone()[0]
        assert version == SCHEMA_VERSION and not later._stores.agreement.is_noted
        assert repairs(later) == []
