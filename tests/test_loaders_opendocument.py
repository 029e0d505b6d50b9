"""OpenDocument texts, presentations and spreadsheets as documents."""

import zipfile
from io import BytesIO

import pytest

from index.errors import UnreadableFile
from index.loaders import load

NAMES = " ".join(
    f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for prefix, name in {
        "office": "office",
        "text": "text",
        "table": "table",
        "draw": "drawing",
        "style": "style",
        "presentation": "presentation",
    }.items()
)


@pytest.fixture
def read(tmp_path):
    """Return a function that loads a body as if it were in a file of a name."""

    def read_file(name, body, styles="", **parts):
        path = tmp_path / name
        path.write_bytes(package(body, styles, **parts))
        return load(path)

    return read_file


def package(body, styles="", **parts):
    content = BytesIO()
    with zipfile.ZipFile(content, "w") as made:
        made.writestr(
            "content.xml",
            f"<office:document-content {NAMES}><office:automatic-styles>{styles}"
            f"</office:automatic-styles><office:body>{body}</office:body>"
            "</office:document-content>",
        )
        for name, text in parts.items():
            made.writestr(name.replace("__", "/") + ".xml", text)
    return content.getvalue()


TWO_COLUMNS = "table:number-columns-spanned='2'"
TWO_ROWS = "table:number-rows-spanned='2'"


def cell(text, more=""):
    return f"<table:table-cell {more}><text:p>{text}</text:p></table:table-cell>"


def test_a_text_reads_as_a_person_reads_it(read):
    styles = (
        '<text:list-style style:name="N"><text:list-level-style-number text:level="1" '
        'style:num-format="1"/><text:list-level-style-bullet text:level="2"/></text:list-style>'
    )
    item = "<text:list-item><text:p>{}</text:p>{}</text:list-item>"
    inner = f"<text:list>{item.format('onder', '')}</text:list>"
    body = (
        '<office:text><text:h text:outline-level="1">Wonen</text:h>'
        "<text:table-of-content><text:p>Wonen 1</text:p></text:table-of-content>"
        "<text:tracked-changes><text:p>weg</text:p></text:tracked-changes>"
        "<text:p>Eerste<text:s text:c='3'/>zin.<text:note>"
        "<text:note-citation>1</text:note-citation>"
        "<text:note-body><text:p>De noot.</text:p></text:note-body></text:note> Tweede<text:tab/>"
        "zin."
        "<office:annotation><text:p>opmerking</text:p></office:annotation></text:p>"
        f'<text:list text:style-name="N">{item.format("een", inner)}{item.format("twee", "")}'
        "</text:list>"
        '<text:section text:display="none"><text:p>verborgen</text:p></text:section>'
        '<text:h text:outline-level="2">Huur</text:h>'
        "<table:table><table:table-header-rows><table:table-row>"
        f"{cell('Wie')}{cell('Bedrag', TWO_COLUMNS)}"
        "<table:covered-table-cell/></table:table-row></table:table-header-rows>"
        "<table:table-row><table:table-cell><text:p>Jan</text:p></table:table-cell>"
        "<table:table-cell table:number-columns-repeated='2'><text:p>5</text:p></table:table-cell>"
        "</table:table-row></table:table></office:text>"
    )
    document = read("mijn-nota.odt", body, styles)
    assert document.text == (
        "Wonen\n\nEerste zin. Tweede zin.\n\n* De noot.\n\n1. een\n  • onder\n2. twee\n\nHuur\n\n"
        "Wie | Bedrag\nJan | Bedrag: 5 | Bedrag: 5"
    )
    assert [section.heading for section in document.sections] == ["Wonen", "Wonen › Huur"]
    assert document.warnings == ("Comments, which were left out: 1",)
    assert document.title == "Wonen"


def test_notes_stand_behind_their_paragraph_in_order(read):
    note = "<text:note><text:note-body><text:p>{}</text:p></text:note-body></text:note>"
    paragraph = f"<text:p>Een{note.format('eerst')} en twee{note.format('dan')}.</text:p>"
    body = f"{paragraph}<text:p>Slot</text:p>"
    document = read("a.odt", f"<office:text>{body}</office:text>")
    assert document.text == "Een en twee.\n\n* eerst\n\n* dan\n\nSlot"


def test_slides_have_their_title_first_and_hidden_ones_are_named(read):
    styles = (
        '<style:style style:name="H"><style:drawing-page-properties '
        'presentation:visibility="hidden"/></style:style>'
    )
    box = "<draw:text-box><text:p>{}</text:p></draw:text-box>"
    frame = f'<draw:frame presentation:class="{{}}">{box}</draw:frame>'
    body = (
        f"<office:presentation><draw:page>{frame.format('outline', 'Tekst.')}"
        f"{frame.format('title', 'Titel')}{frame.format('footer', 'Voet')}"
        f"<presentation:notes>{frame.format('notes', 'Notitie.')}</presentation:notes></draw:page>"
        f'<draw:page draw:style-name="H">{frame.format("title", "Geheim")}</draw:page>'
        f"<draw:page>{frame.format('outline', 'Slot.')}</draw:page></office:presentation>"
    )
    document = read("a.odp", body, styles)
    assert document.text == "Titel\n\nTekst.\n\nNotitie.\n\nSlide 3\n\nSlot."
    assert document.warnings == ("Hidden slides, which were left out: 2",)


def test_sheets_are_read_and_what_they_hide_is_counted(read):
    styles = (
        '<style:style style:name="X"><style:table-properties table:display="false"/></style:style>'
    )
    moment = 'office:date-value="2026-01-01T00:00:00"'
    row = "<table:table-row>{}</table:table-row>".format
    rows = (
        row(cell("Product") + cell("Tarief") + cell("Vanaf") + cell("Geheim"))
        + row(cell("Pas", TWO_ROWS) + cell("€ 7") + cell("1 jan", moment) + cell("x"))
        + row("<table:covered-table-cell/>" + cell("€ 8") + cell("later"))
        + f"<table:table-row table:visibility='collapse'>{cell('weg')}</table:table-row>"
        "<table:table-row table:number-rows-repeated='1048570'><table:table-cell "
        "table:number-columns-repeated='16384'/></table:table-row>"
    )
    columns = (
        "<table:table-column table:number-columns-repeated='3'/>"
        "<table:table-column table:visibility='collapse'/>"
    )
    body = (
        f"<office:spreadsheet><table:table table:name='Leges'>{columns}{rows}</table:table>"
        f"<table:table table:name='Lijst' table:style-name='X'><table:table-row>{cell('q')}"
        "</table:table-row></table:table></office:spreadsheet>"
    )
    document = read("leges.ods", body, styles)
    assert document.text == (
        "Leges\n\nProduct | Tarief | Vanaf\nPas | Tarief: € 7 | Vanaf: 2026-01-01\n"
        "Pas | Tarief: € 8 | Vanaf: later"
    )
    assert document.warnings == (
        "Hidden sheets, which were left out: Lijst",
        "Hidden rows, which were left out: 1",
        "Hidden columns, which were left out: 1",
    )
    assert document.title == "leges"


def test_files_that_cannot_be_read_say_why(read, tmp_path):
    text = "<office:text><text:p>x</text:p></office:text>"
    with pytest.raises(UnreadableFile, match="needs a password"):
        read("a.odt", text, **{"META-INF__manifest": "<m><encryption-data/></m>"})
    with pytest.raises(UnreadableFile, match="no text"):
        read("a.odt", "<office:text><text:p> </text:p></office:text>")
    with pytest.raises(UnreadableFile, match="damaged"):
        read("a.odt", "<office:text>")
    path = tmp_path / "b.odt"
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("word/document.xml", "x")
    with pytest.raises(UnreadableFile, match="another kind of zip file"):
        load(path)


def test_values_that_show_no_text_and_blanks_inside_cells_are_read(read):
    value = "<table:table-cell office:value-type='{}' office:{}value='{}'/>"
    rows = (
        f"<table:table-row>{cell('Wat')}{cell('Hoeveel')}</table:table-row><table:table-row>"
        "<table:table-cell><text:p>a<text:line-break/>b<text:tab/>c<text:s text:c='2'/>d</text:p>"
        f"</table:table-cell>{value.format('float', '', '7.5')}</table:table-row>"
        f"<table:table-row>{cell('e')}{value.format('percentage', '', '0.125')}</table:table-row>"
        f"<table:table-row>{value.format('date', 'date-', '2026-01-01')}"
        f"{value.format('percentage', '', '1E+999999')}</table:table-row>"
    )
    body = f"<office:spreadsheet><table:table>{rows}</table:table></office:spreadsheet>"
    assert read("a.ods", body).text == (
        "Wat | Hoeveel\na b c d | Hoeveel: 7.5\ne | Hoeveel: 12.5%\n"
        "Wat: 2026-01-01 | Hoeveel: 1E+999999"
    )
