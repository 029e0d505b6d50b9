"""Word files as documents: what Word shows is read, what it computes too."""

import zipfile
from io import BytesIO

import docx
import pytest

from index.errors import UnreadableFile
from index.loaders import load
from index.types import Document

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
COMPATIBILITY = "http://schemas.openxmlformats.org/markup-compatibility/2006"


@pytest.fixture
def read(tmp_path):
    """Return a function that loads content as if it were a file of a name."""

    def read_file(content: bytes, name: str) -> Document:
        path = tmp_path / name
        path.write_bytes(content)
        return load(path)

    return read_file


def word_file(body: str, **parts: str) -> bytes:
    """Write a Word file with a body, and the parts "styles", "numbering" and "footnotes"."""
    targets = "".join(
        f'<Relationship Id="{name}" Type="{RELATIONS}/{name}" Target="{name}.xml"/>'
        for name in (*parts, "gone")
    )
    names = f'xmlns:w="{WORD}" xmlns:mc="{COMPATIBILITY}"'
    content = BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr(
            "_rels/.rels",
            f'<Relationships><Relationship Id="a" Type="{RELATIONS}/officeDocument" '
            'Target="word/document.xml"/></Relationships>',
        )
        package.writestr(
            "word/_rels/document.xml.rels", f"<Relationships>{targets}</Relationships>"
        )
        package.writestr(
            "word/document.xml", f"<w:document {names}><w:body>{body}</w:body></w:document>"
        )
        for name, text in parts.items():
            package.writestr(f"word/{name}.xml", f"<w:{name} {names}>{text}</w:{name}>")
    return content.getvalue()


def p(text: str, properties: str = "") -> str:
    """Write a paragraph; `text` may hold markup of runs when it begins with "<"."""
    runs = text if text.startswith("<") else f"<w:r><w:t>{text}</w:t></w:r>"
    return f"<w:p><w:pPr>{properties}</w:pPr>{runs}</w:p>"


def row(*cells: str) -> str:
    inner = "".join(f"<w:tc>{c if c.startswith('<') else p(c)}</w:tc>" for c in cells)
    return f"<w:tr>{inner}</w:tr>"


def test_a_word_document_reads_as_a_person_reads_it(read):
    made = docx.Document()
    made.core_properties.title = "Nota over wonen"
    made.add_heading("Wonen", 1)
    made.add_paragraph("Eerste alinea.")
    made.add_heading("Huur", 2)
    made.add_paragraph("een", style="List Bullet")
    made.add_paragraph("twee", style="List Bullet")
    made.add_paragraph("stap", style="List Number")
    table = made.add_table(2, 3)
    table.cell(0, 0).merge(table.cell(0, 1)).text = "samen"
    table.cell(1, 0).merge(table.cell(1, 0)).text = "a"
    table.cell(1, 2).text = "c"
    made.add_paragraph("Slot.")
    content = BytesIO()
    made.save(content)
    document = read(content.getvalue(), "a.docx")
    assert document.title == "Nota over wonen"
    assert document.text == (
        "Wonen\n\nEerste alinea.\n\nHuur\n\n• een\n• twee\n1. stap\n\nsamen\na | | c\n\nSlot."
    )
    assert [section.heading for section in document.sections] == ["Wonen", "Wonen › Huur"]


def test_what_word_shows_is_read_and_what_it_hides_is_not(read):
    run = "<w:r>{}</w:r>"
    box = f"<w:txbxContent>{p('Tekstvak.')}</w:txbxContent>"
    body = p(
        f"<w:ins>{run.format('<w:t>bij</w:t>')}</w:ins>"
        f"<w:del>{run.format('<w:delText>weg</w:delText><w:t>weg</w:t>')}</w:del>"
        f"<w:moveFrom>{run.format('<w:t>weg</w:t>')}</w:moveFrom>"
        f"<w:hyperlink>{run.format('<w:t> koppeling</w:t>')}</w:hyperlink>"
        f"<w:sdt><w:sdtContent>{run.format('<w:tab/><w:t>veld</w:t>')}</w:sdtContent></w:sdt>"
        f"{run.format('<w:br/><w:t>e</w:t><w:noBreakHyphen/><w:t>mail</w:t>')}"
        f"{run.format('<w:rPr><w:vanish/></w:rPr><w:t>verborgen</w:t>')}"
        f"{run.format('<w:instrText>PAGE</w:instrText>')}",
    )
    body += f"<w:sdt><w:sdtPr/><w:sdtContent>{p('Blok.')}</w:sdtContent></w:sdt>"
    body += p(
        f"<w:r><mc:AlternateContent><mc:Choice>{box}</mc:Choice><mc:Fallback>{box}</mc:Fallback>"
        "</mc:AlternateContent></w:r>"
    )
    document = read(word_file(body), "mijn-brief.docx")
    assert document.text == "bij koppeling\tveld\ne-mail\n\nBlok.\n\nTekstvak."
    assert document.title == "mijn brief"


def test_headings_are_known_by_style_inheritance_and_outline(read):
    styles = (
        '<w:style w:styleId="Kop1"><w:name w:val="heading 1"/></w:style>'
        '<w:style w:styleId="Eigen"><w:name w:val="Eigen"/><w:basedOn w:val="Kop1"/></w:style>'
        '<w:style w:styleId="Lus"><w:name w:val="Lus"/><w:basedOn w:val="Lus"/></w:style>'
        '<w:style w:styleId="Inhopg1"><w:name w:val="toc 1"/></w:style>'
    )
    body = (
        p("Eigen kop 3", '<w:pStyle w:val="Inhopg1"/>')
        + p("Eigen kop", '<w:pStyle w:val="Eigen"/>')
        + p("Niveau", '<w:outlineLvl w:val="1"/>')
        + p("Tekst", '<w:pStyle w:val="Lus"/><w:outlineLvl w:val="9"/>')
    )
    document = read(word_file(body, styles=styles), "a.docx")
    assert document.title == "Eigen kop"
    assert [section.heading for section in document.sections] == ["Eigen kop", "Eigen kop › Niveau"]
    assert document.text == "Eigen kop\n\nNiveau\n\nTekst"


def test_numbers_that_word_computes_are_read(read):
    levels = (
        '<w:lvl w:ilvl="0"><w:numFmt w:val="decimal"/><w:lvlText w:val="Artikel %1"/></w:lvl>'
        '<w:lvl w:ilvl="1"><w:numFmt w:val="lowerLetter"/><w:lvlText w:val="%1.%2)"/></w:lvl>'
        '<w:lvl w:ilvl="2"><w:start w:val="4"/><w:numFmt w:val="upperRoman"/>'
        '<w:lvlText w:val="%3."/></w:lvl>'
    )
    numbering = (
        f'<w:abstractNum w:abstractNumId="0">{levels}</w:abstractNum>'
        '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>'
        '<w:num w:numId="2"><w:abstractNumId w:val="0"/><w:lvlOverride w:ilvl="0">'
        '<w:startOverride w:val="7"/></w:lvlOverride></w:num>'
    )
    places = [("1", 0), ("1", 1), ("1", 1), ("1", 0), ("1", 1), ("1", 2), ("2", 0), ("2", 0)]
    body = "".join(
        p("x", f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr>')
        for number, level in places
    )
    assert read(word_file(body, numbering=numbering), "a.docx").text == (
        "Artikel 1 x\n  1.a) x\n  1.b) x\nArtikel 2 x\n  2.a) x\n    IV. x\n"
        "Artikel 7 x\nArtikel 8 x"
    )


def test_tables_in_tables_and_notes_are_read_in_place(read):
    inner = f"<w:tbl>{row('b', 'c')}</w:tbl>{p('na')}"
    note = '<w:r><w:footnoteReference w:id="2"/></w:r>'
    deleted = f"<w:tr><w:trPr><w:del/></w:trPr><w:tc>{p('weg')}</w:tc></w:tr>"
    body = f"<w:tbl>{row('a', inner)}{row('d', '<w:p/>', 'e')}{deleted}</w:tbl>"
    body += p(f"<w:r><w:t>Zin.</w:t></w:r>{note}") + p("Slot.")
    footnotes = f'<w:footnote w:id="2">{p("De noot.")}</w:footnote>'
    document = read(word_file(body, footnotes=footnotes), "a.docx")
    assert document.text == "a\n\nb | c\n\nna\n\nd | | e\n\nZin.\n* De noot.\n\nSlot."


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"), "needs a password"),
        (b"\xd0\xcf\x11\xe0" + b"WordDocument", r"an old Office file, such as \.doc"),
        (b"Beste lezer,", "not a Word document"),
        (b"PK\x03\x04" + b"x" * 99, "damaged"),
        (word_file(p(" ")), "no text"),
        (word_file(p("x") * 20)[:-40], "damaged"),
        (word_file("<w:sdt>" * 5_000 + "</w:sdt>" * 5_000), "damaged"),
        (word_file(p("x") + " " * 100_000_000), "more than 100,000,000 bytes"),
        (word_file(p("x")).replace(b"word/document.xml", b"word/DOCUMENT.xml"), "damaged"),
    ],
    ids="password old text broken blank cut deep bomb renamed".split(),
)
def test_word_files_that_cannot_be_read_say_why(read, content, reason):
    with pytest.raises(UnreadableFile, match=reason):
        read(content, "a.docx")


def test_signs_of_symbol_fonts_and_fields_of_forms_are_read(read):
    content = word_file(
        '<w:p><w:r><w:sym w:font="Wingdings" w:char="F0FE"/><w:t> ja </w:t>'
        '<w:sym w:font="Wingdings" w:char="F0A8"/><w:t> nee </w:t>'
        '<w:sym w:font="Arial" w:char="20AC"/><w:sym w:font="Unknown" w:char="F0FE"/></w:r></w:p>'
        '<w:p><w:r><w:fldChar w:fldCharType="begin"><w:ffData><w:ddList><w:result w:val="1"/>'
        '<w:listEntry w:val="laag"/><w:listEntry w:val="hoog"/></w:ddList></w:ffData></w:fldChar>'
        '</w:r></w:p><w:p><w:r><w:fldChar><w:ffData><w:checkBox><w:default w:val="0"/><w:checked/>'
        "</w:checkBox></w:ffData></w:fldChar><w:t> akkoord</w:t></w:r></w:p><w:altChunk/>"
    )
    document = read(content, "a.docx")
    assert document.text == "☑ ja ☐ nee €\ufffd\n\nhoog\n\n☒ akkoord"
    assert "Parts in another format, which were left out: 1" in document.warnings[0]
    assert "Characters that could not be read: 1" in document.warnings[1]
