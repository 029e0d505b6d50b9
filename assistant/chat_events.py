"""What each event on the chat page changes, as Gradio takes it.

Knows the order of the parts that an event changes; nothing of where they stand.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr
from starlette.requests import Request

from assistant.dialogue import Dialogue, stopped
from assistant.errors import FeedbackUnavailable
from assistant.feedback import REASONS, Feedback, FeedbackKeeper, Opinion, feedback_on
from assistant.history import Conversation, History, Turn, Verdict
from assistant.model_supply import ModelStatus
from assistant.recent_histories import RecentHistories
from assistant.rendering import escaped
from assistant.state_line import show_notice, show_state
from assistant.types import DEFAULT_COLLECTION, Answer, Citation, Kind
from assistant.wording import Wording, WordingBook
from index.errors import StoreUnavailable

_log = logging.getLogger(__name__)

Update = tuple[Any, ...]
"""A value for each part that an event changes."""


@dataclass(frozen=True, slots=True)
class ChatEvents:
    """The page's events. `suggestions` gives first questions in a language of the catalogue.

    `manages` says whether whoever asks may open the library; `collections` names the collections,
    the default one first.
    """

    dialogue: Dialogue
    book: WordingBook
    feedback: FeedbackKeeper
    recent: RecentHistories
    status: Callable[[], ModelStatus]
    suggestions: Callable[[str], Sequence[str]]
    manages: Callable[[Request], bool]
    organisation: str = ""
    greeting: str = ""
    collections: Callable[[], Sequence[str]] = lambda: (DEFAULT_COLLECTION,)

    @property
    def title(self) -> str:
        """What the page is called."""
        return f"Bronwijzer · {self.organisation}" if self.organisation else "Bronwijzer"

    # Questions: conversation, messages, evidence, box, ask, stop, edit, feedback form

    def ask(
        self, question: str, conversation: Conversation | None, request: gr.Request
    ) -> Iterator[Update]:
        """Answer a question, step by step."""
        conversation = conversation or Conversation()
        if not question.strip():
            yield _asked(conversation)
            return
        evidence: Any = ""
        box: Any = ""
        for grown in self.dialogue.ask(conversation, question, self._wording(request)):
            latest = grown.turns[-1].evidence
            changed = gr.skip() if latest == evidence else latest
            yield (grown, _messages(grown), changed, box, *_running(True))
            # What is typed meanwhile stays.
            evidence, box = latest, gr.skip()
        yield (gr.skip(), gr.skip(), gr.skip(), gr.skip(), *_running(False))

    def ask_example(
        self, conversation: Conversation | None, event: gr.SelectData, request: gr.Request
    ) -> Iterator[Update]:
        """Answer a suggested question."""
        yield from self.ask(str(event.value["text"]), conversation, request)

    def ask_again(self, conversation: Conversation | None, request: gr.Request) -> Iterator[Update]:
        """Answer the latest question anew."""
        if conversation is None or not conversation.turns:
            return
        before = conversation.before(len(conversation.turns) - 1)
        yield from self.ask(conversation.turns[-1].question, before, request)

    def stop(self, conversation: Conversation | None, request: gr.Request) -> Update:
        """Say that an answer was stopped."""
        conversation = stopped(conversation or Conversation(), self._wording(request))
        return _asked(conversation)

    def edit(self, conversation: Conversation | None) -> Update:
        """Take the latest question back into the box."""
        if conversation is None or not conversation.turns:
            return _asked(Conversation())
        before = conversation.before(len(conversation.turns) - 1)
        return _asked(before, box=conversation.turns[-1].question)

    # Keeping: store, earlier conversations

    def keep(self, stored: object, conversation: Conversation | None) -> Update:
        """Have the browser keep a conversation."""
        if conversation is None:
            return gr.skip(), gr.skip()
        history = self.recent.keep(History.read(stored), conversation)
        return history.write(), _earlier(history)

    # History: store, conversation, messages, evidence, earlier, edit, feedback form, collection

    def restore(self, stored: object, request: gr.Request) -> Update:
        """Show what the browser kept."""
        history = History.read(stored)
        return (gr.skip(), *self._opened(history, self._wording(request)))

    def begin(self, stored: object, collection: str | None, request: gr.Request) -> Update:
        """Open a new conversation with a collection."""
        history = History.read(stored).model_copy(update={"open": ""})
        known = collection if collection in self.collections() else DEFAULT_COLLECTION
        fresh = Conversation(collection=known or DEFAULT_COLLECTION)
        return (history.write(), *self._opened(history, self._wording(request), fresh))

    def open(self, number: int, stored: object, request: gr.Request) -> Update:
        """Open an earlier conversation, counted from 0."""
        history = History.read(stored)
        if 0 <= number < len(history.conversations):
            history = history.model_copy(update={"open": history.conversations[number].id})
        return (history.write(), *self._opened(history, self._wording(request)))

    def forget(self, stored: object, request: gr.Request) -> Update:
        """Delete all conversations."""
        history = self.recent.forget(History.read(stored))
        return (history.write(), *self._opened(history, self._wording(request)))

    def _opened(
        self, history: History, wording: Wording, fresh: Conversation | None = None
    ) -> Update:
        conversation = fresh or history.current
        turns = conversation.turns
        evidence = turns[-1].evidence if turns else escaped(wording("evidence_empty"))
        questions = self._suggested(conversation, wording)
        chatbot = gr.update(
            value=_messages(conversation),
            examples=_examples(questions),
            placeholder=escaped(self.greeting or wording("chat_welcome")),
            feedback_value=_verdicts(conversation),
        )
        return (
            conversation,
            chatbot,
            evidence,
            _earlier(history),
            gr.update(visible=bool(turns)),
            gr.update(visible=False),
            self._choice(conversation.collection, wording),
        )

    def _suggested(self, conversation: Conversation | None, wording: Wording) -> Sequence[str]:
        """Suggest questions of the default collection, in it alone."""
        if conversation is not None and conversation.collection != DEFAULT_COLLECTION:
            return ()
        return self.suggestions(wording.language)

    def _choice(self, chosen: str, wording: Wording) -> dict[str, Any]:
        """Show the collections where there are several; one that is gone stays named."""
        names = tuple(dict.fromkeys((*self.collections(), chosen)))
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
        number = _turn_of(event.index)
        if conversation is None or not 0 <= number < len(conversation.turns):
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
            fingerprint = self.dialogue.assistant.corpus.fingerprint
            record = _feedback(conversation.turns[number], fingerprint, reasons, comment)
            self.feedback.record(replace(record, collection=conversation.collection))
        except (FeedbackUnavailable, StoreUnavailable) as error:
            _log.error("An opinion could not be kept: %s", error)
            gr.Warning(wording("chat_feedback_unavailable"))
            return False
        return True

    # State

    def greet(self, request: gr.Request) -> tuple[str, str]:
        """Write the header, and what whoever looks after the documents should know."""
        wording = self._wording(request)
        header = f"# {escaped(self.title)}"
        if request.request is not None and self.manages(request.request):
            header += f"\n\n[{escaped(wording('chat_library'))}](library/)"
        return header, show_notice(self.dialogue.assistant.corpus.coverage_warning())

    def tell_state(
        self, conversation: Conversation | None, suggested: Sequence[str], request: gr.Request
    ) -> Update:
        """Write the line of state, and suggest first questions once there are any."""
        wording, asked = self._wording(request), conversation or Conversation()
        known = asked.collection in self.collections()
        collection = asked.collection if known else DEFAULT_COLLECTION
        corpus = self.dialogue.assistant_of(collection).corpus
        line = show_state(self.status(), corpus.document_count(), corpus.progress, wording)
        questions = tuple(self._suggested(conversation, wording))
        if questions == tuple(suggested) or (conversation and conversation.turns):
            return line, gr.skip(), gr.skip()
        return line, gr.update(examples=_examples(questions)), questions

    def _wording(self, request: gr.Request) -> Wording:
        return self.book.accepted(request.headers.get("accept-language", ""))


def _asked(conversation: Conversation, box: object = "") -> Update:
    evidence = conversation.turns[-1].evidence if conversation.turns else ""
    has_turns = bool(conversation.turns)
    return (conversation, _messages(conversation), evidence, box, *_running(False, has_turns))


def _running(running: bool, has_turns: bool = True) -> Update:
    """Show the button that stops, or those that ask and edit; hide the form of feedback."""
    return (
        gr.update(visible=not running),
        gr.update(visible=running),
        gr.update(visible=not running and has_turns),
        gr.update(visible=False),
    )


def _messages(conversation: Conversation) -> list[dict[str, str]]:
    messages = []
    for turn in conversation.turns:
        messages.append({"role": "user", "content": escaped(turn.question.strip())})
        if turn.shown:
            messages.append({"role": "assistant", "content": turn.shown})
    return messages


def _examples(questions: Sequence[str]) -> list[dict[str, str]]:
    return [{"text": question} for question in questions]


def _turn_of(index: int | tuple[int, int]) -> int:
    """Number the turn of a message: each has a question and an answer."""
    return (index if isinstance(index, int) else index[0]) // 2


def _verdicts(conversation: Conversation) -> list[str | None]:
    shown = {"up": "Like", "down": "Dislike"}
    return [shown.get(turn.verdict) for turn in conversation.turns]


def _earlier(history: History) -> dict[str, Any]:
    samples = [[conversation.title] for conversation in history.conversations]
    return gr.update(samples=samples, visible=bool(samples))


def _feedback(
    turn: Turn, fingerprint: str, reasons: Sequence[str] = (), comment: str = ""
) -> Feedback:
    """Put what a reader thinks of a turn into a record."""
    citations = tuple(
        Citation(number, 0, document, "", "", "", start, end, "")
        for number, (document, start, end) in enumerate(turn.cited, start=1)
    )
    kind = Kind(turn.kind) if turn.kind in set(Kind) else Kind.EVIDENCE
    answer = Answer(
        turn.question, "", kind, turn.answer, citations=citations, model=turn.model or None
    )
    opinion = Opinion(turn.verdict or "withdrawn", tuple(reasons), comment)
    return feedback_on(answer, turn.id, opinion, fingerprint)
