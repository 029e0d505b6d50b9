"""E-mail messages with what is attached to them, and books."""

import base64
import quopri
import zipfile
from email.message import EmailMessage
from io import BytesIO

import pytest

from index.errors import UnreadableFile
from index.loaders import load

SAMPLE_HTML = "<h1>Bijlage</h1><p>Uit de pagina.</p>"


@pytest.fixture
def read(tmp_path):
    """Return a function that loads content as if it were a file of a name."""

    def read_file(content, name):
        path = tmp_path / name
        path.write_bytes(content)
        return load(path)

    return read_file


def message(subject="Kade dicht", body="Beste buren,\n\nDe kade is dicht.\n"):
    made = EmailMessage()
    made["From"] = "Jürgen <j@example.org>"
    made["To"] = "buren@example.org"
    made["Subject"] = subject
    made["Date"] = "Mon, 02 Mar 2026 09:30:00 +0100"
    made.set_content(body, charset="iso-8859-1")
    return made


def test_a_message_says_who_wrote_what_and_when(read):
    document = read(message("Café open", "Tot in het café.").as_bytes(), "a.eml")
    assert document.title == "Café open"
    assert document.text == (
        "Café open\n\nFrom: Jürgen <j@example.org>\nTo: buren@example.org\n"
        "Date: 2026-03-02 09:30+01:00\n\nTot in het café."
    )


def test_of_alternatives_plain_text_is_read_and_html_where_there_is_none(read):
    made = message()
    made.add_alternative("<p>Anders</p>", subtype="html")
    assert "Anders" not in read(made.as_bytes(), "a.eml").text
    content = b"Subject: x\nContent-Type: text/html; charset=windows-1252\n\n<h1>Kop</h1><p>caf\xe9"
    assert read(content, "b.eml").text == "x\n\nKop\n\ncafé"


def test_attachments_are_read_below_a_heading_or_named(read):
    made = message()
    made.add_attachment(SAMPLE_HTML.encode(), maintype="text", subtype="html", filename="bij.html")
    made.add_attachment(b"PK", maintype="application", subtype="zip", filename="../../etc/a.zip")
    made.add_attachment(b"%PDF-1", maintype="application", subtype="pdf", filename="stuk.pdf")
    made.add_attachment(b"\x89PNG", maintype="image", subtype="png")
    made.add_attachment(message("Binnen", "Ook dit."))
    document = read(made.as_bytes(), "a.eml")
    assert "bij.html\n\nBijlage\n\nUit de pagina." in document.text
    assert document.text.endswith("Date: 2026-03-02 09:30+01:00\n\nOok dit.")
    paths = [section.heading for section in document.sections]
    assert paths == [
        "Kade dicht",
        "Kade dicht › bij.html",
        "Kade dicht › bij.html › Bijlage",
        "Kade dicht › a.zip",
        "Kade dicht › stuk.pdf",
        "Kade dicht › Binnen",
    ]
    for section in document.sections:
        assert document.text.startswith(section.heading.split(" › ")[-1], section.start)
    assert document.warnings == (
        "An attachment of a type that cannot be read: a.zip",
        "An attachment was not read: stuk.pdf (The file is damaged, or it is not a PDF)",
    )


def test_messages_inside_messages_end_somewhere(read):
    made = message("0")
    for number in range(1, 9):
        outer = message(str(number))
        outer.add_attachment(made)
        made = outer
    document = read(made.as_bytes(), "a.eml")
    assert "too deep" in document.warnings[0]
    assert document.text.count("De kade is dicht.") == 5


@pytest.mark.parametrize(
    "content",
    [
        b"From: a@b\nContent-Type: multipart/mixed; boundary=X\n\n--X\nContent-Type: text/plain; "
        b"charset=kapot\n\nhallo caf\xc3\xa9",
        b"From: =?kapot?q?x?=\nTo: \xe9\xe9\nDate: nooit\n\nhallo caf\xe9",
        b"Subject: x\nContent-Transfer-Encoding: base64\n\naGFsbG8gY2Fmw6k=!!",
    ],
)
def test_careless_messages_are_read(read, content):
    assert "hallo café" in read(content, "a.eml").text


def test_attachments_beyond_measure_are_counted(read):
    part = b"--X\nContent-Type: text/csv; name=a.csv\n\na;b\n1;2\n"
    content = b"Subject: x\nContent-Type: multipart/mixed; boundary=X\n\n" + part * 203
    document = read(content, "a.eml")
    assert document.text.count("a: 1 | b: 2") == 200
    assert document.warnings == ("Attachments that were left out, since 200 is the most: 3",)


@pytest.mark.parametrize("content", [b"zomaar tekst", b"Aap: noot\n\nmies", b"%PDF-1.4"])
def test_what_is_no_message_is_refused(read, content):
    with pytest.raises(UnreadableFile, match="not an e-mail message"):
        read(content, "a.eml")


CONTAINER = (
    '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
    '<rootfile full-path="OEBPS/boek.opf"/></rootfiles></container>'
)
PACKAGE = (
    '<package xmlns="http://www.idpf.org/2007/opf" xmlns:dc="http://purl.org/dc/elements/1.1/">'
    "<metadata><dc:title>Het boek</dc:title></metadata><manifest>"
    '<item id="n" href="nav.xhtml" properties="nav"/><item id="b" href="deel%20twee.xhtml"/>'
    '<item id="a" href="een.xhtml"/><item id="c" href="weg.xhtml"/>'
    '<item id="d" href="../../../../etc/passwd"/></manifest><spine><itemref idref="n"/>'
    '<itemref idref="a"/><itemref idref="b"/><itemref idref="c"/><itemref idref="d"/></spine>'
    "</package>"
)


def book(**more):
    content = BytesIO()
    with zipfile.ZipFile(content, "w") as made:
        made.writestr("META-INF/container.xml", CONTAINER)
        made.writestr("OEBPS/boek.opf", PACKAGE)
        made.writestr("OEBPS/nav.xhtml", "<html><body><p>Inhoud</p></body></html>")
        page = "<?xml version='1.0'?><html><title/><body><h1>{}</h1><p>{}</p></body></html>"
        made.writestr("OEBPS/deel twee.xhtml", page.format("Twee", "Het einde."))
        made.writestr("OEBPS/een.xhtml", page.format("Een", "Het begin."))
        for name, text in more.items():
            made.writestr(name.replace("__", "/") + ".xml", text)
    return content.getvalue()


def test_a_book_is_read_chapter_by_chapter(read):
    document = read(book(), "a.epub")
    assert document.title == "Het boek"
    assert document.text == "Een\n\nHet begin.\n\nTwee\n\nHet einde."
    assert [section.heading for section in document.sections] == ["Een", "Twee"]
    assert document.warnings == ("Chapters that are missing from the file: 2",)


def test_a_book_that_is_protected_against_copying_says_so(read):
    name = "http://www.w3.org/2001/04/xmlenc#"
    locked = f'<e xmlns:x="{name}"><x:CipherReference URI="OEBPS/{{}}"/></e>'
    more = {"META-INF__encryption": locked.format("een.xhtml")}
    with pytest.raises(UnreadableFile, match="protected against copying"):
        read(book(**more), "a.epub")
    more = {"META-INF__encryption": locked.format("letter.otf")}
    assert "Het begin." in read(book(**more), "a.epub").text


def test_a_file_inside_an_alternative_that_is_not_read_is_attached_all_the_same(read):
    content = b"""Subject: Begroting
Content-Type: multipart/alternative; boundary=a

--a
Content-Type: text/plain

Zie bijlage.
--a
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/html

<p>Zie de bijlage.</p>
--b
Content-Type: text/csv; name=b.csv
Content-Disposition: attachment; filename=b.csv

post,bedrag
Riool,1000
--b
Content-Type: image/png; name=logo.png
Content-ID: <logo>

PNG
--b--
--a
Content-Type: text/x-amp-html

Zie de bijlage hieronder.
--a
Content-Type: text/calendar

BEGIN:VCALENDAR
--a--
"""
    document = read(content, "a.eml")
    assert "Riool | bedrag: 1000" in document.text
    assert "Zie de bijlage" not in document.text
    assert document.warnings == ("An attachment of a type that cannot be read: text/calendar",)


@pytest.mark.parametrize("encoding", ["base64", "quoted-printable", "8bit"])
def test_an_attached_message_is_read_though_a_program_encoded_it(read, encoding):
    inner = message("Binnen", "De vergadering is op 3 maart, in het café.\n").as_bytes()
    encode = {"base64": base64.encodebytes, "quoted-printable": quopri.encodestring}
    head = f"Content-Type: message/rfc822\nContent-Transfer-Encoding: {encoding}\n\n"
    lines = b"Subject: Door\nContent-Type: multipart/mixed; boundary=a\n\n--a\n" + head.encode()
    content = lines + encode.get(encoding, bytes)(inner) + b"\n--a--\n"
    document = read(content, "a.eml")
    assert "De vergadering is op 3 maart, in het café." in document.text
    assert document.sections[-1].heading == "Door › Binnen"


def test_an_attachment_whose_name_says_nothing_is_read_by_its_type(read):
    made = message()
    made.add_attachment(SAMPLE_HTML.encode(), maintype="text", subtype="html", filename="stuk.tmp")
    made.add_attachment(b"a;b", maintype="application", subtype="x-unknown", filename="b.tmp")
    document = read(made.as_bytes(), "a.eml")
    assert "Uit de pagina." in document.text
    assert document.warnings == ("An attachment of a type that cannot be read: b.tmp",)


def test_a_picture_among_the_chapters_does_not_cost_the_book(read):
    content = BytesIO(book())
    with zipfile.ZipFile(content, "a") as made:
        made.writestr("OEBPS/weg.xhtml", b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(99))
    document = read(content.getvalue(), "a.epub")
    assert document.text == read(book(), "a.epub").text
    assert "Chapters that were not read: 1 (the first is weg.xhtml" in "\n".join(document.warnings)
