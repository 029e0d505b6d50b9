"""Which characters open a quotation, and where one that is open closes.

Knows characters; nothing of what is quoted, or of whether it may be.
"""

import regex

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
    "'": "'",
}
ALSO_OTHERWISE = "‘‚»'"
"""As likely an apostrophe, a comma or an arrow, where nothing closes it."""

_APOSTROPHES = "’'"

_MOST_NESTED = 4
"""Of one kind within each other; what opens more, in a row of quotation marks, quotes nothing."""

_SPACED_LETTER = regex.compile(
    r"[[\p{L}\p{N}]--[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Thai}]]", regex.V1
)
_SHORTENED = regex.compile(r"'(?:[stnkmrd]|ns|em|til|tis|twas|\d\ds?)(?=\W)", regex.IGNORECASE)
"""Words that begin with an apostrophe, in Dutch, Afrikaans and English, such as 's and 'n."""

_LONGEST_SHORTENED = 6
"""In characters: "'twas" and the one behind it."""


class OpenQuotation:
    """Follows a quotation from behind its opening mark to where it closes."""

    def __init__(self, opening: str) -> None:
        self._opening = opening
        self._depth = 1
        self._inside = 0
        self._begins = opening
        self._last = opening
        self._is_undecided = False
        self.characters_behind = 0
        self.is_none = False

    @property
    def closes_at_end(self) -> bool:
        """Say whether it is closed if no letter follows."""
        return self._is_undecided and self._depth == 1

    @property
    def is_nested_too_deep(self) -> bool:
        """Say whether it opens more often than quotations do."""
        return max(self._depth, self._inside) > _MOST_NESTED

    def take(self, character: str) -> bool:
        """Take in the next character; says whether the quotation is closed.

        `characters_behind` has how many were taken since then, `is_none` says that it is none.
        """
        if self._is_undecided:
            self._is_undecided = False
            self._depth -= int(not _SPACED_LETTER.match(character))
            if self._depth == 0:
                self.characters_behind = 1
                return True
        self._follow(character)
        self.is_none = (
            self.is_nested_too_deep
            or self._last + character == "\n\n"
            or (self._opening == "'" and self._is_apostrophe(character))
        )
        self._last = character
        return self._depth == 0

    def _follow(self, character: str) -> None:
        if character == "'" and self._last.isspace():
            self._inside += int(self._opening == "'")
        elif character in _CLOSING[self._opening]:
            self._is_undecided = character in _APOSTROPHES
            self._depth -= int(not self._is_undecided)
        elif character == self._opening:
            self._depth += 1

    def _is_apostrophe(self, character: str) -> bool:
        """Say whether no quotation begins so; one in ' ' ends with the line."""
        if len(self._begins) > _LONGEST_SHORTENED:
            return character == "\n"
        self._begins += character
        is_alone = len(self._begins) == 2 and character.isspace()
        return character == "\n" or is_alone or _SHORTENED.match(self._begins) is not None


def may_open(character: str, before: str) -> bool:
    """Say whether a character opens a quotation; behind a letter some are inches or apostrophes."""
    in_word = character in f'"{ALSO_OTHERWISE}' and _SPACED_LETTER.match(before) is not None
    return character in _CLOSING and not in_word
