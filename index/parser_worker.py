"""The process that reads files: what it is told, what it may use, and what it answers.

Knows how answers are written; nothing of stores, nor of the process that asks. What it reads may
be hostile, so answers are JSON, which can hold no more than text and numbers.
"""

import importlib
import json
import os
import resource
import signal
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from index.errors import ParserUnavailable, UnreadableFile
from index.language import LanguageDetector
from index.passages import touched
from index.reading import Loader, parsed, reason_of
from index.types import Document, Parsed, Passage, Section, Span

_NICENESS = 10
"""Added to the process's own: whoever asks meanwhile goes first."""

OUT_OF_MEMORY = "memory"
"""The key of an answer that says that the limit of memory was reached."""


def serve(handle: int) -> None:
    """Answer paths with documents until the other end of the pipe closes."""
    # A program that a parser starts would keep the pipe open beyond the end of this process.
    os.set_inheritable(handle, False)
    pipe = Connection(handle)
    os.nice(_NICENESS)
    task = json.loads(pipe.recv_bytes())
    try:
        loaders = {suffix: _found(name) for suffix, name in task["loaders"].items()}
        detector = LanguageDetector(task["languages"])
        # Has the model loaded, before limits are set that are meant for a file.
        detector.detect("ready")
    except Exception as error:  # noqa: BLE001 - the caller is told, and raises it
        pipe.send_bytes(_written({"failure": f"{type(error).__name__}: {error}"}))
        return
    pipe.send_bytes(_written({"failure": ""}))
    # Without a handler, the kernel ends a process whatever a parser is doing.
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    while True:
        try:
            path = Path(os.fsdecode(pipe.recv_bytes()))
        except EOFError:
            return
        _limit_memory(task["most_memory"])
        signal.setitimer(signal.ITIMER_PROF, task["seconds"])
        signal.setitimer(signal.ITIMER_REAL, task["clock_seconds"])
        answer = _answer(path, loaders, detector)
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        pipe.send_bytes(answer)


def name_of(loader: Loader) -> str:
    """Name a loader so that another process finds it.

    Raises ParserUnavailable for a function that none could import.
    """
    function = getattr(loader, "__qualname__", repr(loader))
    name = f"{loader.__module__}:{function}"
    if "<" in name or "." in function or loader.__module__ == "__main__":
        raise ParserUnavailable(
            f"The loader {name} cannot be imported by the process that reads files. Put it at the "
            "top of a module, or give Reading no limits."
        )
    return name


def _found(name: str) -> Loader:
    module, _, function = name.partition(":")
    loader: Loader = getattr(importlib.import_module(module), function)
    return loader


def _answer(path: Path, loaders: dict[str, Loader], detector: LanguageDetector) -> bytes:
    try:
        found = parsed(path, loaders[path.suffix.lower()], detector)
        return _written(_fields(found))
    except MemoryError:
        return _written({OUT_OF_MEMORY: True})
    except Exception as error:  # noqa: BLE001 - one file must not end the run; it is reported
        return _written({"reason": reason_of(error)})


def _fields(found: Parsed) -> dict[str, Any]:
    document = found.document
    return {
        "title": document.title,
        "text": document.text,
        "sections": [[item.start, item.page, item.heading] for item in document.sections],
        "warnings": document.warnings,
        "language": found.language,
        "parser": found.parser,
        # Their texts are cut out of the document's again, so the answer is half as long.
        "passages": [
            [item.start, item.end, item.language, [[s.start, s.end] for s in item.sentences]]
            for item in found.passages
        ],
    }


def read_parsed(answer: dict[str, Any]) -> Parsed:
    """Make a document of an answer. Raises KeyError, TypeError or ValueError where it has none."""
    sections = tuple(Section(*item) for item in answer["sections"])
    document = Document(answer["title"], answer["text"], sections, tuple(answer["warnings"]))
    passages = tuple(_passage(document, *item) for item in answer["passages"])
    return Parsed(document, passages, answer["language"], answer["parser"])


def read_answer(content: bytes) -> Parsed | UnreadableFile | None:
    """Read an answer: a document, or why there is none; None where memory did not suffice."""
    answer = json.loads(content.decode("utf-8", "surrogatepass"))
    if OUT_OF_MEMORY in answer:
        return None
    if "reason" in answer:
        return UnreadableFile(answer["reason"])
    return read_parsed(answer)


def _passage(
    document: Document, start: int, end: int, language: str, sentences: list[list[int]]
) -> Passage:
    return Passage(
        start,
        end,
        document.text[start:end],
        tuple(Span(*pair) for pair in sentences),
        touched(document.sections, start, end),
        language,
    )


def _written(answer: dict[str, Any]) -> bytes:
    return json.dumps(answer, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _limit_memory(most: int) -> None:
    """Let the process take so many bytes more than it holds now, if it may have as many."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
    wanted = pages * resource.getpagesize() + most
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
