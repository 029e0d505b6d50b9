"""Notices changes in remembered folders and asks for a sync: when told of one, and now and then.

Knows events of the file system and the clock; nothing of what a sync does. Shares on other
machines tell of no events, and systems have limits on how many folders they watch: hence the clock.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Protocol, Self

from watchfiles import watch

from assistant.errors import AssistantError, UnknownCollection
from assistant.stewards import Stewards
from index.errors import IndexingError
from index.files import absence_of, is_below

_log = logging.getLogger(__name__)

_QUIET_MS = 1_000
"""A change is passed on after so long without another one, since files are written in pieces."""

_LONGEST_MS = 30_000
"""However busy the folder is, a change waits no longer than this."""

_LOOK_MS = 1_000
"""How soon a path that was added or removed is noticed, and the clock looked at."""

_SECONDS_TO_STOP = 5.0


@contextmanager
def watched_folders(
    stewards: Stewards, names: Iterable[str], own: Path, seconds: float
) -> Iterator[None]:
    """Watch the folders of some collections; one that cannot be opened is told in the log."""
    with ExitStack() as stack:
        for name in names:
            try:
                stewards.of(name)
            except (AssistantError, IndexingError) as error:
                _log.warning("Folders of %s are not watched: %s", name, error)
                continue
            watched = _Collection(stewards, name)
            stack.enter_context(FolderWatch(watched, watched.roots, own, seconds))
        yield


class Requests(Protocol):
    """Whoever meets requests for syncs."""

    def request(self) -> int:
        """Ask for a sync of all remembered paths."""

    def revisit(self, paths: Sequence[Path]) -> int:
        """Ask for a sync of some paths, if they are remembered still."""


class _Collection:
    """The collection that has a name now: it may be removed, and made again."""

    def __init__(self, stewards: Stewards, name: str) -> None:
        self._stewards = stewards
        self._name = name

    def roots(self) -> list[str]:
        return self._stewards.of(self._name).corpus.roots()

    def request(self) -> int:
        return self._stewards.of(self._name).upkeep.request()

    def revisit(self, paths: Sequence[Path]) -> int:
        return self._stewards.of(self._name).upkeep.revisit(paths)


class FolderWatch:
    """Watches the roots of one corpus in a thread of its own, until it is closed.

    `roots` gives the remembered paths, which may change; `own` is the data folder, whose changes
    are this program's own. Every `seconds` all paths are synced, whether an event came or not.
    """

    def __init__(
        self, requests: Requests, roots: Callable[[], list[str]], own: Path, seconds: float
    ) -> None:
        self._requests = requests
        self._roots = roots
        self._own = str(own.resolve())
        self._seconds = seconds
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name="folder-watch", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop watching."""
        self._stopping.set()
        self._thread.join(_SECONDS_TO_STOP)

    def _work(self) -> None:
        swept, wait = time.monotonic(), 0.0
        while not self._stopping.is_set():
            try:
                swept = self._swept(swept, wait)
                wait = 0.0
                swept = self._follow(swept)
            except UnknownCollection as error:
                _log.info("Its folders are no longer watched: %s", error)
                return
            except Exception as error:  # noqa: BLE001 - the clock goes on, and the log tells it
                _log.warning(
                    "Folders cannot be watched (%s); they are looked at every %.0f s",
                    type(error).__name__,
                    self._seconds,
                )
                wait = self._seconds

    def _follow(self, swept: float) -> float:
        """Pass events on until the remembered paths change; give the time of the last sweep."""
        roots = self._roots()
        there = _present(roots)
        if not there:
            return self._swept(swept, _LOOK_MS / 1000)
        for changes in watch(
            *there,
            watch_filter=None,
            debounce=_LONGEST_MS,
            step=_QUIET_MS,
            stop_event=self._stopping,
            rust_timeout=_LOOK_MS,
            yield_on_timeout=True,
            raise_interrupt=False,
            ignore_permission_denied=True,
        ):
            changed = self._changed((path for _, path in changes), there)
            if changed:
                self._requests.revisit([Path(root) for root in changed])
            swept = self._swept(swept, 0)
            if self._roots() != roots or _present(roots) != there:
                break
        return swept

    def _changed(self, paths: Iterable[str], roots: Sequence[str]) -> list[str]:
        """Name the roots below which something changed that is not this program's own doing."""
        found = set()
        for path in paths:
            root = max((root for root in roots if is_below(path, root)), key=len, default="")
            if root and (is_below(root, self._own) or not is_below(path, self._own)):
                found.add(root)
        return sorted(found)

    def _swept(self, swept: float, wait: float) -> float:
        """Wait; then ask for a sync of everything if it is time. Give when that was last done."""
        self._stopping.wait(wait)
        if self._stopping.is_set() or time.monotonic() - swept < self._seconds:
            return swept
        self._requests.request()
        return time.monotonic()


def _present(roots: Iterable[str]) -> list[str]:
    return [root for root in roots if not absence_of(Path(root))]
