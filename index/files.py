"""Which files lie below a path, and whether they have changed.

Knows names, sizes and hashes; nothing of their content's meaning.
"""

import hashlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePath

from index.catalog import FileState


def files_below(root: Path) -> Iterator[Path]:
    """List the files at or below a path, in order of name.

    Hidden files, lock and backup files of office programs, and links that lead out of the root
    are left out: nobody means them when naming a folder.
    """
    if root.is_file():
        yield root
        return
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if not _passing(name))
        for name in sorted(names):
            path = Path(folder, name)
            if not _passing(name) and _inside(path, root):
                yield path


def is_below(path: str, root: str) -> bool:
    """Say whether a path is a root or lies below it."""
    return path == root or path.startswith(root.rstrip("/") + "/")


def below_root(path: str, roots: Iterable[str]) -> str:
    """Name a file below the innermost root that holds it; a root that is a file by its name."""
    root = max((root for root in roots if is_below(path, root)), key=len, default=path)
    return path.removeprefix(root).lstrip("/") or PurePath(path).name


def stat_of(path: Path) -> FileState:
    """Read size and time, without the hash. Raises OSError."""
    stat = path.stat()
    return FileState(stat.st_size, stat.st_mtime_ns, "")


def hash_of(path: Path) -> str:
    """Hash a file's content with SHA-256. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _passing(name: str) -> bool:
    return name.startswith((".", "~$")) or name.endswith(("~", ".tmp", ".swp"))


def _inside(path: Path, root: Path) -> bool:
    return not path.is_symlink() or path.resolve().is_relative_to(root.resolve())
