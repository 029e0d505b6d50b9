"""An answer as one text that only grows, for readers that cannot take back what they showed.

Knows answers and Markdown; nothing of protocols. Snapshots of an answer may change to the last:
what a model wrote and its sources do not bear out becomes a refusal or quotations. Here, that
follows as a correction.
"""

import regex

from assistant.citations import SHOWN_MARK
from assistant.links import inert
from assistant.remarks import remarks
from assistant.sanitation import one_line
from assistant.source_links import source_link
from assistant.types import Answer, Citation, Kind
from assistant.wording import Wording, WordingBook
from index.types import Span

_LONGEST_LINE = 500
"""In characters, of a quotation in the list of sources."""

_LONGEST_NAME = 120

_LAST_MARK = regex.compile(rf"{SHOWN_MARK.pattern}$", regex.MULTILINE)
"""What stands inside a quotation is the document's own."""


class GrowingText:
    """Turns the snapshots of one answer into text, and its list of sources behind it.

    `address` is that of the server, which sources are linked to; empty leaves links out.
    `corrected` says that the text before the last correction does not count.
    """

    def __init__(self, book: WordingBook, address: str = "") -> None:
        self._book = book
        self._address = address
        self._start = 0
        self.text = ""
        self.corrected = False

    def grow(self, answer: Answer) -> str:
        """Take the next snapshot; give what it adds to the text."""
        before = len(self.text)
        if answer.done:
            self._finish(answer)
        elif answer.kind is Kind.WRITTEN:
            # Blanks at the end may yet go.
            text = answer.text.rstrip()
            if text.startswith(self.text):
                self.text = text
        return self.text[before:]

    def marks(self, answer: Answer) -> list[tuple[Span, Citation]]:
        """Find the marks of the last snapshot in the text, each with what it cites."""
        cited = {citation.number: citation for citation in answer.citations}
        found = []
        marks = _LAST_MARK if answer.kind is Kind.QUOTED else SHOWN_MARK
        for match in marks.finditer(answer.text):
            citation = cited.get(int(match[1]))
            if citation is not None:
                place = Span(match.start() + self._start, match.end() + self._start)
                found.append((place, citation))
        return found

    def link(self, citation: Citation) -> str:
        """Give the address of a cited sentence."""
        link = source_link(citation, Span(citation.start, citation.end))
        return f"{self._address}{link.removeprefix('/')}"

    def _finish(self, answer: Answer) -> None:
        wording = self._book.of(answer.language)
        if not answer.text.startswith(self.text):
            self.corrected = True
            self.text += f"\n\n**{wording('openai_correction')}**\n\n"
            self._start = len(self.text)
            self.text += answer.text
        else:
            self.text = answer.text
        if answer.citations:
            lines = [self._line(citation, answer.kind) for citation in answer.citations]
            self.text += _listed(wording("openai_sources"), lines)
        notes = remarks(answer, wording)
        if notes:
            self.text += _listed(
                wording("openai_remarks"), [inert(one_line(n, _LONGEST_LINE)) for n in notes]
            )

    def _line(self, citation: Citation, kind: Kind) -> str:
        names = (citation.title or citation.document, citation.locator)
        place = ", ".join(inert(one_line(name, _LONGEST_NAME)) for name in names if name)
        quote = ""
        if kind is Kind.WRITTEN:
            quote = f" “{inert(one_line(citation.quote, _LONGEST_LINE))}”"
        link = f" {self.link(citation)}" if self._address else ""
        return f"[{citation.number}] {place}:{quote}{link}"


def without_additions(text: str, book: WordingBook) -> str:
    """Take out of an earlier text what was added to the answer, in whatever language."""
    for language in book.languages:
        wording = book.of(language)
        text = text.rpartition(_heading(wording, "openai_correction"))[2]
        for key in ("openai_sources", "openai_remarks"):
            text = text.partition(_heading(wording, key))[0]
    return text.strip()


def _heading(wording: Wording, key: str) -> str:
    return f"\n\n**{wording(key)}**\n"


def _listed(heading: str, lines: list[str]) -> str:
    return f"\n\n**{heading}**\n" + "\n".join(["", *(f"- {line}" for line in lines)])
