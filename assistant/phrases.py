"""What the assistant itself says, in the language of the question.

Knows a catalogue of fixed sentences; nothing of when they are said.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files

_FALLBACK = "en"


@dataclass(frozen=True, slots=True)
class Phrases:
    """The fixed sentences of one language: `refusal` declines, `quoted` heads quotations.

    `name` is the language's name in English, for prompts.
    """

    name: str
    refusal: str
    quoted: str


class PhraseBook:
    """The fixed sentences by language; English where a language has none."""

    def __init__(self, phrases: Mapping[str, Phrases]) -> None:
        self._phrases = dict(phrases)

    @classmethod
    def bundled(cls) -> "PhraseBook":
        """Read the catalogue that comes with the package."""
        data = tomllib.loads(files("assistant").joinpath("phrases.toml").read_text("utf-8"))
        return cls({language: Phrases(**entry) for language, entry in data.items()})

    @property
    def languages(self) -> tuple[str, ...]:
        """List the languages that have phrases of their own."""
        return tuple(self._phrases)

    def of(self, language: str) -> Phrases:
        """Give the phrases of a language."""
        return self._phrases.get(language, self._phrases[_FALLBACK])
