"""A data folder in one file, taken under a running sync, and put back elsewhere."""

import io
import json
import sqlite3
import tarfile
from pathlib import Path

import pytest

from assistant import administration
from assistant.backup import back_up, restore
from assistant.errors import BadBackup
from index.errors import StoreUnavailable
from index.vectors import open_client
from index.workspace import ChromaAddress, vector_collections
from tests.corpora import make_corpus
from tests.fakes import WordEmbedder, open_corpus

WORDS = ("quay", "permit", "library", "waste", "council", "bridge", "market", "school")


def write_texts(folder, count=8, place="desk"):
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        word = WORDS[number % len(WORDS)]
        text = f"The {word} number {number} is open. Ask at {place} {number} about the {word}."
        (folder / f"{word}-{number}.txt").write_text(text, "utf-8")
    return folder


def found(corpus):
    """Score each passage for each word; sums in another order differ in the last bits."""
    scores = {
        (word, hit.stored.title, hit.stored.passage.text): hit.score
        for word in WORDS
        for hit in corpus.search(word, 50)
    }
    return pytest.approx(scores, abs=1e-4)


@pytest.fixture
def filled(tmp_path):
    """A data folder with documents, two of them brought in, feedback and questions."""
    data = tmp_path / "data"
    with open_corpus(data, WordEmbedder()) as corpus:
        list(corpus.sync([write_texts(tmp_path / "texts")]))
        uploads = write_texts(data / "uploads", 2, "counter")
        list(corpus.sync([uploads]))
        (data / "feedback.jsonl").write_text('{"feedback": 1}\n')
        (data / "questions").mkdir()
        (data / "questions" / "2026-11-25.jsonl").write_text('{"question": 1}\n')
        (data / "models").mkdir()
        (data / "models" / "weights.gguf").write_bytes(b"x" * 1000)
        yield data, corpus


def test_a_restored_folder_finds_the_same_without_embedding_a_passage(filled, tmp_path):
    data, corpus = filled
    back_up(data, tmp_path / "b.tar.gz")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    restore(tmp_path / "b.tar.gz", elsewhere, replace=False)
    embedder = WordEmbedder()
    with open_corpus(elsewhere, embedder) as again:
        list(again.rebuild())
        assert embedder.history == []
        assert found(again).expected == found(corpus)
        asked, seen = again.probe()
        assert asked == seen == 10
        report = list(again.sync())[-1]
        assert (report.unchanged, report.added, report.removed) == (10, 0, 0)
    assert (elsewhere / "feedback.jsonl").read_text() == '{"feedback": 1}\n'
    assert (elsewhere / "questions" / "2026-11-25.jsonl").exists()
    assert not (elsewhere / "models").exists()


def test_files_that_were_brought_in_are_known_at_their_new_place(filled, tmp_path):
    data, _ = filled
    back_up(data, tmp_path / "b.tar.gz")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    restore(tmp_path / "b.tar.gz", elsewhere, replace=False)
    with open_corpus(elsewhere, WordEmbedder()) as again:
        paths = {document.path for document in again.documents()}
        assert str(elsewhere / "uploads" / "quay-0.txt") in paths
        assert str(tmp_path / "texts" / "quay-0.txt") in paths
        assert not [path for path in paths if path.startswith(f"{data}/")]
        assert str(elsewhere / "uploads") in again.roots()


def test_collections_go_along_and_come_back(filled, tmp_path):
    data, corpus = filled
    for name in ("hr", "works"):
        home = data / "collections" / name
        with open_corpus(home, WordEmbedder()) as other:
            list(other.sync([write_texts(home / "uploads", 3)]))
    (data / "collections" / "empty").mkdir()
    (data / "collections" / "hr" / "feedback.jsonl").write_text("not of a collection")
    back_up(data, tmp_path / "b.tar.gz")
    elsewhere, embedder = tmp_path / "elsewhere", WordEmbedder()
    elsewhere.mkdir()
    restore(tmp_path / "b.tar.gz", elsewhere, replace=False)
    with open_corpus(elsewhere, embedder) as again:
        list(again.rebuild())
        assert found(again).expected == found(corpus)
    for name in ("hr", "works"):
        home = elsewhere / "collections" / name
        with open_corpus(home, embedder) as again:
            list(again.rebuild())
            assert again.roots() == [str(home / "uploads")]
            assert again.document_count() == 3 and again.probe() == (3, 3)
            assert list(again.sync())[-1].unchanged == 3
        assert sorted(path.name for path in (home / "uploads").iterdir()) == [
            "library-2.txt", "permit-1.txt", "quay-0.txt"
        ]  # fmt: skip
    assert embedder.history == []
    assert not (elsewhere / "collections" / "hr" / "feedback.jsonl").exists()
    with pytest.raises(BadBackup, match="collections"):
        restore(tmp_path / "b.tar.gz", elsewhere, replace=False)
    restore(tmp_path / "b.tar.gz", elsewhere, replace=True)


def test_a_backup_under_a_running_sync_is_whole(tmp_path):
    data, texts = tmp_path / "data", write_texts(tmp_path / "texts", 40)
    with open_corpus(data, WordEmbedder()) as corpus:
        steps = corpus.sync([texts])
        taken = []
        for number, _ in enumerate(steps):
            if number % 12 == 0:
                taken.append(tmp_path / f"{number}.tar.gz")
                back_up(data, taken[-1])
        expected = found(corpus).expected
    assert len(taken) >= 5
    for file in taken:
        elsewhere = tmp_path / file.name.split(".")[0]
        elsewhere.mkdir()
        restore(file, elsewhere, replace=False)
        with open_corpus(elsewhere, WordEmbedder()) as again:
            list(again.rebuild())
            list(again.sync([texts]))
            # Chroma's index is approximate: of many alike vectors it may miss some, in either.
            scores = found(again).expected
            shared = scores.keys() & expected.keys()
            assert len(shared) >= 0.9 * 40 * len(WORDS)
            assert {key: scores[key] for key in shared} == pytest.approx(
                {key: expected[key] for key in shared}, abs=1e-4
            )
            assert again.document_count() == again.passage_count() == 40
            asked, seen = again.probe()
            assert asked == 40 and seen >= 36


def test_a_copy_leaves_the_vectors_of_its_original_on_a_shared_server_alone(tmp_path, server_url):
    texts, chroma = write_texts(tmp_path / "texts"), ChromaAddress(server_url)
    with open_corpus(tmp_path / "data", WordEmbedder(), chroma) as corpus:
        list(corpus.sync([texts]))
        back_up(tmp_path / "data", tmp_path / "b.tar.gz")
        (tmp_path / "copy").mkdir()
        restore(tmp_path / "b.tar.gz", tmp_path / "copy", replace=False)
        with open_corpus(tmp_path / "copy", WordEmbedder(), chroma) as copy:
            list(copy.rebuild())
            copy.remove(texts)
        assert corpus.probe() == (8, 8)


def test_what_is_replaced_leaves_no_vectors_on_a_server(tmp_path, server_url, monkeypatch):
    monkeypatch.chdir(tmp_path)
    values = {"DATA": "data", "CHROMA_URL": server_url, "MODEL": "none"}
    for name, value in values.items():
        monkeypatch.setenv(f"BRONWIJZER_{name}", value)
    folder = tmp_path / "data"
    with make_corpus(folder, ChromaAddress(server_url)) as corpus:
        list(corpus.sync([write_texts(tmp_path / "texts", 2)]))
    back_up(folder, tmp_path / "saved.tar.gz")
    (before,) = vector_collections(folder)
    administration.restore(tmp_path / "saved.tar.gz", replace=True)
    client = open_client(folder, server_url)
    there = {collection.name for collection in client.list_collections()}
    client.close()
    after = vector_collections(folder)
    assert before not in there and there & set(after)


def test_a_folder_that_holds_something_wants_a_word_before_it_is_given_up(filled, tmp_path):
    data, _ = filled
    back_up(data, tmp_path / "b.tar.gz")
    other = tmp_path / "other"
    with open_corpus(other, WordEmbedder()) as corpus:
        list(corpus.sync([write_texts(tmp_path / "few", 1)]))
    (other / "models").mkdir()
    with pytest.raises(BadBackup, match=r"catalog.*--replace"):
        restore(tmp_path / "b.tar.gz", other, replace=False)
    with open_corpus(other, WordEmbedder()) as corpus:
        assert corpus.document_count() == 1
    restore(tmp_path / "b.tar.gz", other, replace=True)
    with open_corpus(other, WordEmbedder()) as corpus:
        assert corpus.document_count() == 10
    assert (other / "models").is_dir()
    assert not list(other.glob(".re*"))


def write_archive(path, members, manifest=None):
    manifest = manifest or {"version": 1, "made": "2026-11-25T12:00:00+00:00", "folder": "/data"}
    with tarfile.open(path, "w:gz") as tar:
        for info, data in [(tarfile.TarInfo("backup.json"), json.dumps(manifest)), *members]:
            data = data.encode() if isinstance(data, str) else data
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return path


def entry(name, kind=tarfile.REGTYPE, link=""):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


@pytest.mark.parametrize(
    "info",
    [
        entry("../outside.txt"),
        entry("/tmp/outside.txt"),
        entry("uploads/../../outside.txt"),
        entry("uploads/.hidden"),
        entry("uploads/a/b.txt"),
        entry("owner.json"),
        entry("collections/hr/owner.json"),
        entry("collections/hr/feedback.jsonl"),
        entry("collections/../catalog.sqlite3"),
        entry("collections/../uploads/a.txt"),
        entry("collections/hr/../catalog.sqlite3"),
        entry("collections/HR/catalog.sqlite3"),
        entry("collections/catalog.sqlite3"),
        entry("collections/hr/uploads/.."),
        entry("uploads/link.txt", tarfile.SYMTYPE, "/etc/passwd"),
        entry("uploads/hard.txt", tarfile.LNKTYPE, "/etc/passwd"),
        entry("uploads", tarfile.SYMTYPE, "/tmp"),
        entry("uploads/pipe", tarfile.FIFOTYPE),
    ],
    ids=lambda info: f"{info.name} {info.type.decode()}",
)
def test_a_backup_cannot_write_outside_nor_bring_anything_else(info, tmp_path):
    file = write_archive(tmp_path / "b.tar.gz", [(info, b"")])
    data = tmp_path / "deep" / "data"
    data.mkdir(parents=True)
    with pytest.raises(BadBackup, match="which no backup does"):
        restore(file, data, replace=False)
    assert list(data.iterdir()) == []
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["b.tar.gz", "data", "deep"]


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda path: path.write_bytes(b"no archive"), "could not be restored"),
        (lambda path: write_archive(path, []), "holds no catalog"),
        (lambda path: write_archive(path, [], {"version": 2, "made": "", "folder": ""}), "version"),
        (lambda path: write_archive(path, [], {"hello": 1}), "is no backup of this program"),
    ],
)
def test_what_is_no_backup_is_told(make, said, tmp_path):
    make(tmp_path / "b.tar.gz")
    (tmp_path / "data").mkdir()
    with pytest.raises(BadBackup, match=said):
        restore(tmp_path / "b.tar.gz", tmp_path / "data", replace=False)


def test_a_backup_that_was_cut_off_leaves_what_was_there(filled, tmp_path):
    data, _ = filled
    whole = tmp_path / "b.tar.gz"
    back_up(data, whole)
    whole.write_bytes(whole.read_bytes()[:-200])
    other = tmp_path / "other"
    with open_corpus(other, WordEmbedder()) as corpus:
        list(corpus.sync([write_texts(tmp_path / "few", 1)]))
    with pytest.raises(BadBackup):
        restore(whole, other, replace=True)
    with open_corpus(other, WordEmbedder()) as corpus:
        assert corpus.document_count() == 1


@pytest.mark.parametrize("failing", [1, 2, 4])
def test_a_restore_that_cannot_move_a_file_leaves_all_as_it_was(
    filled, tmp_path, monkeypatch, failing
):
    data, _ = filled
    back_up(data, tmp_path / "b.tar.gz")
    other = tmp_path / "other"
    with open_corpus(other, WordEmbedder()) as corpus:
        list(corpus.sync([write_texts(tmp_path / "few", 1)]))
    (other / "uploads").symlink_to(tmp_path / "a disk that is not there")
    rename, calls = Path.rename, []

    def broken(path, target):
        calls.append(path)
        if len(calls) == failing:
            raise OSError(16, "Device or resource busy")
        return rename(path, target)

    before = sorted(path.name for path in other.iterdir())
    monkeypatch.setattr(Path, "rename", broken)
    with pytest.raises(BadBackup, match="All is as it was"):
        restore(tmp_path / "b.tar.gz", other, replace=True)
    monkeypatch.undo()
    assert sorted(path.name for path in other.iterdir()) == before
    with open_corpus(other, WordEmbedder()) as corpus:
        assert corpus.document_count() == 1
    restore(tmp_path / "b.tar.gz", other, replace=True)
    with open_corpus(other, WordEmbedder()) as corpus:
        assert corpus.document_count() == 10


def test_a_backup_that_has_no_place_is_told(filled, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(BadBackup, match="Name a file"):
        back_up(filled[0], tmp_path / "file" / "b.tar.gz")


def test_a_backup_is_for_its_user_alone_and_replaces_only_when_whole(filled, tmp_path):
    data, _ = filled
    target = tmp_path / "b.tar.gz"
    size = back_up(data, target)
    assert target.stat().st_size == size
    assert target.stat().st_mode & 0o777 == 0o600
    (data / "catalog.sqlite3").rename(data / "away")
    before = target.read_bytes()
    with pytest.raises(StoreUnavailable, match="no catalog"):
        back_up(data, target)
    assert target.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b.tar.gz", "data", "texts"]
    with pytest.raises(BadBackup, match="could not be written"):
        back_up(data, tmp_path / "nowhere" / "b.tar.gz")


def test_links_in_uploads_bring_nothing_from_elsewhere(filled, tmp_path):
    data, _ = filled
    (tmp_path / "secret.txt").write_text("secret")
    (data / "uploads" / "link.txt").symlink_to(tmp_path / "secret.txt")
    back_up(data, tmp_path / "b.tar.gz")
    with tarfile.open(tmp_path / "b.tar.gz") as tar:
        names = tar.getnames()
    assert "uploads/quay-0.txt" in names and "uploads/link.txt" not in names


def test_a_damaged_catalog_is_no_backup(tmp_path):
    (tmp_path / "catalog.sqlite3").write_bytes(b"SQLite format 3\0" + b"x" * 5000)
    with pytest.raises(StoreUnavailable, match="cannot be copied"):
        back_up(tmp_path, tmp_path / "b.tar.gz")
    assert not (tmp_path / "b.tar.gz").exists()


def test_a_writer_in_the_middle_of_a_transaction_is_left_out(filled, tmp_path):
    data, _ = filled
    writer = sqlite3.connect(data / "catalog.sqlite3", isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("DELETE FROM documents")
    try:
        back_up(data, tmp_path / "b.tar.gz")
    finally:
        writer.execute("ROLLBACK")
        writer.close()
    (tmp_path / "elsewhere").mkdir()
    restore(tmp_path / "b.tar.gz", tmp_path / "elsewhere", replace=False)
    with open_corpus(tmp_path / "elsewhere", WordEmbedder()) as again:
        assert again.document_count() == 10
