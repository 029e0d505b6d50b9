"""What the commands about documents do, and how they show it in a terminal.

Knows terminals; nothing of arguments, nor of how files are found and read.
"""

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from assistant.client import entered
from assistant.commands import console, followed, settings
from assistant.types import DEFAULT_COLLECTION
from index.plans import USUAL, SyncOptions, SyncPlan
from index.types import DocumentInfo, Skipped, SyncReport, Unread

_MOST_LISTED = 10
"""Files of one reason that are named one by one."""

_NOTHING = "There is nothing to index yet. Name a folder: 'bronwijzer sync PATH'."

_STOPPED = "Stopped. What was done is kept; 'bronwijzer sync' goes on from there."


def sync(
    paths: Sequence[Path],
    collection: str = DEFAULT_COLLECTION,
    options: SyncOptions = USUAL,
) -> None:
    """Bring the index to the state of paths and say what happened.

    Exit code 1 where files are missing in such a number that it has to be confirmed, or a path is
    not there.
    """
    try:
        with entered(settings(), collection=collection, new_for=paths) as door:
            report = followed(door.sync(paths, options))
    except KeyboardInterrupt:
        console(stderr=True).print(_STOPPED)
        raise
    out = console()
    known = (report.unchanged, report.added, report.updated, report.removed, report.away)
    if not paths and not any(known) and not report.unread:
        out.print(_NOTHING)
    out.print(
        f"Added {report.added}, updated {report.updated}, removed {report.removed}, "
        f"unchanged {report.unchanged}; {report.embedded} passages embedded."
    )
    if report.moved or report.copies:
        out.print(f"Moved {report.moved}; {report.copies} new copies of documents.")
    if report.reread:
        out.print(
            f"Read {report.reread} unchanged files again; {report.renewed} of them are read as "
            "something else now."
        )
    _show_notes(out, report)
    if report.kept or report.away:
        sys.exit(1)


def preview(
    paths: Sequence[Path], collection: str, options: SyncOptions, as_json: bool = False
) -> None:
    """Say what a sync would do."""
    with entered(settings(), collection=collection) as door:
        plan = door.preview(paths, options)
    if as_json:
        sys.stdout.write(json.dumps(asdict(plan), ensure_ascii=False, indent=2) + "\n")
        return
    _show_plan(console(), plan)


def list_documents(as_json: bool, collection: str = DEFAULT_COLLECTION) -> None:
    """List what is in the index and what could not be read."""
    with entered(settings(), collection=collection) as door:
        documents, stats = door.documents(), door.stats()
    if as_json:
        unread = [asdict(file) for file in stats.unread]
        data = {
            "documents": [_row(document) for document in documents],
            "unread": unread,
            "skipped": stats.skipped,
            "roots": list(stats.roots),
        }
        sys.stdout.write(json.dumps(data, ensure_ascii=False, indent=2) + "\n")
        return
    table = Table("id", "language", "passages")
    table.add_column("path", overflow="fold")
    for document in documents:
        places = "\n".join([document.path, *(f"also at {path}" for path in document.copies)])
        table.add_row(str(document.id), document.language, str(document.passages), places)
    out = console()
    out.print(table)
    _show_unread(out, stats.unread)
    _show_skipped(out, stats.skipped)


def list_skipped(as_json: bool, collection: str = DEFAULT_COLLECTION) -> None:
    """List every file that is not in the index, and why."""
    with entered(settings(), collection=collection) as door:
        skipped, unread = door.skipped(), door.stats().unread
    if as_json:
        data = {
            "skipped": [asdict(file) for file in skipped],
            "unread": [asdict(file) for file in unread],
        }
        sys.stdout.write(json.dumps(data, ensure_ascii=False, indent=2) + "\n")
        return
    out = console()
    by_reason: dict[str, list[Skipped]] = defaultdict(list)
    for file in skipped:
        by_reason[file.reason].append(file)
    for reason, files in sorted(by_reason.items(), key=lambda item: -len(item[1])):
        out.print(f"{reason}: {len(files)}")
        for file in files:
            out.print(f"  {file.path}")
    for item in unread:
        out.print(f"{item.path}: {item.reason}")
    if not skipped and not unread:
        out.print("No file was passed over.")


def remove(path: Path, collection: str = DEFAULT_COLLECTION) -> None:
    """Remove documents from the index."""
    with entered(settings(), collection=collection) as door:
        count = door.remove(path)
    console().print(f"Removed {count} documents from the index; the files were not touched.")


def _row(document: DocumentInfo) -> dict[str, object]:
    return {
        "id": document.id,
        "path": document.path,
        "copies": list(document.copies),
        "title": document.title,
        "language": document.language,
        "passages": document.passages,
        "bytes": document.size,
        "warnings": list(document.warnings),
    }


def _show_plan(out: Console, plan: SyncPlan) -> None:
    counts = Counter(change.kind for change in plan.changes)
    out.print(
        f"A sync would find {counts['added']} new, {counts['updated']} changed, "
        f"{counts['moved']} moved, {counts['copied']} copied, {counts['removed']} removed and "
        f"{plan.unchanged} unchanged files. Nothing was done."
    )
    if plan.reread:
        out.print(f"  read again: {plan.reread} unchanged files")
    listed: Counter[str] = Counter()
    for change in plan.changes:
        listed[change.kind] += 1
        if listed[change.kind] <= _MOST_LISTED:
            other = {"moved": f" (from {change.other})", "copied": f" (as {change.other})"}
            out.print(f"  {change.kind}: {change.path}{other.get(change.kind, '')}")
    for kind, count in listed.items():
        if count > _MOST_LISTED:
            out.print(f"  and {count - _MOST_LISTED} more {kind}; --json lists all")
    _show_unread(out, plan.unread)
    _show_skipped(out, plan.skipped)


def _show_notes(out: Console, report: SyncReport) -> None:
    for note in report.notes:
        out.print(note)
    _show_unread(out, report.unread)
    _show_skipped(out, report.skipped)


def _show_unread(out: Console, unread: Sequence[Unread]) -> None:
    if not unread:
        return
    out.print(f"Not in the index: {len(unread)}")
    listed: Counter[str] = Counter()
    for file in unread:
        listed[file.reason] += 1
        if listed[file.reason] <= _MOST_LISTED:
            out.print(f"  {file.path}: {file.reason}")
    for reason, count in listed.items():
        if count > _MOST_LISTED:
            out.print(f"  and {count - _MOST_LISTED} more: {reason}")


def _show_skipped(out: Console, skipped: dict[str, int]) -> None:
    if skipped:
        reasons = ", ".join(f"{count} {reason}" for reason, count in skipped.items())
        out.print(f"Passed over: {reasons}. 'bronwijzer list --skipped' names them.")
