"""Files, progress and outcomes as rows and Markdown, in the reader's language.

Knows how the library is shown; nothing of Gradio, or of how its contents come about. File names,
titles and reasons are escaped wherever Markdown is written.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import PurePath

from assistant.holdings import Holding
from assistant.languages import language_name
from assistant.rendering import escaped
from assistant.sanitation import one_line
from assistant.types import Notice
from assistant.upkeep import UpkeepState
from assistant.wording import Wording
from index.outages import WAITING
from index.types import SyncReport

MOST_ROWS = 200
"""Files that are sent to the page; the search finds the others."""

_LONGEST_NAME = 300
_LONGEST_PATH = 4_096
"""In characters, as the bound above."""

Choice = tuple[str, str]
"""Lines of plain text that show a file, and what stands for its path."""


def choices(
    holdings: Sequence[Holding], wording: Wording, key: Callable[[str], str]
) -> list[Choice]:
    """Write the first files as choices; `key` gives what stands for a path."""
    return [(_lines(holding, wording), key(holding.path)) for holding in holdings[:MOST_ROWS]]


def shown(found: int, whole: int, wording: Wording, may_change: bool) -> str:
    """Say how many of the files the list shows, and what can be done with them."""
    if not whole:
        return wording("library_empty" if may_change else "library_empty_reader")
    if not found:
        return wording("library_none_found")
    rows = min(found, MOST_ROWS)
    if rows < found:
        said = wording("library_shown_first", rows=f"{rows:,}", found=f"{found:,}")
    else:
        said = wording.count("library_shown", rows, whole=f"{whole:,}")
    return f"{said} {wording('library_choose' if may_change else 'library_choose_reader')}"


def details(
    holding: Holding, others: Sequence[str], wording: Wording, has_paths: bool = True
) -> str:
    """Write what is known of one file, and which `others` say the same.

    Where it has no paths, it has nothing of the folders above the file.
    """
    lines = [f"**{escaped(_name(holding))}**"]
    if title := _title(holding):
        lines.append(escaped(title))
    lines.append(escaped(" · ".join([wording(holding.state), *_facts(holding, wording)])))
    remarks = _remarks(holding)
    if not has_paths:
        remarks = [remark.replace(holding.path, _name(holding)) for remark in remarks]
    lines += [f"⚠️ {escaped(remark)}" for remark in remarks]
    if has_paths:
        lines.append(f"*{escaped(one_line(holding.path, _LONGEST_PATH))}*")
    if others:
        names = ", ".join(one_line(path, _LONGEST_PATH) for path in others)
        lines.append(escaped(wording("library_also_at", names=names)))
    return "\n\n".join(lines)


def question(holding: Holding, wording: Wording) -> str:
    """Ask whether a file is to be removed, and say what that does."""
    key = "library_confirm_upload" if holding.own else "library_confirm_file"
    return escaped(wording(key, name=_name(holding)))


def progress(report: SyncReport | None, state: UpkeepState, wording: Wording) -> str:
    """Say what a sync that is running does, or what the last one did."""
    if report is not None or state.busy:
        if report is not None and report.stage == WAITING:
            return wording("library_waiting_vectors")
        if report is None or report.share is None:
            return wording("library_busy")
        return wording("library_busy_share", share=f"{report.share:.0%}".replace("%", " %"))
    if state.failure:
        return f"⚠️ {escaped(wording('library_failed', reason=state.failure))}"
    if state.report is None:
        return wording("library_idle")
    done = state.report
    summary = wording(
        "library_done",
        added=f"{done.added:,}",
        updated=f"{done.updated:,}",
        removed=f"{done.removed:,}",
        unread=f"{len(done.unread):,}",
    )
    lines = [summary, *_more(done, wording)]
    return "\n\n".join([*lines, *(f"⚠️ {escaped(note)}" for note in done.notes)])


def _more(done: SyncReport, wording: Wording) -> Iterator[str]:
    """Say what only some syncs have done."""
    if done.moved or done.copies:
        yield wording("library_moved", moved=f"{done.moved:,}", copies=f"{done.copies:,}")
    if done.kept:
        yield f"⚠️ {wording('library_kept', kept=f'{done.kept:,}')}"
    if done.skipped:
        yield wording("library_passed_over", count=f"{sum(done.skipped.values()):,}")


def outcome_list(names: Iterable[str], notices: Iterable[Notice | None], wording: Wording) -> str:
    """Write a line a file: its name, and what became of it; None is not known yet."""
    lines = []
    for name, notice in zip(names, notices, strict=True):
        said = notice.said(wording) if notice else wording("library_file_reading")
        shown_name = one_line(name, _LONGEST_NAME)
        lines.append(f"- **{escaped(shown_name)}**: {escaped(said)}")
    return "\n".join(lines)


def size_of(count: int) -> str:
    """Write a number of bytes, rounded, in the unit that suits it."""
    for unit, least in (("MB", 1_000_000), ("kB", 1_000)):
        if count >= least:
            return f"{count / least:.0f} {unit}"
    return f"{count} B"


def _lines(holding: Holding, wording: Wording) -> str:
    facts = _facts(holding, wording)
    if holding.reason:
        facts.insert(0, wording(holding.state))
    mark = "⚠️ " if _remarks(holding) else ""
    return f"{mark}{_name(holding)}\n{' · '.join([*facts, *filter(None, [_title(holding)])])}"


def _facts(holding: Holding, wording: Wording) -> list[str]:
    document = holding.document
    if document is None:
        return []
    passages = wording.count("library_passages", document.passages)
    moment = time.strftime("%Y-%m-%d %H:%M", time.localtime(document.indexed_at))
    language = language_name(document.language, wording.language)
    facts = [language, passages, size_of(document.size), moment]
    return [fact for fact in facts if fact]


def _name(holding: Holding) -> str:
    """The file's name on one line: no character in it begins another or turns it around."""
    return one_line(holding.name, _LONGEST_NAME)


def _title(holding: Holding) -> str:
    """The title, where it says more than the file's name does."""
    title = one_line(holding.document.title, _LONGEST_NAME) if holding.document else ""
    name = _name(holding)
    return "" if title in (PurePath(name).stem, name) else title


def _remarks(holding: Holding) -> list[str]:
    warnings = holding.document.warnings if holding.document else ()
    return [text for text in (holding.reason, *warnings) if text]
