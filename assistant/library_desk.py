"""What the controls of the library page do: each answers with what the page is to show.

Knows files, syncs and texts; nothing of Gradio, nor of who may see or change which collection.
"""

import hmac
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from assistant.access import Refusal
from assistant.holdings import Holding, matching, outcomes
from assistant.library_view import Choice, choices, details, outcome_list, progress, shown
from assistant.stewards import Steward
from assistant.types import Notice
from assistant.uploads import Receipt
from assistant.wording import Wording
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
    """What the page's controls do in one collection; each method gives the values that it changes.

    Where the visitor may not change it, nothing is changed, and they are told so; nor do they see
    more of the server's folders than the names below them.
    """

    def __init__(self, steward: Steward, may_change: bool, secret: bytes) -> None:
        self.may_change = may_change
        self._secret = secret
        self._corpus = steward.corpus
        self._uploads = steward.uploads
        self._upkeep = steward.upkeep
        self._holdings = steward.holdings

    def receive(self, files: Sequence[tuple[str, str]], wording: Wording) -> tuple[Batch, str]:
        """Keep files and ask for a sync that reads them."""
        if not self.may_change:
            refused = Notice.of(Refusal.READER.value)
            batch = Batch(receipts=tuple(Receipt(name, refused=refused) for _, name in files))
            return self.outcomes(batch, wording)
        before = self._holdings.versions()
        receipts = tuple(self._kept(Path(path), name) for path, name in files)
        number = 0
        if any(receipt.refused is None for receipt in receipts):
            number = self._upkeep.request([self._uploads.folder])
        batch = Batch(number, receipts, before, told=False)
        return self.outcomes(batch, wording)

    def sync(self, wording: Wording) -> str:
        """Ask for a sync of all that is remembered."""
        if not self.may_change:
            return wording(Refusal.READER)
        self._upkeep.request()
        return self.status(wording)

    def status(self, wording: Wording) -> str:
        """Say what a sync does or has done; to whoever only reads, whether one runs."""
        running, state = self._corpus.progress, self._upkeep.state
        if self.may_change or running is not None or state.busy:
            return progress(running, state, wording)
        return ""

    def listed(self, words: str, wording: Wording) -> Listing:
        """Give the files that some words name, as choices, and how many those are."""
        holdings = self._holdings.all()
        found = matching(holdings, words)
        count = shown(len(found), len(holdings), wording, self.may_change)
        return choices(found, wording, self._key), count

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

    def find(self, key: str) -> Holding | None:
        """Give the file that the page names by what stands for its path."""
        key = str(key)  # Gradio hands on whatever a request has in its place.
        if self.may_change:
            return self._holdings.find(key)
        return next((item for item in self._holdings.all() if self._key(item.path) == key), None)

    def details(self, holding: Holding, wording: Wording) -> str:
        """Write what is known of a file."""
        paths = holding.document.paths if holding.document else ()
        others = [path for path in paths if path != holding.path]
        shown_others = others if self.may_change else self._holdings.names(others)
        return details(holding, shown_others, wording, has_paths=self.may_change)

    def remove(self, key: str, wording: Wording) -> str:
        """Take a file out and say what that means."""
        if not self.may_change:
            return wording(Refusal.READER)
        holding = self._holdings.find(key)
        if holding is None:
            return wording("library_gone")
        try:
            return self._holdings.remove(holding).said(wording)
        except SyncRunning:
            return wording("library_remove_later")
        except (IndexingError, OSError) as error:
            return wording("library_remove_failed", reason=str(error))

    def _key(self, path: str) -> str:
        # With a secret, since folders above the documents could be guessed from a bare digest.
        return path if self.may_change else hmac.digest(self._secret, path.encode(), "sha256").hex()

    def _kept(self, file: Path, name: str) -> Receipt:
        try:
            return self._uploads.keep(file, name)
        finally:
            # Gradio gives each file a folder of its own.
            with suppress(OSError):
                file.parent.rmdir()
