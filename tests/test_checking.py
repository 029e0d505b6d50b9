"""Catalog, Chroma and Tantivy are made to disagree in each way, found out, and mended."""

import shutil

import numpy as np
import pytest

from index.database import Database
from index.errors import EmbedderMismatch, SyncRunning
from index.vectors import VectorRecord
from tests.corpora import write_animals
from tests.fakes import WordEmbedder, open_corpus

ANIMALS = ("olifant", "giraffe", "nijlpaard", "zebra", "buffel", "leeuw")


@pytest.fixture
def corpus(tmp_path):
    texts = write_animals(tmp_path / "texts", ANIMALS)
    with open_corpus(tmp_path / "data", WordEmbedder()) as corpus:
        list(corpus.sync([texts]))
        yield corpus


def found(corpus, repair=False):
    *_, report = corpus.check(repair)
    assert report.done
    return {item.what: (item.count, item.remedy) for item in report.found}


def lose_a_vector(stores):
    stores.vectors.remove([1])


def lose_a_text(stores):
    with stores.terms.writer() as writer:
        writer.remove([1, 2])
        writer.commit()


def leave_a_foreign_vector(stores):
    vector = WordEmbedder().embed_query("foreign")
    stores.vectors.add([VectorRecord(999, 1, "nl", 0, vector)])


def leave_a_foreign_text(stores):
    with stores.terms.writer() as writer:
        writer.add([(999, "foreign")])
        writer.commit()


def swap_two_vectors(stores):
    first, second = stores.generation.ready([1, 2])
    for item, vector in ((first, second.vector), (second, first.vector)):
        record = VectorRecord(item.stored.id, item.stored.document_id, "nl", 0, vector)
        stores.vectors.add([record])


def swap_a_text(stores):
    with stores.terms.writer() as writer:
        writer.add([(1, "Iets heel anders dan wat er staat.")])
        writer.commit()


def execute(statement, *values):
    def change(stores):
        with stores.database.transaction() as connection:
            connection.execute(statement, values)

    return change


DAMAGE = {
    "passages were missing in Chroma": (lose_a_vector, 1),
    "passages were missing in Tantivy": (lose_a_text, 2),
    "passages in Chroma were of no document": (leave_a_foreign_vector, 1),
    "passages in Tantivy were of no document": (leave_a_foreign_text, 1),
    "passages did not find themselves in Chroma": (swap_two_vectors, 2),
    "passages did not find themselves in Tantivy": (swap_a_text, 1),
    "documents had passages without vectors": (
        execute("UPDATE passages SET vector = NULL, sentence_vectors = NULL WHERE id = 2"),
        1,
    ),
    "documents had no passages": (execute("DELETE FROM passages WHERE document_id = 3"), 1),
    "languages had another sum of vectors than their passages": (
        execute("UPDATE languages SET passages = 4, total = ?", np.zeros(64).tobytes()),
        1,
    ),
    "documents that are gone were still stored": (
        execute("UPDATE documents SET state = 'gone' WHERE id = 4"),
        1,
    ),
}


@pytest.mark.parametrize("what", DAMAGE)
def test_each_disagreement_is_found_and_mended(corpus, what):
    damage, count = DAMAGE[what]
    assert found(corpus) == {}
    damage(corpus._stores)
    assert found(corpus)[what] == (count, "bronwijzer check --repair")
    assert found(corpus, repair=True)[what] == (count, "")
    assert found(corpus) == {}
    stores = corpus._stores
    ready = stores.generation.ready_ids()
    assert stores.vectors.ids() == stores.terms.ids() == ready
    assert corpus.probe(100) == (len(ready), len(ready))
    gone = {"nijlpaard"} if "gone" in what else set()
    for animal in set(ANIMALS) - gone:
        assert corpus.search(animal)[0].stored.title == animal


def test_a_check_without_repair_changes_nothing(corpus):
    stores = corpus._stores
    for damage, _ in DAMAGE.values():
        damage(stores)
    execute("DELETE FROM languages")(stores)
    before = stores.vectors.ids(), stores.terms.ids(), list(stores.database.connection.iterdump())
    assert set(found(corpus)) >= {"documents had no passages", "passages were missing in Tantivy"}
    after = stores.vectors.ids(), stores.terms.ids(), list(stores.database.connection.iterdump())
    assert after == before


def test_all_damage_at_once_is_mended_in_one_go(corpus):
    for damage, _ in DAMAGE.values():
        damage(corpus._stores)
    assert {remedy for _, remedy in found(corpus, repair=True).values()} == {""}
    assert found(corpus) == {}


def test_a_language_that_lost_its_sum_gets_it_again(corpus):
    execute("DELETE FROM languages")(corpus._stores)
    assert set(found(corpus, repair=True).values()) == {(1, "")}
    assert found(corpus) == {}
    assert corpus.passage_count() == 6


def test_pages_of_a_catalog_that_are_not_sound_are_damage(tmp_path, corpus):
    list(corpus.check())
    corpus.close()
    file = tmp_path / "data" / "catalog.sqlite3"
    content = bytearray(file.read_bytes())
    # The first page holds the tables' names, by which the file is opened.
    content[8192:] = bytes(byte ^ 0xFF for byte in content[8192:])
    file.write_bytes(content)
    database = Database(file)
    assert database.damage()
    database.close()


def test_stores_that_were_deleted_are_filled_again(tmp_path, corpus):
    corpus.close()
    shutil.rmtree(tmp_path / "data" / "chroma")
    shutil.rmtree(tmp_path / "data" / "terms-1")
    with open_corpus(tmp_path / "data", WordEmbedder()) as again:
        assert found(again, repair=True)["passages were missing in Chroma"] == (6, "")
        assert again.search("olifant")[0].stored.title == "olifant"


def test_a_damaged_lexical_index_is_made_anew_by_a_repair(tmp_path, corpus):
    corpus.close()
    (folder,) = (tmp_path / "data").glob("terms-*")
    (folder / "meta.json").write_text("{")
    with open_corpus(tmp_path / "data", WordEmbedder()) as again:
        aside = folder.with_name("terms-1.damaged")
        assert "passages were missing in Tantivy" in found(again) and aside.is_dir()
        mended = found(again, repair=True)
        assert mended["passages were missing in Tantivy"] == (6, "")
        assert mended["damaged indexes were kept beside the lexical one"] == (1, "")
        assert not aside.exists() and found(again) == {}
        assert again.search("olifant")


def test_many_equal_passages_do_find_themselves(tmp_path):
    texts = tmp_path / "texts"
    texts.mkdir()
    for number in range(40):
        (texts / f"{number}.txt").write_text("Deze pagina is met opzet leeg.", encoding="utf-8")
    with open_corpus(tmp_path / "data", WordEmbedder()) as corpus:
        list(corpus.sync([texts]))
        assert found(corpus) == {}


def test_a_damaged_catalog_is_named_and_left_alone(corpus):
    stores = corpus._stores
    stores.database.connection.execute("PRAGMA foreign_keys = OFF")
    stores.database.connection.execute("DELETE FROM documents WHERE id = 1")
    (item,) = list(corpus.check(repair=True))[-1].found
    assert "damaged" in item.what and item.remedy == "bronwijzer restore FILE"
    assert len(stores.vectors.ids()) == 6


def test_what_only_another_embedder_could_mend_is_an_error(tmp_path, corpus):
    DAMAGE["documents had passages without vectors"][0](corpus._stores)
    corpus.close()
    with open_corpus(tmp_path / "data", WordEmbedder(fingerprint="other")) as other:
        with pytest.raises(EmbedderMismatch, match="bronwijzer rebuild"):
            list(other.check(repair=True))


def test_an_empty_corpus_agrees_and_a_running_sync_is_not_disturbed(tmp_path, corpus):
    with open_corpus(tmp_path / "other", WordEmbedder()) as empty:
        assert list(empty.check())[-1].good
    running = corpus.sync()
    next(running)
    with pytest.raises(SyncRunning):
        list(corpus.check())
    running.close()
