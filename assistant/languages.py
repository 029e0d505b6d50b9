"""Names of languages, in the language of a reader.

Knows Unicode's Common Locale Data Repository, as Babel ships it; nothing of texts.
"""

from babel import Locale, UnknownLocaleError

from index.language import UNKNOWN


def language_name(language: str, reader: str) -> str:
    """Name a language for a reader; its code where there is no name, empty where it is unknown."""
    if language == UNKNOWN:
        return ""
    try:
        return str(Locale.parse(reader).languages.get(language, language))
    except (UnknownLocaleError, ValueError):
        return language
