"""Pictures of pages, each drawn in a process of its own that may fail, hang or swell alone.

Knows how the two processes talk and what the second one may use; nothing of PDFs or the web.
"""

import json
import os
import resource
import subprocess
import sys
import threading
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import asdict
from pathlib import Path
from typing import BinaryIO

from index.errors import IndexingError, UndrawablePage, UnknownPage
from index.loaders.pdf_picture import Drawing, draw
from index.paging import Stretch

_PROGRAM = "import sys; from index.page_pictures import serve; serve(int(sys.argv[1]))"

_MOST_MEMORY = 1_000_000_000
"""Bytes that a drawing may take beyond what its process starts with."""

_MOST_WAITING = 5.0
"""Seconds. Requests that wait longer would keep the server's threads from all other work."""

_ERRORS: dict[str, type[IndexingError]] = {
    error.__name__: error for error in (UnknownPage, UndrawablePage)
}


class PagePictures:
    """Draws pages, `at_once` of them, for at most `seconds` each; keeps the last `kept`.

    Any thread may ask.
    """

    def __init__(self, seconds: float = 15.0, at_once: int = 2, kept: int = 8) -> None:
        self._seconds = seconds
        self._places = threading.BoundedSemaphore(at_once)
        self._kept = kept
        self._drawings: OrderedDict[tuple[Hashable, int, Stretch | None], Drawing] = OrderedDict()
        self._keeping = threading.Lock()

    def picture(
        self, document: Hashable, file: BinaryIO, page: int, stretch: Stretch | None
    ) -> Drawing:
        """Draw a page (counted from 1) of a document, which is what `file` holds.

        `document` names it among all whose pages are drawn here.

        Raises UnknownPage, UndrawablePage.
        """
        key = (document, page, stretch)
        with self._keeping:
            if key in self._drawings:
                self._drawings.move_to_end(key)
                return self._drawings[key]
        if not self._places.acquire(timeout=_MOST_WAITING):
            raise UndrawablePage("Many pages are being drawn at this moment. Try again shortly.")
        try:
            drawing = self._drawn(file, page, stretch)
        finally:
            self._places.release()
        with self._keeping:
            self._drawings[key] = drawing
            while len(self._drawings) > self._kept:
                self._drawings.popitem(last=False)
        return drawing

    def _drawn(self, file: BinaryIO, page: int, stretch: Stretch | None) -> Drawing:
        request = {"page": page, "stretch": asdict(stretch) if stretch else None}
        try:
            run = subprocess.run(
                [sys.executable, "-P", "-c", _PROGRAM, str(file.fileno())],
                input=json.dumps(request).encode(),
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                pass_fds=[file.fileno()],
                # Nothing else: a process that reads hostile files needs no keys of ours.
                env={"PYTHONPATH": os.pathsep.join(entry or os.curdir for entry in sys.path)},
                timeout=self._seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise UndrawablePage(
                f"Page {page} took longer than {self._seconds:g} seconds to draw."
            ) from None
        except OSError as error:
            raise UndrawablePage(f"The process that draws pages cannot start: {error}.") from error
        if run.returncode:
            raise UndrawablePage(
                f"The process that drew page {page} ended with exit code {run.returncode}: the "
                "file may be damaged, or the page too large."
            )
        return _read(run.stdout)


def serve(handle: int) -> None:
    """Draw what standard input asks for of an open file; write it to standard output."""
    request = json.load(sys.stdin)
    _limit_memory()
    with os.fdopen(handle, "rb") as file:
        file.seek(0)
        content = file.read()
    stretch = Stretch(**request["stretch"]) if request["stretch"] else None
    try:
        written = _written(draw(content, request["page"], stretch))
    except (UnknownPage, UndrawablePage) as error:
        written = json.dumps({"error": type(error).__name__, "reason": str(error)}).encode()
    sys.stdout.buffer.write(written)


def _written(drawing: Drawing) -> bytes:
    head = {key: value for key, value in asdict(drawing).items() if key != "png"}
    return json.dumps(head).encode() + b"\n" + drawing.png


def _read(written: bytes) -> Drawing:
    line, _, png = written.partition(b"\n")
    head = json.loads(line)
    if "error" in head:
        raise _ERRORS[head["error"]](head["reason"])
    marks = tuple((mark[0], mark[1], mark[2], mark[3]) for mark in head.pop("marks"))
    return Drawing(png=png, marks=marks, **head)


def _limit_memory() -> None:
    pages = Path("/proc/self/statm").read_text("ascii").split()[0]
    now = int(pages) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (now + _MOST_MEMORY,) * 2)
