"""The addresses of documents: their text, their pages, and the files they were read from.

Knows requests and responses; nothing of how pages are written or files are found.
"""

import unicodedata
from collections.abc import Iterator
from typing import Annotated, BinaryIO
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi import Path as PathParameter
from fastapi.responses import Response, StreamingResponse

from assistant.evidence import relative
from assistant.picture_page import picture_page
from assistant.plain_page import link, note, plain_page
from assistant.source_page import SourceView, cited_in, source_page
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

DocumentId = Annotated[int, PathParameter(ge=1, le=2**62)]
"""What SQLite can hold as a number."""

PageNumber = Annotated[int, PathParameter(ge=1, le=1_000_000)]

STATUS: dict[type[Exception], int] = {
    OriginalChanged: 409,
    OriginalGone: 404,
    OriginalUnreadable: 503,
    UndrawablePage: 503,
    UnknownDocument: 404,
    UnknownPage: 404,
}
_KEYS: dict[type[Exception], str] = {
    OriginalChanged: "source_changed",
    OriginalGone: "source_gone",
    OriginalUnreadable: "source_unreadable",
    UndrawablePage: "source_undrawable",
    UnknownDocument: "source_unknown",
    UnknownPage: "source_no_page",
}

_INERT = {
    "Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'self'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-() ")
_PIECE = 1 << 16


def source_routes(corpus: Corpus, pictures: PagePictures, book: WordingBook) -> APIRouter:
    """Make the routes, which anyone who reaches the server may use."""
    router = APIRouter()
    sources = _Sources(corpus, pictures, book)
    router.get("/source/{document_id}")(sources.text)
    router.get("/original/{document_id}")(sources.original)
    router.get("/page/{document_id}/{page}.png")(sources.picture)
    router.get("/page/{document_id}/{page}")(sources.page)
    return router


class _Sources:
    def __init__(self, corpus: Corpus, pictures: PagePictures, book: WordingBook) -> None:
        self._corpus = corpus
        self._pictures = pictures
        self._book = book

    def text(
        self, document_id: DocumentId, request: Request, start: int = 0, end: int = 0
    ) -> Response:
        """Show a document's text, with the characters [start, end) marked."""
        try:
            view = self._view(document_id, start, end)
            return source_page(view, self._wording(request)).response()
        except IndexingError as error:
            return self._refusal(request, error)

    def original(self, document_id: DocumentId, request: Request) -> Response:
        """Send the file that a document was read from, to be kept and not to be shown."""
        try:
            original = self._corpus.original(document_id)
            file = original.opened()
        except IndexingError as error:
            return self._refusal(request, error)
        headers = {
            **_INERT,
            "Content-Disposition": attachment(original.name),
            "Content-Length": str(original.state.size),
        }
        content = _content(file, original.state.size)
        return StreamingResponse(content, headers=headers, media_type="application/octet-stream")

    def page(
        self,
        document_id: DocumentId,
        page: PageNumber,
        request: Request,
        start: int = 0,
        end: int = 0,
    ) -> Response:
        """Show a page as it looks, with what it has of the characters [start, end) marked."""
        try:
            view = self._view(document_id, start, end)
            drawing = self._drawing(view, page)
            return picture_page(view, page, drawing, self._wording(request)).response()
        except IndexingError as error:
            return self._refusal(request, error)

    def picture(
        self,
        document_id: DocumentId,
        page: PageNumber,
        request: Request,
        start: int = 0,
        end: int = 0,
    ) -> Response:
        """Give the picture of a page, with the same mark."""
        try:
            drawing = self._drawing(self._view(document_id, start, end), page)
        except IndexingError as error:
            return self._refusal(request, error)
        return Response(drawing.png, headers=_INERT, media_type="image/png")

    def _view(self, document_id: int, start: int, end: int) -> SourceView:
        document = self._corpus.source(document_id)
        name = relative(document.path, self._corpus.roots())
        file_note = ""
        try:
            self._corpus.original(document_id).check()
        except OriginalUnavailable as error:
            file_note = _KEYS[type(error)]
        return SourceView(document, name, cited_in(document, start, end), file_note)

    def _drawing(self, view: SourceView, page: int) -> Drawing:
        document, cited = view.document, view.cited
        if not has_pages(document):
            raise UnknownPage(f"{view.name} has no pages, only text.")
        stretch = stretch_on(document, page, cited.start, cited.end) if cited else None
        with self._corpus.original(document.id).opened() as file:
            return self._pictures.picture(document.id, file, page, stretch)

    def _wording(self, request: Request) -> Wording:
        return self._book.accepted(request.headers.get("accept-language", ""))

    def _refusal(self, request: Request, error: IndexingError) -> Response:
        """Say to a reader, in a page, why there is nothing to see; programs get the error."""
        key = _KEYS.get(type(error))
        if key is None or "text/html" not in request.headers.get("accept", ""):
            raise error
        wording = self._wording(request)
        title = wording("source_nothing")
        body = f"<h1>{title}</h1>{note(wording(key))}{_way_back(request, error, wording)}"
        return plain_page(title, wording.language, body).response(STATUS[type(error)])


def _way_back(request: Request, error: IndexingError, wording: Wording) -> str:
    """Lead to the document's text, where there still is one."""
    if isinstance(error, UnknownDocument):
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
