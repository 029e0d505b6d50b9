"""Files that are read again: which ones, and what their documents keep.

Knows editions of readers, passages and vectors; nothing of how files are read or when.
"""

from collections.abc import Container, Mapping
from pathlib import Path

from index.catalog import FileState, KnownFile
from index.files import suffix_of
from index.generation import Generation
from index.reading import Reading
from index.types import Passage, PassageVectors

_REREAD = "bronwijzer sync --reread"


def as_read(
    known: Mapping[str, KnownFile], files: Mapping[str, FileState]
) -> dict[Path, FileState]:
    """Give the files of ready documents that are as they were when read; of equal ones, one."""
    return {
        Path(path): was.state
        for path, was in known.items()
        if was.ready
        and not was.is_copy
        and (found := files.get(path)) is not None
        and (found.size, found.mtime_ns) == (was.state.size, was.state.mtime_ns)
    }


def told(reading: Reading, known: Mapping[str, KnownFile], files: Container[str]) -> str:
    """Say how many of some files were read by an earlier edition; empty where none were."""
    editions = {suffix: reading.edition(suffix) for suffix in reading.loaders}
    earlier = sum(
        path in files and not was.is_copy and was.edition < editions.get(suffix_of(path), 0)
        for path, was in known.items()
    )
    if not earlier:
        return ""
    which, whose = ("file was", "its") if earlier == 1 else ("files were", "their")
    return (
        f"{earlier:,} {which} read by an earlier reader of {whose} type; "
        f"'{_REREAD}' reads all again."
    )


def take_over(generation: Generation, old: int, new: int) -> None:
    """Give passages of a document the vectors that the same text has in an earlier version."""
    kept = {
        _said(item.stored.passage): PassageVectors(item.vector, item.sentence_vectors)
        for item in generation.of_documents([old])
    }
    passages = generation.without_vectors(new)
    same = [(item.id, kept[said]) for item in passages if (said := _said(item.passage)) in kept]
    generation.set_vectors(same)


def _said(passage: Passage) -> tuple[str, ...]:
    """Give what an embedder is handed of a passage."""
    return (passage.text, *map(passage.text_of, passage.sentences))
