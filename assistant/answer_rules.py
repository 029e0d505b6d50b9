"""What an answer keeps to: its bounds, and the judges of what was found and written.

Knows which they are; nothing of how an answer comes about.
"""

from dataclasses import dataclass

from assistant.evidence import AnswerabilityModel
from assistant.support import SupportJudge
from assistant.types import Rewriting


@dataclass(frozen=True, slots=True)
class AnswerLimits:
    """Bounds of an answer: see the settings of the same names."""

    passages: int = 6
    context_characters: int = 1000
    longest_question: int = 2000
    answer_threshold: float = 0.4
    model_threshold: float = 0.0
    rewrite_followups: Rewriting = "short"


@dataclass(frozen=True, slots=True)
class Judges:
    """What says whether passages hold an answer, and whether they bear out what a model wrote."""

    answerability: AnswerabilityModel
    support: SupportJudge
