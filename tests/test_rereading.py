"""What a sync makes of files that did not change, where it is told to read them again."""

from pathlib import Path

import pytest

from index.errors import EmbedderUnavailable
from index.loaders import EDITIONS, load_text
from index.plans import USUAL, SyncOptions
from index.reading import Reading
from index.types import Document
from tests.fakes import DETECTOR, WordEmbedder, open_corpus

REREAD = SyncOptions(reread=True)


def paragraph(animal):
    return " ".join(f"De {animal} nummer {n} woont in het park en eet graag." for n in range(20))


def load_better(path):
    """Leave out the first paragraph, as a letterhead that is no text of a document."""
    document = load_text(path)
    if "zebra" in document.text:
        raise ValueError("a stripe too many")
    first, _, rest = document.text.partition("\n\n")
    return Document(document.title, rest or first, (), ("1 letterhead was left out",))


@pytest.fixture
def texts(tmp_path):
    folder = tmp_path / "texts"
    folder.mkdir()
    (folder / "long.txt").write_text(
        "\n\n".join(["Postbus 1, Veenrade.", *map(paragraph, ("olifant", "giraffe", "leeuw"))]),
        encoding="utf-8",
    )
    (folder / "short.txt").write_text("De buffel slaapt.", encoding="utf-8")
    return folder


@pytest.fixture
def embedder():
    return WordEmbedder()


def opened(tmp_path, embedder, loader):
    reading = Reading({".txt": loader}, DETECTOR, 1_000_000)
    return open_corpus(tmp_path / "data", embedder, reading=reading)


def sync(corpus, *paths, options=USUAL):
    *_, report = corpus.sync(paths, options)
    stores = corpus._stores
    ready = stores.generation.ready_ids()
    assert stores.vectors.ids() == stores.terms.ids() == ready
    assert corpus.probe(100) == (len(ready), len(ready))
    totals = stores.generation.languages().values()
    assert sum(entry.passages for entry in totals) == len(ready)
    return report


def numbers(corpus):
    return {Path(document.path).name: document.id for document in corpus.documents()}


def test_a_document_that_is_read_as_the_same_stays_as_it_is(tmp_path, texts, embedder):
    with opened(tmp_path, embedder, load_text) as corpus:
        sync(corpus, texts)
        before = corpus.documents()
        embedder.history.clear()
        report = sync(corpus, options=REREAD)
        assert (report.reread, report.renewed, report.unchanged, report.updated) == (2, 0, 2, 0)
        assert corpus.documents() == before and embedder.history == []
        assert sync(corpus).reread == 0


def test_a_better_reader_reaches_files_that_did_not_change(tmp_path, texts, embedder):
    with opened(tmp_path, embedder, load_text) as corpus:
        sync(corpus, texts)
        before = numbers(corpus)
        assert "Postbus" in corpus.source(before["long.txt"]).text
    embedder.history.clear()
    with opened(tmp_path, embedder, load_better) as corpus:
        assert sync(corpus).unchanged == 2 and numbers(corpus) == before
        report = sync(corpus, options=REREAD)
        assert (report.reread, report.renewed, report.unchanged) == (2, 1, 2)
        after = numbers(corpus)
        assert "Postbus" not in corpus.source(after["long.txt"]).text
        assert after["short.txt"] == before["short.txt"]
        short, long = sorted(corpus.documents(), key=lambda document: document.id)
        assert short.warnings == long.warnings == ("1 letterhead was left out",)
        assert "better" in short.parser
    # What stands at another place of the document, but says the same, has its vectors already.
    assert all("olifant" in text for text in embedder.history), embedder.history


def test_copies_go_along_with_the_new_reading(tmp_path, texts, embedder):
    (texts / "again.txt").write_bytes((texts / "long.txt").read_bytes())
    with opened(tmp_path, embedder, load_text) as corpus:
        sync(corpus, texts)
    with opened(tmp_path, embedder, load_better) as corpus:
        report = sync(corpus, options=REREAD)
        assert (report.reread, report.renewed) == (2, 1)
        (copied,) = [document for document in corpus.documents() if document.copies]
        assert {Path(path).name for path in copied.paths} == {"again.txt", "long.txt"}
        assert "Postbus" not in corpus.source(copied.id).text
        assert sync(corpus).unchanged == 3 and len(corpus.documents()) == 2


def test_a_reader_that_fails_now_leaves_the_version_of_then(tmp_path, texts, embedder):
    (texts / "zebra.txt").write_text("De zebra graast.", encoding="utf-8")
    with opened(tmp_path, embedder, load_text) as corpus:
        sync(corpus, texts)
    with opened(tmp_path, embedder, load_better) as corpus:
        (unread,) = sync(corpus, options=REREAD).unread
        assert "a stripe too many" in unread.reason and "stays in the index" in unread.reason
        assert corpus.search("zebra")[0].stored.title == "zebra"


def test_a_reading_that_is_broken_off_is_finished_by_the_next_sync(tmp_path, texts, embedder):
    (texts / "again.txt").write_bytes((texts / "long.txt").read_bytes())
    with opened(tmp_path, embedder, load_text) as corpus:
        sync(corpus, texts)
    with opened(tmp_path, WordEmbedder(fail_after=0), load_better) as corpus:
        with pytest.raises(EmbedderUnavailable):
            list(corpus.sync((), REREAD))
        assert "Postbus" in corpus.source(numbers(corpus)["again.txt"]).text
    with opened(tmp_path, embedder, load_better) as corpus:
        sync(corpus)
        (copied,) = [document for document in corpus.documents() if document.copies]
        assert "Postbus" not in corpus.source(copied.id).text and len(corpus.documents()) == 2


def test_files_that_changed_or_moved_are_read_once(tmp_path, texts, embedder):
    (texts / "moving.txt").write_text("De mier verhuist.", encoding="utf-8")
    with opened(tmp_path, embedder, load_text) as corpus:
        sync(corpus, texts)
        (texts / "moving.txt").rename(texts / "moved.txt")
        (texts / "short.txt").write_text("De buffel is wakker.", encoding="utf-8")
        report = sync(corpus, options=REREAD)
        assert (report.updated, report.moved, report.reread, report.renewed) == (1, 1, 2, 0)


def test_a_sync_says_how_many_files_an_earlier_reader_read(tmp_path, texts, embedder, monkeypatch):
    (texts / "again.txt").write_bytes((texts / "long.txt").read_bytes())
    with opened(tmp_path, embedder, load_text) as corpus:
        assert sync(corpus, texts).notes == ()
        monkeypatch.setitem(EDITIONS, load_text, EDITIONS[load_text] + 1)
        (texts / "short.txt").write_text("De buffel is wakker.", encoding="utf-8")
        (note,) = sync(corpus).notes
        assert note.startswith("1 file was read") and "'bronwijzer sync --reread'" in note
        (texts / "other.txt").write_text("De mier werkt.", encoding="utf-8")
        assert sync(corpus, texts / "other.txt").notes == ()
        assert sync(corpus, options=REREAD).notes == ()
        assert sync(corpus).notes == ()


def test_a_dry_run_counts_what_would_be_read_again(tmp_path, texts, embedder):
    with opened(tmp_path, embedder, load_text) as corpus:
        sync(corpus, texts)
        (texts / "short.txt").write_text("De buffel is wakker.", encoding="utf-8")
        assert corpus.preview().reread == 0
        plan = corpus.preview((), REREAD)
        assert (plan.reread, plan.unchanged, len(plan.changes)) == (1, 1, 1)


def test_of_a_changed_file_only_new_passages_are_embedded(tmp_path, texts, embedder):
    with opened(tmp_path, embedder, load_text) as corpus:
        sync(corpus, texts)
        embedder.history.clear()
        file = texts / "long.txt"
        said = file.read_text(encoding="utf-8")
        file.write_text(f"{said}\n\n{paragraph('mier')}", encoding="utf-8")
        assert sync(corpus).updated == 1
        assert embedder.history and all("mier" in text for text in embedder.history)
