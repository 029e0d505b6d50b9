"""Tells sentences of an answer that state nothing about what the documents are about.

Questions, courtesies, and "the documents do not say": they have no source, and need none. Knows
sentences; nothing of sources, models or pages.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files

import regex

from assistant.citations import without_marks
from index.passages import width

_QUESTION = regex.compile(r"[?？؟՞][\s\"'”’»)\]）」』*_]*$")
_GREEK_QUESTION = regex.compile(r"[;\u037e?][\s\"'”’»)\]*_]*$")
_NUMBER = regex.compile(r"\p{N}")
_STATES = regex.compile(r"\p{L}|\p{N}")

_LONGEST_GREETING = 24
"""In columns, as the next: "Certainly!" is one, "Certainly the works end in May." is not."""

_LONGEST_ASIDE = 200
"""What is longer goes on to state something."""


@dataclass(frozen=True, slots=True)
class _Patterns:
    """Of one language; see the head of the data file."""

    sources: regex.Pattern[str]
    denial: regex.Pattern[str]
    telling: regex.Pattern[str]
    but: regex.Pattern[str]
    greetings: regex.Pattern[str]
    courtesies: regex.Pattern[str]


class Asides:
    """What states nothing, by language; of a language without a table, only questions."""

    def __init__(self, patterns: Mapping[str, Mapping[str, str]]) -> None:
        self._patterns = {
            language: _Patterns(**{name: _compiled(text) for name, text in table.items()})
            for language, table in patterns.items()
        }

    @classmethod
    def bundled(cls) -> "Asides":
        """Read the tables that come with the package."""
        return cls(tomllib.loads(files("assistant").joinpath("asides.toml").read_text("utf-8")))

    def has(self, sentence: str, language: str) -> bool:
        """Say whether a sentence states nothing about the subject of the documents.

        A number in it, or a "but", speaks for a statement.
        """
        text = without_marks(sentence).strip(" \t\n*_#>-–•")
        if not _STATES.search(text):
            return True
        question = _GREEK_QUESTION if language == "el" else _QUESTION
        if question.search(text):
            return True
        found = self._patterns.get(language)
        if found is None or width(text) > _LONGEST_ASIDE or _NUMBER.search(text):
            return False
        if found.but.search(text):
            return False
        polite = found.courtesies.match(text)
        if width(text) <= _LONGEST_GREETING:
            polite = polite or found.greetings.match(text)
        untold = (found.sources, found.denial, found.telling)
        return bool(polite) or all(pattern.search(text) for pattern in untold)


def _compiled(text: str) -> regex.Pattern[str]:
    return regex.compile(text, regex.IGNORECASE)
