"""The file that a document was read from, handed out only while it still is that file.

Knows paths, links and file states; nothing of what is in a file.
"""

import hashlib
import os
import stat
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path

from index.catalog import FileState
from index.errors import OriginalChanged, OriginalGone, OriginalUnreadable
from index.files import is_below


@dataclass(frozen=True, slots=True)
class Original:
    """Where a file lay and what it was when it was read; `roots` are the remembered paths."""

    path: str
    state: FileState
    roots: tuple[str, ...]

    @property
    def name(self) -> str:
        """The file's own name, without folders."""
        return Path(self.path).name

    def check(self) -> None:
        """Raise what `opened` would, without keeping the file open."""
        self.opened().close()

    def opened(self) -> BufferedReader:
        """Open the file for reading; the caller closes it.

        Raises OriginalGone, OriginalChanged, OriginalUnreadable.
        """
        file = self._found()
        try:
            if self._is_another(file):
                raise OriginalChanged(
                    f"The file {self.name!r} has changed since it was indexed. "
                    "Run 'bronwijzer sync' to index it anew."
                )
        except OSError as error:
            file.close()
            raise self._unreadable(error) from error
        except BaseException:
            file.close()
            raise
        return file

    def _found(self) -> BufferedReader:
        """Open what lies at the path; no link may lead out of the remembered paths."""
        try:
            real = Path(self.path).resolve(strict=True)
        except (FileNotFoundError, NotADirectoryError):
            raise self._gone() from None
        except (OSError, RuntimeError) as error:  # RuntimeError: a loop of links
            raise self._unreadable(error) from error
        # Roots were resolved when they were added, so a root that became a link leads out too.
        if not any(is_below(str(real), root) for root in self.roots):
            raise self._gone()
        try:
            return open(real, "rb", opener=_handle)
        except FileNotFoundError:
            raise self._gone() from None
        except OSError as error:
            raise self._unreadable(error) from error

    def _is_another(self, file: BufferedReader) -> bool:
        now = os.fstat(file.fileno())
        if not stat.S_ISREG(now.st_mode) or now.st_size != self.state.size:
            return True
        if now.st_mtime_ns == self.state.mtime_ns:
            return False
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        file.seek(0)
        return digest != self.state.sha256

    def _gone(self) -> OriginalGone:
        return OriginalGone(
            f"The file {self.name!r} is no longer where it was indexed. "
            "Put it back, or run 'bronwijzer sync'."
        )

    def _unreadable(self, error: Exception) -> OriginalUnreadable:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        return OriginalUnreadable(
            f"The file {self.name!r} cannot be read ({reason}). Give the user that runs this "
            "program the right to read it."
        )


def _handle(path: str, flags: int) -> int:
    """Open what may have been replaced meanwhile, by a link or by a pipe that never ends."""
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK)
