"""The fixed sentences."""

from assistant.phrases import PhraseBook
from index.language import LanguageDetector


def test_there_are_at_least_twelve_languages_and_each_sentence_is_in_its_own():
    book, detector = PhraseBook.bundled(), LanguageDetector()
    assert len(book.languages) >= 12
    for language in book.languages:
        phrases = book.of(language)
        told = detector.detect(f"{phrases.refusal} {phrases.quoted}")
        assert told == language or {told, language} <= {"da", "no", "sv"}, (language, told)


def test_another_language_gets_english():
    assert PhraseBook.bundled().of("sw") == PhraseBook.bundled().of("en")
