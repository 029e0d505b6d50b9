"""Brings the index to the state of the files: reads, cuts, embeds, publishes, removes.

Knows how to tell what changed; nothing of questions, nor of how the stores are written.
"""

from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from index.catalog import Catalog, FileState, KnownFile
from index.errors import UnknownDocument, UnreadableFile
from index.files import files_below, hash_of, is_below, stat_of
from index.parser_pool import outcomes
from index.reading import Reading, reason_of
from index.stores import Stores, embed_documents
from index.types import Embedder, Parsed, SyncReport, Unread


class Synchroniser:
    """One run over some roots. Iterating `run` does the work."""

    def __init__(self, stores: Stores, embedder: Embedder, reading: Reading) -> None:
        self._stores = stores
        self._embedder = embedder
        self._reading = reading

    def run(self, roots: Iterable[str]) -> Iterator[SyncReport]:
        """Visit the roots; yield growing reports, the last of them done."""
        report = SyncReport(stage="checking")
        yield report
        repaired = self._stores.reconcile()
        if repaired:
            note = f"Repaired {repaired} passages that an interrupted run had left behind."
            report = replace(report, notes=(*report.notes, note))
        visited = []
        known = self._stores.catalog.known_files()
        for root in roots:
            if Path(root).exists() or root in known:
                visited.append(root)
            else:
                report = _unread(report, root, _absence(root, known))
        steps = self._read(visited, report)
        for report in steps:
            yield report
        pending = self._stores.catalog.pending()
        commit = self._stores.publish
        steps = embed_documents(self._stores, self._embedder, pending, report, commit)
        for report in steps:
            yield report
        self._stores.purge()
        yield replace(report, stage="done", seconds_left=None, done=True)

    def _read(self, roots: list[str], report: SyncReport) -> Iterator[SyncReport]:
        """Write what is new or changed to the catalog, and retire what has vanished."""
        catalog = self._stores.catalog
        known = catalog.known_files()
        found = {str(path): path for root in roots for path in files_below(Path(root))}
        report = replace(report, stage="reading")
        changed: dict[Path, FileState] = {}
        for name, path in found.items():
            report = self._compare(path, known.get(name), changed, report)
            yield report
        # Closed with this generator, since it holds processes.
        with closing(outcomes(self._reading, changed)) as read:
            for path, outcome in read:
                file = known.get(str(path))
                report = self._enter(path, changed[path], outcome, file, report)
                yield report
        catalog.set_unread(report.unread, roots)
        for name in known.keys() - found.keys():
            if any(is_below(name, root) for root in roots):
                self._stores.retire(name)
                report = replace(report, removed=report.removed + 1)
        yield report

    def _compare(
        self,
        path: Path,
        known: KnownFile | None,
        changed: dict[Path, FileState],
        report: SyncReport,
    ) -> SyncReport:
        """Note a file among those to be read, or in the report why it is not."""
        try:
            state = self._changed(path, known)
        except Exception as error:  # noqa: BLE001 - one file must not end the run; it is reported
            return _unread(report, str(path), _kept(reason_of(error), known))
        if state is None:
            return replace(report, unchanged=report.unchanged + 1)
        changed[path] = state
        return report

    def _enter(
        self,
        path: Path,
        state: FileState,
        outcome: Parsed | UnreadableFile,
        known: KnownFile | None,
        report: SyncReport,
    ) -> SyncReport:
        """Write what was read to the catalog, or to the report why it was not."""
        try:
            if isinstance(outcome, UnreadableFile):
                raise outcome
            self._add(path, state, outcome)
        except Exception as error:  # noqa: BLE001 - one file must not end the run; it is reported
            return _unread(report, str(path), _kept(reason_of(error), known))
        if known is not None and known.ready:
            return replace(report, updated=report.updated + 1)
        return replace(report, added=report.added + 1)

    def _changed(self, path: Path, known: KnownFile | None) -> FileState | None:
        """Read the state of a file; None where it is the known one."""
        if path.suffix.lower() not in self._reading.loaders:
            readable = " ".join(sorted(self._reading.loaders))
            raise UnreadableFile(
                f"Files of type {path.suffix or '(none)'} cannot be read; these can: {readable}"
            )
        _check_name(path)
        state = stat_of(path)
        if known is not None and (state.size, state.mtime_ns) == (
            known.state.size,
            known.state.mtime_ns,
        ):
            return None
        if state.size > self._reading.most_bytes:
            raise UnreadableFile(
                f"{state.size:,} bytes are more than the limit of {self._reading.most_bytes:,}; "
                "raise the setting largest_file_mb"
            )
        state = replace(state, sha256=hash_of(path))
        if known is not None and state.sha256 == known.state.sha256:
            self._stores.catalog.touch(known.document_id, state)
            return None
        return state

    def _add(self, path: Path, state: FileState, read: Parsed) -> None:
        with self._stores.database.transaction():
            number = self._stores.catalog.add_pending(str(path), state, read)
            self._stores.generation.add(number, read.passages)


def _check_name(path: Path) -> None:
    try:
        str(path).encode("utf-8")
    except UnicodeEncodeError:
        raise UnreadableFile("The file's name is not valid UTF-8; rename it") from None


def _absence(root: str, known: Iterable[str]) -> str:
    """Say what becomes of a remembered path at which nothing is, as when it is not mounted."""
    kept = any(is_below(name, root) for name in known)
    fate = "so its documents stay in the index" if kept else "and nothing of it is in the index"
    return f"It is not there now, {fate}. If it is gone for good, run: bronwijzer remove {root}"


def _kept(reason: str, known: KnownFile | None) -> str:
    kept = known is not None and known.ready
    return f"{reason} (the version read earlier stays in the index)" if kept else reason


def _unread(report: SyncReport, path: str, reason: str) -> SyncReport:
    name = path.encode("utf-8", "backslashreplace").decode("utf-8")
    return replace(report, unread=(*report.unread, Unread(name, reason)))


def take_out(path: Path, catalog: Catalog, stores: Stores | None) -> int:
    """Remove a document, or all below a folder, and forget the path as a root.

    Counts the documents. Raises UnknownDocument where nothing is known of the path.
    """
    files = catalog.known_files()
    # A link below a root is a document under its own name, not under its target's.
    name = str(path) if str(path) in files else str(path.expanduser().resolve())
    was_root = catalog.remove_root(name)
    found = [known for known in files if is_below(known, name)]
    was_unread = any(is_below(file.path, name) for file in catalog.unread())
    catalog.set_unread((), [name])
    if not (found or was_root or was_unread):
        raise UnknownDocument(
            f"Nothing in the index lies at {name}. 'bronwijzer list' shows what does."
        )
    if stores is not None:
        for known in found:
            stores.retire(known)
        stores.purge()
    return len(found)
