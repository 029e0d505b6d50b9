"""The addresses of documents: text, pages and original files."""

import io
import json
import re
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from PIL import Image

from assistant.api import report_errors
from assistant.api_models import SourceShape
from assistant.provenance import info_of, with_history
from assistant.server import SecurityHeaders
from assistant.source_page import SourceView, cited_in, source_page
from assistant.sources import Showing, attachment, source_routes
from assistant.wire import read_source, write_source
from assistant.wording import WordingBook
from index.corpus import Corpus
from index.errors import StoreUnavailable
from index.loaders import LOADERS
from index.page_pictures import PagePictures
from index.reading import Reading
from index.types import DocumentInfo, Section, SourceDocument
from index.workspace import ChromaAddress
from tests.corpora import make_assistant
from tests.fakes import DETECTOR, WordEmbedder
from tests.test_loaders_pdf import BROKEN, pdf_file, typed

BOOK = WordingBook.bundled()
PAGE = {"Accept": "text/html", "Accept-Language": "nl-NL,nl;q=0.9"}
HOSTILE = '"><img src=x onerror=alert(1)>\n; filename=evil.exe.pdf'
SENTENCE = " ".join(BROKEN)
NOTES = "# Regels\n\nAlgemeen.\n\n## Honden <b>\n\nDe hond mag los. Maar niet op het plein.\n"


@contextmanager
def serving(folder):
    texts = folder / "texts"
    texts.mkdir()
    pages = (typed("Over toeslag.", "", *BROKEN), typed("Nog een blad met een andere zin."))
    (texts / "toeslag.pdf").write_bytes(pdf_file(*pages, title="Toeslag <script>"))
    (texts / HOSTILE).write_bytes(pdf_file(typed("Een bestand met een rare naam.")))
    (texts / "regels.md").write_text(NOTES, encoding="utf-8")
    reading = Reading(LOADERS, DETECTOR, 1_000_000)
    with Corpus(folder / "data", WordEmbedder(), reading, ChromaAddress()) as corpus:
        list(corpus.sync([texts]))
        app = FastAPI()
        report_errors(app)
        app.include_router(source_routes(lambda *_: corpus, PagePictures(), BOOK))
        app.add_middleware(SecurityHeaders)
        with TestClient(app) as client:
            yield client, corpus, texts


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("sources")) as server:
        yield server


@pytest.fixture
def own(tmp_path):
    """A server whose files a test may change."""
    with serving(tmp_path) as server:
        yield server


def test_a_page_names_the_other_files_that_are_shown_here(own):
    client, corpus, texts = own
    for name in ("copy.md", "zz/secret.md"):
        (texts / name).parent.mkdir(exist_ok=True)
        (texts / name).write_text(NOTES, encoding="utf-8")
    list(corpus.sync())
    number = number_of(corpus, "regels.md")
    page = client.get(f"/source/{number}", headers=PAGE).text
    assert "Dezelfde tekst staat ook in: copy.md, zz/secret.md" in page
    app = FastAPI()
    report_errors(app)
    for prefix, shows in (("/some", "copy.md"), ("/none", "other.md")):
        showing = Showing(lambda name, shows=shows: name == shows)
        routes = source_routes(lambda *_: corpus, PagePictures(), BOOK, showing)
        app.include_router(routes, prefix=prefix)
    with TestClient(app) as partly:
        seen = partly.get(f"/some/source/{number}", headers=PAGE)
        assert seen.status_code == 200 and "copy.md" in seen.text
        assert "regels" not in seen.text and "secret" not in seen.text
        assert partly.get(f"/none/source/{number}", headers=PAGE).status_code == 404
        saved = partly.get(f"/some/original/{number}")
        assert saved.headers["content-disposition"] == attachment("copy.md")


def test_strangers_are_told_no_name_that_an_error_has(own, caplog):
    client, corpus, texts = own
    number = number_of(corpus, "regels.md")
    (texts / "regels.md").unlink()
    app = FastAPI()
    report_errors(app)
    showing = Showing(strangers=True)
    app.include_router(source_routes(lambda *_: corpus, PagePictures(), BOOK, showing))
    assert "regels.md" in client.get(f"/original/{number}").json()["error"]
    with TestClient(app) as embedded:
        told = embedded.get(f"/original/{number}", headers={"Accept-Language": "nl"})
    assert told.status_code == 404
    assert told.json()["error"] == BOOK.of("nl")("source_gone")
    assert "regels.md" in caplog.text


def test_strangers_are_told_nothing_of_a_store_that_fails(own, caplog):
    def failing(*_):
        raise StoreUnavailable("http://chroma.internal:8000 does not answer.")

    app = FastAPI()
    report_errors(app)
    showing = Showing(strangers=True)
    app.include_router(source_routes(failing, PagePictures(), BOOK, showing))
    with TestClient(app) as embedded:
        for headers in ({}, PAGE):
            told = embedded.get("/source/1", headers={"Accept-Language": "nl", **headers})
            assert told.status_code == 503
            assert told.json()["error"] == BOOK.of("nl")("chat_failed")
    assert "chroma.internal" in caplog.text


def number_of(corpus, name):
    return corpus.document_named(name)


def place_of(corpus, number, sentence):
    start = corpus.source(number).text.index(sentence)
    return {"start": start, "end": start + len(sentence)}


def show(text, start, end, language="nl", sections=(), **values):
    document = SourceDocument(1, "/d.txt", "T <b>", language, text, sections)
    view = SourceView(document, "d.txt", cited_in(document, start, end), **values)
    return source_page(view, BOOK.of("nl")).html


# The text


def test_the_page_marks_exactly_the_cited_characters():
    page = show("Een <i>. Twee & drie. Vier", 9, 20)
    assert '<mark id="cited">Twee &amp; drie</mark>' in page
    assert "<i>" not in page and "T &lt;b&gt;" in page


@pytest.mark.parametrize(("start", "end"), [(-1, 5), (5, 5), (9, 3), (0, 999), (-(10**30), 10**30)])
def test_a_place_outside_the_text_marks_nothing(start, end):
    page = show("نص قصير", start, end, "ar")
    assert "<mark" not in page and '<main class="text" lang="ar" dir="rtl">نص قصير</main>' in page


def test_a_long_document_is_shown_around_the_sentence():
    page = show("x" * 500_000 + "HERE" + "y" * 500_000, 500_000, 500_004)
    assert '<mark id="cited">HERE</mark>' in page
    assert len(page) < 250_000 and "van 1\u202f000\u202f004" in page


def test_pages_are_told_between_the_lines_even_inside_the_sentence():
    sections = (Section(0, page=1), Section(8, page=2))
    page = show("Een zin\nover twee. Einde.", 0, 18, sections=sections)
    markers = [f'<span class="page" data-page="Pagina {number}"></span>' for number in (1, 2)]
    assert re.search("(?s)<main[^>]*>(.*)</main>", page)[1] == (
        f'{markers[0]}<mark id="cited">Een zin\n</mark>{markers[1]}<mark>over twee.</mark> Einde.'
    )


def test_a_page_with_several_headings_is_told_once():
    sections = (Section(0, 1, "Kop"), Section(5, 1, "Kop › Sub"), Section(9, 2, "Kop › Sub"))
    page = show("Kop\n\nSub\ntekst", 5, 14, sections=sections)
    assert page.count('data-page="Pagina 1"') == page.count('data-page="Pagina 2"') == 1
    assert page.count('role="heading"') == 2


def test_headings_are_headings_and_the_text_stays_whole():
    sections = (Section(0, heading="Kop"), Section(5, heading="Kop › Sub"))
    page = show("Kop\n\nSub\ntekst", 5, 14, sections=sections)
    assert '<span class="heading" role="heading" aria-level="2">Kop</span>' in page
    assert 'aria-level="3"><mark id="cited">Sub</mark></span><mark>\ntekst</mark>' in page
    assert "<bdi>Kop › Sub</bdi>" in page


def test_a_heading_that_is_not_in_the_text_is_no_heading():
    page = show("tekst", 0, 5, sections=(Section(0, heading="Anders"),))
    assert 'role="heading"' not in page


@pytest.mark.parametrize("language", BOOK.languages)
def test_the_page_ends_with_how_its_text_was_made(language):
    warnings = ("Pages without text, which may be scans: 2 <b>",)
    info = DocumentInfo(1, "/d.txt", "T", "nl", 7, 99, 1_795_000_000.0, warnings, "pdf 1 <i>")
    document = SourceDocument(1, "/d.txt", "T", "nl", "Een zin.", ())
    wording = BOOK.of(language)
    page = source_page(SourceView(document, "d.txt", info=info), wording).html
    end = page.partition("</main>")[2]
    assert wording("source_history") in end and "<dd>7</dd>" in end
    assert '<time datetime="2026-11-18T11:06:40+00:00">' in end and "2026" in end
    assert "<bdi>pdf 1 &lt;i&gt;</bdi>" in end and "scans: 2 &lt;b&gt;" in end
    old = replace(info, warnings=(), parser="")
    page = source_page(SourceView(document, "d.txt", info=old), wording).html
    assert wording("source_no_warnings") in page and wording("source_parser_unknown") in page


def test_a_documents_page_has_the_history_of_that_version(shared):
    client, corpus, _ = shared
    number = number_of(corpus, "toeslag.pdf")
    end = client.get(f"/source/{number}", headers=PAGE).text.partition("</main>")[2]
    assert "<bdi>pdf " in end and "pypdfium2 " in end and "<dt>Passages</dt>" in end


def test_what_programs_get_of_a_document_has_its_history_too(shared):
    _, corpus, _ = shared
    source = make_assistant(corpus).source("toeslag.pdf")
    written = write_source(source)
    SourceShape.model_validate(written, strict=False)
    assert written["passages"] == 1 and written["parser"].startswith("pdf ")
    assert datetime.fromisoformat(written["indexed"]).tzinfo is not None
    assert read_source(json.loads(json.dumps(written))) == source
    other = corpus.source(number_of(corpus, "regels.md"))
    assert info_of(other, corpus.documents(source.document)) is None
    assert with_history(source, None) == source


@pytest.mark.parametrize("language", BOOK.languages)
def test_the_page_speaks_the_languages_of_the_catalogue(shared, language):
    client, corpus, _ = shared
    number = number_of(corpus, "toeslag.pdf")
    headers = {"Accept-Language": language}
    wording = BOOK.of(language)
    text = client.get(f"/source/{number}?start=0&end=5", headers=headers).text
    assert f'<html lang="{language}">' in text
    assert wording("source_page", page=1) in text and wording("source_download") in text
    page = client.get(f"/page/{number}/1", headers=headers).text
    assert wording("source_page_of", page=1, pages=2) in page and wording("source_next") in page


def test_a_reader_is_told_the_language_in_their_own(shared):
    client, corpus, _ = shared
    number = number_of(corpus, "regels.md")
    assert corpus.source(number).language == "nl"
    german = client.get(f"/source/{number}", headers={"Accept-Language": "de"}).text
    assert "<bdi>regels.md</bdi> · <bdi>Niederländisch</bdi>" in german


@pytest.mark.parametrize("path", ["/source/{}", "/page/{}/1", "/source/999"])
def test_pages_have_a_policy_that_lets_only_their_own_style_in(shared, path):
    client, corpus, _ = shared
    response = client.get(path.format(number_of(corpus, "toeslag.pdf")), headers=PAGE)
    policy = response.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy and "frame-ancestors 'self'" in policy
    assert "<script" not in response.text and "style=" not in response.text
    assert response.headers["x-content-type-options"] == "nosniff"


# The page


def test_the_text_leads_to_the_page_with_the_mark_and_back(shared):
    client, corpus, _ = shared
    number = number_of(corpus, "toeslag.pdf")
    place = place_of(corpus, number, SENTENCE)
    text = client.get(f"/source/{number}", params=place, headers=PAGE)
    address = re.search(r'href="(\.\./page/[^"]*)"', text.text)[1].replace("&amp;", "&")
    page = client.get(text.url.join(address), headers=PAGE)
    assert f'alt="{SENTENCE}"' in page.text and 'id="cited"' in page.text
    assert "kon op deze pagina niet" not in page.text
    source = re.search(r'src="([^"]*)"', page.text)[1].replace("&amp;", "&")
    picture = client.get(page.url.join(source))
    assert picture.headers["content-type"] == "image/png"
    image = Image.open(io.BytesIO(picture.content)).convert("RGB")
    assert (255, 226, 110) in {color for _, color in image.getcolors(1 << 20)}
    back = re.search(r'href="(\.\./\.\./source/[^"]*)"', page.text)[1].replace("&amp;", "&")
    assert '<mark id="cited">' in client.get(page.url.join(back)).text


def test_another_page_says_where_the_sentence_is(shared):
    client, corpus, _ = shared
    number = number_of(corpus, "toeslag.pdf")
    place = place_of(corpus, number, SENTENCE)
    page = client.get(f"/page/{number}/2", params=place, headers=PAGE).text
    assert "De aangehaalde zin staat op pagina 1." in page and 'alt="Pagina 2"' in page
    assert 'id="cited"' not in page


def test_a_sentence_that_cannot_be_marked_is_said_to_be_so(shared):
    client, corpus, _ = shared
    number = number_of(corpus, "toeslag.pdf")
    # A full stop alone: it has no letter to be found by.
    text = corpus.source(number).text
    dot = text.index(".")
    page = client.get(f"/page/{number}/1?start={dot}&end={dot + 1}", headers=PAGE).text
    assert "kon op deze pagina niet worden gemarkeerd" in page and 'id="cited"' not in page


@pytest.mark.parametrize("place", ["start=-5&end=3", "start=5&end=1", f"start=0&end={10**25}"])
def test_a_place_outside_the_text_gives_the_page_unmarked(shared, place):
    client, corpus, _ = shared
    number = number_of(corpus, "toeslag.pdf")
    assert client.get(f"/page/{number}/1.png?{place}").status_code == 200
    page = client.get(f"/page/{number}/1?{place}", headers=PAGE)
    assert page.status_code == 200 and 'id="cited"' not in page.text


@pytest.mark.parametrize(("page", "status"), [("3", 404), ("0", 422), ("-1", 422), ("x", 422)])
def test_a_page_that_is_not_there(shared, page, status):
    client, corpus, _ = shared
    number = number_of(corpus, "toeslag.pdf")
    for ending in ("", ".png"):
        response = client.get(f"/page/{number}/{page}{ending}")
        assert response.status_code == status and "error" in response.json()
    assert client.get(f"/page/{number}/{page}", headers=PAGE).status_code == status


def test_a_document_without_pages_has_no_picture(shared):
    client, corpus, _ = shared
    number = number_of(corpus, "regels.md")
    assert "../page/" not in client.get(f"/source/{number}").text
    response = client.get(f"/page/{number}/1", headers=PAGE)
    assert response.status_code == 404 and "geen pagina met dat nummer" in response.text


# The file


def test_the_original_is_sent_inert(shared):
    client, corpus, texts = shared
    response = client.get(f"/original/{number_of(corpus, 'toeslag.pdf')}")
    assert response.content == (texts / "toeslag.pdf").read_bytes()
    headers = response.headers
    assert headers["content-type"] == "application/octet-stream"
    assert headers["content-disposition"].startswith('attachment; filename="toeslag.pdf"')
    assert headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    assert headers["x-content-type-options"] == "nosniff"


def test_a_name_with_markup_and_line_ends_stays_a_name(shared):
    client, corpus, _ = shared
    number = number_of(corpus, HOSTILE)
    given = client.get(f"/original/{number}").headers["content-disposition"]
    assert "\n" not in given and "<" not in given and given.count('"') == 2
    for path in (f"/source/{number}", f"/page/{number}/1"):
        page = client.get(path, headers=PAGE).text
        assert "<img src=x" not in page and "&lt;img src=x" in page


@pytest.mark.parametrize(
    ("name", "plain", "encoded"),
    [
        ("Nota één.pdf", "Nota __n.pdf", "Nota%20%C3%A9%C3%A9n.pdf"),
        ('a"; filename="b.exe', "a__ filename__b.exe", "a%22%3B%20filename%3D%22b.exe"),
        ("a\r\nSet-Cookie: x.pdf", "a__Set-Cookie_ x.pdf", "a__Set-Cookie%3A%20x.pdf"),
        ("gnp.\u202eexe.txt", "gnp._exe.txt", "gnp._exe.txt"),
    ],
)
def test_file_names_are_written_safely(name, plain, encoded):
    expected = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}"
    assert attachment(name) == expected


@pytest.mark.parametrize(
    ("damage", "status", "said"),
    [
        (lambda file: file.write_bytes(b"%PDF-1.7 short"), 409, "gewijzigd sinds"),
        (lambda file: file.unlink(), 404, "niet meer op zijn plaats"),
        (lambda file: (file.unlink(), file.symlink_to("/etc/passwd")), 404, "niet meer op zijn"),
        (lambda file: (file.unlink(), file.mkdir()), 503, "niet worden geopend"),
    ],
    ids=["changed", "gone", "link to elsewhere", "folder"],
)
def test_a_file_that_is_another_is_not_sent_and_the_text_says_so(own, damage, status, said):
    client, corpus, texts = own
    number = number_of(corpus, "toeslag.pdf")
    damage(texts / "toeslag.pdf")
    for path in (f"/original/{number}", f"/page/{number}/1?start=0&end=5"):
        page = client.get(path, headers=PAGE)
        assert page.status_code == status and said in page.text and "root:" not in page.text
        back = re.search(r'href="([^"]*)"', page.text)[1].replace("&amp;", "&")
        assert client.get(page.url.join(back), headers=PAGE).status_code == 200
        response = client.get(path)
        assert response.status_code == status and "toeslag.pdf" in response.json()["error"]
        assert str(texts) not in response.text
    assert client.get(f"/page/{number}/1.png").status_code == status
    text = client.get(f"/source/{number}?start=0&end=5", headers=PAGE).text
    assert said in text and "<mark" in text and f"/original/{number}" not in text


def test_a_document_that_was_indexed_anew_says_what_to_do(own):
    client, corpus, texts = own
    number = number_of(corpus, "regels.md")
    (texts / "regels.md").write_text("Heel andere regels.", encoding="utf-8")
    list(corpus.sync())
    page = client.get(f"/source/{number}", headers=PAGE)
    assert page.status_code == 404 and "Stel uw vraag opnieuw" in page.text
    assert "no longer in the index" in client.get(f"/source/{number}").json()["error"]
