"""From a question, and what was said before it, to its language and the passages found for it.

Knows conversations and documents' names; nothing of language models or of what is answered.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.errors import BadQuestion
from assistant.evidence import AnswerabilityModel
from assistant.types import Message
from index.corpus import Corpus
from index.types import Hit


@dataclass(frozen=True, slots=True)
class Finding:
    """A question as it is taken, its language, and its passages, best first."""

    question: str
    language: str
    hits: list[Hit]


class Finder:
    """Searches a corpus for the questions of a conversation."""

    def __init__(
        self,
        corpus: Corpus,
        answerability: AnswerabilityModel,
        longest_question: int,
        passages: int,
    ) -> None:
        self._corpus = corpus
        self._answerability = answerability
        self._longest = longest_question
        self._passages = passages

    def find(
        self, question: str, history: Sequence[Message], documents: Sequence[str], limit: int
    ) -> Finding:
        """Search for a question, in the named documents alone where any are named.

        Raises BadQuestion, UnknownDocument, and what `Corpus.search` raises.
        """
        question = self._checked(question)
        language = self._language(question, history)
        within = [self._corpus.document_named(name) for name in documents]
        hits = self._search(question, language, history, within, limit)
        return Finding(question, language, hits)

    def _checked(self, question: str) -> str:
        question = " ".join(question.split())
        if not question:
            raise BadQuestion("The question is empty. Type what you want to know.")
        if len(question) > self._longest:
            raise BadQuestion(
                f"The question has {len(question):,} characters, at most {self._longest:,} can be "
                "asked. Shorten it, or raise the setting longest_question."
            )
        return question

    def _language(self, question: str, history: Sequence[Message]) -> str:
        """Tell the question's language; one too short to tell is in that of the one before."""
        fallback = "en"
        for message in history:
            if message.role == "user":
                fallback = self._corpus.detect_language(message.content, fallback)
        return self._corpus.detect_language(question, fallback)

    def _search(
        self,
        question: str,
        language: str,
        history: Sequence[Message],
        within: Sequence[int],
        limit: int,
    ) -> list[Hit]:
        """Search for the question, or together with the one before where that finds more."""
        hits = self._corpus.search(question, limit, within)
        asked = [message.content for message in history if message.role == "user"]
        if not asked:
            return hits
        together = self._corpus.search(f"{asked[-1]} {question}", limit, within)
        # By what a reader sees of them, so that a longer list begins as a shorter one does.
        seen = self._passages
        return max(
            hits,
            together,
            key=lambda found: self._answerability.probability(found[:seen], language),
        )
