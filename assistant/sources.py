"""The addresses of documents: their text, their pages, and the files they were read from.

Knows requests and responses; nothing of how pages are written or files are found.
"""

import logging
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Annotated, BinaryIO
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query, Request
from fastapi import Path as PathParameter
from fastapi.responses import Response, StreamingResponse

from assistant.api_models import failures
from assistant.errors import AssistantError, LinkOver, UnknownCollection
from assistant.evidence import relative
from assistant.failures import failure
from assistant.picture_page import picture_page
from assistant.plain_page import link, note, plain_page
from assistant.provenance import info_of
from assistant.source_page import SourceView, cited_in, source_page
from assistant.types import DEFAULT_COLLECTION
from assistant.wording import Wording, WordingBook
from index.corpus import Corpus
from index.errors import (
    IndexingError,
    OriginalChanged,
    OriginalGone,
    OriginalUnavailable,
    OriginalUnreadable,
    UndrawablePage,
    UnknownDocument,
    UnknownPage,
)
from index.loaders.pdf_picture import Drawing
from index.page_pictures import PagePictures
from index.paging import has_pages, stretch_on
from index.types import SourceDocument

DocumentId = Annotated[int, PathParameter(ge=1, le=2**62)]
"""What SQLite can hold as a number."""

PageNumber = Annotated[int, PathParameter(ge=1, le=1_000_000)]

STATUS: dict[type[Exception], int] = {
    LinkOver: 403,
    OriginalChanged: 409,
    OriginalGone: 404,
    OriginalUnreadable: 503,
    UndrawablePage: 503,
    UnknownCollection: 404,
    UnknownDocument: 404,
    UnknownPage: 404,
}
_KEYS: dict[type[Exception], str] = {
    LinkOver: "source_link_over",
    OriginalChanged: "source_changed",
    OriginalGone: "source_gone",
    OriginalUnreadable: "source_unreadable",
    UndrawablePage: "source_undrawable",
    UnknownCollection: "source_unknown",
    UnknownDocument: "source_unknown",
    UnknownPage: "source_no_page",
}

CorpusFor = Callable[[Request, str], Corpus]
"""Gives the corpus of a collection to whoever makes a request."""

_REFUSED = (IndexingError, AssistantError)
_Refused = IndexingError | AssistantError
_log = logging.getLogger(__name__)

_INERT = {
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-() ")
_PIECE = 1 << 16


@dataclass(frozen=True, slots=True)
class Asked:
    """What an address says beside a document's number: the cited characters, the collection.

    `shown` is the pass that links inside an embed carry.
    """

    start: int = 0
    end: int = 0
    collection: str = DEFAULT_COLLECTION
    shown: Annotated[str, Query(alias="pass", max_length=1000)] = ""


Place = Annotated[Asked, Depends()]


@dataclass(frozen=True, slots=True)
class Showing:
    """Which documents are shown, by their names for a reader, and who may frame them.

    `ancestors` are sources of a Content-Security-Policy; a frame has all pages around it checked.
    To `strangers` an error is told in the page's own words, as its text names paths and hosts.
    """

    shows: Callable[[str], bool] = lambda name: True
    ancestors: str = "'self'"
    strangers: bool = False


_TO_ALL = Showing()


def source_routes(
    corpus: CorpusFor, pictures: PagePictures, book: WordingBook, showing: Showing = _TO_ALL
) -> APIRouter:
    """Make the routes of what readers may open.

    They lead to each other relatively, so that they may stand below any path. `corpus` gives the
    corpus of a collection; it raises UnknownCollection, also for one that is not shown here.
    """
    router = APIRouter(tags=["pages"])
    sources = _Sources(corpus, pictures, book, showing)
    for path, show, media_type in (
        ("/source/{document_id}", sources.text, "text/html"),
        ("/original/{document_id}", sources.original, "application/octet-stream"),
        ("/page/{document_id}/{page}.png", sources.picture, "image/png"),
        ("/page/{document_id}/{page}", sources.page, "text/html"),
    ):
        answers = {200: {"content": {media_type: {}}}, **failures(404, 409, 422, 503)}
        router.get(path, response_class=Response, responses=answers)(show)
    return router


class _Sources:
    def __init__(
        self, corpus: CorpusFor, pictures: PagePictures, book: WordingBook, showing: Showing
    ) -> None:
        self._corpus = corpus
        self._pictures = pictures
        self._book = book
        self._showing = showing
        policy = f"sandbox; default-src 'none'; frame-ancestors {showing.ancestors}"
        self._inert = {**_INERT, "Content-Security-Policy": policy}

    def text(self, document_id: DocumentId, request: Request, place: Place) -> Response:
        """Show a document's text, with the characters [start, end) marked."""
        try:
            view = self._view(request, document_id, place)
            page = source_page(view, self._wording(request))
            return page.response(ancestors=self._showing.ancestors)
        except _REFUSED as error:
            return self._refusal(request, error)

    def original(self, document_id: DocumentId, request: Request, place: Place) -> Response:
        """Send the file that a document was read from, to be kept and not to be shown."""
        try:
            corpus = self._corpus(request, place.collection)
            _, (name, *_) = self._shown(corpus, document_id)
            original = corpus.original(document_id)
            file = original.opened()
        except _REFUSED as error:
            return self._refusal(request, error)
        headers = {
            **self._inert,
            "Content-Disposition": attachment(PurePosixPath(name).name),
            "Content-Length": str(original.state.size),
        }
        content = _content(file, original.state.size)
        return StreamingResponse(content, headers=headers, media_type="application/octet-stream")

    def page(
        self, document_id: DocumentId, page: PageNumber, request: Request, place: Place
    ) -> Response:
        """Show a page as it looks, with what it has of the characters [start, end) marked."""
        try:
            view = self._view(request, document_id, place)
            drawing = self._drawing(request, view, page)
            shown = picture_page(view, page, drawing, self._wording(request))
            return shown.response(ancestors=self._showing.ancestors)
        except _REFUSED as error:
            return self._refusal(request, error)

    def picture(
        self, document_id: DocumentId, page: PageNumber, request: Request, place: Place
    ) -> Response:
        """Give the picture of a page, with the same mark."""
        try:
            drawing = self._drawing(request, self._view(request, document_id, place), page)
        except _REFUSED as error:
            return self._refusal(request, error)
        return Response(drawing.png, headers=self._inert, media_type="image/png")

    def _shown(self, corpus: Corpus, document_id: int) -> tuple[SourceDocument, list[str]]:
        """Read a document and name its files that are shown here.

        Raises UnknownDocument where none is.
        """
        document, roots = corpus.source(document_id), corpus.roots()
        names = [relative(path, roots) for path in corpus.paths(document_id)]
        shown = [name for name in names if self._showing.shows(name)]
        if not shown:
            raise UnknownDocument(f"Document {document_id} is not shown here.")
        return document, shown

    def _view(self, request: Request, document_id: int, place: Asked) -> SourceView:
        corpus = self._corpus(request, place.collection)
        document, (name, *others) = self._shown(corpus, document_id)
        file_note = ""
        try:
            corpus.original(document_id).check()
        except OriginalUnavailable as error:
            file_note = _KEYS[type(error)]
        cited = cited_in(document, place.start, place.end)
        info = info_of(document, corpus.documents(document.path))
        where = (place.collection, place.shown)
        return SourceView(document, name, cited, file_note, *where, info, tuple(others))

    def _drawing(self, request: Request, view: SourceView, page: int) -> Drawing:
        document, cited = view.document, view.cited
        if not has_pages(document):
            raise UnknownPage(f"{view.name} has no pages, only text.")
        stretch = stretch_on(document, page, cited.start, cited.end) if cited else None
        # Every collection counts its documents from 1, and a new one of the same name does again.
        key = (view.collection, document.id, document.path, hash(document.text))
        original = self._corpus(request, view.collection).original(document.id)
        with original.opened() as file:
            return self._pictures.picture(key, file, page, stretch)

    def _wording(self, request: Request) -> Wording:
        return self._book.accepted(request.headers.get("accept-language", ""))

    def _refusal(self, request: Request, error: _Refused) -> Response:
        """Say to a reader, in a page, why there is nothing to see; programs get the error."""
        key = _KEYS.get(type(error))
        is_page = "text/html" in request.headers.get("accept", "")
        wording = self._wording(request)
        if self._showing.strangers:
            _log.warning("A source was not shown in an embed: %s", error)
        if key is None or not is_page:
            if not self._showing.strangers:
                raise error
            told = wording(key or "chat_failed")
            return failure(request.url.path, STATUS.get(type(error), 503), told)
        title = wording("source_nothing")
        body = f"<h1>{title}</h1>{note(wording(key))}{_way_back(request, error, wording)}"
        page = plain_page(title, wording.language, body)
        return page.response(STATUS[type(error)], self._showing.ancestors)


def _way_back(request: Request, error: _Refused, wording: Wording) -> str:
    """Lead to the document's text, where there still is one."""
    if isinstance(error, UnknownDocument | UnknownCollection | LinkOver):
        return ""
    number, query = request.path_params["document_id"], request.url.query
    up = "../" * (2 if "page" in request.path_params else 1)
    address = f"{up}source/{number}{'?' + query if query else ''}#cited"
    return f"<nav>{link(address, wording('source_text'))}</nav>"


def attachment(name: str) -> str:
    """Write a Content-Disposition that saves a file under a name (RFC 6266), whatever is in it.

    Characters that nobody sees, some of which turn names around, become "_".
    """
    visible = "".join(
        "_" if unicodedata.category(character)[0] == "C" else character for character in name
    )
    plain = "".join(character if character in _PLAIN else "_" for character in visible)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(visible, safe='')}"


def _content(file: BinaryIO, size: int) -> Iterator[bytes]:
    """Read as much as was announced, though the file may grow meanwhile."""
    with file:
        while size > 0 and (piece := file.read(min(size, _PIECE))):
            size -= len(piece)
            yield piece
