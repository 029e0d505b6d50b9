"""Where a page's own characters say what was indexed of it.

Knows letters and digits, which alone survive cleaning; nothing of files or boxes. Pure functions.
"""

from collections.abc import Iterator
from itertools import takewhile
from unicodedata import normalize

from index.paging import Stretch

_LEAST_AGREEMENT = 24
"""Letters that must agree in a row, in the stretch and around it: a single word is anywhere."""

_MOST_AGREEMENT = 200
"""Letters on either side that tell one occurrence from another."""

_MOST_OCCURRENCES = 500

_MOST_CLOSING = 3
"""Characters that may end a sentence behind its last letter: a full stop, quotation marks."""

_HIGH = range(0xD800, 0xDC00)
_LOW = range(0xDC00, 0xE000)


def place_of(stretch: Stretch, shown: str) -> range | None:
    """Number the characters of `shown`, a page as a PDF has it, that say a stretch of its text.

    White space, hyphens and punctuation may differ. None where nothing says it, or where two
    places do equally well.
    """
    wanted, _ = _letters(stretch.text[stretch.start : stretch.end])
    before, _ = _letters(stretch.text[: stretch.start])
    after, _ = _letters(stretch.text[stretch.end :])
    letters, numbers = _letters(shown)
    if not wanted:
        return None
    ranked = sorted(
        (
            _agreement(before[::-1], letters[:at][-_MOST_AGREEMENT:][::-1])
            + _agreement(after, letters[at + len(wanted) :][:_MOST_AGREEMENT]),
            at,
        )
        for at in _occurrences(wanted, letters)
    )
    if not ranked or len(ranked) > _MOST_OCCURRENCES:
        return None
    agreement, at = ranked[-1]
    if len(ranked) > 1 and ranked[-2][0] == agreement:
        return None
    if agreement + len(wanted) < min(_LEAST_AGREEMENT, len(before + wanted + after)):
        return None
    end = numbers[at + len(wanted) - 1] + 1
    closing = stretch.text[stretch.start : stretch.end].rstrip()[-_MOST_CLOSING:]
    while shown[end : end + 1] and shown[end] in closing and not shown[end].isalnum():
        end += 1
    return range(numbers[at], end)


def _occurrences(wanted: str, letters: str) -> Iterator[int]:
    at = letters.find(wanted)
    for _ in range(_MOST_OCCURRENCES + 1):
        if at < 0:
            return
        yield at
        at = letters.find(wanted, at + 1)


def _agreement(one: str, other: str) -> int:
    pairs = zip(one, other, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _letters(text: str) -> tuple[str, list[int]]:
    """Reduce a text to its folded letters and digits; number the character that each is from."""
    letters: list[str] = []
    numbers: list[int] = []
    for number, character in enumerate(text):
        following = text[number + 1 : number + 2]
        if ord(character) in _HIGH and following and ord(following) in _LOW:
            character = (character + following).encode("utf-16", "surrogatepass").decode("utf-16")
        for letter in normalize("NFKC", character).casefold():
            if letter.isalnum():
                letters.append(letter)
                numbers.append(number)
    return "".join(letters), numbers
