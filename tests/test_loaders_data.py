"""Delimited values, JSON and RTF as documents."""

import json

import pytest

from index.errors import UnreadableFile
from index.loaders import load


@pytest.fixture
def read(tmp_path):
    """Return a function that loads content as if it were a file of a name."""

    def read_file(content, name):
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return load(path)

    return read_file


@pytest.mark.parametrize(
    "content",
    [
        "naam,leeftijd\nJan,5\n",
        "naam;leeftijd\r\nJan;5\r\n",
        "naam\tleeftijd\nJan\t5\n".encode("utf-16"),
        "sep=|\nnaam|leeftijd\nJan|5\n",
        '\ufeff"naam","leeftijd"\n"Jan","5"\n',
    ],
)
@pytest.mark.parametrize("name", ["mijn-lijst.csv", "mijn-lijst.tsv"])
def test_delimiters_are_recognised(read, content, name):
    document = read(content, name)
    assert document.text == "naam | leeftijd\nJan | leeftijd: 5"
    assert document.title == "mijn lijst"


def test_quoted_values_may_hold_anything(read):
    document = read('naam;zegt\n"Jan; ""de"" Boer";"=1+1\nen, toch"\n'.encode("cp1252"), "a.csv")
    assert document.text == 'naam | zegt\nJan; "de" Boer | zegt: =1+1 en, toch'


def test_a_decimal_comma_parts_no_values(read):
    assert read("a;b\n1;2,5\n3;4,5\n", "a.csv").text == "a | b\na: 1 | b: 2,5\na: 3 | b: 4,5"


def test_a_first_row_with_numbers_names_nothing(read):
    assert read("Jan,5\nPiet,6\n", "a.csv").text == "Jan | 5\nPiet | 6"


def test_a_quotation_mark_that_never_closes_is_named(read):
    with pytest.raises(UnreadableFile, match=r"Line 2 .*quotation mark that is not closed"):
        read('a,b\n1,"' + "x" * 200_000, "a.csv")


def test_records_name_each_value(read):
    value = {
        "title": "Loketten",
        "adres": {"straat": "Kade", "nr": 5.50},
        "open": ["ma", "di"],
        "loketten": [
            {"naam": "Oost", "warm": True, "tel": None},
            {"naam": "West", "uitleg": "Lang. " * 100},
        ],
    }
    document = read(json.dumps(value), "mijn-data.json")
    assert document.text == (
        "title: Loketten | adres › straat: Kade | adres › nr: 5.5 | open: ma, di\n\nloketten\n\n"
        f"naam: Oost | warm: true\n\nnaam: West\n\nuitleg: {'Lang. ' * 100}".rstrip()
    )
    assert document.title == "Loketten"
    assert [section.heading for section in document.sections] == ["loketten"]


def test_numbers_and_repeated_names_stay_as_they_are_written(read):
    assert read('{"a": 1.10, "a": 10000000000000000000000}', "a.json").text == (
        "a: 1.10 | a: 10000000000000000000000"
    )


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "damaged, or it is not JSON"),
        ("[" * 100_000 + "]" * 100_000, "too deep"),
        ("[[], {}, null]", "no text"),
    ],
)
def test_json_that_cannot_be_read_says_why(read, content, reason):
    with pytest.raises(UnreadableFile, match=reason):
        read(content, "a.json")


def test_a_spoilt_line_does_not_cost_the_others(read):
    document = read('{"a": 1}\n{kapot\n\n{"a": 2, "b": "x"}\n', "a.jsonl")
    assert document.text == "a: 1\n\na: 2 | b: x"
    assert document.warnings == ("Lines that hold no JSON and were left out: 1 (the first is 2)",)
    with pytest.raises(UnreadableFile, match="not JSON"):
        read("zomaar\ntekst", "a.jsonl")


def test_the_two_kinds_of_json_may_go_by_each_others_name(read):
    assert read('{"a": 1}\n{"a": 2}\n', "a.json").text == "a: 1\n\na: 2"
    assert read('{\n "a": 1,\n "b": 2\n}\n', "a.jsonl").text == "a: 1 | b: 2"


def test_rtf_is_read_with_its_accents_and_tables(read):
    content = (
        rb"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Arial;}}{\info{\title Nota caf\'e9s}}"
        rb"\f0 Caf\'e9 en \u8364? gratis\par Tweede {\b vet} woord.\par"
        rb"\trowd wie\cell bedrag\cell\row\trowd Jan\cell 5\cell\row\pard Slot}"
    )
    document = read(content, "a.rtf")
    assert document.text == (
        "Café en € gratis\n\nTweede vet woord.\n\nwie | bedrag\nJan | bedrag: 5\n\nSlot"
    )
    assert document.title == "Nota cafés"


@pytest.mark.parametrize("content", [b"Beste lezer,", b"{\\rtf1 \\u99999999 x \\'zz}"])
def test_rtf_that_cannot_be_read_says_why(read, content):
    with pytest.raises(UnreadableFile, match="damaged"):
        read(content, "a.rtf")


@pytest.mark.parametrize("name", ["a.md", "a.txt"])
def test_a_web_page_under_the_name_of_a_text_is_read_as_one(read, name):
    page = "<!DOCTYPE html>\n<html><title>T</title>\n\n<body>\n\n    <p>Hallo</p></body></html>"
    document = read(page, name)
    assert (document.title, document.text) == ("T", "Hallo")


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("2023;1,50\n2024;1,75\n", "2023 | 1,50\n2024 | 1,75"),
        ("1,5;2,5\n3,5;4,5\n", "1,5 | 2,5\n3,5 | 4,5"),
        (
            "Post;Bedrag (x 1,000)\nRiool;1,5\n",
            "Post | Bedrag (x 1,000)\nRiool | Bedrag (x 1,000): 1,5",
        ),
        ("Naam,Code\nJan,a;b\nPiet,c;d\n", "Naam | Code\nJan | Code: a;b\nPiet | Code: c;d"),
        ("1,2,3\n4,5,6\n", "1 | 2 | 3\n4 | 5 | 6"),
    ],
)
def test_commas_inside_numbers_and_texts_part_no_values(read, content, text):
    assert read(content, "a.csv").text == text


def test_tabs_part_the_values_of_a_file_that_is_named_after_them(read):
    text = read("naam, plaats\tadres; huis\nJan, Ede\tDorp; 1\n", "a.tsv").text
    assert text == "naam, plaats | adres; huis\nJan, Ede | adres; huis: Dorp; 1"


def test_an_open_quotation_mark_that_swallows_rows_is_warned_of(read):
    document = read('a,b\n1,"x\n2,y\n3,z\n', "a.csv")
    assert "line 2" in document.warnings[0]
    assert read('a,b\n1,"x\n2,y"\n3,z', "a.csv").warnings == ()
    assert read('a,b\n1,x\n2,"y"', "a.csv").warnings == ()


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1250", "Žádost o příspěvek podejte na městském úřadě do třiceti dnů."),
        ("cp1250", "Cererea se depune la primărie în termen de treizeci de zile."),
        ("cp1250", "Odluka se priopćuje podnositelju pisanim putem, a žalba je moguća."),
        ("cp1254", "Başvurular belediyeye otuz gün içinde yapılmalıdır, ücret ödenir."),
        ("cp1257", "Prašymas pateikiamas savivaldybei per trisdešimt dienų raštu."),
        ("cp1252", "La città comunicherà la decisione per iscritto, perché è più facile."),
        ("cp1252", "De coördinator heeft de financiële situatie beëindigd."),
    ],
)
def test_the_language_tells_which_of_like_encodings_a_text_is_in(read, encoding, text):
    document = read(text.encode(encoding), "a.txt")
    assert document.text == text
    assert "was guessed" in document.warnings[0]
    assert read(text, "a.txt").warnings == ()
    for name in ("a.csv", "a.md", "a.html"):
        assert "was guessed" in read(text.encode(encoding), name).warnings[0]


def test_footnotes_of_rtf_are_counted(read):
    document = read(rb"{\rtf1 Tekst{\super 1}{\footnote Een noot.} verder.\par}", "a.rtf")
    assert document.warnings[0].startswith("Footnotes, which were left out: 1")


def test_a_damaged_json_file_is_not_read_as_lines(read):
    damaged = '{\n "a": [\n  1,\n  "b"\n ],\n "c": {\n  "d": 5,\n'
    with pytest.raises(UnreadableFile, match="damaged"):
        read(damaged, "a.json")


def test_a_record_does_not_stand_below_the_heading_of_the_one_before(read):
    records = [{"naam": "A", "delen": [{"x": 1}], "uitleg": "u" * 400}, {"naam": "B"}]
    lines = "\n".join(map(json.dumps, records))
    for content, name in ((json.dumps(records), "a.json"), (lines, "a.jsonl")):
        document = read(content, name)
        found = {s.heading: document.text[s.start :].split("\n")[0] for s in document.sections}
        assert found == {"delen": "delen", "": "naam: B"}
        assert document.text.index("uitleg") < document.text.index("delen")
