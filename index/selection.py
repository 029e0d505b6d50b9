"""Which documents a filter lets through.

Knows paths, types, languages and times; nothing of passages or of what documents say.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from index.catalog import Catalog
from index.files import below_root
from index.patterns import lies_in
from index.types import DocumentFilter


@dataclass(frozen=True, slots=True)
class DocumentFacts:
    """What a filter looks at; times are in seconds since the epoch.

    `path` is below its root, with the name of that root's folder left out.
    """

    id: int
    path: str
    language: str
    modified: float
    indexed: float


def selected(catalog: Catalog, wanted: DocumentFilter) -> list[int] | None:
    """Number the documents that fit a filter; None where it lets everything through.

    Raises UnknownDocument for a name that no document has.
    """
    if not wanted.is_set:
        return None
    kept = [catalog.named(name) for name in wanted.names] if wanted.names else None
    if wanted.numbers is not None:
        kept = [number for number in wanted.numbers if kept is None or number in kept]
    if not wanted.has_more_than_names:
        return kept
    among = None if kept is None else frozenset(kept)
    roots = catalog.roots()
    facts = (
        DocumentFacts(number, below_root(path, roots), language, modified, indexed)
        for number, path, language, modified, indexed in catalog.facts()
        if among is None or number in among
    )
    return list(dict.fromkeys(fitting(facts, wanted)))


def fitting(documents: Iterable[DocumentFacts], wanted: DocumentFilter) -> Iterator[int]:
    """Number the documents that fit all that a filter asks for, except for names and numbers."""
    types = {f".{kind.casefold().removeprefix('.')}" for kind in wanted.types}
    languages = {language.casefold() for language in wanted.languages}
    for facts in documents:
        if types and PurePosixPath(facts.path).suffix.casefold() not in types:
            continue
        if languages and facts.language not in languages:
            continue
        if wanted.path and not lies_in(facts.path, wanted.path):
            continue
        if _is_within(facts.modified, wanted.modified_since, wanted.modified_before) and _is_within(
            facts.indexed, wanted.indexed_since, wanted.indexed_before
        ):
            yield facts.id


def _is_within(moment: float, since: float | None, before: float | None) -> bool:
    return (since is None or since <= moment) and (before is None or moment < before)
