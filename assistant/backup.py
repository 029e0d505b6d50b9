"""A data folder in one file, and back: what cannot be made anew, and nothing else.

Knows archives and which files count; nothing of what the catalog holds.

In a backup are the catalogs (documents, passages and their vectors) and the files that were
brought in, of every collection, feedback, and kept questions. Chroma and the lexical index are made
from the catalogs again.
"""

import gzip
import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from assistant.errors import BadBackup
from assistant.types import COLLECTIONS_FOLDER, is_collection_name
from index.catalog import CATALOG
from index.relocation import copy_catalog, settle

_MANIFEST = "backup.json"
_VERSION = 1
_LARGEST_MANIFEST = 100_000
_FILES = (CATALOG, "feedback.jsonl", "language_means.json")
_FOLDERS = ("uploads", "questions")
_COLLECTION_FILES = (CATALOG, "language_means.json")
_COLLECTION_FOLDERS = ("uploads",)
_DERIVED = ("chroma", "arrivals", f"{CATALOG}-wal", f"{CATALOG}-shm")
_COMPRESSION = 3
"""Vectors hardly shrink, texts do at any level; higher ones take several times as long."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself: `made` is ISO 8601, `folder` where its data folder was."""

    version: int
    made: str
    folder: str


def back_up(folder: Path, target: Path) -> int:
    """Write a backup of a data folder, which may be in use; give its size in bytes.

    A file that is there already is replaced once the new one is whole. Raises BadBackup,
    StoreUnavailable.
    """
    made = datetime.now(UTC).isoformat(timespec="seconds")
    manifest = Manifest(_VERSION, made, str(folder.resolve()))
    fresh = target.with_name(f"{target.name}.partial")
    try:
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".bronwijzer-") as scratch:
            # The catalog first: what is brought in or removed meanwhile, the next sync finds.
            catalogs = _copied(folder, Path(scratch))
            (Path(scratch) / _MANIFEST).write_text(json.dumps(asdict(manifest)), encoding="utf-8")
            fresh.unlink(missing_ok=True)
            handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as file:
                with tarfile.open(fileobj=file, mode="w:gz", compresslevel=_COMPRESSION) as tar:
                    for path in (Path(scratch) / _MANIFEST, *catalogs):
                        _add(tar, path, path.relative_to(scratch).as_posix())
                    for path in _kept(folder):
                        _add(tar, path, path.relative_to(folder).as_posix())
                file.flush()
                os.fsync(file.fileno())
        fresh.replace(target)
        return target.stat().st_size
    except OSError as error:
        raise BadBackup(
            f"The backup {target} could not be written: {error.strerror or error}. Name a file in "
            "a folder that exists, has room, and is yours to write to."
        ) from None
    finally:
        with suppress(OSError):
            fresh.unlink()


def restore(source: Path, folder: Path, replace: bool) -> Manifest:
    """Put a backup into a data folder that the caller owns and has not opened.

    With `replace`, what the folder holds of the same kinds gives way, once the backup was read to
    its end; weights of models stay. Chroma and the lexical index must then be made. Raises
    BadBackup, StoreUnavailable.
    """
    occupied = [path.name for path in _present(folder)]
    if occupied and not replace:
        raise BadBackup(
            f"The data folder {folder} is not empty: it holds {', '.join(sorted(occupied))}. Add "
            "--replace to give all that up for the backup, or set BRONWIJZER_DATA to another one."
        )
    try:
        with _scratch(folder) as fresh:
            manifest = _unpack(source, fresh)
            for home in homes(fresh):
                place = (home.relative_to(fresh) / "uploads").as_posix()
                settle(home, f"{manifest.folder}/{place}", str(folder.resolve() / place))
            try:
                _exchange(folder, fresh)
            except OSError as error:
                raise BadBackup(
                    f"The files of {folder} could not be exchanged for the backup's: {error}. All "
                    "is as it was; make them movable (no mount points, no links) and try again."
                ) from None
    except (tarfile.TarError, EOFError, OSError) as error:
        raise BadBackup(
            f"The backup {source} could not be restored: {error}. Name a whole file that "
            "'bronwijzer backup' has written."
        ) from None
    return manifest


def _add(tar: tarfile.TarFile, path: Path, name: str) -> None:
    """Add a file as it is now; a link, or one that has vanished meanwhile, is left out."""
    # A followed link would bring a file from elsewhere into the backup.
    if path.is_symlink() or not path.is_file():
        return
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return
    with file:
        info = tar.gettarinfo(arcname=name, fileobj=file)
        if info.isreg():
            info.uid = info.gid = 0
            info.uname = info.gname = ""
            tar.addfile(info, file)


def homes(folder: Path) -> list[Path]:
    """List the data folder and the folders of its collections, as far as there is a catalog."""
    others = sorted((folder / COLLECTIONS_FOLDER).glob("*"))
    named = [home for home in others if is_collection_name(home.name)]
    # A collection that was made and never filled has no catalog.
    return [folder, *(home for home in named if (home / CATALOG).is_file())]


def _copied(folder: Path, scratch: Path) -> list[Path]:
    """Copy the catalogs of all collections; each is whole, a moment after the one before."""
    copies = []
    for home in homes(folder):
        copies.append(scratch / home.relative_to(folder) / CATALOG)
        copies[-1].parent.mkdir(parents=True, exist_ok=True)
        copy_catalog(home, copies[-1])
    return copies


def _kept(folder: Path) -> Iterator[Path]:
    """List the files beside the catalogs that a backup holds."""
    for home in homes(folder):
        files = _FILES if home == folder else _COLLECTION_FILES
        yield from (home / name for name in files if name != CATALOG)
        for name in _FOLDERS if home == folder else _COLLECTION_FOLDERS:
            yield from sorted((home / name).glob("[!.]*"))


def _present(folder: Path) -> Iterator[Path]:
    """List what a restored backup would meet or make."""
    for name in (*_FILES, *_FOLDERS, *_DERIVED, COLLECTIONS_FOLDER):
        if os.path.lexists(folder / name):
            yield folder / name
    yield from folder.glob("terms-*")


def _unpack(source: Path, fresh: Path) -> Manifest:
    """Write the files of a backup into a new folder; nothing else can come of it."""
    with gzip.open(source) as whole, tarfile.open(fileobj=whole, mode="r:") as tar:
        manifest = _read_manifest(source, tar)
        while (info := tar.next()) is not None:
            target = fresh / _checked(source, info)
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            data = tar.extractfile(info)
            assert data is not None
            handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with data, os.fdopen(handle, "wb") as file:
                shutil.copyfileobj(data, file)
            # A sync compares times before it reads a file.
            os.utime(target, (info.mtime, info.mtime))
        # An archive that was cut off is told by the check sum at its very end.
        while whole.read(1_000_000):
            pass
    if not (fresh / CATALOG).exists():
        raise BadBackup(f"The backup {source} holds no catalog. It was cut off; take another one.")
    return manifest


def _read_manifest(source: Path, tar: tarfile.TarFile) -> Manifest:
    info = tar.next()
    data = tar.extractfile(info) if info and info.isreg() and info.name == _MANIFEST else None
    try:
        manifest = Manifest(**json.loads(data.read(_LARGEST_MANIFEST) if data else b""))
        assert isinstance(manifest.folder, str)
    except (ValueError, TypeError, AssertionError):
        raise BadBackup(
            f"{source} is no backup of this program. Name a file that 'bronwijzer backup' wrote."
        ) from None
    if manifest.version != _VERSION:
        raise BadBackup(
            f"The backup {source} has version {manifest.version}, this program reads version "
            f"{_VERSION}. Restore it with the release that wrote it."
        )
    return manifest


def _checked(source: Path, info: tarfile.TarInfo) -> PurePosixPath:
    """Give the place of a file of a backup, which is one that `back_up` could have written."""
    if not (info.isreg() and _is_allowed(info.name.split("/"))):
        raise BadBackup(
            f"The backup {source} holds {info.name!r}, which no backup does. Nothing was restored; "
            "make sure that nobody else wrote that file."
        )
    return PurePosixPath(info.name)


def _is_allowed(parts: list[str]) -> bool:
    files: tuple[str, ...] = _FILES
    folders: tuple[str, ...] = _FOLDERS
    if len(parts) > 2 and parts[0] == COLLECTIONS_FOLDER and is_collection_name(parts[1]):
        parts, files, folders = parts[2:], _COLLECTION_FILES, _COLLECTION_FOLDERS
    if len(parts) == 1:
        return parts[0] in files
    return len(parts) == 2 and parts[0] in folders and bool(parts[1]) and parts[1][0] != "."


@contextmanager
def _scratch(folder: Path) -> Iterator[Path]:
    """Make a folder inside another, so that files move out of it whole; it goes in the end."""
    with tempfile.TemporaryDirectory(dir=folder, prefix=".restoring-") as name:
        yield Path(name)


def _exchange(folder: Path, fresh: Path) -> None:
    """Move the files of one folder into another; what they take the place of is deleted last.

    Where one cannot be moved, all are moved back. Raises OSError.
    """
    old = Path(tempfile.mkdtemp(dir=folder, prefix=".replaced-"))
    moves = [(path, old / path.name) for path in _present(folder)]
    moves += [(path, folder / path.name) for path in fresh.iterdir()]
    done: list[tuple[Path, Path]] = []
    try:
        for source, target in moves:
            source.rename(target)
            done.append((source, target))
    except OSError:
        for source, target in reversed(done):
            target.rename(source)
        old.rmdir()
        raise
    shutil.rmtree(old)
