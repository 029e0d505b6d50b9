"""The catalogue of what the pages say."""

import string

import pytest

from assistant.wording import WordingBook

BOOK = WordingBook.bundled()
KEYS = sorted(BOOK.of("en").texts)


def fields(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("language", BOOK.languages)
def test_every_text_is_there_in_every_language_with_the_same_values(language):
    english, texts = BOOK.of("en").texts, BOOK.of(language).texts
    for key in KEYS:
        assert texts[key].strip(), key
        assert fields(texts[key]) == fields(english[key]), key


def test_english_dutch_and_german_are_spoken():
    assert {"en", "nl", "de"} <= set(BOOK.languages)


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("nl", "nl"),
        ("nl-BE,nl;q=0.9,en;q=0.8", "nl"),
        ("en;q=0.5, de-AT;q=0.9", "de"),
        ("fr, de;q=0.3", "de"),
        ("fr", "en"),
        ("nl;q=0", "en"),
        ("", "en"),
        ("*", "en"),
        ("nl;q=much, de;q=0.1", "de"),
    ],
)
def test_the_browser_chooses_the_language(header, language):
    assert BOOK.accepted(header).language == language


def test_a_text_that_a_language_lacks_is_english():
    book = WordingBook({"yes": {"en": "Yes", "nl": "Ja"}, "files": {"en": "{count} files"}})
    assert book.of("nl")("files", count=3) == "3 files"


def test_one_and_many():
    book = WordingBook({"f_one": {"en": "a file"}, "f_many": {"en": "{count} files"}})
    told = [book.of("en").count("f", number) for number in (0, 1, 2500)]
    assert told == ["0 files", "a file", "2,500 files"]
