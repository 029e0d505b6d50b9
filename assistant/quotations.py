"""Finds what a model puts between quotation marks, as it writes, and lets only what is held stand.

Knows text; nothing of sources, of the numbers of marks, or of pages.
"""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import regex

from assistant.quotation_marks import ALSO_OTHERWISE, OpenQuotation, may_open
from assistant.verbatim import QUOTE_CHARACTERS, is_long_enough
from index.types import Span

_LONGEST = 1200
"""In characters: about what a model may write for an answer."""

_MARK = regex.compile(
    r"\s*(?:\[\[[^\[\]]{1,40}\]\]|[\[【［][^\[\]【】［］]{0,30}\d[^\[\]【】［］]{0,9}[\]】］])"
)
_BLOCK_MARK = regex.compile(r"(?m)^(?: {0,3}> ?)+")
_BLOCK_LINE = regex.compile(r" {0,3}>")


class QuotationParser:
    """Passes a stream on, with quotation marks around nothing but what `holds` says is held.

    An open quotation is held back until it closes, so that what was shown never changes. What is
    shorter than a quotation stays as it is; code is no exception, since it is shown like all else.
    A Markdown blockquote is passed on as a quotation in “ ”, or as plain text. Marks such as [1]
    inside a quotation go behind it. `misquoted` counts the quotations that lost their quotation
    marks.
    """

    def __init__(self, holds: Callable[[str], bool]) -> None:
        self._holds = holds
        # What was given up is taken again, without recursion: a model may nest as it likes.
        self._ahead: deque[str | _EndOfBlock] = deque()
        self._is_in_block = False
        self._held = ""
        self._opened: OpenQuotation | None = None
        self._before = ""
        self._indentation: int | None = 0
        self._passed: list[str] = []
        self.misquoted = 0

    def feed(self, piece: str) -> str:
        """Take in a piece of the stream; gives what is certain by now."""
        self._ahead.extend(piece)
        self._take_all()
        return self._certain()

    def finish(self) -> str:
        """Give what is still held back: the stream ended inside a quotation."""
        while self._held:
            self._end_open()
            self._take_all()
        return self._certain()

    def _certain(self) -> str:
        text = "".join(self._passed)
        self._passed.clear()
        return text

    def _take_all(self) -> None:
        while self._ahead:
            ahead = self._ahead.popleft()
            if isinstance(ahead, str):
                self._take(ahead)
            elif self._held:
                self._ahead.appendleft(ahead)
                self._end_open(is_in_block=True)
            else:
                self._is_in_block = False
                self.misquoted += int(ahead.is_quotation and self.misquoted == ahead.misquoted)

    def _take_again(self, text: str) -> None:
        self._ahead.extendleft(reversed(text))

    def _take(self, character: str) -> None:
        if not self._held:
            if character == ">" and self._indentation is not None and self._indentation <= 3:
                # Without its mark, a line in a block begins no other one.
                self._held, self._opened = "" if self._is_in_block else character, None
            elif may_open(character, self._before):
                self._held, self._opened = character, OpenQuotation(character)
            else:
                self._pass_on(character)
            return
        self._held += character
        if self._opened is None:
            self._try_end_of_block()
        elif self._opened.take(character):
            end = len(self._held) - 1 - self._opened.characters_behind
            self._take_again(self._held[end + 1 :])
            self._close(self._held[: end + 1])
        elif self._opened.is_none:
            self._give_up()
        if len(self._held) > _LONGEST:
            self._give_up()

    def _pass_on(self, text: str) -> None:
        if not text:
            return
        self._passed.append(text)
        self._before = text[-1]
        _, newline, line = text.rpartition("\n")
        if newline:
            self._indentation = 0
        blank = self._indentation is not None and not line.strip(" ")
        self._indentation = (self._indentation or 0) + len(line) if blank else None

    def _end_open(self, is_in_block: bool = False) -> None:
        """Decide on what is held, since nothing follows that could close it."""
        if self._opened is not None and self._opened.closes_at_end:
            self._close(self._held)
        else:
            self._give_up(is_in_block)

    def _close(self, quotation: str) -> None:
        """Pass on what is closed, with its quotation marks or without."""
        self._held = ""
        words, marks = _parted(quotation[1:-1])
        if not is_long_enough(words) or (marks and self._holds(quotation[1:-1])):
            self._pass_on(quotation)
        elif not self._holds(words):
            self.misquoted += 1
            self._take_again(quotation[1:-1].strip())
        elif marks:
            self._pass_on(f"{quotation[0]}{words}{quotation[-1]}{marks}")
        else:
            self._pass_on(quotation)

    def _give_up(self, is_in_block: bool = False) -> None:
        """Take what does not close for no quotation, unless its end is all that is missing.

        What is open where a block ends loses its mark, lest a later one close it.
        """
        held, self._held = self._held, ""
        if self._opened is None:
            self._end_block(held)
            return
        inside = held.lstrip(held[0])
        words, _ = _parted(inside)
        is_broken = is_in_block or self._opened.is_nested_too_deep
        if held[0] not in ALSO_OTHERWISE and (is_broken or is_long_enough(words)):
            if not is_broken and self._holds(words):
                self._pass_on(held)
                return
            self.misquoted += 1
        else:
            self._pass_on(held[: len(held) - len(inside)])
        self._take_again(inside)

    def _try_end_of_block(self) -> None:
        line = self._held[self._held.rfind("\n") + 1 :]
        if len(line) < len(self._held) and line.strip(" ") and not _BLOCK_LINE.match(line):
            block, self._held = self._held[: -len(line)], ""
            self._take_again(line)
            self._end_block(block)

    def _end_block(self, block: str) -> None:
        inside = _BLOCK_MARK.sub("", block)
        words, marks = _parted(" ".join(inside.split()))
        words = words.strip(QUOTE_CHARACTERS + " ")
        if is_long_enough(words) and self._holds(words):
            self._pass_on(f"“{words}”{marks}" + block[len(block.rstrip("\n")) :])
            return
        self._is_in_block = True
        self._ahead.appendleft(_EndOfBlock(is_long_enough(words), self.misquoted))
        self._take_again(inside)


@dataclass(frozen=True, slots=True)
class _EndOfBlock:
    """Where a blockquote ends; `misquoted` is what was counted before it."""

    is_quotation: bool
    misquoted: int


def quotations_in(text: str) -> Iterator[Span]:
    """Find the words between quotation marks in a text, where they are a quotation by length."""
    position = 0
    while position < len(text):
        before = text[position - 1 : position] if position else ""
        end = _closing(text, position) if may_open(text[position], before) else None
        if end is not None and is_long_enough(text[position + 1 : end]):
            yield Span(position + 1, end)
        position = position + 1 if end is None else end + 1


def _closing(text: str, start: int) -> int | None:
    """Find where the quotation that opens at `start` closes; None where it does not."""
    opened = OpenQuotation(text[start])
    for place in range(start + 1, min(len(text), start + _LONGEST + 1)):
        if opened.take(text[place]):
            return place - opened.characters_behind
        if opened.is_none:
            return None
    is_whole = len(text) - start <= _LONGEST + 1
    return len(text) - 1 if is_whole and opened.closes_at_end else None


def _parted(inside: str) -> tuple[str, str]:
    """Part words from the marks among them, such as [1]."""
    marks = "".join(f" {mark.strip()}" for mark in _MARK.findall(inside))
    return _MARK.sub("", inside).strip(), marks
