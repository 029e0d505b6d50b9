"""Lines that a document repeats at the edge of its pages: running heads, feet, page numbers.

Knows repetition; nothing of what the lines say.
"""

from collections import Counter
from collections.abc import Sequence

import regex

from index.loaders.typesetting import Line

_EDGE = 2
"""Lines at the top and at the bottom of a page that may be repeated ones."""

_LEAST_PAGES = 3
_LEAST_SHARE = 1 / 3
"""Of the pages. Books alternate two heads, and chapters begin without one."""

_MOST_NUMBERS = 2
"""In one line: "page 3 of 12". More are a row of a table that goes on over pages."""

_NUMBER = regex.compile(r"\d+")


def without_repeats(pages: Sequence[Sequence[Line]]) -> list[list[Line]]:
    """Keep of each repeated line only the first, so that sentences can run on across pages."""
    counts = Counter(key for page in pages for key in {_key(line) for line in _edges(page)})
    least = max(_LEAST_PAGES, _LEAST_SHARE * len(pages))
    repeated = {key for key, count in counts.items() if key and count >= least}
    seen: set[str] = set()
    kept = []
    for page in pages:
        dropped = {id(line) for line in _edges(page) if _key(line) in repeated & seen}
        seen |= {_key(line) for line in _edges(page)}
        kept.append([line for line in page if id(line) not in dropped])
    return kept


def _edges(page: Sequence[Line]) -> list[Line]:
    by_height = sorted(page, key=lambda line: line.base)
    if len(by_height) <= 2 * _EDGE:
        return by_height
    return by_height[:_EDGE] + by_height[-_EDGE:]


def _key(line: Line) -> str:
    key, numbers = _NUMBER.subn("#", line.text)
    return key if numbers <= _MOST_NUMBERS else ""
