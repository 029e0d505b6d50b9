"""Reads what a peer system wrote: its marks, its sentences and the places of its sources.

Knows texts alone; nothing of LlamaIndex, indexes or models, so it needs no extra library.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import regex

from assistant.evaluation.types import Cited, Sentence
from index.passages import sentence_spans
from index.types import Span

# As freely as the assistant's own marks are read: [1], [1, 2], [Source 1], [Source 1, Source 2].
_MARK = regex.compile(
    r"\[\s*(?:\p{L}{1,12}\.?\s*)?\d{1,3}(?:\s*[,;，、]\s*(?:\p{L}{1,12}\.?\s*)?\d{1,3})*\s*\]"
)
_BLANKS_AND_MARK = regex.compile(r"\s*" + _MARK.pattern)
_NUMBER = regex.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Source:
    """A numbered source as the peer gave it to its model, and its place; -1 where not found."""

    document: str
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reply says of itself; `dropped` counts marks that name no source."""

    citations: tuple[Cited, ...]
    sentences: tuple[Sentence, ...]
    dropped: int


def located(text: str, piece: str, window: Span) -> Span | None:
    """Find a piece of a text inside a window of it, whatever became of its white space."""
    start = text.find(piece, window.start, window.end)
    if start != -1:
        return Span(start, start + len(piece))
    words = piece.split()
    if not words:
        return None
    pattern = regex.compile(r"\s*".join(regex.escape(word) for word in words))
    match = pattern.search(text, window.start, window.end)
    return Span(*match.span()) if match else None


def placed(text: str, piece: str, start: int | None) -> Span | None:
    """Trust a given place of a piece only where the piece really stands there."""
    if start is not None and start >= 0 and text.startswith(piece, start):
        return Span(start, start + len(piece))
    return located(text, piece, Span(0, len(text)))


def marks(text: str) -> list[int]:
    """List the numbers of all marks, in order, as often as they occur."""
    return [int(number) for mark in _MARK.findall(text) for number in _NUMBER.findall(mark)]


def read_reply(reply: str, language: str, sources: Sequence[Source]) -> Reading:
    """Resolve the marks of a reply against the sources, which are numbered from 1."""
    numbers = marks(reply)
    known = dict(enumerate(sources, start=1))
    cited = tuple(_cited(number, known) for number in dict.fromkeys(numbers) if number in known)
    return Reading(
        citations=cited,
        sentences=_sentences(reply, language, known),
        dropped=sum(number not in known for number in numbers),
    )


def _cited(number: int, known: Mapping[int, Source]) -> Cited:
    source = known[number]
    return Cited(number, source.document, source.start, source.end, source.text)


def _sentences(reply: str, language: str, known: Mapping[int, Source]) -> tuple[Sentence, ...]:
    sentences: list[Sentence] = []
    for span in sentence_spans(reply, language):
        sentence = reply[span.start : span.end]
        own = tuple(number for number in dict.fromkeys(marks(sentence)) if number in known)
        bare = _BLANKS_AND_MARK.sub("", sentence).strip()
        if any(character.isalnum() for character in bare):
            sentences.append(Sentence(bare, own))
        elif sentences:
            # Marks behind the full stop belong to the sentence that it ends.
            before = sentences[-1]
            sentences[-1] = Sentence(before.text, tuple(dict.fromkeys(before.marks + own)))
    return tuple(sentences)
