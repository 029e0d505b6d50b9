"""The chat page: a question, the evidence at once, the answer as it is written.

Knows Gradio; nothing of how answers come about or are worded.
"""

from collections.abc import Callable, Iterator

import gradio as gr

from assistant.answering import Assistant
from assistant.errors import AssistantError
from assistant.model_supply import ModelStatus
from assistant.rendering import escaped, show_answer, show_evidence, show_notice, show_status
from assistant.types import Message
from index.errors import IndexingError

CSS = """
.gradio-container { max-width: 80rem !important; margin: 0 auto !important; }
#status p { font-size: .9rem; opacity: .85; }
#evidence blockquote, #conversation blockquote { margin: .35rem 0 1rem; overflow-wrap: anywhere;
  border: 0; border-inline-start: 4px solid var(--color-accent); padding-inline-start: .75rem; }
#evidence p, #conversation p { overflow-wrap: anywhere; }
#evidence [dir], #conversation [dir] { text-align: start; }
#conversation .user p { unicode-bidi: plaintext; text-align: start; }
"""

_TITLE = "Bronwijzer"
_WELCOME = "Ask a question about the documents. Every answer points at the sentence that says so."
_NOTHING_YET = "### Evidence\n\nThe passages that a question finds appear here."
_SECONDS_BETWEEN_STATUS = 3.0

Turn = dict[str, str]
Update = tuple[list[Turn], list[Message], str, str]


def build_chat(assistant: Assistant, status: Callable[[], ModelStatus]) -> gr.Blocks:
    """Make the page."""

    def respond(question: str, shown: list[Turn], said: list[Message]) -> Iterator[Update]:
        yield from converse(assistant, question, shown, said)

    def state() -> str:
        return show_status(status(), assistant.corpus.document_count())

    with gr.Blocks(title=_TITLE, analytics_enabled=False, fill_width=True) as page:
        said = gr.State([])
        gr.Markdown(f"# {_TITLE}\n\n{_WELCOME}")
        line = gr.Markdown(elem_id="status")
        notice = gr.Markdown(elem_id="notice")
        with gr.Row():
            with gr.Column(scale=3, min_width=320):
                chatbot = gr.Chatbot(
                    label="Conversation",
                    height="58vh",
                    latex_delimiters=[],
                    buttons=["copy", "copy_all"],
                    elem_id="conversation",
                    feedback_options=None,
                )
                with gr.Row():
                    box = gr.Textbox(
                        label="Question",
                        show_label=False,
                        placeholder="Your question, in any language",
                        scale=8,
                        autofocus=True,
                        elem_id="question",
                    )
                    button = gr.Button("Ask", variant="primary", scale=1, min_width=96)
            with gr.Column(scale=2, min_width=320):
                evidence = gr.Markdown(_NOTHING_YET, elem_id="evidence", latex_delimiters=[])
        gr.on(
            [box.submit, button.click],
            respond,
            [box, chatbot, said],
            [chatbot, said, evidence, box],
            api_visibility="private",
            show_progress="hidden",
        )
        gr.on(
            [page.load, gr.Timer(_SECONDS_BETWEEN_STATUS).tick],
            state,
            None,
            line,
            api_visibility="private",
            show_progress="hidden",
        )
        page.load(
            lambda: show_notice(assistant.corpus.coverage_warning()),
            None,
            notice,
            api_visibility="private",
            show_progress="hidden",
        )
        chatbot.clear(lambda: ([], _NOTHING_YET), None, [said, evidence], api_visibility="private")
    # Gradio's context manager has no type.
    assert isinstance(page, gr.Blocks)
    return page


def converse(
    assistant: Assistant, question: str, shown: list[Turn], said: list[Message]
) -> Iterator[Update]:
    """Yield the conversation with the answer so far, what was said, the evidence, an empty box."""
    asked = [*shown, {"role": "user", "content": escaped(question)}]
    try:
        for answer in assistant.stream(question, said):
            reply = {"role": "assistant", "content": show_answer(answer)}
            turns = [Message("user", question), Message("assistant", answer.text)]
            yield [*asked, reply], [*said, *turns], show_evidence(answer), ""
    except (AssistantError, IndexingError) as error:
        reply = {"role": "assistant", "content": f"⚠️ {escaped(str(error))}"}
        yield [*asked, reply], said, _NOTHING_YET, ""
