"""Tables as lines of text, and passages that keep their rows whole."""

import pytest

from index.language import LanguageDetector
from index.loaders.manuscript import Manuscript
from index.loaders.tables import Cell, Grid, cells, row_lines, table_lines
from index.passages import split
from index.types import Document


def lines(*rows, **kind):
    return list(table_lines([cells(row) for row in rows], **kind))


def test_rows_repeat_the_names_that_stand_above_numbers():
    assert lines(("", "2025", "2026"), ("Omzet", "1.200", "€ 900"), ("Winst", "(3)", "12%")) == [
        "| 2025 | 2026",
        "Omzet | 2025: 1.200 | 2026: € 900",
        "Winst | 2025: (3) | 2026: 12%",
    ]


def test_names_in_two_rows_are_joined_and_a_later_pair_takes_their_place():
    table = lines(
        ("", "Eerste", "Tweede"),
        ("", "kwartaal", "kwartaal"),
        ("Omzet", "1", "2"),
        ("", "Derde", "Vierde"),
        ("", "kwartaal", "kwartaal"),
        ("Omzet", "3", "4"),
    )
    assert table[2] == "Omzet | Eerste kwartaal: 1 | Tweede kwartaal: 2"
    assert table[5] == "Omzet | Derde kwartaal: 3 | Vierde kwartaal: 4"


def test_a_title_above_a_table_names_no_column():
    table = lines(
        ("Leges 2026", "", ""), ("Product", "Tarief", "Vanaf"), ("Pas", "7", "2026-01-01")
    )
    assert table == [
        "Leges 2026",
        "Product | Tarief | Vanaf",
        "Pas | Tarief: 7 | Vanaf: 2026-01-01",
    ]


def test_numbers_with_a_unit_are_numbers():
    assert lines(("Hund", "Steuer"), ("erster", "96 Euro"))[1] == "erster | Steuer: 96 Euro"
    assert lines(("Wie", "2 personen"), ("Huur", "96"))[1] == "Huur | 2 personen: 96"


def test_a_unit_in_the_corner_stays_with_each_row_and_a_number_gets_its_name():
    assert lines(("(x 1000)", "Groei"), ("Inwoners", "5"))[1] == "Inwoners (x 1000) | Groei: 5"
    assert lines(("Jaar", "Groei"), ("2024", "5"))[1] == "Jaar: 2024 | Groei: 5"


@pytest.mark.parametrize(
    "rows",
    [
        (("Naam", "Jan"), ("Adres", "Dorpsstraat")),  # a form: names at the left
        (("Jan", "5"), ("Piet", "6")),  # numbers from the first row on
        (("Jan", "2019"), ("Piet", "2018")),  # years that may be values
        (("Jan", "5 jaar"), ("Piet", "6 jaar")),
        (("Alleen", "een", "rij"),),
    ],
)
def test_where_nothing_names_the_columns_nothing_is_repeated(rows):
    assert lines(*rows) == [" | ".join(row) for row in rows]


def test_words_name_columns_where_they_look_like_names():
    rows = [("Naam", "Functie", "Wijk"), ("Jan", "wethouder", "Oost"), ("Els", "griffier", "West")]
    assert lines(*rows)[2] == "Els | Functie: griffier | Wijk: West"
    assert lines(*rows[:2])[1] == "Jan | wethouder | Oost"
    assert lines(*rows[:2], first_row_names=True)[1] == "Jan | Functie: wethouder | Wijk: Oost"


def test_empty_cells_keep_their_place_only_where_no_name_tells_it():
    assert lines(("a", "", "c"), ("d", "e", "")) == ["a | | c", "d | e"]
    assert lines(("", "x", "y"), ("a", "", "5"))[1] == "a | y: 5"


def test_a_long_row_goes_on_in_lines_that_name_it_again():
    parts = ["Paspoort", *(f"kolom {number}: {'x' * 80}" for number in range(12))]
    found = list(row_lines(parts))
    assert len(found) > 1
    assert all(line.startswith("Paspoort | ") and len(line) < 620 for line in found)
    assert [part for line in found for part in line.split(" | ")[1:]] == parts[1:]


def test_a_cell_that_spans_names_all_it_spans_and_is_said_once():
    grid = Grid()
    grid.begin_row()
    grid.add(Cell("", is_name=True))
    grid.add(Cell("Kosten", is_name=True), columns=2)
    grid.begin_row()
    grid.add(Cell("Oost"), rows=2)
    grid.add(Cell("1"))
    grid.add(Cell("2"))
    grid.begin_row()
    grid.add(Cell("3"))
    grid.add_from_above()
    assert list(table_lines(grid.rows)) == [
        "| Kosten",
        "Oost | Kosten: 1 | Kosten: 2",
        "Oost | Kosten: 3 | Kosten: 2",
    ]


def test_cells_that_claim_to_span_billions_stay_few():
    grid = Grid()
    for _ in range(2_000):
        grid.begin_row()
        grid.add(Cell("x"), columns=1_000_000, rows=1_000_000)
    assert sum(map(len, grid.rows)) < 300_000


def test_a_passage_out_of_the_middle_of_a_table_says_what_its_numbers_are():
    manuscript = Manuscript()
    rows = [("", "Tarief 2025", "Tarief 2026")]
    rows += [(f"Product nr. {n}, los. Per stuk", f"{n},10", f"{n},20") for n in range(100)]
    manuscript.add_table([cells(row) for row in rows])
    document = manuscript.document("Tarieven")
    passages = split(document, LanguageDetector())
    assert len(passages) > 5
    for passage in passages:
        for line in passage.text.split("\n")[1:]:
            assert line.startswith("Product nr.") and "Tarief 2026: " in line
        assert [passage.text_of(s) for s in passage.sentences] == passage.text.split("\n")


def test_rows_that_begin_with_small_letters_stay_rows():
    text = "naam | bedrag\njan | bedrag: 5\npiet | bedrag: 6"
    passage = split(Document("t", text), LanguageDetector())[0]
    assert [passage.text_of(sentence) for sentence in passage.sentences] == text.split("\n")


@pytest.mark.parametrize(
    "rows",
    [
        [("", "Naam", "Status"), ("Team A", "Jan", "actief"), ("", "Piet", "ziek")],
        [("", "Wat", "Euro"), ("A", "x", "5"), ("", "y", "n.v.t."), ("B", "z", "6")],
    ],
)
def test_a_row_that_goes_on_with_the_one_above_it_is_no_header(rows):
    named = list(lines(*rows, first_row_names=True))
    assert f": {rows[2][2]}" in named[2]
    assert f"{rows[0][2]}: {rows[-1][2]}" in named[-1]


def test_where_the_file_tells_the_names_only_it_tells_later_ones():
    names = [Cell(text, is_name=True) for text in ("", "2024", "2025")]
    later = [Cell(text, is_name=True) for text in ("", "2026", "2027")]
    plain = [cells(("Riool", "1", "2")), cells(("", "laag", "hoog")), cells(("Weg", "3", "4"))]
    assert list(table_lines([names, *plain]))[-1] == "Weg | 2024: 3 | 2025: 4"
    assert list(table_lines([names, *plain, later, *plain]))[-1] == "Weg | 2026: 3 | 2027: 4"
