"""What differs between the files below some paths and what the catalog knows of them.

Knows paths, states and hashes, and which document has which; opens files only to hash them, and
writes nothing.
"""

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from index.catalog import Catalog, FileState, KnownFile
from index.errors import UnreadableFile
from index.files import (
    FileRules,
    Scan,
    Scanner,
    hashed,
    is_below,
    leads_elsewhere,
    looked_at,
    suffix_of,
)
from index.plans import USUAL, SyncOptions
from index.reading import Reading
from index.removals import RemovalGuard
from index.types import Unread

_Content = tuple[str, str]
"""A hash and a suffix: files of other types are read in other ways."""


class ChangeKind(StrEnum):
    """What a file is to the catalog; TOUCHED ones were written again with the same content."""

    TOUCHED = "touched"
    ADDED = "added"
    UPDATED = "updated"
    MOVED = "moved"
    COPIED = "copied"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Change:
    """One file and what it is to the catalog.

    `document_id` is the document that a moved or copied file has, 0 for a copy of a file that is
    itself new; `other` the path that a document was moved from, or the file that a copy repeats.
    """

    kind: ChangeKind
    path: str
    state: FileState
    document_id: int = 0
    other: str = ""


@dataclass(frozen=True, slots=True)
class Removals:
    """Which files are to be taken out of sight, and where that has to be confirmed first.

    `left` are those of `removed` whose document has moved; `kept` counts the files that stay.
    """

    removed: list[str]
    left: list[str]
    asked: list[Unread]
    kept: int


class Survey:
    """One look at some roots. Iterate `look`, then `changes`, then ask for `removals`.

    `rules` has the rules of every remembered root.
    """

    def __init__(
        self,
        known: Mapping[str, KnownFile],
        roots: Sequence[str],
        rules: Mapping[str, FileRules],
        most_bytes: int,
    ) -> None:
        self.visited: list[str] = []
        self.away: list[Unread] = []
        self.known = known
        self._roots = roots
        self._most_bytes = most_bytes
        self._scanner = Scanner(rules)
        self._vanished: list[str] = []
        self.unchanged = 0
        self._held = Counter(file.document_id for file in known.values())
        self._lost: Counter[int] = Counter()
        self._moved: set[str] = set()
        self._homes = {f.document_id: path for path, f in known.items() if not f.is_copy}
        self._contents: dict[_Content, int] = {}
        for path, file in known.items():
            self._contents.setdefault((file.state.sha256, suffix_of(path)), file.document_id)
        self._are_doubles = len(self._contents) < len(self._held)

    @property
    def scan(self) -> Scan:
        """Give what lies below the roots that are there."""
        return self._scanner.found

    def look(self) -> Iterator[None]:
        """Look through all folders."""
        for root in self._roots:
            found = looked_at(Path(root))
            reason = self._absence(root, found)
            if reason:
                self.away.append(Unread(root, reason))
                continue
            self.visited.append(root)
            if not isinstance(found, str):
                yield from self._scanner.look_through(root, found)
        self._vanished = sorted(self._missing())
        for path in self._vanished:
            self._lose(path)

    def changes(self) -> Iterator[Change | Unread]:
        """Compare each file that is there; new ones first, which may be known ones moved.

        What is unchanged is only counted.
        """
        files = self.scan.files
        repeated: list[Change] = []
        new: dict[_Content, str] = {}
        unknown = sorted(files.keys() - self.known.keys())
        for path in (*unknown, *sorted(files.keys() & self.known.keys())):
            try:
                change = self._compare(path, files[path])
            except (UnreadableFile, OSError) as error:
                yield Unread(path, _reason(error))
                continue
            if change is None:
                self.unchanged += 1
                continue
            content = change.state.sha256, suffix_of(path)
            if change.kind in (ChangeKind.ADDED, ChangeKind.UPDATED):
                first = new.setdefault(content, path)
                if first != path:
                    repeated.append(Change(ChangeKind.COPIED, path, change.state, 0, first))
                    continue
            yield change
        yield from repeated

    def removals(self, guard: RemovalGuard | None) -> "Removals":
        """Say which known files are to be removed; without a guard, all that are missing.

        To be called once all changes have come, since a file that is missing may be a moved one.
        """
        if not self._vanished:
            return Removals([], [], [], 0)
        missing = {path for path in self._vanished if self._is_homeless(path)}
        asked: list[Unread] = []
        # A file that is a root itself is gone only where others are still beside it.
        for root in (root for root in self.visited if root not in self.known):
            known = sum(is_below(path, root) for path in self.known)
            gone = sum(is_below(path, root) for path in missing)
            there = any(is_below(path, root) for path in self.scan.files)
            if guard is not None and guard.holds(known, gone, there):
                asked.append(Unread(root, guard.told(root, known, gone)))
        # Copies too, whose document goes on elsewhere: the folder may come back as it was.
        staying = set(self._vanished) - self._moved
        kept = {p for p in staying if any(is_below(p, file.path) for file in asked)}
        removed = [path for path in self._vanished if path not in kept]
        left = [path for path in removed if path in self._moved]
        return Removals(removed, left, asked, len(kept))

    def _missing(self) -> Iterator[str]:
        """Give the known files that should have been come upon and were not."""
        below = tuple(root.rstrip("/") + "/" for root in self.visited)
        blind = tuple(f"{path}/" for path in self.scan.unlisted)
        named, unseen = {*self.visited}, {*self.scan.unlisted}
        for path in self.known.keys() - self.scan.files.keys():
            looked_for = path in named or path.startswith(below)
            if looked_for and path not in unseen and not path.startswith(blind):
                yield path

    def _compare(self, path: str, state: FileState) -> Change | None:
        known = self.known.get(path)
        if known is not None:
            was = known.state
            if was.size == state.size and was.mtime_ns == state.mtime_ns:
                return self._joined(path, known) if self._are_doubles else None
        if state.size > self._most_bytes:
            raise UnreadableFile(
                f"{state.size:,} bytes are more than the limit of {self._most_bytes:,}; "
                "raise the setting largest_file_mb"
            )
        state = hashed(path)
        if known is not None and known.state.sha256 == state.sha256:
            return Change(ChangeKind.TOUCHED, path, state, known.document_id)
        return self._placed(path, known, state)

    def _joined(self, path: str, known: KnownFile) -> Change | None:
        """Have a file share the document of another that says the same; None where it does."""
        number = self._contents.get((known.state.sha256, suffix_of(path)))
        # The document of this content may have given way to another one's in this very run.
        if (
            number is None
            or number == known.document_id
            or self._held[number] == self._lost[number]
        ):
            return None
        self._lose(path)
        self._held[number] += 1
        return Change(ChangeKind.COPIED, path, known.state, number, self._homes[number])

    def _placed(self, path: str, known: KnownFile | None, state: FileState) -> Change:
        """Find a document that has the content of a file which is new, or says something else."""
        suffix = suffix_of(path)
        number = self._contents.get((state.sha256, suffix))
        if known is not None:
            self._lose(path)
        if number is None:
            kind = ChangeKind.ADDED if known is None else ChangeKind.UPDATED
            return Change(kind, path, state)
        kind, home = ChangeKind.COPIED, self._homes[number]
        if self._held[number] == self._lost[number]:
            kind = ChangeKind.MOVED
            self._moved.add(home)
            self._homes[number] = path
        self._held[number] += 1
        if known is not None and self._is_homeless(path):
            # The document that was here gives way at once, so no later file can take it over.
            left = known.state.sha256, suffix
            if self._contents.get(left) == known.document_id:
                del self._contents[left]
        return Change(kind, path, state, number, home)

    def _lose(self, path: str) -> None:
        self._lost[self.known[path].document_id] += 1

    def _is_homeless(self, path: str) -> bool:
        number = self.known[path].document_id
        return self._held[number] == self._lost[number]

    def _absence(self, root: str, found: os.stat_result | str) -> str:
        """Say why a root is not looked at, as one that is not mounted; empty where it is."""
        if real := leads_elsewhere(root):
            return (
                f"It leads to {real} now, so nothing of it was looked at; what is known of it "
                f"stays. Sync {real} instead, and run: bronwijzer remove {root}"
            )
        if not isinstance(found, str):
            return ""
        if not found and root in self.known and _has_company(Path(root)):
            return ""
        kept = any(is_below(name, root) for name in self.known)
        fate = "so its documents stay in the index" if kept else "and nothing of it is in the index"
        what = f"It cannot be looked at now ({found})" if found else "It is not there now"
        return f"{what}, {fate}. If it is gone for good, run: bronwijzer remove {root}"


def _has_company(file: Path) -> bool:
    """Say whether anything lies beside a file that is gone: an empty folder may be unmounted."""
    try:
        return any(file.parent.iterdir())
    except OSError:
        return False


def _reason(error: UnreadableFile | OSError) -> str:
    return (error.strerror or str(error)) if isinstance(error, OSError) else str(error)


def survey_of(
    catalog: Catalog, reading: Reading, roots: Sequence[str], options: SyncOptions = USUAL
) -> Survey:
    """Prepare a look at some roots, by the rules of all remembered ones."""
    rules = {
        root: _rules(catalog, reading, root, options if root in roots else USUAL)
        for root in {*catalog.roots(), *roots}
    }
    return Survey(catalog.known_files(), roots, rules, reading.most_bytes)


def _rules(catalog: Catalog, reading: Reading, root: str, options: SyncOptions) -> FileRules:
    """Join the patterns of all roots with those of one: its own include counts instead."""
    include, exclude = options.include, options.exclude
    if include is None:
        include = catalog.patterns(root, "include")
    if exclude is None:
        exclude = catalog.patterns(root, "exclude")
    suffixes = frozenset(reading.loaders)
    return FileRules(suffixes, include or reading.include, (*reading.exclude, *exclude))
