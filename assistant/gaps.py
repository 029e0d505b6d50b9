"""What readers asked for and did not get: the questions that an editor should write an answer to.

Knows questions, verdicts and likeness; nothing of files or terminals.
"""

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt

from assistant.feedback import Feedback
from assistant.question_log import AskedQuestion
from assistant.types import DEFAULT_COLLECTION
from assistant.watching import Outcome

Embed = Callable[[str], npt.NDArray[np.float32]]
"""From a question to its vector, of length 1."""

_ALIKE = 0.95
"""Cosine of the bundled embedder from which two questions are taken for one. Most rewordings have
0.95 and more; questions about two sides of one thing (how to get a permit, what it costs) reach it
rarely."""

_MOST_COMPARED = 500
"""Different wordings that are compared, the most frequent ones: each takes 30 ms to embed."""


@dataclass(frozen=True, slots=True)
class Unmet:
    """A question that was refused, or whose answer a reader disliked; `document` came nearest."""

    question: str
    at: datetime
    refused: bool
    document: str
    collection: str = DEFAULT_COLLECTION


@dataclass(frozen=True, slots=True)
class Gap:
    """Questions that ask one collection for one thing.

    In the most frequent wording, with up to five others.
    """

    question: str
    refused: int
    disliked: int
    last: datetime
    others: tuple[str, ...]
    documents: tuple[str, ...]
    collection: str = DEFAULT_COLLECTION

    @property
    def times(self) -> int:
        """Count the refusals and dislikes."""
        return self.refused + self.disliked


def unmet(
    asked: Iterable[AskedQuestion], feedback: Iterable[Feedback], since: datetime
) -> list[Unmet]:
    """Pick what was refused, and what was disliked since a time."""
    found = [
        Unmet(item.searched or item.question, item.at, True, item.document, item.collection)
        for item in asked
        if item.outcome == Outcome.REFUSED
    ]
    for item in feedback:
        if item.verdict == "down" and item.at >= since:
            document = item.citations[0].document if item.citations else ""
            found.append(Unmet(item.question, item.at, False, document, item.collection))
    return found


def gaps(found: Iterable[Unmet], embed: Embed, most_compared: int = _MOST_COMPARED) -> list[Gap]:
    """Group questions that are alike; the most frequent first, then the latest."""
    same: dict[tuple[str, str], list[Unmet]] = {}
    for item in found:
        same.setdefault((item.collection, _plain(item.question)), []).append(item)
    wordings = sorted(same.values(), key=len, reverse=True)
    joined = _joined(wordings[:most_compared], embed) + wordings[most_compared:]
    return sorted(map(_gap, joined), key=lambda gap: (gap.times, gap.last), reverse=True)


def _joined(wordings: Sequence[list[Unmet]], embed: Embed) -> list[list[Unmet]]:
    """Add each wording to the likest one before it, where it is like one."""
    groups: list[list[Unmet]] = []
    heads: list[npt.NDArray[np.float32]] = []
    for wording in wordings:
        vector = embed(wording[0].question)
        collection = wording[0].collection
        alike = [
            float(head @ vector) if group[0].collection == collection else -1.0
            for head, group in zip(heads, groups, strict=True)
        ]
        best = int(np.argmax(alike)) if alike else -1
        if alike and alike[best] >= _ALIKE:
            groups[best] += wording
        else:
            groups.append(list(wording))
            heads.append(vector)
    return groups


def _gap(group: Sequence[Unmet]) -> Gap:
    wordings = list(dict.fromkeys(item.question for item in group))
    documents = Counter(item.document for item in group if item.document)
    return Gap(
        question=wordings[0],
        refused=sum(item.refused for item in group),
        disliked=sum(not item.refused for item in group),
        last=max(item.at for item in group),
        others=tuple(wordings[1:6]),
        documents=tuple(name for name, _ in documents.most_common(3)),
        collection=group[0].collection,
    )


def _plain(question: str) -> str:
    """Fold what does not make another question: case, width, punctuation, blanks."""
    folded = unicodedata.normalize("NFKC", question).casefold()
    letters = "".join(c if c.isalnum() else " " for c in folded)
    return " ".join(letters.split()) or folded
