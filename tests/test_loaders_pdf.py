"""PDF files as documents: their lines, paragraphs, pages and damage."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.errors import UnreadableFile
from index.loaders import load
from index.loaders.running_heads import without_repeats
from index.loaders.typesetting import Line, paragraphs
from index.types import Document


@pytest.fixture
def read(tmp_path):
    """Return a function that loads content as if it were a file of a name."""

    def read_file(content: bytes, name: str) -> Document:
        path = tmp_path / name
        path.write_bytes(content)
        return load(path)

    return read_file


def pdf_file(*pages: str, title: str = "", extra: str = "", page: str = "") -> bytes:
    """Write a PDF with a content stream for each page; PDFium finds the objects itself."""
    kids = " ".join(f"{10 + 2 * n} 0 R" for n in range(len(pages)))
    objects = [
        "1 0 obj <</Type/Catalog/Pages 2 0 R>> endobj",
        f"2 0 obj <</Type/Pages/Kids[{kids}]/Count {len(pages)}>> endobj",
        "3 0 obj <</Type/Font/Subtype/Type1/BaseFont/Courier/Encoding/WinAnsiEncoding>> endobj",
        f"4 0 obj <</Title ({title})>> endobj",
        "5 0 obj <</Type/Font/Subtype/Type1/BaseFont/Courier-Bold>> endobj",
    ]
    for number, content in enumerate(pages):
        objects.append(
            f"{10 + 2 * number} 0 obj <</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]{page}"
            f"/Resources<</Font<</F 3 0 R/B 5 0 R>>>>/Contents {11 + 2 * number} 0 R>> endobj"
        )
        stream = f"<</Length {len(content)}>> stream\n{content}\nendstream"
        objects.append(f"{11 + 2 * number} 0 obj {stream} endobj")
    text = "\n".join(["%PDF-1.7", *objects, f"trailer <</Root 1 0 R/Info 4 0 R{extra}>>"])
    return text.encode("cp1252")


def typed(*lines: str, top: int = 700, left: int = 50, size: int = 10, font: str = "F") -> str:
    """Show lines below each other; an empty one leaves room. The font B is bold."""
    shown = [
        f"BT /{font} {size} Tf {left} {top - 12 * number} Td ({line}) Tj ET"
        for number, line in enumerate(lines)
        if line
    ]
    return " ".join(shown) + "\n"


BROKEN = (
    "De huurtoeslag is een bijdrage van de overheid in de kosten van",
    "het huren van een woning. U krijgt die als uw huur in verhouding",
    "tot uw inkomen te hoog is.",
)


def test_a_pdf_reads_as_paragraphs(read):
    page = typed("Kop", size=16, top=760) + typed(
        *BROKEN,
        "Daarvoor gelden regels.",
        "",
        "Gemeente Voorbeeld",
        "Postbus 1",
        "",
        "U hebt nodig:",
        "• een paspoort of een ander bewijs van wie u bent en waar u woont,",
        "niet ouder dan tien jaar",
        "• geduld",
    )
    document = read(pdf_file(page, title="Over de huurtoeslag"), "a.pdf")
    assert document.title == "Over de huurtoeslag"
    assert document.text == (
        f"Kop\n\n{' '.join(BROKEN)}\n\nDaarvoor gelden regels.\n\n"
        "Gemeente Voorbeeld\nPostbus 1\n\nU hebt nodig:\n"
        "• een paspoort of een ander bewijs van wie u bent en waar u woont, "
        "niet ouder dan tien jaar\n• geduld"
    )
    assert [(section.start, section.page) for section in document.sections] == [(0, 1)]


def test_a_page_without_sentence_end_runs_on_into_the_next(read):
    document = read(pdf_file(typed("een zin die"), typed("doorloopt."), typed("Nieuw.")), "a.pdf")
    assert document.text == "een zin die doorloopt.\n\nNieuw."
    assert [document.text[s.start :].split()[0] for s in document.sections] == [
        "een",
        "doorloopt.",
        "Nieuw.",
    ]
    assert [section.page for section in document.sections] == [1, 2, 3]


def test_words_broken_at_a_line_end_are_whole(read):
    line = "De gemeenteraad van de gemeente heeft op voorstel van het ge-"
    page = typed(line, "meentebestuur besloten dat de regels voor inwoners van Noord-", "Holland.")
    assert read(pdf_file(page), "a.pdf").text == (
        "De gemeenteraad van de gemeente heeft op voorstel van het gemeentebestuur besloten dat de "
        "regels voor inwoners van Noord-Holland."
    )


def test_columns_are_read_one_after_the_other(read):
    left = typed(*BROKEN[:2], left=30, size=6)
    second = ("Een tweede alinea vult de hele breedte van de kolom, en loopt", "door.")
    right = typed(BROKEN[2], *second, left=320, size=6)
    text = read(pdf_file(left + right), "a.pdf").text
    assert text == f"{' '.join(BROKEN)}\n\n{' '.join(second)}"


def test_rows_of_a_table_stay_rows(read):
    rows = ("Amsterdam      931.748    1.234,50", "Rotterdam      672.330      987,00")
    assert len(read(pdf_file(typed(*rows)), "a.pdf").text.split("\n")) == 2


def test_a_turned_page_is_read_like_any_other(read):
    lines = [f"BT /F 10 Tf 0 1 -1 0 {90 + 12 * n} 50 Tm ({t}) Tj ET" for n, t in enumerate(BROKEN)]
    document = read(pdf_file(" ".join(lines), page="/Rotate 90"), "a.pdf")
    assert document.text == " ".join(BROKEN)


def test_text_beside_the_visible_page_is_not_read(read):
    page = typed("Te zien.") + typed("Niet te zien.", top=100)
    assert read(pdf_file(page, page="/CropBox[0 400 600 800]"), "a.pdf").text == "Te zien."


def test_a_title_that_a_program_made_up_gives_way_to_the_file_name(read):
    content = pdf_file(typed("Tekst"), title="Microsoft Word - nota.doc")
    assert read(content, "nota-wonen-nl.pdf").title == "nota wonen"


def test_a_scan_is_called_one(read):
    drawing = "0 0 m 100 100 l S"
    with pytest.raises(UnreadableFile, match="may be a scan"):
        read(pdf_file(drawing), "a.pdf")
    document = read(pdf_file(typed("Tekst"), drawing, ""), "a.pdf")
    assert document.warnings == ("Pages without text, which may be scans: 2",)


def test_damaged_pages_are_named(read):
    content = pdf_file(typed("Tekst")).replace(b"/Count 1", b"/Count 20")
    (warning,) = read(content, "a.pdf").warnings
    assert warning.endswith("left out: 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 9 more")


def test_a_pdf_with_a_password_says_so(read):
    lock = f"/Encrypt <</Filter/Standard/V 1/R 2/P -4/O<{'1f' * 32}>/U<{'2e' * 32}>>>"
    content = pdf_file(typed("Tekst"), extra=lock + "/ID[<00><00>]")
    with pytest.raises(UnreadableFile, match="needs a password"):
        read(content, "a.pdf")


def test_something_else_is_no_pdf(read):
    with pytest.raises(UnreadableFile, match="damaged, or it is not a PDF"):
        read(b"<html>404</html>", "a.pdf")


def line(text: str, base: float, start: float = 0.0, end: float = 300.0) -> Line:
    return Line(text, start, end, base, height=10.0, first_word=30.0, gap=0.0)


LINES = st.builds(
    Line,
    st.text("abc. •-", min_size=1, max_size=9).filter(str.strip),
    *[st.floats(-50, 900)] * 3,
    st.floats(0, 40),
    *[st.floats(0, 90)] * 2,
)


@settings(deadline=None)
@given(st.lists(LINES, max_size=12))
def test_typesetting_loses_no_character(lines):
    letters = "".join("".join(paragraphs(lines)).split())
    assert letters == "".join("".join(line.text for line in lines).split())


def test_a_full_line_goes_on_in_the_next_column_and_a_short_one_does_not():
    next_column = line("gaat het verder", 700, start=320, end=620)
    assert list(paragraphs([line("Hier", 50), next_column])) == ["Hier gaat het verder"]
    assert len(list(paragraphs([line("Hier", 50, end=20), next_column]))) == 2


def test_running_heads_are_read_once():
    pages = [
        [line("Jaarverslag 2024", 790), line(f"Tekst {'abcd'[n]}", 700), line(f"Pagina {n}", 10)]
        for n in range(4)
    ]
    texts = [[line.text for line in page] for page in without_repeats(pages)]
    assert texts == [
        ["Jaarverslag 2024", "Tekst a", "Pagina 0"],
        ["Tekst b"],
        ["Tekst c"],
        ["Tekst d"],
    ]


def test_rows_that_look_alike_are_no_running_heads():
    pages = [[line("Tekst", 700 + n), line("12 345 67", 50)] for n in range(4)]
    assert without_repeats(pages)[3][-1].text == "12 345 67"


def test_what_a_form_was_filled_in_with_is_read(read):
    field = (
        "/Annots[<</Type/Annot/Subtype/Widget/FT/Tx/T(naam)/V(Saskia Dorrestein)/F 4"
        "/Rect[100 695 300 715]/DA(/F 10 Tf 0 g)>>]"
    )
    content = pdf_file(typed("Naam:"), page=field).replace(
        b"/Type/Catalog", b"/Type/Catalog/AcroForm<</Fields[]/DR<</Font<</F 3 0 R>>>>>>"
    )
    assert "Saskia Dorrestein" in read(content, "a.pdf").text


def test_files_inside_a_pdf_are_counted(read):
    names = b"/Type/Catalog/Names<</EmbeddedFiles<</Names[(a.txt)<</F(a.txt)/EF<<>>>>]>>>>"
    document = read(pdf_file(typed("Omslag.")).replace(b"/Type/Catalog", names), "a.pdf")
    assert document.warnings == ("Files inside the PDF, which were left out: 1",)


def placed(*rows: tuple[str, ...], top: int = 700) -> str:
    """Show rows of cells in columns that begin 120 points apart."""
    return " ".join(
        f"BT /F 10 Tf {50 + 120 * column} {top - 14 * number} Td ({text}) Tj ET"
        for number, row in enumerate(rows)
        for column, text in enumerate(row)
        if text
    )


def test_the_cells_of_a_printed_table_are_parted_and_keep_their_columns(read):
    rows = (("Wijk", "2025", "2026"), ("Oost", "19,2", "18,0"), ("West", "", "17,5"))
    rows += (("Noord", "3,1", "2,9"),)
    page = f"{typed(*BROKEN, top=760)} {placed(*rows)} {typed('Slot.', top=600)}"
    assert read(pdf_file(page), "a.pdf").text == (
        f"{' '.join(BROKEN)}\n\nWijk | 2025 | 2026\nOost | 19,2 | 18,0\nWest | | 17,5\n"
        "Noord | 3,1 | 2,9\n\nSlot."
    )


def test_a_long_printed_table_says_the_names_of_its_columns_again(read):
    rows = [("Artikel", "Aantal", "Prijs"), *((f"Stoel {n}", f"{n}", f"{n},50") for n in range(45))]
    groups = read(pdf_file(placed(*rows, top=760)), "a.pdf").text.split("\n\n")
    assert len(groups) > 1
    assert all(group.startswith("Artikel | Aantal | Prijs\nStoel") for group in groups)
    assert sum(group.count("Stoel") for group in groups) == 45


def test_items_of_a_list_are_no_table(read):
    page = placed(*((f"{n}.", "Een stap.") for n in range(1, 5)))
    assert " | " not in read(pdf_file(page), "a.pdf").text


def test_two_rows_of_cells_are_no_table_yet(read):
    assert " | " not in read(pdf_file(placed(("a", "b"), ("c", "d"))), "a.pdf").text


@pytest.mark.parametrize(
    "text",
    [
        "Artikel {}",
        "Vraag {}",
        "De leges zijn {}00 euro.",
        "Vraag {} van 6",
        "Zie pagina {} en ook",
    ],
)
def test_lines_that_number_something_else_than_pages_are_kept(text):
    pages = [[line(text.format(n), 790), line("Tekst", 700)] for n in range(1, 7)]
    assert [page[0].text for page in without_repeats(pages)] == [
        text.format(n) for n in range(1, 7)
    ]


def test_numbers_that_do_not_rise_with_the_page_are_kept():
    pages = [[line("Tekst", 700), line(number, 10)] for number in ("7", "3", "12", "5")]
    assert [page[-1].text for page in without_repeats(pages)] == ["7", "3", "12", "5"]


@pytest.mark.parametrize(
    "text",
    [
        *("{}", "- {} -", "{} / 12", "{} van 12", "p. {}", "Pag. {}", "Page {} of 12", "Seite {}"),
        *("Beleidsnota 2024 | pagina {}", "Pagina {} van 12 – Beleidsnota"),
    ],
)
def test_numbers_of_pages_are_read_once(text):
    pages = [[line(f"Tekst {'abcd'[n]}", 700), line(text.format(n + 3), 10)] for n in range(4)]
    kept = without_repeats(pages)
    assert [len(page) for page in kept] == [2, 1, 1, 1]


def test_cells_without_a_blank_between_them_are_parted_by_their_distance(read):
    far_apart = "BT /F 6 Tf 259 700 Td 21 Tc (30) Tj ET"
    assert read(pdf_file(f"{typed('Riool')}\n{far_apart}"), "a.pdf").text == "Riool 3 0"
    spaced_out = "BT /F 6 Tf 259 700 Td 21 Tc (KOP) Tj ET"
    assert read(pdf_file(f"{typed('Riool')}\n{spaced_out}"), "a.pdf").text == "Riool KOP"
