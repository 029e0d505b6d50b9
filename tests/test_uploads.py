"""Files that are brought in: what they are called afterwards, and what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.uploads import Uploads, safe_name
from index.files import FileRules, Scanner


@pytest.fixture
def uploads(tmp_path):
    return Uploads(tmp_path / "uploads", {".txt", ".md"}, most_bytes=100)


@pytest.fixture
def arrive(tmp_path):
    """Write a file as if it had just arrived."""

    def arrive(text="Een tekst."):
        file = tmp_path / "arrived"
        file.write_text(text, encoding="utf-8")
        return file

    return arrive


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("report.txt", "report.txt"),
        ("Besluit 3 (definitief).txt", "Besluit 3 (definitief).txt"),
        ("Ökostrom_ÄÖÜ.txt", "Ökostrom_ÄÖÜ.txt"),
        ("e\u0301te\u0301.txt", "été.txt"),
        ("報告書.txt", "報告書.txt"),
        ("می\u200cخواهم.txt", "می\u200cخواهم.txt"),
        ("<img src=x onerror=alert(1)>.txt", "<img src=x onerror=alert(1)>.txt"),
        ("../../etc/passwd.txt", "passwd.txt"),
        ("..\\..\\boot.txt", "boot.txt"),
        ("C:\\Documents\\a.txt", "a.txt"),
        ("/etc/cron.d/job.txt", "job.txt"),
        ("..", "document"),
        ("", "document"),
        ("dir/", "document"),
        (".hidden.txt", "hidden.txt"),
        ("~$brief.txt", "brief.txt"),
        ("a\x00b\n\tc\x1b.txt", "ab c.txt"),
        ("invoice\u202etxt.exe", "invoicetxt.exe"),
        ("a\ud800b.txt", "ab.txt"),
        ("CON.txt", "_CON.txt"),
        ("lpt1.2026.txt", "_lpt1.2026.txt"),
        ("console.txt", "console.txt"),
        ("end. ", "end"),
    ],
)
def test_names_are_made_safe(given, kept):
    assert safe_name(given) == kept


@pytest.mark.parametrize("letter", ["a", "é", "報", "🙂"])
def test_a_long_name_is_cut_between_letters_and_keeps_its_type(letter):
    name = safe_name(letter * 300 + ".txt")
    assert name.endswith(f"{letter}.txt") and 190 < len(name.encode()) <= 200
    assert len(safe_name("a." + letter * 300).encode()) <= 200


@given(st.text(st.characters(), max_size=300))
def test_any_name_stays_in_its_folder_and_is_seen_by_a_sync(tmp_path_factory, name):
    safe = safe_name(name)
    assert safe == safe_name(safe) and 0 < len(safe.encode()) <= 200
    assert "/" not in safe and "\\" not in safe and not safe.startswith((".", "~"))
    assert safe.isprintable() or any(c in "\u200c\u200d" for c in safe)
    file = tmp_path_factory.mktemp("names") / f"{safe[:100]}.txt"
    file.touch()
    folder = str(file.parent)
    scanner = Scanner({folder: FileRules(frozenset({".txt"}))})
    list(scanner.look_through(folder, file.parent.stat()))
    assert list(scanner.found.files) == [str(file)]


def test_a_file_is_moved_in_and_replaces_one_of_its_name(uploads, arrive):
    first = uploads.keep(arrive("Eerst."), "a.txt")
    assert (first.name, first.replaced, first.refused) == ("a.txt", False, None)
    file = arrive("Daarna.")
    second = uploads.keep(file, "x/a.txt")
    assert second.replaced and second.path == first.path == str(uploads.folder / "a.txt")
    assert [path.name for path in uploads.folder.iterdir()] == ["a.txt"]
    assert (uploads.folder / "a.txt").read_text() == "Daarna."
    assert not file.exists()


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.exe", "x", ".exe"),
        ("noext", "x", ".md .txt"),
        ("a.txt", "x" * 101, "largest_file_mb"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_remedy_and_not_kept(
    uploads, arrive, name, text, said
):
    file = arrive(text)
    receipt = uploads.keep(file, name)
    assert said in str(receipt.refused) and not receipt.path
    assert not file.exists() and not uploads.folder.exists()


def test_a_folder_that_cannot_be_written_is_named(tmp_path, arrive):
    (tmp_path / "uploads").write_text("in the way")
    receipt = Uploads(tmp_path / "uploads", {".txt"}, 100).keep(arrive(), "a.txt")
    assert str(tmp_path / "uploads") in str(receipt.refused)


def test_only_files_of_the_folder_are_deleted(uploads, arrive, tmp_path):
    kept = uploads.keep(arrive(), "a.txt").path
    other = tmp_path / "other.txt"
    other.touch()
    for path in (other, uploads.folder / ".." / "other.txt", uploads.folder):
        assert not uploads.holds(str(path))
        with pytest.raises(ValueError, match="is not in"):
            uploads.discard(str(path))
    assert other.exists() and uploads.holds(kept)
    uploads.discard(kept)
    uploads.discard(kept)
    assert list(uploads.folder.iterdir()) == []
