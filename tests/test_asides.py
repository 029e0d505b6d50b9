"""Sentences that state nothing, and ones that only look so."""

import pytest

from assistant.asides import Asides
from assistant.phrases import PhraseBook

ASIDES = Asides.bundled()
BOOK = PhraseBook.bundled()


@pytest.mark.parametrize("language", BOOK.languages)
def test_a_refusal_states_nothing_in_any_language_that_has_one(language):
    assert ASIDES.has(BOOK.of(language).refusal, language)


@pytest.mark.parametrize(
    ("sentence", "language"),
    [
        ("Hello!", "en"),
        ("You're welcome!", "en"),
        ("I hope this helps.", "en"),
        ("Let me know if you have any other questions.", "en"),
        ("Here are the steps:", "en"),
        ("Do you want to know more?", "en"),
        ("The sources do not mention who leads the works [1].", "en"),
        ("Θέλετε κάτι άλλο;", "el"),
        ("هل تريد المزيد؟", "ar"),
        ("还有别的问题吗？", "zh"),
        ("De bronnen vermelden de prijs niet.", "nl"),
        ("Die Quellen nennen keinen Preis.", "de"),
        ("在文件中没有提到价格。", "zh"),
        ("---", "en"),
        ("¿Algo más?", "xx"),
    ],
)
def test_asides(sentence, language):
    assert ASIDES.has(sentence, language)


@pytest.mark.parametrize(
    ("sentence", "language"),
    [
        ("The library is closed on Sundays.", "en"),
        ("His essay is private.", "en"),
        ("The documents do not state the price, but it is free.", "en"),
        ("The documents do not mention more than 4 phases.", "en"),
        ("If you have a card, you read free of charge.", "en"),
        ("Certainly the works end in the spring of the year.", "en"),
        ("Dit document is niet geldig in België.", "nl"),
        ("Das Dokument gilt nicht im Ausland.", "de"),
        ("Hé bien sûr que la bibliothèque ouvre le dimanche.", "fr"),
        ("图书馆星期天不开放。", "zh"),
        ("Die Bücherei öffnet um neun.", "de"),
        ("42", "en"),
    ],
)
def test_statements(sentence, language):
    assert not ASIDES.has(sentence, language)
