"""Which language a text is in, as a two-letter code.

Knows nothing of passages or questions.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

_NAMES = {
    "ar": "Arabic",
    "bg": "Bulgarian",
    "ca": "Catalan",
    "cs": "Czech",
    "da": "Danish",
    "de": "German",
    "el": "Greek",
    "en": "English",
    "es": "Spanish",
    "et": "Estonian",
    "fa": "Persian",
    "fi": "Finnish",
    "fr": "French",
    "he": "Hebrew",
    "hi": "Hindi",
    "hr": "Croatian",
    "hu": "Hungarian",
    "id": "Indonesian",
    "it": "Italian",
    "ja": "Japanese",
    "ko": "Korean",
    "lt": "Lithuanian",
    "lv": "Latvian",
    "nl": "Dutch",
    "no": "Norwegian",
    "pl": "Polish",
    "pt": "Portuguese",
    "ro": "Romanian",
    "ru": "Russian",
    "sk": "Slovak",
    "sl": "Slovenian",
    "sr": "Serbian",
    "sv": "Swedish",
    "th": "Thai",
    "tr": "Turkish",
    "uk": "Ukrainian",
    "vi": "Vietnamese",
    "zh": "Chinese",
}

LANGUAGES = tuple(_NAMES)
"""What is told apart unless the settings say otherwise; fewer choices make fewer mistakes."""

UNKNOWN = "und"
"""ISO 639-2's code for a text whose language cannot be told."""

RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur"})

_SURE_ENOUGH = 0.18
"""Below this probability a guess among some forty languages is noise: names, codes, numbers."""


class LanguageDetector:
    """Tells languages apart with py3langid's naive Bayes model (Lui and Baldwin 2012).

    Raises ValueError for a language that the model does not know.
    """

    def __init__(self, languages: Sequence[str] = LANGUAGES) -> None:
        self.languages = tuple(languages)
        # Unpacking the model takes longer than to answer a question; the stores open meanwhile.
        thread = ThreadPoolExecutor(1, "languages")
        self._loading = thread.submit(_load, languages)
        thread.shutdown(wait=False)
        if not set(languages) <= set(LANGUAGES):
            self._loading.result()
        # A document is asked about twice in a row: for its own sake, and for its sentences.
        self._classified = lru_cache(1)(self._classify)

    def detect(self, text: str, fallback: str = UNKNOWN) -> str:
        """Name the language of a text, or `fallback` where nothing in it tells."""
        if not any(character.isalpha() for character in text):
            return fallback
        language, probability = self._classified(text)
        return language if probability >= _SURE_ENOUGH else fallback

    def _classify(self, text: str) -> tuple[str, float]:
        language, probability = self._loading.result().classify(text)
        return str(language), float(probability)


def _load(languages: Sequence[str]) -> LanguageIdentifier:
    model = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    model.set_languages(list(languages))
    return model


def name_of(language: str) -> str:
    """Name a language in English, for a reader; its code where there is no name for it."""
    return "" if language == UNKNOWN else _NAMES.get(language, language)


def direction_of(language: str) -> str:
    """Say which way a language is written, in the words of HTML's `dir`."""
    if language == UNKNOWN:
        return "auto"
    return "rtl" if language in RIGHT_TO_LEFT else "ltr"
