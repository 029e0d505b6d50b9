"""A Chroma server that goes away while a sync or a rebuild runs, and comes back or does not."""

import os
import shutil
import signal
import socket
import threading
import time
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from assistant.upkeep import Upkeep
from index.errors import StoreUnavailable, VectorServerAway
from index.outages import Outages
from index.reading import Reading
from index.synchronisation import Synchroniser
from index.types import SyncReport
from index.workspace import ChromaAddress
from tests.fakes import (
    DETECTOR,
    WordEmbedder,
    chroma_on,
    free_port,
    open_corpus,
    plain_text,
)

# Chroma's HTTP client leaves its sockets to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

DOCUMENTS = 30
WAITING = "waiting for Chroma"


@pytest.fixture
def texts(tmp_path):
    return written(tmp_path / "texts", 110)


@pytest.fixture(scope="module")
def synced(tmp_path_factory):
    """A data folder whose passages are written in three portions."""
    folder = tmp_path_factory.mktemp("synced")
    texts = written(folder / "texts", 480)
    with open_corpus(folder / "data", WordEmbedder()) as corpus:
        *_, _ = corpus.sync([texts])
    return folder / "data"


@pytest.fixture
def data(tmp_path, synced):
    return shutil.copytree(synced, tmp_path / "data")


@pytest.fixture
def server_of_data(data):
    with ExitStack() as stack:
        yield MortalServer(data / "chroma", stack)


def written(folder, sentences):
    folder.mkdir()
    for number in range(DOCUMENTS):
        text = " ".join(f"Zin {n} gaat over kade{number}x{n} in de stad." for n in range(sentences))
        (folder / f"{number}.txt").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def server(tmp_path):
    with ExitStack() as stack:
        yield MortalServer(tmp_path / "chroma", stack)


class MortalServer:
    """A Chroma server that can be killed, and started anew on the same port and folder."""

    def __init__(self, folder, stack):
        self.port = free_port()
        self.folder = folder
        self._stack = stack
        self.start()

    def start(self):
        self.url, self.process = self._stack.enter_context(chroma_on(self.folder, self.port))

    def kill(self):
        self.process.kill()
        self.process.wait()

    def hang(self):
        self.process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, self.process.pid, os.WSTOPPED)

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)


def assert_whole(corpus):
    """Every ready passage is in the stores, once, and nothing else is; each is embedded once."""
    stores = corpus._stores
    ready = stores.generation.ready_ids()
    assert stores.vectors.ids() == stores.terms.ids() == ready
    assert corpus.probe(100) == (100, 100)


def interrupted(reports, server, back=True):
    """Kill the server after the first passages were embedded; start it where it is waited for."""
    seen = []
    for report in reports:
        seen.append(report)
        if report.embedded and server.process.poll() is None and WAITING not in stages(seen):
            server.kill()
        if report.stage == WAITING and back and server.process.poll() is not None:
            server.start()
    return seen


def stages(reports):
    return [report.stage for report in reports]


def test_a_sync_waits_for_its_server_and_ends_complete(tmp_path, texts, server, caplog):
    embedder = WordEmbedder()
    with open_corpus(tmp_path / "data", embedder, ChromaAddress(server.url)) as corpus:
        seen = interrupted(corpus.sync([texts]), server)
        last = seen[-1]
        assert WAITING in stages(seen) and last.done
        assert (last.added, last.unread) == (DOCUMENTS, ())
        assert last.embedded == last.to_embed == corpus.stats().passages
        assert [note for note in last.notes if note.startswith("Waited")] == list(last.notes)
        assert len(last.notes) == 1
        logged = [entry.getMessage() for entry in caplog.records if entry.name == "index.outages"]
        assert len(logged) == 2
        assert "chroma_url" in logged[0] and "answers again" in logged[1]
        assert_whole(corpus)
        assert len(set(embedder.history)) == len(embedder.history)
        assert corpus.search("kade17x3")[0].stored.title == "17"


def test_a_sync_whose_server_stays_away_is_finished_by_the_next(tmp_path, texts, server):
    embedder = WordEmbedder()
    address = ChromaAddress(server.url, patience=1.0)
    with open_corpus(tmp_path / "data", embedder, address) as corpus:
        with pytest.raises(StoreUnavailable, match="chroma_url"):
            interrupted(corpus.sync([texts]), server, back=False)
        embedded = len(embedder.history)
        server.start()
        *_, report = corpus.sync()
        assert report.done
        assert_whole(corpus)
        assert corpus.document_count() == DOCUMENTS
        assert len(set(embedder.history)) == len(embedder.history) > embedded > 0


def test_a_rebuild_waits_for_its_server(tmp_path, texts, server):
    with open_corpus(tmp_path / "data", WordEmbedder(), ChromaAddress(server.url)) as corpus:
        *_, synced = corpus.sync([texts])
    again = WordEmbedder()
    again.fingerprint = "other words"
    with open_corpus(tmp_path / "data", again, ChromaAddress(server.url)) as corpus:
        seen = interrupted(corpus.rebuild(), server)
        assert WAITING in stages(seen) and seen[-1].done
        assert seen[-1].embedded == seen[-1].to_embed == synced.embedded
        assert_whole(corpus)
        assert len(set(again.history)) == len(again.history)
        totals = corpus._stores.generation.languages()
        assert sum(total.passages for total in totals.values()) == corpus.stats().passages


class SabotagedEmbedder(WordEmbedder):
    """Does something once it has embedded so many passages."""

    def __init__(self, after, sabotage):
        super().__init__()
        self._after = after
        self._sabotage = sabotage

    def embed_passages(self, passages):
        for vectors in super().embed_passages(passages):
            yield vectors
            if len(self.history) == self._after:
                self._sabotage()


def test_a_server_that_hangs_is_given_up_on_soon(tmp_path, server):
    with open_corpus(tmp_path / "data", WordEmbedder(), ChromaAddress(server.url)) as corpus:
        vectors = corpus._begin().vectors
        server.hang()
        began = time.monotonic()
        assert not vectors.answers()
        # For a write it is given 60.
        assert time.monotonic() - began < 20
        server.go_on()
        assert vectors.answers()


def test_upkeep_stops_while_it_waits_for_a_server_that_hangs(tmp_path, texts, server):
    embedder = SabotagedEmbedder(1, server.kill)
    with open_corpus(tmp_path / "data", embedder, ChromaAddress(server.url)) as corpus:
        upkeep = Upkeep(corpus)
        number = upkeep.request([texts])
        while not (corpus.progress and corpus.progress.stage == WAITING):
            assert not upkeep.wait(number, 0.02), upkeep.state.failure
        # What listens and never answers hangs; a server that is started first may be asked before.
        with socket.create_server(("127.0.0.1", server.port)):
            upkeep.close()
        assert upkeep.wait(number, 0)
        assert not corpus.syncing
        server.start()
        *_, report = corpus.sync()
        assert report.done
        assert_whole(corpus)


@pytest.mark.parametrize("are_in_step", [True, False])
def test_a_sync_is_not_begun_while_the_server_is_away(data, server_of_data, are_in_step):
    address = ChromaAddress(server_of_data.url, patience=2.0)
    with open_corpus(data, WordEmbedder(), address) as corpus:
        if not are_in_step:
            corpus._stores.agreement.revoke()
        server_of_data.kill()
        seen = []
        with pytest.raises(VectorServerAway):
            seen += corpus.sync()
        assert seen == []


def test_an_outage_keeps_what_a_rebuild_without_embedding_has_written(data, server_of_data):
    embedder, server = WordEmbedder(), server_of_data
    with open_corpus(data, embedder, ChromaAddress(server.url)) as corpus:
        passages, at_outage = corpus.stats().passages, 0
        for report in corpus.rebuild():
            if not at_outage and (at_outage := rebuilt(corpus)):
                server.kill()
            if report.stage == WAITING and server.process.poll() is not None:
                assert rebuilt(corpus) == at_outage
                server.start()
        assert report.done
        assert 0 < at_outage < passages / 2
        assert embedder.history == []
        totals = corpus._stores.generation.languages()
        assert sum(total.passages for total in totals.values()) == passages
        assert_whole(corpus)


def rebuilt(corpus):
    """Count the passages that are written of a generation that is not current yet."""
    others = corpus._stores.generation.others()
    return sum(total.passages for other in others for total in other.languages().values())


def test_a_rebuild_is_done_where_only_the_old_vectors_stay(data, server_of_data):
    with open_corpus(data, WordEmbedder(), ChromaAddress(server_of_data.url)) as corpus:
        old, passages, last = corpus._stores.generation.number, corpus.stats().passages, None
        for report in corpus.rebuild():
            last = report
            if rebuilt(corpus) == passages and not report.done:
                server_of_data.kill()
        assert last.done
        assert [note for note in last.notes if "the next sync deletes them" in note]
        assert corpus._stores.generation.number != old
        assert [other.number for other in corpus._stores.generation.others()] == [old]
        server_of_data.start()
        *_, report = corpus.sync()
        assert report.notes == ()
        assert corpus._stores.generation.others() == []
        assert_whole(corpus)


# Repairs


def test_an_outage_loses_no_repair_and_not_their_count(data, server_of_data):
    server = server_of_data
    with open_corpus(data, WordEmbedder(), ChromaAddress(server.url)) as corpus:
        lost = out_of_step(corpus)
        seen = []
        for report in corpus.sync():
            seen.append(report)
            if corpus._stores.terms.count() and WAITING not in stages(seen):
                server.kill()
            if report.stage == WAITING and server.process.poll() is not None:
                server.start()
        assert WAITING in stages(seen) and report.done
        assert f"Repaired {lost} passages" in " ".join(report.notes)
        assert_whole(corpus)


def test_repairs_can_be_stopped(data):
    with open_corpus(data, WordEmbedder()) as corpus:
        lost = out_of_step(corpus)
        with closing(corpus.sync()) as reports:
            for _ in reports:
                if corpus._stores.terms.count():
                    break
        assert 0 < corpus._stores.terms.count() < lost / 2
        *_, report = corpus.sync()
        assert report.done
        assert_whole(corpus)


def out_of_step(corpus):
    """Take all passages out of Chroma and Tantivy; count them."""
    stores = corpus._stores
    numbers = sorted(stores.generation.ready_ids())
    stores.erase(numbers)
    return len(numbers)


class FlakyVectors:
    """A vector store that fails at every other write."""

    def __init__(self, vectors):
        self.failures = 0
        self._vectors = vectors
        self._fails = False

    def __getattr__(self, name):
        return getattr(self._vectors, name)

    def add(self, records):
        self._fails = not self._fails
        if self._fails:
            self.failures += 1
            raise VectorServerAway("away")
        self._vectors.add(records)


def test_what_is_repaired_after_an_outage_counts_as_done(data):
    with open_corpus(data, WordEmbedder()) as corpus:
        out_of_step(corpus)
        flaky = FlakyVectors(corpus._stores.vectors)
        stores = replace(corpus._stores, vectors=flaky)
        reading = Reading({".txt": plain_text}, DETECTOR, 1_000_000)
        # As one outage, the three would last longer than this, by the pauses between them.
        outages = Outages(flaky, 2.0)
        *_, report = Synchroniser(stores, WordEmbedder(), reading, outages).run(())
        assert report.done
        assert flaky.failures == 3
        assert_whole(corpus)


# What counts as an outage


@contextmanager
def answering(port, status):
    """A proxy without a server behind it."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(status)
            self.end_headers()
            self.wfile.write(b"no server behind this")

        do_POST = do_GET

        def log_message(self, *_):
            pass

    proxy = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    thread = threading.Thread(target=proxy.serve_forever)
    thread.start()
    try:
        yield
    finally:
        proxy.shutdown()
        proxy.server_close()
        thread.join()


@pytest.mark.parametrize(("status", "is_away"), [(502, True), (503, True), (500, False)])
def test_a_proxy_may_say_that_the_server_is_away(tmp_path, server, status, is_away):
    with open_corpus(tmp_path / "data", WordEmbedder(), ChromaAddress(server.url)) as corpus:
        vectors = corpus._begin().vectors
        assert vectors.answers()
        server.kill()
        assert not vectors.answers()
        with answering(server.port, status):
            with pytest.raises(StoreUnavailable) as failure:
                vectors.count()
            assert isinstance(failure.value, VectorServerAway) == is_away
            assert not vectors.answers()


class Store:
    """A vector store whose server answers, or does not."""

    def __init__(self, answer):
        self.asked = 0
        self._answer = answer

    def answers(self):
        self.asked += 1
        return self._answer


def failing(times, work=None):
    """Steps that fail so many times, and may get something done before."""
    left = [times]

    def steps(report):
        yield report
        if left[0]:
            left[0] -= 1
            if work:
                work.pop()
            raise VectorServerAway("away")

    return steps


def run(outages, steps, left=lambda: 1):
    recovered = []
    reports = outages.outlasted(steps, SyncReport(), left, lambda: [recovered.append(1)])
    return list(reports), len(recovered)


def test_a_server_that_dies_of_what_it_is_given_is_not_waited_for_without_end():
    tries = []

    def recover():
        tries.append(1)
        return ()

    outages = Outages(Store(True), 3.0)
    with pytest.raises(VectorServerAway):
        list(outages.outlasted(failing(1000), SyncReport(), lambda: 1, recover))
    # After half a second, one more, two more; the pauses grow.
    assert 0 < len(tries) <= 3


def test_each_outage_has_its_own_time_where_work_was_done_between():
    work = list(range(4))
    reports, recovered = run(Outages(Store(True), 0.8), failing(4, work), lambda: len(work))
    assert recovered == 4
    assert len(reports[-1].notes) == 1


def test_other_failures_are_not_waited_for():
    store = Store(True)

    def steps(report):
        yield report
        raise StoreUnavailable("the disk is full")

    with pytest.raises(StoreUnavailable, match="full"):
        run(Outages(store, 60), steps)
    assert store.asked == 0
