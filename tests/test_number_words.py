"""Words for small numbers in many languages, in the forms that sentences have them."""

import pytest

from assistant.names import folded
from assistant.number_words import NumberWords


@pytest.mark.parametrize(
    ("text", "number", "language", "expected"),
    [
        ("There are five counters.", 5, "en", True),
        ("There are four counters.", 5, "en", False),
        ("Er zijn vijf loketten.", 5, "nl", True),
        ("Op de vijfde dag", 5, "nl", True),
        ("Het gaat om één loket", 1, "nl", True),
        ("Fünf Schalter", 5, "de", True),
        ("Il y a douze guichets", 12, "fr", True),
        ("пяти человек", 5, "ru", True),
        ("أعطى خمسة كتب", 5, "ar", True),
        ("पाँच लोग", 5, "hi", True),
        ("共有五个窗口", 5, "zh", True),
        ("共有三个窗口", 5, "zh", False),
        ("มีห้าช่อง", 5, "th", True),
        ("Er staat niets.", 5, "nl", False),
        # Of a language without rules, no text can be said to lack the word.
        ("…", 5, "xx", True),
        ("…", 5, "nb", True),
    ],
)
def test_words_for_numbers(text, number, language, expected):
    assert NumberWords().has(folded(text), number, language) is expected
