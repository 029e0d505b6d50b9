"""The chat page: its parts, where they stand, and what each event changes.

Knows Gradio; nothing of how answers come about or are worded.
"""

import json
from html import escape
from typing import Any

import gradio as gr

from assistant.chat_events import ChatEvents
from assistant.static_files import versioned
from assistant.wording import WordingBook

THEME = gr.themes.Default(
    primary_hue="blue",
    neutral_hue="slate",
    # Fonts of the reader's own system: nothing to load, and every script is covered.
    font=["system-ui", "sans-serif"],
    font_mono=["ui-monospace", "monospace"],
).set(
    # White on the theme's own blue and red is too faint to read (WCAG 2.2, 1.4.3).
    button_primary_background_fill="*primary_600",
    button_primary_background_fill_hover="*primary_700",
    button_cancel_background_fill="#b91c1c",
    button_cancel_background_fill_hover="#991b1b",
    button_cancel_text_color="white",
)

_SECONDS_BETWEEN_STATES = 3.0
_PANEL = "panel_"
"""Keys of the texts that the page's script says."""


def head(book: WordingBook) -> str:
    """Write the tags that load the page's style and script, with the texts that it says."""
    texts = {
        language: {key: text for key, text in book.of(language).texts.items() if key[:6] == _PANEL}
        for language in book.languages
    }
    data = escape(json.dumps(texts, ensure_ascii=False))
    return (
        f'<link rel="stylesheet" href="{versioned("chat.css")}">'
        f'<script src="{versioned("chat.js")}" data-texts="{data}" defer></script>'
    )


def translations(book: WordingBook) -> gr.I18n:
    """Give the catalogue as Gradio takes it."""
    return gr.I18n(**{language: dict(book.of(language).texts) for language in book.languages})


class _Layout:
    """The parts of the page."""

    def __init__(self, i18n: gr.I18n, title: str) -> None:
        self.conversation = gr.State(None)
        self.suggested = gr.State(())
        # Nothing is hidden from the person whose browser this is, so the key is no secret.
        self.store = gr.BrowserState({}, storage_key="bronwijzer-history", secret="bronwijzer")
        with gr.Sidebar(label=i18n("chat_earlier"), open=False, elem_id="history"):
            self.new = gr.Button(i18n("chat_new"), elem_id="new", size="md")
            gr.Markdown(i18n("chat_kept"), elem_id="kept")
            self.earlier = gr.Dataset(
                label=i18n("chat_earlier"),
                components=[gr.Textbox(visible=False)],
                samples=[],
                type="index",
                layout="table",
                headers=[""],
                elem_id="earlier",
            )
            self.forget = gr.Button(i18n("chat_forget"), elem_id="forget", size="sm")
        self.header = gr.Markdown(f"# {title}", elem_id="header")
        self.state = gr.Markdown(elem_id="status")
        self.notice = gr.Markdown(elem_id="notice")
        with gr.Row(equal_height=False):
            with gr.Column(scale=3, min_width=320):
                self._conversation_column(i18n)
            with gr.Column(scale=2, min_width=320, elem_id="evidence-column"):
                self.evidence = gr.Markdown(elem_id="evidence", latex_delimiters=[])

    def _conversation_column(self, i18n: gr.I18n) -> None:
        self.collection = gr.Dropdown(
            label=i18n("chat_collection"), visible=False, filterable=False, elem_id="collection"
        )
        self.chatbot = gr.Chatbot(
            label=i18n("chat_conversation"),
            show_label=False,
            height="58vh",
            latex_delimiters=[],
            buttons=["copy"],
            autoscroll=False,  # The page's script keeps the beginning of an answer in sight.
            allow_tags=False,
            group_consecutive_messages=False,
            elem_id="conversation",
        )
        with gr.Column(visible=False, elem_id="feedback") as self.feedback:
            self.reasons = gr.CheckboxGroup(label=i18n("chat_feedback_asked"), elem_id="reasons")
            self.comment = gr.Textbox(
                label=i18n("chat_feedback_comment"), max_length=2000, elem_id="comment"
            )
            self.send = gr.Button(i18n("chat_feedback_send"), size="md", elem_id="send")
        with gr.Row():
            self.box = gr.Textbox(
                label=i18n("chat_question"),
                show_label=False,
                placeholder=i18n("chat_question"),
                scale=8,
                autofocus=True,
                elem_id="question",
            )
            self.ask = gr.Button(
                i18n("ask"), variant="primary", scale=1, min_width=96, elem_id="ask"
            )
            self.stop = gr.Button(
                i18n("chat_stop"), variant="stop", scale=1, min_width=96, visible=False,
                elem_id="stop",
            )  # fmt: skip
        self.edit = gr.Button(i18n("chat_edit"), size="sm", visible=False, elem_id="edit")


def build_chat(events: ChatEvents, i18n: gr.I18n) -> gr.Blocks:
    """Make the page."""
    with gr.Blocks(title=events.title, analytics_enabled=False, fill_width=True) as page:
        parts = _Layout(i18n, events.title)
        _wire_questions(events, parts)
        _wire_history(events, parts, page)
        _wire_feedback(events, parts)
        _wire_state(events, parts, page)
    # Gradio's context manager has no type.
    assert isinstance(page, gr.Blocks)
    return page


_QUIET: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
# How many answers there may be is said elsewhere: a question that waits here would show nothing.
_ANSWERED: dict[str, Any] = {**_QUIET, "concurrency_limit": None}


def _wire_questions(events: ChatEvents, parts: _Layout) -> None:
    shown = [
        parts.conversation, parts.chatbot, parts.evidence, parts.box, parts.ask, parts.stop,
        parts.edit, parts.feedback,
    ]  # fmt: skip
    asked = gr.on(
        [parts.box.submit, parts.ask.click],
        events.ask,
        [parts.box, parts.conversation],
        shown,
        **_ANSWERED,
    )
    example = parts.chatbot.example_select(
        events.ask_example, parts.conversation, shown, **_ANSWERED
    )
    retried = parts.chatbot.retry(events.ask_again, parts.conversation, shown, **_ANSWERED)
    stop = parts.stop.click(None, None, None, cancels=[asked, example, retried], **_QUIET)
    stopped = stop.then(events.stop, parts.conversation, shown, **_QUIET)
    parts.edit.click(events.edit, parts.conversation, shown, **_QUIET)
    for done in (asked, example, retried, stopped):
        done.then(
            events.keep,
            [parts.store, parts.conversation],
            [parts.store, parts.earlier],
            **_QUIET,
        )


def _wire_history(events: ChatEvents, parts: _Layout, page: gr.Blocks) -> None:
    shown = [
        parts.store, parts.conversation, parts.chatbot, parts.evidence, parts.earlier, parts.edit,
        parts.feedback, parts.header, parts.collection,
    ]  # fmt: skip
    begun = [parts.store, parts.collection]
    page.load(events.restore, parts.store, shown, **_QUIET)
    parts.new.click(events.begin, begun, shown, **_QUIET)
    parts.chatbot.clear(events.begin, begun, shown, **_QUIET)
    parts.collection.input(events.begin, begun, shown, **_QUIET)
    parts.earlier.click(events.open, [parts.earlier, parts.store], shown, **_QUIET)
    parts.forget.click(events.forget, parts.store, shown, **_QUIET)


def _wire_feedback(events: ChatEvents, parts: _Layout) -> None:
    form = [parts.feedback, parts.reasons, parts.comment]
    rated = parts.chatbot.like(
        events.rate, parts.conversation, [parts.conversation, *form], **_QUIET
    )
    parts.send.click(
        events.explain, [parts.conversation, parts.reasons, parts.comment], form, **_QUIET
    )
    rated.then(
        events.keep, [parts.store, parts.conversation], [parts.store, parts.earlier], **_QUIET
    )


def _wire_state(events: ChatEvents, parts: _Layout, page: gr.Blocks) -> None:
    page.load(events.greet, None, parts.notice, **_QUIET)
    gr.on(
        [page.load, gr.Timer(_SECONDS_BETWEEN_STATES).tick],
        events.tell_state,
        [parts.conversation, parts.suggested],
        [parts.state, parts.chatbot, parts.suggested],
        **_QUIET,
    )
