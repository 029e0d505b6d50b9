"""A Chroma server that goes away while a sync or a rebuild runs, and comes back or does not."""

import threading
import time
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from index.errors import StoreUnavailable, VectorServerAway
from index.outages import Outages
from index.types import SyncReport
from index.workspace import ChromaAddress
from tests.fakes import WordEmbedder, chroma_on, free_port, open_corpus

# Chroma's HTTP client leaves its sockets to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

DOCUMENTS = 30
WAITING = "waiting for Chroma"


@pytest.fixture
def texts(tmp_path):
    folder = tmp_path / "texts"
    folder.mkdir()
    for number in range(DOCUMENTS):
        sentences = (f"Zin {n} gaat over kade{number}x{n} in de stad." for n in range(160))
        (folder / f"{number}.txt").write_text(" ".join(sentences), encoding="utf-8")
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


def assert_whole(corpus):
    """Every ready passage is in the stores, once, and nothing else is; each is embedded once."""
    stores = corpus._stores
    ready = stores.generation.ready_ids()
    assert stores.vectors.ids() == stores.terms.ids() == ready
    assert corpus.probe(1000) == (len(ready), len(ready))


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


def test_a_sync_waits_for_its_server_and_ends_complete(tmp_path, texts, server):
    embedder = WordEmbedder()
    with open_corpus(tmp_path / "data", embedder, ChromaAddress(server.url)) as corpus:
        seen = interrupted(corpus.sync([texts]), server)
        last = seen[-1]
        assert WAITING in stages(seen) and last.done
        assert (last.added, last.unread) == (DOCUMENTS, ())
        assert last.embedded == last.to_embed == corpus.stats().passages
        assert [note for note in last.notes if note.startswith("Waited")] == list(last.notes)
        assert len(last.notes) == 1
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


def test_a_sync_that_waits_can_be_stopped(tmp_path, texts, server):
    with open_corpus(tmp_path / "data", WordEmbedder(), ChromaAddress(server.url)) as corpus:
        reports = corpus.sync([texts])
        for report in reports:
            if report.embedded:
                server.process.kill()
            if report.stage == WAITING:
                break
        reports.close()
        assert not corpus.syncing
        server.start()
        *_, report = corpus.sync()
        assert report.done
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
    reports = outages.outlasted(steps, SyncReport(), left, lambda: recovered.append(1))
    return list(reports), len(recovered)


def test_a_server_that_dies_of_what_it_is_given_is_not_waited_for_without_end():
    began = time.monotonic()
    with pytest.raises(VectorServerAway):
        run(Outages(Store(True), 0.8), failing(1000))
    assert time.monotonic() - began < 20


def test_each_outage_has_its_own_time_where_work_was_done_between():
    work = list(range(4))
    reports, recovered = run(Outages(Store(True), 0.8), failing(4, work), lambda: len(work))
    assert recovered == 4
    assert len(reports[-1].notes) == 4


def test_other_failures_are_not_waited_for():
    store = Store(True)

    def steps(report):
        yield report
        raise StoreUnavailable("the disk is full")

    with pytest.raises(StoreUnavailable, match="full"):
        run(Outages(store, 60), steps)
    assert store.asked == 0
