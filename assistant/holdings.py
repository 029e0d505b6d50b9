"""What the library holds, file by file: in the index, or why not; and how a file is taken out.

Knows documents, unread files and uploads; nothing of pages or of how they are shown.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from assistant.names import folded
from assistant.types import Notice
from assistant.uploads import Receipt, Uploads
from index.corpus import Corpus
from index.files import is_below
from index.types import DocumentInfo


class State(StrEnum):
    """Whether a file can be found; each value is a key of the catalogue of texts."""

    READY = "library_state_ready"
    OLDER = "library_state_older"
    UNREADABLE = "library_state_unreadable"


@dataclass(frozen=True, slots=True)
class Holding:
    """One file: `name` is its place below its folder; `document` is there unless it is unread.

    `reason` says why the file, as it is now, could not be read. `own` files were uploaded.
    """

    path: str
    name: str
    state: State
    own: bool
    document: DocumentInfo | None = None
    reason: str = ""

    @property
    def removable(self) -> bool:
        """Say whether taking it out changes anything that lasts."""
        return self.own or self.document is not None


class Holdings:
    """The files that a corpus knows."""

    def __init__(self, corpus: Corpus, uploads: Uploads) -> None:
        self._corpus = corpus
        self._uploads = uploads

    def all(self) -> list[Holding]:
        """List all files, those that could not be read first, then by path."""
        return self._listed("")

    def find(self, path: str) -> Holding | None:
        """Give the file at a path; None where the corpus knows nothing of it."""
        return next(iter(self._listed(path)), None) if path else None

    def _listed(self, path: str) -> list[Holding]:
        """List all files, or the one at a path."""
        roots = frozenset(self._corpus.roots())
        unread = (file for file in self._corpus.unread() if path in ("", file.path))
        reasons = {file.path: file.reason for file in unread}
        documents = {
            name: document
            for name, document in _by_path(self._corpus.documents(path))
            if path in ("", name)
        }
        first = [self._holding(name, roots, reasons, documents) for name in reasons]
        read = (name for name in documents if name not in reasons)
        return first + [self._holding(name, roots, reasons, documents) for name in read]

    def names(self, paths: Iterable[str]) -> list[str]:
        """Name files by their places below their folders."""
        roots = frozenset(self._corpus.roots())
        return [_name_below(path, roots) for path in paths]

    def versions(self) -> dict[str, int]:
        """Map the path of each document to its number, which changes with its content."""
        return {path: document.id for path, document in _by_path(self._corpus.documents())}

    def remove(self, holding: Holding) -> Notice:
        """Take a file out of the index, and delete it if it was uploaded; say what it means.

        Raises SyncRunning, UnknownDocument, OSError.
        """
        # From the index first: while a sync runs that is refused, and then nothing is deleted.
        self._corpus.remove(Path(holding.path))
        if holding.own:
            self._uploads.discard(holding.path)
            return Notice.of("library_removed_upload", name=holding.name)
        root = next((r for r in self._corpus.roots() if is_below(holding.path, r)), "")
        if root:
            return Notice.of("library_removed_returning", name=holding.name, folder=root)
        return Notice.of("library_removed_staying", name=holding.name, path=holding.path)

    def _holding(
        self,
        path: str,
        roots: Collection[str],
        reasons: Mapping[str, str],
        documents: Mapping[str, DocumentInfo],
    ) -> Holding:
        document, reason = documents.get(path), reasons.get(path, "")
        if not reason:
            state = State.READY
        else:
            state = State.OLDER if document else State.UNREADABLE
        return Holding(
            path, _name_below(path, roots), state, self._uploads.holds(path), document, reason
        )


def matching(holdings: Sequence[Holding], words: str) -> list[Holding]:
    """Keep the files whose name or title has each of some words, in any case, accents or not."""
    wanted = folded(words).split()
    if not wanted:
        return list(holdings)
    return [holding for holding in holdings if all(word in _searched(holding) for word in wanted)]


def outcomes(
    receipts: Sequence[Receipt],
    before: Mapping[str, int],
    after: Mapping[str, Holding],
    failure: str,
) -> Iterator[Notice]:
    """Say of each file that was brought in what became of it, once a sync has ended.

    `before` has the numbers of documents by path as they were, `after` the files as they are.
    """
    for receipt in receipts:
        found = after.get(receipt.path)
        if receipt.refused is not None:
            yield receipt.refused
        elif found is not None and found.reason:
            yield Notice.of("library_file_unreadable", reason=found.reason)
        elif found is None or found.document is None:
            yield Notice.of("library_file_kept", reason=failure)
        elif receipt.path not in before:
            yield Notice.of("library_file_added")
        elif before[receipt.path] != found.document.id:
            yield Notice.of("library_file_replaced")
        elif failure:
            yield Notice.of("library_file_kept", reason=failure)
        else:
            yield Notice.of("library_file_unchanged")


def _by_path(documents: Iterable[DocumentInfo]) -> Iterator[tuple[str, DocumentInfo]]:
    """Give each file with its document, which several of the same content share."""
    for document in documents:
        for path in document.paths:
            yield path, document


def _searched(holding: Holding) -> str:
    title = holding.document.title if holding.document else ""
    return folded(f"{holding.name} {title}")


def _name_below(path: str, roots: Collection[str]) -> str:
    """Name a file below the innermost root that holds it; a root that is a file by its name."""
    folder = path
    while folder := folder.rpartition("/")[0]:
        if folder in roots:
            return path[len(folder) + 1 :]
    return path.rpartition("/")[2] or path
