"""Names of languages, and moments, in the language of a reader.

Knows Unicode's Common Locale Data Repository, as Babel ships it; nothing of texts.
"""

from datetime import datetime

from babel import Locale, UnknownLocaleError
from babel.dates import format_datetime

from index.language import UNKNOWN


def language_name(language: str, reader: str) -> str:
    """Name a language for a reader; its code where there is no name, empty where it is unknown."""
    if language == UNKNOWN:
        return ""
    try:
        return str(Locale.parse(reader).languages.get(language, language))
    except (UnknownLocaleError, ValueError):
        return language


def moment(at: datetime, reader: str) -> str:
    """Write a moment for a reader, with its time zone."""
    return format_datetime(at, "long", locale=reader)
