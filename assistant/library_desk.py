"""What the controls of the library page do: each answers with what the page is to show.

Knows files, syncs and texts; nothing of Gradio, nor of who may open the page.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from assistant.holdings import Holding, Holdings, matching, outcomes
from assistant.library_view import Choice, choices, outcome_list, progress, shown
from assistant.types import Notice
from assistant.upkeep import Upkeep
from assistant.uploads import Receipt, Uploads
from assistant.wording import Wording
from index.corpus import Corpus
from index.errors import IndexingError, SyncRunning

Listing = tuple[list[Choice], str]
Marks = tuple[int, int, bool]


@dataclass(frozen=True, slots=True)
class Batch:
    """Files that one page brought in, and the request for a sync that reads them.

    `before` has the numbers of documents by path as they were. `told` becomes true with the last
    look after the sync.
    """

    number: int = 0
    receipts: tuple[Receipt, ...] = ()
    before: Mapping[str, int] | None = None
    told: bool = True


class Desk:
    """What the page's controls do; each method gives the values of what it changes."""

    def __init__(self, corpus: Corpus, uploads: Uploads, upkeep: Upkeep) -> None:
        self._corpus = corpus
        self._uploads = uploads
        self._upkeep = upkeep
        self._holdings = Holdings(corpus, uploads)

    def receive(self, files: Sequence[tuple[str, str]], wording: Wording) -> tuple[Batch, str]:
        """Keep files and ask for a sync that reads them."""
        before = self._holdings.versions()
        receipts = tuple(self._kept(Path(path), name) for path, name in files)
        number = 0
        if any(receipt.refused is None for receipt in receipts):
            number = self._upkeep.request([self._uploads.folder])
        batch = Batch(number, receipts, before, told=False)
        return self.outcomes(batch, wording)

    def sync(self, wording: Wording) -> str:
        """Ask for a sync of all that is remembered."""
        self._upkeep.request()
        return self.status(wording)

    def status(self, wording: Wording) -> str:
        """Say what a sync does or has done."""
        return progress(self._corpus.progress, self._upkeep.state, wording)

    def listed(self, words: str, wording: Wording) -> Listing:
        """Give the files that some words name, as choices, and how many those are."""
        holdings = self._holdings.all()
        found = matching(holdings, words)
        return choices(found, wording), shown(len(found), len(holdings), wording)

    def marks(self) -> Marks:
        """Give what changes whenever the list of files may have changed; it costs little."""
        state = self._upkeep.state
        return state.ended, hash(self._corpus.state), self._corpus.syncing

    def outcomes(self, batch: Batch, wording: Wording) -> tuple[Batch, str]:
        """Say of each file of a batch what became of it, and whether that is the last word."""
        state = self._upkeep.state
        names = [receipt.name for receipt in batch.receipts]
        notices: list[Notice | None] = [receipt.refused for receipt in batch.receipts]
        told = state.ended >= batch.number
        if told and batch.number:
            after = {holding.path: holding for holding in self._holdings.all()}
            notices = list(outcomes(batch.receipts, batch.before or {}, after, state.failure))
        return replace(batch, told=told), outcome_list(names, notices, wording)

    def find(self, path: str) -> Holding | None:
        """Give the file at a path that the page names."""
        return self._holdings.find(path)

    def remove(self, path: str, wording: Wording) -> str:
        """Take a file out and say what that means."""
        holding = self._holdings.find(path)
        if holding is None:
            return wording("library_gone")
        try:
            return self._holdings.remove(holding).said(wording)
        except SyncRunning:
            return wording("library_remove_later")
        except (IndexingError, OSError) as error:
            return wording("library_remove_failed", reason=str(error))

    def _kept(self, file: Path, name: str) -> Receipt:
        try:
            return self._uploads.keep(file, name)
        finally:
            # Gradio gives each file a folder of its own.
            with suppress(OSError):
                file.parent.rmdir()
