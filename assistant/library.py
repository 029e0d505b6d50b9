"""The library page: its parts, where they stand, and what each event changes.

Knows Gradio; nothing of how files are kept, synced or removed, nor of who may do what.
"""

from typing import Any

import gradio as gr

from assistant.library_events import LibraryEvents, named, unasked
from assistant.static_files import versioned

CSS = """
.gradio-container { max-width: 72rem !important; margin: 0 auto !important; }
#head, #upkeep { align-items: center; flex-wrap: nowrap; }
#head h1 { white-space: nowrap; }
#place { display: none; }
/* Gradio's own is too faint to read (WCAG 2.2, 1.4.3). */
#upload .or { color: inherit; }
#outcomes li, #document p { overflow-wrap: anywhere; }
#documents .wrap { flex-direction: column; flex-wrap: nowrap; gap: .35rem; max-height: 60vh;
  overflow-y: auto; padding: 3px; }
#documents label { width: 100%; align-items: flex-start; }
#documents label span { white-space: pre-line; overflow-wrap: anywhere; unicode-bidi: plaintext; }
#documents label span::first-line { font-weight: 600; }
#document { position: fixed; bottom: 1rem; inset-inline-end: max(1.5rem, calc(50vw - 34rem));
  width: min(26rem, 36vw); max-height: 80vh; overflow-y: auto; flex-wrap: nowrap; z-index: 20;
  background: var(--block-background-fill); border: 1px solid var(--border-color-primary);
  border-radius: var(--block-radius); padding: 1rem; box-shadow: 0 0 1rem #0004; }
:is(#documents, #collection) input:focus-visible { outline-offset: 2px;
  outline: 3px solid var(--color-accent) !important; }
@media (max-width: 640px) {
  #upkeep { flex-direction: column; align-items: stretch; }
  #document { inset: auto 0 0 0; width: 100%; max-height: 60vh; border-radius: 0; }
}
"""

_TITLE = "Bronwijzer"
_SECONDS_BETWEEN_LOOKS = 1.0
# Nothing of the page is an interface for other programs.
_QUIET: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}


def head() -> str:
    """Write the tag that loads the page's script."""
    return f'<script src="../{versioned("library.js")}" defer></script>'


def build_library(events: LibraryEvents, i18n: gr.I18n) -> gr.Blocks:
    """Make the page."""
    with gr.Blocks(title=_TITLE, analytics_enabled=False, delete_cache=(600, 600)) as page:
        parts = _Parts(i18n)
        _wire_view(events, parts, page)
        _wire_files(events, parts)
        _wire_document(events, parts)
    # Gradio's context manager has no type.
    assert isinstance(page, gr.Blocks)
    return page


class _Parts:
    """The page's controls, in the order in which they stand."""

    def __init__(self, text: gr.I18n) -> None:
        self.batches = gr.State({})
        self.seen = gr.State(None)
        self.chosen = gr.State(None)
        self.timer = gr.Timer(_SECONDS_BETWEEN_LOOKS)
        with gr.Row(elem_id="head"):
            gr.Markdown(f"# {_TITLE}")
            gr.Button(
                text("library_back"), link="/", size="sm", scale=0, min_width=150, elem_id="back"
            )
        self.place = gr.Markdown(elem_id="place")
        self.collection = gr.Dropdown(
            label=text("library_collection"), visible=False, filterable=False, elem_id="collection"
        )
        # As it comes: a page may outlive the server, which then knows of no choices.
        self.collection.preprocess = _as_it_comes  # type: ignore[method-assign]
        self.intro = gr.Markdown(elem_id="intro")
        with gr.Column(visible=False) as self.adding:
            self.files = gr.File(
                label=text("library_upload"), file_count="multiple", height=170, elem_id="upload"
            )
        # Gradio keeps the files' own names to itself. (Of a subclass it would write a stub file
        # beside this module.)
        self.files.preprocess = named  # type: ignore[method-assign, assignment]
        self.outcomes = gr.Markdown(elem_id="outcomes", latex_delimiters=[])
        with gr.Row(elem_id="upkeep"):
            self.status = gr.Markdown(elem_id="status", latex_delimiters=[])
            self.sync = gr.Button(
                text("library_sync"),
                size="sm",
                scale=0,
                min_width=150,
                visible=False,
                elem_id="sync",
            )
        with gr.Column() as self.contents:
            self._contents(text)

    def _contents(self, text: gr.I18n) -> None:
        self.words = gr.Textbox(label=text("library_search"), elem_id="search", max_lines=1)
        self.count = gr.Markdown(elem_id="count")
        with gr.Row():
            with gr.Column(scale=3, min_width=320):
                self.list = gr.Radio([], label=text("library_list"), elem_id="documents")
            with gr.Column(scale=2, min_width=320, elem_id="aside"):
                self._document(text)

    def _document(self, text: gr.I18n) -> None:
        with gr.Column(visible=False, elem_id="document") as self.document:
            self.details = gr.Markdown(elem_id="details", latex_delimiters=[])
            with gr.Row() as self.actions:
                self.open = gr.Button(
                    text("library_open"), link="/", link_target="_blank", size="sm", elem_id="open"
                )
                self.remove = gr.Button(text("library_remove"), size="sm", elem_id="remove")
                self.close = gr.Button(text("library_close"), size="sm", elem_id="close")
            with gr.Column(visible=False) as self.confirm:
                self.asked = gr.Markdown(elem_id="asked", latex_delimiters=[])
                with gr.Row():
                    self.yes = gr.Button(
                        text("library_remove"), variant="stop", size="sm", elem_id="yes"
                    )
                    self.no = gr.Button(text("library_cancel"), size="sm", elem_id="no")


def _as_it_comes(payload: object) -> str | None:
    return payload if isinstance(payload, str) else None


def _wire_view(events: LibraryEvents, parts: _Parts, page: gr.Blocks) -> None:
    view = [
        parts.collection, parts.place, parts.intro, parts.status, parts.adding, parts.sync,
        parts.list, parts.count, parts.seen, parts.contents, parts.timer,
    ]  # fmt: skip
    page.load(events.enter, None, view, **_QUIET)
    look = [parts.batches, parts.seen, parts.words, parts.chosen, parts.collection]
    parts.timer.tick(events.look, look, [parts.batches, parts.outcomes, *view], **_QUIET)
    anew = [parts.outcomes, parts.words, parts.chosen, parts.document]
    chosen = [parts.batches, parts.collection]
    parts.collection.input(events.choose_collection, chosen, [*anew, *view], **_QUIET)


def _wire_files(events: LibraryEvents, parts: _Parts) -> None:
    sent = [parts.files, parts.batches, parts.collection]
    arrived = [parts.files, parts.batches, parts.outcomes]
    parts.files.upload(events.receive, sent, arrived, **_QUIET)
    parts.sync.click(events.sync, parts.collection, parts.status, **_QUIET)
    found = [parts.words, parts.chosen, parts.collection]
    listed = [parts.list, parts.count]
    parts.words.change(events.search, found, listed, trigger_mode="always_last", **_QUIET)


def _wire_document(events: LibraryEvents, parts: _Parts) -> None:
    asked = [parts.actions, parts.confirm, parts.asked]
    opened = [parts.document, parts.details, parts.open, parts.remove, *asked, parts.chosen]
    # Gradio takes no choice that it has not sent last, but a page may be a moment behind, or
    # outlive the server: so these are asked as they come.
    picked = [parts.list, parts.collection]
    parts.list.input(events.choose, picked, opened, preprocess=False, **_QUIET)
    chosen = [parts.chosen, parts.collection]
    parts.remove.click(events.ask, chosen, asked, **_QUIET)
    parts.no.click(unasked, None, asked, **_QUIET)
    closed = [parts.list, parts.chosen, parts.document]
    parts.close.click(lambda: (None, None, gr.update(visible=False)), None, closed, **_QUIET)
    removed = [parts.chosen, parts.words, parts.collection]
    listed = [parts.list, parts.count]
    parts.yes.click(events.remove, removed, [*opened, *listed], **_QUIET)
