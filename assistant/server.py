"""The web application: the HTTP interface and the chat page, under one set of security headers.

Knows how the parts are mounted; nothing of what they do.
"""

import secrets
from importlib.metadata import version
from pathlib import Path

import gradio as gr
from fastapi import FastAPI, HTTPException, Request
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import RedirectResponse
from starlette.datastructures import MutableHeaders
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.access import entry_refusal, refusal
from assistant.access_build import build_embed_tokens, build_identities
from assistant.admission import Admission
from assistant.api import owner_routes, public_routes, refuse_the_rest, report_errors
from assistant.bodies import JSON, MOST_PAGE_BYTES, MULTIPART, BodyBounds, Bound
from assistant.build import Installation, largest_file
from assistant.chat import THEME, build_chat, head, translations
from assistant.chat_events import ChatEvents
from assistant.clients import ForwardedClients
from assistant.document_api import DocumentDesk, document_routes
from assistant.embed_routes import embed_routes
from assistant.gate import DOCUMENTS, LIBRARY, LIBRARY_UPLOADS, LibraryGate, collection_of
from assistant.gradio_guard import GradioGuard
from assistant.library import CSS as LIBRARY_CSS
from assistant.library import build_library
from assistant.library import head as library_head
from assistant.library_desks import Desks
from assistant.library_events import LibraryEvents
from assistant.logs import RequestLog
from assistant.openai_api import openai_routes
from assistant.operations import operation_routes
from assistant.rates import RateBounds, Rates
from assistant.readiness import Readiness
from assistant.recent_histories import RecentHistories
from assistant.reception import Reception
from assistant.sources import source_routes
from assistant.static_files import STATIC
from assistant.tabs import TabGuard
from assistant.visible_corpora import CorporaFor, corpora_for
from assistant.wording import WordingBook
from index.page_pictures import PagePictures

_ROOM_TO_REFUSE = 4
_MOST_JSON_BYTES = 8_000_000
_SLOWEST_BYTES_PER_SECOND = 100_000
_MOST_FILES = 100
"""Of the largest size, in one upload to the library; of smaller ones there may be more."""

_MULTIPART_BYTES = 100_000
"""What goes with a file that is sent: borders, headers, its name."""

_MOST_REFUSED_BYTES = 4_000
"""The chat page takes no files: enough for Gradio to say so."""

_MOST_EVENTS = 256
"""Of all open pages, that may wait; each page asks for its state every few seconds."""

_LOOPBACK = {"127.0.0.1", "localhost", "::1"}

# Gradio's page needs inline scripts and styles; everything else comes from this server alone, so
# that no text of a document or model can make a browser call another host.
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; "
    "worker-src 'self' blob:; object-src 'none'; base-uri 'self'; frame-ancestors 'self'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


class SecurityHeaders:
    """Puts the security headers on every response; one with a policy of its own keeps that."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and its response back with the headers."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers)


def create_app(installation: Installation) -> FastAPI:
    """Put the application of an opened data folder together."""
    app = FastAPI(
        title="Bronwijzer",
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
        version=version("bronwijzer"),
    )
    report_errors(app)
    reception = _reception(installation)
    seen = corpora_for(installation.corpora)
    app.include_router(public_routes(seen, reception))
    if installation.ownership is not None:
        app.include_router(owner_routes(installation, installation.ownership.token))
    readiness = Readiness(installation.corpora.opened, installation.watch)
    app.include_router(operation_routes(installation, readiness))
    book = WordingBook.bundled()
    pictures = PagePictures()
    sources = source_routes(lambda request, name: seen(request).corpus(name), pictures, book)
    app.include_router(sources)
    tokens = build_embed_tokens(installation.settings)
    app.include_router(embed_routes(installation, pictures, book, tokens, reception))
    _add_program_routes(app, installation, book, seen, reception)
    refuse_the_rest(app)
    app.add_middleware(LibraryGate, rule=installation.settings.library, book=book)
    # Of a process that only reads, nobody is the owner: a token that nobody knows.
    owner = installation.ownership
    token = owner.token if owner is not None else secrets.token_urlsafe(32)
    identities = build_identities(installation.settings, token)
    app.add_middleware(GradioGuard, uploads=Path(gr.utils.get_upload_folder()))
    app.add_middleware(TabGuard)
    # Around all of the above, and around what is mounted: nothing is reached but through it.
    app.add_middleware(Admission, identities=identities, book=book)
    app.add_middleware(SecurityHeaders)
    # With no middleware of ours, Gradio would echo any origin, credentials allowed.
    app.add_middleware(CORSMiddleware, allow_origins=[])
    if installation.settings.host in _LOOPBACK:
        # A page elsewhere must not reach this server under a name of its own (DNS rebinding).
        app.add_middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost", "[::1]"])
    app.add_middleware(ForwardedClients, trusted=installation.settings.trusted_proxies)
    app.add_middleware(RequestLog)
    app.mount("/browser", StaticFiles(directory=STATIC))
    _mount_library(app, installation, book, seen)
    _mount_chat(app, installation, book, seen, reception)
    return app


def _reception(installation: Installation) -> Reception:
    settings = installation.settings
    bounds = RateBounds(
        settings.questions_per_minute,
        settings.embed_questions_per_day,
        settings.questions_per_day,
    )
    return Reception(installation.watch.queue.places, Rates(bounds))


def _add_program_routes(
    app: FastAPI,
    installation: Installation,
    book: WordingBook,
    seen: CorporaFor,
    reception: Reception,
) -> None:
    settings = installation.settings

    def admit(request: Request) -> None:
        """Refuse whom the gate refuses: its own rule again, should a route escape it."""
        refused = refusal(request, settings.library, collection_of(request))
        if refused is not None:
            wording = book.accepted(request.headers.get("accept-language", ""))
            raise HTTPException(403, wording(refused))

    desk = DocumentDesk(installation.stewards, settings.arrivals_folder)
    app.include_router(document_routes(desk, book, admit, seen))
    app.include_router(openai_routes(seen, book, reception))
    app.add_middleware(
        BodyBounds,
        usual=Bound(JSON, _MOST_JSON_BYTES),
        special={
            DOCUMENTS: _upload(largest_file(settings), 1),
            "/gradio_api/upload": Bound("", _MOST_REFUSED_BYTES),
            LIBRARY_UPLOADS: _upload(largest_file(settings), _MOST_FILES),
        },
        page=Bound("", MOST_PAGE_BYTES),
    )


def _upload(largest: int, files: int) -> Bound:
    most = files * (largest + _MULTIPART_BYTES)
    return Bound(MULTIPART, most, 60 + most / _SLOWEST_BYTES_PER_SECOND)


def _mount_chat(
    app: FastAPI,
    installation: Installation,
    book: WordingBook,
    seen: CorporaFor,
    reception: Reception,
) -> None:
    i18n = translations(book)
    settings = installation.settings
    events = ChatEvents(
        corpora_for=seen,
        book=book,
        feedback=installation.feedback,
        recent=RecentHistories(),
        status=lambda: installation.supply.status,
        suggestions=installation.suggestions.of,
        may_enter_library=lambda request: entry_refusal(request, settings.library) is None,
        reception=reception,
        fingerprint=lambda: installation.corpus.fingerprint,
        organisation=settings.organisation,
        greeting=settings.greeting,
        contact=settings.contact,
    )
    chat = build_chat(events, i18n)
    # Gradio runs so many events at once, of which each answer is one, and all else is to go on.
    chat.max_threads += reception.places
    chat.queue(default_concurrency_limit=8, max_size=_MOST_EVENTS)
    chat.has_launched = True  # For Gradio's own check of files: see gradio_guard.py.
    gr.mount_gradio_app(
        app,
        chat,
        path="/",
        ssr_mode=False,
        footer_links=[],
        run_history=False,
        i18n=i18n,
        theme=THEME,
        head=head(book),
        max_file_size=1,  # The page takes no files, but Gradio would from anyone.
    )


def _mount_library(
    app: FastAPI, installation: Installation, book: WordingBook, seen: CorporaFor
) -> None:
    settings, i18n = installation.settings, translations(book)

    @app.get(LIBRARY, include_in_schema=False)
    def with_slash(request: Request) -> RedirectResponse:
        return RedirectResponse(f"{LIBRARY}/{'?' if request.url.query else ''}{request.url.query}")

    def visitor(request: Request) -> str | None:
        """Name whoever may enter: the gate's own rule again, should a route escape it."""
        return None if entry_refusal(request, settings.library) else settings.library

    def may_change(request: Request, collection: str) -> bool:
        return refusal(request, settings.library, collection) is None

    desks = Desks(installation.stewards, seen, may_change)
    library = build_library(LibraryEvents(desks, book, settings.largest_file_mb), i18n)
    library.queue(default_concurrency_limit=8, max_size=64)
    library.has_launched = True  # For Gradio's own check of files: see gradio_guard.py.
    gr.mount_gradio_app(
        app,
        library,
        path=LIBRARY,
        auth_dependency=visitor,
        ssr_mode=False,
        footer_links=[],
        run_history=False,
        css=LIBRARY_CSS,
        head=library_head(),
        i18n=i18n,
        theme=THEME,
        # Gradio refuses a whole batch for one file that is too large; the page tells which one,
        # as long as it gets to see it.
        max_file_size=_ROOM_TO_REFUSE * largest_file(settings),
    )
