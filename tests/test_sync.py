"""Files in, index in step: what a sync adds, skips, removes, reports and survives.

Every test runs on the embedded store and on a real Chroma server.
"""

import threading
from pathlib import Path

import pytest

from index.errors import (
    EmbedderMismatch,
    EmbedderUnavailable,
    EmptyCorpus,
    StoreUnavailable,
    SyncRunning,
    UnknownDocument,
    UnreadableFile,
)
from index.vectors import VectorRecord
from index.workspace import ChromaAddress
from tests.fakes import WordEmbedder, open_corpus

# Chroma's HTTP client leaves its sockets to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture
def texts(tmp_path):
    folder = tmp_path / "texts"
    folder.mkdir()
    for name, animal in (("a", "olifant"), ("b", "giraffe"), ("c", "nijlpaard")):
        text = f"De {animal} woont in het park. Hij heet {animal.title()}a en eet graag."
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def embedder():
    return WordEmbedder()


@pytest.fixture
def corpus(tmp_path, embedder, chroma):
    with open_corpus(tmp_path / "data", embedder, chroma) as corpus:
        yield corpus


def sync(corpus, *paths):
    *_, report = corpus.sync(paths)
    assert report.done
    assert_consistent(corpus)
    return report


def assert_consistent(corpus):
    """Every ready passage is in both stores, once, and nothing else is."""
    stores = corpus._stores
    ready = stores.generation.ready_ids()
    assert stores.vectors.ids() == stores.terms.ids() == ready
    asked, found = corpus.probe(1000)
    assert (asked, found) == (len(ready), len(ready))


def titles(corpus, question):
    return [hit.stored.title for hit in corpus.search(question)]


def counts(report):
    return report.added, report.updated, report.removed, report.unchanged


def test_a_second_sync_embeds_nothing(corpus, texts, embedder):
    assert counts(sync(corpus, texts)) == (3, 0, 0, 0)
    embedder.history.clear()
    assert counts(sync(corpus)) == (0, 0, 0, 3)
    assert embedder.history == []


def test_only_a_changed_file_is_embedded_again(corpus, texts, embedder):
    sync(corpus, texts)
    embedder.history.clear()
    (texts / "b.txt").write_text("De zebra woont in het park.", encoding="utf-8")
    assert counts(sync(corpus)) == (0, 1, 0, 2)
    assert embedder.history and all("zebra" in text for text in embedder.history)
    assert titles(corpus, "zebra")[0] == "b"
    assert all("giraffe" not in hit.stored.passage.text for hit in corpus.search("giraffe"))


def test_a_file_written_again_with_the_same_content_is_not_read(corpus, texts, embedder):
    sync(corpus, texts)
    embedder.history.clear()
    (texts / "a.txt").write_bytes((texts / "a.txt").read_bytes())
    (texts / "a.txt").touch()
    assert counts(sync(corpus)) == (0, 0, 0, 3)
    assert embedder.history == []


def test_a_deleted_file_is_gone_from_answers(corpus, texts):
    sync(corpus, texts)
    assert titles(corpus, "olifant")[0] == "a"
    (texts / "a.txt").unlink()
    assert counts(sync(corpus)) == (0, 0, 1, 2)
    assert "a" not in titles(corpus, "olifant")


def test_only_documents_below_a_visited_root_may_vanish(corpus, texts, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    (other / "d.txt").write_text("De tijger slaapt.", encoding="utf-8")
    (other / "e.txt").write_text("De leeuw waakt.", encoding="utf-8")
    sync(corpus, texts, other)
    (other / "d.txt").unlink()
    assert counts(sync(corpus, texts)) == (0, 0, 0, 3)
    assert len(corpus.documents()) == 5
    assert counts(sync(corpus)) == (0, 0, 1, 4)


def test_a_root_that_is_away_keeps_its_documents(corpus, texts):
    sync(corpus, texts)
    texts.rename(texts.with_name("unmounted"))
    report = sync(corpus)
    assert counts(report) == (0, 0, 0, 0)
    assert "bronwijzer remove" in report.unread[0].reason
    assert len(corpus.documents()) == 3


def test_a_share_that_gives_errors_keeps_no_other_from_being_synced(corpus, texts):
    share = "/" + "x" * 300  # Any error but a missing file will do, and this is one for everybody.
    corpus._catalog.add_roots([share])
    report = sync(corpus, texts)
    assert report.added == len(list(texts.iterdir())) and report.away == 0
    report = sync(corpus)
    (away,) = report.unread
    assert report.done and report.away == 1 and away.path == share
    assert "cannot be looked at now (File name too long)" in away.reason
    with pytest.raises(UnreadableFile, match="File name too long.*Nothing was changed"):
        sync(corpus, Path(share))


def test_a_root_that_is_a_file_may_vanish(corpus, texts):
    sync(corpus, texts / "a.txt", texts / "b.txt")
    (texts / "a.txt").unlink()
    assert counts(sync(corpus)) == (0, 0, 1, 1)


def test_unread_files_are_named_with_the_reason_and_forgotten_once_read(corpus, texts):
    (texts / "empty.txt").write_text("  \n ")
    (texts / "large.txt").write_text("x" * 2_000_000)
    reasons = {Path(f.path).name: f.reason for f in sync(corpus, texts).unread}
    assert set(reasons) == {"empty.txt", "large.txt"}
    assert "no text" in reasons["empty.txt"]
    assert "largest_file_mb" in reasons["large.txt"]
    assert len(corpus.stats().unread) == 2
    (texts / "empty.txt").write_text("De mier werkt.")
    sync(corpus)
    assert len(corpus.stats().unread) == 1


def test_a_file_that_can_no_longer_be_read_keeps_its_earlier_version(corpus, texts):
    sync(corpus, texts)
    (texts / "a.txt").write_bytes(b"\xff\xfe\xfd")
    report = sync(corpus)
    assert "stays in the index" in report.unread[0].reason
    assert titles(corpus, "olifant")[0] == "a"


def test_a_missing_path_changes_nothing(corpus, texts):
    with pytest.raises(UnreadableFile, match="nowhere"):
        list(corpus.sync([texts, texts / "nowhere"]))
    assert corpus.roots() == []


def test_before_and_after_all_documents_the_remedy_is_named(corpus, texts):
    for _ in range(2):
        with pytest.raises(EmptyCorpus, match="bronwijzer sync PATH"):
            corpus.search("olifant")
        sync(corpus, texts)
        assert corpus.remove(texts) == 3
        assert_consistent(corpus)
    with pytest.raises(UnknownDocument, match="bronwijzer list"):
        corpus.remove(texts)


def test_an_embedder_that_fails_midway_loses_nothing(tmp_path, texts, chroma):
    failing = WordEmbedder(fail_after=2)
    with open_corpus(tmp_path / "data", failing, chroma) as corpus:
        with pytest.raises(EmbedderUnavailable):
            list(corpus.sync([texts]))
    embedder = WordEmbedder()
    with open_corpus(tmp_path / "data", embedder, chroma) as corpus:
        sync(corpus)
        assert len(corpus.documents()) == 3
    again = {text for text in failing.history if text in embedder.history}
    assert not again, "what was embedded before the failure was embedded again"


def test_rebuild_with_the_same_embedder_embeds_nothing(corpus, texts, embedder):
    sync(corpus, texts)
    before = corpus.stats().passages
    embedder.history.clear()
    *_, report = corpus.rebuild()
    assert report.done and embedder.history == []
    assert corpus.stats().passages == before
    assert_consistent(corpus)
    assert titles(corpus, "olifant")[0] == "a"


def test_another_embedder_is_an_error_until_rebuild(tmp_path, texts, chroma):
    with open_corpus(tmp_path / "data", WordEmbedder(), chroma) as corpus:
        sync(corpus, texts)
    other = WordEmbedder(fingerprint="other")
    with open_corpus(tmp_path / "data", other, chroma) as corpus:
        for attempt in (lambda: corpus.search("olifant"), lambda: list(corpus.sync())):
            with pytest.raises(EmbedderMismatch, match="bronwijzer rebuild"):
                attempt()
        list(corpus.rebuild())
        assert_consistent(corpus)
        assert titles(corpus, "olifant")[0] == "a"
    with open_corpus(tmp_path / "data", other, chroma) as corpus:
        assert counts(sync(corpus)) == (0, 0, 0, 3)


def test_a_rebuild_that_was_cut_short_leaves_the_old_index(tmp_path, texts, chroma):
    with open_corpus(tmp_path / "data", WordEmbedder(), chroma) as corpus:
        sync(corpus, texts)
    failing = WordEmbedder(fingerprint="other", fail_after=2)
    with open_corpus(tmp_path / "data", failing, chroma) as corpus:
        with pytest.raises(EmbedderUnavailable):
            list(corpus.rebuild())
    with open_corpus(tmp_path / "data", WordEmbedder(), chroma) as corpus:
        assert titles(corpus, "olifant")[0] == "a"
        assert counts(sync(corpus)) == (0, 0, 0, 3)
        assert len(list((tmp_path / "data").glob("terms-*"))) == 1


def test_damage_in_the_stores_is_mended_by_the_next_sync(corpus, texts):
    sync(corpus, texts)
    stores = corpus._stores
    lost = min(stores.generation.ready_ids())
    stores.vectors.remove([lost])
    vector = corpus._embedder.embed_query("foreign")
    stores.vectors.add([VectorRecord(999_999, 1, "nl", 0, vector)])
    with stores.terms.writer() as writer:
        writer.add([(888_888, "foreign")])
        writer.commit()
    report = sync(corpus)
    assert any("Repaired 3" in note for note in report.notes)


def test_a_second_sync_at_once_is_refused_and_searches_go_on(tmp_path, texts, chroma):
    with open_corpus(tmp_path / "data", WordEmbedder(), chroma) as corpus:
        sync(corpus, texts)
    slow = WordEmbedder(pause=0.05)
    with open_corpus(tmp_path / "data", slow, chroma) as corpus:
        for n in range(20):
            (texts / f"new{n}.txt").write_text(f"Dier nummer {n} zwemt.", encoding="utf-8")
        running = corpus.sync()
        while next(running).stage != "embedding":
            pass
        found = []
        searches = threading.Thread(target=lambda: found.extend(titles(corpus, "olifant")))
        searches.start()
        with pytest.raises(SyncRunning, match="Another sync"):
            list(corpus.sync())
        searches.join()
        assert found[0] == "a"
        list(running)
        assert not corpus.syncing
        assert_consistent(corpus)


def test_the_progress_of_a_sync_is_there_for_others_while_it_runs(corpus, texts):
    assert corpus.progress is None
    shares = []
    for report in corpus.sync([texts]):
        assert corpus.progress == report
        shares.append(report.share)
    assert corpus.progress is None
    known = [share for share in shares if share is not None]
    assert shares[0] is None and known == sorted(known) and known[-1] == 1
    assert any(corpus.progress == report for report in corpus.rebuild())
    running = corpus.sync()
    next(running)
    running.close()
    assert corpus.progress is None and not corpus.syncing


def test_a_replaced_document_can_no_longer_be_opened(corpus, texts):
    sync(corpus, texts)
    hit = corpus.search("olifant")[0]
    assert hit.stored.passage.text in corpus.source(hit.stored.document_id).text
    (texts / "a.txt").write_text("De leeuw brult.", encoding="utf-8")
    sync(corpus)
    with pytest.raises(UnknownDocument, match="no longer in the index"):
        corpus.source(hit.stored.document_id)


def test_the_retriever_serves_llama_index(corpus, texts):
    sync(corpus, texts)
    nodes = corpus._retriever(corpus._stores).retrieve("olifant")
    assert nodes[0].node.metadata["title"] == "a"
    assert nodes[0].node.start_char_idx == 0
    assert nodes[0].score >= nodes[-1].score


def test_sentences_are_compared_by_meaning_and_terms(corpus, texts):
    sync(corpus, texts)
    passage = corpus.search("olifant")[0].stored
    matches = corpus.match_sentences("Olifanta eet", [passage.id, 999])[passage.id]
    best = max(matches, key=lambda match: match.score)
    assert passage.passage.text_of(best.span) == "Hij heet Olifanta en eet graag."


def test_a_dead_chroma_server_is_named(tmp_path):
    with pytest.raises(StoreUnavailable, match="chroma_url"):
        open_corpus(tmp_path, WordEmbedder(), ChromaAddress("http://127.0.0.1:1"))
