"""What can be asked of a data folder, whoever has it open.

Knows questions and what comes back; nothing of how they get there.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

from assistant.types import Answer, CollectionCount, DocumentText, Evidence, Message
from index.check_report import CheckReport
from index.plans import USUAL, SyncOptions, SyncPlan
from index.types import (
    EVERYTHING,
    CorpusStats,
    DocumentFilter,
    DocumentInfo,
    Skipped,
    SyncReport,
)


class Desk(Protocol):
    """Where questions are asked: anything that answers them, here or elsewhere."""

    def ready(self) -> str:
        """Wait until questions can be asked; name the language model where it is known.

        Raises ModelUnavailable, ServerUnavailable.
        """

    def stream(
        self,
        question: str,
        history: Sequence[Message] = (),
        documents: Sequence[str] = (),
        wanted: DocumentFilter = EVERYTHING,
    ) -> Iterator[Answer]:
        """Answer a question in growing snapshots."""

    def search(
        self, question: str, history: Sequence[Message] = (), documents: Sequence[str] = ()
    ) -> tuple[Evidence, ...]:
        """Rank twenty passages for a question."""

    def source(self, name: str) -> DocumentText:
        """Read a document by its name, or the end of its path."""


class Door(Desk, Protocol):
    """What the command line can ask of a data folder."""

    def sync(self, paths: Sequence[Path], options: SyncOptions = USUAL) -> Iterator[SyncReport]:
        """Bring the index to the state of paths."""

    def preview(self, paths: Sequence[Path], options: SyncOptions = USUAL) -> SyncPlan:
        """Say what a sync would do."""

    def skipped(self) -> list[Skipped]:
        """List the files and folders that were passed over."""

    def rebuild(self) -> Iterator[SyncReport]:
        """Make the derived stores anew."""

    def remove(self, path: Path) -> int:
        """Remove a path's documents; count them."""

    def documents(self) -> list[DocumentInfo]:
        """List the documents."""

    def stats(self) -> CorpusStats:
        """Count what is in the index."""

    def probe(self) -> tuple[int, int]:
        """Ask for stored passages by their own vectors: how many were asked, how many found."""

    def check(self, repair: bool) -> Iterator[CheckReport]:
        """Compare the stores, and mend them where wanted; growing reports."""

    def collections(self) -> list[CollectionCount]:
        """Count what is in each collection of the data folder."""

    def remove_collection(self, name: str) -> str:
        """Delete a collection, with the files that were brought into it through a page.

        Says what of a damaged one could not be deleted.
        """
