"""Files that people bring in through a page: under safe names, in one folder.

Knows names and files; nothing of pages, or of what becomes of a file in the index.
"""

import os
import secrets
import shutil
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from assistant.types import Notice

_MOST_BYTES_OF_NAME = 200
_JOINERS = "\u200c\u200d"
"""Invisible, but part of the spelling in Persian and in languages of India."""

_INVISIBLE = frozenset({"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"})
_RESERVED = frozenset(
    ["con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))]
)
"""Devices, to Windows: a folder that is copied or shared there must hold no such file."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one file: it is kept at `path`, or `refused` says why not."""

    name: str
    path: str = ""
    replaced: bool = False
    refused: Notice | None = None


class Uploads:
    """The folder of files that were brought in."""

    def __init__(self, folder: Path, suffixes: Collection[str], most_bytes: int) -> None:
        self.folder = folder.expanduser().resolve()
        self._suffixes = frozenset(suffixes)
        self._most_bytes = most_bytes

    def keep(self, file: Path, name: str) -> Receipt:
        """Move a file in under its name made safe; a file of that name is replaced.

        The file is gone from its old place afterwards, kept or refused.
        """
        name = safe_name(name)
        try:
            refused = self._objection(file, name)
            if refused is not None:
                return Receipt(name, refused=refused)
            target = self.folder / name
            replaced = target.exists()
            self._move(file, target)
            return Receipt(name, str(target), replaced)
        except OSError as error:
            reason = error.strerror or str(error)
            refused = Notice.of("library_file_disk", reason=reason, folder=str(self.folder))
            return Receipt(name, refused=refused)
        finally:
            file.unlink(missing_ok=True)

    def holds(self, path: str) -> bool:
        """Say whether a path is that of a file in this folder."""
        return Path(path).parent == self.folder

    def discard(self, path: str) -> None:
        """Delete a file of this folder, if it is still there. Raises OSError, ValueError."""
        if not self.holds(path):
            raise ValueError(f"{path!r} is not in {self.folder}")
        Path(path).unlink(missing_ok=True)

    def _objection(self, file: Path, name: str) -> Notice | None:
        suffix = Path(name).suffix.lower()
        if suffix not in self._suffixes:
            readable = " ".join(sorted(self._suffixes))
            return Notice.of("library_file_type", suffix=suffix or "?", readable=readable)
        if file.stat().st_size > self._most_bytes:
            limit = f"{self._most_bytes / 1_000_000:g}"
            return Notice.of("library_file_size", limit=limit)
        return None

    def _move(self, file: Path, target: Path) -> None:
        """Put a file in its place whole: who reads the folder meanwhile sees the old or the new."""
        self.folder.mkdir(parents=True, exist_ok=True)
        # Hidden, so that a sync passes it over.
        fresh = self.folder / f".{secrets.token_hex(8)}.tmp"
        try:
            shutil.move(file, fresh)
            with fresh.open("rb") as written:
                os.fsync(written.fileno())
            fresh.replace(target)
        finally:
            fresh.unlink(missing_ok=True)


def safe_name(name: str) -> str:
    """Make a file's name safe to keep: letters of any script stay, and so do its marks.

    Folders, invisible characters and leading dots go; names of devices get a mark before them; a
    name longer than 200 bytes in UTF-8 loses the end of its stem.
    """
    last = name.replace("\\", "/").rpartition("/")[2]
    visible = "".join(
        " " if character.isspace() else character
        for character in unicodedata.normalize("NFC", last)
        if character.isspace()
        or character in _JOINERS
        or unicodedata.category(character) not in _INVISIBLE
    )
    plain = " ".join(visible.split()).lstrip(".~$ ").rstrip(". ")
    path = Path(plain or "document")
    stem, suffix = path.stem, path.suffix
    if stem.split(".")[0].strip().casefold() in _RESERVED:
        stem = f"_{stem}"
    room = _MOST_BYTES_OF_NAME - len(suffix.encode())
    if room < 1:
        return f"{stem}{suffix}".encode()[:_MOST_BYTES_OF_NAME].decode(errors="ignore")
    return stem.encode()[:room].decode(errors="ignore") + suffix
