"""The same work through two doors: the folder opened here, or its running owner over HTTP.

Knows how to ask; nothing of how answers are shown.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import httpx

from assistant.doors import Door
from assistant.errors import AssistantError, FolderInUse, ServerUnavailable
from assistant.owner import OwnerAddress, is_owned, read_address
from assistant.settings import Settings
from assistant.types import (
    DEFAULT_COLLECTION,
    Answer,
    CollectionCount,
    DocumentText,
    Evidence,
    Message,
)
from assistant.wire import (
    CHECK_REPORT,
    COLLECTIONS,
    DOCUMENTS,
    SKIPPED,
    STATS,
    SYNC_PLAN,
    SYNC_REPORT,
    read_answer,
    read_error,
    read_evidence,
    read_source,
    write_question,
)
from index.addresses import is_loopback
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

if TYPE_CHECKING:
    from assistant.answering import Assistant
    from assistant.corpora import Corpora
    from assistant.model_supply import ModelSupply


class LocalDoor:
    """The data folder, opened by this process."""

    def __init__(self, assistant: "Assistant", supply: "ModelSupply", corpora: "Corpora") -> None:
        self.collections = corpora.counted
        self.remove_collection = corpora.remove
        self._assistant = assistant
        self._supply = supply
        self.sync = assistant.corpus.sync
        self.preview = assistant.corpus.preview
        self.skipped = assistant.corpus.skipped
        self.rebuild = assistant.corpus.rebuild
        self.remove = assistant.corpus.remove
        self.documents = assistant.corpus.documents
        self.stats = assistant.corpus.stats
        self.probe = assistant.corpus.probe
        self.check = assistant.corpus.check
        self.search = assistant.search
        self.source = assistant.source
        self.ready = supply.ready

    def stream(
        self,
        question: str,
        history: Sequence[Message] = (),
        documents: Sequence[str] = (),
        wanted: DocumentFilter = EVERYTHING,
    ) -> Iterator[Answer]:
        """Answer a question in growing snapshots; the evidence does not wait for the model."""
        answers = self._assistant.stream(question, history, documents, wanted)
        yield next(answers)
        self._supply.wait()
        yield from answers


class RemoteDesk:
    """A running server, over HTTP."""

    def __init__(
        self,
        url: str,
        token: str = "",
        timeout: float | None = None,
        collection: str = DEFAULT_COLLECTION,
    ) -> None:
        self._collection = collection
        self._client = httpx.Client(
            base_url=url,
            headers={"Authorization": f"Bearer {token}"} if token else {},
            timeout=httpx.Timeout(10.0, read=timeout),
            trust_env=not is_loopback(url),
        )

    def ready(self) -> str:
        """Make sure that the server answers; which model it uses, its answers tell."""
        self._call("GET", "/healthz")
        return ""

    def stream(
        self,
        question: str,
        history: Sequence[Message] = (),
        documents: Sequence[str] = (),
        wanted: DocumentFilter = EVERYTHING,
    ) -> Iterator[Answer]:
        """Answer a question in growing snapshots."""
        for data in self._events("/api/ask", self._asked(question, history, documents, wanted)):
            yield read_answer(data)

    def search(
        self, question: str, history: Sequence[Message] = (), documents: Sequence[str] = ()
    ) -> tuple[Evidence, ...]:
        """Rank twenty passages for a question."""
        found = self._call("POST", "/api/search", self._asked(question, history, documents))
        return tuple(read_evidence(item) for item in found["passages"])

    def source(self, name: str) -> DocumentText:
        """Read a document by its name, or the end of its path."""
        return read_source(self._call("GET", self._of(f"/api/source/{quote(name)}")))

    def _asked(self, *asked: Any) -> dict[str, Any]:  # noqa: ANN401 - as write_question has it
        return write_question(self._collection, *asked)

    def _of(self, path: str) -> str:
        """Address something of the collection that this desk asks of."""
        query = urlencode({"collection": self._collection})
        return path if self._collection == DEFAULT_COLLECTION else f"{path}?{query}"

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:  # noqa: ANN401 - JSON
        try:
            response = self._client.request(method, path, json=body)
        except httpx.HTTPError as error:
            raise self._lost(error) from error
        if response.is_error:
            raise _refusal(response.status_code, response.text)
        return response.json()

    def _events(self, path: str, body: dict[str, Any]) -> Iterator[Any]:
        headers = {"Accept": "text/event-stream"}
        try:
            with self._client.stream("POST", path, json=body, headers=headers) as response:
                if response.is_error:
                    raise _refusal(response.status_code, response.read().decode())
                event = ""
                for line in response.iter_lines():
                    if line.startswith("event:"):
                        event = line.removeprefix("event:").strip()
                    elif line.startswith("data:"):
                        data = line.removeprefix("data:").strip()
                        if event == "error":
                            raise AssistantError(read_error(data))
                        yield json.loads(data)
        except httpx.HTTPError as error:
            raise self._lost(error) from error

    def _lost(self, error: httpx.HTTPError) -> AssistantError:
        return ServerUnavailable(
            f"The server at {self._client.base_url} does not answer ({error!r}). Start it, or "
            "correct the address."
        )


class OwnerDoor(RemoteDesk):
    """The data folder by way of the process that owns it."""

    def __init__(self, address: OwnerAddress, collection: str = DEFAULT_COLLECTION) -> None:
        super().__init__(address.url, address.token, collection=collection)
        self._pid = address.pid

    def sync(self, paths: Sequence[Path], options: SyncOptions = USUAL) -> Iterator[SyncReport]:
        """Bring the index to the state of paths."""
        for data in self._events(self._of("/api/owner/sync"), _order(paths, options)):
            yield SYNC_REPORT.validate_python(data)

    def preview(self, paths: Sequence[Path], options: SyncOptions = USUAL) -> SyncPlan:
        """Say what a sync would do."""
        plan = self._call("POST", self._of("/api/owner/preview"), _order(paths, options))
        return SYNC_PLAN.validate_python(plan)

    def skipped(self) -> list[Skipped]:
        """List the files and folders that were passed over."""
        return SKIPPED.validate_python(self._call("GET", self._of("/api/owner/skipped")))

    def rebuild(self) -> Iterator[SyncReport]:
        """Make the derived stores anew."""
        for data in self._events(self._of("/api/owner/rebuild"), {}):
            yield SYNC_REPORT.validate_python(data)

    def remove(self, path: Path) -> int:
        """Remove a path's documents; count them."""
        name = str(path.expanduser().resolve())
        return int(self._call("POST", self._of("/api/owner/remove"), {"paths": [name]})["removed"])

    def documents(self) -> list[DocumentInfo]:
        """List the documents."""
        return DOCUMENTS.validate_python(self._call("GET", self._of("/api/owner/documents")))

    def stats(self) -> CorpusStats:
        """Count what is in the index."""
        return STATS.validate_python(self._call("GET", self._of("/api/owner/stats")))

    def probe(self) -> tuple[int, int]:
        """Ask for stored passages by their own vectors: how many were asked, how many found."""
        asked, found = self._call("POST", self._of("/api/owner/probe"), {})
        return int(asked), int(found)

    def check(self, repair: bool) -> Iterator[CheckReport]:
        """Compare the stores, and mend them where wanted; growing reports."""
        for data in self._events(self._of("/api/owner/check"), {"repair": repair}):
            yield CHECK_REPORT.validate_python(data)

    def collections(self) -> list[CollectionCount]:
        """Count what is in each collection of the data folder."""
        return COLLECTIONS.validate_python(self._call("GET", "/api/owner/collections"))

    def remove_collection(self, name: str) -> str:
        """Delete a collection, with the files that were brought into it through a page."""
        query = urlencode({"collection": name})
        return str(self._call("POST", f"/api/owner/remove-collection?{query}", {})["left"])

    def _lost(self, error: httpx.HTTPError) -> AssistantError:
        return FolderInUse(
            f"The data folder belongs to process {self._pid}, which does not answer at "
            f"{self._client.base_url} ({error}). Try again, or end that process."
        )


@contextmanager
def entered(
    settings: Settings,
    with_model: bool = False,
    collection: str = DEFAULT_COLLECTION,
    new_for: Sequence[Path] = (),
) -> Iterator[Door]:
    """Reach a collection: through the data folder's owner where one serves, else by opening it.

    `with_model` starts the language model where the folder is opened here; a collection that is
    not there is made for the paths `new_for`. Raises FolderInUse where the owner is busy with
    something else than serving, UnknownCollection.
    """
    address = read_address(settings.data)
    if address is not None and address.url and is_owned(settings.data):
        yield OwnerDoor(address, collection)
        return
    # Through an owner, nothing of what opens a folder is needed, and it takes seconds to import.
    from assistant.build import opened

    with opened(settings) as installation:
        if with_model:
            installation.supply.start()
        installation.corpora.create_for(collection, new_for)
        assistant = installation.corpora.assistant(collection)
        yield LocalDoor(assistant, installation.supply, installation.corpora)


def _order(paths: Sequence[Path], options: SyncOptions) -> dict[str, Any]:
    return {**asdict(options), "paths": [str(path.expanduser().resolve()) for path in paths]}


def _refusal(status: int, text: str) -> AssistantError:
    return (ServerUnavailable if status >= 500 else AssistantError)(read_error(text))
