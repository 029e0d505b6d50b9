"""What each event on the library page changes, as Gradio takes it.

Knows the order of the parts that an event changes; nothing of where they stand, nor of how files
are kept, synced or removed.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import gradio as gr
from gradio.data_classes import FileData, ListFiles
from starlette.requests import Request

from assistant.errors import AssistantError, UnknownCollection
from assistant.library_desk import Batch, Desk, Marks
from assistant.library_desks import Desks
from assistant.library_view import question
from assistant.rendering import escaped
from assistant.types import DEFAULT_COLLECTION, is_collection_name
from assistant.wording import Wording, WordingBook
from index.errors import IndexingError

Update = tuple[Any, ...]
"""A value for each part that an event changes."""

Batches = dict[str, Batch]
"""What one page has brought into each collection last."""

Seen = tuple[tuple[str, ...], str, bool, Marks]
"""What a page shows: the collections, the chosen one, whether it may be changed, its marks."""

_log = logging.getLogger(__name__)

_FAILURES = (AssistantError, IndexingError)
_SHOWN, _HIDDEN = gr.update(visible=True), gr.update(visible=False)


def named(payload: ListFiles | FileData | None) -> list[tuple[str, str]]:
    """Give pairs of where an uploaded file lies and what it was called."""
    files = payload if isinstance(payload, ListFiles) else [payload] if payload else []
    return [(file.path, file.orig_name or Path(file.path).name) for file in files]


@dataclass(frozen=True, slots=True)
class LibraryEvents:
    """The page's events; it says that files have `most_mb` megabytes at most.

    What a page names, it may have from anywhere: each event asks what its visitor may do.
    """

    desks: Desks
    book: WordingBook
    most_mb: float

    # The view: collection, address, intro, status, adding, sync, list, count, seen, contents, timer

    def enter(self, request: gr.Request) -> Update:
        """Show the collection that the address names, else the first one."""
        wanted = request.query_params.get("collection", "")
        collection = wanted if is_collection_name(wanted) else self.desks.first(_visit(request))
        return self._view(collection, "", None, request)

    def choose_collection(
        self, batches: Batches, collection: str | None, request: gr.Request
    ) -> Update:
        """Show another collection: outcomes, words, chosen, document, then the view."""
        collection = collection or self.desks.first(_visit(request))
        outcomes = ""
        batch = batches.get(collection, Batch())
        if not batch.told:
            with self._desk(collection, request) as desk:
                outcomes = desk.outcomes(batch, self._wording(request))[1]
        return (outcomes, "", None, _HIDDEN, *self._view(collection, "", None, request))

    def look(
        self,
        batches: Batches,
        seen: Seen | None,
        words: str | None,
        chosen: str | None,
        collection: str | None,
        request: gr.Request,
    ) -> Update:
        """See what has become of files and documents: batches, outcomes, then the view."""
        if not collection:  # The page has not been entered yet.
            return (gr.skip(),) * 13
        wording = self._wording(request)
        try:
            desk = self.desks.at(_visit(request), collection)
            # Files may come meanwhile: where none are looked at, what is known of them stays.
            told: Update = (gr.skip(), gr.skip())
            batch = batches.get(collection, Batch())
            if not batch.told:
                batch, outcomes = desk.outcomes(batch, wording)
                told = ({**batches, collection: batch}, outcomes)
            if self._seen(desk, collection, request) == seen:
                none = gr.skip()
                return (*told, none, none, none, desk.status(wording), *[none] * 7)
        except _FAILURES:
            told = (gr.skip(), "")  # Why stands in the view.
        choice, *rest = self._view(collection, words or "", chosen, request)
        # Another one may have been chosen meanwhile, and the next look is at that.
        del choice["value"]
        return (*told, choice, *rest)

    def _view(self, collection: str, words: str, chosen: str | None, request: gr.Request) -> Update:
        wording = self._wording(request)
        place = "./" if collection == DEFAULT_COLLECTION else _query(collection)
        where = (self._choice(collection, request), f"[{escaped(collection)}]({place})")
        try:
            desk = self.desks.at(_visit(request), collection)
            rows, count = self._listed(desk, words, chosen, wording)
            return (
                *where,
                self._intro(desk.may_change, wording),
                desk.status(wording),
                gr.update(visible=desk.may_change),
                gr.update(visible=desk.may_change),
                rows,
                count,
                self._seen(desk, collection, request),
                _SHOWN,
                gr.update(active=True),
            )
        except _FAILURES as error:
            told = f"⚠️ {escaped(self._failure(error, collection, request))}"
            none = gr.update(choices=[], value=None)
            # Looked at once: what hangs would be waited for again and again.
            still = gr.update(active=False)
            title = f"## {wording('library_title')}"
            return (*where, title, told, _HIDDEN, _HIDDEN, none, "", None, _HIDDEN, still)

    def _failure(self, error: Exception, collection: str, request: gr.Request) -> str:
        """Say why a collection is not shown; paths and hosts are for whoever may change it."""
        wording = self._wording(request)
        if not self.desks.names(_visit(request)):
            return wording("access_nothing")
        if isinstance(error, UnknownCollection) or self.desks.may_change(
            _visit(request), collection
        ):
            return wording("library_collection_failed", reason=str(error))
        _log.error("The documents of %s cannot be shown: %s", collection, error)
        return wording("library_collection_failed_reader")

    def _choice(self, collection: str, request: gr.Request) -> dict[str, Any]:
        """Show the collections where there are several; one that is gone stays named."""
        wording, seen = self._wording(request), self.desks.names(_visit(request))
        names = tuple(dict.fromkeys((*seen, collection))) if seen else ()
        default = wording("chat_collection_default")
        choices = [(default if name == DEFAULT_COLLECTION else name, name) for name in names]
        chosen = collection if names else None
        return gr.update(choices=choices, value=chosen, visible=len(names) > 1)

    def _seen(self, desk: Desk, collection: str, request: gr.Request) -> Seen:
        names = self.desks.names(_visit(request))
        return names, collection, desk.may_change, desk.marks()

    def _intro(self, may_change: bool, wording: Wording) -> str:
        title, intro = wording("library_title"), wording("library_intro")
        adding = wording("library_intro_adding", limit=f"{self.most_mb:g}") if may_change else ""
        return f"## {title}\n\n{intro} {adding}"

    @staticmethod
    def _listed(
        desk: Desk, words: str, chosen: str | None, wording: Wording
    ) -> tuple[dict[str, Any], str]:
        choices, count = desk.listed(words, wording)
        kept = chosen if any(chosen == known for _, known in choices) else None
        return gr.update(choices=choices, value=kept), count

    # Files

    def receive(
        self,
        files: list[tuple[str, str]],
        batches: Batches,
        collection: str | None,
        request: gr.Request,
    ) -> Update:
        """Bring files in: the box, batches, outcomes."""
        collection = collection or DEFAULT_COLLECTION
        with self._desk(collection, request) as desk:
            batch, outcomes = desk.receive(files, self._wording(request))
        return None, {**batches, collection: batch}, outcomes

    def sync(self, collection: str | None, request: gr.Request) -> str:
        """Ask for a sync: status."""
        with self._desk(collection, request) as desk:
            return desk.sync(self._wording(request))

    def search(
        self, words: str | None, chosen: str | None, collection: str | None, request: gr.Request
    ) -> Update:
        """Find files by words: list, count."""
        try:
            desk = self.desks.at(_visit(request), collection or DEFAULT_COLLECTION)
            return self._listed(desk, words or "", chosen, self._wording(request))
        except _FAILURES:  # The page empties the words itself, and says why nothing is shown.
            return gr.skip(), gr.skip()

    # One file: document, details, open, remove, actions, confirm, asked, chosen

    def choose(self, chosen: str | None, collection: str | None, request: gr.Request) -> Update:
        """Show what is known of a file."""
        wording = self._wording(request)
        with self._desk(collection, request) as desk:
            holding = desk.find(chosen or "")
            if holding is None:
                return *_told(wording("library_gone")), None
            number = holding.document.id if holding.document else 0
            query = "" if collection in (None, DEFAULT_COLLECTION) else _query(str(collection))
            link = gr.update(visible=bool(number), link=f"/source/{number}{query}")
            removable = gr.update(visible=desk.may_change and holding.removable)
            told = desk.details(holding, wording)
        return _SHOWN, told, link, removable, *unasked(), chosen

    def ask(self, chosen: str | None, collection: str | None, request: gr.Request) -> Update:
        """Ask whether a file is to be removed: actions, confirm, asked."""
        wording = self._wording(request)
        with self._desk(collection, request) as desk:
            holding = desk.find(chosen or "")
        asked = question(holding, wording) if holding else wording("library_gone")
        return _HIDDEN, _SHOWN, asked

    def remove(
        self, chosen: str | None, words: str | None, collection: str | None, request: gr.Request
    ) -> Update:
        """Take a file out: the parts of one file, then list, count."""
        wording = self._wording(request)
        with self._desk(collection, request) as desk:
            told = _told(desk.remove(chosen or "", wording))
            return *told, None, *self._listed(desk, words or "", None, wording)

    @contextmanager
    def _desk(self, collection: str | None, request: gr.Request) -> Iterator[Desk]:
        """Give a desk; the page tells what it cannot do."""
        collection = collection or DEFAULT_COLLECTION
        try:
            yield self.desks.at(_visit(request), collection)
        except _FAILURES as error:
            told = escape(self._failure(error, collection, request))
            raise gr.Error(told, print_exception=False) from error

    def _wording(self, request: gr.Request) -> Wording:
        return self.book.accepted(request.headers.get("accept-language", ""))


def _visit(request: gr.Request) -> Request:
    assert request.request is not None, "an event that no request has brought"
    return request.request


def _query(collection: str) -> str:
    return f"?{urlencode({'collection': collection})}"


def _told(text: str) -> Update:
    """Show a text instead of a document."""
    return _SHOWN, escaped(text), _HIDDEN, _HIDDEN, *unasked()


def unasked() -> Update:
    """Ask nothing: actions, confirm, asked."""
    return _SHOWN, _HIDDEN, ""
