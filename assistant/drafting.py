"""What a language model is given, and what becomes of the text that it writes.

Knows marks, sources and claims; nothing of models, settings or pages.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import regex

from assistant.citations import SHOWN_MARK, MarkParser, marks, without_marks
from assistant.evidence import cite, excerpt
from assistant.links import LinkFilter, addresses
from assistant.quotations import QuotationParser, quotations_in
from assistant.sanitation import EchoDetector, defused, source_text, source_title
from assistant.sentinel import declines, may_decline, without_sentinel
from assistant.support import Statement, SupportJudge, in_full
from assistant.types import Answer, Citation, Claim, Evidence, Kind, Message, Notice, Support
from assistant.verbatim import QuotableText
from index.passages import sentence_spans
from index.types import SentenceMatch, Span
from prompts import template

_MOST_RECALLED = 400
"""In characters of each turn: a local model reads about 200 a second."""

_MOST_RECENT = 2000
"""In characters of an answer: a quotation and the mark behind it are in them."""

_MARKS_AT_END = regex.compile(rf"(?:\s*{SHOWN_MARK.pattern})+\Z")

_LEAST_EXCERPT = 300
"""In characters: less of a passage is hardly worth reading."""


class Likeness(Protocol):
    """Compares a text with the sentences of passages."""

    @property
    def fingerprint(self) -> str:
        """Name the embedder whose cosines these are."""

    def match_sentences(
        self, text: str, passage_ids: Sequence[int]
    ) -> dict[int, tuple[SentenceMatch, ...]]:
        """Compare a text with each sentence of some passages, by passage."""


@dataclass(frozen=True, slots=True)
class Source:
    """A passage as the model is given it: its number counts from 1 in the order given."""

    evidence: Evidence
    text: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as a language model is to answer it: in a language, behind the turns before it."""

    question: str
    language: str
    history: Sequence[Message]


class Draft:
    """An answer in the making: the model's text with its marks turned into citations.

    It has no links but those of the sources, and notices when it repeats the `instructions`.
    """

    def __init__(
        self,
        question: str,
        sources: Sequence[Source],
        likeness: Likeness,
        judge: SupportJudge,
        instructions: Sequence[str] = (),
    ) -> None:
        self._question = question
        self._judge = judge
        self._given = [source.evidence for source in sources]
        self._quotable = [QuotableText(item.text) for item in self._given]
        titles = dict.fromkeys(item.title for item in self._given)
        self._also_quotable = [QuotableText(text) for text in (*titles, question)]
        self._likeness = likeness
        self._citations: dict[tuple[int, Span], Citation] = {}
        given = [f"{item.title}\n{item.text}" for item in self._given]
        self._quotations = QuotationParser(self._may_quote)
        self._parser = MarkParser(self._resolve, len(self._given))
        # Behind the parser, since a mark that is dropped may join what it parted.
        self._filter = LinkFilter(addresses(given))
        self._echo = EchoDetector(instructions, given)
        self._passed = 0
        self._has_ended = False
        self._raw = ""

    @property
    def text(self) -> str:
        """The text so far, without what may yet become the sentinel."""
        if may_decline(self._raw):
            return ""
        text = self._filter.text
        return (text if self._has_ended else without_sentinel(text)).strip()

    @property
    def declined(self) -> bool:
        """Say whether the model found no answer in the sources."""
        return declines(self._raw) or self.is_silent

    @property
    def is_silent(self) -> bool:
        """Say whether the model wrote nothing."""
        return not self._raw.strip()

    @property
    def repeats_instructions(self) -> bool:
        """Say whether the model gives away its prompt."""
        return self._echo.heard

    @property
    def is_empty(self) -> bool:
        """Say whether nothing is left to read, as of an answer that was a link."""
        return not any(character.isalnum() for character in without_marks(self.text))

    def feed(self, piece: str) -> None:
        """Take in a piece of the model's text."""
        self._raw += piece
        self._echo.feed(piece)
        self._parser.feed(self._quotations.feed(piece))
        self._pass_on()

    def finish(self) -> None:
        """Take the model's text as ended."""
        self._parser.feed(self._quotations.finish())
        self._parser.finish()
        self._pass_on()
        self._filter.finish()
        self._has_ended = True

    def _pass_on(self) -> None:
        self._filter.feed(self._parser.text[self._passed :])
        self._passed = len(self._parser.text)

    def count(self, answer: Answer) -> Answer:
        """Put what was left out so far into a snapshot."""
        return replace(
            answer,
            dropped=self._parser.dropped,
            removed_links=self._filter.links,
            removed_markup=self._filter.markup,
            misquoted=self._quotations.misquoted,
        )

    def show(self, answer: Answer, model: str) -> Answer:
        """Put the text so far into a snapshot."""
        return replace(
            self.count(answer),
            kind=Kind.WRITTEN,
            text=self.text,
            citations=tuple(self._citations.values()),
            model=model,
        )

    def check(self, answer: Answer) -> Answer:
        """Judge every sentence of a written answer by what it cites.

        A mark also stands for the sentences before it, back to the mark before.
        """
        claims: list[Claim] = []
        caveats: list[Notice | None] = []
        following: tuple[int, ...] = ()
        for span in reversed(list(sentence_spans(answer.text, answer.language))):
            own = marks(answer.text[span.start : span.end])
            following = own or following
            statement = self._statement(answer, span, following)
            support = self._judge.support(statement, self._likeness.fingerprint)
            claims.append(Claim(span.start, span.end, own, support))
            if support in (Support.SUPPORTED, Support.WEAK):
                caveats.append(self._judge.caveat(statement, self._likeness.fingerprint))
        notices = (*answer.notices, *dict.fromkeys(filter(None, reversed(caveats))))
        return replace(answer, claims=tuple(reversed(claims)), notices=notices)

    @staticmethod
    def is_unsupported(answer: Answer) -> bool:
        """Say whether no sentence of a checked answer is borne out."""
        borne_out = (Support.SUPPORTED, Support.WEAK)
        return not any(claim.support in borne_out for claim in answer.claims)

    def _statement(self, answer: Answer, span: Span, numbers: tuple[int, ...]) -> Statement:
        sentence = without_marks(answer.text[span.start : span.end])
        sources = [item for item in self._given if self._cites(item, numbers)]
        full, passages = in_full(sentence, answer.question), [item.passage_id for item in sources]
        found = self._likeness.match_sentences(full, passages) if passages else {}
        similarities = tuple(
            tuple(match.similarity for match in found.get(item.passage_id, ())) for item in sources
        )
        return Statement(sentence, answer.question, answer.language, tuple(sources), similarities)

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
        quoted = self._quoted(number - 1, claim)
        item, place = quoted or (item, self._nearest(item, claim))
        key = (item.passage_id, place)
        if key not in self._citations:
            self._citations[key] = cite(item, len(self._citations) + 1, place)
        return self._citations[key].number

    def _may_quote(self, words: str) -> bool:
        """Say whether a source holds words, or they are the question's or a title's own."""
        return any(text.find(words) for text in (*self._quotable, *self._also_quotable))

    def _quoted(self, given: int, claim: str) -> tuple[Evidence, Span] | None:
        """Find the sentences that a claim quotes, in the source given, or elsewhere if it is there.

        A quotation proves its source, whatever number the model put behind it; a second number
        is another source for the same claim.
        """
        recent = self._parser.text[-_MOST_RECENT:]
        *_, tail = SHOWN_MARK.split(_MARKS_AT_END.sub("", recent))
        first = not recent.endswith("]")
        for span in reversed(list(quotations_in(tail))):
            if len(tail) - span.end > len(claim):
                break
            for place in (given, *(range(len(self._given)) if first else ())):
                found = self._quotable[place].find(tail[span.start : span.end])
                if found is not None:
                    return self._given[place], self._given[place].sentences_at(found)
        return None

    def _nearest(self, item: Evidence, claim: str) -> Span:
        if not claim:
            return item.key
        found = self._likeness.match_sentences(in_full(claim, self._question), [item.passage_id])
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
        f"Source {number} ({source_title(source.evidence.title)}):\n{source_text(source.text)}"
        for number, source in enumerate(sources, start=1)
    )


def prompt(name: str, asked: Asked, sources: Sequence[Source]) -> list[Message]:
    """Write the prompt of a template for a question and its sources."""
    values = {
        "language": asked.language,
        "sources": numbered(sources),
        "question": defused(asked.question),
    }
    return [
        Message("system", template("answer_system").substitute(values)),
        *_recalled(asked.history),
        Message("user", template(name).substitute(values)),
    ]


def _recalled(history: Sequence[Message]) -> list[Message]:
    """Cut a conversation down to the last question and answer, whose marks would mislead."""
    return [
        Message(message.role, source_text(without_marks(message.content)[:_MOST_RECALLED]))
        for message in history[-2:]
    ]
