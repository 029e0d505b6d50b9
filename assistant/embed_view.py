"""Snapshots of an answer as the embed page shows them: plain pieces of text, and where they lead.

Knows what is shown of an answer, in which words and language; nothing of HTML or HTTP. No piece is
markup: the page writes each as text.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from assistant.advice import advice
from assistant.citations import SHOWN_MARK
from assistant.evidence import excerpt_span
from assistant.languages import language_name
from assistant.quotations import quotations_in
from assistant.remarks import doubt, progress, remarks
from assistant.source_links import source_query
from assistant.types import Answer, Citation, Evidence, Kind, Notice
from assistant.verbatim import locate
from assistant.wording import Wording
from index.language import direction_of
from index.types import Span

_CONTEXT_CHARACTERS = 320


def no_pass(document_id: int) -> str:
    """Give the pass to a document of an embed that asks for none."""
    return ""


def show_snapshot(
    answer: Answer, wording: Wording, contact: str, pass_to: Callable[[int], str] = no_pass
) -> dict[str, Any]:
    """Write a snapshot as JSON-ready values.

    `text` is what follow-ups need of it; `pieces` are that text in parts, each with `words` and
    some of `mark` (a citation's number), `doubt` (how it is supported), `why` (these words tell
    why there is doubt), `language` and `direction`. The `source` of a quotation or passage is its
    address below where sources are shown, with the pass that `pass_to` gives to its document.
    """
    heading = "evidence_nearest" if answer.refused else "evidence_found"
    searched = answer.searched and wording("evidence_searched", question=answer.searched)
    said = advice(answer, wording, contact).splitlines()
    return {
        "done": answer.done,
        "kind": answer.kind.value,
        "text": answer.text,
        **_tongue(answer.language),
        "progress": progress(answer, wording),
        "label": _label(answer, wording),
        "pieces": list(_pieces(answer, wording)),
        "quotations": [_quotation(citation, wording, pass_to) for citation in answer.citations],
        # Counts change while an answer grows.
        "remarks": [*(remarks(_discreet(answer), wording) if answer.done else ()), *said],
        "heading": wording(heading),
        "searched": searched,
        "passages": [_passage(item, wording, pass_to) for item in answer.evidence],
    }


def _discreet(answer: Answer) -> Answer:
    """Leave out why a model failed: the reason names servers of the installation."""
    plain = Notice.of("remark_failed_plain")
    notices = (plain if notice.key == "remark_failed" else notice for notice in answer.notices)
    return replace(answer, notices=tuple(notices))


def _tongue(language: str) -> dict[str, str]:
    return {"language": language, "direction": direction_of(language)}


def _label(answer: Answer, wording: Wording) -> str:
    """Name the language of a reply whose quotations are in another."""
    if all(citation.language == answer.language for citation in answer.citations):
        return ""
    name = language_name(answer.language, wording.language)
    return wording("answer_language", language=name)


def _pieces(answer: Answer, wording: Wording) -> Iterator[dict[str, Any]]:
    if answer.kind is Kind.QUOTED:
        # The quotations themselves follow, each with its source.
        yield {"words": answer.text.split("\n", 1)[0]}
        return
    position = 0
    for claim in answer.claims:
        yield from _parted(answer, Span(position, claim.start))
        why = doubt(claim.support, wording)
        for piece in _parted(answer, Span(claim.start, claim.end)):
            yield {**piece, "doubt": claim.support.value} if why else piece
        if why:
            yield {"words": f" ({why})", "why": True}
        position = claim.end
    yield from _parted(answer, Span(position, len(answer.text)))


def _parted(answer: Answer, span: Span) -> Iterator[dict[str, Any]]:
    """Part a stretch of the text at its marks, and at quotations in another language."""
    numbers = {citation.number for citation in answer.citations}
    text = answer.text[span.start : span.end]
    position = 0
    for match in SHOWN_MARK.finditer(text):
        if int(match[1]) in numbers:
            yield from _quoting(text[position : match.start()], answer.citations)
            yield {"words": match[0], "mark": int(match[1])}
            position = match.end()
    yield from _quoting(text[position:], answer.citations)


def _quoting(text: str, citations: tuple[Citation, ...]) -> Iterator[dict[str, Any]]:
    position = 0
    for span in quotations_in(text):
        words = text[span.start : span.end]
        sources = [c.language for c in citations if locate(words, c.quote) is not None]
        if sources:
            yield from _words(text[position : span.start])
            yield {"words": words, **_tongue(sources[0])}
            position = span.end
    yield from _words(text[position:])


def _words(text: str) -> Iterator[dict[str, Any]]:
    if text:
        yield {"words": text}


def _quotation(
    citation: Citation, wording: Wording, pass_to: Callable[[int], str]
) -> dict[str, Any]:
    place = Span(citation.start, citation.end)
    return {
        "number": citation.number,
        "quote": citation.quote,
        "title": citation.title,
        "place": _place(citation, wording),
        "source": source_query(citation, place, pass_to(citation.document_id)),
        **_tongue(citation.language),
    }


def _passage(item: Evidence, wording: Wording, pass_to: Callable[[int], str]) -> dict[str, Any]:
    shown = excerpt_span(item, _CONTEXT_CHARACTERS)
    return {
        "before": _line(item.text_of(Span(shown.start, item.key.start))),
        "quote": _line(item.quote),
        "after": _line(item.text_of(Span(item.key.end, shown.end))),
        "title": item.title,
        "place": _place(item, wording),
        "source": source_query(item, item.key, pass_to(item.document_id)),
        **_tongue(item.language),
    }


def _place(item: Citation | Evidence, wording: Wording) -> str:
    name = language_name(item.language, wording.language)
    return " · ".join(part for part in (item.locator, name) if part)


def _line(text: str) -> str:
    return " ".join(text.split())
