"""What a check of the stores says.

Knows the shape of its findings; nothing of how they are made.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Disagreement:
    """What is wrong with `count` things, and what mends it; `remedy` is empty where that is done.

    `examples` numbers some of them: documents, or passages, as `what` says.
    """

    what: str
    count: int
    remedy: str = ""
    examples: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckReport:
    """How far a check is: passages that were probed so far, of how many, and what was found."""

    stage: str = "catalog"
    probed: int = 0
    to_probe: int = 0
    found: tuple[Disagreement, ...] = ()
    done: bool = False

    @property
    def good(self) -> bool:
        """Say whether nothing is wrong any more."""
        return not any(item.remedy for item in self.found)
