"""The words with which a model says that its sources do not tell.

Knows those words and what may stand around them; nothing of answers, sources or models.
"""

import regex

from assistant.citations import SHOWN_MARK

SENTINEL = "NO ANSWER"
"""What the prompt asks the model to reply when the sources do not tell."""

_SIGN = r"[^\p{L}\p{N}]"
_SIGNS = rf"(?:{SHOWN_MARK.pattern}|{_SIGN})*+"
_SIGNS_OF_LINE = rf"(?:(?!\n){_SIGN})*+"
_ALONE = rf"(?<![\p{{L}}\p{{N}}]){SENTINEL}{_SIGNS}"
_DECLINES = regex.compile(
    rf"\A{_SIGN}*+(?:{SENTINEL}\b|(?i:{SENTINEL})(?:\s*[.!:;\"'*_`]|{_SIGNS_OF_LINE}(?:\n|\Z)))"
    rf"|^{_SIGNS_OF_LINE}{SENTINEL}{_SIGNS_OF_LINE}$|{_ALONE}\Z",
    regex.MULTILINE,
)

_BEFORE = regex.compile(rf"\A{_SIGN}*+")
_LONGEST_START = 40
"""In characters: the sentinel, and what may stand behind it."""

_BEGUN = "|".join(SENTINEL[:length] for length in range(1, len(SENTINEL)))
_MAY_FOLLOW = regex.compile(rf"(?:{_ALONE}|(?<![\p{{L}}\p{{N}}])(?:{_BEGUN}))\Z")


def declines(reply: str) -> bool:
    """Say whether a whole reply is a refusal.

    The sentinel begins it, ends it, or has a line to itself; "no answer is needed" is a sentence
    like others.
    """
    return _DECLINES.search(reply) is not None


def may_decline(begun: str) -> bool:
    """Say whether a reply that has only begun is, or may become, one that begins so."""
    start = _BEFORE.sub("", begun)[:_LONGEST_START]
    return SENTINEL.startswith(start.upper()) or _DECLINES.match(start) is not None


def without_sentinel(text: str) -> str:
    """Leave out what is, or may become, the sentinel at the end of a text that grows."""
    return str(_MAY_FOLLOW.sub("", text, pos=max(0, len(text) - _LONGEST_START)))
