"""Where catalog, Chroma and Tantivy say different things, and how that is mended.

Knows what each store must hold; nothing of files or questions. The catalog is the truth: the
others are made to follow it, and what it lacks itself is made from the texts that it holds.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from index.check_report import CheckReport, Disagreement
from index.language import LanguageDetector
from index.passages import split
from index.stores import Stores, embed_documents
from index.types import Document, Embedder, SyncReport

_AT_ONCE = 256
_MOST_NAMED = 5

_TOLERANCE = 1e-3
"""Of a sum of vectors: the order of adding them tells."""

_REPAIR = "bronwijzer check --repair"
_REBUILD = "bronwijzer rebuild"


def checked(
    stores: Stores | None, embedder: Embedder, detector: LanguageDetector, repair: bool
) -> Iterator[CheckReport]:
    """Check the stores, and mend them where `repair` says so; without, nothing is changed.

    Yields growing reports, the last of them done. Raises StoreUnavailable, EmbedderUnavailable.
    """
    if stores is None:
        yield CheckReport(stage="done", done=True)
        return
    yield from _Check(stores, embedder, detector, repair).run()


class _Check:
    def __init__(
        self, stores: Stores, embedder: Embedder, detector: LanguageDetector, repair: bool
    ) -> None:
        self._stores = stores
        self._generation = stores.generation
        self._embedder = embedder
        self._detector = detector
        self._repair = repair
        self._report = CheckReport()

    def run(self) -> Iterator[CheckReport]:
        yield self._report
        damage = self._stores.database.damage()
        if damage:
            # Whatever is compared with it, or written to it, could make it worse.
            what = f"the catalog's file is damaged ({damage})"
            self._tell(Disagreement(what, 1, "bronwijzer restore FILE"))
        else:
            if self._repair:
                self._stores.agreement.revoke()
            self._check_catalog()
            yield self._at("numbers")
            yield from self._check_numbers()
            yield from self._probe()
        yield replace(self._at("done"), done=True)

    def _check_catalog(self) -> None:
        """Look for what contradicts itself in the catalog: the others follow it."""
        stores = self._stores
        gone = stores.catalog.gone()
        if gone and self._repair:
            stores.purge()
        self._note("documents that are gone were still stored", gone)
        uncut, unembedded = self._uncut(), self._unembedded()
        if self._repair and (uncut or unembedded):
            self._complete(uncut, unembedded)
        self._note("documents had no passages", uncut, self._left(self._uncut()))
        self._note(
            "documents had passages without vectors", unembedded, self._left(self._unembedded())
        )
        wrong = self._miscounted()
        if wrong and self._repair:
            self._count_anew()
        if wrong:
            what = "languages had another sum of vectors than their passages"
            self._tell(Disagreement(what, wrong, "" if self._repair else _REPAIR))

    def _left(self, numbers: list[int]) -> str:
        """Name what mends something that was to be mended and is still there."""
        return _REBUILD if numbers and self._repair else ""

    def _uncut(self) -> list[int]:
        infos = self._stores.catalog.documents(self._generation.number)
        return [info.id for info in infos if info.passages == 0]

    def _unembedded(self) -> list[int]:
        return [
            number
            for number in self._stores.catalog.ready_ids()
            if self._generation.without_vectors(number)
        ]

    def _complete(self, uncut: Iterable[int], unembedded: Iterable[int]) -> None:
        self._generation.expect(self._embedder.fingerprint)
        for number in uncut:
            source = self._stores.catalog.source(number)
            document = Document(source.title, source.text, source.sections)
            self._generation.add(number, split(document, self._detector))
        wanted = sorted({*uncut, *unembedded})
        # Chroma and Tantivy get them where numbers are compared.
        for _ in embed_documents(
            self._stores, self._embedder, wanted, SyncReport(), lambda numbers: None
        ):
            pass

    def _totals(self) -> dict[str, tuple[int, np.ndarray]]:
        """Add up the vectors of each language anew."""
        totals: dict[str, tuple[int, np.ndarray]] = {}
        for chunk in _chunks(sorted(self._generation.ready_ids())):
            _, languages, vectors = self._generation.ready_vectors(chunk)
            for language, vector in zip(languages, vectors, strict=True):
                counted, total = totals.get(language, (0, np.zeros(self._generation.dimension)))
                totals[language] = counted + 1, total + vector
        return totals

    def _miscounted(self) -> int:
        """Count the languages whose totals are not those of their passages."""
        totals = self._totals()
        nothing = 0, np.zeros(self._generation.dimension)
        known = self._generation.languages()
        wrong = sum(
            entry.passages != totals.get(language, nothing)[0]
            or not np.allclose(entry.total, totals.get(language, nothing)[1], atol=_TOLERANCE)
            for language, entry in known.items()
        )
        return wrong + len(totals.keys() - known.keys())

    def _count_anew(self) -> None:
        totals = self._totals()
        with self._stores.database.transaction() as connection:
            for language in {*totals, *self._generation.languages()}:
                counted, total = totals.get(language, (0, np.zeros(self._generation.dimension)))
                self._generation.slot(language)
                connection.execute(
                    "UPDATE languages SET passages = ?, total = ? "
                    "WHERE generation = ? AND language = ?",
                    (counted, total.tobytes(), self._generation.number, language),
                )

    def _check_numbers(self) -> Iterator[CheckReport]:
        """Compare which passages each store has."""
        stores = self._stores
        wanted = self._generation.ready_ids()
        for name, held in (("Chroma", stores.vectors.ids()), ("Tantivy", stores.terms.ids())):
            self._note(f"passages were missing in {name}", sorted(wanted - held))
            self._note(f"passages in {name} were of no document", sorted(held - wanted))
        if self._repair:
            for _ in stores.reconcile():
                yield self._report

    def _probe(self) -> Iterator[CheckReport]:
        """Have every passage that all stores have find itself in each of them."""
        stores = self._stores
        in_all = self._generation.ready_ids() & stores.vectors.ids() & stores.terms.ids()
        self._report = replace(self._report, stage="probing", to_probe=len(in_all))
        wrong: tuple[list[int], list[int]] = ([], [])
        still: tuple[list[int], list[int]] = ([], [])
        for chunk in _chunks(sorted(in_all)):
            # What has no vector was told before, and has nothing to be found by.
            embedded, _, _ = self._generation.ready_vectors(chunk)
            found = stores.misplaced(self._generation.ready(embedded))
            again = found
            if self._repair and any(found):
                again = self._written_anew(sorted({*found[0], *found[1]}))
            for place in (0, 1):
                wrong[place].extend(found[place])
                still[place].extend(again[place])
            self._report = replace(self._report, probed=self._report.probed + len(chunk))
            yield self._report
        for place, name in enumerate(("Chroma", "Tantivy")):
            what = f"passages did not find themselves in {name}"
            self._note(what, wrong[place], self._left(still[place]))
        if self._repair and not still[1] and stores.terms.discard_damaged():
            self._tell(Disagreement("damaged indexes were kept beside the lexical one", 1, ""))

    def _written_anew(self, numbers: list[int]) -> tuple[list[int], list[int]]:
        """Take passages out and put them in again; number those that are wrong still."""
        passages = self._generation.ready(numbers)
        self._stores.erase(numbers)
        self._stores.write(passages)
        return self._stores.misplaced(passages)

    def _note(self, what: str, numbers: list[int], remedy: str = "") -> None:
        if not numbers:
            return
        mends = remedy or ("" if self._repair else _REPAIR)
        self._tell(Disagreement(what, len(numbers), mends, tuple(numbers[:_MOST_NAMED])))

    def _tell(self, item: Disagreement) -> None:
        self._report = replace(self._report, found=(*self._report.found, item))

    def _at(self, stage: str) -> CheckReport:
        self._report = replace(self._report, stage=stage)
        return self._report


def _chunks(numbers: list[int]) -> Iterator[list[int]]:
    for start in range(0, len(numbers), _AT_ONCE):
        yield numbers[start : start + _AT_ONCE]
