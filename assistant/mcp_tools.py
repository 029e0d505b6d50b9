"""What programs that speak the Model Context Protocol may ask of the assistant.

Knows the door to a data folder and values for JSON; nothing of the protocol itself.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import Any

from anyio import to_thread

from assistant.doors import Door
from assistant.growing_text import GrowingText
from assistant.wire import write_citation
from assistant.wording import WordingBook

Enter = Callable[[bool], AbstractContextManager[Door]]
"""Opens the way to the data folder for one call; true starts a language model where it must."""

_MOST_CHARACTERS = 20_000


class Tools:
    """What the tools do; each gives values that are ready for JSON."""

    def __init__(self, enter: Enter, book: WordingBook) -> None:
        # Without a server each call opens the data folder, which one at a time may.
        self._turn = threading.Lock()
        self._open = enter
        self._book = book

    @contextmanager
    def _enter(self, answering: bool) -> Iterator[Door]:
        with self._turn, self._open(answering) as door:
            yield door

    async def ask(self, question: str, documents: list[str] | None = None) -> dict[str, Any]:
        """Answer a question from the documents, in its language, and cite the sentences.

        `documents` names the only documents to use; left out, all are. `refused` is true where
        they do not hold the answer: then say so, and do not answer from elsewhere.
        """
        return await to_thread.run_sync(partial(self._asked, question, documents or []))

    async def search(self, question: str, documents: list[str] | None = None) -> dict[str, Any]:
        """Find the passages of the documents that say most about a question, best first.

        The question and the documents need not share a language. `documents` names the only
        documents to search; left out, all are.
        """
        return await to_thread.run_sync(partial(self._searched, question, documents or []))

    async def read_source(self, name: str, start: int = 0) -> dict[str, Any]:
        """Read a document's text by its name, from the character `start`, at most 20,000 of it.

        `next_start` says where to go on; it is null at the end.
        """
        return await to_thread.run_sync(partial(self._read, name, start))

    def _asked(self, question: str, documents: list[str]) -> dict[str, Any]:
        with self._enter(True) as door:
            *_, answer = door.stream(question, (), documents)
        text = GrowingText(self._book)
        text.grow(answer)
        return {
            "answer": text.text,
            "refused": answer.refused,
            "citations": [write_citation(citation) for citation in answer.citations],
        }

    def _searched(self, question: str, documents: list[str]) -> dict[str, Any]:
        with self._enter(False) as door:
            found = door.search(question, (), documents)
        return {
            "passages": [
                {
                    "document": item.document,
                    "title": item.title,
                    "locator": item.locator,
                    "language": item.language,
                    "quote": item.quote,
                    "text": item.text,
                    "start": item.start,
                    "end": item.end,
                }
                for item in found
            ]
        }

    def _read(self, name: str, start: int) -> dict[str, Any]:
        with self._enter(False) as door:
            source = door.source(name)
        start = max(0, start)
        end = min(start + _MOST_CHARACTERS, len(source.text))
        return {
            "document": source.document,
            "title": source.title,
            "language": source.language,
            "text": source.text[start:end],
            "next_start": end if end < len(source.text) else None,
        }
