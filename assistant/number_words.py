"""Whether a text has a word for a small number, in the languages that Unicode's CLDR spells.

Knows languages by their code; nothing of digits, claims or sources.
"""

import regex
from unicode_rbnf import RbnfEngine

from assistant.names import folded

_LONGEST_ENDING = 2
"""In letters: what may differ behind a word of more than four, as of an ordinal or a case."""

_STEM = 4
_UNSPACED = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}]")


class NumberWords:
    """Words for numbers by language; each language's rules are read when they are first needed."""

    def __init__(self) -> None:
        self._engines: dict[str, RbnfEngine | None] = {}

    def has(self, text: str, number: int, language: str) -> bool:
        """Say whether a text, `folded`, may have a word for a number; yes where none is known."""
        if language not in self._engines:
            self._engines[language] = _engine(language)
        engine = self._engines[language]
        if engine is None:
            return True
        words = engine.format_number(number).text_by_ruleset.values()
        stems = {regex.escape(_stem(folded(word))) for word in words}
        return (
            regex.search(rf"(?:^|\P{{L}}|{_UNSPACED.pattern})(?:{'|'.join(stems)})", text)
            is not None
        )


def _engine(language: str) -> RbnfEngine | None:
    try:
        engine = RbnfEngine.for_language(language)
        # Of a language that is known without rules, only this tells that there are none.
        engine.format_number(1)
    except ValueError:
        return None
    return engine


def _stem(word: str) -> str:
    return word[: max(_STEM, len(word) - _LONGEST_ENDING)]
