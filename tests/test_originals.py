"""Files handed out as they were indexed, and never anything else."""

import os
from pathlib import Path

import pytest

from index.errors import OriginalChanged, OriginalGone, OriginalUnreadable, UnknownDocument
from tests.fakes import WordEmbedder, open_corpus

TEXT = "De kade wordt vernieuwd."


@pytest.fixture
def texts(tmp_path):
    folder = tmp_path / "texts"
    folder.mkdir()
    (folder / "kade.txt").write_text(TEXT, encoding="utf-8")
    return folder


@pytest.fixture
def corpus(tmp_path, texts):
    with open_corpus(tmp_path / "data", WordEmbedder()) as corpus:
        list(corpus.sync([texts]))
        yield corpus


def content(corpus):
    with corpus.original(1).opened() as file:
        return file.read().decode()


def test_a_file_is_given_as_it_was_indexed(corpus):
    assert content(corpus) == TEXT
    assert corpus.original(1).name == "kade.txt"


def test_a_file_that_was_only_touched_is_the_same(corpus, texts):
    os.utime(texts / "kade.txt", ns=(1, 1))
    assert content(corpus) == TEXT


@pytest.mark.parametrize("text", [TEXT.upper(), TEXT + " Ja."], ids=["same size", "longer"])
def test_a_file_that_says_something_else_is_refused(corpus, texts, text):
    (texts / "kade.txt").write_text(text, encoding="utf-8")
    os.utime(texts / "kade.txt", ns=(1, 1))
    with pytest.raises(OriginalChanged, match="bronwijzer sync"):
        corpus.original(1).check()
    list(corpus.sync())
    with pytest.raises(UnknownDocument):
        corpus.original(1)


def test_a_file_that_is_gone_is_refused(corpus, texts):
    (texts / "kade.txt").unlink()
    with pytest.raises(OriginalGone):
        corpus.original(1).check()


def test_no_link_leads_out_of_the_remembered_paths(corpus, texts, tmp_path):
    """Even where what lies outside is the very same file."""
    outside = tmp_path / "outside.txt"
    (texts / "kade.txt").rename(outside)
    (texts / "kade.txt").symlink_to(outside)
    with pytest.raises(OriginalGone):
        corpus.original(1).check()
    (texts / "kade.txt").unlink()
    (texts / "kade.txt").symlink_to("/etc/passwd")
    with pytest.raises(OriginalGone):
        corpus.original(1).check()


def test_a_root_that_became_a_link_leads_nowhere(corpus, texts, tmp_path):
    texts.rename(tmp_path / "moved")
    texts.symlink_to(tmp_path / "moved")
    with pytest.raises(OriginalGone):
        corpus.original(1).check()


def test_a_link_inside_the_remembered_paths_is_followed(tmp_path, texts):
    (texts / "b.txt").symlink_to(texts / "kade.txt")
    with open_corpus(tmp_path / "data", WordEmbedder()) as corpus:
        list(corpus.sync([texts]))
        (document,) = corpus.documents()
        assert [Path(path).name for path in document.paths] == ["b.txt", "kade.txt"]
        original = corpus.original(document.id)
        assert original.name == "b.txt"
        original.check()


def test_a_file_without_its_folder_in_the_remembered_paths_is_refused(corpus, texts):
    original = corpus.original(1)
    assert original.roots == (str(texts),)
    with pytest.raises(OriginalGone):
        type(original)(original.path, original.state, (str(texts) + "-other",)).check()


@pytest.mark.timeout(20)
@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_a_pipe_or_folder_in_its_place_is_no_file(corpus, texts, make):
    (texts / "kade.txt").unlink()
    make(texts / "kade.txt")
    with pytest.raises((OriginalChanged, OriginalUnreadable)):
        corpus.original(1).check()


def test_a_loop_of_links_is_unreadable(corpus, texts):
    (texts / "kade.txt").unlink()
    (texts / "kade.txt").symlink_to(texts / "kade.txt")
    with pytest.raises((OriginalUnreadable, OriginalGone)):
        corpus.original(1).check()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_unreadable(corpus, texts):
    (texts / "kade.txt").chmod(0)
    with pytest.raises(OriginalUnreadable, match="right to read"):
        corpus.original(1).check()
