"""What a sync makes of folders: moves, equal files, links, odd files, patterns, missing files."""

import json
import os
import socket

import pytest

from assistant.wire import SYNC_PLAN, SYNC_REPORT
from index.catalog import Catalog
from index.corpus import Corpus
from index.errors import BadPattern, StoreUnavailable, UnreadableFile
from index.files import hashed
from index.plans import SyncOptions
from index.reading import Reading
from index.types import Document, DocumentFilter
from index.workspace import ChromaAddress
from tests.fakes import DETECTOR, WordEmbedder, open_corpus, plain_text

ANIMALS = ("olifant", "giraffe", "nijlpaard", "zebra")


@pytest.fixture
def embedder():
    return WordEmbedder()


@pytest.fixture
def corpus(tmp_path, embedder):
    with open_corpus(tmp_path / "data", embedder) as corpus:
        yield corpus


@pytest.fixture
def texts(tmp_path):
    folder = tmp_path / "texts"
    folder.mkdir()
    for animal in ANIMALS:
        write(folder / f"{animal}.txt", f"De {animal} woont in het park.")
    return folder


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def sync(corpus, *paths, **options):
    *_, report = corpus.sync(paths, SyncOptions(**options))
    stores = corpus._stores
    ready = stores.generation.ready_ids()
    assert stores.vectors.ids() == stores.terms.ids() == ready
    assert sum(t.passages for t in stores.generation.languages().values()) == len(ready)
    return report


def changed(report):
    """Give what is not nought of a report's counts of files."""
    names = ("added", "updated", "removed", "moved", "copies", "kept")
    return {name: getattr(report, name) for name in names if getattr(report, name)}


def places(corpus):
    """Map the first animal of each document to the names of its files, its own first."""
    return {
        next(a for a in ANIMALS if a in corpus.source(d.id).text): [
            path.rpartition("/")[2] for path in (d.path, *d.copies)
        ]
        for d in corpus.documents()
    }


def first(corpus, question):
    return corpus.search(question)[0].stored


# Missing files


def test_a_folder_that_is_suddenly_empty_keeps_its_documents_until_that_is_confirmed(
    corpus, texts, tmp_path
):
    other = tmp_path / "other"
    write(other / "a.txt", "De leeuw slaapt.")
    sync(corpus, texts, other)
    for file in texts.iterdir():
        file.unlink()
    write(other / "b.txt", "De tijger waakt.")
    report = sync(corpus)
    assert changed(report) == {"added": 1, "kept": 4}
    (asked,) = report.unread
    assert asked.path == str(texts) and "4 of 4 files are missing" in asked.reason
    assert f"bronwijzer sync --accept-removals {texts}" in asked.reason
    assert corpus.stats().unread == report.unread
    assert first(corpus, "olifant").title == "olifant"
    assert changed(sync(corpus, texts, accept_removals=True)) == {"removed": 4}
    assert corpus.stats().unread == () and len(corpus.documents()) == 2


@pytest.mark.parametrize(("missing", "outcome"), [(19, "removed"), (20, "kept"), (24, "kept")])
def test_many_files_may_not_vanish_at_once(corpus, tmp_path, missing, outcome):
    folder = tmp_path / "many"
    for number in range(25):
        write(folder / f"{number:02}.txt", f"Dit is nummer {number}.")
    sync(corpus, folder)
    for number in range(missing):
        (folder / f"{number:02}.txt").unlink()
    assert changed(sync(corpus)) == {outcome: missing}
    write(folder / "24.txt", "Dit is nummer 24 in een nieuwe versie.")
    for number in range(missing):
        write(folder / f"{number:02}.txt", f"Dit is nummer {number}.")
    back = {"added": missing} if outcome == "removed" else {}
    assert changed(sync(corpus)) == {"updated": 1, **back}


def test_a_large_part_of_a_large_folder_may_be_less_than_the_share(corpus, tmp_path):
    folder = tmp_path / "many"
    for number in range(70):
        write(folder / f"{number:02}.txt", f"Dit is nummer {number}.")
    sync(corpus, folder)
    for number in range(21):
        (folder / f"{number:02}.txt").unlink()
    assert changed(sync(corpus)) == {"removed": 21}


def test_copies_in_a_folder_that_is_suddenly_empty_stay_too(corpus, texts, tmp_path):
    other = tmp_path / "other"
    write(other / "copy.txt", "De olifant woont in het park.")
    write(other / "more.txt", "De giraffe slaapt, de zebra niet.")
    sync(corpus, texts, other)
    for path in other.iterdir():
        path.unlink()
    report = sync(corpus)
    assert changed(report) == {"kept": 2}
    assert sorted(places(corpus)["olifant"]) == ["copy.txt", "olifant.txt"]


def test_a_folder_that_cannot_be_listed_keeps_its_documents(corpus, texts, monkeypatch):
    write(texts / "deep" / "leeuw.txt", "De leeuw slaapt.")
    sync(corpus, texts)
    scandir = os.scandir

    def failing(folder):
        if str(folder).endswith("/deep"):
            raise OSError(5, "Input/output error")
        return scandir(folder)

    monkeypatch.setattr("index.files.os.scandir", failing)
    report = sync(corpus)
    assert changed(report) == {} and "Input/output error" in report.unread[0].reason
    assert len(corpus.documents()) == 5


def test_a_root_that_became_a_link_is_not_followed(corpus, texts, tmp_path):
    sync(corpus, texts)
    texts.rename(tmp_path / "elsewhere")
    texts.symlink_to(tmp_path / "elsewhere")
    report = sync(corpus)
    assert changed(report) == {} and len(corpus.documents()) == 4
    assert f"leads to {tmp_path / 'elsewhere'} now" in report.unread[0].reason


# Moves and equal files


def test_a_renamed_file_is_not_embedded_again_and_takes_its_new_title(corpus, texts, embedder):
    sync(corpus, texts)
    number = first(corpus, "olifant").document_id
    embedder.history.clear()
    (texts / "sub").mkdir()
    (texts / "olifant.txt").rename(texts / "sub" / "jumbo.txt")
    assert changed(sync(corpus)) == {"moved": 1}
    stored = first(corpus, "olifant")
    assert (stored.document_id, stored.title) == (number, "jumbo")
    assert stored.path == str(texts / "sub" / "jumbo.txt")
    assert "De olifant woont in het park." not in embedder.history
    assert sync(corpus).unchanged == 4


def test_a_renamed_folder_and_files_that_follow_each_other_are_not_embedded_again(
    corpus, texts, embedder, tmp_path
):
    sync(corpus, texts)
    embedder.history.clear()
    texts.rename(tmp_path / "renamed")
    report = sync(corpus, tmp_path / "renamed")
    assert changed(report) == {"copies": 4}, "the folder that is away may come back"
    corpus.remove(texts)
    assert places(corpus) == {animal: [f"{animal}.txt"] for animal in ANIMALS}
    texts = tmp_path / "renamed"
    (texts / "giraffe.txt").rename(texts / "later.txt")
    (texts / "olifant.txt").rename(texts / "giraffe.txt")
    sync(corpus)
    assert embedder.history == []
    assert places(corpus)["giraffe"] == ["later.txt"]
    assert places(corpus)["olifant"] == ["giraffe.txt"]


def test_files_that_change_places_are_each_found_under_their_new_name(corpus, texts):
    sync(corpus, texts)
    (texts / "giraffe.txt").rename(texts / "x")
    (texts / "olifant.txt").rename(texts / "giraffe.txt")
    (texts / "x").rename(texts / "olifant.txt")
    sync(corpus)
    assert places(corpus)["giraffe"] == ["olifant.txt"]
    assert places(corpus)["olifant"] == ["giraffe.txt"]
    assert sync(corpus).unchanged == 4


def test_a_document_moves_to_another_root(corpus, texts, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    write(other / "a.txt", "De leeuw slaapt.")
    sync(corpus, texts, other)
    (texts / "zebra.txt").rename(other / "zebra.txt")
    assert changed(sync(corpus)) == {"moved": 1}


def test_equal_files_are_one_document_with_all_their_paths(corpus, texts, embedder):
    write(texts / "a" / "copy.txt", "De olifant woont in het park.")
    report = sync(corpus, texts)
    assert changed(report) == {"added": 4, "copies": 1}
    assert embedder.history.count("De olifant woont in het park.") == 1
    assert sorted(places(corpus)["olifant"]) == ["copy.txt", "olifant.txt"]
    number = first(corpus, "olifant").document_id
    for name in ("copy.txt", "olifant.txt", str(texts / "olifant.txt")):
        assert corpus.document_named(name) == number
    assert corpus.select(DocumentFilter(path="/a/*")) == [number]
    assert corpus.select(DocumentFilter(path="/olifant.txt")) == [number]
    (document,) = corpus.documents(str(texts / "olifant.txt"))
    assert document.id == number
    assert changed(sync(corpus)) == {}


def test_a_document_goes_on_under_a_copy_when_its_own_file_changes_or_goes(corpus, texts, embedder):
    write(texts / "copy.txt", "De olifant woont in het park.")
    write(texts / "second.txt", "De olifant woont in het park.")
    sync(corpus, texts)
    embedder.history.clear()
    own = texts / places(corpus)["olifant"][0]
    own.unlink()
    assert changed(sync(corpus)) == {"removed": 1}
    own = texts / places(corpus)["olifant"][0]
    write(own, "De zebra heet nu anders.")
    assert changed(sync(corpus)) == {"updated": 1}
    assert len(places(corpus)["olifant"]) == 1
    assert "De olifant woont in het park." not in embedder.history
    (texts / places(corpus)["olifant"][0]).write_text("De zebra is weg.", encoding="utf-8")
    sync(corpus)
    assert all("olifant" not in hit.stored.passage.text for hit in corpus.search("olifant"))


def test_equal_files_of_other_types_are_read_each_in_its_way(tmp_path, texts):
    def loud(path):
        return Document(path.stem, path.read_text(encoding="utf-8").upper())

    write(texts / "olifant.loud", "De olifant woont in het park.")
    reading = Reading({".txt": plain_text, ".loud": loud}, DETECTOR, 1_000_000)
    with Corpus(tmp_path / "data", WordEmbedder(), reading, ChromaAddress()) as corpus:
        assert changed(sync(corpus, texts)) == {"added": 5}


def test_equal_documents_of_an_older_index_become_one(corpus, texts, tmp_path):
    sync(corpus, texts)
    write(texts / "zebra.txt", "De olifant woont in het park.")
    state = hashed(str(texts / "zebra.txt"))
    with corpus._workspace.database.transaction() as connection:
        connection.execute(
            "UPDATE documents SET size = ?, mtime_ns = ?, sha256 = ? WHERE path LIKE '%zebra.txt'",
            (state.size, state.mtime_ns, state.sha256),
        )
    assert changed(sync(corpus)) == {"copies": 1}
    assert len(corpus.documents()) == 3 and changed(sync(corpus)) == {}


def test_equal_documents_of_an_older_index_may_change_in_one_sync(corpus, texts):
    sync(corpus, texts)
    others = ("zebra", "nijlpaard")
    for animal in others:
        write(texts / f"{animal}.txt", "De olifant woont in het park.")
        state = hashed(str(texts / f"{animal}.txt"))
        with corpus._workspace.database.transaction() as connection:
            connection.execute(
                "UPDATE documents SET size = ?, mtime_ns = ?, sha256 = ? WHERE path LIKE ?",
                (state.size, state.mtime_ns, state.sha256, f"%{animal}.txt"),
            )
    for animal in ("olifant", "nijlpaard"):
        write(texts / f"{animal}.txt", "De giraffe woont in het park.")
    sync(corpus)
    assert changed(sync(corpus)) == {}
    assert places(corpus)["giraffe"] == ["giraffe.txt", "nijlpaard.txt", "olifant.txt"]


def test_a_copy_of_a_file_that_cannot_be_read_says_so(corpus, texts):
    for name in ("empty.txt", "void.txt"):
        write(texts / name, " \n ")
    report = sync(corpus, texts)
    reasons = {file.path.rpartition("/")[2]: file.reason for file in report.unread}
    assert "no text" in reasons["empty.txt"] and "empty.txt" in reasons["void.txt"]


def test_a_removed_path_leaves_the_document_to_its_other_file(corpus, texts):
    write(texts / "a" / "copy.txt", "De olifant woont in het park.")
    sync(corpus, texts)
    corpus.remove(texts / "a")
    assert places(corpus)["olifant"] == ["olifant.txt"]


def test_a_removal_that_fails_midway_changes_nothing(corpus, texts, monkeypatch):
    sync(corpus, texts)
    kind = type(corpus._stores)
    retire, calls = kind.retire, []

    def failing(stores, path):
        calls.append(path)
        if len(calls) > 1:
            raise StoreUnavailable("The disk is full. Make room.")
        retire(stores, path)

    monkeypatch.setattr(kind, "retire", failing)
    with pytest.raises(StoreUnavailable):
        corpus.remove(texts)
    assert corpus.roots() == [str(texts)] and len(corpus.documents()) == 4


# Links and odd files


def test_links_lead_nowhere_but_to_files_of_their_folder(corpus, texts, tmp_path):
    write(tmp_path / "outside.txt", "De wolf huilt.")
    write(texts / ".hidden" / "secret.txt", "De vos zwijgt.")
    (texts / "inside.txt").symlink_to(texts / "zebra.txt")
    (texts / "out.txt").symlink_to(tmp_path / "outside.txt")
    (texts / "secret.txt").symlink_to(texts / ".hidden" / "secret.txt")
    (texts / "broken.txt").symlink_to(texts / "nowhere.txt")
    (texts / "loop.txt").symlink_to(texts / "loop.txt")
    (texts / "all").symlink_to(texts, target_is_directory=True)
    (texts / "all.txt").symlink_to(tmp_path, target_is_directory=True)
    report = sync(corpus, texts)
    assert changed(report) == {"added": 4, "copies": 1}
    assert sorted(places(corpus)["zebra"]) == ["inside.txt", "zebra.txt"]
    reasons = {file.path.rpartition("/")[2]: file.reason for file in corpus.skipped()}
    assert reasons["out.txt"] == reasons["all.txt"] == "a link that leads out of its folder"
    assert "hidden" in reasons["secret.txt"]
    assert reasons["broken.txt"] == reasons["loop.txt"] == "a link that leads nowhere"
    assert reasons["all"] == "a link to what is no file"


def test_what_is_no_file_is_never_opened(corpus, texts):
    os.mkfifo(texts / "pipe.txt")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(texts / "s.txt"))
        report = sync(corpus, texts)
        assert changed(report) == {"added": 4}
        assert report.skipped == {"no file: a pipe, a socket or a device": 2}
        assert "neither" in sync(corpus, texts / "pipe.txt").unread[0].reason
    with pytest.raises(UnreadableFile, match="no file any more"):
        hashed(str(texts / "pipe.txt"))


def test_a_name_that_is_no_utf8_harms_nothing(corpus, texts):
    for name in (b"caf\xe9.txt", b"caf\xe9/a.txt", b".caf\xe9"):
        write(texts / os.fsdecode(name), "De wolf huilt.")
    report = sync(corpus, texts)
    assert changed(report) == {"added": 4}
    told = json.dumps(SYNC_REPORT.dump_python(report, mode="json")).encode("utf-8")
    assert told.count(rb"caf\\xe9") == 3 and b"rename it" in told
    with pytest.raises(UnreadableFile, match="not valid UTF-8"):
        sync(corpus, *(path for path in texts.iterdir() if path.is_dir()))


def test_a_path_that_is_too_long_is_told_and_harms_nothing(corpus, texts):
    handle = os.open(texts, os.O_RDONLY)
    for _ in range(20):
        os.mkdir("x" * 250, dir_fd=handle)
        deeper = os.open("x" * 250, os.O_RDONLY, dir_fd=handle)
        os.close(handle)
        handle = deeper
    os.close(handle)
    long = write(texts / ("y" * 250) / ("z" * 240) / "wolf.txt", "De wolf huilt.")
    report = sync(corpus, texts)
    assert changed(report) == {"added": 5}
    (told,) = report.unread
    assert "File name too long" in told.reason
    assert corpus.documents(str(long))[0].title == "wolf"


@pytest.mark.parametrize("seconds", [-1_000_000_000, 0, 33_000_000_000])
def test_a_file_may_be_of_any_time(corpus, texts, seconds):
    os.utime(texts / "zebra.txt", (seconds, seconds))
    sync(corpus, texts)
    assert sync(corpus).unchanged == 4
    assert len(corpus.select(DocumentFilter(modified_since=min(seconds, 9e9) - 1)) or ()) >= 1


@pytest.mark.parametrize(("writes", "outcome"), [(1, {"added": 4}), (99, {"added": 3})])
def test_a_file_that_is_written_while_it_is_read_is_read_again(tmp_path, texts, writes, outcome):
    left = iter(range(writes))

    def busy(path):
        document = plain_text(path)
        if path.stem == "zebra" and next(left, None) is not None:
            path.write_text(document.text + " En hij eet.", encoding="utf-8")
        return document

    reading = Reading({".txt": busy}, DETECTOR, 1_000_000)
    with Corpus(tmp_path / "data", WordEmbedder(), reading, ChromaAddress()) as corpus:
        report = sync(corpus, texts)
        assert changed(report) == outcome
        if writes == 1:
            assert corpus.source(first(corpus, "zebra").document_id).text.endswith("En hij eet.")
            assert sync(corpus).unchanged == 4
        else:
            assert "changed while it was read" in report.unread[0].reason


# Patterns and what is passed over


def test_what_is_passed_over_is_counted_and_named(corpus, texts):
    for name in ("a.jpg", "b.JPG", "Makefile", ".hidden.txt", "~$a.txt", "b.txt~", ".git/x.txt"):
        write(texts / name, "x")
    report = sync(corpus, texts)
    assert report.skipped == corpus.stats().skipped
    assert report.skipped == {"of type .jpg": 2, "hidden": 2, "temporary": 2, "of type (none)": 1}
    named = {file.path.removeprefix(f"{texts}/") for file in corpus.skipped()}
    assert {"a.jpg", ".git/", ".hidden.txt", "~$a.txt"} < named
    (texts / "a.jpg").unlink()
    assert sync(corpus).skipped["of type .jpg"] == 1
    corpus.remove(texts)
    assert corpus.skipped() == []


def test_patterns_are_remembered_with_their_path(corpus, texts):
    for name in ("drafts/a.txt", "b/Drafts/c.txt", "b/plan.txt"):
        write(texts / name, f"Dit is {name}.")
    report = sync(corpus, texts, exclude=("drafts",))
    assert report.skipped == {"excluded": 2}
    assert len(corpus.documents()) == 5
    assert changed(sync(corpus)) == {}
    assert changed(sync(corpus, texts, exclude=("/drafts", "zebra.*"))) == {
        "added": 1,
        "removed": 1,
    }
    report = sync(corpus, texts, include=("b/**",), exclude=())
    assert changed(report) == {"removed": 3} and report.skipped["not included"] == 5
    assert changed(sync(corpus, texts, include=())) == {"added": 5}


def test_patterns_for_all_paths_come_from_the_settings(tmp_path, texts):
    reading = Reading(
        {".txt": plain_text}, DETECTOR, 1_000_000, include=("*.txt",), exclude=("zebra*",)
    )
    with Corpus(tmp_path / "data", WordEmbedder(), reading, ChromaAddress()) as corpus:
        assert changed(sync(corpus, texts)) == {"added": 3}
        assert changed(sync(corpus, texts, include=("olifant*", "zebra*"))) == {"removed": 2}


def test_a_root_within_a_root_has_its_own_patterns(corpus, texts):
    write(texts / "inner" / "a.txt", "Dit is a.")
    write(texts / "inner" / "b.txt", "Dit is b.")
    sync(corpus, texts / "inner", exclude=("b.txt",))
    assert changed(sync(corpus, texts, exclude=("inner", "zebra.txt"))) == {"added": 3}
    assert changed(sync(corpus)) == {} and len(corpus.documents()) == 4


@pytest.mark.parametrize("pattern", ["/", " ", "x" * 1001, "\udce9"])
def test_a_pattern_that_means_nothing_is_refused(corpus, texts, pattern):
    with pytest.raises(BadPattern, match="cannot be used"):
        sync(corpus, texts, exclude=(pattern,))
    assert corpus.roots() == []


def test_patterns_without_a_path_are_refused(corpus):
    with pytest.raises(BadPattern, match="bronwijzer sync PATH --exclude"):
        sync(corpus, exclude=("x",))


# Dry runs and full disks


def test_a_dry_run_says_what_a_sync_then_does(corpus, texts, embedder):
    sync(corpus, texts)
    write(texts / "new.txt", "De wolf huilt.")
    write(texts / "newer.txt", "De wolf huilt.")
    write(texts / "giraffe.txt", "De giraffe eet.")
    (texts / "olifant.txt").rename(texts / "jumbo.txt")
    (texts / "nijlpaard.txt").unlink()
    write(texts / "copy.txt", "De zebra woont in het park.")
    write(texts / "photo.jpg", "x")
    before, history = corpus.documents(), list(embedder.history)
    plan = corpus.preview([texts], SyncOptions(exclude=("x",)))
    told = {(change.kind, change.path.rpartition("/")[2]) for change in plan.changes}
    assert told == {
        ("added", "new.txt"),
        ("copied", "newer.txt"),
        ("updated", "giraffe.txt"),
        ("moved", "jumbo.txt"),
        ("removed", "nijlpaard.txt"),
        ("copied", "copy.txt"),
    }
    assert (plan.unchanged, plan.skipped) == (1, {"of type .jpg": 1})
    assert SYNC_PLAN.validate_python(SYNC_PLAN.dump_python(plan, mode="json")) == plan
    assert corpus.documents() == before and embedder.history == history
    assert corpus.skipped() == [] and corpus.roots() == [str(texts)]
    done = changed(sync(corpus))
    assert done == {"added": 1, "updated": 1, "moved": 1, "removed": 1, "copies": 2}


def test_a_dry_run_before_the_first_sync_leaves_nothing_behind(corpus, texts):
    assert len(corpus.preview([texts]).changes) == 4
    assert corpus.roots() == [] and corpus._stores is None


def test_a_full_disk_is_told_and_the_next_sync_finishes(corpus, texts):
    sync(corpus, texts)
    connection = corpus._workspace.database.connection
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages + 8}")
    for number in range(40):
        write(texts / f"long-{number}.txt", f"Zin {number} van iets dat lang is. " * 100)
    with pytest.raises(StoreUnavailable, match="full.*bronwijzer sync"):
        sync(corpus)
    assert first(corpus, "olifant").title == "olifant"
    connection.execute("PRAGMA max_page_count = 1000000")
    sync(corpus)
    assert len(corpus.documents()) == 44


def test_places_survive_in_the_catalog(tmp_path, texts):
    with open_corpus(tmp_path / "data", WordEmbedder()) as corpus:
        write(texts / "copy.txt", "De zebra woont in het park.")
        sync(corpus, texts, exclude=("olifant*",))
    with open_corpus(tmp_path / "data", WordEmbedder()) as corpus:
        assert changed(sync(corpus)) == {} and len(places(corpus)["zebra"]) == 2
        assert Catalog(corpus._workspace.database).patterns(str(texts), "exclude") == ("olifant*",)
