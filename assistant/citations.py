"""Finds the marks in what a model writes, as it writes, and keeps only those that name a source.

Knows text and numbers; nothing of models, passages or pages.
"""

from collections.abc import Callable

import regex

Resolve = Callable[[int, str], int | None]
"""Gives a source's number and the text since the last sentence end its number to show, or None."""

_OPENING = {"[": "]", "【": "】", "［": "］"}
_LONGEST_MARK = 40
"""In characters: what opens a bracket and goes on for longer is no mark."""

_MARK = regex.compile(
    r"(?:\^|\p{L}{1,12}\.?\s*)?(\d{1,3}(?:\s*[,;，、]\s*(?:\p{L}{1,12}\.?\s*)?\d{1,3})*)"
)
_NUMBER = regex.compile(r"\d+")
_SENTENCE_END = regex.compile(r"[.!?。！？؟।]+[\s\"'”’)\]]*(?=\s|$)|\n")


class MarkParser:
    """Turns a stream with marks as models write them into one with "[n]" alone.

    Understands [1], [1, 2], [[1]], 【1】, ［1］ and [Source 1]. Holds back what may yet become a
    mark; leaves code as it is; drops numbers that `resolve` does not know, and counts them. A
    mark before its sentence is put behind it, where it can be known what it is to bear out.
    """

    def __init__(self, resolve: Resolve) -> None:
        self._resolve = resolve
        self._held = ""
        self._early: list[int] = []
        self._in_code = False
        self.text = ""
        self.dropped = 0

    def feed(self, piece: str) -> None:
        """Take in a piece of the stream; `text` grows by what is certain."""
        for character in piece:
            self._take(character)

    def finish(self) -> None:
        """Let out what is still held back: a stream that ended inside a bracket."""
        while self._held:
            self._let_out()
        self._place_early()

    def _take(self, character: str) -> None:
        if character == "`":
            while self._held:
                self._let_out()
            self._in_code = not self._in_code
        if self._held:
            self._held += character
            self._try_mark()
        elif character in _OPENING and not self._in_code:
            self._held = character
        else:
            if character == "\n":
                self._place_early()
            self.text += character

    def _try_mark(self) -> None:
        opening = self._held[0]
        depth = 2 if self._held.startswith(opening * 2) else 1
        if self._held.endswith(_OPENING[opening] * depth) and len(self._held) > 2 * depth:
            self._close(self._held[depth:-depth].strip())
        elif self._ends_otherwise(opening, depth):
            self._let_out()

    def _ends_otherwise(self, opening: str, depth: int) -> bool:
        closed_once = depth == 2 and self._held.endswith(_OPENING[opening])
        too_long = len(self._held) > _LONGEST_MARK or self._held.endswith("\n")
        nested = len(self._held) > 2 and self._held[-1] in _OPENING
        return too_long or nested or (closed_once and len(self._held) > _LONGEST_MARK)

    def _close(self, inside: str) -> None:
        match = _MARK.fullmatch(inside)
        if match is None:
            self._let_out()
            return
        self._held = ""
        numbers = [int(number) for number in _NUMBER.findall(match.group(1))]
        if self._claim():
            self._place_early()
            self._show(numbers)
        else:
            self._early += numbers

    def _place_early(self) -> None:
        """Put marks that came before their sentence behind it."""
        numbers, self._early = self._early, []
        if numbers:
            self._show(numbers)

    def _show(self, numbers: list[int]) -> None:
        claim = self._claim()
        for number in numbers:
            shown = self._resolve(number, claim)
            if shown is None:
                self.dropped += 1
            elif not self._just_shown(shown):
                gap = " " if self.text and not self.text[-1].isspace() else ""
                gap = "" if self.text.endswith("]") else gap
                self.text += f"{gap}[{shown}]"

    def _claim(self) -> str:
        """The sentence that a mark at the end of the text belongs to."""
        text = without_marks(self.text).rstrip(" ")
        ends = [match.end() for match in _SENTENCE_END.finditer(text)]
        closed = [end for end in ends if end < len(text) or text.endswith("\n")]
        return text[closed[-1] if closed else 0 :].strip()

    def _just_shown(self, number: int) -> bool:
        tail = regex.search(r"(?:\[\d+\])+$", self.text)
        return tail is not None and f"[{number}]" in tail.group()

    def _let_out(self) -> None:
        """Give up on a mark at the first bracket held; there may be one behind it."""
        held, self._held = self._held, ""
        self.text += held[:1]
        for character in held[1:]:
            self._take(character)


def without_marks(text: str) -> str:
    """Take the marks "[n]" out of a text, with the blanks before them."""
    cleaned: str = regex.sub(r"\s*\[\d+\]", "", text)
    return cleaned


def marks(text: str) -> tuple[int, ...]:
    """List the numbers of the marks "[n]" in a text, each once, in order of appearance."""
    return tuple(dict.fromkeys(int(number) for number in regex.findall(r"\[(\d+)\]", text)))
