"""The addresses of the assistant on pages of other sites: embed pages, their answers, the widget.

Knows requests, and keeps each embed to its documents; nothing of HTML or how answers come about.
"""

import hashlib
import logging
from collections.abc import Generator, Mapping
from functools import cache
from typing import Any

from anyio import to_thread
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field

from assistant.access import refusal
from assistant.answering import Assistant
from assistant.api import EVENT_FORM
from assistant.api_requests import Turn
from assistant.build import Installation
from assistant.corpora import Corpora
from assistant.embed_page import demo_list, demo_page, embed_page, missing_page, widget_script
from assistant.embed_tokens import EmbedTokens
from assistant.embed_view import no_pass, show_snapshot
from assistant.embeds import Embed
from assistant.errors import (
    AssistantError,
    BadQuestion,
    Busy,
    LinkOver,
    NotSignedIn,
    ServerStopping,
    TooManyQuestions,
    UnknownCollection,
)
from assistant.evidence import relative
from assistant.identities import identity_of
from assistant.model_supply import ModelState
from assistant.plain_page import plain_page
from assistant.reception import EventForm, Reception, written
from assistant.sources import CorpusFor, Showing, source_routes
from assistant.types import Answer, Message
from assistant.wording import Wording, WordingBook
from index.corpus import Corpus
from index.errors import IndexingError
from index.page_pictures import PagePictures
from index.types import DocumentFilter

_log = logging.getLogger(__name__)

_TOLD = (BadQuestion, ServerStopping, UnknownCollection)
"""Errors whose text is for a reader: about the question, or that there is no answer now."""


class Asked(BaseModel):
    """A question on an embed page, with the turns before it."""

    question: str = Field(max_length=20_000)
    history: list[Turn] = Field(default=[], max_length=50)


def embed_routes(
    installation: Installation,
    pictures: PagePictures,
    book: WordingBook,
    tokens: Mapping[str, EmbedTokens],
    reception: Reception,
) -> APIRouter:
    """Make the routes of the configured embeds, and refuse those of any other.

    `tokens` checks those of the embeds that are only for whoever is signed in, by name.
    """
    router = APIRouter(include_in_schema=False)
    for name, embed in installation.settings.embeds.items():
        site = _Site(name, embed, installation, book, tokens.get(name), reception)
        router.get(f"/embed/{name}")(site.page)
        router.post(f"/embed/{name}/ask", response_model=None)(site.ask)
        showing = Showing(embed.shows, embed.ancestors, strangers=True)
        sources = source_routes(
            _only(embed, installation.corpora, tokens.get(name)), pictures, book, showing
        )
        router.include_router(sources, prefix=f"/embed/{name}")

    @router.api_route("/embed/{rest:path}", methods=["GET", "POST"])
    def missing(request: Request) -> Response:
        """Say that there is no such embed."""
        return missing_page(_accepted(book, request))

    _show_widget(router, installation, book)
    return router


class _Site:
    """One embed: its page and its answers."""

    def __init__(
        self,
        name: str,
        embed: Embed,
        installation: Installation,
        book: WordingBook,
        tokens: EmbedTokens | None,
        reception: Reception,
    ) -> None:
        self._name = name
        self._embed = embed
        self._installation = installation
        self._book = book
        self._tokens = tokens
        self._reception = reception

    def page(self, request: Request) -> Response:
        """Show the page."""
        wording = self._wording(request)
        title = self._embed.title or self._installation.settings.organisation or "Bronwijzer"
        return embed_page(self._name, self._embed, title, wording, self._note(wording))

    async def ask(self, asked: Asked, request: Request) -> Response:
        """Answer a question from the embed's documents, as growing snapshots in events.

        A question that is to be asked later is told so in the page's own words.
        """
        wording = self._wording(request)
        if self._tokens is not None:
            try:
                self._tokens.check(_bearer(request))
            except NotSignedIn as error:
                return _signed_out(error, wording)
        contact = self._installation.settings.contact

        # The same ones with every snapshot, so that what has not changed is not shown anew.
        pass_to = cache(self._tokens.pass_to) if self._tokens else no_pass

        def shown(answer: Answer) -> dict[str, Any]:
            return show_snapshot(answer, wording, contact, pass_to)

        form = EventForm(lambda error: EVENT_FORM.broken(_discreet(error, wording)))
        try:
            self._reception.admit(request, self._name)
            answers = await to_thread.run_sync(self._answers, asked)
            return await self._reception.events(request, written(answers, shown), form)
        except Busy as busy:
            raise Busy(wording("chat_busy"), busy.retry_seconds) from None
        except TooManyQuestions as many:
            told = wording("chat_too_many", setting=many.setting)
            raise TooManyQuestions(told, many.setting, many.retry_seconds) from None
        except (AssistantError, IndexingError) as error:
            raise _discreet(error, wording) from None

    def _answers(self, asked: Asked) -> Generator[Answer, None, None]:
        history = [Message(turn.role, turn.content) for turn in asked.history]
        assistant = self._assistant()
        wanted = DocumentFilter(numbers=_documents(self._embed, assistant.corpus))
        return assistant.stream(asked.question, history, wanted=wanted)

    def _assistant(self) -> Assistant:
        """Give the embed's assistant; its readers are told no other collection's name."""
        try:
            return self._installation.corpora.assistant(self._embed.collection)
        except UnknownCollection:
            raise UnknownCollection(f"The embed {self._name!r} has no documents now.") from None

    def _wording(self, request: Request) -> Wording:
        language = self._embed.language
        return self._book.of(language) if language else _accepted(self._book, request)

    def _note(self, wording: Wording) -> str:
        """Say what a reader should know before asking: who receives the question, if anyone."""
        status = self._installation.supply.status
        if status.state is ModelState.READY and status.host:
            there = wording("state_model_there", name=status.name, host=status.host)
            return f"{wording('embed_note')} {there}."
        return wording("embed_note")


def _discreet(error: Exception, wording: Wording) -> Exception:
    """Keep from strangers what an error names of the installation: paths, hosts, commands."""
    if isinstance(error, _TOLD):
        return error
    _log.warning("An embed did not answer: %s", error)
    return AssistantError(wording("chat_failed"))


def _bearer(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _signed_out(error: NotSignedIn, wording: Wording) -> Response:
    """Tell the reader what to do, and whoever builds the page around the reason (RFC 6750)."""
    why = f'Bearer error="invalid_token", error_description="{error}"'
    told = {"error": wording("embed_signed_out")}
    return JSONResponse(told, status_code=401, headers={"WWW-Authenticate": why})


def _only(embed: Embed, corpora: Corpora, tokens: EmbedTokens | None) -> CorpusFor:
    """Give the corpus of an embed's own collection, and of no other that an address may name.

    Where there are tokens, an address needs a pass to its document.
    """

    def corpus(request: Request, collection: str) -> Corpus:
        if collection != embed.collection:
            raise UnknownCollection(f"The collection {collection!r} is not shown here.")
        number, shown = request.path_params["document_id"], request.query_params.get("pass", "")
        if tokens is not None and not tokens.admits(shown, number):
            raise LinkOver("This address is good for half an hour. Ask again for another.")
        return corpora.corpus(collection)

    return corpus


def _documents(embed: Embed, corpus: Corpus) -> tuple[int, ...] | None:
    """Number the documents that an embed is kept to; None where it is kept to no part of them."""
    if not embed.documents:
        return None
    roots = corpus.roots()
    return tuple(
        document.id
        for document in corpus.documents()
        if any(embed.shows(relative(path, roots)) for path in document.paths)
    )


def _show_widget(router: APIRouter, installation: Installation, book: WordingBook) -> None:
    script = widget_script({code: book.of(code) for code in book.languages}).encode()
    headers = {
        "Cache-Control": "public, max-age=300",
        "ETag": f'"{hashlib.sha256(script).hexdigest()[:16]}"',
        # Pages that let in only what consents, by Cross-Origin-Embedder-Policy, need this.
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
    settings = installation.settings

    @router.get("/widget.js")
    def widget(request: Request) -> Response:
        """Give the script for other pages."""
        if headers["ETag"] in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return Response(script, headers=headers, media_type="text/javascript; charset=utf-8")

    @router.get("/demo")
    def demo(request: Request, embed: str = "") -> Response:
        """Show a widget on a page of our own, to whoever may change `documents`."""
        wording = _accepted(book, request)
        if refusal(request, settings.library) is not None:
            title = wording("embed_demo")
            body = f"<h1>{title}</h1><p>{wording('embed_demo_refused')}</p>"
            return plain_page(title, wording.language, body).response(403)
        # How many documents an embed has is for readers of its collection.
        rights = identity_of(request.scope).rights
        embeds = {n: e for n, e in settings.embeds.items() if rights.may_read(e.collection)}
        if not embed:
            return demo_list(sorted(embeds), wording).response()
        if embed not in embeds:
            return missing_page(wording)
        shown = embeds[embed]
        corpus = installation.corpora.corpus(shown.collection)
        numbers = _documents(shown, corpus)
        kept_to = corpus.document_count() if numbers is None else len(numbers)
        state = wording.count("state_documents", kept_to)
        return demo_page(embed, shown, state, str(request.base_url), wording).response()


def _accepted(book: WordingBook, request: Request) -> Wording:
    return book.accepted(request.headers.get("accept-language", ""))
