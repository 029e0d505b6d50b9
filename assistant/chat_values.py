"""Conversations as the parts of the chat page take them.

Knows conversations, and which of them a reader may see; nothing of Gradio or of events.
"""

from collections.abc import Sequence

from assistant.feedback import Feedback, Opinion, feedback_on
from assistant.history import Conversation, History, Turn
from assistant.rendering import escaped
from assistant.types import Answer, Citation, Kind
from assistant.visible_corpora import VisibleCorpora


def begun(seen: VisibleCorpora) -> Conversation:
    """Begin a conversation with the collection that comes first for a reader."""
    return Conversation(collection=seen.first())


def shown(history: History, seen: VisibleCorpora) -> list[Conversation]:
    """Give the conversations of collections that a reader may see, the latest first."""
    return [kept for kept in history.conversations if seen.may_read(kept.collection)]


def messages(conversation: Conversation) -> list[dict[str, str]]:
    """Write the messages of a conversation: a question each, and its answer once there is one."""
    written = []
    for turn in conversation.turns:
        written.append({"role": "user", "content": escaped(turn.question.strip())})
        if turn.shown:
            written.append({"role": "assistant", "content": turn.shown})
    return written


def examples(questions: Sequence[str]) -> list[dict[str, str]]:
    """Give questions as the chatbot suggests them."""
    return [{"text": question} for question in questions]


def turn_of(index: int | tuple[int, int]) -> int:
    """Number the turn of a message: each has a question and an answer."""
    return (index if isinstance(index, int) else index[0]) // 2


def verdicts(conversation: Conversation) -> list[str | None]:
    """Give what a reader thinks of each answer."""
    words = {"up": "Like", "down": "Dislike"}
    return [words.get(turn.verdict) for turn in conversation.turns]


def feedback_of(
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
