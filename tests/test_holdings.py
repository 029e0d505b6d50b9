"""What the library holds, how it is shown and taken out."""

import re

import pytest

from assistant.holdings import Holdings, State, matching, outcomes
from assistant.library_desk import Batch, Desk
from assistant.library_view import MOST_ROWS, choices, details, progress, question, shown, size_of
from assistant.stewards import Steward
from assistant.upkeep import Upkeep, UpkeepState
from assistant.uploads import Receipt, Uploads
from assistant.wording import WordingBook
from index.errors import SyncRunning
from index.outages import WAITING
from index.types import SyncReport
from tests.fakes import WordEmbedder, open_corpus

BOOK = WordingBook.bundled()
EN = BOOK.of("en")


@pytest.fixture
def corpus(tmp_path):
    with open_corpus(tmp_path / "data", WordEmbedder()) as corpus:
        yield corpus


@pytest.fixture
def uploads(tmp_path):
    return Uploads(tmp_path / "data" / "uploads", {".txt"}, 1000)


@pytest.fixture
def holdings(corpus, uploads):
    return Holdings(corpus, uploads)


@pytest.fixture
def texts(tmp_path):
    folder = tmp_path / "texts"
    folder.mkdir()
    (folder / "Gîte.txt").write_text("De olifant woont in het park.", encoding="utf-8")
    (folder / "empty.txt").write_text("", encoding="utf-8")
    return folder


def desk_of(corpus, uploads, upkeep, may_change=True):
    return Desk(Steward(corpus, uploads, upkeep, Holdings(corpus, uploads)), may_change, b"secret")


def bring(corpus, uploads, tmp_path, name, text):
    file = tmp_path / "arrived"
    file.write_text(text, encoding="utf-8")
    receipt = uploads.keep(file, name)
    list(corpus.sync([uploads.folder]))
    return receipt


def test_files_are_listed_with_what_keeps_them_out(corpus, holdings, uploads, texts, tmp_path):
    list(corpus.sync([texts]))
    receipt = bring(corpus, uploads, tmp_path, "own.txt", "Een zebra.")
    listed = {holding.name: holding for holding in holdings.all()}
    assert list(listed)[0] == "empty.txt" and set(listed) == {"empty.txt", "Gîte.txt", "own.txt"}
    assert listed["empty.txt"].state is State.UNREADABLE and not listed["empty.txt"].removable
    assert "no text" in listed["empty.txt"].reason
    assert listed["own.txt"].own and listed["own.txt"].path == receipt.path
    assert listed["Gîte.txt"].state is State.READY and not listed["Gîte.txt"].own
    assert all(holdings.find(holding.path) == holding for holding in listed.values())
    assert holdings.find("") is None and holdings.find("/etc/passwd") is None


def test_a_file_that_no_longer_reads_keeps_its_older_version(corpus, holdings, texts):
    list(corpus.sync([texts]))
    (texts / "Gîte.txt").write_text("", encoding="utf-8")
    list(corpus.sync())
    holding = holdings.find(str(texts / "Gîte.txt"))
    assert holding.state is State.OLDER and holding.document and holding.removable


def test_an_upload_is_deleted_and_a_file_elsewhere_is_not(
    corpus, holdings, uploads, texts, tmp_path
):
    list(corpus.sync([texts]))
    receipt = bring(corpus, uploads, tmp_path, "own.txt", "Een zebra.")
    said = str(holdings.remove(holdings.find(receipt.path)))
    assert "deleted" in said and not list(uploads.folder.iterdir())
    file = texts / "Gîte.txt"
    said = str(holdings.remove(holdings.find(str(file))))
    assert f"still lies in {texts}" in said and file.exists()
    assert corpus.documents() == []
    list(corpus.sync())
    assert [document.path for document in corpus.documents()] == [str(file)]


def test_a_file_that_was_named_itself_stays_out(corpus, holdings, texts):
    file = texts / "Gîte.txt"
    list(corpus.sync([file]))
    said = str(holdings.remove(holdings.find(str(file))))
    assert "no longer read" in said and file.exists()
    list(corpus.sync())
    assert corpus.documents() == []


def test_an_upload_that_cannot_be_read_can_be_removed(corpus, holdings, uploads, tmp_path):
    receipt = bring(corpus, uploads, tmp_path, "empty.txt", "")
    holdings.remove(holdings.find(receipt.path))
    assert corpus.unread() == [] and not list(uploads.folder.iterdir())


def test_a_link_is_removed_and_not_what_it_leads_to(corpus, holdings, texts):
    (texts / "link.txt").symlink_to(texts / "Gîte.txt")
    list(corpus.sync([texts]))
    holdings.remove(holdings.find(str(texts / "link.txt")))
    assert [document.path for document in corpus.documents()] == [str(texts / "Gîte.txt")]


def test_equal_files_are_each_listed_and_name_each_other(
    corpus, holdings, uploads, texts, tmp_path
):
    list(corpus.sync([texts]))
    before = holdings.versions()
    receipt = bring(corpus, uploads, tmp_path, "own.txt", "De olifant woont in het park.")
    listed = {holding.name: holding for holding in holdings.all()}
    assert listed["own.txt"].document == listed["Gîte.txt"].document
    with Upkeep(corpus) as upkeep:
        said = desk_of(corpus, uploads, upkeep).details(listed["own.txt"], EN)
    said = re.sub(r"\\", "", said)
    assert f"Also at: {texts / 'Gîte.txt'}" in said
    (told,) = outcomes([receipt], before, {h.path: h for h in holdings.all()}, "")
    assert told.key == "library_file_added"
    assert holdings.find(receipt.path).path == receipt.path
    holdings.remove(holdings.find(receipt.path))
    assert list(holdings.versions()) == [str(texts / "Gîte.txt")]


def test_nothing_is_deleted_while_a_sync_runs(corpus, holdings, uploads, tmp_path):
    receipt = bring(corpus, uploads, tmp_path, "own.txt", "Een zebra.")
    running = corpus.sync()
    next(running)
    with Upkeep(corpus) as upkeep:
        said = desk_of(corpus, uploads, upkeep).remove(receipt.path, EN)
        with pytest.raises(SyncRunning):
            holdings.remove(holdings.find(receipt.path))
    list(running)
    assert "Nothing was removed" in said and list(uploads.folder.iterdir())


@pytest.mark.parametrize("words", ["gite", "GÎTE", "  txt  gît ", ""])
def test_names_are_found_whatever_their_case_and_accents(corpus, holdings, texts, words):
    list(corpus.sync([texts]))
    assert "Gîte.txt" in [holding.name for holding in matching(holdings.all(), words)]
    assert matching(holdings.all(), f"{words} olifant") == []


def test_the_page_gets_no_more_than_it_can_show(corpus, holdings, texts):
    list(corpus.sync([texts]))
    many = [holdings.find(str(texts / "Gîte.txt"))] * 20_000
    assert len(choices(many, EN, str)) == MOST_ROWS == 200
    assert shown(len(many), len(many), EN, True).startswith("The first 200 of 20,000")
    assert shown(3, 20_000, EN, True) == (
        "3 of 20,000 shown. Choose a document to open or remove it."
    )
    assert shown(1, 2, EN, False) == "1 of 2 shown. Choose a document to open it."
    assert "Add some above" in shown(0, 0, EN, True) and "Add" not in shown(0, 0, EN, False)
    assert "No document" in shown(0, 5, EN, True)


@pytest.mark.parametrize("language", BOOK.languages)
def test_markup_in_a_name_is_text_wherever_markdown_is_written(
    corpus, holdings, uploads, tmp_path, language
):
    name = "<img src=x onerror=alert(1)> ![p](x) **b**.txt"
    receipt = bring(corpus, uploads, tmp_path, name, "Een zebra.")
    holding, wording = holdings.find(receipt.path), BOOK.of(language)
    for text in (details(holding, [name], wording), question(holding, wording)):
        assert "&lt;img" in text and "<img" not in text
        assert "![p]" not in text and "**b**" not in text
    assert choices([holding], wording, str)[0][0].splitlines()[0] == name


def test_each_file_that_was_brought_in_is_told_what_became_of_it(
    corpus, holdings, uploads, tmp_path
):
    for name in ("same.txt", "new version.txt"):
        bring(corpus, uploads, tmp_path, name, "Een zebra.")
    before = holdings.versions()
    receipts = [
        bring(corpus, uploads, tmp_path, name, text)
        for name, text in (
            ("same.txt", "Een zebra."),
            ("new version.txt", "Een giraffe."),
            ("new.txt", "Een olifant."),
            ("empty.txt", ""),
            ("a.exe", "x"),
            ("large.txt", "x" * 1001),
        )
    ]
    receipts.append(Receipt("waiting.txt", str(uploads.folder / "waiting.txt")))
    after = {holding.path: holding for holding in holdings.all()}
    said = [notice.key for notice in outcomes(receipts, before, after, "")]
    assert said == [
        f"library_file_{word}"
        for word in ("unchanged", "replaced", "added", "unreadable", "type", "size", "kept")
    ]
    failed = [str(notice) for notice in outcomes(receipts, before, after, "Embedder is away.")]
    assert "check for changes. Embedder is away." in failed[0]
    assert "added" in failed[2] and "check for changes. Embedder is away." in failed[6]


def test_the_desk_follows_a_batch_until_its_last_word(corpus, uploads, tmp_path):
    file = tmp_path / "x" / "arrived"
    file.parent.mkdir()
    file.write_text("Een zebra.", encoding="utf-8")
    with Upkeep(corpus) as upkeep:
        desk = desk_of(corpus, uploads, upkeep)
        marks = desk.marks()
        batch, first = desk.receive([(str(file), "zebra.txt")], EN)
        assert upkeep.wait(batch.number, 20)
        batch, last = desk.outcomes(batch, EN)
        assert batch.told and re.sub(r"\\", "", last) == "- **zebra.txt**: added"
        assert desk.marks() != marks and not file.parent.exists()
        assert [path for _, path in desk.listed("ZEB", EN)[0]] == [batch.receipts[0].path]
        assert "1 added" in desk.status(EN)
        assert desk.remove(batch.receipts[0].path, EN).endswith("deleted.")
        assert desk.remove(batch.receipts[0].path, EN) == EN("library_gone")
        assert desk.remove("/etc/passwd", EN) == EN("library_gone")


def test_a_batch_that_was_refused_whole_waits_for_nothing(corpus, uploads, tmp_path):
    (tmp_path / "a").touch()
    with Upkeep(corpus) as upkeep:
        desk = desk_of(corpus, uploads, upkeep)
        batch, said = desk.receive([(str(tmp_path / "a"), "a.exe")], EN)
    assert batch.told and batch.number == 0 and "not added" in said
    assert Batch().told


def test_a_reader_sees_what_is_there_and_changes_nothing(
    corpus, holdings, uploads, texts, tmp_path
):
    list(corpus.sync([texts]))
    receipt = bring(corpus, uploads, tmp_path, "own.txt", "De olifant woont in het park.")
    (tmp_path / "arrived.txt").write_text("Een zebra.", encoding="utf-8")
    with Upkeep(corpus) as upkeep:
        desk = desk_of(corpus, uploads, upkeep, may_change=False)
        rows, count = desk.listed("", EN)
        assert [lines.splitlines()[0] for lines, _ in rows] == [
            "⚠️ empty.txt",
            "Gîte.txt",
            "own.txt",
        ]
        assert count.endswith("Choose a document to open it.")
        for lines, key in rows:
            told = re.sub(r"\\", "", desk.details(desk.find(key), EN))
            assert str(tmp_path) not in told + lines + key
        assert "Also at: Gîte.txt" in told and desk.find(receipt.path) is None
        batch, said = desk.receive([(str(tmp_path / "arrived.txt"), "zebra.txt")], EN)
        refused = EN("library_refused_reader")
        assert batch.told and refused in re.sub(r"\\", "", said)
        assert (
            desk.sync(EN) == desk.remove(rows[0][1], EN) == desk.remove(receipt.path, EN) == refused
        )
        assert upkeep.state == UpkeepState() and desk.status(EN) == ""
    assert holdings.find(receipt.path) and [path.name for path in uploads.folder.iterdir()] == [
        "own.txt"
    ]


def test_a_reader_learns_why_a_folder_is_away_and_not_where_it_was(corpus, uploads, texts):
    list(corpus.sync([texts]))
    texts.rename(texts.with_name("elsewhere"))
    list(corpus.sync())
    with Upkeep(corpus) as upkeep:
        desk = desk_of(corpus, uploads, upkeep, may_change=False)
        ((_, key),) = [row for row in desk.listed("", EN)[0] if row[0].startswith("⚠️ texts")]
        told = re.sub(r"\\", "", desk.details(desk.find(key), EN))
    assert "bronwijzer remove texts" in told and str(texts.parent) not in told


@pytest.mark.parametrize(
    ("report", "state", "said"),
    [
        (None, UpkeepState(), "when you check for changes"),
        (None, UpkeepState(asked=1), "being brought up to date. You"),
        (SyncReport(), UpkeepState(), "being brought up to date. You"),
        (SyncReport(embedded=2, to_embed=5), UpkeepState(), "up to date: 40 %"),
        (SyncReport(WAITING, embedded=2, to_embed=5), UpkeepState(), "server with the search data"),
        (None, UpkeepState(1, 1, SyncReport(added=3, done=True)), "3 added"),
        (None, UpkeepState(1, 1, SyncReport(moved=2, copies=1)), "2 moved, 1 found"),
        (None, UpkeepState(1, 1, SyncReport(kept=30)), "30 files are missing"),
        (None, UpkeepState(1, 1, SyncReport(skipped={"hidden": 2, "x": 3})), "5 files and"),
        (None, UpkeepState(1, 1, None, "The disk is *full*."), "is \\*full\\*"),
    ],
)
def test_the_progress_is_told(report, state, said):
    assert said in progress(report, state, EN)


def test_sizes_are_rounded():
    assert [size_of(n) for n in (0, 999, 1000, 1_500_000)] == ["0 B", "999 B", "1 kB", "2 MB"]
