"""What is named to a sync, and what that sync would do.

Knows paths, options and the survey; reads no document and changes nothing but what is remembered.
"""

from collections.abc import Sequence
from pathlib import Path

from index.catalog import Catalog
from index.errors import BadPattern, UnreadableFile
from index.files import absence_of, is_utf8
from index.places import counted
from index.plans import PlannedChange, SyncOptions, SyncPlan
from index.reading import Reading
from index.rereading import as_read
from index.survey import ChangeKind, survey_of
from index.types import Unread

_LONGEST_PATTERN = 1000
"""In characters."""

_MOST_PATTERNS = 200


def named_roots(paths: Sequence[Path], options: SyncOptions) -> list[str]:
    """Write paths down as roots.

    Raises UnreadableFile for one that is not there or cannot be written down, BadPattern.
    """
    roots = [str(path.expanduser().resolve()) for path in paths]
    for root in roots:
        if not is_utf8(root):
            raise UnreadableFile(
                f"The name {root!r} is not valid UTF-8, so it cannot be remembered. Rename the "
                "folder, or name one above it. Nothing was changed."
            )
        if absence := absence_of(Path(root)):
            raise UnreadableFile(f"{absence} Nothing was changed.")
    patterns = (*(options.include or ()), *(options.exclude or ()))
    if not roots and (options.include is not None or options.exclude is not None):
        raise BadPattern(
            "Patterns belong to a path: run 'bronwijzer sync PATH --exclude PATTERN', or use the "
            "settings include and exclude for all paths."
        )
    check_patterns(patterns)
    return roots


def check_patterns(patterns: Sequence[str]) -> None:
    """Raise BadPattern where there are too many, or one is too long or has no UTF-8."""
    if len(patterns) > _MOST_PATTERNS:
        raise BadPattern(f"{len(patterns)} patterns are more than {_MOST_PATTERNS}; use fewer.")
    for pattern in patterns:
        if len(pattern) > _LONGEST_PATTERN or not is_utf8(pattern) or not pattern.strip("/ "):
            raise BadPattern(
                f"The pattern {pattern[:80]!r} cannot be used: it needs a name, in valid UTF-8 and "
                f"at most {_LONGEST_PATTERN} characters, such as 'drafts' or '*.bak'."
            )


def remember(catalog: Catalog, roots: Sequence[str], options: SyncOptions) -> None:
    """Remember roots, with the patterns that come with them."""
    catalog.add_roots(roots)
    for root in roots:
        if options.include is not None:
            catalog.set_patterns(root, "include", options.include)
        if options.exclude is not None:
            catalog.set_patterns(root, "exclude", options.exclude)


def planned(
    catalog: Catalog, reading: Reading, roots: Sequence[str], options: SyncOptions
) -> SyncPlan:
    """Say what a sync of some roots would do, and change nothing."""
    survey = survey_of(catalog, reading, roots, options)
    for _ in survey.look():
        pass
    changes, unread, touched = [], [*survey.away, *survey.scan.unread], 0
    for change in survey.changes():
        if isinstance(change, Unread):
            unread.append(change)
        elif change.kind is ChangeKind.TOUCHED:
            touched += 1
        else:
            changes.append(PlannedChange(change.kind, change.path, change.other))
    removals = survey.removals(None if options.accept_removals else reading.guard)
    removed = [path for path in removals.removed if path not in removals.left]
    changes += [PlannedChange(ChangeKind.REMOVED, path) for path in removed]
    skipped = counted(survey.scan.skipped)
    unread += removals.asked
    unchanged = survey.unchanged + touched
    reread = len(as_read(survey.known, survey.scan.files)) if options.reread else 0
    return SyncPlan(tuple(changes), unchanged, removals.kept, tuple(unread), skipped, reread)
