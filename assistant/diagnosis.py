"""Checks an installation from the outside in, and names the remedy for what is wrong.

Knows what must hold; changes nothing.
"""

import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from assistant.build import build_embedder
from assistant.client import entered
from assistant.doors import Door
from assistant.errors import AssistantError
from assistant.model_supply import hindrance
from assistant.openai_model import OpenAIChatModel
from assistant.openvino_weights import OpenVINOWeights
from assistant.settings import Settings
from assistant.types import DEFAULT_COLLECTION
from assistant.weights import CATALOGUE, DEFAULT, Weights, usable
from index.errors import IndexingError
from index.types import CorpusStats, Embedder, Passage, Span

_LEAST_FREE_GB = 2.0
_BULK = 100
"""Passages that any embedder counts as many."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was checked."""

    good: bool
    subject: str
    detail: str


def diagnose(settings: Settings, collection: str = DEFAULT_COLLECTION) -> Iterator[Finding]:
    """Yield a finding for each thing checked, as it is checked."""
    version = ".".join(str(part) for part in sys.version_info[:3])
    yield Finding(sys.version_info >= (3, 11), "Python", f"{version}; 3.11 or later is needed")
    settings.data.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(settings.data).free / 1e9
    yield Finding(free > _LEAST_FREE_GB, "Disk", f"{free:.1f} GB free at {settings.data}")
    yield _embedder(settings)
    yield _model(settings)
    try:
        with entered(settings, collection=collection) as door:
            yield from _corpus(door)
            yield from _collections(door, settings)
    except (AssistantError, IndexingError) as error:
        yield Finding(False, "Index", str(error))


def _embedder(settings: Settings) -> Finding:
    try:
        embedder = build_embedder(settings)
        length = len(embedder.embed_query("test"))
    except (AssistantError, IndexingError) as error:
        return Finding(False, "Embedder", str(error))
    where = settings.embedder_url or f"bundled, on this machine; {_bulk(settings, embedder)}"
    return Finding(True, "Embedder", f"{length} dimensions, {where}")


def _bulk(settings: Settings, embedder: Embedder) -> str:
    """Say which engine takes many passages, after trying it on enough of them."""
    if not settings.fast_embedding:
        return "many passages without the fast engine, since the setting fast_embedding is false"
    passages = [Passage(0, 4, "test", (Span(0, 4),))] * _BULK
    for _ in embedder.embed_passages(passages):
        pass
    if embedder.hindrance:
        return f"many passages without the fast engine, which is slower, since {embedder.hindrance}"
    return "many passages with the fast engine"


def _model(settings: Settings) -> Finding:
    subject = "Language model"
    if settings.model == "none":
        return Finding(True, subject, "none; answers are quotations")
    if settings.model_url:
        name = "" if settings.model == "auto" else settings.model
        key = settings.model_key.get_secret_value()
        model = OpenAIChatModel(settings.model_url, name, key, timeout=10.0)
        try:
            return Finding(True, subject, f"{model.name} at {settings.model_url}")
        except AssistantError as error:
            return Finding(False, subject, str(error))
    weights = CATALOGUE.get(DEFAULT if settings.model == "auto" else settings.model)
    if weights is None:
        return Finding(True, subject, f"the file {settings.model}")
    if path := usable(settings.models_folder, weights):
        engine = _engine(settings, weights, path)
        return Finding(True, subject, f"{weights.name}, on this machine, {engine}")
    pull = f"bronwijzer model pull {weights.name}"
    return Finding(True, subject, f"none yet; answers are quotations. For one, run: {pull}")


def _engine(settings: Settings, weights: Weights, path: Path) -> str:
    """Say which engine runs the local model, and why where it is not the faster one."""
    if reason := hindrance(settings, weights):
        return f"by llama.cpp, since {reason}"
    made = OpenVINOWeights(settings.models_folder, weights)
    if made.are_made:
        return "by OpenVINO"
    if shortage := made.shortage(path):
        return f"by llama.cpp, since OpenVINO's form of it is not made: {shortage}"
    return "by OpenVINO, whose form of it is made when it next starts"


def _languages(stats: CorpusStats) -> Finding:
    """Say whether the embedder covers what the documents are written in."""
    if stats.uncovered:
        listed = ", ".join(f"{name} ({count} passages)" for name, count in stats.uncovered.items())
        remedy = "set embedder_url to a model that does, or embedder_languages if this one does"
        return Finding(False, "Languages", f"the embedder does not cover {listed}: {remedy}")
    if stats.unmeasured:
        listed = ", ".join(stats.unmeasured)
        rest = f"not known for {listed}. Run: bronwijzer sync. Or set embedder_languages"
        return Finding(True, "Languages", f"the embedder covers those that are known; {rest}")
    return Finding(True, "Languages", "the embedder covers those of the documents")


def _collections(door: Door, settings: Settings) -> Iterator[Finding]:
    """Find collections that cannot be opened, and embeds that are to ask one that is not there."""
    counts = door.collections()
    for count in counts:
        if count.failure:
            remedy = f"To delete it, run: bronwijzer collections remove {count.name}"
            yield Finding(False, f"Collection {count.name}", f"{count.failure} {remedy}")
    there = [count.name for count in counts]
    for name, embed in settings.embeds.items():
        if embed.collection not in there:
            told = f"there is no collection {embed.collection!r}; there are: {', '.join(there)}"
            yield Finding(False, f"Embed {name}", f"{told}. Correct it, or sync that collection")


def _corpus(door: Door) -> Iterator[Finding]:
    stats = door.stats()
    languages = ", ".join(f"{name} {count}" for name, count in stats.languages.items())
    counted = f"{stats.documents} documents, {stats.passages} passages ({languages or 'none'})"
    yield Finding(True, "Index", counted)
    if stats.pending:
        rest = f"{stats.pending} documents are not finished. Run: bronwijzer sync"
        yield Finding(False, "Index", rest)
    yield _languages(stats)
    asked, found = door.probe()
    lost = "" if found == asked else ". Run: bronwijzer check --repair"
    yield Finding(
        found == asked, "Self-check", f"{found} of {asked} passages find themselves{lost}"
    )
    for file in stats.unread:
        yield Finding(True, "Unread", f"{file.path}: {file.reason}")
