"""How two lines that a page broke become one again.

Knows scripts and hyphens; nothing of where lines lie on a page.
"""

import regex

_HYPHENS = "\x02\ufffe\u00ad"
"""What PDF readers write for a hyphen that a line end called for, and the soft hyphen itself."""

_AT_LINE_END = regex.compile(f"[{_HYPHENS}](?=\n|$)")

_LAST_HYPHEN = regex.compile(r"(?<=\p{L})-$")

# Scripts that write no blank between words; Korean does.
_NO_BLANK = regex.compile(
    r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\u3000-\u303f\uff00-\uffef]"
)

# "woon-" and "en zorg" are no halves of one word.
_CONJUNCTION = regex.compile(r"(en|of|und|oder|bzw|and|or|och|og|eller)\b")

_TERMINAL = frozenset(".!?…:;。！？：；．؟۔।॥")
_CLOSING = "\"'”’»)]}」』）］ "


def joined(before: str, after: str) -> str:
    """Join two lines: with a blank, or without where a word or a script goes on."""
    if before[-1:] in _HYPHENS and before:
        return _rejoined_word(before[:-1], after)
    if before.endswith("-") and before[-2:-1].isalnum() and not _CONJUNCTION.match(after):
        return before + after
    if _NO_BLANK.match(before[-1:]) and _NO_BLANK.match(after[:1]):
        return before + after
    return f"{before} {after}"


def with_line_end(text: str) -> str:
    """Write a hyphen as PDF readers do at the end of a line, where they saw no end of one."""
    return _LAST_HYPHEN.sub("\x02", text)


def with_visible_hyphens(text: str) -> str:
    """Write the hyphen of a word whose second half is not at hand, as at the end of a page."""
    return _AT_LINE_END.sub("-", text)


def is_broken(line: str) -> bool:
    """Say whether a line ends inside a word."""
    return _AT_LINE_END.search(with_line_end(line)[-1:]) is not None


def ends_sentence(text: str) -> bool:
    """Say whether a line ends in a mark that ends a sentence or announces a list."""
    return text.rstrip(_CLOSING)[-1:] in _TERMINAL and bool(text)


def _rejoined_word(before: str, after: str) -> str:
    if _CONJUNCTION.match(after):
        return f"{before}- {after}"
    keeps_hyphen = before[-1:].islower() and after[:1].isupper()
    return before + ("-" if keeps_hyphen else "") + after
