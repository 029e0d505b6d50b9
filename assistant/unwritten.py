"""Answers that no language model writes: quotations of the evidence, and refusals.

Knows evidence and the fixed sentences; nothing of models, searches or pages.
"""

from dataclasses import replace

from assistant.evidence import cite, quotations
from assistant.links import inert
from assistant.phrases import Phrases
from assistant.types import Answer, Kind, Notice


def refused(answer: Answer, phrases: Phrases, *notices: Notice) -> Answer:
    """Say that the documents do not hold the answer; the evidence stays."""
    return replace(
        answer,
        kind=Kind.REFUSED,
        text=phrases.refusal,
        citations=(),
        claims=(),
        notices=(*answer.notices, *notices),
    )


def quoted(answer: Answer, phrases: Phrases, *notices: Notice) -> Answer:
    """Quote the best sentences of the evidence."""
    picked = quotations(answer.evidence, answer.question)
    citations = tuple(
        cite(item, number, sentence) for number, (item, sentence) in enumerate(picked, start=1)
    )
    lines = [f"“{inert(citation.quote)}” [{citation.number}]" for citation in citations]
    return replace(
        answer,
        kind=Kind.QUOTED,
        text="\n\n".join([phrases.quoted, *lines]),
        citations=citations,
        claims=(),
        model=None,
        notices=(*answer.notices, *notices),
    )
