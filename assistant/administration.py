"""What the commands of whoever runs a server do: backup, restore, check, gaps.

Knows terminals and where things lie; nothing of arguments and help.
"""

import json
import sys
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from assistant.backup import back_up, homes
from assistant.backup import restore as put_back
from assistant.client import entered
from assistant.commands import console, followed, settings
from assistant.errors import BadBackup
from assistant.feedback import FeedbackStore, newest
from assistant.gaps import Gap, gaps, unmet
from assistant.owner import owned
from assistant.question_log import asked_questions
from assistant.sanitation import one_line
from assistant.settings import Settings
from assistant.types import DEFAULT_COLLECTION
from index.check_report import CheckReport
from index.errors import StoreUnavailable

_LONGEST = 300
"""Characters of a question that are listed."""


def backup(target: Path) -> None:
    """Write a backup; the owner of the folder goes on meanwhile."""
    # SQLite gives one moment of the catalog to any process, so no owner is asked: it may be one
    # that may write nowhere else, or that hangs.
    size = back_up(settings().data, target.expanduser().resolve())
    console().print(f"{target}: {size / 1e6:,.1f} MB. It holds the documents: keep it from others.")


def restore(source: Path, replace: bool) -> None:
    """Put a backup into the data folder, and make the stores that it leaves out."""
    # A backup needs nothing of what opens a folder, and it takes seconds to import.
    from assistant.build import chroma_address, opened
    from index.workspace import drop_collections

    known, out = settings(), console()
    if not source.is_file():
        raise BadBackup(f"There is no backup {source}. Correct the name.")
    with owned(known.data):
        replaced = _on_server(known, out) if replace else []
        manifest = put_back(source, known.data, replace)
    out.print(f"The backup of {manifest.made} is in {known.data}; making the stores.")
    with opened(known) as installation:
        corpora = installation.corpora
        reports = {name: followed(corpora.corpus(name).rebuild()) for name in corpora.names()}
    if replaced:
        # Last: until here, what was there could still be needed.
        drop_collections(replaced, chroma_address(known))
    for name, report in reports.items():
        found = f"{report.unchanged} documents can be found; {report.embedded} passages embedded."
        out.print(found if name == DEFAULT_COLLECTION else f"Collection {name}: {found}")
    out.print("Now run: bronwijzer doctor. Then: bronwijzer sync, to see what files say today.")
    if len(reports) > 1:
        out.print("Both take --collection NAME, for each of the others.")


def _on_server(known: Settings, out: Console) -> list[str]:
    """Name what a data folder that is to be replaced has on a Chroma server, as far as it says."""
    from index.workspace import vector_collections

    names = []
    for home in homes(known.data) if known.chroma_url else []:
        try:
            names += vector_collections(home)
        except StoreUnavailable as error:
            out.print(f"Vectors of {home} may be left on {known.chroma_url}. {error}")
    return names


def check(repair: bool, collection: str) -> None:
    """Compare the stores, mend them where wanted, and say what was found."""
    report = CheckReport()
    with entered(settings(), collection=collection) as door:
        columns = (TextColumn("{task.description}"), BarColumn())
        with Progress(*columns, console=console(stderr=True), transient=True) as bar:
            task = bar.add_task("checking", total=None)
            for report in door.check(repair):
                total = report.to_probe or None
                bar.update(task, description=report.stage, total=total, completed=report.probed)
    out = console()
    for item in report.found:
        numbers = ", ".join(map(str, item.examples))
        more = ", …" if item.count > len(item.examples) else ""
        fate = f"To mend it, run: {item.remedy}" if item.remedy else "Mended."
        mark = "WRONG" if item.remedy else "ok   "
        named = f" ({numbers}{more})" if numbers else ""
        out.print(f"{mark} {item.what}: {item.count}{named}. {fate}")
    out.print(f"{report.probed} passages were looked for in Chroma and Tantivy.")
    if not report.good:
        sys.exit(1)
    out.print("Catalog, Chroma and Tantivy agree.")


def show_gaps(as_json: bool, days: int) -> None:
    """List what readers did not get an answer to; an owner may be serving meanwhile."""
    from assistant.build import build_grouping

    known = settings()
    since = datetime.now(UTC) - timedelta(days=days)
    asked = asked_questions(known.questions_folder, since)
    disliked = newest(FeedbackStore(known.data).all(), only_down=True)
    found = gaps(unmet(asked, disliked, since), build_grouping())
    if as_json:
        # ASCII: anyone who reaches the page wrote this, and a terminal obeys some characters.
        rows = [asdict(gap) | {"last": gap.last.isoformat(), "times": gap.times} for gap in found]
        sys.stdout.write(json.dumps({"days": days, "gaps": rows}, indent=2) + "\n")
        return
    out = console()
    for gap in found:
        _show(out, gap)
    _say_what_is_missing(out, known, found, days)


def _show(out: Console, gap: Gap) -> None:
    counts = [f"{gap.refused} refused" if gap.refused else ""]
    counts.append(f"{gap.disliked} disliked" if gap.disliked else "")
    told = ", ".join(count for count in counts if count)
    out.print(f"{one_line(gap.question, _LONGEST)}")
    where = "" if gap.collection == DEFAULT_COLLECTION else f"; collection {gap.collection}"
    out.print(f"  {told}; last {gap.last.astimezone():%Y-%m-%d %H:%M}{where}")
    for other in gap.others:
        out.print(f"  also: {one_line(other, _LONGEST)}")
    if gap.documents:
        names = ", ".join(one_line(name, _LONGEST) for name in gap.documents)
        out.print(f"  nearest: {names}")


def _say_what_is_missing(out: Console, known: Settings, found: list[Gap], days: int) -> None:
    if not found:
        out.print(f"No question of the last {days} days was refused or disliked, as far as known.")
    if not known.question_log:
        out.print(
            "Questions are not kept, so refusals are not counted from now on. To keep them, set: "
            "question_log = true"
        )
