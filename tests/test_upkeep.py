"""Syncs in the background: one at a time, none forgotten, failures told."""

import threading

import pytest

from assistant.upkeep import Request, Upkeep
from tests.fakes import WordEmbedder, open_corpus


@pytest.fixture
def texts(tmp_path):
    folder = tmp_path / "texts"
    folder.mkdir()
    for number in range(3):
        (folder / f"{number}.txt").write_text(f"Dier nummer {number} zwemt.", encoding="utf-8")
    return folder


@pytest.fixture
def upkeep_of(tmp_path):
    """Open a corpus with an embedder, and its upkeep."""
    opened = []

    def open_both(embedder):
        corpus = open_corpus(tmp_path / "data", embedder)
        opened.append(corpus)
        upkeep = Upkeep(corpus)
        opened.insert(0, upkeep)
        return corpus, upkeep

    yield open_both
    for part in opened:
        part.close()


def met(upkeep, number):
    assert upkeep.wait(number, 20), upkeep.state
    return upkeep.state


def test_a_sync_runs_by_itself_and_its_report_stays(upkeep_of, texts):
    corpus, upkeep = upkeep_of(WordEmbedder())
    assert upkeep.state.report is None and not upkeep.state.busy
    state = met(upkeep, upkeep.request([texts]))
    assert state.report.done and state.report.added == 3 and not state.failure
    assert not state.busy and corpus.document_count() == 3


def test_everything_that_is_remembered_is_visited_when_nothing_is_named(upkeep_of, texts):
    corpus, upkeep = upkeep_of(WordEmbedder())
    met(upkeep, upkeep.request([texts]))
    (texts / "0.txt").unlink()
    assert met(upkeep, upkeep.request()).report.removed == 1


def test_what_is_asked_while_a_sync_runs_is_done_after_it(upkeep_of, texts, tmp_path):
    corpus, upkeep = upkeep_of(WordEmbedder(pause=0.2))
    first = upkeep.request([texts])
    late = tmp_path / "late.txt"
    late.write_text("De zebra komt later.", encoding="utf-8")
    numbers = [upkeep.request([late]), upkeep.request([late]), upkeep.request()]
    assert [first, *numbers] == [1, 2, 3, 4]
    assert upkeep.state.busy
    met(upkeep, first)
    state = met(upkeep, 4)
    assert corpus.document_count() == 4 and not state.failure


def test_a_sync_that_another_began_is_waited_for(upkeep_of, texts, tmp_path):
    corpus, upkeep = upkeep_of(WordEmbedder())
    running = corpus.sync([texts])
    next(running)
    number = upkeep.request([texts])
    assert not upkeep.wait(number, 0.5)
    list(running)
    state = met(upkeep, number)
    assert state.report.unchanged == 3 and not state.failure


def test_a_failure_is_told_and_the_next_request_is_met(upkeep_of, texts, tmp_path):
    corpus, upkeep = upkeep_of(WordEmbedder(fail_after=2))
    state = met(upkeep, upkeep.request([texts]))
    assert "unplugged" in state.failure and state.report is None
    state = met(upkeep, upkeep.request([tmp_path / "nowhere"]))
    assert "nowhere" in state.failure


def test_an_unforeseen_failure_is_told_too(upkeep_of, texts):
    embedder = WordEmbedder()
    corpus, upkeep = upkeep_of(embedder)
    embedder.embed_passages = None
    state = met(upkeep, upkeep.request([texts]))
    assert "TypeError" in state.failure
    del embedder.embed_passages
    assert met(upkeep, upkeep.request()).report.embedded == 3


def test_closing_stops_a_sync_and_leaves_the_corpus_free(upkeep_of, texts):
    embedder = WordEmbedder(pause=0.2)
    corpus, upkeep = upkeep_of(embedder)
    for number in range(30):
        (texts / f"new{number}.txt").write_text(f"Vogel {number} vliegt.", encoding="utf-8")
    upkeep.request([texts])
    while not embedder.history:
        threading.Event().wait(0.01)
    upkeep.close()
    assert not corpus.syncing and len(embedder.history) < 30
    assert "stopped" in upkeep.state.failure or not upkeep.state.report.done


def test_what_a_stop_left_waiting_is_done_by_the_next_sync(upkeep_of, texts, tmp_path):
    corpus, upkeep = upkeep_of(WordEmbedder())
    running = corpus.sync([texts])
    next(running)
    uploads = tmp_path / "uploads"
    uploads.mkdir()
    (uploads / "late.txt").write_text("De zebra komt later.", encoding="utf-8")
    upkeep.request([uploads])
    upkeep.close()
    list(running)
    assert corpus.document_count() == 3
    list(corpus.sync())
    assert corpus.document_count() == 4


def test_a_root_that_was_removed_does_not_come_back_when_it_is_revisited(upkeep_of, texts):
    corpus, upkeep = upkeep_of(WordEmbedder())
    met(upkeep, upkeep.request([texts]))
    corpus.remove(texts)
    state = met(upkeep, upkeep.revisit([texts]))
    assert not state.failure and corpus.roots() == [] and corpus.document_count() == 0


def test_a_path_that_is_away_keeps_no_other_from_being_synced(upkeep_of, tmp_path):
    corpus, upkeep = upkeep_of(WordEmbedder())
    late = tmp_path / "late.txt"
    late.write_text("De zebra komt later.", encoding="utf-8")
    more = tmp_path / "more"
    more.mkdir()
    corpus.remember([more])
    (more / "wolf.txt").write_text("De wolf huilt.", encoding="utf-8")
    # As they come together after a sync that took long.
    requests = [Request((tmp_path / "nowhere", late)), Request(known=(more,))]
    report, failure = upkeep._meet(requests)
    assert "nowhere" in failure and report is None
    assert {document.title for document in corpus.documents()} == {"late", "wolf"}
