"""Which languages of a corpus its embedder covers: by its makers' word, or by a measurement.

Knows vectors of parallel sentences; nothing of settings or of how a warning is shown.
"""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from importlib.resources import files

import numpy as np

from index.database import Database
from index.errors import EmbedderUnavailable
from index.language import UNKNOWN
from index.types import Embedder, Passage, Span, SyncReport, Vector

_LEAST_SHARE = 0.75
"""Of the sentences of a language, this many must find their translation among the others.
Measured: 0.88 to 1 where a model was trained on the language, 0 to 0.5 where it was not."""

_LEAST_PASSAGES = 3
_LEAST_PART = 0.01
"""A language of fewer passages, or of a smaller part of all, is most likely a mistake."""

_PIVOT = "en"
_REWORDED = "en-other"


class Coverage:
    """What is known of an embedder's languages; measurements are kept by its fingerprint.

    The fingerprint is given, since one behind an address must be asked for its own.
    """

    def __init__(self, database: Database, embedder: Embedder, fingerprint: str) -> None:
        self._database = database
        self._embedder = embedder
        self._fingerprint = fingerprint

    def measure(self, languages: Iterable[str]) -> None:
        """Measure those of some languages that are neither known yet nor without sentences.

        Raises EmbedderUnavailable.
        """
        if self._embedder.languages is not None:
            return
        sentences = parallel_sentences()
        known = self._shares()
        new = [name for name in languages if name in sentences and name not in known]
        if new:
            shares = measured(self._embedder, {name: sentences[name] for name in new})
            with self._database.transaction() as connection:
                connection.executemany(
                    "INSERT OR REPLACE INTO coverage (fingerprint, language, share) "
                    "VALUES (?, ?, ?)",
                    [(self._fingerprint, name, share) for name, share in shares.items()],
                )

    def uncovered(self, passages: Mapping[str, int]) -> dict[str, int]:
        """Give the languages that are not covered, of those with passages enough to be real.

        What could not be measured counts as covered. Embeds nothing.
        """
        total = sum(passages.values())
        real = {
            name: count
            for name, count in passages.items()
            if name != UNKNOWN and count >= max(_LEAST_PASSAGES, _LEAST_PART * total)
        }
        documented = self._embedder.languages
        if documented is not None:
            return {name: count for name, count in real.items() if name not in documented}
        shares = self._shares()
        return {name: n for name, n in real.items() if shares.get(name, 1.0) < _LEAST_SHARE}

    def unmeasured(self, languages: Iterable[str]) -> tuple[str, ...]:
        """List the languages of which nothing is known."""
        if self._embedder.languages is not None:
            return ()
        known = self._shares()
        return tuple(name for name in languages if name not in known and name != UNKNOWN)

    def warning(self, passages: Mapping[str, int]) -> str:
        """Say which languages are not covered, and the remedy; empty where all are."""
        uncovered = self.uncovered(passages)
        if not uncovered:
            return ""
        total = sum(passages.values())
        listed = ", ".join(f"{name} ({n:,} of {total:,} passages)" for name, n in uncovered.items())
        return (
            f"The embedder does not cover these languages of the documents: {listed}. Questions "
            "find little there. Set embedder_url to a model that covers them and run 'bronwijzer "
            "rebuild'; if this one does, name its languages in embedder_languages."
        )

    def noted(self, report: SyncReport, passages: Mapping[str, int]) -> SyncReport:
        """Measure what is new after a sync, and add the warning to its report."""
        try:
            self.measure(passages)
            note = self.warning(passages)
        except EmbedderUnavailable as error:
            note = f"Which languages the embedder covers was not measured: {error}"
        return replace(report, notes=(*report.notes, note)) if note else report

    def _shares(self) -> dict[str, float]:
        rows = self._database.connection.execute(
            "SELECT language, share FROM coverage WHERE fingerprint = ?",
            (self._fingerprint,),
        )
        return {row["language"]: row["share"] for row in rows}


def parallel_sentences() -> dict[str, list[str]]:
    """Read the sentences by language; those of English once more in other words."""
    data = tomllib.loads(files("index").joinpath("parallel_sentences.toml").read_text("utf-8"))
    return dict(data)


def measured(embedder: Embedder, sentences: Mapping[str, Sequence[str]]) -> dict[str, float]:
    """Give the share of each language's sentences whose translation is the nearest English one.

    English itself is measured by its sentences in other words. Raises EmbedderUnavailable.
    """
    english = parallel_sentences()
    pivot = _vectors(embedder, english[_PIVOT])
    shares = {}
    for name, texts in sentences.items():
        vectors = _vectors(embedder, english[_REWORDED] if name == _PIVOT else texts)
        nearest = (vectors @ pivot.T).argmax(axis=1)
        shares[name] = float(np.mean(nearest == np.arange(len(nearest))))
    return shares


def _vectors(embedder: Embedder, texts: Sequence[str]) -> Vector:
    passages = [Passage(0, len(text), text, (Span(0, len(text)),)) for text in texts]
    return np.stack([item.passage for step in embedder.embed_passages(passages) for item in step])
