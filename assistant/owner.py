"""One owner per data folder: the lock, and where the owner can be asked.

Knows processes and files; nothing of what the folder holds.

Two processes on one embedded Chroma folder lose vectors silently, so whoever opens the folder
holds its lock, and every other process asks that owner over loopback HTTP.
"""

import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from assistant.errors import FolderInUse, FolderUnusable

_LOCK = "owner.lock"
_ADDRESS = "owner.json"


@dataclass(frozen=True, slots=True)
class OwnerAddress:
    """Where an owner answers; `url` is empty while it does not serve."""

    pid: int
    url: str
    token: str


class Ownership:
    """The right to open a data folder, held until `owned` ends."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / _ADDRESS
        self.token = secrets.token_urlsafe(32)
        self._write("")

    def announce(self, url: str) -> None:
        """Tell other processes where to ask."""
        self._write(url)

    def _write(self, url: str) -> None:
        address = OwnerAddress(os.getpid(), url, self.token)
        fresh = self._path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        # Created with its final rights: the token must never be readable by others.
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(asdict(address), file)
        fresh.replace(self._path)


@contextmanager
def owned(folder: Path) -> Iterator[Ownership]:
    """Own a data folder. Raises FolderInUse where another process does, and FolderUnusable."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / _LOCK, timeout=0, thread_local=False).acquire()
    except Timeout:
        address = read_address(folder)
        who = f"process {address.pid}" if address else "another process"
        raise FolderInUse(
            f"The data folder {folder} is in use by {who}. Wait for it to end or stop it, or set "
            "BRONWIJZER_DATA to another folder."
        ) from None
    except OSError as error:
        raise FolderUnusable(
            f"The data folder {folder} cannot be used: {error.strerror}. Set data in "
            "bronwijzer.toml, or BRONWIJZER_DATA, to a folder that this user may write."
        ) from None
    with lock:
        try:
            yield Ownership(folder)
        finally:
            (folder / _ADDRESS).unlink(missing_ok=True)


def read_address(folder: Path) -> OwnerAddress | None:
    """Read where the owner of a folder answers; None where nobody has said so."""
    try:
        return OwnerAddress(**json.loads((folder / _ADDRESS).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def is_owned(folder: Path) -> bool:
    """Say whether some process owns a folder now, whatever file a dead one has left."""
    if not (folder / _LOCK).exists():
        return False
    lock = FileLock(folder / _LOCK, thread_local=False)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    lock.release()
    return False
