"""Web pages and Markdown as documents."""

import pytest

from index.loaders import load
from index.types import Document


@pytest.fixture
def read(tmp_path):
    """Return a function that loads content as if it were a file of a name."""

    def read_file(content: str | bytes, name: str) -> Document:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return load(path)

    return read_file


def headings(document: Document) -> dict[str, str]:
    """Return what stands at the start of each section, by heading path."""
    return {s.heading: document.text[s.start :].split("\n")[0] for s in document.sections}


# Web pages


PAGE = """<!doctype html><html><head><title> Huurtoeslag
 aanvragen </title><style>p {}</style></head><body>
<header><a>Logo</a><nav><ul><li>Home</ul></nav></header>
<main><h1>Huur&shy;toeslag</h1><p>Een <b>vet</b>\n  woord,<br>nieuwe regel.<!-- weg --> Slot.</p>
los <span hidden>x1</span><i style="Display: none">x2</i><b aria-hidden=true>x3</b> eind
<script>x4</script><noscript>x5</noscript><template>x6</template><dialog>x7</dialog>
<form><p>x8 <input value=x9><button>x10</button></p></form>
<h2>Voorwaarden</h2><ul><li>een<li><p>twee</p><ol start=3><li>drie<li>vier</ol></ul>
<table><caption>Bedragen</caption><tr><th>Wie<th><th>Bedrag<tr><td>Jan<br>Piet<td><td>
<ul><li>5<li>6</ul><tr><td colspan=3>Samen</table><pre>a\n  b</pre></main>
<footer><p>Over ons</p><nav>x11</nav></footer></body></html>"""


def test_a_page_reads_as_a_person_reads_it(read):
    document = read(PAGE, "a.html")
    assert document.title == "Huurtoeslag aanvragen"
    assert document.text == (
        "Huurtoeslag\n\nEen vet woord,\nnieuwe regel. Slot.\n\nlos eind\n\nVoorwaarden\n\n"
        "• een\n• twee\n  3. drie\n  4. vier\n\nBedragen\n\n"
        "Wie | | Bedrag\nJan Piet | Bedrag: • 5 • 6\nSamen\n\na\n  b"
    )
    assert headings(document) == {
        "Huurtoeslag": "Huurtoeslag",
        "Huurtoeslag › Voorwaarden": "Voorwaarden",
    }


def test_a_table_that_only_places_text_is_read_cell_by_cell(read):
    page = (
        "<table><tr><td><h2>Kop</h2><p>Een.</p><td><table><tr><td>a<td>b</table></table>"
        "<table><tr><td><p>Twee.</p><p>Drie.</p></table>"
    )
    document = read(page, "a.html")
    assert document.text == "Kop\n\nEen.\n\na | b\n\nTwee.\n\nDrie."
    assert headings(document) == {"Kop": "Kop"}


def test_a_form_around_the_whole_page_does_not_hide_it(read):
    page = "<form><p>Een lange tekst over huur.</p><form>zoek</form></form><form>mening?</form>"
    assert read(page, "a.html").text == "Een lange tekst over huur."


def test_a_header_without_navigation_is_text(read):
    page = "<header><p>Kop</p></header><p>Tekst</p><footer><p>Voet</p></footer>"
    assert read(page, "a.html").text == "Kop\n\nTekst\n\nVoet"


@pytest.mark.parametrize(
    "content",
    [
        b"<meta charset=windows-1252><p>sch\xf6n \x80</p>",
        b"<meta http-equiv=Content-Type content='text/html; charset=iso-8859-1'><p>sch\xf6n \x80",
        b"\xef\xbb\xbf<meta charset=windows-1252><p>sch\xc3\xb6n \xe2\x82\xac",
        b"<meta charset=utf-8><p>sch\xc3\xb6n &euro;",
        b"<meta charset=punycode><p>sch\xc3\xb6n &#8364;",
        "<p>schön €".encode("utf-16"),
        b'<?xml version="1.0" encoding="iso-8859-1"?><html><p>sch\xf6n &euro;</p></html>',
    ],
)
def test_a_page_is_read_in_the_encoding_it_declares(read, content):
    assert read(content, "a.html").text == "schön €"


def test_xhtml_may_close_any_element_in_itself(read):
    page = "<html><head><title/><script src='a'/></head><body><a id='x'/><p>Tekst</p></body></html>"
    document = read(page, "mijn-pagina.xhtml")
    assert (document.title, document.text) == ("mijn pagina", "Tekst")


def test_a_page_of_one_huge_paragraph_is_read_to_its_end(read):
    assert read("<p>" + "x" * 10_500_000 + "<p>einde", "a.html").text.endswith("x\n\neinde")


def test_hostile_nesting_is_cut_off_with_a_warning(read):
    document = read("<p>Voor</p>" + "<div>" * 100_000 + "diep", "a.html")
    assert document.text == "Voor"
    assert "nested too deeply" in document.warnings[0]


def test_no_file_of_the_machine_gets_into_a_page(read, tmp_path):
    secret = tmp_path / "geheim.txt"
    secret.write_text("wachtwoord")
    page = f'<!DOCTYPE html [<!ENTITY x SYSTEM "{secret.as_uri()}">]><p>a &x; b</p>'
    for suffix in (".html", ".xhtml"):
        assert "wachtwoord" not in read(page, f"a{suffix}").text


# Markdown


def test_a_quotation_in_many_quotations_is_read(read):
    lines = [f"{'>' * depth} Antwoord {depth}.\n{'>' * depth}" for depth in range(1, 60)]
    assert "Antwoord 59." in read("Gesprek\n\n" + "\n".join(lines), "a.md").text


def test_markdown_reads_without_its_marks(read):
    document = read(
        "---\r\nauthor: x\r\n---\r\n# De **kop**\r\n\r\n"
        "Tekst met *nadruk*,\r\n~~weg~~ en `code`.\r\n\r\n"
        "| a | b |\r\n|---|---|\r\n| 1 | 2 |\r\n\r\n## Onder #\r\n\r\n1. een\r\n2. twee\r\n\r\n"
        "<script>x</script>\r\n<p>html</p>\r\n\r\n```\r\nregel\r\n\r\n  # geen kop\r\n```\r\n",
        "a.md",
    )
    assert document.title == "De kop"
    assert document.text == (
        "De kop\n\nTekst met nadruk, weg en code.\n\na | b\na: 1 | b: 2\n\nOnder\n\n1. een\n"
        "2. twee\n\nhtml\n\nregel\n\n  # geen kop"
    )
    assert headings(document) == {"De kop": "De kop", "De kop › Onder": "Onder"}


@pytest.mark.parametrize(
    ("front", "title"),
    [("title: 'Een titel'", "Een titel"), ("titel: x", "Kop"), ("title:", "Kop")],
)
def test_the_title_in_front_matter_comes_first(read, front, title):
    document = read(f"---\n{front}\n---\n\nVooraf\n\n# Kop\n", "a.md")
    assert (document.title, document.text) == (title, "Vooraf\n\nKop")


def test_a_rule_at_the_start_is_no_front_matter(read):
    assert read("---\n\nTekst zonder einde", "mijn-nota.md").title == "mijn nota"


def test_a_title_of_any_length_is_cut(read):
    page = f"<title>{'endless ' * 2000}</title><p>The flag is raised at noon.</p>"
    title = read(page.encode(), "flag.html").title
    assert len(title) == 300 and title.endswith("…")


def test_a_form_with_prose_loses_only_its_fields(read):
    page = (
        f"<p>{'lang ' * 50}</p><form><h2>Regels voor aanvragen</h2><p>Alleen inwoners mogen.</p>"
        "<label>Naam <input></label><button>Stuur</button></form>"
    )
    text = read(page, "a.html").text
    assert text.endswith("Regels voor aanvragen\n\nAlleen inwoners mogen.")


def test_readings_above_words_and_words_for_old_browsers_are_no_text(read):
    ruby = "<ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp></ruby>"
    page = f"<noframes>Uw browser is te oud</noframes><p>{ruby}"
    assert read(page, "a.html").text == "漢"
