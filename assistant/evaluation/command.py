"""What `bronwijzer eval` does: the run, its outputs, and its exit code.

Knows files of results and exit codes; nothing of arguments and help.

Exit codes: 0 all gates passed, 1 a gate failed, 2 bad input, 3 the model or a server is down.
"""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from assistant.build import build_token_counter
from assistant.commands import console, settings
from assistant.errors import AssistantError, BadQuestionSet, FolderInUse
from assistant.evaluation.comparison import compare
from assistant.evaluation.execution import DOWN
from assistant.evaluation.gates import Gate, judge, read_gates
from assistant.evaluation.junit import junit
from assistant.evaluation.page import report_page
from assistant.evaluation.report_file import read_report, write_report
from assistant.evaluation.subjects import Selection, opened_subject
from assistant.evaluation.terminal import show_comparison, show_gates, show_report
from assistant.evaluation.trial import Manner, run_trial
from assistant.evaluation.types import Report, Row
from assistant.settings import Settings
from index.errors import IndexingError
from index.types import SyncReport

GATE_FAILED, BAD_INPUT, DOWN_NOW, INTERRUPTED = 1, 2, 3, 130


@dataclass(frozen=True, slots=True)
class Outputs:
    """Where results go besides the terminal."""

    json: Path | None = None
    junit: Path | None = None
    html: Path | None = None


def evaluate(
    selection: Selection, manner: Manner, outputs: Outputs, gates_given: Sequence[str]
) -> int:
    """Run an evaluation and show it; give the exit code."""
    out = console()
    try:
        chosen = settings()
        gates = read_gates(gates_given)
        _check_places(outputs)
        report = _report(selection, manner, chosen)
        show_report(out, report)
        return _finish(report, outputs, gates, out)
    except (*DOWN, FolderInUse) as error:
        return _failed(error, DOWN_NOW)
    except (AssistantError, IndexingError) as error:
        return _failed(error, BAD_INPUT)
    except KeyboardInterrupt:
        return _failed("interrupted", INTERRUPTED)


def compare_reports(first: Path, second: Path) -> int:
    """Show which differences between two reports are real; give the exit code."""
    try:
        show_comparison(console(), compare(read_report(first), read_report(second)))
    except BadQuestionSet as error:
        return _failed(error, BAD_INPUT)
    return 0


def _report(selection: Selection, manner: Manner, chosen: Settings) -> Report:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[note]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console(stderr=True), transient=True) as bar:
        task = bar.add_task("opening", total=None, note="")

        def indexing(report: SyncReport) -> None:
            note = f"{report.embedded}/{report.to_embed} passages" if report.to_embed else ""
            bar.update(
                task,
                description=report.stage,
                total=report.to_embed or None,
                completed=report.embedded,
                note=note,
            )

        def asking(row: Row, total: int) -> None:
            done = bar.tasks[0].completed + 1
            bar.update(task, completed=done, note=f"{done:.0f}/{total} questions")

        with_model = not manner.retrieval_only
        with opened_subject(selection, chosen, indexing, with_model, manner.timeout) as subject:
            # A task of its own, so that the estimate is that of questions alone.
            bar.reset(task, description="asking", total=len(subject.questions), note="")
            return run_trial(subject, manner, chosen, build_token_counter(), asking)


def _check_places(outputs: Outputs) -> None:
    """Refuse a place that cannot be written before the questions are asked."""
    for path in (outputs.json, outputs.junit, outputs.html):
        if path is not None and path.is_dir():
            raise BadQuestionSet(f"{path} is a folder. Name a file to write in it.")
        if path is not None and not path.absolute().parent.is_dir():
            raise BadQuestionSet(
                f"There is no folder {path.absolute().parent} to write {path.name} in."
            )


def _finish(report: Report, outputs: Outputs, gates: Sequence[Gate], out: Console) -> int:
    """Write the results before the gates are judged: a mistaken gate must not lose them."""
    data = write_report(report)
    if outputs.json is not None:
        text = json.dumps(data, ensure_ascii=False, indent=1)
        outputs.json.write_text(text + "\n", encoding="utf-8")
    if outputs.html is not None:
        outputs.html.write_text(report_page(data), encoding="utf-8")
    judgements = judge(gates, report.summary)
    if outputs.junit is not None:
        outputs.junit.write_bytes(junit(report, judgements))
    show_gates(out, judgements)
    unmeasured = [judgement for judgement in judgements if judgement.estimate is None]
    if unmeasured:
        raise BadQuestionSet(f"The gate {unmeasured[0].sentence}.")
    return 0 if all(judgement.passed for judgement in judgements) else GATE_FAILED


def _failed(error: Exception | str, code: int) -> int:
    sys.stderr.write(f"error: {error}\n")
    if code in (DOWN_NOW, INTERRUPTED):
        sys.stderr.write("Replies so far are kept; the same command with --resume goes on.\n")
    return code
