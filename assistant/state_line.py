"""The state of an installation as Markdown, for pages: what answers, where text goes, how much.

Knows how states are worded; nothing of Gradio.
"""

from assistant.model_supply import ModelState, ModelStatus
from assistant.rendering import escaped
from assistant.wording import Wording
from index.types import SyncReport

_MODEL = {
    ModelState.FETCHING: "state_model_fetching",
    ModelState.STARTING: "state_model_starting",
    ModelState.OFFERED: "state_model_offered",
    ModelState.FAILED: "state_model_failed",
}


def show_state(
    status: ModelStatus, documents: int, sync: SyncReport | None, wording: Wording
) -> str:
    """Write one line; `sync` is the latest report of a sync that runs now."""
    parts = [_model(status, wording), escaped(wording.count("state_documents", documents))]
    if sync is not None:
        parts.append(_sync(sync, wording))
    return " · ".join(parts)


def show_notice(notice: str) -> str:
    """Write what whoever looks after the documents should know; empty where there is nothing."""
    return f"⚠️ {escaped(notice)}" if notice else ""


def _model(status: ModelStatus, wording: Wording) -> str:
    if status.state is ModelState.READY:
        key = "state_model_there" if status.host else "state_model_here"
        return escaped(wording(key, name=status.name, host=status.host))
    share = f"{status.share or 0:.0%}"
    key = _MODEL.get(status.state, "state_model_none")
    return escaped(wording(key, name=status.name, share=share, detail=status.detail))


def _sync(report: SyncReport, wording: Wording) -> str:
    if not report.to_embed:
        return escaped(wording("state_sync"))
    share = f"{report.embedded / report.to_embed:.0%}"
    return escaped(wording("state_sync_share", share=share))
