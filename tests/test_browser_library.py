"""The library page in real headless Chromium, against a real server process."""

import json
import subprocess
import sys
import urllib.request

import pytest
from playwright.sync_api import expect

from tests.chromium import needs_chromium
from tests.corpora import TEXTS, write_texts
from tests.test_accessibility import findings
from tests.test_cli import environment_of, serving

PATIENCE = 90_000
HOSTILE = "<img src=x onerror=alert(1)>.txt"
CANTEEN = "The canteen of the town hall of Veenrade opens at eleven and closes at three."
SMALL = {"BRONWIJZER_LARGEST_FILE_MB": "0.02"}

pytestmark = [needs_chromium, pytest.mark.timeout(300)]


DESKTOP, PHONE = (1280, 800), (390, 844)


@pytest.fixture
def size(request):
    return getattr(request, "param", DESKTOP)


@pytest.fixture
def folder(tmp_path):
    """A folder with a data folder in which three texts are indexed."""
    texts = write_texts(tmp_path / "texts")
    subprocess.run(
        [sys.executable, "-m", "assistant", "sync", str(texts)],
        env=environment_of(tmp_path),
        check=True,
        capture_output=True,
    )
    return tmp_path


@pytest.fixture
def address(folder):
    with serving(folder, **SMALL) as address:
        yield address


@pytest.fixture
def page(browser, address, size):
    context = browser.new_context(viewport=dict(zip(("width", "height"), size, strict=True)))
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    errors, requested, dialogs = [], [], []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("request", lambda request: requested.append(request.url))
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    page.goto(f"{address}/library")
    told(page, "#count", "3 of 3 shown")
    yield page
    assert errors == [] and dialogs == []
    assert page.locator("img[src=x]").count() == 0
    assert page.locator(".toast-body").all_inner_texts() == []
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    assert [u for u in requested if not u.startswith((address, "data:", "blob:"))] == []
    context.close()


def told(page, place, text):
    expect(page.locator(place)).to_contain_text(text, timeout=PATIENCE)


def upload(page, *files):
    page.locator("#upload input[type=file]").set_input_files(
        [{"name": name, "mimeType": "", "buffer": data} for name, data in files]
    )


def row(page, name):
    return page.locator("#documents label").filter(has_text=name)


def evidence(address, question):
    """The documents in which a question finds something."""
    request = urllib.request.Request(
        f"{address}/api/ask",
        json.dumps({"question": question}).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"], indirect=True)
def test_files_are_brought_in_found_asked_about_and_removed(page, address, folder):
    upload(
        page,
        (HOSTILE, CANTEEN.encode()),
        ("broken.pdf", b"%PDF-1.4 broken"),
        ("kade.txt", TEXTS["kade.txt"].replace("Saskia", "Femke").encode()),
        ("program.exe", b"MZ"),
        ("large.txt", b"x" * 20_001),
    )
    outcomes = page.locator("#outcomes li")
    for name, said in (
        (HOSTILE, "added"),
        ("broken.pdf", "could not be read. The file is damaged"),
        ("kade.txt", "added"),
        ("program.exe", "files of the type .exe cannot be read"),
        ("large.txt", "largest_file_mb"),
    ):
        outcome = outcomes.filter(has_text=name)
        expect(outcome).to_contain_text(said, timeout=PATIENCE)
    told(page, "#count", "6 of 6 shown")
    told(page, "#status", "2 added")
    expect(row(page, "broken.pdf")).to_contain_text("Could not be read")
    kept = sorted(path.name for path in (folder / "data" / "uploads").iterdir())
    assert kept == [HOSTILE, "broken.pdf", "kade.txt"]
    assert not [path for path in (folder / "data" / "arrivals").rglob("*") if path.is_file()]

    answer = evidence(address, "When does the canteen of the town hall open?")
    assert "opens at eleven" in answer["answer"]
    assert answer["citations"][0]["document"] == HOSTILE

    page.locator("#search input, #search textarea").fill("onerror")
    told(page, "#count", "1 of 6 shown")
    expect(page.locator("#documents label")).to_have_count(1)
    row(page, HOSTILE).click()
    told(page, "#details", HOSTILE)
    expect(page.locator("#open")).to_be_in_viewport()
    with page.context.expect_page() as opened:
        page.locator("#open").click()
    expect(opened.value.locator(".text")).to_have_text(CANTEEN)
    opened.value.close()

    page.locator("#remove").click()
    told(page, "#asked", f"Remove {HOSTILE}?")
    assert findings(page) == []
    page.locator("#no").click()
    expect(page.locator("#asked")).to_be_hidden()
    page.locator("#remove").click()
    page.locator("#yes").click()
    told(page, "#details", "is removed and its file is deleted")
    told(page, "#count", "No document has these words")
    assert not (folder / "data" / "uploads" / HOSTILE).exists()
    answer = evidence(address, "When does the canteen of the town hall open?")
    assert HOSTILE not in [passage["document"] for passage in answer["evidence"]]


def test_a_file_of_the_same_name_replaces_the_earlier_one(page, address):
    for text, said in (
        ("The canteen opens at ten.", "added"),
        ("The canteen opens at eleven.", "replaces the earlier file"),
        ("The canteen opens at eleven.", "was there already"),
    ):
        upload(page, ("canteen.txt", text.encode()))
        told(page, "#outcomes", said)
    told(page, "#count", "4 of 4 shown")
    passages = evidence(address, "When does the canteen open?")["evidence"]
    assert [p["text"] for p in passages if p["document"] == "canteen.txt"] == [text]


def test_changes_in_folders_are_noticed_and_a_removed_file_of_one_comes_back(page, folder):
    (folder / "texts" / "new.txt").write_text("The archive is in the cellar.", encoding="utf-8")
    page.locator("#sync").click()
    told(page, "#status", "1 added")
    told(page, "#count", "4 of 4 shown")
    row(page, "new.txt").click()
    page.locator("#remove").click()
    told(page, "#asked", "The file itself stays where it is")
    page.locator("#yes").click()
    told(page, "#details", "it comes back then")
    told(page, "#count", "3 of 3 shown")
    page.locator("#close").click()
    expect(page.locator("#document")).to_be_hidden()
    page.locator("#sync").click()
    told(page, "#count", "4 of 4 shown")
    (folder / "texts" / "new.txt").unlink()
    page.locator("#sync").click()
    told(page, "#status", "1 removed")
    told(page, "#count", "3 of 3 shown")


def test_what_another_program_brings_in_shows_by_itself(page, folder):
    (folder / "texts" / "new.txt").write_text("The archive is in the cellar.", encoding="utf-8")
    subprocess.run(
        [sys.executable, "-m", "assistant", "sync"],
        env=environment_of(folder),
        check=True,
        capture_output=True,
    )
    told(page, "#count", "4 of 4 shown")


def test_the_list_is_worked_by_keyboard_and_leads_back_to_the_chat(page, address):
    page.locator("#search input").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    told(page, "#details", "library.txt")
    page.locator("#back").click()
    expect(page.locator("#question")).to_be_visible(timeout=PATIENCE)
    assert page.url == f"{address}/"


def test_the_page_speaks_the_language_of_the_browser(browser, address, size):
    context = browser.new_context(
        viewport=dict(zip(("width", "height"), size, strict=True)), locale="nl-BE"
    )
    page = context.new_page()
    page.goto(f"{address}/library/")
    told(page, "#count", "3 van 3 getoond")
    told(page, "#intro", "tot 0.02 MB per stuk")
    expect(page.locator("#sync")).to_have_text("Controleer op wijzigingen")
    context.close()
