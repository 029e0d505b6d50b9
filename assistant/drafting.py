"""What a language model is given, and what becomes of the text that it writes.

Knows marks, sources and claims; nothing of models, settings or pages.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import regex

from assistant.citations import MarkParser, marks, without_marks
from assistant.evidence import cite, excerpt, support
from assistant.quotations import QuotationParser, quotations_in
from assistant.types import Answer, Citation, Claim, Evidence, Kind, Support
from assistant.verbatim import locate
from index.passages import sentence_spans, width
from index.types import SentenceMatch, Span

SENTINEL = "NO ANSWER"
"""What the prompt asks the model to reply when the sources do not tell."""


_LEAST_EXCERPT = 300
"""In characters: less of a passage is hardly worth reading."""


class Likeness(Protocol):
    """Compares a text with the sentences of passages."""

    def match_sentences(
        self, text: str, passage_ids: Sequence[int]
    ) -> dict[int, tuple[SentenceMatch, ...]]:
        """Compare a text with each sentence of some passages, by passage."""


_SHORT_CLAIM = 40
"""In columns: a claim below this leans on the question, as a bare name does."""


@dataclass(frozen=True, slots=True)
class Source:
    """A passage as the model is given it: its number counts from 1 in the order given."""

    evidence: Evidence
    text: str


class Draft:
    """An answer in the making: the model's text with its marks turned into citations."""

    def __init__(self, question: str, sources: Sequence[Source], likeness: Likeness) -> None:
        self._question = question
        self._given = [source.evidence for source in sources]
        self._likeness = likeness
        self._citations: dict[tuple[int, Span], Citation] = {}
        self._quotations = QuotationParser(self._may_quote)
        self._parser = MarkParser(self._resolve)
        self._raw = ""

    @property
    def text(self) -> str:
        """The text so far; empty while it may yet become the sentinel."""
        start = self._raw.lstrip(" \n\"'*_`")[: len(SENTINEL)]
        return "" if SENTINEL.startswith(start.upper()) else self._parser.text.strip()

    @property
    def declined(self) -> bool:
        """Say whether the model found no answer in the sources."""
        return SENTINEL in self._raw.upper() or not self._raw.strip()

    def feed(self, piece: str) -> None:
        """Take in a piece of the model's text."""
        self._raw += piece
        self._parser.feed(self._quotations.feed(piece))

    def finish(self) -> None:
        """Take the model's text as ended."""
        self._parser.feed(self._quotations.finish())
        self._parser.finish()

    def show(self, answer: Answer, model: str) -> Answer:
        """Put the text so far into a snapshot."""
        return replace(
            answer,
            kind=Kind.WRITTEN,
            text=self.text,
            citations=tuple(self._citations.values()),
            dropped=self._parser.dropped,
            misquoted=self._quotations.misquoted,
            model=model,
        )

    def check(self, answer: Answer) -> Answer:
        """Judge every sentence of a written answer by what it cites.

        A mark also stands for the sentences before it, back to the mark before.
        """
        claims: list[Claim] = []
        following: tuple[int, ...] = ()
        for span in reversed(list(sentence_spans(answer.text, answer.language))):
            own = marks(answer.text[span.start : span.end])
            following = own or following
            claims.append(self._claim(answer, span, own, following))
        return replace(answer, claims=tuple(reversed(claims)))

    @staticmethod
    def is_unsupported(answer: Answer) -> bool:
        """Say whether no sentence of a checked answer is borne out."""
        return all(claim.support is Support.UNSUPPORTED for claim in answer.claims)

    def _claim(
        self, answer: Answer, span: Span, own: tuple[int, ...], numbers: tuple[int, ...]
    ) -> Claim:
        sentence = without_marks(answer.text[span.start : span.end])
        sources = [item for item in self._given if self._cites(item, numbers)]
        similarity = 0.0
        if sources:
            found = self._likeness.match_sentences(
                self._in_full(sentence), [item.passage_id for item in sources]
            )
            matches = [match for passage in found.values() for match in passage]
            similarity = max((match.similarity for match in matches), default=0.0)
        verdict = support(sentence, answer.question, sources, similarity)
        return Claim(span.start, span.end, own, verdict)

    def _cites(self, item: Evidence, numbers: Sequence[int]) -> bool:
        return any(
            citation.number in numbers
            for (passage_id, _), citation in self._citations.items()
            if passage_id == item.passage_id
        )

    def _resolve(self, number: int, claim: str) -> int | None:
        """Cite the sentences of source `number` that the claim quotes, else says the same as."""
        if not 1 <= number <= len(self._given):
            return None
        item = self._given[number - 1]
        quoted = self._quoted(item, claim)
        item, place = quoted or (item, self._nearest(item, claim))
        key = (item.passage_id, place)
        if key not in self._citations:
            self._citations[key] = cite(item, len(self._citations) + 1, place)
        return self._citations[key].number

    def _may_quote(self, words: str) -> bool:
        """Say whether a source holds words, or they are the question's or a title's own."""
        texts = [text for item in self._given for text in (item.text, item.title)]
        return any(locate(words, text) for text in (*texts, self._question))

    def _quoted(self, item: Evidence, claim: str) -> tuple[Evidence, Span] | None:
        """Find the sentences that a claim quotes, in `item` or, if it is elsewhere, there.

        A quotation proves its source, whatever number the model put behind it; a second number
        is another source for the same claim.
        """
        *_, tail = regex.split(r"\[\d+\]", regex.sub(r"(?:\s*\[\d+\])+$", "", self._parser.text))
        first = not self._parser.text.endswith("]")
        for span in reversed(list(quotations_in(tail))):
            if len(tail) - span.end > len(claim):
                break
            for source in (item, *(self._given if first else ())):
                found = locate(tail[span.start : span.end], source.text)
                if found is not None:
                    return source, source.sentences_at(found)
        return None

    def _in_full(self, claim: str) -> str:
        """Put the question before a claim that says little without it."""
        return claim if width(claim) >= _SHORT_CLAIM else f"{self._question} {claim}"

    def _nearest(self, item: Evidence, claim: str) -> Span:
        if not claim:
            return item.key
        found = self._likeness.match_sentences(self._in_full(claim), [item.passage_id])
        matches = found.get(item.passage_id, ())
        return max(matches, key=lambda match: match.score).span if matches else item.key


def select_sources(evidence: Sequence[Evidence], most_characters: int) -> list[Source]:
    """Choose what the model reads, best first, each passage cut around its key sentence.

    Each gets at most half of the room that is left, so that the best get the most.
    """
    sources: list[Source] = []
    left = most_characters
    for item in evidence:
        text = excerpt(item, max(left // 2, min(left, _LEAST_EXCERPT)))
        if len(text) > left or not text:
            break
        sources.append(Source(item, text))
        left -= len(text)
    return sources


def numbered(sources: Sequence[Source]) -> str:
    """Write sources for a prompt."""
    return "\n\n".join(
        f"Source {number} ({source.evidence.title}):\n{source.text}"
        for number, source in enumerate(sources, start=1)
    )
