"""What parts of the chat page become, as Gradio takes it.

Knows parts and their values; nothing of the events that change them.
"""

from typing import Any

import gradio as gr

from assistant.chat_values import messages, shown
from assistant.history import Conversation, History
from assistant.visible_corpora import VisibleCorpora

Update = tuple[Any, ...]
"""A value for each part that an event changes."""


def asked(conversation: Conversation, box: object = "") -> Update:
    """Show a conversation whose last question was answered."""
    evidence = conversation.turns[-1].evidence if conversation.turns else ""
    has_turns = bool(conversation.turns)
    return (conversation, messages(conversation), evidence, box, *running(False, has_turns))


def running(running: bool, has_turns: bool = True) -> Update:
    """Show the button that stops, or those that ask and edit; hide the form of feedback."""
    return (
        gr.update(visible=not running),
        gr.update(visible=running),
        gr.update(visible=not running and has_turns),
        gr.update(visible=False),
    )


def earlier(history: History, seen: VisibleCorpora) -> dict[str, Any]:
    """List the conversations that a reader may open again."""
    samples = [[conversation.title] for conversation in shown(history, seen)]
    return gr.update(samples=samples, visible=bool(samples))
