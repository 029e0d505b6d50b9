"""First questions that a page suggests, in the documents' own words, without a language model.

Knows headings and questions in documents, and tries each by a search; nothing of pages. Headings
are anyone's words: what is suggested is one short line without control characters or addresses.
"""

import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Self

import regex

from assistant.answering import Assistant
from assistant.errors import AssistantError
from assistant.evidence import collect, echoes, quotations
from assistant.sanitation import one_line
from assistant.wording import Wording, WordingBook
from index.errors import IndexingError
from index.passages import width
from index.types import DocumentInfo, SourceDocument

MOST = 4

_MOST_SEARCHES = 24
_MOST_DOCUMENTS = 12
"""Read of those in the page's language, and as many of the others."""

_MOST_OF_ONE = 4
"""Questions, and headings, that are tried of one document."""

_MOST_CHARACTERS = 20_000
"""Read of one document."""

_LONGEST_QUESTION = 120
_LONGEST_HEADING = 70
_SHORTEST = 8
"""In columns, as the bounds above: "Contact" asks nothing."""

_LEAST_WORDS = 3

_QUESTION_END = regex.compile(r"[?？؟⁇⁈፧\u037e]$|\p{Armenian}\u055e")
_GREEK_END = regex.compile(r"\p{Greek}[;?]$")
_INNER_END = regex.compile(r"[.!?؟;]\s|[。！？].")
_HEADING_END = regex.compile(r"[\p{L}\p{M}\p{N})]$")
_ADDRESS = regex.compile(r"://|www\.|@", regex.IGNORECASE)
_ITEM = regex.compile(r"\s*[-–—•*·]")
_NUMBERING = regex.compile(
    r"^\s*(?:\d+(?:\.\d+)*[.):]?(?=\s)|[IVXLC]+[.)]|\p{L}[.)]|[一二三四五六七八九十]+、)?\s*"
)


class Suggestions:
    """Suggests questions that the documents answer, made anew when the documents change.

    `examples` are shown as they are instead, where there are any.
    """

    def __init__(self, assistant: Assistant, book: WordingBook, examples: Sequence[str]) -> None:
        self._assistant = assistant
        self._book = book
        self._examples = tuple(examples)
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._state: tuple[int, ...] = ()
        self._found: dict[str, tuple[str, ...]] = {}
        self._threads: dict[str, threading.Thread] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop searching, before the corpus is closed."""
        self._closed.set()
        with self._lock:
            threads = list(self._threads.values())
        for thread in threads:
            thread.join()

    def of(self, language: str) -> tuple[str, ...]:
        """Give at most MOST questions for a page in a language, at once; none until they are made.

        They are made in the background, and not while a sync runs: those from before it stay.
        """
        if self._examples:
            return self._examples
        wording = self._book.of(language)
        with self._lock:
            if self._closed.is_set() or self._assistant.corpus.syncing:
                return self._found.get(wording.language, ())
            self._start(wording)
            return self._found.get(wording.language, ())

    def _start(self, wording: Wording) -> None:
        """Begin a search in the background, unless one runs or has been made."""
        state = self._assistant.corpus.state
        if state != self._state:
            self._state, self._found = state, {}
        running = self._threads.get(wording.language)
        if wording.language in self._found or (running and running.is_alive()):
            return
        thread = threading.Thread(target=self._make, args=(wording, state), daemon=True)
        self._threads[wording.language] = thread
        thread.start()

    def _make(self, wording: Wording, state: tuple[int, ...]) -> None:
        try:
            found = self._search(wording)
        except (AssistantError, IndexingError):
            # Whoever asks meets the same error, and the next page tries again.
            return
        with self._lock:
            if state == self._state and not self._closed.is_set():
                self._found[wording.language] = found

    def _search(self, wording: Wording) -> tuple[str, ...]:
        """Try questions until enough documents have one, those in the page's language first."""
        documents = self._assistant.corpus.documents()
        own = [item for item in documents if item.language == wording.language]
        common = Counter(item.language for item in documents)
        others = [item for item in documents if item.language != wording.language]
        others.sort(key=lambda item: -common[item.language])
        picked: dict[int, str] = {}
        searches = 0
        groups = (candidates(self._sample(group), wording) for group in (own, others))
        for number, question in chain.from_iterable(groups):
            if len(picked) == MOST or searches == _MOST_SEARCHES or self._closed.is_set():
                break
            if number not in picked:
                searches += 1
                if self._is_answered(question, number):
                    picked[number] = question
        return tuple(picked.values())

    def _is_answered(self, question: str, document_id: int) -> bool:
        """Say whether a question finds its own document, and there more than its own words."""
        found = self._assistant.find(question)
        if not found.hits or not self._assistant.answerable(found):
            return False
        item, place = quotations(collect(found.hits, ()), question)[0]
        own = found.hits[0].stored.document_id == document_id
        return own and not echoes(item.text_of(place), question)

    def _sample(self, documents: Sequence[DocumentInfo]) -> list[SourceDocument]:
        """Read some documents, evenly spread over all."""
        count = min(len(documents), _MOST_DOCUMENTS)
        chosen = [documents[place * len(documents) // count].id for place in range(count)]
        return [self._assistant.corpus.source(number) for number in chosen]


def candidates(sources: Sequence[SourceDocument], wording: Wording) -> Iterator[tuple[int, str]]:
    """Make questions of documents, with their numbers: those that stand in them, then of headings.

    The first of every document come before the second. A line that stands in several documents is
    about none of them.
    """
    asked = {source.id: list(_questions(source)) for source in sources}
    headed = {source.id: list(_headings(source)) for source in sources}
    seen = Counter(line.casefold() for line in chain(*asked.values(), *headed.values()))
    yield from _in_turns(asked, seen)
    for number, line in _in_turns(headed, seen):
        yield number, wording("suggestion_about", heading=line)


def _in_turns(lines: Mapping[int, list[str]], seen: Counter[str]) -> Iterator[tuple[int, str]]:
    """Give the first line of every document, by its number, then the second of every one."""
    rare = {
        number: [line for line in found if seen[line.casefold()] == 1]
        for number, found in lines.items()
    }
    for turn in range(_MOST_OF_ONE):
        yield from ((number, found[turn]) for number, found in rare.items() if turn < len(found))


def _questions(source: SourceDocument) -> list[str]:
    """Find the questions that stand alone, as headings do: in running text they lead to others."""
    texts = [_cleaned(line, _LONGEST_QUESTION) for line in _lines(source)]
    return list(dict.fromkeys(text for text in texts if _is_question(text, source.language)))


def _is_question(text: str, language: str) -> bool:
    ends = _QUESTION_END.search(text) or (language == "el" and _GREEK_END.search(text))
    # Wide scripts have no blanks between words.
    enough = len(text.split()) >= _LEAST_WORDS or width(text) > len(text)
    return bool(ends) and enough and not _INNER_END.search(text)


def _headings(source: SourceDocument) -> list[str]:
    """Find the headings below the title, else the title; in plain text, lines that stand alone."""
    found = [section.heading.rpartition(" › ")[2] for section in source.sections]
    lines = found if any(found) else _lines(source)
    texts = [_cleaned(line, _LONGEST_HEADING) for line in lines]
    fit = [text for text in texts if _is_heading(text) and not _is_question(text, source.language)]
    title = source.title.casefold()
    # A page's title may go on with the name of its site.
    below = [text for text in fit if not title.startswith(text.casefold())]
    return list(dict.fromkeys(below or fit))


def _is_heading(text: str) -> bool:
    return bool(_HEADING_END.search(text)) and not _INNER_END.search(text)


def _lines(source: SourceDocument) -> Iterator[str]:
    """Find the paragraphs of one line that are no item of a list."""
    paragraphs = regex.split(r"\n\s*\n", source.text[:_MOST_CHARACTERS])
    return (text for text in paragraphs if "\n" not in text.strip() and not _ITEM.match(text))


def _cleaned(line: str, longest: int) -> str:
    """Make a line fit to be shown as a question; empty where it is not."""
    text = _NUMBERING.sub("", one_line(line, longest + 20))
    fits = _SHORTEST <= width(text) <= longest
    return text if fits and not _ADDRESS.search(text) else ""
