"""Finds what a model puts between quotation marks, as it writes, and lets only what is held stand.

Knows text; nothing of sources, of the numbers of marks, or of pages.
"""

from collections.abc import Callable, Iterator

import regex

from assistant.verbatim import QUOTE_CHARACTERS, is_long_enough
from index.types import Span

_CLOSING = {
    "“": '”"',
    "„": '“”"',
    '"': '"',
    "＂": "＂",
    "«": "»",
    "»": "«",
    "‹": "›",
    "「": "」",
    "『": "』",
    "‚": "‘’",
    "‘": "’",
}
_ALSO_OTHERWISE = "‘‚»"
"""As likely an apostrophe, a comma or an arrow, where nothing closes it."""

_LONGEST = 1200
"""In characters: about what a model may write for an answer."""

_MARK = regex.compile(
    r"\s*(?:\[\[[^\[\]]{1,40}\]\]|[\[【［][^\[\]【】［］]{0,30}\d[^\[\]【】［］]{0,9}[\]】］])"
)
_BLOCK_LINE = regex.compile(r"(?m)^ {0,3}> ?")
_SPACED_LETTER = regex.compile(
    r"[[\p{L}\p{N}]--[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Thai}]]", regex.V1
)


class QuotationParser:
    """Passes a stream on, with quotation marks around nothing but what `holds` says is held.

    An open quotation is held back until it closes, so that what was shown never changes. What is
    shorter than a quotation stays as it is. A Markdown blockquote is passed on as a quotation in
    “ ”, or as plain text. Marks such as [1] inside a quotation go behind it. `misquoted` counts
    the quotations that lost their quotation marks.
    """

    def __init__(self, holds: Callable[[str], bool]) -> None:
        self._holds = holds
        self._held = ""
        self._line = ""
        self._in_code = False
        self._passed: list[str] = []
        self.misquoted = 0

    def feed(self, piece: str) -> str:
        """Take in a piece of the stream; gives what is certain by now."""
        for character in piece:
            self._take(character)
        return self._certain()

    def finish(self) -> str:
        """Give what is still held back: the stream ended inside a quotation."""
        while self._held:
            if self._held[0] != ">" and closing(self._held + " ") == len(self._held) - 1:
                self._close(self._held)
            else:
                self._give_up()
        return self._certain()

    def _certain(self) -> str:
        text = "".join(self._passed)
        self._passed.clear()
        return text

    def _take(self, character: str) -> None:
        if not self._held:
            if self._opens(character):
                self._held = character
            else:
                self._pass_on(character)
            return
        self._held += character
        if self._held[0] == ">":
            self._try_end_of_block()
        elif (end := closing(self._held)) is not None:
            after = self._held[end + 1 :]
            self._close(self._held[: end + 1])
            self._take_all(after)
        elif self._held.endswith("\n\n"):
            self._give_up()
        if len(self._held) > _LONGEST:
            self._give_up()

    def _take_all(self, text: str) -> None:
        for character in text:
            self._take(character)

    def _pass_on(self, text: str) -> None:
        self._passed.append(text)
        for character in text:
            self._in_code ^= character == "`"
            self._line = "" if character == "\n" else self._line + character

    def _opens(self, character: str) -> bool:
        if self._in_code:
            return False
        if character == ">":
            return not self._line.strip(" ") and len(self._line) <= 3
        return _may_open(character, self._line[-1:])

    def _close(self, quotation: str) -> None:
        """Pass on what is closed, with its quotation marks or without."""
        self._held = ""
        words, marks = _parted(quotation[1:-1])
        if not is_long_enough(words):
            self._pass_on(quotation)
        elif not self._holds(words):
            self.misquoted += 1
            self._take_all(quotation[1:-1].strip())
        elif marks:
            self._pass_on(f"{quotation[0]}{words}{quotation[-1]}{marks}")
        else:
            self._pass_on(quotation)

    def _give_up(self) -> None:
        """Take what does not close for no quotation, unless its end is all that is missing."""
        held, self._held = self._held, ""
        words, _ = _parted(held[1:])
        if held[0] == ">":
            self._end_block(held)
        elif not is_long_enough(words) or held[0] in _ALSO_OTHERWISE:
            self._pass_on(held[0])
            self._take_all(held[1:])
        elif self._holds(words):
            self._pass_on(held)
        else:
            self.misquoted += 1
            self._take_all(held[1:])

    def _try_end_of_block(self) -> None:
        before, newline, line = self._held.rpartition("\n")
        if newline and line.strip(" ") and not _BLOCK_LINE.match(line):
            self._held = ""
            self._end_block(before + newline)
            self._take_all(line)

    def _end_block(self, block: str) -> None:
        inside = _BLOCK_LINE.sub("", block)
        words, marks = _parted(" ".join(inside.split()))
        words = words.strip(QUOTE_CHARACTERS + " ")
        if is_long_enough(words) and self._holds(words):
            self._pass_on(f"“{words}”{marks}" + block[len(block.rstrip("\n")) :])
            return
        counted = self.misquoted
        self._take_all(inside)
        while self._held:
            self._give_up()
        if is_long_enough(words) and self.misquoted == counted:
            self.misquoted += 1


def quotations_in(text: str) -> Iterator[Span]:
    """Find the words between quotation marks in a text, where they are a quotation by length."""
    position = 0
    while position < len(text):
        before = text[position - 1 : position] if position else ""
        opens = _may_open(text[position], before)
        end = closing(text[position:] + " ") if opens else None
        if end is not None and is_long_enough(text[position + 1 : position + end]):
            yield Span(position + 1, position + end)
        position += 1 if end is None else end + 1


def _may_open(character: str, before: str) -> bool:
    """Say whether a character opens a quotation; behind a letter some are inches or apostrophes."""
    in_word = character in f'"{_ALSO_OTHERWISE}' and _SPACED_LETTER.match(before) is not None
    return character in _CLOSING and not in_word


def closing(text: str) -> int | None:
    """Find where the quotation that a text begins with closes; a quotation may hold another.

    None while it does not, or while that cannot be told from an apostrophe.
    """
    opening, depth = text[0], 1
    for place, character in enumerate(text[1:], start=1):
        if character in _CLOSING[opening] and not _is_apostrophe(text, place):
            depth -= 1
        elif character == opening:
            depth += 1
        if depth == 0:
            return place
    return None


def _is_apostrophe(text: str, place: int) -> bool:
    after = text[place + 1 : place + 2]
    return text[place] == "’" and (not after or _SPACED_LETTER.match(after) is not None)


def _parted(inside: str) -> tuple[str, str]:
    """Part words from the marks among them, such as [1]."""
    marks = "".join(f" {mark.strip()}" for mark in _MARK.findall(inside))
    return _MARK.sub("", inside).strip(), marks
