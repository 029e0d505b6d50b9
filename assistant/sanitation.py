"""Keeps text of documents, titles, questions and conversations from acting as part of a prompt.

Knows the forms of prompts and of chat templates, and what steers a terminal; nothing of models,
pages or links. What a reader is shown of a document is the original text.
"""

from collections.abc import Iterable

import regex

_LONGEST_TITLE = 120

# A server reads these as the marks of its chat template, wherever they stand: llama.cpp makes one
# token of "<|im_end|>" inside a message.
_CONTROL_TOKEN = regex.compile(
    r"<[|｜/]{0,3}([\p{L}\p{N}_▁][\p{L}\p{N}_▁ .:-]{0,40})[|｜/]{0,3}>"
    r"|\[/?([A-Z][A-Z_]{1,30})\]"
    r"|<<(/?SYS)>>"
)
# Control characters, and invisible ones that can hide a message or split a token.
_HIDDEN = regex.compile(
    r"[\x00-\x08\x0b-\x1f\x7f\u200b\u2060-\u2064\ufeff\u202a-\u202e\u2066-\u2069"
    r"\U000e0000-\U000e007f]"
)
# What steers a terminal or turns the order of letters about. The joiners are part of words.
_STEERING = regex.compile(r"(?V1)[[\p{Cc}\p{Cf}\p{Cs}]--[\u200c\u200d]]")
_CONTROLS = regex.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_MARK = regex.compile(
    r"[\[【［]{1,2}((?:\p{L}{1,12}\.?\s*)?\d{1,3}"
    r"(?:(?:\s*[,;&+/–—~～至到-]\s*|\s*(?:\p{L}{1,4}|t/m)\s+)(?:\p{L}{1,12}\.?\s*)?\d{1,3})*"
    r"(?:\s*†[^\[\]【】［］\n]{0,30})?)[\]】］]{1,2}"
)
_HEADER = regex.compile(r"\b(Source)(?=\s*(?:no\.?\s*)?\d{1,3}\s*[(:（：])", regex.IGNORECASE)
_QUESTION = regex.compile(r"^[ \t]*(Question)(?=[ \t]*[:：])", regex.IGNORECASE | regex.MULTILINE)
_WORD = regex.compile(r"[\p{L}\p{M}]+")

_LONGEST_ECHO = 7
"""In words: a longer run of the instructions, in their order, is no coincidence."""

_TAIL = 400
"""In characters: these hold a run of that many words."""


def defused(text: str) -> str:
    """Take out of a text what a chat template, or no reader, would see in it."""
    return str(_CONTROL_TOKEN.sub(_named, _HIDDEN.sub("", text)))


def printable(text: str) -> str:
    """Write a text for a terminal: what would steer it is seen instead; lines and tabs stay."""
    return str(_CONTROLS.sub(_escape, text))


def one_line(text: str, most_characters: int) -> str:
    """Write any text as one line without characters that no reader sees; "…" ends a cut one."""
    line = " ".join(_STEERING.sub("", " ".join(text.split())).split())
    if len(line) <= most_characters:
        return line
    return f"{line[: most_characters - 1].rstrip()}…"


def source_text(text: str) -> str:
    """Write a source's text for a prompt: it makes no other source, mark or question there."""
    text = _MARK.sub(r"(\1)", defused(text))
    text = _HEADER.sub(r"“\1”", text)
    return str(_QUESTION.sub(r"“\1”", text))


def source_title(title: str) -> str:
    """Write a source's title for a prompt, in the brackets of one line."""
    line = " ".join(source_text(title).split()).replace("(", "[").replace(")", "]")
    return line[:_LONGEST_TITLE]


class EchoDetector:
    """Notices when a text that grows repeats the instructions of a prompt, marks set aside.

    Runs of words that the sources hold as well are no echo.
    """

    def __init__(self, instructions: Iterable[str], sources: Iterable[str]) -> None:
        self._runs = {run for text in instructions for run in _runs(text)}
        self._runs -= {run for text in sources for run in _runs(text)}
        self._tail = ""
        self.heard = False

    def feed(self, piece: str) -> None:
        """Take in a piece of the text."""
        self._tail = self._tail[-_TAIL:] + piece
        self.heard = self.heard or not self._runs.isdisjoint(_runs(self._tail))


def _runs(text: str) -> set[tuple[str, ...]]:
    words = [word.casefold() for word in _WORD.findall(text)]
    size = _LONGEST_ECHO + 1
    return {tuple(words[i : i + size]) for i in range(len(words) - size + 1)}


def _escape(match: regex.Match[str]) -> str:
    code = ord(match.group())
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def _named(match: regex.Match[str]) -> str:
    return f"({next(group for group in match.groups() if group is not None).strip()})"
