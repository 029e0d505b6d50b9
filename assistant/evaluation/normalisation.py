"""Text made comparable: what a reply and an accepted answer must share to count as the same.

Knows scripts and characters; nothing of questions or scores.

The steps are SQuAD's (Rajpurkar et al. 2016: case, punctuation, articles), widened to other
scripts as MLQA and XQuAD do: NFKC, vowel signs of Arabic and Hebrew, digits of any script. They
depend on the characters alone, so a reply and an answer in another language meet under the same
rules. Plain English prose scores as by SQuAD's script. What differs: that script drops the points
of numbers, so that 1.5 is 15, where a number here is its value, however it is written; it puts
words with a sign between them together, which are two here; it has the articles of English alone.
"""

import unicodedata
from collections import Counter
from collections.abc import Sequence
from itertools import groupby

import regex

from assistant.citations import without_marks
from assistant.numbers import with_plain_numbers

_VOWEL_SIGNS = regex.compile(
    r"[\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed]"
)
_RIGHT_TO_LEFT = regex.compile(r"[\p{Arabic}\p{Hebrew}]")
_UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\u30fc\u3006"
"""Written without spaces; the last two are Japanese, though Unicode gives them no script."""
_TOKEN = regex.compile(rf"[{_UNSPACED}]|[^\s{_UNSPACED}]+")
_THAI = regex.compile(r"\p{Thai}")
_ALONE = regex.compile(rf"[{_UNSPACED}]")
_ARTICLES = frozenset(
    "a an the de het een der die das den dem des ein eine einer eines einem einen el la los las lo "
    "un una unos unas o os as um uma uns umas il i gli le uno les une en et ei "
    "ο η το οι τα του της των τον τη την τους τις".split()
)
"""Of English, Dutch, German, Spanish, Portuguese, Italian, French, Romanian, Norwegian and Greek.
They are dropped from both sides, so that a word which is an article elsewhere costs nothing."""


def tokens(text: str) -> list[str]:
    """Part a text into comparable tokens; Chinese, Japanese and Thai by character."""
    return [token for token in _TOKEN.findall(_plain(text)) if token not in _ARTICLES]


def pieces(words: Sequence[str]) -> list[str]:
    """Put tokens that are single characters together: Chinese and Japanese by two, Thai by three.

    A text of some length has most of the characters of any other, but few such groups.
    """
    found = []
    for size, run in groupby(words, _size):
        characters = list(run)
        starts = range(max(1, len(characters) - size + 1))
        found += ["".join(characters[start : start + size]) for start in starts]
    return found


def _size(word: str) -> int:
    if not _ALONE.fullmatch(word):
        return 1
    return 3 if _THAI.fullmatch(word) else 2


def squeezed(text: str) -> str:
    """Fold case and forms and take out all white space, to find a text whatever its layout."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def contains(text: list[str], part: list[str]) -> bool:
    """Say whether tokens stand in a text one behind the other."""
    # As one text, which is searched in linear time; no token holds a blank.
    return bool(part) and f" {' '.join(part)} " in f" {' '.join(text)} "


def shared(one: list[str], other: list[str]) -> int:
    """Count the tokens that two texts share, each as often as both have it."""
    return sum((Counter(one) & Counter(other)).values())


def _plain(text: str) -> str:
    text = with_plain_numbers(without_marks(text))
    if _RIGHT_TO_LEFT.search(text):
        text = unicodedata.normalize(
            "NFC", _VOWEL_SIGNS.sub("", unicodedata.normalize("NFD", text))
        )
    return text.replace("\u0640", "").replace("\u200c", " ").casefold()
