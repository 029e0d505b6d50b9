"""Which language a text is in, as a two-letter code.

Knows nothing of passages or questions.
"""

from collections.abc import Sequence

from py3langid.langid import MODEL_FILE, LanguageIdentifier

LANGUAGES = tuple(
    "ar bg ca cs da de el en es et fa fi fr he hi hr hu id it ja ko lt lv nl no pl pt ro ru sk sl "
    "sr sv th tr uk vi zh".split()
)
"""What is told apart unless the settings say otherwise; fewer choices make fewer mistakes."""

UNKNOWN = "und"
"""ISO 639-2's code for a text whose language cannot be told."""

RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur"})

_SURE_ENOUGH = 0.18
"""Below this probability a guess among some forty languages is noise: names, codes, numbers."""


class LanguageDetector:
    """Tells languages apart with py3langid's naive Bayes model (Lui and Baldwin 2012)."""

    def __init__(self, languages: Sequence[str] = LANGUAGES) -> None:
        self._model = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
        self._model.set_languages(list(languages))

    def detect(self, text: str, fallback: str = UNKNOWN) -> str:
        """Name the language of a text, or `fallback` where nothing in it tells."""
        if not any(character.isalpha() for character in text):
            return fallback
        language, probability = self._model.classify(text)
        return str(language) if probability >= _SURE_ENOUGH else fallback
