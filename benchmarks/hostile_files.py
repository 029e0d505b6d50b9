"""Files that are damaged, hostile or huge, made by script from sound ones and from nothing.

Knows file formats and how parsers are brought down; nothing of how files are read.
"""

import io
import random
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
_SENTENCE = "The quay at the harbour is renewed in the spring of 2026. "


@dataclass(frozen=True, slots=True)
class HostileFile:
    """One file: what is the matter with it, its suffix, its bytes."""

    kind: str
    suffix: str
    content: bytes


def damaged(sound: Sequence[Path], times: int, seed: int) -> Iterator[HostileFile]:
    """Damage each of some sound files so many times in each of several ways."""
    chance = random.Random(seed)
    contents = {path: path.read_bytes() for path in sound}
    for path, content in contents.items():
        for _ in range(times):
            suffix = path.suffix.lower()
            yield HostileFile("truncated", suffix, content[: chance.randrange(len(content) + 1)])
            yield HostileFile("bits flipped", suffix, _flipped(content, chance))
            yield HostileFile("bytes lost", suffix, _holed(content, chance))
            other = contents[chance.choice(list(contents))]
            yield HostileFile("spliced", suffix, _spliced(content, other, chance))
            if suffix == ".docx":
                yield HostileFile("part damaged", suffix, _with_damaged_part(content, chance))
        other_suffix = chance.choice([p.suffix.lower() for p in contents])
        yield HostileFile("wrong suffix", other_suffix, content)


def crafted(size: int) -> Iterator[HostileFile]:
    """Craft files that are built to bring parsers down; `size` is of the largest, in bytes."""
    yield from _bombs(size)
    yield from _deep(size // 1000)
    yield from _wide(size // 1000)
    yield from _long(size)
    chance = random.Random(0)
    for suffix in (".docx", ".html", ".md", ".pdf", ".txt"):
        yield HostileFile("random bytes", suffix, chance.randbytes(100_000))
        yield HostileFile("empty", suffix, b"")
        yield HostileFile("zeros", suffix, bytes(100_000))
        yield HostileFile("one byte", suffix, b"%")


def many_pages(pages: int) -> HostileFile:
    """Make a PDF of so many pages, each with a sentence of its own."""
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b""]
    objects.append(b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>")
    kids = []
    for number in range(1, pages + 1):
        text = f"Page {number} says that rule {number} holds for everybody in the town."
        stream = f"BT /F1 12 Tf 72 720 Td ({text}) Tj ET".encode("ascii")
        kids.append(len(objects) + 1)
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] "
            b"/Resources << /Font << /F1 3 0 R >> >> /Contents %d 0 R >>" % (len(objects) + 2)
        )
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
    listed = b" ".join(b"%d 0 R" % kid for kid in kids)
    objects[1] = b"<< /Type /Pages /Count %d /Kids [%s] >>" % (pages, listed)
    return HostileFile("pdf of many pages", ".pdf", _pdf(objects))


def docx(body: bytes, declarations: bytes = b"") -> bytes:
    """Pack the content of a body as a Word file; its text may be far larger than the file."""
    document = (
        b'<?xml version="1.0"?>' + declarations + b'<w:document xmlns:w="' + _WORD.encode() + b'">'
        b"<w:body>" + body + b"</w:body></w:document>"
    )
    relations = (
        f'<Relationships xmlns="{_RELATIONS}"><Relationship Id="r1" Type="{_OFFICE}" '
        'Target="word/document.xml"/></Relationships>'
    )
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("_rels/.rels", relations)
        package.writestr("word/document.xml", document)
    return packed.getvalue()


def _paragraph(text: bytes) -> bytes:
    return b"<w:p><w:r><w:t>" + text + b"</w:t></w:r></w:p>"


def _bombs(size: int) -> Iterator[HostileFile]:
    """Files that unpack to far more than they are."""
    yield HostileFile("zip bomb", ".docx", docx(_paragraph(b"a" * size)))
    yield HostileFile("zip bomb", ".docx", docx(_paragraph(b"a b. ") * (size // 45)))
    laughs = b"".join(
        b'<!ENTITY l%d "%s">' % (level, b"&l%d;" % (level - 1) * 10) for level in range(1, 10)
    )
    billion = b'<!DOCTYPE x [<!ENTITY l0 "ha">' + laughs + b"]>"
    quadratic = b'<!DOCTYPE x [<!ENTITY a "' + b"a" * 50_000 + b'">]>'
    outside = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    for kind, declarations, text in (
        ("billion laughs", billion, b"&l9;"),
        ("quadratic blow-up", quadratic, b"&a;" * 50_000),
        ("external entity", outside, b"&a; and a sentence."),
    ):
        yield HostileFile(kind, ".docx", docx(_paragraph(text), declarations))
        markup = (
            b"<?xml version='1.0'?>" + declarations + b"<html><body>" + text + b"</body></html>"
        )
        yield HostileFile(kind, ".xhtml", markup)
        yield HostileFile(kind, ".html", markup)


def _deep(depth: int) -> Iterator[HostileFile]:
    """Files whose elements lie in each other."""
    tables = b"<w:tbl><w:tr><w:tc>", b"</w:tc></w:tr></w:tbl>"
    inside = tables[0] * depth + _paragraph(b"deep") + tables[1] * depth
    yield HostileFile("deep nesting", ".docx", docx(inside))
    for tag in (b"div", b"table", b"ul", b"blockquote", b"b"):
        yield HostileFile("deep nesting", ".html", b"<%s>" % tag * depth + _SENTENCE.encode())
    for mark in (b"> ", b"- ", b"[", b"*", b"![", b"`", b"<div>\n", b"* a\n  "):
        yield HostileFile("deep nesting", ".md", mark * depth + _SENTENCE.encode())
    arrays = b"[" * depth + b"]" * depth
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids %s >>" % arrays]
    yield HostileFile("deep nesting", ".pdf", _pdf(objects))
    loop = [b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Count 9 /Kids [2 0 R] >>"]
    yield HostileFile("pages in a circle", ".pdf", _pdf(loop))


def _wide(columns: int) -> Iterator[HostileFile]:
    """Tables of many columns, and of cells that say that they are many."""
    cells = b"".join(b"<td>cell %d</td>" % number for number in range(columns))
    yield HostileFile("many columns", ".html", b"<table><tr>" + cells + b"</tr></table>")
    spanning = b"<td colspan=1000000 rowspan=1000000>wide</td>" * 100
    yield HostileFile("many columns", ".html", b"<table><tr>" + spanning + b"</tr></table>")
    row = b"| cell " * columns + b"|\n"
    yield HostileFile("many columns", ".md", row + b"|---" * columns + b"|\n" + row)
    words = b"".join(b"<w:tc>" + _paragraph(b"cell") + b"</w:tc>" for _ in range(columns))
    yield HostileFile("many columns", ".docx", docx(b"<w:tbl><w:tr>" + words + b"</w:tr></w:tbl>"))
    tabbed = b"\t".join(b"cell %d" % number for number in range(columns))
    yield HostileFile("many columns", ".txt", tabbed)


def _long(size: int) -> Iterator[HostileFile]:
    """Texts of one thing over and over, as regular expressions and sentence borders fear it."""
    for kind, text in (
        ("huge text", _SENTENCE * 20 + "\n\n"),
        ("no blanks", "x"),
        ("no sentences", "word "),
        ("short lines", "a\n"),
    ):
        yield HostileFile(kind, ".txt", text.encode() * (size // len(text)))
    for text in (
        "1. ",
        "1.\n",
        "a.b.",
        "e.g. ",
        "- ",
        "\u00ad",
        "\u0301",
        ". ",
        "“",
        "中",
        "\t",
        "&",
    ):
        long = text.encode() * (size // 100 // len(text.encode())) + _SENTENCE.encode()
        for suffix in (".txt", ".md", ".html"):
            yield HostileFile("one thing over and over", suffix, long)


def _flipped(content: bytes, chance: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(chance.choice((1, 10, 100))):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _holed(content: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(content))
    return content[:start] + content[start + chance.choice((1, 100, 5000)) :]


def _spliced(first: bytes, second: bytes, chance: random.Random) -> bytes:
    return first[: chance.randrange(len(first))] + second[chance.randrange(len(second)) :]


def _with_damaged_part(content: bytes, chance: random.Random) -> bytes:
    """Damage what is inside a zip, so that the zip itself stays sound."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as sound, zipfile.ZipFile(packed, "w") as package:
        chosen = chance.choice(
            [name for name in sound.namelist() if name.endswith(("xml", "rels"))]
        )
        for name in sound.namelist():
            part = sound.read(name)
            package.writestr(name, _flipped(part, chance) if name == chosen else part)
    return packed.getvalue()


def _pdf(objects: Sequence[bytes]) -> bytes:
    written, places = io.BytesIO(), []
    written.write(b"%PDF-1.7\n")
    for number, content in enumerate(objects, start=1):
        places.append(written.tell())
        written.write(b"%d 0 obj\n%s\nendobj\n" % (number, content))
    start = written.tell()
    written.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    written.write(b"".join(b"%010d 00000 n \n" % place for place in places))
    written.write(b"trailer\n<< /Size %d /Root 1 0 R >>\n" % (len(objects) + 1))
    written.write(b"startxref\n%d\n%%%%EOF\n" % start)
    return written.getvalue()
