"""What all loaders have in common, the text they build, and plain text files."""

import pickle
from io import BytesIO
from pathlib import Path

import docx
import openpyxl
import pptx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.errors import UnreadableFile
from index.loaders import LOADERS, load
from index.loaders.cleaning import clean
from index.loaders.joining import joined
from index.loaders.manuscript import Manuscript
from index.loaders.text import unbroken
from index.loaders.titles import is_title, name_of
from index.types import Document, Section

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
INVISIBLE = "\x00\x02\x0c\x85\xa0\xad\u2028\u2029\ufeff\ufffe\ud83d\ude00\r\n\t a"


@pytest.fixture
def write(tmp_path):
    """Return a function that writes a file of a name and gives its path."""

    def write_file(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write_file


@pytest.fixture
def read(write):
    """Return a function that loads content as if it were a file of a name."""

    def read_file(content: str | bytes, name: str) -> Document:
        return load(write(name, content))

    return read_file


# What all files have in common


def test_every_promised_type_has_a_loader():
    promised = (
        ".txt .text .md .markdown .html .htm .xhtml .pdf .docx .docm .dotx .dotm .pptx .pptm .ppsx "
        ".ppsm .potx .potm .xlsx .xlsm .xltx .xltm .odt .ott .ods .ots .odp .otp .rtf .epub .csv "
        ".tsv .json .jsonl .ndjson .eml"
    )
    assert set(LOADERS) == set(promised.split())


def test_readers_can_be_handed_to_another_process():
    assert pickle.loads(pickle.dumps(LOADERS)) == LOADERS


def test_the_suffix_may_be_in_capitals(read):
    assert read("Hallo", "BRIEF.TXT").text == "Hallo"


@pytest.mark.parametrize("suffix", sorted(LOADERS))
@pytest.mark.parametrize("content", [b"", b" \n\t\n ", PNG, b"\x00\x01\x02" * 50])
def test_no_type_makes_a_document_of_nothing_or_of_binary_data(read, suffix, content):
    with pytest.raises(UnreadableFile) as caught:
        read(content, f"geheim{suffix}")
    assert "geheim" not in str(caught.value)
    assert "Traceback" not in str(caught.value)


def test_an_unknown_type_is_refused_with_the_known_ones(read):
    with pytest.raises(UnreadableFile, match=r"type \.exe cannot be read.*\.docx"):
        read("x", "a.exe")


def test_a_file_that_has_vanished_says_so(tmp_path):
    with pytest.raises(UnreadableFile, match="no longer there"):
        load(tmp_path / "weg.txt")


def test_a_folder_is_not_a_file(tmp_path):
    (tmp_path / "map.txt").mkdir()
    with pytest.raises(UnreadableFile, match="not a file"):
        load(tmp_path / "map.txt")


def test_a_forbidden_file_says_what_to_do(tmp_path):
    class ForbiddenPath(type(tmp_path)):
        """A file of somebody else; a test that runs as root could not make one."""

        def read_bytes(self) -> bytes:
            raise PermissionError(13, "Permission denied", str(self))

    path = ForbiddenPath(tmp_path / "a.txt")
    path.touch()
    with pytest.raises(UnreadableFile, match="the right to read"):
        load(path)


@pytest.mark.parametrize(
    ("content", "kind"),
    [(PNG, "PNG"), (b"%PDF-1.4\n", "PDF"), (b"\xd0\xcf\x11\xe0" + b"x" * 9, r"\.doc")],
)
def test_a_file_under_a_false_name_is_called_by_its_true_one(read, content, kind):
    with pytest.raises(UnreadableFile, match=kind):
        read(content, "brief.txt")


@settings(deadline=None)
@given(st.text(st.one_of(st.sampled_from(INVISIBLE), st.characters(categories=None))))
def test_cleaning_clean_text_changes_nothing(text):
    once = clean(text)
    assert clean(once) == once
    once.encode("utf-8")


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("a\r\nb\rc\u2028d", "a\nb\nc\nd"),
        ("a\fb", "a\n\nb"),
        ("  a  \n \n\n\t\nb ", "  a\n\nb"),
        ("hy\u00adphen\ufeff\x00\x02\ufffe\x9f", "hyphen"),
        ("\ud83d\ude00 \ud83d", "\U0001f600 \ufffd"),
        ("caf\u0065\u0301 \u200d\u00a0ﬁ", "caf\u0065\u0301 \u200d\u00a0ﬁ"),
    ],
)
def test_cleaning(text, cleaned):
    assert clean(text) == cleaned


BLOCK = st.text(st.one_of(st.sampled_from(INVISIBLE), st.characters(categories=None)), max_size=30)


@settings(deadline=None)
@given(st.lists(st.tuples(BLOCK, st.booleans(), st.integers(0, 12)), max_size=12))
def test_sections_of_a_manuscript_begin_where_their_headings_stand(blocks):
    manuscript = Manuscript()
    manuscript.add("begin")
    for text, tight, level in blocks:
        if level:
            manuscript.add_heading(text, level)
        else:
            manuscript.add(text, tight=tight)
    document = manuscript.document("titel")
    starts = [section.start for section in document.sections]
    assert starts == sorted(set(starts))
    assert document.text == clean(document.text)
    for section in document.sections:
        assert document.text.startswith(section.heading.split(" › ")[-1], section.start)


@settings(deadline=None)
@given(st.lists(st.tuples(BLOCK, st.integers(1, 3)), max_size=12))
def test_every_page_with_text_is_a_section(blocks):
    manuscript = Manuscript()
    manuscript.add("begin", page=1)
    pages = sorted(page for text, page in blocks if clean(text).strip())
    for text, page in sorted(blocks, key=lambda block: block[1]):
        manuscript.add(text, page=page)
    sections = manuscript.document("titel").sections
    assert [section.page for section in sections] == sorted({1, *pages})
    assert [section.start for section in sections] == sorted({s.start for s in sections})


def test_a_heading_that_begins_a_page_is_one_section_with_it():
    manuscript = Manuscript()
    manuscript.add_heading("Een", 1, page=1)
    manuscript.add("een zin die", page=1)
    manuscript.go_on("doorloopt.", gap=" ", page=2)
    manuscript.end_sections(1)
    manuscript.add("Slot.", page=2)
    document = manuscript.document("titel")
    assert document.text == "Een\n\neen zin die doorloopt.\n\nSlot."
    assert document.sections == (Section(0, 1, "Een"), Section(17, 2, "Een"), Section(29, 2, ""))


def test_characters_that_were_lost_are_counted():
    manuscript = Manuscript()
    manuscript.add("een \ufffd en \ud800")
    assert manuscript.document("t").warnings == (
        "Characters that could not be read: 2 (shown as �)",
    )


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("huur-toeslag_2024-05-01.nl.txt", "huur toeslag 2024-05-01"),
        ("besluit_en-GB.pdf", "besluit"),
        ("nl.md", "nl"),
        ("---.md", "---"),
    ],
)
def test_a_file_name_becomes_a_title(name, title):
    assert name_of(Path(name)) == title


@pytest.mark.parametrize(
    "text",
    ["", "Microsoft Word - nota.doc", "nota definitief.docx", "Untitled", "PowerPoint-presentatie"]
    + ["rapport_2023_v2", "Document1", "12-05-2024", "x" * 500],
)
def test_leavings_of_programs_are_no_titles(text):
    assert not is_title(text)


def test_what_an_author_wrote_is_a_title():
    assert is_title("Nota over de huur in 2024")


# Text files


DUTCH = "Eén van de medewerkers neemt contact op met België over de ministeriële regeling."
FRENCH = "L'été était très chaud. J'ai acheté un café délicieux. Où êtes-vous allés, François ?"
RUSSIAN = "Уважаемые граждане, заявление принято. Оплата производится до первого числа."


@pytest.mark.parametrize(
    ("text", "encoding"),
    [(DUTCH, encoding) for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-32", "utf-16-le")]
    + [(DUTCH, "utf-16-be"), (DUTCH, "cp1252"), (FRENCH, "cp1252"), (RUSSIAN, "cp1251")]
    + [("Geachte heer Müller, uw brief is aangekomen.", "cp1252")]
    + [("これは日本語の文章です。東京は日本の首都です。", "shift_jis")],
)
def test_text_is_read_in_its_encoding(read, text, encoding):
    assert read(text.encode(encoding), "a.txt").text == text


def test_a_spoilt_byte_does_not_cost_the_other_accents(read):
    document = read(DUTCH.encode() * 3 + b"\xff", "a.txt")
    assert document.text == DUTCH * 3 + "\ufffd"
    assert document.warnings


def test_a_paragraph_broken_at_a_fixed_width_becomes_one_line(read):
    document = read(
        "De aanvraag wordt binnen acht weken behandeld door de afdeling\n"
        "Vergunningen, die daarover schriftelijk bericht stuurt aan de e-\n"
        "mailadressen die bekend zijn.\n\n"
        "Gemeente Voorbeeld\nPostbus 1\n1000 AA Voorbeeld\n",
        "a.txt",
    )
    assert document.text == (
        "De aanvraag wordt binnen acht weken behandeld door de afdeling Vergunningen, die daarover "
        "schriftelijk bericht stuurt aan de e-mailadressen die bekend zijn.\n\n"
        "Gemeente Voorbeeld\nPostbus 1\n1000 AA Voorbeeld"
    )
    assert document.sections == ()


@pytest.mark.parametrize(
    "lines",
    [
        ["2024-01-01 12:00:00 INFO de dienst is gestart op poort 8080 en wacht"] * 3,
        ["- een eerste punt dat de hele breedte van de regel in beslag neemt"] * 3,
        ["naam van de gemeente        aantal inwoners        oppervlakte in km"] * 3,
        ["De eerste zin van een gedicht", "heeft geen punt", "en telt niet mee"],
    ],
)
def test_lines_that_mean_something_stay_lines(lines):
    assert unbroken(lines) == lines


@settings(deadline=None)
@given(st.lists(st.text("abC -.\t", min_size=1, max_size=80).filter(str.strip), min_size=1))
def test_joining_lines_loses_no_character(lines):
    def letters(texts: list[str]) -> str:
        return "".join("".join(texts).split())

    assert letters(unbroken(lines)) == letters(lines)


@pytest.mark.parametrize(
    ("before", "after", "whole"),
    [
        ("een", "huis", "een huis"),
        ("gemeen\x02", "telijk", "gemeentelijk"),
        ("Noord\x02", "Holland", "Noord-Holland"),
        ("woon\x02", "en zorgkosten", "woon- en zorgkosten"),
        ("e-", "mail", "e-mail"),
        ("het huis -", "dat daar staat", "het huis - dat daar staat"),
        ("在两", "个汉字", "在两个汉字"),
        ("한국어", "문단", "한국어 문단"),
    ],
)
def test_two_lines_become_one(before, after, whole):
    assert joined(before, after) == whole


# Damage


def word_file() -> bytes:
    document = docx.Document()
    document.add_heading("Kop")
    document.add_table(1, 2)
    content = BytesIO()
    document.save(content)
    return content.getvalue()


def slides() -> bytes:
    presentation = pptx.Presentation()
    slide = presentation.slides.add_slide(presentation.slide_layouts[1])
    slide.shapes.title.text = "Kop"
    slide.placeholders[1].text = "een\ntwee"
    content = BytesIO()
    presentation.save(content)
    return content.getvalue()


def workbook() -> bytes:
    book = openpyxl.Workbook()
    book.active.append(["wat", "hoeveel"])
    book.active.append(["kade", 4.2])
    book.active.merge_cells("A2:A3")
    content = BytesIO()
    book.save(content)
    return content.getvalue()


SAMPLES = {
    ".pdf": b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj "
    b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj "
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]/Contents 4 0 R"
    b"/Resources<</Font<</F<</Type/Font/Subtype/Type1/BaseFont/Courier>>>>>>>>endobj "
    b"4 0 obj<</Length 62>>stream\nBT /F 8 Tf 9 60 Td (Een zin) Tj 0 -10 Td (gaat door.) Tj ET\n"
    b"endstream endobj\ntrailer<</Root 1 0 R>>",
    ".docx": word_file(),
    ".html": "<title>é</title><h1>Kop</h1><table><tr><td>a<td>b</table><ol><li>x".encode(),
    ".md": "---\ntitle: é\n---\n# Kop\n\n* a\n* b\n\n| a |\n|---|\n| b |\n".encode(),
    ".pptx": slides(),
    ".xlsx": workbook(),
    ".rtf": rb"{\rtf1\ansi{\fonttbl{\f0 Arial;}}Caf\'e9 \u8364? x\par a\cell b\cell\row}",
    ".csv": b'naam;jaar\n"Jan; x";2020\n',
    ".json": b'{"a": [{"b": 1.5, "c": null}, ["x", true]]}',
    ".jsonl": b'{"a": 1}\n{"a": "b"}\n',
    ".eml": b"From: =?utf-8?q?J=C3=BC?= <a@b>\nSubject: x\nContent-Type: multipart/mixed; "
    b"boundary=X\n\n--X\n\nhallo\n--X\nContent-Type: text/csv; name=a.csv\n"
    b"Content-Transfer-Encoding: base64\n\nYTtiCjE7Mg==\n--X--",
    ".txt": "Eén tekst\r\nmet twee regels".encode("utf-16"),
}


@pytest.mark.parametrize("suffix", sorted(SAMPLES))
def test_sound_samples_are_read(read, suffix):
    assert len(read(SAMPLES[suffix], f"a{suffix}").text.split()) > 0


@settings(max_examples=300, deadline=None)
@given(data=st.data(), suffix=st.sampled_from(sorted(SAMPLES)))
def test_damage_is_never_worse_than_an_unreadable_file(tmp_path_factory, data, suffix):
    content = bytearray(SAMPLES[suffix])
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), max_size=8)):
        content[place] = data.draw(st.integers(0, 255))
    end = data.draw(st.one_of(st.just(len(content)), st.integers(0, len(content))))
    named = data.draw(st.one_of(st.just(suffix), st.sampled_from(sorted(LOADERS))))
    path = tmp_path_factory.getbasetemp() / f"damaged{named}"
    path.write_bytes(content[:end])
    try:
        document = load(path)
    except UnreadableFile:
        return
    assert document.title
    assert document.text.strip()
