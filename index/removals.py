"""When so many files are missing at once that this is more likely a fault than a wish.

Knows numbers and how to ask; nothing of files.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RemovalGuard:
    """Holds removals back where more than a share (0 to 1) of a path's files are missing.

    That takes at least `least` missing ones, except where nothing at all is left: a folder that is
    not mounted looks like an empty one.
    """

    share: float = 0.3
    least: int = 20

    def holds(self, known: int, missing: int, any_left: bool) -> bool:
        """Say whether to ask first, where so many of the known files are missing."""
        if missing == 0:
            return False
        return not any_left or (missing >= self.least and missing > self.share * known)

    def told(self, root: str, known: int, missing: int) -> str:
        """Say what was not done, and how to have it done."""
        return (
            f"{missing:,} of {known:,} files are missing, so none of its documents was removed. Is "
            "the folder mounted and whole? If they are meant to be gone, run: "
            f"bronwijzer sync --accept-removals {root}"
        )
