"""PDF files as documents: their headings, columns, notes, and what runs on across pages."""

from dataclasses import replace
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.loaders import load
from index.loaders.outline_headings import OutlineEntry, outlined
from index.loaders.page_blocks import (
    HeadingLines,
    LinePlace,
    PrintedHeading,
    SectionEnd,
    with_headings,
)
from index.loaders.reading_order import in_reading_order
from index.loaders.running_heads import without_repeats
from index.loaders.typesetting import Line, LineCell, goes_on
from index.types import Document
from tests.test_loaders_pdf import pdf_file, placed, typed

PROSE = (
    "De gemeente wil dat inwoners prettig wonen in een buurt die bij hen past,",
    "en maakt daarover afspraken met corporaties en ontwikkelaars.",
)
OTHER = (
    "Wie een woning zoekt, schrijft zich in bij het loket van de gemeente, en",
    "wacht dan tot er een vrijkomt.",
)


@pytest.fixture
def read(tmp_path):
    """Return a function that loads a PDF with some pages."""

    def read_file(content: bytes) -> Document:
        path = tmp_path / "a.pdf"
        path.write_bytes(content)
        return load(path)

    return read_file


def places(document: Document) -> list[tuple[int | None, str]]:
    return [(section.page, section.heading) for section in document.sections]


def set_in(*blocks: tuple[str, int, str, tuple[str, ...]], top: int = 760) -> str:
    """Show headings, each with a size and a font, and the prose below it."""
    shown = []
    for heading, size, font, prose in blocks:
        shown.append(typed(heading, size=size, font=font, top=top))
        shown.append(typed(*prose, top=top - 22))
        top -= 40 + 12 * len(prose)
    return " ".join(shown)


def with_outline(content: bytes, *entries: tuple[str, int, int | None]) -> bytes:
    """Give a PDF an outline: titles, each with the number of a page from 0 and a height there."""
    items = [
        f"{80 + n} 0 obj <</Title({title})/Parent 79 0 R"
        f"/Dest[{10 + 2 * page} 0 R/XYZ 0 {'null' if top is None else top} 0]"
        f"{f'/Next {81 + n} 0 R' if n + 1 < len(entries) else ''}>> endobj"
        for n, (title, page, top) in enumerate(entries)
    ]
    root = f"79 0 obj <</First 80 0 R/Last {79 + len(entries)} 0 R>> endobj"
    return content.replace(b"/Type/Catalog", b"/Type/Catalog/Outlines 79 0 R").replace(
        b"1 0 obj", "\n".join([*items, root, "1 0 obj"]).encode(), 1
    )


def test_headings_that_are_larger_or_bold_begin_sections(read):
    first = set_in(
        ("Woonvisie", 20, "F", PROSE),
        ("1. Huren", 14, "B", PROSE),
        ("Sociale huur", 10, "B", OTHER),
        ("Vrije huur", 10, "B", PROSE),
    )
    second = set_in(("2. Kopen", 14, "B", OTHER))
    document = read(pdf_file(first, second))
    assert places(document) == [
        (1, "Woonvisie"),
        (1, "Woonvisie › 1. Huren"),
        (1, "Woonvisie › 1. Huren › Sociale huur"),
        (1, "Woonvisie › 1. Huren › Vrije huur"),
        (2, "Woonvisie › 2. Kopen"),
    ]
    for section in document.sections:
        heading = section.heading.rpartition(" › ")[2]
        assert document.text[section.start :].startswith(f"{heading}\n\n")


def test_a_heading_of_several_lines_is_one(read):
    page = typed("Afspraken met corporaties,", size=16, font="B", top=760)
    page += typed("ontwikkelaars en huurders", size=16, font="B", top=742) + typed(*PROSE)
    heading = "Afspraken met corporaties, ontwikkelaars en huurders"
    assert places(read(pdf_file(page))) == [(1, heading)]


def test_a_number_that_stands_apart_belongs_to_its_heading(read):
    page = typed("2.1      Wachttijd", size=14, font="B", top=760) + typed(*PROSE)
    assert places(read(pdf_file(page))) == [(1, "2.1 Wachttijd")]


def test_sections_go_on_below_their_heading_on_the_next_page(read):
    document = read(pdf_file(set_in(("Huren", 14, "F", PROSE)), typed(*OTHER)))
    assert places(document) == [(1, "Huren"), (2, "Huren")]


BOLD = [("Huren", 10, "B", PROSE), ("Kopen", 10, "B", OTHER)]


@pytest.mark.parametrize(
    "other",
    [
        ("Deze vette regel is een zin.", 10, "B", PROSE),
        ("Let op:", 10, "B", PROSE),
        ("Figuur 1 Woningen in de gemeente", 10, "B", PROSE),
        ("en dit stuk van een zin", 10, "B", PROSE),
        ("- Een punt van een lijst", 10, "B", PROSE),
        ("2026", 14, "B", PROSE),
        ("Inhoud . . . . . . . . . 3", 14, "B", PROSE),
        ("Naam          Adres", 10, "B", PROSE),
        ("Een vette zin " * 12, 14, "B", PROSE),
    ],
    ids=[
        "full stop",
        "colon",
        "caption",
        "lower case",
        "item",
        "number",
        "contents",
        "cells",
        "long",
    ],
)
def test_what_does_not_read_as_a_heading_is_none(read, other):
    document = read(pdf_file(set_in(BOLD[0], other, BOLD[1])))
    assert places(document) == [(1, "Huren"), (1, "Kopen")]


def test_labels_of_a_form_are_no_headings(read):
    fields = [(f"{name}", 10, "B", ("J. Jansen",)) for name in ("Aanvrager", "Partner", "Adres")]
    document = read(pdf_file(typed(*PROSE, top=780), set_in(*fields)))
    assert places(document) == [(1, ""), (2, "")]


def test_bold_words_that_begin_a_line_of_prose_are_no_heading(read):
    lines = [
        typed("Let op", font="B", top=top) + typed(PROSE[0][:60], top=top, left=92)
        for top in (700, 660, 620)
    ]
    assert places(read(pdf_file(" ".join(lines)))) == [(1, "")]


def test_a_page_that_is_all_large_has_no_headings(read):
    cover = typed("Woonvisie voor de jaren 2026 tot 2030", size=24, top=500)
    cover += typed("Gemeente Voorbeeld aan de rivier", size=18, top=470)
    cover += typed("Vastgesteld door de raad op 12 maart 2026", top=440)
    document = read(pdf_file(cover, set_in(*BOLD)))
    assert places(document) == [(1, ""), (2, "Huren"), (2, "Kopen")]
    assert document.text.startswith("Woonvisie voor de jaren 2026 tot 2030\n\nGemeente Voorbeeld")


def test_what_stands_at_the_edge_of_each_page_makes_no_heading_of_a_cover(read):
    foot = typed("Afdeling Ruimte, Wonen en Economie, gemeente Voorbeeld aan de rivier", top=30)
    pages = [typed("Woonvisie", size=24, top=500) + foot]
    pages += [set_in((name, 10, "B", PROSE)) + foot for name in ("Huren", "Kopen")]
    document = read(pdf_file(*pages))
    assert places(document) == [(1, ""), (2, "Huren"), (3, "Kopen")]


def test_running_heads_are_no_headings(read):
    names = ("Huren", "Kopen", "Bouwen", "Slopen")
    pages = []
    for name in names:
        prose = (f"Over {name} gaat dit stuk, voor wie aan", f"{name} denkt in deze gemeente.")
        pages.append(
            typed("Woonvisie", font="B", top=780) + set_in((name, 10, "B", prose * 2), top=740)
        )
    document = read(pdf_file(*pages))
    assert [heading for _, heading in places(document)] == ["", *names]


def test_heads_that_only_some_pages_have_are_no_headings_either(read):
    pages = [set_in(("Deel een", 14, "B", PROSE), BOLD[n % 2]) for n in range(2)]
    pages += [set_in(BOLD[0]) for _ in range(9)]
    assert "Deel een" not in {heading for _, heading in places(read(pdf_file(*pages)))}


def test_large_letters_that_may_be_a_heading_end_the_section_before(read):
    page = set_in(*BOLD, ("Wonen doe je samen", 16, "F", PROSE))
    assert places(read(pdf_file(page))) == [(1, "Huren"), (1, "Kopen"), (1, "")]


def test_the_outline_says_what_the_headings_are(read):
    pages = (
        typed("1  Huren", "", *PROSE, "", "Sociale huur", "", *OTHER),
        typed("Kopen", "", *PROSE, "", "Groot en vet is dit", "", *OTHER),
    )
    entries = (("Huren", 0, 712), ("sociale huur", 0, 652), ("Kopen", 1, 712))
    document = read(with_outline(pdf_file(*pages), *entries))
    assert places(document) == [(1, "1 Huren"), (1, "Sociale huur"), (2, "Kopen")]


def test_of_equal_lines_the_outline_means_the_one_it_points_at(read):
    page = typed("Huren", "Kopen", "", *PROSE, "", "Huren", "", *OTHER, "", "Kopen", "", *PROSE)
    content = with_outline(pdf_file(page), ("Huren", 0, 640), ("Kopen", 0, 580))
    document = read(content)
    assert [section.start for section in document.sections] == [
        0,
        document.text.rindex("Huren"),
        document.text.rindex("Kopen"),
    ]


def test_where_a_page_does_not_say_the_outlines_title_the_section_before_ends(read):
    page = typed("Huren", "", *PROSE, "", "Kopen", "", *OTHER, "", *PROSE)
    content = with_outline(
        pdf_file(page), ("Huren", 0, 712), ("Kopen", 0, 664), ("Bijlage", 0, 614)
    )
    assert places(read(content)) == [(1, "Huren"), (1, "Kopen"), (1, "")]


def test_an_outline_of_other_words_than_the_pages_is_not_used(read):
    content = with_outline(
        pdf_file(set_in(*BOLD)), ("nota_v3.docx", 0, 780), ("bijlage.docx", 0, 500)
    )
    assert places(read(content)) == [(1, "Huren"), (1, "Kopen")]


def test_an_outline_without_heights_means_the_largest_letters(read):
    page = typed("Huren", size=14, top=760) + typed(*PROSE, "", "Huren", "", *OTHER, top=738)
    document = read(with_outline(pdf_file(page), ("Huren", 0, None), ("Kopen", 0, None)))
    assert places(document) == [(1, "Huren")]
    page = typed("Huren", "", *PROSE), typed("Kopen", "", *OTHER), typed("Tekst.", "", *OTHER)
    entries = ("Huren", 0, None), ("Kopen", 1, None), ("Bijlage", 2, None)
    assert places(read(with_outline(pdf_file(*page), *entries))) == [
        (1, "Huren"),
        (2, "Kopen"),
        (3, ""),
    ]


def test_heights_on_a_page_that_is_turned_are_not_heeded(read):
    page = typed("Huren", "", *PROSE, top=760) + typed("Huren", size=14) + typed(*OTHER, top=676)
    upside_down = [f"-1 0 0 -1 600 800 cm {shown}" for shown in (page, typed("Kopen", *PROSE))]
    content = pdf_file(*upside_down, page="/Rotate 180")
    document = read(with_outline(content, ("Huren", 0, 90), ("Kopen", 1, 90)))
    assert places(document) == [(1, ""), (1, "Huren"), (2, "Kopen")]


def test_titles_longer_than_a_heading_are_no_entries(read):
    long = "Huren " * 60
    pages = typed("Huren", "", *PROSE, "", *OTHER), typed("Kopen", "", *PROSE)
    entries = ("Huren", 0, 712), (long, 0, 660), (long, 0, 640), (long, 0, 620), ("Kopen", 1, 712)
    assert places(read(with_outline(pdf_file(*pages), *entries))) == [(1, "Huren"), (2, "Kopen")]


def test_the_outline_passes_over_notes_and_running_heads():
    aside = replace(line("Huren", 790), is_aside=True)
    page = [aside, line("Huren", 700), line("Kopen", 650), aside, line("of bouwen", 600)]
    entries = [OutlineEntry("Huren", 1, 0, 800), OutlineEntry("Kopen", 1, 0, 660)]
    assert outlined([[page]], entries) == {
        LinePlace(0, 0, 1): HeadingLines(1, 1),
        LinePlace(0, 0, 2): HeadingLines(1, 1),
    }
    entries[1:] = [
        OutlineEntry("Bouwen", 1, 0, None),
        OutlineEntry("Kopen Huren of bouwen", 1, 0, 660),
    ]
    assert outlined([[page]], entries) is None


def test_titles_that_would_share_a_line_leave_it_once(read):
    page = typed("Bijlage over", "Tarieven", "", *PROSE, "", "Kopen", "", *OTHER)
    document = read(
        with_outline(
            pdf_file(page),
            ("Tarieven", 0, 698),
            ("Bijlage over Tarieven", 0, 712),
            ("Kopen", 0, 640),
        )
    )
    assert document.text.count("Tarieven") == document.text.count("Bijlage over") == 1
    assert places(document) == [(1, ""), (1, "Tarieven"), (1, "Kopen")]


@settings(deadline=None)
@given(
    st.lists(st.lists(st.integers(1, 6), max_size=3), max_size=3),
    st.dictionaries(
        st.builds(LinePlace, *[st.integers(0, 2)] * 2, st.integers(0, 5)),
        st.builds(HeadingLines, st.integers(0, 7), st.integers(1, 3)),
    ),
)
def test_no_headings_double_or_lose_a_line(sizes, headings):
    names = map("regel{}".format, count())
    pages = [[[line(next(names), 700) for _ in range(n)] for n in page] for page in sizes]
    said: list[str] = []
    for page in with_headings(pages, headings):
        for block in page:
            if isinstance(block, PrintedHeading):
                said += block.text.split()
            elif not isinstance(block, SectionEnd):
                said += [x.text for x in block]
    assert said == [x.text for page in pages for run in page for x in run]


def test_of_titles_that_no_page_says_the_highest_ends_the_sections():
    entries = [
        OutlineEntry("Wonen", 1, 0, None),
        OutlineEntry("Huren", 2, 0, None),
        OutlineEntry("Kopen", 2, 1, None),
        OutlineEntry("Bouwen", 1, 1, None),
    ]
    pages = [[[line("Wonen", 790), line("Huren", 700)]], [[line("Tekst", 700)]]]
    for last in (entries[2:], entries[:1:-1]):
        assert outlined(pages, [*entries[:2], *last])[LinePlace(1, 0, 0)] == HeadingLines(0, 1)


LEFT = (
    "Het college van burgemeester en wethouders",
    "besluit binnen twaalf weken op een aanvraag,",
    "en laat de aanvrager weten waarom het gemeen-",
    "tebestuur zo heeft besloten. Wie het daarmee",
    "oneens is, maakt binnen zes weken bezwaar.",
)
RIGHT = (
    "Een bezwaar gaat naar een commissie van drie",
    "leden, die de bezwaarmaker hoort en daarna",
    "advies geeft. Het college neemt dat over, of",
    "zegt waarom niet, en doet dat schriftelijk en",
    "op tijd. Daarna kan iemand naar de rechter.",
)
READ_LEFT = (
    "Het college van burgemeester en wethouders besluit binnen twaalf weken op een aanvraag, en "
    "laat de aanvrager weten waarom het gemeentebestuur zo heeft besloten. Wie het daarmee oneens "
    "is, maakt binnen zes weken bezwaar."
)


def side_by_side(left: tuple[str, ...], right: tuple[str, ...], start: int = 320) -> list[str]:
    """Show the lines of two columns: each of the first, and behind it one of the second."""
    return [
        typed(text, top=640 - 10 * number, left=place, size=9)
        for number, texts in enumerate(zip(left, right, strict=True))
        for text, place in zip(texts, (40, start), strict=True)
    ]


@pytest.mark.parametrize("lower", [0, 5])
def test_columns_that_a_file_has_line_by_line_are_read_one_after_the_other(read, lower):
    full = "Een regel over de hele breedte van de bladzijde, van de linkerkant tot de rechterkant."
    lines = side_by_side(LEFT, RIGHT)
    lines[1::2] = [f"1 0 0 1 0 -{lower} cm {line} 1 0 0 1 0 {lower} cm" for line in lines[1::2]]
    page = " ".join([typed(full, top=700), *lines, typed(full, top=500)])
    document = read(pdf_file(page))
    assert document.text == f"{full}\n\n{READ_LEFT}\n\n{' '.join(RIGHT)}\n\n{full}"


def test_columns_that_a_file_has_one_after_the_other_stay_in_its_order(read):
    lines = side_by_side(LEFT, RIGHT)
    text = read(pdf_file(" ".join([*lines[1::2], *lines[::2]]))).text
    assert text.index(RIGHT[0]) < text.index(LEFT[0])


ANSWERS = (
    "Ieder die een belang bij dat besluit heeft,",
    "maakt binnen zes weken bezwaar daartegen,",
    "en doet dat in een brief of op de website.",
    "Een commissie van drie leden hoort hem of",
    "haar, in het stadhuis en in het openbaar,",
    "en maakt daarvan een verslag voor allen.",
    "Het college van burgemeester en wethouders",
    "beslist binnen twaalf weken op het bezwaar.",
)


def test_rows_of_prose_stay_rows(read):
    left = (*LEFT[:4], "", *RIGHT[:4], "")
    right = (*ANSWERS[1:6], *ANSWERS[6:], *ANSWERS[:3])
    text = read(pdf_file(" ".join(side_by_side(left, right)))).text
    assert text.index(LEFT[0]) < text.index(ANSWERS[1]) < text.index(LEFT[1])


def test_side_notes_are_not_taken_for_a_column(read):
    notes = ("wie er in of", "bij de raad is", "en er op let", "dat het ook zo", "is en het blijft")
    text = read(pdf_file(" ".join(side_by_side(notes, LEFT, start=180)))).text
    assert text.index(notes[0]) < text.index(LEFT[0]) < text.index(notes[1])


def test_notes_below_a_column_come_after_the_text_of_the_page(read):
    left = typed(*LEFT, left=40, size=9) + typed(
        "1 Zie het besluit van 2024.", left=40, size=7, top=600
    )
    right = typed(*RIGHT, left=320, size=9)
    text = read(pdf_file(left + right)).text
    assert text.endswith("naar de rechter.\n\n1 Zie het besluit van 2024.")


CELLED = st.builds(
    lambda text, start, width, base, size: Line(
        text,
        start,
        start + width,
        base,
        10.0,
        30.0,
        0.0,
        (LineCell(text, start, start + width),),
        size,
    ),
    st.sampled_from(["Een regel van vijf woorden", "2 noot", "kort"]),
    st.sampled_from([40.0, 320.0]),
    st.sampled_from([30.0, 240.0, 500.0]),
    st.integers(0, 60).map(lambda n: 12.0 * n),
    st.sampled_from([7.0, 10.0]),
)


@settings(deadline=None)
@given(st.lists(CELLED, max_size=40))
def test_ordering_loses_no_line(lines):
    assert sorted(line.text for line in in_reading_order(lines)) == sorted(
        line.text for line in lines
    )


def test_a_sentence_runs_on_across_a_page_before_a_name_too(read):
    first = typed(
        *PROSE, "", OTHER[0], "Na een jaar krijgt wie dan nog wacht bericht van de burgemeester van"
    )
    document = read(
        pdf_file(
            first + typed(""),
            typed("Amsterdam, die daarover gaat, en ook van de andere wethouders."),
        )
    )
    assert "burgemeester van Amsterdam, die" in document.text
    assert document.text[document.sections[1].start :].startswith("Amsterdam")


def test_a_word_that_a_page_broke_is_whole(read):
    pages = typed(*PROSE[:1], "en daarover beslist het gemeen-"), typed("tebestuur zelf.")
    document = read(pdf_file(*pages))
    assert document.text.endswith("beslist het gemeentebestuur zelf.")
    assert document.text[document.sections[1].start :] == "tebestuur zelf."


def test_the_last_piece_of_a_cut_line_keeps_the_end_of_its_line():
    """A file that goes on in another place behind a hyphen: the line knows, its cells do not."""
    lines = []
    for number, texts in enumerate(zip(LEFT, RIGHT, strict=True)):
        base = 640.0 - 10 * number
        cells = tuple(LineCell(t, x, x + 250.0) for t, x in zip(texts, (40.0, 320.0), strict=True))
        left, right = texts
        if number == 2:
            right = "advies geeft. Het college neemt dat gemeen-"
            cells = cells[0], replace(cells[1], text=right)
        text = f"{left} {right}".removesuffix("-") + "\x02" * (number == 2)
        lines.append(Line(text, 40.0, 570.0, base, 10.0, 30.0, 20.0, cells, 10.0))
    pieces = [x.text for x in in_reading_order(lines)]
    assert pieces[0] == LEFT[0] and pieces[5] == RIGHT[0]
    assert pieces[7] == "advies geeft. Het college neemt dat gemeen\x02"


def line(text: str, base: float, end: float = 300.0) -> Line:
    return Line(text, 0.0, end, base, height=10.0, first_word=30.0, gap=0.0)


def test_what_begins_otherwise_does_not_go_on():
    page = [line("een zin die de hele regel vult en", base) for base in (100, 88, 76)]
    assert goes_on(page, line("Amsterdam en de andere steden", 700))
    assert not goes_on(page, line("Jaarverslag", 700, end=60))
    assert not goes_on(page, line("• een punt", 700))
    assert not goes_on(
        [*page, line("kort", 64, end=40)], line("Amsterdam en de andere steden", 700)
    )
    assert not goes_on([line("Een hele zin.", 64)], line("en meer", 700))


def test_the_first_of_running_heads_is_marked_unless_it_is_larger():
    pages = [[line("Nota", 790), line(f"Tekst {'abcd'[n]}", 700)] for n in range(4)]
    assert without_repeats(pages)[0][0].is_aside
    title = Line("Nota", 0.0, 90.0, 790.0, 24.0, 30.0, 0.0, size=24.0)
    pages[0][0] = title
    assert without_repeats(pages)[0][0] == title


def apart(text: str, number: int, base: float) -> Line:
    cells = LineCell(text, 0.0, 60.0), LineCell(f"{number}", 280.0, 290.0)
    return replace(line(f"{text} {number}", base), cells=cells)


@pytest.mark.parametrize("text", ["Artikel", "Factuurnummer:", "Vraag", "Woonvisie"])
def test_lines_whose_number_stands_apart_are_all_kept_as_asides(text):
    pages = [[apart(text, 1000 + n, 790), line(f"Tekst {'abcd'[n]}", 700)] for n in range(4)]
    kept = without_repeats(pages)
    assert [[x.text for x in page] for page in kept] == [[x.text for x in page] for page in pages]
    assert [[x.is_aside for x in page] for page in kept] == [[True, False]] * 4


def test_numbers_of_records_that_do_not_rise_with_the_page_are_text():
    pages = [[apart("Factuurnummer:", number, 790)] for number in (1000, 1003, 1007, 1008)]
    assert without_repeats(pages) == pages


def test_invoices_of_one_file_keep_their_numbers_and_are_no_headings(read):
    pages = [
        typed("Factuurnummer:", font="B", top=780)
        + typed(f"{1000 + n}", font="B", left=400, top=780)
        + typed(f"Een factuur aan klant {'abcde'[n]}.", "", *PROSE)
        for n in range(5)
    ]
    document = read(pdf_file(*pages))
    for n in range(5):
        assert f"Factuurnummer: {1000 + n}" in document.text
    assert {heading for _, heading in places(document)} == {""}


def test_a_sentence_runs_on_across_notes_and_the_foot_of_a_page(read):
    foot = typed("Woonvisie", top=30)
    note = typed("1 Zie het besluit van 2024.", size=7, top=60)
    first = typed(*PROSE[:1], "en daarover beslist het college")
    second = typed("van de gemeente zelf, en niemand anders.", "", *OTHER)
    pages = [first + note + foot, second + foot, typed("Slot.", "", "Einde.") + foot]
    document = read(pdf_file(*pages))
    assert "beslist het college van de gemeente zelf" in document.text
    assert document.text.startswith("Woonvisie\n\n1 Zie het besluit van 2024.\n\nDe gemeente wil")
    assert [section.page for section in document.sections] == [1, 2, 3]


def test_cells_of_a_table_are_no_headings(read):
    rows = (("Wijk", "2025"), ("Oost", "19,2"), ("West", "17,5"), ("Noord", "3,1"))
    bold = placed(*rows).replace("/F", "/B")
    document = read(pdf_file(set_in(*BOLD) + bold.replace("700", "560")))
    assert places(document) == [(1, "Huren"), (1, "Kopen")]
