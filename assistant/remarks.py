"""What a reader should know beside an answer, in a language: nothing is dropped silently.

Knows what is worth a remark; nothing of pages, and no words, which are the catalogue's.
"""

from collections.abc import Iterator

from assistant.types import Answer, Kind, Support
from assistant.wording import Wording


def remarks(answer: Answer, wording: Wording) -> tuple[str, ...]:
    """List what the reader should know of an answer as a whole."""
    found = [notice.said(wording) for notice in answer.notices]
    if answer.dropped:
        found.append(wording.count("remark_dropped", answer.dropped))
    found += _doubts(answer, wording)
    if answer.removed_links:
        found.append(wording.count("remark_links", answer.removed_links))
    if answer.removed_markup:
        found.append(wording.count("remark_markup", answer.removed_markup))
    if answer.misquoted:
        found.append(wording.count("remark_misquoted", answer.misquoted))
    if answer.kind is Kind.WRITTEN and 0 < answer.read < len(answer.evidence):
        found.append(wording("remark_read", read=answer.read, found=len(answer.evidence)))
    return tuple(found)


def progress(answer: Answer, wording: Wording) -> str:
    """Say what becomes of an answer that is not written yet."""
    if answer.waiting:
        return wording.count("answer_waiting", answer.waiting)
    return wording("answer_writing")


def doubt(support: Support, wording: Wording) -> str:
    """Say what the reader should know of one sentence; empty where there is no doubt."""
    in_doubt = support in (Support.WEAK, Support.UNSUPPORTED)
    return wording(f"doubt_{support.value}") if in_doubt else ""


def _doubts(answer: Answer, wording: Wording) -> Iterator[str]:
    """Count the sentences in doubt among those that state something."""
    judged = [claim.support for claim in answer.claims if claim.support is not Support.UNJUDGED]
    for support in (Support.UNSUPPORTED, Support.WEAK):
        some, key = judged.count(support), f"remark_{support.value}"
        if some and len(judged) == 1:
            yield wording(f"{key}_only")
        elif some:
            yield wording.count(key, some, whole=len(judged))
