"""What a sync is asked to do beside the usual, and what one would do.

Knows options and changes; nothing of how they come about.
"""

from dataclasses import dataclass, field

from index.types import Unread


@dataclass(frozen=True, slots=True)
class SyncOptions:
    """How a sync differs from the usual one.

    `accept_removals` has missing files removed however many they are. `include` and `exclude` are
    patterns that become those of the named paths; None leaves theirs as they are. `reread` has
    files read again that did not change.
    """

    accept_removals: bool = False
    include: tuple[str, ...] | None = None
    exclude: tuple[str, ...] | None = None
    reread: bool = False


USUAL = SyncOptions()
"""A sync that asks for nothing special."""


@dataclass(frozen=True, slots=True)
class PlannedChange:
    """A file and what would be done: "added", "updated", "moved", "copied" or "removed".

    `other` is the path that it was moved from, or the file that it repeats.
    """

    kind: str
    path: str
    other: str = ""


@dataclass(frozen=True, slots=True)
class SyncPlan:
    """What a sync would do; no file was read but to compare it. Counts are of files.

    `unread` has only what is known without reading; `kept` files are missing, but would stay;
    `reread` ones would be read again without a change.
    """

    changes: tuple[PlannedChange, ...] = ()
    unchanged: int = 0
    kept: int = 0
    unread: tuple[Unread, ...] = ()
    skipped: dict[str, int] = field(default_factory=dict)
    reread: int = 0
