"""A PDF's page in real headless Chromium: from the cited sentence to its place on paper."""

import io
import subprocess
import sys

import httpx
import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.chromium import needs_chromium
from tests.test_cli import environment_of, serving
from tests.test_loaders_pdf import pdf_file, typed

pytestmark = needs_chromium

SENTENCE = "De burgemeester opent de nieuwe haven op een zonnige dag in april."
FIRST = typed("Verslag van de raad", size=16) + typed(
    *[f"Dit is regel {n} van het verslag over een heel ander onderwerp." for n in range(30)],
    "",
    SENTENCE,
    top=660,
)
LONG = "Een regel zonder einde: " + "x" * 3000
PATIENCE = 45_000
YELLOW = (255, 226, 110)


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    texts = folder / "texts"
    texts.mkdir()
    (texts / "verslag.pdf").write_bytes(pdf_file(FIRST, typed("Tweede blad."), title="Verslag"))
    (texts / "lang.txt").write_text(LONG, encoding="utf-8")
    command = [sys.executable, "-m", "assistant", "sync", str(texts)]
    subprocess.run(command, env=environment_of(folder), check=True, capture_output=True)
    with serving(folder) as address:
        yield address


def found(address, question, name):
    body = {"question": question, "documents": [name]}
    passages = httpx.post(f"{address}/api/search", json=body, timeout=60).json()["passages"]
    return passages[0]["document_id"]


@pytest.fixture(scope="module")
def source(address):
    """The address of the cited sentence in the text."""
    number = found(address, SENTENCE, "verslag.pdf")
    text = httpx.get(f"{address}/api/source/verslag.pdf", timeout=60).json()["text"]
    start = text.index(SENTENCE)
    return f"{address}/source/{number}?start={start}&end={start + len(SENTENCE)}#cited"


@pytest.fixture(params=[(1280, 800, "light"), (390, 844, "dark")], ids=["desktop", "phone"])
def page(request, browser, address):
    width, height, scheme = request.param
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, locale="nl-NL"
    )
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.complaints, page.requested = [], []
    page.on("console", lambda message: page.complaints.append(message.text))
    page.on("request", lambda r: page.requested.append(r.url))
    yield page
    assert page.complaints == []
    assert [url for url in page.requested if not url.startswith(address)] == []
    context.close()


def fits(page):
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def yellow(image, box):
    part = image.crop(box).convert("RGB")
    return sum(count for count, color in part.getcolors(1 << 20) if color == YELLOW)


def test_from_the_cited_sentence_to_its_place_on_the_page(page, source):
    page.goto(source)
    cited = page.locator("#cited")
    expect(cited).to_have_text(SENTENCE, timeout=PATIENCE)
    expect(cited).to_be_in_viewport(timeout=PATIENCE)
    assert fits(page)
    onward = page.get_by_role("link", name="Bekijk het op de pagina zelf")
    expect(onward).to_be_in_viewport()
    onward.click()
    picture = page.get_by_role("img", name=SENTENCE)
    expect(picture).to_be_visible(timeout=PATIENCE)
    expect(page.locator(".place")).to_contain_text("Pagina 1 van 2")
    assert fits(page)
    page.wait_for_function(
        "() => { const i = document.querySelector('img'); return i.complete && i.naturalWidth; }"
    )
    assert page.evaluate("document.querySelector('img').naturalWidth") == 1400
    # The anchor puts the mark in view; what Chromium shows is yellow there, and only there.
    expect(page.locator("#cited")).to_be_in_viewport(timeout=PATIENCE)
    image = Image.open(io.BytesIO(picture.screenshot()))
    scale = image.width / 600
    line = round((800 - (660 - 12 * 31)) * scale)
    height = round(12 * scale)
    assert yellow(image, (0, line - height, image.width, line + height // 2)) > 50
    assert yellow(image, (0, 0, image.width, line - 2 * height)) == 0
    assert yellow(image, (0, line + 2 * height, image.width, image.height)) == 0
    page.get_by_role("link", name="Volgende pagina").click()
    expect(page.locator(".place").first).to_contain_text("Pagina 2 van 2", timeout=PATIENCE)
    page.get_by_role("link", name="De aangehaalde zin staat op pagina 1.").click()
    page.get_by_role("link", name="Terug naar de tekst").click()
    expect(page.locator("#cited")).to_have_text(SENTENCE, timeout=PATIENCE)


def test_the_original_is_a_download(page, source):
    page.goto(source)
    with page.expect_download(timeout=PATIENCE) as download:
        page.get_by_role("link", name="Origineel bestand downloaden").click()
    assert download.value.suggested_filename == "verslag.pdf"


def test_a_long_line_wraps_on_the_narrowest_screen(page, address):
    page.set_viewport_size({"width": 360, "height": 640})
    page.goto(f"{address}/source/{found(address, LONG[:40], 'lang.txt')}")
    expect(page.locator("main")).to_contain_text("Een regel zonder einde", timeout=PATIENCE)
    assert fits(page)


def test_a_page_of_this_server_may_frame_the_text(page, address, source):
    """The chat shows it beside the conversation."""
    page.goto(f"{address}/healthz")
    page.complaints.clear()
    page.evaluate(
        "(url) => { const f = document.createElement('iframe'); f.src = url;"
        " document.body.append(f); }",
        source,
    )
    frame = page.frame_locator("iframe")
    expect(frame.locator("#cited")).to_have_text(SENTENCE, timeout=PATIENCE)
