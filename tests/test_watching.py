"""Answers and syncs as their watchers see them."""

import threading

import pytest

from assistant.errors import BadQuestion, Busy, ServerStopping
from assistant.types import Answer, Kind
from assistant.watched_corpus import WatchedCorpus
from assistant.watching import Outcome, Watch
from index.errors import EmbedderUnavailable, EmptyCorpus
from index.reading import Reading
from index.workspace import ChromaAddress
from tests.fakes import DETECTOR, WordEmbedder, plain_text

EVIDENCE = Answer("What?", "en")
QUOTED = Answer("What?", "en", Kind.QUOTED, done=True)


class Notes:
    """Remembers what it heard."""

    def __init__(self):
        self.answers, self.syncs = [], []

    def answered(self, end):
        self.answers.append(end)

    def synced(self, end):
        self.syncs.append(end)


def snapshots(*items):
    for item in items:
        if isinstance(item, Exception):
            raise item
        yield item


@pytest.mark.parametrize(
    ("items", "outcome", "error"),
    [
        ((EVIDENCE, QUOTED), Outcome.QUOTED, ""),
        ((EVIDENCE, Answer("", "en", Kind.WRITTEN, done=True)), Outcome.WRITTEN, ""),
        ((EVIDENCE, Answer("", "en", Kind.REFUSED, done=True)), Outcome.REFUSED, ""),
        ((EVIDENCE, RuntimeError("secret")), Outcome.FAILED, "RuntimeError"),
        ((BadQuestion("secret"),), Outcome.INVALID, "BadQuestion"),
        ((EmptyCorpus("none"),), Outcome.INVALID, "EmptyCorpus"),
    ],
)
def test_every_end_of_an_answer_is_told_once(items, outcome, error):
    notes = Notes()
    watch = Watch([notes])
    try:
        list(watch.answers(snapshots(*items)))
    except Exception as raised:  # noqa: BLE001 - the end is what counts
        assert type(raised).__name__ == error
    assert [(end.outcome, end.error) for end in notes.answers] == [(outcome, error)]
    assert watch.running == 0


def test_a_reader_who_leaves_stops_the_answer_and_what_makes_it():
    notes, closed = Notes(), []

    def endless():
        try:
            while True:
                yield EVIDENCE
        finally:
            closed.append(True)

    watch = Watch([notes])
    answers = watch.answers(endless())
    next(answers)
    assert watch.running == 1
    answers.close()
    assert (watch.running, closed, notes.answers[0].outcome) == (0, [True], Outcome.STOPPED)


def test_a_reader_who_leaves_after_the_last_snapshot_had_an_answer():
    notes = Notes()
    answers = Watch([notes]).answers(snapshots(EVIDENCE, QUOTED))
    next(answers)
    assert next(answers).done
    answers.close()
    assert notes.answers[0].outcome is Outcome.QUOTED


def test_a_stopping_server_lets_answers_finish_and_takes_no_new_ones():
    watch = Watch()
    running = watch.answers(snapshots(EVIDENCE, QUOTED))
    next(running)
    watch.stop()
    with pytest.raises(ServerStopping, match="stopping"):
        next(watch.answers(snapshots(EVIDENCE)))
    assert watch.wait_until_idle(0.01) is False
    finisher = threading.Thread(target=lambda: list(running))
    finisher.start()
    assert watch.wait_until_idle(10) is True
    finisher.join()


def test_a_question_that_comes_while_the_server_begins_to_stop_is_not_lost_in_between():
    watch = Watch()
    lock = watch._changed
    arrived = threading.Event()

    class Door:
        """Says that somebody is at the lock."""

        def __enter__(self):
            arrived.set()
            return lock.__enter__()

        def __exit__(self, *raised):
            return lock.__exit__(*raised)

        notify_all = lock.notify_all

    refused = []

    def ask():
        try:
            list(watch.answers(snapshots(EVIDENCE, QUOTED)))
        except ServerStopping as error:
            refused.append(error)

    with lock:
        watch._changed = Door()
        asking = threading.Thread(target=ask)
        asking.start()
        assert arrived.wait(10)
        watch._changed = lock
        watch.stop()
        assert watch.wait_until_idle(0) is True
    asking.join(10)
    assert len(refused) == 1


def test_a_question_without_a_place_is_told_as_busy():
    notes = Notes()
    with pytest.raises(Busy):
        list(Watch([notes]).answers(snapshots(Busy("none", 1))))
    assert notes.answers[0].outcome is Outcome.BUSY


@pytest.fixture
def texts(tmp_path):
    folder = tmp_path / "texts"
    folder.mkdir()
    for number in range(3):
        (folder / f"{number}.txt").write_text(f"The bridge number {number} is closed.", "utf-8")
    return folder


def watched(folder, embedder, notes):
    reading = Reading({".txt": plain_text}, DETECTOR, 1_000_000)
    return WatchedCorpus(folder, embedder, reading, ChromaAddress(), Watch([notes]))


def test_syncs_and_rebuilds_are_told_with_their_last_report(tmp_path, texts):
    notes = Notes()
    with watched(tmp_path / "data", WordEmbedder(), notes) as corpus:
        list(corpus.sync([texts]))
        list(corpus.rebuild())
        steps = corpus.sync()
        next(steps)
        steps.close()
    told = [(end.work, end.outcome) for end in notes.syncs]
    assert told == [
        ("sync", Outcome.FINISHED), ("rebuild", Outcome.FINISHED), ("sync", Outcome.STOPPED)
    ]  # fmt: skip
    assert notes.syncs[0].report.added == 3
    assert not corpus.syncing


def test_a_sync_that_fails_says_what_failed(tmp_path, texts):
    notes = Notes()
    with watched(tmp_path / "data", WordEmbedder(fail_after=1), notes) as corpus:
        with pytest.raises(EmbedderUnavailable):
            list(corpus.sync([texts]))
    assert (notes.syncs[0].outcome, notes.syncs[0].error) == (
        Outcome.FAILED, "EmbedderUnavailable"
    )  # fmt: skip
