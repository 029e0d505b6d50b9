"""The library page: bring documents in, see what is there, take documents out.

Knows Gradio; nothing of how files are kept, synced or removed, nor of who may open the page.
"""

from pathlib import Path
from typing import Any

import gradio as gr
from gradio.data_classes import FileData, ListFiles

from assistant.library_desk import Batch, Desk, Marks
from assistant.library_view import details, question
from assistant.rendering import escaped
from assistant.wording import Wording, WordingBook

CSS = """
.gradio-container { max-width: 72rem !important; margin: 0 auto !important; }
#head, #upkeep { align-items: center; flex-wrap: nowrap; }
#head h1 { white-space: nowrap; }
/* Gradio's own is too faint to read (WCAG 2.2, 1.4.3). */
#upload .or { color: inherit; }
#outcomes li, #document p { overflow-wrap: anywhere; }
#documents .wrap { flex-direction: column; flex-wrap: nowrap; gap: .35rem; max-height: 60vh;
  overflow-y: auto; padding: 3px; }
#documents label { width: 100%; align-items: flex-start; }
#documents label span { white-space: pre-line; overflow-wrap: anywhere; unicode-bidi: plaintext; }
#documents label span::first-line { font-weight: 600; }
#document { position: fixed; bottom: 1rem; inset-inline-end: max(1.5rem, calc(50vw - 29.5rem));
  width: min(26rem, 36vw); max-height: 80vh; overflow-y: auto; flex-wrap: nowrap; z-index: 20;
  background: var(--block-background-fill); border: 1px solid var(--border-color-primary);
  border-radius: var(--block-radius); padding: 1rem; box-shadow: 0 0 1rem #0004; }
@media (max-width: 640px) {
  #upkeep { flex-direction: column; align-items: stretch; }
  #document { inset: auto 0 0 0; width: 100%; max-height: 60vh; border-radius: 0; }
}
"""

_TITLE = "Bronwijzer"
_SECONDS_BETWEEN_LOOKS = 1.0
_SHOWN, _HIDDEN = gr.update(visible=True), gr.update(visible=False)


def build_library(desk: Desk, book: WordingBook, i18n: gr.I18n, most_mb: float) -> gr.Blocks:
    """Make the page. Files are to have `most_mb` megabytes at most, which it says."""
    with gr.Blocks(title=_TITLE, analytics_enabled=False, delete_cache=(600, 600)) as page:
        parts = _Parts(i18n)
        _Wiring(desk, book, most_mb).connect(page, parts)
    # Gradio's context manager has no type.
    assert isinstance(page, gr.Blocks)
    return page


class _Parts:
    """The page's controls, in the order in which they stand."""

    def __init__(self, text: gr.I18n) -> None:
        self.batch = gr.State(Batch())
        self.seen = gr.State((-1, -1, False))
        self.chosen = gr.State(None)
        self.timer = gr.Timer(_SECONDS_BETWEEN_LOOKS)
        with gr.Row(elem_id="head"):
            gr.Markdown(f"# {_TITLE}")
            gr.Button(
                text("library_back"), link="/", size="sm", scale=0, min_width=150, elem_id="back"
            )
        self.intro = gr.Markdown(elem_id="intro")
        self.files = gr.File(
            label=text("library_upload"), file_count="multiple", height=170, elem_id="upload"
        )
        # Gradio keeps the files' own names to itself. (Of a subclass it would write a stub file
        # beside this module.)
        self.files.preprocess = _named  # type: ignore[method-assign, assignment]
        self.outcomes = gr.Markdown(elem_id="outcomes", latex_delimiters=[])
        with gr.Row(elem_id="upkeep"):
            self.status = gr.Markdown(elem_id="status", latex_delimiters=[])
            self.sync = gr.Button(
                text("library_sync"), size="sm", scale=0, min_width=150, elem_id="sync"
            )
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


class _Wiring:
    """What happens when: each function gives the values of the controls that it changes."""

    def __init__(self, desk: Desk, book: WordingBook, most_mb: float) -> None:
        self._desk = desk
        self._book = book
        self._most_mb = most_mb

    def connect(self, page: gr.Blocks, parts: _Parts) -> None:
        """Tie the controls to what they do."""
        # Nothing of the page is an interface for other programs.
        quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
        look = [parts.batch, parts.seen, parts.words, parts.chosen]
        looked = [parts.batch, parts.outcomes, parts.status, parts.seen, parts.list, parts.count]
        page.load(self._intro, None, parts.intro, **quiet)
        gr.on([page.load, parts.timer.tick], self._look, look, looked, **quiet)
        arrived = [parts.files, parts.batch, parts.outcomes]
        parts.files.upload(self._receive, parts.files, arrived, **quiet)
        parts.sync.click(self._sync, None, parts.status, **quiet)
        listed = [parts.list, parts.count]
        found = [parts.words, parts.chosen]
        parts.words.change(self._search, found, listed, trigger_mode="always_last", **quiet)
        asked = [parts.actions, parts.confirm, parts.asked]
        opened = [parts.document, parts.details, parts.open, parts.remove, *asked]
        # Gradio takes no choice that it has not sent last, but a page may be a moment behind, or
        # outlive the server: so the list is asked here alone, and as it comes.
        picked = [*opened, parts.chosen]
        parts.list.input(self._choose, parts.list, picked, preprocess=False, **quiet)
        parts.remove.click(self._ask, parts.chosen, asked, **quiet)
        parts.no.click(_unasked, None, asked, **quiet)
        closed = [parts.list, parts.chosen, parts.document]
        parts.close.click(lambda: (None, None, _HIDDEN), None, closed, **quiet)
        chosen = [parts.chosen, parts.words]
        parts.yes.click(self._remove, chosen, [*picked, *listed], **quiet)

    def _wording(self, request: gr.Request) -> Wording:
        return self._book.accepted(request.headers.get("accept-language", ""))

    def _intro(self, request: gr.Request) -> str:
        wording = self._wording(request)
        intro = wording("library_intro", limit=f"{self._most_mb:g}")
        return f"## {wording('library_title')}\n\n{intro}"

    def _look(
        self, batch: Batch, seen: Marks, words: str | None, path: str | None, request: gr.Request
    ) -> tuple[Any, ...]:
        wording, marks = self._wording(request), self._desk.marks()
        told = (gr.skip(), gr.skip()) if batch.told else self._desk.outcomes(batch, wording)
        rows = (gr.skip(), gr.skip())
        if marks != tuple(seen):
            rows = self._listed(words, path, wording)
        return *told, self._desk.status(wording), marks, *rows

    def _listed(self, words: str | None, path: str | None, wording: Wording) -> tuple[Any, str]:
        choices, count = self._desk.listed(words or "", wording)
        kept = path if any(path == known for _, known in choices) else None
        return gr.update(choices=choices, value=kept), count

    def _receive(
        self, files: list[tuple[str, str]], request: gr.Request
    ) -> tuple[None, Batch, str]:
        return None, *self._desk.receive(files, self._wording(request))

    def _sync(self, request: gr.Request) -> str:
        return self._desk.sync(self._wording(request))

    def _search(self, words: str | None, path: str | None, request: gr.Request) -> tuple[Any, str]:
        return self._listed(words, path, self._wording(request))

    def _choose(self, path: str | None, request: gr.Request) -> tuple[Any, ...]:
        holding, wording = self._desk.find(path or ""), self._wording(request)
        if holding is None:
            return *_told(wording("library_gone")), None
        number = holding.document.id if holding.document else 0
        link = gr.update(visible=bool(number), link=f"/source/{number}")
        removable = gr.update(visible=holding.removable)
        return _SHOWN, details(holding, wording), link, removable, *_unasked(), holding.path

    def _ask(self, path: str | None, request: gr.Request) -> tuple[Any, ...]:
        holding, wording = self._desk.find(path or ""), self._wording(request)
        asked = question(holding, wording) if holding else wording("library_gone")
        return _HIDDEN, _SHOWN, asked

    def _remove(self, path: str | None, words: str | None, request: gr.Request) -> tuple[Any, ...]:
        wording = self._wording(request)
        told = _told(self._desk.remove(path or "", wording))
        return *told, None, *self._listed(words, None, wording)


def _named(payload: ListFiles | FileData | None) -> list[tuple[str, str]]:
    """Give pairs of where an uploaded file lies and what it was called."""
    files = payload if isinstance(payload, ListFiles) else [payload] if payload else []
    return [(file.path, file.orig_name or Path(file.path).name) for file in files]


def _told(text: str) -> tuple[Any, ...]:
    """Show a text instead of a document."""
    return _SHOWN, escaped(text), _HIDDEN, _HIDDEN, *_unasked()


def _unasked() -> tuple[Any, ...]:
    return _SHOWN, _HIDDEN, ""
