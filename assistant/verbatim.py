"""Whether a text holds a quotation word for word, and where.

Knows characters and their forms; nothing of quotation marks in a stream, or of who quotes.
"""

import unicodedata
from collections.abc import Iterator

import regex

from index.passages import width
from index.types import Span

_FEWEST_WORDS = 4
_FEWEST_COLUMNS = 12
"""Less is a term or an irony; columns are those of scripts that part no words with blanks."""

_FEWEST_WORDS_OF_A_PART = 2
_FEWEST_COLUMNS_OF_A_PART = 6

_UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tibetan}"
_UNSPACED_CHARACTER = regex.compile(rf"[{_UNSPACED}]")
_WORD_CHARACTER = rf"[[\p{{L}}\p{{M}}\p{{N}}]--[{_UNSPACED}\p{{Hangul}}]]"
"""What may not be parted; Korean writes particles onto words, which a quotation leaves out."""

_ELLIPSIS = regex.compile(r"[(\[]?\s*(?:…|\.{3,}|⋯)\s*[)\]]?")
QUOTE_CHARACTERS = "\"'`´‘’‚‛“”„‟«»‹›「」『』＂＇"
_IGNORED = frozenset(QUOTE_CHARACTERS + "*")
_BRACKETS = {"[": "(", "]": ")", "【": "(", "】": ")"}
"""A source in a prompt has round ones, lest a number in brackets be read as a mark."""

_BRACKETS = {"[": "(", "]": ")", "【": "(", "】": ")"}
"""A source in a prompt has round ones, lest a number in them be read as a mark."""

_DASHES = frozenset("-‐‑‒–—―−﹣－")
_EDGES = " .,;:!?。、，；：！？؟،؛।"


def is_long_enough(words: str) -> bool:
    """Say whether words between quotation marks are a quotation, and not a term."""
    return _is_long(words, _FEWEST_WORDS, _FEWEST_COLUMNS)


def locate(quotation: str, text: str) -> Span | None:
    """Find a quotation in a text as `QuotableText` does; None where the text does not hold it."""
    return QuotableText(text).find(quotation)


class QuotableText:
    """A text in which quotations are looked up."""

    def __init__(self, text: str) -> None:
        self._folded, self._places = _fold(text)

    def find(self, quotation: str) -> Span | None:
        """Find a quotation; None where the text does not hold it.

        Case, white space, the forms of characters (NFKC), of quotation marks, brackets and dashes
        do not count, nor do emphasis and punctuation at the ends. Whole words and numbers must
        match. An ellipsis is the text's own, or joins parts that the text holds in the same order.
        """
        whole = _fold(quotation)[0].strip(_EDGES)
        parts = [_fold(part)[0].strip(_EDGES) for part in _ELLIPSIS.split(quotation)]
        parts = [part for part in parts if part]
        if not parts:
            return None
        if found := self._find([whole]):
            return found
        least = (_FEWEST_WORDS_OF_A_PART, _FEWEST_COLUMNS_OF_A_PART)
        is_told_apart = len(parts) > 1 and all(_is_long(part, *least) for part in parts)
        return self._find(parts) if is_told_apart or len(parts) == 1 else None

    def _find(self, parts: list[str]) -> Span | None:
        start, end = -1, 0
        for part in parts:
            found = _whole(part).search(self._folded, end)
            if found is None:
                return None
            start, end = (found.start() if start < 0 else start), found.end()
        return Span(self._places[start].start, self._places[end - 1].end)


def _is_long(words: str, fewest_words: int, fewest_columns: int) -> bool:
    columns = width("".join(_UNSPACED_CHARACTER.findall(words)))
    return columns >= fewest_columns or len(words.split()) >= fewest_words


def _fold(text: str) -> tuple[str, list[Span]]:
    """Write a text so that equal quotations are equal, with the place of each character."""
    folded: list[str] = []
    places: list[Span] = []
    for cluster in regex.finditer(r"\X", text):
        for character in _form(cluster.group()):
            before = folded[-1] if folded else " "
            if character == " " and before in " -":
                continue
            if character == "-" and folded and before == " ":
                folded.pop()
                places.pop()
            folded.append(character)
            places.append(Span(*cluster.span()))
    return "".join(folded), places


def _form(cluster: str) -> Iterator[str]:
    for character in unicodedata.normalize("NFKC", cluster).casefold():
        if character.isspace():
            yield " "
        elif character in _DASHES:
            yield "-"
        elif character in _BRACKETS:
            yield _BRACKETS[character]
        elif character in _BRACKETS:
            yield _BRACKETS[character]
        elif character not in _IGNORED and unicodedata.category(character) != "Cf":
            yield character


def _whole(part: str) -> "regex.Pattern[str]":
    """Match a part that begins and ends where a word or a number does."""
    pattern = regex.escape(part)
    if regex.match(_WORD_CHARACTER, part, regex.V1):
        inside_number = r"(?<!\d[.,])(?<!-)" if part[0].isdigit() else ""
        pattern = rf"(?<!{_WORD_CHARACTER}){inside_number}{pattern}"
    if regex.match(_WORD_CHARACTER, part[-1], regex.V1):
        pattern += rf"(?!{_WORD_CHARACTER})" + (r"(?![.,]\d)" if part[-1].isdigit() else "")
    return regex.compile(pattern, regex.V1)
