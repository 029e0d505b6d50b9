"""Ties gold questions to the documents of a corpus: names, places and quotations must be there.

Knows documents' texts; nothing of how they are searched.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from assistant.errors import AssistantError, ServerUnavailable
from assistant.evaluation.gold import bad_line
from assistant.evaluation.normalisation import squeezed
from assistant.evaluation.types import Gold, GoldQuestion
from assistant.types import DocumentText
from index.errors import UnknownDocument


class Matcher:
    """Finds documents by `find`, which raises UnknownDocument or AssistantError; each once."""

    def __init__(self, path: Path, find: Callable[[str], DocumentText]) -> None:
        self._path = path
        self._find = find
        self._names: dict[str, str] = {}
        self._lengths: dict[str, int] = {}
        self._squeezed: dict[str, str] = {}

    def match(self, questions: Iterable[GoldQuestion]) -> tuple[GoldQuestion, ...]:
        """Put documents' names as answers cite them. Raises BadQuestionSet with the line."""
        return tuple(self._matched(question) for question in questions)

    def _matched(self, question: GoldQuestion) -> GoldQuestion:
        return replace(
            question,
            gold=tuple(self._place(question.line, gold) for gold in question.gold),
            scope=tuple(self._name(question.line, name) for name in question.scope),
        )

    def _place(self, line: int, gold: Gold) -> Gold:
        name = self._name(line, gold.document)
        if gold.end is not None and gold.end > self._lengths[name]:
            raise bad_line(
                self._path,
                line,
                f"end {gold.end} lies behind the {self._lengths[name]} characters of {name!r}",
            )
        if gold.quote and squeezed(gold.quote) not in self._squeezed[name]:
            raise bad_line(
                self._path, line, f"the quote {gold.quote[:60]!r} is not in the document {name!r}"
            )
        return replace(gold, document=name)

    def _name(self, line: int, given: str) -> str:
        if given not in self._names:
            try:
                source = self._find(given)
            except ServerUnavailable:
                raise
            except (AssistantError, UnknownDocument) as error:
                raise bad_line(self._path, line, str(error).rstrip(".")) from None
            self._names[given] = source.document
            self._lengths[source.document] = len(source.text)
            self._squeezed[source.document] = squeezed(source.text)
        return self._names[given]
