"""What each event on the chat page changes, as Gradio takes it.

Knows the order of the parts that an event changes; nothing of where they stand.
"""

import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import AbstractContextManager, aclosing, nullcontext
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

import gradio as gr
from starlette.requests import Request

from assistant.chat_updates import Update, asked, earlier, running
from assistant.chat_values import begun, examples, feedback_of, messages, shown, turn_of, verdicts
from assistant.dialogue import Dialogue, stopped
from assistant.errors import FeedbackUnavailable
from assistant.feedback import REASONS, FeedbackKeeper
from assistant.history import Conversation, History, Verdict
from assistant.model_supply import ModelStatus
from assistant.recent_histories import RecentHistories
from assistant.reception import Reception
from assistant.rendering import escaped
from assistant.state_line import show_notice, show_state
from assistant.types import DEFAULT_COLLECTION
from assistant.visible_corpora import CorporaFor, VisibleCorpora
from assistant.wording import Wording, WordingBook
from index.errors import StoreUnavailable

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ChatEvents:
    """The page's events. `suggestions` gives first questions in a language of the catalogue.

    `corpora_for` gives the collections that whoever asks may see, `may_enter_library` says whether
    they may open that page; `fingerprint` gives the embedder's, `contact` is who to ask after a
    refusal.
    """

    corpora_for: CorporaFor
    book: WordingBook
    feedback: FeedbackKeeper
    recent: RecentHistories
    status: Callable[[], ModelStatus]
    suggestions: Callable[[str], Sequence[str]]
    may_enter_library: Callable[[Request], bool]
    reception: Reception
    fingerprint: Callable[[], str]
    organisation: str = ""
    greeting: str = ""
    contact: str = ""

    @property
    def title(self) -> str:
        """What the page is called."""
        return f"Bronwijzer · {self.organisation}" if self.organisation else "Bronwijzer"

    # Questions: conversation, messages, evidence, box, ask, stop, edit, feedback form

    async def ask(
        self, question: str, conversation: Conversation | None, request: gr.Request
    ) -> AsyncIterator[Update]:
        """Answer a question, step by step."""
        conversation = conversation or begun(self._seen(request))
        if not question.strip():
            yield asked(conversation)
            return
        async for update in self._answered(question, conversation, request):
            yield update

    async def _answered(
        self, question: str, conversation: Conversation, request: gr.Request, anew: bool = False
    ) -> AsyncIterator[Update]:
        evidence: Any = ""
        box: Any = ""
        async with aclosing(self._grown(question, conversation, request, anew)) as turns:
            async for grown in turns:
                latest = grown.turns[-1].evidence
                changed = gr.skip() if latest == evidence else latest
                yield (grown, messages(grown), changed, box, *running(True))
                # What is typed meanwhile stays.
                evidence, box = latest, gr.skip()
        yield (gr.skip(), gr.skip(), gr.skip(), gr.skip(), *running(False))

    def _grown(
        self, question: str, conversation: Conversation, request: gr.Request, anew: bool
    ) -> AsyncGenerator[Conversation, None]:
        def admit() -> AbstractContextManager[None]:
            if request.request is None:
                return nullcontext()
            self.reception.admit(request.request)
            return self.reception.share(request.request)

        dialogue = Dialogue(self._seen(request).assistant, self.contact)
        asked = dialogue.ask(conversation, question, self._wording(request), admit, anew)
        return self.reception.drawn(asked)

    async def ask_example(
        self, conversation: Conversation | None, event: gr.SelectData, request: gr.Request
    ) -> AsyncIterator[Update]:
        """Answer a suggested question."""
        async for update in self.ask(str(event.value["text"]), conversation, request):
            yield update

    async def ask_again(
        self, conversation: Conversation | None, request: gr.Request
    ) -> AsyncIterator[Update]:
        """Answer the latest question anew."""
        if conversation is None or not conversation.turns:
            return
        before = conversation.before(len(conversation.turns) - 1)
        question = conversation.turns[-1].question
        async for update in self._answered(question, before, request, anew=True):
            yield update

    def stop(self, conversation: Conversation | None, request: gr.Request) -> Update:
        """Say that an answer was stopped."""
        conversation = conversation or begun(self._seen(request))
        return asked(stopped(conversation, self._wording(request)))

    def edit(self, conversation: Conversation | None, request: gr.Request) -> Update:
        """Take the latest question back into the box."""
        if conversation is None or not conversation.turns:
            return asked(begun(self._seen(request)))
        before = conversation.before(len(conversation.turns) - 1)
        return asked(before, box=conversation.turns[-1].question)

    # Keeping: store, earlier conversations

    def keep(
        self, stored: object, conversation: Conversation | None, request: gr.Request
    ) -> Update:
        """Have the browser keep a conversation."""
        if conversation is None:
            return gr.skip(), gr.skip()
        history = self.recent.keep(History.read(stored), conversation)
        return history.write(), earlier(history, self._seen(request))

    # History: store, conversation, messages, evidence, earlier, edit, feedback form, header,
    # collection.
    # A browser may have been someone else's before: what its reader may not see is not shown.

    def restore(self, stored: object, request: gr.Request) -> Update:
        """Show what the browser kept."""
        history = History.read(stored)
        return (gr.skip(), *self._opened(history, request))

    def begin(self, stored: object, collection: str | None, request: gr.Request) -> Update:
        """Open a new conversation with a collection."""
        history = History.read(stored).model_copy(update={"open": ""})
        seen = self._seen(request)
        fresh = begun(seen)
        if collection in seen.names():
            fresh = Conversation(collection=collection or "")
        return (history.write(), *self._opened(history, request, fresh))

    def open(self, number: int, stored: object, request: gr.Request) -> Update:
        """Open an earlier conversation, counted from 0."""
        history = History.read(stored)
        listed = shown(history, self._seen(request))
        if 0 <= number < len(listed):
            history = history.model_copy(update={"open": listed[number].id})
        return (history.write(), *self._opened(history, request))

    def forget(self, stored: object, request: gr.Request) -> Update:
        """Delete all conversations."""
        history = self.recent.forget(History.read(stored))
        return (history.write(), *self._opened(history, request))

    def _opened(
        self, history: History, request: gr.Request, fresh: Conversation | None = None
    ) -> Update:
        wording, seen = self._wording(request), self._seen(request)
        conversation = fresh or history.current
        if not seen.may_read(conversation.collection):
            conversation = begun(seen)
        turns = conversation.turns
        evidence = turns[-1].evidence if turns else escaped(wording("evidence_empty"))
        questions = self._suggested(conversation, seen, wording)
        chatbot = gr.update(
            value=messages(conversation),
            examples=examples(questions),
            placeholder=escaped(self.greeting or wording("chat_welcome")),
            feedback_value=verdicts(conversation),
        )
        return (
            conversation,
            chatbot,
            evidence,
            earlier(history, seen),
            gr.update(visible=bool(turns)),
            gr.update(visible=False),
            self._header(conversation.collection, request),
            self._choice(conversation.collection, seen, wording),
        )

    def _suggested(
        self, conversation: Conversation, seen: VisibleCorpora, wording: Wording
    ) -> Sequence[str]:
        """Suggest questions of the default collection, in it alone."""
        if conversation.collection != DEFAULT_COLLECTION or not seen.may_read(DEFAULT_COLLECTION):
            return ()
        return self.suggestions(wording.language)

    def _choice(self, chosen: str, seen: VisibleCorpora, wording: Wording) -> dict[str, Any]:
        """Show the collections where there are several; one that is gone stays named."""
        names = tuple(dict.fromkeys((*seen.names(), chosen)))
        choices = [(self._name(name, wording), name) for name in names]
        return gr.update(choices=choices, value=chosen, visible=len(names) > 1)

    @staticmethod
    def _name(collection: str, wording: Wording) -> str:
        if collection == DEFAULT_COLLECTION:
            return wording("chat_collection_default")
        return collection

    # Feedback: conversation, form, reasons, comment

    def rate(
        self, conversation: Conversation | None, event: gr.LikeData, request: gr.Request
    ) -> Update:
        """Note a thumb up or down; a thumb down asks why."""
        number = turn_of(event.index)
        if conversation is None or not 0 <= number < len(conversation.turns):
            return gr.skip(), gr.skip(), gr.skip(), gr.skip()
        if not self._seen(request).may_read(conversation.collection):
            return gr.skip(), gr.skip(), gr.skip(), gr.skip()
        verdict: Verdict = "up" if event.liked is True else "down"
        conversation = conversation.rated(number, verdict)
        wording = self._wording(request)
        if not self._record(wording, conversation, number):
            return gr.skip(), gr.skip(), gr.skip(), gr.skip()
        choices = [(wording(f"feedback_reason_{reason}"), reason) for reason in REASONS]
        return (
            conversation,
            gr.update(visible=verdict == "down"),
            gr.update(choices=choices, value=[]),
            "",
        )

    def explain(
        self,
        conversation: Conversation | None,
        reasons: Sequence[str],
        comment: str,
        request: gr.Request,
    ) -> Update:
        """Note why the latest thumb went down."""
        if conversation and not self._seen(request).may_read(conversation.collection):
            conversation = None
        turns = conversation.turns if conversation else ()
        down = [number for number, turn in enumerate(turns) if turn.verdict == "down"]
        wording = self._wording(request)
        if conversation is not None and down:
            if not self._record(wording, conversation, down[-1], reasons, comment):
                return gr.skip(), gr.skip(), gr.skip()  # What was typed stays, to be sent again.
        gr.Info(wording("chat_feedback_thanks"))
        return gr.update(visible=False), [], ""

    def _record(
        self,
        wording: Wording,
        conversation: Conversation,
        number: int,
        reasons: Sequence[str] = (),
        comment: str = "",
    ) -> bool:
        """Have an opinion kept, and say whether it is; the page tells where it cannot be."""
        try:
            record = feedback_of(conversation.turns[number], self.fingerprint(), reasons, comment)
            self.feedback.record(replace(record, collection=conversation.collection))
        except (FeedbackUnavailable, StoreUnavailable) as error:
            _log.error("An opinion could not be kept: %s", error)
            gr.Warning(wording("chat_feedback_unavailable"))
            return False
        return True

    # State

    def greet(self, request: gr.Request) -> str:
        """Write what whoever looks after the documents should know."""
        seen = self._seen(request)
        is_seen = DEFAULT_COLLECTION in seen.names()
        return show_notice(seen.corpus().coverage_warning() if is_seen else "")

    def _header(self, collection: str, request: gr.Request) -> str:
        """Write the title, with the way to the documents of a collection for who may see them."""
        header = f"# {escaped(self.title)}"
        if request.request is not None and self.may_enter_library(request.request):
            name = escaped(self._wording(request)("chat_library"))
            query = "" if collection == DEFAULT_COLLECTION else f"?collection={quote(collection)}"
            header += f"\n\n[{name}](library/{query})"
        return header

    def tell_state(
        self, conversation: Conversation | None, suggested: Sequence[str], request: gr.Request
    ) -> Update:
        """Write the line of state, and suggest first questions once there are any."""
        wording, seen = self._wording(request), self._seen(request)
        names = seen.names()
        if not names:
            return escaped(wording("access_nothing")), gr.skip(), gr.skip()
        asked = conversation or begun(seen)
        corpus = seen.corpus(asked.collection if asked.collection in names else names[0])
        line = show_state(self.status(), corpus.document_count(), corpus.progress, wording)
        questions = tuple(self._suggested(asked, seen, wording))
        if questions == tuple(suggested) or (conversation and conversation.turns):
            return line, gr.skip(), gr.skip()
        return line, gr.update(examples=examples(questions)), questions

    def _wording(self, request: gr.Request) -> Wording:
        return self.book.accepted(request.headers.get("accept-language", ""))

    def _seen(self, request: gr.Request) -> VisibleCorpora:
        assert request.request is not None, "an event that no request has brought"
        return self.corpora_for(request.request)
