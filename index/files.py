"""Which files lie below a path, which of them are passed over and why, and whether they changed.

Knows names, sizes, links and hashes; nothing of their content's meaning.
"""

import errno
import hashlib
import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from io import BufferedReader
from pathlib import Path, PurePath

from index.catalog import FileState
from index.errors import UnreadableFile
from index.patterns import lies_in
from index.types import Skipped, Unread

_TRIES = 3
"""How often a file that is being written is read before it is left for the next sync."""

_FARTHEST = 2**63 - 1

_NOTHING_THERE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP})

FileStates = dict[str, FileState]
"""What a scan found, by path; hashes are empty."""


@dataclass(frozen=True, slots=True)
class FileRules:
    """Which files below a folder are read: suffixes in lower case, and patterns as `lies_in` has.

    Where there is anything in `include`, only what it fits is read; what `exclude` fits never is.
    """

    suffixes: frozenset[str]
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    def passing(self, path: str, is_folder: bool) -> str:
        """Say why a path below the folder is passed over; empty where it is not."""
        name = path.rpartition("/")[2]
        if name.startswith("."):
            return "hidden"
        if name.startswith("~$") or name.endswith(("~", ".tmp", ".swp")):
            return "temporary"
        if any(lies_in(path, pattern) for pattern in self.exclude):
            return "excluded"
        if is_folder:
            return ""
        if self.include and not any(lies_in(path, pattern) for pattern in self.include):
            return "not included"
        suffix = suffix_of(name)
        return "" if suffix in self.suffixes else f"of type {suffix or '(none)'}"


@dataclass(slots=True)
class Scan:
    """What lies below some roots.

    `unread` are files and folders that should have been looked at and could not be; `unlisted` the
    folders among them, below which nothing is known to be missing.
    """

    files: FileStates = field(default_factory=dict)
    skipped: list[Skipped] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)
    unlisted: list[str] = field(default_factory=list)


class Scanner:
    """Looks through folders, those of one root after the other; opens no file.

    `rules` has the rules of every remembered root: a folder that is a root itself has its own. No
    link is followed but one to a file of the same root, and that only where a reader of the root
    would have come upon the file itself.
    """

    def __init__(self, rules: Mapping[str, FileRules]) -> None:
        self.found = Scan()
        self._rules = rules
        self._visited: set[str] = set()

    def look_through(self, root: str, found: os.stat_result) -> Iterator[None]:
        """Look through a root, of which the system says what was `found`, folder by folder."""
        if not stat.S_ISDIR(found.st_mode):
            self._take_root_file(root, found)
            return
        waiting = [(root, root)]
        while waiting:
            folder, owner = waiting.pop()
            if folder in self._visited:
                continue
            self._visited.add(folder)
            below = sorted(self._list(folder, owner), reverse=True)
            waiting += [(path, path if path in self._rules else owner) for path in below]
            yield

    def _take_root_file(self, path: str, found: os.stat_result) -> None:
        """Take a file that was named itself; only its type can keep it out."""
        suffixes = self._rules[path].suffixes
        suffix = PurePath(path).suffix
        if not stat.S_ISREG(found.st_mode):
            self.found.unread.append(Unread(path, "It is neither a file nor a folder"))
        elif suffix.lower() not in suffixes:
            readable = " ".join(sorted(suffixes))
            reason = f"Files of type {suffix or '(none)'} cannot be read; these can: {readable}"
            self.found.unread.append(Unread(path, reason))
        else:
            self.found.files[path] = _state(found)

    def _list(self, folder: str, owner: str) -> list[str]:
        """Sort what lies in a folder; give the folders in it that are to be looked through."""
        folders: list[str] = []
        start, rules = len(owner.rstrip("/")) + 1, self._rules[owner]
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    self._sort(entry, entry.path[start:], owner, rules, folders)
        except OSError as error:
            reason = f"The folder cannot be listed: {error.strerror}; what is known of it stays"
            self.found.unread.append(Unread(folder, reason))
            self.found.unlisted.append(folder)
        return folders

    def _sort(
        self,
        entry: "os.DirEntry[str]",
        below: str,
        owner: str,
        rules: FileRules,
        folders: list[str],
    ) -> None:
        path = entry.path
        is_folder = entry.is_dir(follow_symlinks=False)
        # A link's own name says nothing of what it leads to, as a file's type does.
        leads_on = is_folder or entry.is_symlink()
        reason = "" if path in self._rules else rules.passing(below, leads_on)
        if not is_utf8(path):
            self._unnameable(path, is_folder)
        elif reason:
            self._skip(path, is_folder, reason)
        elif is_folder:
            folders.append(path)
        elif entry.is_symlink():
            self._follow(path, below, owner, rules)
        elif not entry.is_file(follow_symlinks=False):
            self._skip(path, False, "no file: a pipe, a socket or a device")
        else:
            self._look_at(path, entry)

    def _look_at(self, path: str, entry: "os.DirEntry[str]") -> None:
        try:
            self.found.files[path] = _state(entry.stat(follow_symlinks=False))
        except OSError as error:
            self.found.unread.append(Unread(path, error.strerror or str(error)))
            self.found.unlisted.append(path)

    def _follow(self, path: str, below: str, root: str, rules: FileRules) -> None:
        """Take a link to a file of the same root."""
        try:
            real = os.path.realpath(path, strict=True)
            found = Path(real).stat()
        except OSError:
            self._skip(path, False, "a link that leads nowhere")
            return
        if not is_below(real, root):
            self._skip(path, False, "a link that leads out of its folder")
        elif not stat.S_ISREG(found.st_mode):
            self._skip(path, False, "a link to what is no file")
        elif path not in self._rules and (reason := rules.passing(below, False)):
            self._skip(path, False, reason)
        elif reason := _hidden_by(real[len(root.rstrip("/")) + 1 :], rules):
            self._skip(path, False, f"a link to a file that is passed over ({reason})")
        else:
            self.found.files[path] = _state(found)

    def _skip(self, path: str, is_folder: bool, reason: str) -> None:
        self.found.skipped.append(Skipped(f"{path}/" if is_folder else path, reason))

    def _unnameable(self, path: str, is_folder: bool) -> None:
        what = "The folder's name is not valid UTF-8, so nothing in it is read; rename it"
        reason = what if is_folder else "The file's name is not valid UTF-8; rename it"
        name = os.fsencode(path).decode("utf-8", "backslashreplace")
        self.found.unread.append(Unread(name, reason))


def looked_at(path: Path) -> "os.stat_result | str":
    """Ask the system for what lies at a path, or why it does not give it; empty: nothing does.

    A share whose server is away gives an error for what is there.
    """
    try:
        return path.stat()
    except OSError as error:
        if error.errno in _NOTHING_THERE:
            return ""
        return error.strerror or str(error)
    except ValueError:  # A name that no system can have, as one with a null in it.
        return ""


def absence_of(path: Path) -> str:
    """Say that a path is not there, or why it cannot be looked at; empty where it can."""
    found = looked_at(path)
    if isinstance(found, os.stat_result):
        return ""
    if not found:
        return f"There is no file or folder {path}."
    return f"{path} cannot be looked at: {found}. Connect its share again, or correct its rights."


def is_utf8(path: str) -> bool:
    """Say whether a path can be written down; one with bytes that are no UTF-8 cannot."""
    if path.isascii():
        return True
    try:
        path.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def is_below(path: str, root: str) -> bool:
    """Say whether a path is a root or lies below it."""
    return path == root or path.startswith(root.rstrip("/") + "/")


def suffix_of(path: str) -> str:
    """Give the suffix of a path in lower case: as pathlib's, without its cost for many paths."""
    name = path[path.rfind("/") + 1 :]
    dot = name.rfind(".")
    return name[dot:].lower() if dot > 0 else ""


def below_root(path: str, roots: Iterable[str]) -> str:
    """Name a file below the innermost root that holds it; a root that is a file by its name."""
    root = max((root for root in roots if is_below(path, root)), key=len, default=path)
    return path.removeprefix(root).lstrip("/") or PurePath(path).name


def hashed(path: str) -> FileState:
    """Read size, time and SHA-256 of a file that stands still meanwhile.

    Raises OSError, and UnreadableFile where it changes whenever it is read, or is no file.
    """
    for _ in range(_TRIES):
        with open(path, "rb", opener=_handle) as file:
            before = _regular(file)
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            if _state(os.fstat(file.fileno())) == before:
                return FileState(before.size, before.mtime_ns, digest)
    raise being_written()


def is_still(path: str, state: FileState) -> bool:
    """Say whether a file has the size and time that it had. Raises OSError."""
    found = _state(Path(path).stat())
    return (found.size, found.mtime_ns) == (state.size, state.mtime_ns)


def being_written() -> UnreadableFile:
    """Say that a file cannot be read since it does not stand still."""
    return UnreadableFile("The file changed while it was read, each time; the next sync tries anew")


def leads_elsewhere(root: str) -> str:
    """Name where a path leads that has become a link since it was remembered; empty if it is not.

    Nothing may be read by way of a link that leads out of what an administrator has named.
    """
    real = os.path.realpath(root)
    return "" if real == root else real


def _handle(path: str, flags: int) -> int:
    """Open what may have become a pipe meanwhile, whose reader would wait for ever."""
    return os.open(path, flags | os.O_NONBLOCK)


def _regular(file: BufferedReader) -> FileState:
    found = os.fstat(file.fileno())
    if not stat.S_ISREG(found.st_mode):
        raise UnreadableFile("It is no file any more")
    return _state(found)


def _state(found: os.stat_result) -> FileState:
    # File systems tell of years that 64 bits of nanoseconds do not reach; SQLite keeps no more.
    return FileState(found.st_size, max(-_FARTHEST, min(_FARTHEST, found.st_mtime_ns)), "")


def _hidden_by(path: str, rules: FileRules) -> str:
    """Say why a reader of a root would not come upon a file in it; empty where one would."""
    parts = path.split("/")
    ends = ((n, n < len(parts)) for n in range(1, len(parts) + 1))
    reasons = (rules.passing("/".join(parts[:end]), is_folder) for end, is_folder in ends)
    return next((reason for reason in reasons if reason), "")
