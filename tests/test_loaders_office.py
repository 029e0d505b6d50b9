"""Presentations and Excel workbooks as documents: what a person sees is read, and no more."""

import datetime
import zipfile
from io import BytesIO

import openpyxl
import pptx
import pytest
from lxml import etree
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches

from index.errors import UnreadableFile
from index.loaders import load
from index.loaders.number_formats import NumberFormats

RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


@pytest.fixture
def read(tmp_path):
    """Return a function that loads content as if it were a file of a name."""

    def read_file(content, name):
        path = tmp_path / name
        path.write_bytes(content)
        return load(path)

    return read_file


def saved(made):
    content = BytesIO()
    made.save(content)
    return content.getvalue()


def changed(content, change, part=None):
    """Write a package anew with its parts changed; `part` picks one, and None drops it."""
    made = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as package, zipfile.ZipFile(made, "w") as copy:
        for name in package.namelist():
            text = package.read(name)
            text = change(text) if part in (None, name) else text
            if text is not None:
                copy.writestr(name, text)
    return made.getvalue()


def with_part(content, name, text):
    """Add a part to a package."""
    made = BytesIO(content)
    with zipfile.ZipFile(made, "a") as package:
        package.writestr(name, text)
    return made.getvalue()


def strict(markup):
    """Write markup in the dialect that Office calls strict."""
    for name in ("spreadsheetml/2006/main", "presentationml/2006/main", "drawingml/2006/main"):
        new = f"http://purl.oclc.org/ooxml/{name.replace('/2006', '')}"
        markup = markup.replace(f"http://schemas.openxmlformats.org/{name}".encode(), new.encode())
    return markup.replace(
        RELATIONS.encode(), b"http://purl.oclc.org/ooxml/officeDocument/relationships"
    )


def slides():
    made = pptx.Presentation()
    first = made.slides.add_slide(made.slide_layouts[1])
    first.shapes.title.text = "Begroting"
    first.placeholders[1].text = "Wonen\nWerken"
    first.notes_slide.notes_text_frame.text = "Noem de brug."
    second = made.slides.add_slide(made.slide_layouts[6])
    box = second.shapes.add_textbox(Inches(1), Inches(1), Inches(3), Inches(1))
    box.text_frame.text = "Losse tekst.\vTweede regel."
    table = second.shapes.add_table(2, 2, Inches(1), Inches(2), Inches(3), Inches(1)).table
    for place, text in {(0, 0): "Post", (0, 1): "Bedrag", (1, 0): "Kade", (1, 1): "ruim"}.items():
        table.cell(*place).text = text
    return made


def test_slides_are_read_in_order_with_tables_and_notes(read):
    document = read(saved(slides()), "mijn-praatje.pptx")
    assert document.text == (
        "Begroting\n\n• Wonen\n• Werken\n\nNoem de brug.\n\nSlide 2\n\n"
        "Losse tekst.\nTweede regel.\n\nPost | Bedrag\nKade | Bedrag: ruim"
    )
    assert [section.heading for section in document.sections] == ["Begroting", "Slide 2"]
    assert document.title == "Begroting"


def test_the_values_of_a_chart_are_read(read):
    made = pptx.Presentation()
    slide = made.slides.add_slide(made.slide_layouts[5])
    slide.shapes.title.text = "Afval"
    data = CategoryChartData()
    data.categories = ["Oost", "West"]
    data.add_series("2025", (19.2, 21))
    data.add_series("2026", (18, None))
    place = (Inches(1), Inches(1), Inches(4), Inches(3))
    chart = slide.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, *place, data).chart
    chart.has_title = True
    chart.chart_title.text_frame.text = "Kilo per week"
    assert read(saved(made), "a.pptx").text == (
        "Afval\n\nKilo per week\n\n| 2025 | 2026\nOost | 2025: 19.2 | 2026: 18\nWest | 2025: 21"
    )


def test_hidden_slides_are_left_out_and_named(read):
    made = slides()
    made.slides[0].element.set("show", "0")
    document = read(saved(made), "a.pptx")
    assert "Begroting" not in document.text
    assert document.warnings == ("Hidden slides, which were left out: 1",)


@pytest.mark.parametrize("suffix", [".pptx", ".pptm", ".ppsx", ".potx"])
def test_presentations_in_the_strict_dialect_and_of_all_kinds_are_read(read, suffix):
    content = changed(saved(slides()), strict)
    assert "• Werken" in read(content, f"a{suffix}").text


def test_a_slide_that_is_missing_is_named(read):
    content = changed(saved(slides()), lambda _: None, "ppt/slides/slide2.xml")
    document = read(content, "a.pptx")
    assert document.text.startswith("Begroting")
    assert document.warnings == ("Slides that are missing from the file: 2",)


def workbook():
    made = openpyxl.Workbook()
    sheet = made.active
    sheet.title = "Leges 2026"
    for row in (
        ["Tarieven van de gemeente"],
        [],
        ["Product", "Tarief", "Vanaf", "Deel"],
        ["Paspoort", 77.85, datetime.date(2026, 1, 1), 0.125],
        ["Rijbewijs", 0.1 + 0.2, datetime.datetime(2026, 1, 1, 9, 30), 1],
    ):
        sheet.append(row)
    sheet["B4"].number_format = "[$€-413] #,##0.00"
    sheet["D4"].number_format = "0.0%"
    return made


def test_a_sheet_reads_as_a_person_reads_it(read):
    document = read(saved(workbook()), "leges.xlsx")
    assert document.text == (
        "Leges 2026\n\nTarieven van de gemeente\n\nProduct | Tarief | Vanaf | Deel\n"
        "Paspoort | Tarief: € 77.85 | Vanaf: 2026-01-01 | Deel: 12.5%\n"
        "Rijbewijs | Tarief: 0.3 | Vanaf: 2026-01-01 09:30 | Deel: 1"
    )
    assert [section.heading for section in document.sections] == ["Leges 2026"]
    assert document.warnings == ()


@pytest.mark.parametrize("suffix", [".xlsx", ".xlsm", ".xltx"])
def test_workbooks_in_the_strict_dialect_and_of_all_kinds_are_read(read, suffix):
    content = changed(saved(workbook()), strict)
    assert "Tarief: € 77.85 | Vanaf: 2026-01-01" in read(content, f"a{suffix}").text


def test_what_a_workbook_hides_is_left_out_and_counted(read):
    made = workbook()
    sheet = made.active
    sheet.row_dimensions[5].hidden = True
    sheet.column_dimensions["C"].hidden = True
    made.create_sheet("Salarissen").append(["geheim"])
    made["Salarissen"].sheet_state = "veryHidden"
    document = read(saved(made), "a.xlsx")
    assert "Rijbewijs" not in document.text
    assert "2026-01-01" not in document.text
    assert "geheim" not in document.text
    assert document.warnings == (
        "Hidden sheets, which were left out: Salarissen",
        "Hidden rows, which were left out: 1",
        "Hidden columns, which were left out: 1",
    )


def test_a_sheet_that_is_a_chart_is_named(read):
    made = workbook()
    made.create_chartsheet("Grafiek")
    document = read(saved(made), "a.xlsx")
    assert document.warnings == ("A sheet without cells, which was left out: Grafiek",)


def test_merged_cells_are_said_in_each_row_and_formulas_by_their_value(read):
    made = openpyxl.Workbook()
    sheet = made.active
    for row in (
        ["Wijk", "Straat", "Aantal"],
        ["Oost", "Kade", 1],
        [None, "Brink", 2],
        ["", "", "=1+1"],
    ):
        sheet.append(row)
    sheet.merge_cells("A2:A3")
    content = saved(made)
    document = read(content, "a.xlsx")
    assert document.text.endswith(
        "Oost | Straat: Kade | Aantal: 1\nOost | Straat: Brink | Aantal: 2"
    )
    assert document.warnings[0].startswith(
        "Formulas without a stored value, which were left out: 1"
    )
    part = "xl/worksheets/sheet1.xml"
    content = changed(
        content, lambda m: m.replace(b"<v></v>", b"<v>2</v>").replace(b"<v />", b"<v>2</v>"), part
    )
    assert read(content, "a.xlsx").text.endswith("\nAantal: 2")


def test_shared_strings_are_read_without_the_readings_above_them(read):
    content = sheet_file(
        '<row><c t="s"><v>0</v></c><c t="s"><v>9</v></c><c t="b"><v>1</v></c></row>'
    )
    name = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    strings = (
        f'<sst xmlns="{name}"><si><r><t>東</t></r><r><t>京</t></r><rPh><t>トウ</t></rPh></si></sst>'
    )
    relation = (
        f'<Relationship Type="{RELATIONS}/sharedStrings" Target="s.xml" Id="s"/></Rel'.encode()
    )
    relations = "xl/_rels/workbook.xml.rels"
    content = changed(content, lambda m: m.replace(b"</Rel", relation), relations)
    content = with_part(content, "xl/s.xml", strings)
    assert read(content, "a.xlsx").text.endswith("\n東京 | | TRUE")


def test_a_cell_that_looks_like_a_formula_is_text(read):
    made = openpyxl.Workbook()
    made.active.append(["=HYPERLINK(1)"])
    made.active["A1"].data_type = "s"
    assert read(saved(made), "a.xlsx").text.endswith("=HYPERLINK(1)")


def sheet_file(rows):
    """Write a workbook by hand, for rows that no library would write."""
    made = openpyxl.Workbook()
    made.active.append(["x"])
    head = (
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    )
    markup = head + rows.encode() + b"</sheetData></worksheet>"
    return changed(saved(made), lambda _: markup, "xl/worksheets/sheet1.xml")


def test_a_sheet_beyond_measure_is_bounded_and_says_what_is_left_out(read):
    rows = "".join(f'<row r="{n}"><c r="A{n}"><v>{n}</v></c></row>' for n in range(1, 20_004))
    rows += '<row r="1048576"><c r="XFD1048576"><v>7</v></c></row>'
    document = read(sheet_file(rows), "a.xlsx")
    assert document.text.endswith("\n20000")
    assert document.warnings == (
        "Rows of the sheet Sheet below row 20,000, which were left out: 4",
    )
    document = read(sheet_file('<row><c><v>1</v></c><c r="XFD1"><v>7</v></c></row>'), "a.xlsx")
    assert document.text.endswith("\n1")
    assert document.warnings == (
        "Cells of the sheet Sheet beyond column 200, which were left out: 1",
    )


BOMB = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize(
    ("suffix", "part"), [(".xlsx", "xl/worksheets/sheet1.xml"), (".pptx", "ppt/slides/slide1.xml")]
)
def test_entities_are_neither_expanded_nor_fetched(read, suffix, part):
    content = saved(workbook() if suffix == ".xlsx" else slides())

    def with_entities(markup):
        start = markup.index(b"<", markup.find(b"?>") + 1)
        start = max(start, markup.find(b"?>") + 2 if b"?>" in markup else 0)
        return markup[:start] + BOMB + markup[start:].replace(b"Begroting", b"Begroting &b;&c;")

    document = read(changed(content, with_entities, part), f"a{suffix}")
    assert "haha" not in document.text
    assert "root:" not in document.text


@pytest.mark.parametrize("suffix", [".pptx", ".xlsx"])
@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"), "needs a password"),
        (b"\xd0\xcf\x11\xe0" + b"Workbook", "an old Office file"),
        (b"<html><body>x</body></html>", "not a"),
        (b"PK\x03\x04" + b"x" * 99, "damaged"),
    ],
    ids="password old page broken".split(),
)
def test_files_that_cannot_be_read_say_why(read, suffix, content, reason):
    with pytest.raises(UnreadableFile, match=reason):
        read(content, f"a{suffix}")


def test_one_kind_of_office_file_under_the_name_of_another_is_refused(read):
    with pytest.raises(UnreadableFile, match="another kind of Office file"):
        read(saved(workbook()), "a.pptx")
    with pytest.raises(UnreadableFile, match="another kind of Office file"):
        read(saved(slides()), "a.docx")


def test_a_bomb_is_not_unpacked(read):
    huge = b" " * 100_000_001
    content = changed(saved(workbook()), lambda _: huge, "xl/worksheets/sheet1.xml")
    with pytest.raises(UnreadableFile, match="more than 100,000,000 bytes"):
        read(content, "a.xlsx")


@pytest.mark.parametrize(
    ("value", "form", "shown"),
    [
        (2.5, "[h]:mm", "60:00"),
        (0.25, "[hh]:mm:ss", "6:00:00"),
        (-1.5, "[h]:mm", "-36:00"),
        (2.5, "[m]", "3600"),
        (123, "00000", "00123"),
        (123456, "00000", "123456"),
        (1.5, "0.00", "1.5"),
        (5, '0" dagen"', "5 dagen"),
        (5, "#,##0\\ \\k\\m", "5 km"),
        (5, '"ca. "0', "ca. 5"),
        (5, '"€ "0.00" per dag"', "€ 5.00 per dag"),
        (5, '0.00" €"', "€ 5.00"),
        (1500000, '0.0,," mln"', "1500000"),
        (5, "#,##0_);(#,##0)", "5"),
        (5, "0.00E+00", "5"),
        (5, "[Red]0;[Blue]-0", "5"),
    ],
)
def test_a_number_is_shown_as_its_format_says(value, form, shown):
    styles = etree.fromstring(
        '<s xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><numFmts><numFmt/>'
        '</numFmts><cellXfs><xf numFmtId="200"/></cellXfs></s>'
    )
    number = next(element for element in styles.iter() if element.tag.endswith("numFmt"))
    number.set("numFmtId", "200")
    number.set("formatCode", form)
    assert NumberFormats(styles, from_1904=False).shown(str(value), 0) == shown


@pytest.mark.parametrize("value", ["1E+30000000", "1E-30000000", "0E+30000000"])
def test_a_number_that_no_sheet_can_hold_stays_as_it_is_written(value):
    assert NumberFormats(None, from_1904=False).shown(value, 0) == value


def test_a_hidden_row_parts_no_table(read):
    book = openpyxl.Workbook()
    for row in (("Post", "Bedrag"), ("Riool", 5), ("Geheim", 6), ("Weg", 7)):
        book.active.append(row)
    book.active.row_dimensions[3].hidden = True
    document = read(saved(book), "a.xlsx")
    assert document.text == "Sheet\n\nPost | Bedrag\nRiool | Bedrag: 5\nWeg | Bedrag: 7"
    assert document.warnings == ("Hidden rows, which were left out: 1",)
