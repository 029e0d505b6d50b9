"""Splits a document into passages along sentence borders, each knowing its exact place.

Knows nothing of embedders, stores or file formats.
"""

import math
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

import regex
import sentencex

from index.language import LanguageDetector
from index.types import Document, Passage, Section, Span

_LONGEST_SENTENCE = 600
"""In columns. Longer "sentences" are lists, tables or unpunctuated text, useless as a quotation."""

_UNPUNCTUATED = frozenset({"th", "lo", "km", "my"})
"""Languages that part sentences with a blank."""

_SHORTEST_CLAUSE = 60
"""In columns: the least that a blank may part in an unpunctuated language."""

_INSIDE_PARAGRAPH = 0.3
"""What a cut inside a paragraph or a table costs: as much as one of the most columns kept whole."""

_CELL_BORDER = " | "
"""What loaders write between the cells of a table's row."""

_TERMINAL = frozenset(".!?…:;。！？｡؟۔।॥")

# Counted as one byte by sentencex, which then cuts inside a character and gives up.
_WIDE_BLANK = regex.compile(r"[^\S\x00-\x7f]")


@dataclass(frozen=True, slots=True)
class PassageLimits:
    """How long passages are, in columns (a wide East Asian character fills two).

    They come near to `target`, keep paragraphs whole where they can, and end at a new page or
    heading once they have `least`. Only a single sentence may exceed `most`.
    """

    target: int = 800
    least: int = 200
    most: int = 1250


def width(text: str) -> int:
    """Count columns: two for wide East Asian characters, one for all others.

    A wide character holds about as much meaning, and as many tokens, as two letters.
    """
    if text.isascii():
        return len(text)
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def is_closed(sentence: str) -> bool:
    """Say whether a sentence ends with punctuation, behind which quotes or brackets may stand."""
    return sentence.rstrip(" \t\n\"'”’»)]）」』")[-1:] in _TERMINAL


def split(
    document: Document, detector: LanguageDetector, limits: PassageLimits | None = None
) -> list[Passage]:
    """Split a document; every character that is not white space lands in exactly one passage."""
    limits = limits or PassageLimits()
    text = document.text
    language = detector.detect(text[:20_000], "en")
    sentences = list(sentence_spans(text, language))
    borders = {section.start for section in document.sections}
    passages = []
    for group in _groups(text, sentences, borders, limits):
        start, end = group[0].start, group[-1].end
        passages.append(
            Passage(
                start=start,
                end=end,
                text=text[start:end],
                sentences=tuple(group),
                sections=touched(document.sections, start, end),
                language=detector.detect(text[start:end], language),
            )
        )
    return passages


def sentence_spans(text: str, language: str) -> Iterator[Span]:
    """Find the sentences of a text, trimmed of the white space around them."""
    for paragraph in _lines(text):
        if _is_row(text, paragraph):
            yield _trimmed(text, paragraph)
            continue
        for span in _rejoined(text, _pieces(text, paragraph, language)):
            for part in _shortened(text, span, language):
                trimmed = _trimmed(text, part)
                if trimmed.start < trimmed.end:
                    yield trimmed


def _pieces(text: str, paragraph: Span, language: str) -> list[Span]:
    """Cut a paragraph as sentencex does; leave it whole where that gives up."""
    plain = _WIDE_BLANK.sub(" ", text[paragraph.start : paragraph.end])
    try:
        pieces = sentencex.get_sentence_boundaries(language, plain)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException:  # noqa: BLE001 - what a panic in Rust raises is no Exception
        return [paragraph]
    return [
        Span(paragraph.start + piece["start_index"], paragraph.start + piece["end_index"])
        for piece in pieces
    ]


def _lines(text: str) -> Iterator[Span]:
    """Cut at line ends, except where a line plainly goes on in the next."""
    start = 0
    position = text.find("\n")
    while position != -1:
        before = text[max(start, position - 9) : position].rstrip()[-1:]
        goes_on = text[position + 1 : position + 2].islower() and before not in _TERMINAL
        if not (before and goes_on) or _beside_row(text, position):
            yield Span(start, position)
            start = position + 1
        position = text.find("\n", position + 1)
    yield Span(start, len(text))


def _is_row(text: str, line: Span) -> bool:
    """Say whether a line is a row of a table, whose cells mean nothing apart."""
    if _CELL_BORDER not in text[line.start : min(line.end, line.start + _LONGEST_SENTENCE)]:
        return False
    return width(text[line.start : line.end]) <= _LONGEST_SENTENCE


def _beside_row(text: str, position: int) -> bool:
    """Say whether the line that ends at a position, or the next one, is a row of a table."""
    end = text.find("\n", position + 1)
    line = text[text.rfind("\n", 0, position) + 1 : position]
    following = text[position + 1 : end if end != -1 else len(text)]
    return _CELL_BORDER in line or _CELL_BORDER in following


def _rejoined(text: str, spans: Iterable[Span]) -> list[Span]:
    """Undo cuts after an abbreviation and after a list item's number."""
    joined: list[Span] = []
    # What is known of the last of them: a table of numbers becomes one, however long it is.
    has_ink = has_letters = False
    for span in spans:
        piece = text[span.start : span.end]
        end = text[max(joined[-1].start, span.start - 9) : span.start].rstrip() if joined else ""
        only_number = has_ink and not has_letters
        if only_number or (piece.lstrip()[:1].islower() and end.endswith(".")):
            joined[-1] = Span(joined[-1].start, span.end)
        else:
            joined.append(span)
            has_ink = has_letters = False
        has_ink = has_ink or not piece.isspace()
        has_letters = has_letters or any(map(str.isalpha, piece))
    return joined


def _shortened(text: str, span: Span, language: str) -> Iterator[Span]:
    """Cut a sentence at blanks where it is too long, or where blanks are its punctuation."""
    unpunctuated = language in _UNPUNCTUATED
    if not unpunctuated and width(text[span.start : span.end]) <= _LONGEST_SENTENCE:
        yield span
        return
    start, columns, blank = span.start, 0, span.start
    for position in range(span.start, span.end):
        columns += width(text[position])
        if text[position].isspace():
            blank = position
        clause_ends = unpunctuated and blank == position and columns > _SHORTEST_CLAUSE
        if clause_ends or columns > _LONGEST_SENTENCE:
            cut = blank if blank > start else position
            yield Span(start, cut)
            start, columns = cut, width(text[cut : position + 1])
    yield Span(start, span.end)


def _trimmed(text: str, span: Span) -> Span:
    piece = text[span.start : span.end]
    start = span.start + len(piece) - len(piece.lstrip())
    return Span(start, max(start, span.start + len(piece.rstrip())))


def _groups(
    text: str, sentences: list[Span], borders: set[int], limits: PassageLimits
) -> list[list[Span]]:
    """Part sentences at the cuts that cost least in all (dynamic programming).

    A passage costs the square of its relative distance to the target, a cut inside a paragraph or
    a table `_INSIDE_PARAGRAPH` more.
    """
    ends = list(accumulate((width(text[s.start : s.end]) + 1 for s in sentences), initial=0))
    before = [Span(0, 0), *sentences]
    at_border = [
        any(border in borders for border in range(last.end, sentence.start + 1))
        for last, sentence in pairwise(before)
    ]
    inside = [0.0] * (len(sentences) + 1)
    for place, (last, sentence) in enumerate(pairwise(sentences), start=1):
        gap = text[last.end : sentence.start]
        in_table = gap == "\n" and _is_row(text, last) and _is_row(text, sentence)
        inside[place] = _INSIDE_PARAGRAPH if in_table or "\n" not in gap else 0.0
    cost = [0.0] + [math.inf] * len(sentences)
    begin = [0] * (len(sentences) + 1)
    for first in range(len(sentences)):
        for end in range(first + 1, len(sentences) + 1):
            columns = ends[end] - ends[first] - 1
            if end > first + 1:
                section_ends = at_border[end - 1] and ends[end - 1] - ends[first] > limits.least
                if section_ends or columns > limits.most:
                    break
            total = cost[first] + (columns / limits.target - 1) ** 2 + inside[end]
            if total < cost[end]:
                cost[end], begin[end] = total, first
    return _parted(sentences, begin)


def _parted(sentences: list[Span], begin: list[int]) -> list[list[Span]]:
    """Follow the cuts from the end; `begin[n]` is where the passage that ends before n begins."""
    groups: list[list[Span]] = []
    end = len(sentences)
    while end > 0:
        groups.append(sentences[begin[end] : end])
        end = begin[end]
    return groups[::-1]


def touched(sections: Sequence[Section], start: int, end: int) -> tuple[Section, ...]:
    """Pick the sections a range lies in: the last begun before it, and those begun inside."""
    first = bisect_right(sections, start, key=lambda section: section.start)
    last = bisect_left(sections, end, lo=first, key=lambda section: section.start)
    return tuple(sections[max(0, first - 1) : last])
