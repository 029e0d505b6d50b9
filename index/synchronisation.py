"""Brings the index to the state of the files: reads, cuts, embeds, publishes, removes.

Knows how to tell what changed; nothing of questions, nor of how the stores are written.
"""

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from index.catalog import Catalog, FileState, KnownFile
from index.copies import Copy
from index.errors import StoreUnavailable, UnknownDocument, UnreadableFile
from index.files import being_written, hashed, is_below, is_still, suffix_of
from index.outages import Outages
from index.parser_pool import outcomes
from index.places import counted
from index.plans import USUAL, SyncOptions
from index.reading import Reading, reason_of
from index.rereading import as_read, take_over, told
from index.stores import Stores, embed_documents
from index.survey import Change, ChangeKind, Survey, survey_of
from index.types import Embedder, Parsed, SyncReport, Unread

_SECONDS_BETWEEN_REPORTS = 0.1
"""While folders are looked through."""

_TRIES = 3
"""How often a file that is being written is read before it is left for the next sync."""


class Synchroniser:
    """One run over some roots. Iterating `run` does the work."""

    def __init__(
        self,
        stores: Stores,
        embedder: Embedder,
        reading: Reading,
        outages: Outages,
        options: SyncOptions = USUAL,
    ) -> None:
        self._stores = stores
        self._outages = outages
        self._embedder = embedder
        self._reading = reading
        self._options = options
        self._unread: list[Unread] = []
        self._repairs = 0
        self._fewest_left = math.inf

    def run(self, roots: Sequence[str]) -> Iterator[SyncReport]:
        """Visit the roots; yield growing reports, the last of them done."""
        report = SyncReport(stage="checking")
        yield report
        steps = self._outlasted(self._settle, report)
        for report in steps:
            yield report
        steps = self._read(roots, report)
        for report in steps:
            yield report
        steps = self._outlasted(self._write, report)
        for report in steps:
            yield report
        report = replace(report, unread=tuple(self._unread))
        yield replace(report, stage="done", seconds_left=None, done=True)

    def _outlasted(
        self, steps: Callable[[SyncReport], Iterator[SyncReport]], report: SyncReport
    ) -> Iterator[SyncReport]:
        """Do what needs the vectors, whose server may be started anew meanwhile."""
        catalog = self._stores.catalog
        # A server whose machine went down may have lost what it had acknowledged.
        return self._outages.outlasted(
            steps, report, lambda: (len(catalog.pending()), self._fewest_left), self._mend
        )

    def _mend(self) -> Iterator[None]:
        """Bring the stores in step, and note how much there was to repair."""
        for left in self._stores.reconcile():
            self._repairs = max(self._repairs, left)
            # A server that loses the same again and again gets nowhere.
            self._fewest_left = min(self._fewest_left, left)
            yield

    def _settle(self, report: SyncReport) -> Iterator[SyncReport]:
        """Mend what an interrupted run has left behind."""
        if not self._stores.are_in_step():
            for _ in self._mend():
                yield report
        if self._repairs:
            note = f"Repaired {self._repairs} passages that an interrupted run had left behind."
            report = replace(report, notes=(*report.notes, note))
        yield report

    def _write(self, report: SyncReport) -> Iterator[SyncReport]:
        """Embed and publish what is pending; drop what is gone."""
        stores = self._stores
        pending = stores.catalog.pending()
        yield from embed_documents(stores, self._embedder, pending, report, stores.publish)
        stores.purge()
        stores.agreement.note()

    def _read(self, roots: Sequence[str], report: SyncReport) -> Iterator[SyncReport]:
        """Write what is new or changed to the catalog, and retire what has vanished."""
        catalog = self._stores.catalog
        survey = survey_of(catalog, self._reading, roots)
        report = replace(report, stage="scanning")
        for _ in _now_and_then(survey.look()):
            yield report
        self._unread += [*survey.away, *survey.scan.unread]
        skipped, away = counted(survey.scan.skipped), len(survey.away)
        report = replace(report, stage="reading", skipped=skipped, away=away)
        changed: dict[Path, FileState] = {}
        copied: list[Change] = []
        steps = self._sort(survey, changed, copied, report)
        for report in steps:
            yield report
        steps = self._parse(changed, survey.known, report)
        for report in steps:
            yield report
        for change in copied:
            report = self._take(change, survey.known, report)
            yield report
        report = replace(report, unchanged=report.unchanged + survey.unchanged)
        report = self._retire(survey, report)
        steps = self._read_again(survey, changed, report)
        for report in steps:
            yield report
        catalog.set_unread(self._unread, survey.visited)
        catalog.set_skipped(survey.scan.skipped, survey.visited)

    def _sort(
        self,
        survey: Survey,
        changed: dict[Path, FileState],
        copied: list[Change],
        report: SyncReport,
    ) -> Iterator[SyncReport]:
        """Do what needs no reading; note what is to be read, and copies of what is not read yet."""
        for change in survey.changes():
            if isinstance(change, Unread):
                self._leave(change.path, change.reason, survey.known)
            elif change.kind in (ChangeKind.ADDED, ChangeKind.UPDATED):
                changed[Path(change.path)] = change.state
            elif change.kind is ChangeKind.COPIED and not change.document_id:
                copied.append(change)
            else:
                report = self._take(change, survey.known, report)
            yield report

    def _read_again(
        self, survey: Survey, changed: Mapping[Path, FileState], report: SyncReport
    ) -> Iterator[SyncReport]:
        """Read what did not change, where that is wanted; else say what it would be good for."""
        if not self._options.reread:
            others = survey.scan.files.keys() - map(str, changed)
            note = told(self._reading, survey.known, others)
            yield replace(report, notes=(*report.notes, note)) if note else report
            return
        # Asked anew: by now, every path is where its document is.
        known = self._stores.catalog.known_files()
        found = as_read(known, survey.scan.files)
        files = {path: state for path, state in found.items() if path not in changed}
        yield from self._parse(files, known, report)

    def _retire(self, survey: Survey, report: SyncReport) -> SyncReport:
        """Take out of sight what is gone, unless so much is gone that it must be asked about."""
        guard = None if self._options.accept_removals else self._reading.guard
        removals = survey.removals(guard)
        # In one go: a transaction for each file would wait for the disk as often.
        with self._stores.database.transaction():
            for path in removals.removed:
                self._stores.retire(path)
        self._unread += removals.asked
        removed = len(removals.removed) - len(removals.left)
        return replace(report, removed=removed, kept=removals.kept)

    def _parse(
        self,
        changed: dict[Path, FileState],
        known: Mapping[str, KnownFile],
        report: SyncReport,
    ) -> Iterator[SyncReport]:
        """Read files into the catalog; those that are written meanwhile, again."""
        for left in reversed(range(_TRIES)):
            again: dict[Path, FileState] = {}
            # Closed with this generator, since it holds processes.
            with closing(outcomes(self._reading, changed)) as read:
                for path, outcome in read:
                    report = self._enter(path, changed[path], outcome, known, report, again)
                    yield report
            if not left:
                for path in again:
                    self._leave(str(path), str(being_written()), known)
            changed = again

    def _enter(
        self,
        path: Path,
        state: FileState,
        outcome: Parsed | UnreadableFile,
        known: Mapping[str, KnownFile],
        report: SyncReport,
        again: dict[Path, FileState],
    ) -> SyncReport:
        """Write what was read to the catalog; note a file that did not stand still in `again`."""
        name = str(path)
        try:
            if not is_still(name, state):
                again[path] = hashed(name)
                return report
            if isinstance(outcome, UnreadableFile):
                raise outcome
            is_same = self._add(name, state, outcome, known.get(name))
        except StoreUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 - one file must not end the run; it is reported
            self._leave(name, reason_of(error), known)
            return report
        was = known.get(name)
        if was is None or not was.ready:
            return replace(report, added=report.added + 1)
        if was.state.sha256 != state.sha256:
            return replace(report, updated=report.updated + 1)
        renewed = report.renewed + (not is_same)
        return replace(report, reread=report.reread + 1, renewed=renewed)

    def _take(
        self, change: Change, known: Mapping[str, KnownFile], report: SyncReport
    ) -> SyncReport:
        """Do what a change asks for that needs no reading, and count it."""
        try:
            return self._apply(change, known.get(change.path), report)
        except StoreUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 - one file must not end the run; it is reported
            self._leave(change.path, reason_of(error), known)
            return report

    def _apply(self, change: Change, known: KnownFile | None, report: SyncReport) -> SyncReport:
        if change.kind is ChangeKind.MOVED:
            self._stores.move(change.document_id, change.path, change.state)
            return replace(report, moved=report.moved + 1)
        if change.kind is ChangeKind.COPIED:
            self._copy(change)
            return replace(report, copies=report.copies + 1)
        if known is not None:
            self._stores.catalog.touch(change.path, known, change.state)
        return replace(report, unchanged=report.unchanged + 1)

    def _leave(self, path: str, reason: str, known: Mapping[str, KnownFile]) -> None:
        """Note why a file is not read."""
        kept = path in known and known[path].ready
        more = " (the version read earlier stays in the index)" if kept else ""
        self._unread.append(Unread(path, f"{reason}{more}"))

    def _copy(self, change: Change) -> None:
        number: int | None = change.document_id
        if not number:
            number = self._stores.catalog.with_content(change.other, change.state.sha256)
        if number is None:
            raise UnreadableFile(f"It says the same as {change.other}, which could not be read")
        state = change.state
        self._stores.copy(Copy(change.path, number, state.size, state.mtime_ns))

    def _add(self, path: str, state: FileState, read: Parsed, was: KnownFile | None) -> bool:
        """Write what was read to the catalog; say whether it is what a file said before."""
        catalog, generation = self._stores.catalog, self._stores.generation
        edition = self._reading.edition(suffix_of(path))
        earlier = was if was is not None and was.ready else None
        with self._stores.database.transaction():
            if earlier is None or earlier.state.sha256 != state.sha256:
                catalog.release(path)
            elif catalog.confirm(earlier.document_id, state, read, edition):
                return True
            number = catalog.add_pending(path, state, read, edition)
            generation.add(number, read.passages)
            if earlier is not None:
                take_over(generation, earlier.document_id, number)
        return False


def _now_and_then(steps: Iterator[None]) -> Iterator[None]:
    """Do all steps; yield as often as a reader of reports can follow."""
    told = time.monotonic()
    for _ in steps:
        now = time.monotonic()
        if now - told > _SECONDS_BETWEEN_REPORTS:
            yield
            told = now


def take_out(path: Path, catalog: Catalog, stores: Stores | None) -> int:
    """Take a document, or all below a folder, out of sight, and forget the path as a root.

    Belongs in a transaction. Counts the documents. Raises UnknownDocument where nothing is known
    of the path.
    """
    files = catalog.known_files()
    # A link below a root is a document under its own name, not under its target's.
    name = str(path) if str(path) in files else str(path.expanduser().resolve())
    was_root = catalog.remove_root(name)
    found = [known for known in files if is_below(known, name)]
    was_unread = any(is_below(file.path, name) for file in catalog.unread())
    catalog.set_unread((), [name])
    catalog.set_skipped((), [name])
    if not (found or was_root or was_unread):
        raise UnknownDocument(
            f"Nothing in the index lies at {name}. 'bronwijzer list' shows what does."
        )
    if stores is not None:
        for known in found:
            stores.retire(known)
    return len(found)
