"""What the commands do, and how they show it in a terminal.

Knows terminals; nothing of arguments and help.
"""

import json
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from assistant.citations import without_marks
from assistant.client import entered
from assistant.errors import BadSetting
from assistant.feedback import (
    LONGEST_COMMENT,
    Feedback,
    FeedbackStore,
    newest,
    write_feedback,
)
from assistant.openvino_weights import OpenVINOWeights
from assistant.remarks import doubt, remarks
from assistant.sanitation import one_line, printable
from assistant.settings import Settings, read_settings
from assistant.types import DEFAULT_COLLECTION, Answer, Kind
from assistant.weight_sources import weight_sources
from assistant.weights import CATALOGUE, DEFAULT, Weights, fetch, stored
from assistant.weights import remove as remove_weights
from assistant.wire import write_answer
from assistant.wording import english
from index.language import name_of
from index.types import EVERYTHING, DocumentFilter, SyncReport


def rebuild(collection: str = DEFAULT_COLLECTION) -> None:
    """Make the derived stores anew and say what happened."""
    with entered(settings(), collection=collection) as door:
        report = followed(door.rebuild())
    out = console()
    out.print(f"Rebuilt {report.unchanged} documents; {report.embedded} passages embedded.")
    for note in report.notes:
        out.print(note)


def ask(
    question: str,
    as_json: bool,
    collection: str = DEFAULT_COLLECTION,
    wanted: DocumentFilter = EVERYTHING,
) -> None:
    """Answer a question: one JSON object, or the evidence at once and then the answer."""
    with entered(settings(), True, collection) as door:
        answers = door.stream(question, wanted=wanted)
        if as_json:
            *_, last = answers
            sys.stdout.write(json.dumps(write_answer(last), ensure_ascii=False, indent=2) + "\n")
        else:
            _show_answer(console(), answers)


def serve(
    host: str | None, port: int | None, pull: bool, watch: bool = False, read_only: bool = False
) -> None:
    """Serve until interrupted."""
    from assistant.serving import serve_forever

    chosen = settings(host=host, port=port, watch=watch or None)
    serve_forever(chosen, pull, console().print, read_only)


def model_pull(name: str | None) -> None:
    """Fetch weights with a progress bar."""
    weights = _weights(name)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console(stderr=True)) as bar:
        task = bar.add_task(weights.name, total=weights.size)
        for progress in fetch(weights, settings().models_folder, weight_sources()):
            bar.update(task, completed=progress.bytes_done, description=progress.source)
    console().print(f"{weights.name} is here and verified. 'bronwijzer serve' will use it.")


def model_list() -> None:
    """List the weights of the catalogue and which are here."""
    here = {
        item.weights.name: item for item in stored(settings().models_folder, CATALOGUE.values())
    }
    table = Table("name", "size", "licence", "state")
    for weights in CATALOGUE.values():
        item = here.get(weights.name)
        state = "not here"
        if item is not None:
            state = f"{item.partial_size:,} bytes fetched"
            if item.size:
                state = "here, verified" if item.verified else "here, to be verified"
        name = f"{weights.name} (default)" if weights.name == DEFAULT else weights.name
        table.add_row(name, f"{weights.size / 1e9:.1f} GB", weights.licence, state)
    console().print(table)


def model_remove(name: str | None) -> None:
    """Delete weights."""
    weights = _weights(name)
    folder = settings().models_folder
    freed = remove_weights(folder, weights) + OpenVINOWeights(folder, weights).remove()
    console().print(f"{weights.name}: {freed:,} bytes freed.")


def feedback(as_json: bool, only_down: bool) -> None:
    """List what readers thought of answers; the file is only read, so an owner may be serving."""
    known = settings()
    store = FeedbackStore(known.data)
    found = newest(store.all(), only_down)
    if as_json:
        # ASCII: anyone who reaches the page wrote this, and a terminal obeys some characters.
        data = {"feedback": [write_feedback(item) for item in found], "dropped": store.dropped()}
        sys.stdout.write(json.dumps(data, indent=2) + "\n")
        return
    out = console()
    for item in found:
        _show_feedback(out, item)
    if not found:
        out.print("There is no feedback yet." if not only_down else "Nobody gave a thumbs down.")
    if store.dropped():
        out.print(
            f"{store.dropped():,} older ones gave way to newer: feedback_megabytes is "
            f"{known.feedback_megabytes:g}."
        )


def doctor(collection: str = DEFAULT_COLLECTION) -> None:
    """Check everything; exit code 1 where something is wrong."""
    from assistant.diagnosis import diagnose

    out = console()
    failed = False
    for finding in diagnose(settings(), collection):
        failed = failed or not finding.good
        out.print(f"{'ok   ' if finding.good else 'WRONG'} {finding.subject}: {finding.detail}")
    if failed:
        sys.exit(1)


def settings(**overrides: object) -> Settings:
    """Read the settings of the working folder and the environment."""
    return read_settings(os.environ, Path.cwd(), **overrides)


def _weights(name: str | None) -> Weights:
    weights = CATALOGUE.get(name or DEFAULT)
    if weights is None:
        raise BadSetting(f"There are no weights {name!r}; there are: {', '.join(CATALOGUE)}.")
    return weights


class _Terminal(Console):
    """A terminal that no text of a document, nor a file's name, can steer."""

    def render_str(self, text: str, **options: Any) -> Text:  # noqa: ANN401 - as Rich has it
        return super().render_str(printable(text), **options)


def console(stderr: bool = False) -> Console:
    """Open the terminal for text of any origin."""
    # Text of documents is printed as it is: no markup, no guessed colours, no wrapping of paths.
    return _Terminal(stderr=stderr, markup=False, highlight=False, emoji=False, soft_wrap=True)


def followed(reports: Iterator[SyncReport]) -> SyncReport:
    """Show progress until the last report, which is returned."""
    report = SyncReport()
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[note]}"))
    with Progress(*columns, console=console(stderr=True), transient=True) as bar:
        task = bar.add_task("starting", total=None, note="")
        for report in reports:
            left = report.seconds_left
            note = f"{report.embedded}/{report.to_embed} passages" if report.to_embed else ""
            note += f", {report.per_second:,.1f} a second" if report.per_second else ""
            note += f", about {left:,.0f} s left" if left else ""
            total = report.to_embed or None
            bar.update(
                task, description=report.stage, total=total, completed=report.embedded, note=note
            )
    return report


def _show_feedback(out: Console, item: Feedback) -> None:
    reasons = ", ".join(english()(f"feedback_reason_{reason}") for reason in item.reasons)
    verdict = f"thumbs {item.verdict}"
    out.print(f"{item.at.astimezone():%Y-%m-%d %H:%M}  {verdict}{reasons and f': {reasons}'}")
    out.print(f"  Question: {one_line(item.question, len(item.question))}")
    if item.comment:
        out.print(f"  Comment: {one_line(item.comment, LONGEST_COMMENT)}")


def _show_answer(out: Console, answers: Iterable[Answer]) -> None:
    """Print the evidence at once, the answer as it grows, then its sources and remarks."""
    shown = ""
    evidence: tuple[object, ...] | None = None
    for answer in answers:
        if answer.kind is Kind.EVIDENCE:
            # A snapshot comes again while a model is silent, and with another place in its queue.
            if evidence != (found := (answer.searched, answer.evidence)):
                _show_evidence(out, answer)
                evidence = found
        elif answer.text.startswith(shown):
            out.print(answer.text[len(shown) :], end="")
            shown = answer.text
        else:
            out.print(f"\n\n{answer.text}", end="")
            shown = answer.text
    out.print("\n")
    _show_sources(out, answer)


def _show_sources(out: Console, answer: Answer) -> None:
    """Print what stands below an answer: sources, sentences in doubt, remarks."""
    for citation in answer.citations:
        about = ", ".join(part for part in (citation.document, name_of(citation.language)) if part)
        place = f"{citation.title}{_place(citation.locator)} ({about})"
        out.print(f"[{citation.number}] {place}")
        if answer.kind is Kind.WRITTEN:
            out.print(f"    “{citation.quote}”")
    for claim in answer.claims:
        doubted = doubt(claim.support, english())
        if doubted:
            sentence = without_marks(answer.text[claim.start : claim.end])
            out.print(f"Doubt: {doubted}: “{sentence}”")
    for remark in remarks(answer, english()):
        out.print(f"Note: {remark}")


def _show_evidence(out: Console, answer: Answer) -> None:
    if answer.searched:
        out.print(f"Searched for: {answer.searched}")
    out.print("Evidence:")
    for item in answer.evidence[:3]:
        out.print(f"  {item.title}{_place(item.locator)}: {item.quote}")
    out.print("")


def _place(locator: str) -> str:
    return f", {locator}" if locator else ""
