"""Bytes as text: what they declare, else UTF-8, else the likeliest encoding of former days.

Knows encodings and which languages were written in them; nothing of markup or files.
"""

import codecs
from collections.abc import Callable
from functools import cache

from charset_normalizer import CharsetMatch, from_bytes

from index.errors import UnreadableFile
from index.language import UNKNOWN, LanguageDetector
from index.loaders.content import kind_of

_MARKS = {  # UTF-32 first: its little-endian mark begins with that of UTF-16
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}

# What documents were really written in. Left to choose among all that Python has, the guess for
# a short Dutch or German text is often an encoding of DOS or of another continent.
_FORMER = [
    *("cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257"),
    *("koi8_r", "cp932", "euc_jp", "gb18030", "big5", "cp949"),
]

_LATIN = ("cp1252", "cp1250", "cp1254", "cp1257")
"""Those that differ in few letters, so that only the language tells them apart."""

_LANGUAGES = {
    **dict.fromkeys(("cs", "hr", "hu", "pl", "ro", "sk", "sl", "sr"), "cp1250"),
    "tr": "cp1254",
    **dict.fromkeys(("et", "lt", "lv"), "cp1257"),
}
"""The encoding of a language that was not written in cp1252."""

_NEAR = 0.05
"""How much more chaos the right one of those may show: the measure is rough."""

_TELLING = 20_000
"""Characters that show the language."""

# Codecs of Python that no document declares in good faith; some take quadratic time.
_NOT_DECLARABLE = {"idna", "punycode", "raw_unicode_escape", "undefined", "unicode_escape", "utf-7"}

# Browsers read these names as the Windows encodings that hold them.
_WINDOWS = {"iso8859-1": "cp1252", "iso8859-9": "cp1254"}

_SOUND_PER_SPOILT = 4
"""Sound characters beyond ASCII for one that is not: below, the text is in another encoding."""

_NUL_SHARE = 0.3
"""The least share of NUL bytes at even or odd places that tells of UTF-16: Latin text has half."""

_MOST_CONTROLS = 0.02
"""The largest share of control characters in what is still text; random bytes have a tenth."""


def decode(content: bytes, declared: str = "", *, warn: Callable[[str], None] | None = None) -> str:
    """Decode bytes. A byte order mark outweighs the declared encoding, and that a guess.

    `warn` is told of a guess in a sentence for a reader.
    Raises UnreadableFile when the bytes are no text, or in no encoding that can be recognised.
    """
    text = _by_mark(content)
    if text is None:
        _refuse_binary(content)
        text = _by_declaration(content, declared)
    if text is None:
        text = _by_utf8(content)
    if text is None:
        match = _guess(content)
        text = str(match)
        if warn:
            warn(f"The file does not say its encoding; {match.encoding} was guessed")
    controls = sum(text.count(chr(code)) for code in (*range(9), *range(14, 27), *range(28, 32)))
    if controls > _MOST_CONTROLS * len(text):
        raise UnreadableFile("The file holds binary data, not text")
    return text


def _by_mark(content: bytes) -> str | None:
    for mark, encoding in _MARKS.items():
        if content.startswith(mark):
            return content.decode(encoding, "replace")
    return None


def _refuse_binary(content: bytes) -> None:
    kind = kind_of(content)
    if kind:
        raise UnreadableFile(f"The file is {kind}, not text; give it the right suffix")


def _by_declaration(content: bytes, declared: str) -> str | None:
    try:
        name = codecs.lookup(declared).name
        if name in _NOT_DECLARABLE or name.startswith(("utf-16", "utf-32")):
            return None
        return content.decode(_WINDOWS.get(name, name))
    except (LookupError, ValueError):
        return None


def _by_utf8(content: bytes) -> str | None:
    """Decode UTF-8, of which a few bytes may be spoilt, and UTF-16 that lacks its mark."""
    wide = _wide_encoding(content)
    text = content.decode(wide or "utf-8", "replace")
    spoilt = text.count("\ufffd")
    if wide or not spoilt:
        return text
    sound = sum(character > "\x7f" for character in text) - spoilt
    return text if sound > _SOUND_PER_SPOILT * spoilt else None


def _wide_encoding(content: bytes) -> str:
    if b"\x00" not in content:
        return ""
    least = _NUL_SHARE * len(content) / 2
    high, low = content[1::2].count(0), content[0::2].count(0)
    if high > least > low:
        return "utf-16-le"
    if low > least > high:
        return "utf-16-be"
    raise UnreadableFile("The file holds binary data, not text")


def _guess(content: bytes) -> CharsetMatch:
    matches = from_bytes(content, cp_isolation=_FORMER)
    best = matches.best()
    if best is None:
        raise UnreadableFile("The encoding of the file is not known; save it as UTF-8")
    if not set(best.could_be_from_charset) & set(_LATIN):
        return best
    near = [match for match in matches if match.chaos <= best.chaos + _NEAR]
    latin = [(name, match) for name in _LATIN for match in near if _is(match, name)]
    if len({match.encoding for _, match in latin}) == 1:
        return best
    languages = _detector()
    for name, match in latin:
        language = languages.detect(str(match)[:_TELLING])
        if language != UNKNOWN and _LANGUAGES.get(language, _LATIN[0]) == name:
            return match
    return latin[0][1]


def _is(match: CharsetMatch, name: str) -> bool:
    """Say whether a guess is an encoding, or another that gives the same text."""
    return name in match.could_be_from_charset


@cache
def _detector() -> LanguageDetector:
    """Load the model once for all files of a process: it takes longer than to read most."""
    return LanguageDetector()
