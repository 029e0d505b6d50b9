"""The assistant as a system to evaluate, wherever it runs.

Knows how answers become responses; nothing of scores.
"""

import time
from collections.abc import Callable, Mapping

from assistant.citations import marks, without_marks
from assistant.doors import Desk
from assistant.errors import AssistantError, ModelUnavailable
from assistant.evaluation.types import (
    Cited,
    GoldQuestion,
    ReplyKind,
    Response,
    Retrieved,
    Sentence,
)
from assistant.remarks import remarks
from assistant.types import Answer, Citation, Claim, Evidence, Kind, Support
from assistant.wording import english

_KINDS = {
    Kind.QUOTED: ReplyKind.QUOTED,
    Kind.WRITTEN: ReplyKind.WRITTEN,
    Kind.REFUSED: ReplyKind.REFUSED,
    Kind.EVIDENCE: ReplyKind.NONE,
}


class DeskSystem:
    """Asks a desk. `names` maps its documents to those of the gold, where they differ.

    `detect` tells the language of a written reply; a reply that takes longer than `timeout`
    seconds is given up.
    """

    name = "Bronwijzer"

    def __init__(
        self,
        desk: Desk,
        detect: Callable[[str], str],
        names: Mapping[str, str] | None = None,
        timeout: float = 120.0,
    ) -> None:
        self._desk = desk
        self._detect = detect
        self._names = names or {}
        self._scopes = {gold: name for name, gold in self._names.items()}
        self._timeout = timeout

    def retrieve(self, question: GoldQuestion) -> Response:
        """Search only: twenty passages, and the time that they took."""
        started = time.perf_counter()
        retrieved = self._retrieved(question)
        elapsed = (time.perf_counter() - started) * 1000
        return Response(retrieved, timings_ms={"evidence": round(elapsed, 1)})

    def respond(self, question: GoldQuestion) -> Response:
        """Search and reply. Raises ModelUnavailable where quotations stood in for a reply."""
        retrieved = self._retrieved(question)
        started = time.monotonic()
        answer: Answer | None = None
        scope = self._scope(question)
        for answer in self._desk.stream(question.question, question.history, scope):
            if time.monotonic() - started > self._timeout and not answer.done:
                raise AssistantError(f"There was no whole reply within {self._timeout:.0f} s.")
        if answer is None or not answer.done:
            raise AssistantError("The reply ended before it was whole.")
        if answer.degraded:
            raise ModelUnavailable(" ".join(map(str, answer.notices)))
        return self._response(answer, retrieved)

    def _scope(self, question: GoldQuestion) -> list[str]:
        return [self._scopes.get(name, name) for name in question.scope]

    def _retrieved(self, question: GoldQuestion) -> tuple[Retrieved, ...]:
        found = self._desk.search(question.question, question.history, self._scope(question))
        return tuple(self._passage(item) for item in found)

    def _response(self, answer: Answer, retrieved: tuple[Retrieved, ...]) -> Response:
        written = answer.kind is Kind.WRITTEN
        if answer.searched:
            # The search that ranked these did not know what a model made of the question.
            first = [self._passage(item) for item in answer.evidence]
            places = {(item.document, item.start) for item in first}
            rest = [item for item in retrieved if (item.document, item.start) not in places]
            retrieved = (*first, *rest)[: len(retrieved)]
        return Response(
            retrieved=retrieved,
            shown=answer.read or len(answer.evidence),
            searched=answer.searched,
            reply=answer.text,
            kind=_KINDS[answer.kind],
            language=self._detect(without_marks(answer.text)) if written else "",
            citations=tuple(self._cited(citation) for citation in answer.citations),
            sentences=_sentences(answer) if written else (),
            dropped=answer.dropped,
            model=answer.model or "",
            notices=remarks(answer, english()),
            timings_ms=answer.timings_ms,
        )

    def _passage(self, item: Evidence) -> Retrieved:
        return Retrieved(
            document=self._names.get(item.document, item.document),
            start=item.start,
            end=item.end,
            text=item.text,
            score=item.score,
            key=item.quote,
            language=item.language,
        )

    def _cited(self, citation: Citation) -> Cited:
        return Cited(
            number=citation.number,
            document=self._names.get(citation.document, citation.document),
            start=citation.start,
            end=citation.end,
            text=citation.quote,
            language=citation.language,
        )


def _sentences(answer: Answer) -> tuple[Sentence, ...]:
    found = []
    for claim in answer.claims:
        text = answer.text[claim.start : claim.end]
        found.append(Sentence(without_marks(text), marks(text), _support(claim)))
    return tuple(found)


def _support(claim: Claim) -> str:
    return "" if claim.support is Support.UNJUDGED else claim.support.value
