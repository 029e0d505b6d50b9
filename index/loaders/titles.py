"""What a document is called when it does not say so itself, and whether what it says is a title.

Knows file names and the leavings of office programs; nothing of documents.
"""

from pathlib import Path

import regex

_LANGUAGE_CODE = regex.compile(
    r"(?<=\w)[-_. ](ar|bg|cs|da|de|el|en|es|et|fa|fi|fr|ga|he|hi|hr|hu|it|ja|ko|lt|lv|mt|nl|no|pl"
    r"|pt|ro|ru|sk|sl|so|sv|th|tr|uk|ur|zh)([-_][a-z]{2})?$",
    regex.IGNORECASE,
)
_SEPARATORS = regex.compile(r"_+|(?<!\d)-+|-+(?!\d)")

_LONGEST = 300
"""In characters."""

# What programs write where the author wrote nothing.
_NO_TITLE = regex.compile(
    r"(microsoft (word|powerpoint|excel)\b.*"
    r"|(untitled|naamloos|unbenannt|sans titre|sin título)\b.*"
    r"|power ?point[- ]?present\w+"
    r"|(document|slide|dia|folie|presentati(on|e))[ _-]?\d*"
    r"|\S*[\d_]\S*"
    r"|.*\.(docx?|pdf|pptx?|xlsx?|od[tps]|rtf|txt|tex|dvi|indd|qxd|pages|html?|wpd|ai|eps))",
    regex.IGNORECASE,
)


def name_of(path: Path) -> str:
    """Make a readable title of a file's name: no suffix, no language code, blanks between words.

    A hyphen between digits stays: it belongs to a date or a number.
    """
    stem = _LANGUAGE_CODE.sub("", path.stem)
    return " ".join(_SEPARATORS.sub(" ", stem).split()) or path.stem


def is_title(text: str) -> bool:
    """Say whether a title out of a file's properties was written for readers."""
    if len(text) > _LONGEST:
        return False
    letters = sum(character.isalpha() for character in text)
    return letters >= max(2, len(text) // 2) and not _NO_TITLE.fullmatch(text)
