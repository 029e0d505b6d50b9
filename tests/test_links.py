"""Links, images and tags in what a model writes: gone, unless a source holds the address."""

import time

import pytest
import regex
from hypothesis import example, given
from hypothesis import strategies as st

from assistant.links import LinkFilter, addresses, inert

SOURCES = (
    "Apply at https://www.town.example/apply, or write to info@town.example.",
    "More on library.example. See also (https://x.example/y_(z)) and http://a.example/b?c=1.",
)
HOLDS = addresses(SOURCES)
PIECES = (1, 2, 3, 7, 10_000)


def written(text, size=3, holds=HOLDS):
    """Pass a text through a filter, some characters at a time."""
    result = LinkFilter(holds)
    for start in range(0, len(text), size):
        result.feed(text[start : start + size])
    result.finish()
    return result


GONE = [
    (
        "The office opens [1]. [more](https://evil.example/?q=1) [2].",
        "The office opens [1]. more [2].",
    ),
    ("![x](https://evil.example/a.png) Nine [1].", " Nine [1]."),
    ("![x [1]](//evil.example/a.png) Nine.", "[1] Nine."),
    ("See https://evil.example/q.", "See …."),
    ("See evil.example/x?y=1 now", "See … now"),
    ("See www.evil.example now", "See … now"),
    ("See //evil.example/x now", "See … now"),
    ("Write to info@evil.example now", "Write to … now"),
    ("See <https://evil.example/x> now", "See … now"),
    ("A [mailto](mailto:a@evil.example?body=x) now", "A mailto now"),
    ("[x](javascript:alert(1)) now", "x now"),
    ("[x](JaVaScRiPt&colon;alert(1)) now", "x now"),
    ("javascript&#58;alert(1) now", "… now"),
    ("data:text/html;base64,AAAA now", "… now"),
    ("[more][m] here\n\n[m]: https://evil.example/m", "[more][m] here\n\n[m] : …"),
    ("［点］（https：//evil．example/x） 好", "点 好"),
    ("ht\u200btps://ev\u2060il.example/x now", "… now"),
    ("ht\u200dtps://evil.example now", "… now"),
    ("ht<b>tps://evil.example/x</b> now", "… now"),
    ("java[](a b)script:alert(1) now", "java[] (a b)script:alert(1) now"),
    ("hxxps://evil[.]example/k and http:\\\\evil.example\\k", "… and …"),
    (
        "访问https://evil.example/abc获取更多信息。九点开门。请问吗？",
        "访问…获取更多信息。九点开门。请问吗？",
    ),
    ("[see [1] there](https://evil.example/a(b)c) now", "see [1] there now"),
    ("[1](https://evil.example) now", "[1] now"),
    ("[x](https://town.example/apply?q=secret) now", "x now"),
    ("[https://town.example](https://evil.example) now", "… now"),
    ("<img src=x onerror=alert(1)> now", " now"),
    ("<script>alert(1)</script> now", "alert(1) now"),
    ("<a\nhref='https://evil.example'>click</a> now", "click now"),
    ("Run `curl https://evil.example` now", "Run `curl …` now"),
    ("file:///etc/passwd and ftp://evil.example", "… and …"),
]


@pytest.mark.parametrize("size", PIECES)
@pytest.mark.parametrize(("text", "left"), GONE)
def test_what_no_source_holds_goes(text, left, size):
    assert written(text, size).text == left


@pytest.mark.parametrize("size", PIECES)
@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("See https://www.town.example/apply.", "See https://www.town.example/apply."),
        ("See (https://x.example/y_(z)) now", "See (https://x.example/y_(z)) now"),
        (
            "[Apply](https://www.town.example/apply) now",
            "Apply (https://www.town.example/apply) now",
        ),
        (
            '[Apply]( https://www.town.example/apply "Go") now',
            "Apply (https://www.town.example/apply) now",
        ),
        ("See <https://www.town.example/apply> now", "See https://www.town.example/apply now"),
        ("Write to info@town.example, or mailto:info@town.example", None),
        ("https://library.example/ has more", None),
    ],
)
def test_an_address_that_a_source_holds_stays(text, left, size):
    result = written(text, size)
    assert result.text == (left or text)
    assert (result.links, result.markup) == (0, 0)


@pytest.mark.parametrize(
    "text",
    [
        "It costs 4.2 euros [1][2], and/or 1.5/2.0 km/h; a < b, z.B. und Node.js, NATO/EU (see 2).",
        "Data: 12 mei. Data:2026-05-01. Tel: 030/123. Note: see [the annex] and [1] (p. 3).",
        "می‌خواهم بدانم [1]. क्‍ष 👩‍👧 נכון.",
        "九点开门。请问吗？Tel：12（周一）［见附件］",
        "1. First\n2. Second `x = a[1](2)`\n\n- **Third** [1]\n",
    ],
)
def test_ordinary_text_passes(text):
    result = written(text)
    assert result.text == text.replace("](", "] (").replace("] (2)", "]")
    assert result.links <= 1


def test_a_scheme_with_a_letter_of_another_script_goes():
    assert "evil" not in written("һttps://evil.example/x now", 1).text


@pytest.mark.parametrize("address", ["javascript:alert(1)", "file:///etc/passwd", "data:a/b,c"])
def test_no_source_can_offer_a_script_or_a_file(address):
    result = written(f"[x]({address}) or {address} now", holds=addresses([f"Click {address} now"]))
    assert result.text == "x or … now"


def test_what_goes_is_counted():
    result = written("[a](https://evil.example) <b>x</b> ![i](x) //evil.example/y z@evil.example")
    assert (result.links, result.markup) == (3, 3)


@pytest.mark.parametrize(
    "text",
    ["x [long " + "word " * 300 + "](https://evil.example/x) end", "<img " + "a " * 400 + ">"],
)
def test_a_bracket_that_stays_open_is_broken_not_held_for_ever(text):
    result = LinkFilter(HOLDS)
    for start in range(0, len(text), 3):
        result.feed(text[start : start + 3])
        assert len(result._held) < 650
    result.finish()
    assert "evil" not in result.text and "](" not in result.text and "<img" not in result.text


@pytest.mark.parametrize("text", ["[" * 600, "x" * 8000, "a[b " * 200, "<a " * 300, "![a](" * 300])
def test_hostile_text_takes_no_long_time(text):
    begun = time.process_time()
    written(text)
    assert time.process_time() - begun < 5


LINK = regex.compile(r"\]\(|<\p{L}|https?:/|javascript:[a-z]|data:text|\bwww\.\w", regex.IGNORECASE)
PARTS = st.sampled_from(
    [
        "[",
        "]",
        "(",
        ")",
        "!",
        "<",
        ">",
        "a",
        " ",
        "\n",
        "1",
        "https",
        ":",
        "//",
        "evil.example",
        "/x",
    ]
    + [
        "www.",
        "java",
        "script:",
        "<b>",
        "\u200b",
        "\\",
        "[1]",
        "`",
        "@",
        "data:",
        "text/html,",
        "。",
    ]
)


@given(st.lists(PARTS, max_size=14), st.integers(1, 5))
@example(parts=["<", "a", "[", ">", " "], size=1)
def test_no_mixture_becomes_a_link_in_any_snapshot(parts, size):
    text = "".join(parts)
    result = LinkFilter(HOLDS)
    shown = []
    for start in range(0, len(text), size):
        result.feed(text[start : start + size])
        shown.append(result.text)
    result.finish()
    shown.append(result.text)
    for earlier, later in zip(shown, shown[1:], strict=False):
        assert later.startswith(earlier)
    for snapshot in shown:
        assert not LINK.search(snapshot)


def test_a_quotation_is_made_inert_and_stays_readable():
    assert inert("![x](https://a.example) <b>y</b>") == "![x] (https://a.example) < b>y< /b>"
    assert inert("a < b, f(x) [1]") == "a < b, f(x) [1]"
