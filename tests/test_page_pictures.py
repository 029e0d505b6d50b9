"""Pages of PDFs as pictures: the mark is right or not there, and hostile files end alone."""

import io

import pytest
from PIL import Image, ImageChops

from index.errors import UndrawablePage, UnknownPage
from index.loaders.pdf import load_pdf
from index.loaders.pdf_marks import place_of
from index.loaders.pdf_picture import draw
from index.page_pictures import PagePictures
from index.paging import Stretch, has_pages, pages_of, stretch_on
from index.types import Section, SourceDocument
from tests.test_loaders_pdf import BROKEN, pdf_file, typed

YELLOW = (255, 226, 110)
SCALE = 1400 / 600
"""Pixels a point, of the pages that `pdf_file` writes."""


@pytest.fixture
def source(tmp_path):
    """Return a function that reads a PDF as the catalog would give it back."""

    def read(content):
        path = tmp_path / "a.pdf"
        path.write_bytes(content)
        document = load_pdf(path)
        return SourceDocument(1, str(path), "a", "nl", document.text, document.sections)

    return read


def cited(document, sentence):
    start = document.text.index(sentence)
    return start, start + len(sentence)


def drawn(content, document, sentence, page=1):
    stretch = stretch_on(document, page, *cited(document, sentence))
    drawing = draw(content, page, stretch)
    return drawing, Image.open(io.BytesIO(drawing.png))


def yellow_rows(image):
    """List the rows of a picture that have marked paper."""
    difference = ImageChops.difference(image, Image.new("RGB", image.size, YELLOW))
    mask = difference.convert("L").point(lambda value: 255 * (value == 0))
    return [y for y in range(image.height) if mask.crop((0, y, image.width, y + 1)).getbbox()]


def baseline(number, top=700):
    """Find the row of pixels on which a line of `typed` stands."""
    return (800 - (top - 12 * number)) * SCALE


def test_the_mark_is_on_the_sentence_and_on_no_other_line(source):
    content = pdf_file(typed("Eerst iets anders.", "", *BROKEN, "", "Daarna nog iets."))
    document = source(content)
    drawing, image = drawn(content, document, " ".join(BROKEN))
    rows = yellow_rows(image)
    assert baseline(1) < rows[0] < baseline(2) and baseline(4) - 8 < rows[-1] < baseline(5)
    assert len(drawing.marks) == 3
    left, _, right, _ = drawing.marks[0]
    assert 100 < left < 120 and right - left > 700


def test_a_word_that_a_line_broke_and_a_ligature_are_found(source):
    line = "De gemeenteraad van de gemeente heeft op voorstel van het ge-"
    content = pdf_file(typed(line, "meentebestuur besloten.", "", "Iets anders staat hier."))
    document = source(content)
    drawing, _ = drawn(content, document, "gemeentebestuur besloten")
    assert len(drawing.marks) == 2


@pytest.mark.parametrize("page", ["/Rotate 90", "/Rotate 180", "/CropBox[20 300 500 790]"])
def test_turned_and_cropped_pages_are_marked_where_the_ink_is(source, page):
    content = pdf_file(typed("Alleen deze ene zin staat er op dit blad."), page=page)
    document = source(content)
    drawing, _ = drawn(content, document, document.text)
    plain = Image.open(io.BytesIO(draw(content, 1, None).png)).convert("L")
    ink = plain.point(lambda value: 255 * (value < 128)).getbbox()
    (left, *_), (*_, bottom) = drawing.marks[0], drawing.marks[-1]
    top = min(mark[1] for mark in drawing.marks)
    left = min(mark[0] for mark in drawing.marks)
    right, bottom = (max(mark[side] for mark in drawing.marks) for side in (2, 3))
    assert left <= ink[0] and top <= ink[1] and right >= ink[2] and bottom >= ink[3]
    assert (right - left) * (bottom - top) < 4 * (ink[2] - ink[0]) * (ink[3] - ink[1])


def test_light_letters_on_dark_paper_are_marked_too(source):
    content = pdf_file("0 0 0.3 rg 0 0 600 800 re f 1 g " + typed("Witte letters op blauw papier."))
    document = source(content)
    plain = Image.open(io.BytesIO(draw(content, 1, None).png))
    drawing, marked = drawn(content, document, document.text)
    left, top, *_ = drawing.marks[0]
    before, after = (sum(image.getpixel((left + 1, top + 1))) for image in (plain, marked))
    assert before < 100 < 250 < after


def test_a_sentence_over_two_pages_is_marked_on_both(source):
    content = pdf_file(
        typed("Dit staat er los van.", "", "De burgemeester opent de nieuwe haven op een"),
        typed("zonnige dag in april.", "", "Dit is weer iets anders."),
        typed("Derde blad."),
    )
    document = source(content)
    sentence = "De burgemeester opent de nieuwe haven op een zonnige dag in april."
    assert pages_of(document, *cited(document, sentence)) == [1, 2]
    _, first = drawn(content, document, sentence, 1)
    _, second = drawn(content, document, sentence, 2)
    assert baseline(1) < yellow_rows(first)[0] and yellow_rows(first)[-1] < baseline(3)
    assert yellow_rows(second)[-1] < baseline(1)
    drawing, third = drawn(content, document, sentence, 3)
    assert (drawing.marks, yellow_rows(third)) == ((), [])


def test_a_sentence_below_the_second_heading_of_a_page_is_marked(source):
    prose = ("Wie een woning zoekt, schrijft zich in bij het loket van de", "eigen gemeente.")
    blocks = [("Huren", 700), ("Kopen", 600)]
    shown = [
        typed(name, size=16, top=top) + typed(f"{name}.", *prose, top=top - 24)
        for name, top in blocks
    ]
    content = pdf_file(" ".join(shown))
    document = source(content)
    assert [(s.page, s.heading) for s in document.sections] == [(1, "Huren"), (1, "Kopen")]
    start = document.text.rindex("Wie een woning")
    assert pages_of(document, start, start + 20) == [1]
    drawing = draw(content, 1, stretch_on(document, 1, start, len(document.text)))
    assert baseline(0, top=600) < drawing.marks[0][3]


def test_of_two_equal_sentences_the_cited_one_is_marked(source):
    content = pdf_file(
        typed("Over honden in het park:", "", "Dit mag niet.")
        + typed("Over katten op het plein:", "", "Dit mag niet.", top=400)
    )
    document = source(content)
    start = document.text.rindex("Dit mag niet.")
    drawing = draw(content, 1, stretch_on(document, 1, start, start + 13))
    assert len(drawing.marks) == 1
    assert baseline(1, top=400) < drawing.marks[0][3] < baseline(3, top=400)


@pytest.mark.parametrize(
    ("text", "wanted", "shown"),
    [
        ("Ja. Ja.", "Ja", "Ja. Ja. Ja. Ja."),
        ("Een heel ander verhaal over de haven en de kade.", "de kade", "de kade langs de weg is"),
        ("Alleen tekens: ---", "---", "--- --- ---"),
        ("De kosten zijn 4,2 miljoen euro.", "De kosten zijn 4,2 miljoen", "De kosten zijn 42,5"),
    ],
    ids=["equally good", "only alike", "no letters", "another number"],
)
def test_what_is_not_found_for_sure_is_not_marked(text, wanted, shown):
    start = text.index(wanted)
    assert place_of(Stretch(text, start, start + len(wanted)), shown) is None


@pytest.mark.parametrize(
    ("text", "shown", "found"),
    [
        ("Die Größe ﬁndet man.", "Die  GRÖSSE\r\nfindet man. x", "Die  GRÖSSE\r\nfindet man."),
        ("Het kost 𝐱 euro.", "Het kost \ud835\udc31 euro.", "Het kost \ud835\udc31 euro."),
        ("نص قصير هنا", "نص قصير\r\nهنا", "نص قصير\r\nهنا"),
        ("„Ja.“", "Er zei „Ja.“ en", "Ja.“"),
    ],
)
def test_letters_are_found_however_they_are_written(text, shown, found):
    place = place_of(Stretch(text, 0, len(text)), shown)
    assert place is not None and shown[place.start : place.stop] == found


def test_pages_of_a_text_that_has_none():
    document = SourceDocument(1, "/a.md", "a", "nl", "Kop\n\ntekst", (Section(0, heading="Kop"),))
    assert not has_pages(document) and pages_of(document, 0, 9) == []
    assert stretch_on(document, 1, 0, 9) is None


@pytest.mark.parametrize("box", ["14400 14400", "14400 1", "1 14400", "3 3"])
def test_a_page_of_any_size_stays_a_small_picture(box):
    content = pdf_file(typed("Tekst")).replace(b"0 0 600 800", f"0 0 {box}".encode())
    drawing = draw(content, 1, None)
    assert 1 <= drawing.width <= 1401 and 1 <= drawing.height <= 4001


def pictured(path, page, seconds=15.0, stretch=None):
    with path.open("rb") as file:
        return PagePictures(seconds).picture(1, file, page, stretch)


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "a.pdf"
    path.write_bytes(pdf_file(typed(*BROKEN)))
    return path


def test_the_process_draws_the_same(path, source):
    content = path.read_bytes()
    document = source(content)
    stretch = stretch_on(document, 1, *cited(document, "te hoog is."))
    assert pictured(path, 1, stretch=stretch) == draw(content, 1, stretch)


def test_a_drawing_is_kept_for_its_document_page_and_stretch(path):
    pictures = PagePictures(kept=1)
    with path.open("rb") as file:
        first = pictures.picture(1, file, 1, None)
        assert pictures.picture(1, file, 1, None) is first
        assert pictures.picture(2, file, 1, None) is not first
        assert pictures.picture(1, file, 1, None) is not first


def test_a_page_that_is_not_there_is_unknown(path):
    with pytest.raises(UnknownPage, match="has 1"):
        pictured(path, 2)


def test_damaged_and_locked_files_say_so(path):
    path.write_bytes(b"%PDF-1.7 nothing")
    with pytest.raises(UndrawablePage, match="damaged"):
        pictured(path, 1)
    lock = f"/Encrypt <</Filter/Standard/V 1/R 2/P -4/O<{'1f' * 32}>/U<{'2e' * 32}>>>"
    path.write_bytes(pdf_file(typed("Tekst"), extra=lock + "/ID[<00><00>]"))
    with pytest.raises(UndrawablePage, match="password"):
        pictured(path, 1)


def test_a_page_that_takes_too_long_is_given_up(path):
    with pytest.raises(UndrawablePage, match=r"0\.01 seconds"):
        pictured(path, 1, seconds=0.01)


def test_a_file_that_wants_all_memory_ends_its_own_process(path):
    with path.open("r+b") as file:
        file.truncate(3_000_000_000)
    with pytest.raises(UndrawablePage, match="exit code"):
        pictured(path, 1)


def test_the_process_is_given_no_keys(path, monkeypatch):
    """Settings hold keys, and what reads a hostile file needs none."""
    from index import page_pictures

    seen = []
    run = page_pictures.subprocess.run
    monkeypatch.setattr(
        page_pictures.subprocess, "run", lambda *a, **k: seen.append(k["env"]) or run(*a, **k)
    )
    monkeypatch.setenv("BRONWIJZER_MODEL_KEY", "secret")
    pictured(path, 1)
    assert set(seen[0]) == {"PYTHONPATH"}
