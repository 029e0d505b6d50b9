"""From a question, and what was said before it, to its language and the passages found for it.

Knows languages and documents' names; nothing of language models or of what is answered.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from assistant.conversation import wordings
from assistant.errors import BadQuestion
from assistant.types import Message, Notice
from index.corpus import Corpus
from index.types import DocumentFilter, Hit


@dataclass(frozen=True, slots=True)
class Finding:
    """A question as it is taken, its language, and its passages, best first.

    `among` counts the passages that were searched; `chosen` the documents that a filter let
    through of the `whole`, None where there was no filter.
    """

    question: str
    language: str
    hits: list[Hit]
    among: int
    chosen: int | None = None
    whole: int = 0

    @property
    def notices(self) -> tuple[Notice, ...]:
        """Say how many documents a filter let through, where there was one."""
        if self.chosen is None:
            return ()
        if not self.chosen:
            return (Notice.of("filter_none"),)
        counts = {"some": f"{self.chosen:,}", "whole": f"{self.whole:,}"}
        return (Notice.of("filter_some", **counts),)


class Finder:
    """Searches a corpus for the questions of a conversation."""

    def __init__(self, corpus: Corpus, longest_question: int) -> None:
        self._corpus = corpus
        self._longest = longest_question

    def find(
        self,
        question: str,
        history: Sequence[Message],
        wanted: DocumentFilter,
        limit: int,
        rewriting: str = "",
    ) -> Finding:
        """Search for a question, in the documents that fit a filter alone.

        `rewriting` is what a language model made of a follow-up, if one did. Raises BadQuestion,
        UnknownDocument, and what `Corpus.search` raises.
        """
        question = self._checked(question)
        language = self._language(question, history)
        within = self._corpus.select(wanted)
        hits = self._corpus.search(wordings(question, history, rewriting), limit, within)
        found = Finding(question, language, hits, self._corpus.passage_count(within))
        if within is None or not wanted.has_more_than_names:
            return found
        return replace(found, chosen=len(within), whole=self._corpus.document_count())

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
