"""A corpus over its life: stores that are lost, threads that ask meanwhile, work that is resumed.

What one sync adds, skips, removes and reports is in test_sync.
"""

import shutil
import threading

import pytest
from llama_index.core.schema import NodeWithScore

from index.catalog import Catalog
from index.corpus import Corpus
from index.database import Database
from index.errors import EmbedderUnavailable, EmptyCorpus
from index.reading import Reading
from index.types import Document, Section, Unread
from index.workspace import ChromaAddress
from tests.fakes import DETECTOR, WordEmbedder, open_corpus

# Chroma's HTTP client leaves its sockets to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture
def texts(tmp_path):
    folder = tmp_path / "texts"
    folder.mkdir()
    for name, animal in (("a", "olifant"), ("b", "giraffe"), ("c", "nijlpaard")):
        write(folder / f"{name}.txt", f"De {animal} woont in het park. Hij eet graag.")
    return folder


def write(path, text):
    path.write_text(text, encoding="utf-8")


def sync(corpus, *paths):
    *_, report = corpus.sync(paths)
    assert report.done
    return report


def assert_whole(corpus):
    """Every ready passage is in the stores, once, and nothing else is."""
    stores = corpus._stores
    ready = stores.generation.ready_ids()
    assert stores.vectors.ids() == stores.terms.ids() == ready
    assert corpus.probe(1000) == (len(ready), len(ready))


def long_text(word, sentences=160):
    return " ".join(f"Zin {n} gaat over {word}{n} in de stad." for n in range(sentences))


# Stores that are lost


def test_a_lexical_index_that_is_lost_is_refilled_without_embedding(tmp_path, texts, chroma):
    with open_corpus(tmp_path / "data", WordEmbedder(), chroma) as corpus:
        sync(corpus, texts)
    (terms,) = (tmp_path / "data").glob("terms-*")
    shutil.rmtree(terms)
    embedder = WordEmbedder()
    with open_corpus(tmp_path / "data", embedder, chroma) as corpus:
        assert corpus.probe() == (3, 0)
        assert any("Repaired 3" in note for note in sync(corpus).notes)
        assert_whole(corpus)
    assert embedder.history == []


def test_a_chroma_collection_that_is_lost_is_refilled_without_embedding(tmp_path, texts, chroma):
    with open_corpus(tmp_path / "data", WordEmbedder(), chroma) as corpus:
        sync(corpus, texts)
        vectors = corpus._stores.vectors
        vectors.drop(vectors.name)
    embedder = WordEmbedder()
    with open_corpus(tmp_path / "data", embedder, chroma) as corpus:
        assert corpus.probe() == (3, 0)
        assert any("Repaired 3" in note for note in sync(corpus).notes)
        assert_whole(corpus)
        assert corpus.search("olifant")[0].stored.title == "a"
    assert embedder.history == []


# Work that is resumed


def test_passages_embedded_before_a_failure_are_not_embedded_again(tmp_path, texts, chroma):
    write(texts / "long.txt", long_text("brug", sentences=400))
    failing, embedder = WordEmbedder(fail_after=9), WordEmbedder()
    with open_corpus(tmp_path / "data", failing, chroma) as corpus:
        with pytest.raises(EmbedderUnavailable):
            sync(corpus, texts / "long.txt")
        assert not corpus.syncing
        assert corpus.stats().pending == 1
    with open_corpus(tmp_path / "data", embedder, chroma) as corpus:
        sync(corpus)
        assert_whole(corpus)
        total = corpus.stats().passages
    # All nine that the embedder gave before it failed were stored.
    embedded = [text for text in embedder.history if text.startswith("Zin ")]
    assert total > 9 and len(embedded) == total - 9
    assert not set(failing.history) & set(embedder.history)


def test_until_the_new_version_is_embedded_the_old_one_answers(tmp_path, texts, chroma):
    with open_corpus(tmp_path / "data", WordEmbedder(), chroma) as corpus:
        sync(corpus, texts)
    write(texts / "a.txt", "De zebra woont in het park.")
    with open_corpus(tmp_path / "data", WordEmbedder(fail_after=0), chroma) as corpus:
        with pytest.raises(EmbedderUnavailable):
            sync(corpus)
        hit = corpus.search("olifant")[0]
        assert "olifant" in hit.stored.passage.text
        assert hit.stored.passage.text in corpus.source(hit.stored.document_id).text
        assert all("zebra" not in hit.stored.passage.text for hit in corpus.search("zebra"))
        assert (corpus.stats().documents, corpus.stats().pending) == (3, 1)
    with open_corpus(tmp_path / "data", WordEmbedder(), chroma) as corpus:
        sync(corpus)
        assert_whole(corpus)
        assert all("olifant" not in hit.stored.passage.text for hit in corpus.search("olifant"))
        assert "zebra" in corpus.search("zebra")[0].stored.passage.text


def test_a_rebuild_publishes_what_a_failed_sync_left_pending(tmp_path, texts, chroma):
    with open_corpus(tmp_path / "data", WordEmbedder(), chroma) as corpus:
        sync(corpus, texts)
    write(texts / "a.txt", "De zebra woont in het park.")
    with open_corpus(tmp_path / "data", WordEmbedder(fail_after=0), chroma) as corpus:
        with pytest.raises(EmbedderUnavailable):
            sync(corpus)
    with open_corpus(tmp_path / "data", WordEmbedder("other"), chroma) as corpus:
        list(corpus.rebuild())
        assert (corpus.stats().documents, corpus.stats().pending) == (3, 0)
        assert sum(corpus.stats().languages.values()) == corpus.stats().passages
        assert "zebra" in corpus.search("zebra")[0].stored.passage.text
        assert sync(corpus).unchanged == 3
        assert_whole(corpus)


def test_a_rebuild_of_nothing_is_no_error(tmp_path):
    with open_corpus(tmp_path / "data", WordEmbedder()) as corpus:
        *_, report = corpus.rebuild()
        assert report.done
        with pytest.raises(EmptyCorpus):
            corpus.search("olifant")


# Threads


def test_searches_during_syncs_see_one_version_of_each_document(tmp_path, texts, chroma):
    with open_corpus(tmp_path / "data", WordEmbedder(), chroma) as corpus:
        sync(corpus, texts)
        stop, seen, failures = threading.Event(), [], []

        def ask():
            while not stop.is_set():
                try:
                    hits = corpus.search("versie van het park", limit=20)
                    seen.append(sorted(hit.stored.title for hit in hits))
                except Exception as error:  # noqa: BLE001 - shown by the assertion below
                    failures.append(error)
                    return

        threads = [threading.Thread(target=ask) for _ in range(3)]
        for thread in threads:
            thread.start()
        try:
            for version in range(6):
                write(texts / "a.txt", f"Dit is versie {version} van het verhaal over het park.")
                sync(corpus)
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        assert failures == []
        assert len(seen) > 3
        assert all(len(titles) == len(set(titles)) for titles in seen)
        assert_whole(corpus)


class GatedEmbedder(WordEmbedder):
    """Holds back questions until `gate` is set; `asked` is set once one has come."""

    def __init__(self):
        super().__init__()
        self.gate, self.asked = threading.Event(), threading.Event()

    def embed_query(self, text):
        if threading.current_thread().name == "question":
            self.asked.set()
            assert self.gate.wait(60)
        return super().embed_query(text)


def test_a_question_that_a_rebuild_overtakes_is_answered(tmp_path, texts, chroma):
    embedder = GatedEmbedder()
    with open_corpus(tmp_path / "data", embedder, chroma) as corpus:
        sync(corpus, texts)
        results = []

        def ask():
            try:
                results.append([hit.stored.title for hit in corpus.search("olifant")])
            except Exception as error:  # noqa: BLE001 - shown by the assertion below
                results.append(error)

        question = threading.Thread(target=ask, name="question")
        question.start()
        assert embedder.asked.wait(60)
        try:
            list(corpus.rebuild())
        finally:
            embedder.gate.set()
            question.join()
        (result,) = results
        assert not isinstance(result, Exception), result
        assert result[0] == "a"


def test_no_question_fails_while_rebuilds_follow_each_other(tmp_path, texts, chroma):
    ended, results = threading.Event(), []

    def ask(corpus):
        while not ended.is_set():
            try:
                found = corpus.search("olifant")[0].stored
                checked = corpus.match_sentences("olifant", [found.id])
                results.append((found.title, len(checked.get(found.id, ()))))
            except Exception as error:  # noqa: BLE001 - shown by the assertion below
                results.append(error)

    with open_corpus(tmp_path / "data", WordEmbedder(), chroma) as corpus:
        sync(corpus, texts)
        threads = [threading.Thread(target=ask, args=(corpus,)) for _ in range(2)]
        for thread in threads:
            thread.start()
        try:
            for _ in range(5):
                list(corpus.rebuild())
        finally:
            ended.set()
            for thread in threads:
                thread.join()
    assert set(results) == {("a", 2)} and len(results) > 5


# What is known and reported


def test_counts_agree(tmp_path, texts, chroma):
    with open_corpus(tmp_path / "data", WordEmbedder(), chroma) as corpus:
        assert (corpus.document_count(), corpus.documents(), corpus.probe()) == (0, [], (0, 0))
        sync(corpus, texts)
        stats = corpus.stats()
        assert corpus.document_count() == stats.documents == len(corpus.documents()) == 3
        assert stats.passages == sum(d.passages for d in corpus.documents())
        assert sum(stats.languages.values()) == stats.passages
        assert stats.roots == (str(texts),) and stats.fingerprint == "words"
        (texts / "b.txt").unlink()
        sync(corpus)
        assert sum(corpus.stats().languages.values()) == corpus.stats().passages == 2


def test_removing_one_file_leaves_the_others(tmp_path, texts, chroma):
    with open_corpus(tmp_path / "data", WordEmbedder(), chroma) as corpus:
        sync(corpus, texts / "a.txt", texts / "b.txt")
        assert corpus.remove(texts / "a.txt") == 1
        assert [document.title for document in corpus.documents()] == ["b"]
        assert corpus.roots() == [str(texts / "b.txt")]
        assert_whole(corpus)


def test_a_deleted_file_is_not_reported_as_a_folder_that_is_away(tmp_path, texts):
    with open_corpus(tmp_path / "data", WordEmbedder()) as corpus:
        sync(corpus, texts / "a.txt", texts / "b.txt")
        (texts / "a.txt").unlink()
        assert sync(corpus).removed == 1
        assert not any("stay in the index" in file.reason for file in sync(corpus).unread)


@pytest.mark.parametrize("root", ["/texts", "/"])
def test_unread_files_below_a_visited_path_are_replaced(tmp_path, root):
    database = Database(tmp_path / "catalog.sqlite3")
    catalog = Catalog(database)
    catalog.set_unread([Unread("/texts/a.jpg", "why")], [root])
    catalog.set_unread([], [root])
    assert catalog.unread() == []
    catalog.set_unread([Unread("/texts-of-others/a.jpg", "why")], ["/texts-of-others"])
    catalog.set_unread([], ["/texts"])
    assert len(catalog.unread()) == 1
    database.close()


def test_hits_are_exact_places_with_scores_in_order(tmp_path, texts, chroma):
    write(texts / "long.txt", long_text("kade"))
    with open_corpus(tmp_path / "data", WordEmbedder(), chroma) as corpus:
        sync(corpus, texts)
        hits = corpus.search("zin over kade17 in de stad", limit=5)
        assert len(hits) == 5
        assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
        for hit in hits:
            passage, text = hit.stored.passage, corpus.source(hit.stored.document_id).text
            assert text[passage.start : passage.end] == passage.text
            assert [match.span for match in hit.sentences] == list(passage.sentences)
            assert hit.key in passage.sentences and 0 <= hit.coverage <= 1
            best = max(hit.sentences, key=lambda match: match.score)
            assert (hit.key, hit.key_similarity) == (best.span, best.similarity)
        assert "kade17" in hits[0].stored.passage.text_of(hits[0].key)


def test_the_retriever_gives_nodes_with_their_places(tmp_path, texts):
    def two_pages(path):
        text = path.read_text(encoding="utf-8")
        start = text.index("Hij eet")
        places = (Section(0, 4, "Dieren"), Section(start, 5, "Dieren › Voedsel"))
        return Document(path.stem, text, places)

    reading = Reading({".txt": two_pages}, DETECTOR, 1_000_000)
    data = tmp_path / "data"
    with Corpus(data, WordEmbedder(), reading, ChromaAddress()) as corpus:
        sync(corpus, texts)
        nodes = corpus._retriever(corpus._stores).retrieve("olifant")
        assert [type(node) for node in nodes] == [NodeWithScore] * 3
        node = nodes[0].node
        source = corpus.source(node.metadata["document_id"])
        assert source.text[node.start_char_idx : node.end_char_idx] == node.text
        assert node.metadata["path"] == source.path == str(texts / "a.txt")
        assert (node.metadata["page"], node.metadata["heading"]) == (4, "Dieren")
        passage = corpus.search("olifant")[0].stored.passage
        assert [passage.section_at(s.start).page for s in passage.sentences] == [4, 5]


def test_sentences_of_unknown_passages_are_left_out(tmp_path, texts):
    with open_corpus(tmp_path / "data", WordEmbedder()) as corpus:
        assert corpus.match_sentences("olifant", [1]) == {}
        sync(corpus, texts)
        numbers = sorted(corpus._stores.generation.ready_ids())
        matches = corpus.match_sentences("olifant", [*numbers, 999])
        assert sorted(matches) == numbers
        assert all(len(found) == 2 for found in matches.values())
