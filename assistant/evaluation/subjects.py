"""What an evaluation puts its questions to: the corpus here, a temporary one, or a server.

Knows how each is opened and its questions tied to its documents; nothing of scores.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from assistant.build import build_detector, build_embedder
from assistant.client import LocalDoor, RemoteDesk, entered
from assistant.doors import Desk, Door
from assistant.errors import AssistantError, BadQuestionSet
from assistant.evaluation.corpora import read_documents, temporary_corpus
from assistant.evaluation.gold import QuestionSet, read_questions, with_gold_of
from assistant.evaluation.matching import Matcher
from assistant.evaluation.systems import DeskSystem
from assistant.evaluation.types import GoldQuestion, System
from assistant.settings import Settings
from assistant.types import DEFAULT_COLLECTION, DocumentText
from index.types import SyncReport


@dataclass(frozen=True, slots=True)
class Selection:
    """Which questions are asked, and of what.

    `gold` is a file of gold questions, or a folder with documents.jsonl and questions.jsonl.
    `documents`, `questions` and `places` name such files one by one; `places` has the gold of
    questions in another language. `url` is a running server. `core` keeps the small subset,
    `limit` the first questions. `collection` is asked, of the data folder here or of the server.
    """

    gold: Path | None = None
    documents: Path | None = None
    questions: Path | None = None
    places: Path | None = None
    url: str = ""
    core: bool = False
    limit: int | None = None
    collection: str = DEFAULT_COLLECTION


@dataclass(frozen=True, slots=True)
class Subject:
    """A system that is ready to be asked, the questions for it, and what there is to say."""

    system: System
    questions: tuple[GoldQuestion, ...]
    about: dict[str, object] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@contextmanager
def opened_subject(
    selection: Selection,
    settings: Settings,
    tell: Callable[[SyncReport], None],
    with_model: bool,
    timeout: float,
) -> Iterator[Subject]:
    """Open what is to be asked.

    Raises BadQuestionSet, ServerUnavailable, ModelUnavailable and what opening raises.
    """
    detector = build_detector(settings)
    files = _files(selection)
    chosen = _questions(files, selection, lambda text: detector.detect(text, "en"))

    def subject(desk: Desk, about: dict[str, object], names: dict[str, str]) -> Subject:
        model = desk.ready() if with_model else ""
        find = desk.source if not names else _by_id(desk, names)
        questions = Matcher(files.questions, find).match(chosen.questions)
        about = {
            "gold": "/".join(files.questions.parts[-2:]),
            "questions": len(questions),
            "model": model,
            **about,
        }
        system = DeskSystem(desk, lambda text: detector.detect(text, ""), names, timeout)
        return Subject(system, questions, about, _notes(chosen))

    if files.documents is not None:
        documents = read_documents(files.documents)
        fingerprint = build_embedder(settings).fingerprint
        with temporary_corpus(documents, settings, fingerprint, tell) as temporary:
            installation = temporary.installation
            if with_model:
                installation.supply.start()
            desk = LocalDoor(installation.assistant, installation.supply, installation.corpora)
            yield subject(desk, _corpus_facts(desk), temporary.names)
    elif selection.url:
        yield subject(_remote(selection, settings, timeout), {"url": selection.url}, {})
    else:
        with entered(settings, with_model, selection.collection) as door:
            yield subject(door, _corpus_facts(door), {})


def _remote(selection: Selection, settings: Settings, timeout: float) -> RemoteDesk:
    key = settings.server_key.get_secret_value()
    return RemoteDesk(selection.url, key, timeout, selection.collection)


@dataclass(frozen=True, slots=True)
class _Files:
    questions: Path
    documents: Path | None = None
    places: Path | None = None


def _files(selection: Selection) -> _Files:
    gold = selection.gold
    if gold is not None and gold.is_dir():
        found = _Files(gold / "questions.jsonl", gold / "documents.jsonl", selection.places)
    elif gold is not None and selection.questions is None:
        found = _Files(gold, selection.documents, selection.places)
    elif selection.questions is not None and gold is None:
        found = _Files(selection.questions, selection.documents, selection.places)
    else:
        raise BadQuestionSet("Name one file or folder of gold questions, or --questions.")
    if found.documents is not None and selection.url:
        raise BadQuestionSet("--url asks a server's own documents; leave out the others.")
    return found


def _questions(files: _Files, selection: Selection, detect: Callable[[str], str]) -> QuestionSet:
    found = read_questions(files.questions, detect)
    if files.places is not None:
        found = with_gold_of(files.questions, found, read_questions(files.places, detect))
    questions = tuple(q for q in found.questions if q.core or not selection.core)
    if not questions:
        raise BadQuestionSet(f"{files.questions} has no core questions; leave out --core.")
    return QuestionSet(questions[: selection.limit], found.ignored)


def _by_id(desk: Desk, names: dict[str, str]) -> Callable[[str], DocumentText]:
    """Find a temporary corpus's documents by their ids, under which they are cited."""
    paths = {identifier: name for name, identifier in names.items()}

    def find(identifier: str) -> DocumentText:
        if identifier not in paths:
            raise AssistantError(f"there is no document {identifier!r} among the documents")
        source = desk.source(paths[identifier])
        return DocumentText(
            source.document_id, identifier, source.title, source.language, source.text
        )

    return find


def _corpus_facts(door: Door) -> dict[str, object]:
    """Describe what is asked; `content` differs once a document was read anew, or is elsewhere."""
    stats = door.stats()
    read = sorted((*document.paths, str(document.indexed_at)) for document in door.documents())
    return {
        "documents": stats.documents,
        "passages": stats.passages,
        "languages": stats.languages,
        "embedder": stats.fingerprint,
        "content": hashlib.sha256(json.dumps(read).encode()).hexdigest()[:16],
    }


def _notes(questions: QuestionSet) -> tuple[str, ...]:
    if not questions.ignored:
        return ()
    fields = ", ".join(f"{name} ({count})" for name, count in questions.ignored.items())
    return (f"Fields of the questions that were not used: {fields}.",)
