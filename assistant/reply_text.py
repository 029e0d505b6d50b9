"""The text of a reply, out of the pieces in which a server sends it.

Knows characters, and how models set apart what they think; nothing of protocols or answers.
"""

import regex

_THOUGHT = regex.compile(r"\s*<(think|thinking|thought|reasoning)>", regex.IGNORECASE)
_LONGEST_TAG = len("</reasoning>")

_HALF = regex.compile(r"[\ud800-\udfff]")
_FIRST_HALF = regex.compile(r"[\ud800-\udbff]\Z")


class ReplyText:
    r"""Gives the text that a reply grows by, of at most `most` characters that were sent.

    What a model thinks before it answers, between <think> and </think>, is no part of it; where a
    chat template has written <think> already, so that only </think> is sent, all is text. Halves
    of a character that come apart (\ud83d, then \ude00) are joined; what stays alone becomes
    U+FFFD.
    """

    def __init__(self, most: int) -> None:
        self._left = most
        self._half = ""
        self._begins = ""
        self._closes = ""
        self._has_begun = False

    @property
    def is_full(self) -> bool:
        """Say whether no more is taken in."""
        return self._left <= 0

    @property
    def is_thinking(self) -> bool:
        """Say whether the model has not begun to answer."""
        return bool(self._closes)

    def feed(self, piece: str) -> str:
        """Take in a piece; gives what the text grows by. An empty piece counts as a character."""
        taken = self._half + piece[: max(0, self._left)]
        self._left -= max(1, len(piece))
        half = _FIRST_HALF.search(taken)
        self._half = half.group() if half else ""
        return self._answer(_joined(taken[: len(taken) - len(self._half)]))

    def finish(self) -> str:
        """Give what is still held back."""
        rest = self._answer(_joined(self._half))
        return rest if self._has_begun or self.is_thinking else self._begins

    def _answer(self, text: str) -> str:
        """Leave out what is thought, which comes first."""
        if self._has_begun:
            return text
        self._begins += text
        while self.is_thinking or self._thinks():
            end = regex.search(self._closes, self._begins, regex.IGNORECASE)
            if end is None:
                self._begins = self._begins[-_LONGEST_TAG:]
                return ""
            self._begins, self._closes = self._begins[end.end() :], ""
        self._has_begun = _THOUGHT.match(self._begins, partial=True) is None
        return self._begins if self._has_begun else ""

    def _thinks(self) -> bool:
        """Say whether a thought begins, and remember what ends it."""
        thought = _THOUGHT.match(self._begins)
        if thought is None:
            return False
        self._begins, self._closes = self._begins[thought.end() :], f"</{thought[1]}>"
        return True


def _joined(text: str) -> str:
    if not _HALF.search(text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
