"""What the pages themselves say, in the languages that they speak.

Knows a keyed catalogue and what a browser asks for; nothing of pages or answers.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_FALLBACK = "en"


@dataclass(frozen=True, slots=True)
class Wording:
    """The texts of one language, by key."""

    language: str
    texts: Mapping[str, str]

    def __call__(self, key: str, **values: object) -> str:
        """Give a text with its values put in. Raises KeyError for an unknown key or value."""
        return self.texts[key].format_map(values)

    def count(self, key: str, number: int, **values: object) -> str:
        """Give the text for one thing, or for several, under `key_one` or `key_many`."""
        form = f"{key}_one" if number == 1 else f"{key}_many"
        return self(form, count=f"{number:,}", **values)


class WordingBook:
    """The catalogue, by language; English where a language is not in it."""

    def __init__(self, entries: Mapping[str, Mapping[str, str]]) -> None:
        languages = {language for texts in entries.values() for language in texts}
        self._wordings = {
            language: Wording(
                language,
                {key: texts.get(language, texts[_FALLBACK]) for key, texts in entries.items()},
            )
            for language in sorted(languages)
        }

    @classmethod
    def bundled(cls) -> "WordingBook":
        """Read the catalogue that comes with the package."""
        return cls(tomllib.loads(files("assistant").joinpath("wording.toml").read_text("utf-8")))

    @property
    def languages(self) -> tuple[str, ...]:
        """List the languages of the catalogue."""
        return tuple(self._wordings)

    def of(self, language: str) -> Wording:
        """Give the texts of a language."""
        return self._wordings.get(language, self._wordings[_FALLBACK])

    def accepted(self, header: str) -> Wording:
        """Give the texts that an Accept-Language header likes best (RFC 9110, 12.5.4)."""
        ranked = sorted(map(_preference, header.split(",")), key=lambda found: -found[1])
        for language, quality in ranked:
            if quality > 0 and language in self._wordings:
                return self._wordings[language]
        return self._wordings[_FALLBACK]


@cache
def english() -> Wording:
    """Give the English texts that come with the package, for what has no page to be shown on."""
    return WordingBook.bundled().of(_FALLBACK)


def _preference(part: str) -> tuple[str, float]:
    """Read "nl-BE;q=0.8" as a language and how much it is wanted."""
    tag, _, quality = part.partition(";")
    language = tag.strip().partition("-")[0].lower()
    try:
        return language, float(quality.strip().removeprefix("q=")) if quality else 1.0
    except ValueError:
        return language, 0.0
