"""What a reader can do where the documents do not tell.

Knows the nearest passage and whom to ask; nothing of pages. Plain text, which pages must escape.
"""

from assistant.sanitation import one_line
from assistant.types import Answer
from assistant.wording import Wording

_LONGEST_NAME = 100


def advice(answer: Answer, wording: Wording, contact: str) -> str:
    """Advise the asker of a refused question; empty for an answer that is none.

    Says where the nearest text is, how to ask, and the line of whom to ask, where there is one.
    """
    if not answer.refused:
        return ""
    sentences = [wording("refusal_ask"), " ".join(contact.split())]
    if answer.evidence:
        nearest = answer.evidence[0]
        names = (one_line(name, _LONGEST_NAME) for name in (nearest.title, nearest.locator))
        place = ", ".join(name for name in names if name)
        sentences.insert(0, wording("refusal_nearest", place=place))
    return " ".join(filter(None, sentences))
