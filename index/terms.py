"""The lexical index: which passages hold a question's character n-grams (Tantivy, BM25).

Knows passage numbers and texts; nothing of vectors, languages or files.
"""

import logging
import math
import shutil
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

import regex
import tantivy

from index.errors import StoreUnavailable

_log = logging.getLogger(__name__)

# As Tantivy words it; a disk that gives an error for sound files is no damage.
_DAMAGE = regex.compile("corrupt|FileDoesNotExist|UnexpectedEof", regex.IGNORECASE)

_GRAM = 4
_MOST_QUERY_GRAMS = 400
"""A longer question adds grams that every passage has, and Tantivy reads a list for each."""

_GREATEST = 2**63 - 1
"""The greatest number that a field of the index can hold."""

_WRITER_BYTES = 32_000_000
_UNSPACED = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}ー]"
_SPACED = rf"[\p{{L}}\p{{N}}\p{{M}}--{_UNSPACED}]"
_RUN = regex.compile(rf"(?P<unspaced>{_UNSPACED}+)|{_SPACED}+", regex.V1)
_PAIR = regex.compile(rf"{_UNSPACED}{{2}}", regex.V1)


def normalised(text: str) -> str:
    """Fold what should not keep equal words apart: width, ligatures, case."""
    return unicodedata.normalize("NFKC", text).casefold()


def grams(text: str) -> list[str]:
    """Cut a text into character 4-grams of its words, pairs where a script has no blanks.

    No stemmer, stop list or language is needed: on mixed corpora 4-grams beat stemmed words.
    """
    found: list[str] = []
    for match in _RUN.finditer(normalised(text)):
        run = match.group()
        size = 2 if match.group("unspaced") else _GRAM
        found += [run[i : i + size] for i in range(max(1, len(run) - size + 1))]
    return found


def aside_of(folder: Path) -> Path:
    """Name the folder that a damaged index is moved to."""
    return folder.with_name(f"{folder.name}.damaged")


class TermIndex:
    """A Tantivy index of passages in a folder of its own. Readers see the last commit.

    Any process may read beside the one that writes. Opened `read_only`, it must be there.
    """

    def __init__(self, folder: Path, read_only: bool = False) -> None:
        self._folder = folder
        self._loaded: tuple[int, int] | None = None
        # A signed field: of an unsigned one, Tantivy's Python package deletes nothing by term.
        builder = tantivy.SchemaBuilder()
        builder.add_integer_field("id", stored=True, indexed=True, fast=True)
        builder.add_text_field("grams", tokenizer_name="whitespace", index_option="freq")
        self._schema = builder.build()
        try:
            if read_only:
                self._index = tantivy.Index.open(str(folder))
                return
            try:
                self._index = self._made()
            except ValueError as error:
                if not _DAMAGE.search(str(error)):
                    raise
                self._put_aside(error)
                self._index = self._made()
        except (ValueError, OSError) as error:
            raise self._unusable("opened", error) from error

    def _made(self) -> tantivy.Index:
        """Open the index, or make an empty one where there is none."""
        self._folder.mkdir(parents=True, exist_ok=True)
        return tantivy.Index(self._schema, path=str(self._folder))

    def _put_aside(self, error: ValueError) -> None:
        """Move a damaged index out of the way: the catalog has all that it held."""
        aside = aside_of(self._folder)
        shutil.rmtree(aside, ignore_errors=True)
        self._folder.rename(aside)
        _log.warning(
            "The lexical index in %s is damaged (%s) and was moved to %s; until it is made anew by "
            "'bronwijzer sync', 'check --repair' or 'rebuild', words are not searched",
            self._folder,
            error,
            aside.name,
        )

    def discard_damaged(self) -> bool:
        """Delete the damaged index in whose place this one is; say whether there was one."""
        aside = aside_of(self._folder)
        if not aside.exists():
            return False
        shutil.rmtree(aside, ignore_errors=True)
        return not aside.exists()

    def writer(self) -> "TermWriter":
        """Open the one writer that the index may have. Raises StoreUnavailable."""
        return TermWriter(self._index, self._folder)

    def ids(self) -> set[int]:
        """Number every passage in the index."""
        searcher = self._searcher()
        if searcher.num_docs == 0:
            return set()
        return set(self._numbers(searcher, tantivy.Query.all_query(), searcher.num_docs))

    def count(self) -> int:
        """Count the passages in the index."""
        return int(self._searcher().num_docs)

    def has(self, number: int) -> bool:
        """Say whether a passage is in the index."""
        own = tantivy.Query.term_query(self._schema, "id", number)
        return len(self._searcher().search(own, 1).hits) == 1

    def has_above(self, number: int) -> bool:
        """Say whether there is a passage of a greater number."""
        above = tantivy.Query.range_query(
            self._schema, "id", tantivy.FieldType.Integer, number, _GREATEST, include_lower=False
        )
        return len(self._searcher().search(above, 1).hits) == 1

    def search(self, question: str, limit: int, among: Sequence[int] | None = None) -> list[int]:
        """Find the passages of the best BM25 scores, best first; of some alone, where given."""
        terms = _query_grams(question)
        searcher = self._searcher()
        if not terms or searcher.num_docs == 0:
            return []
        clauses = [
            (tantivy.Occur.Should, tantivy.Query.term_query(self._schema, "grams", term, "freq"))
            for term in terms
        ]
        query = tantivy.Query.boolean_query(clauses)
        if among is not None:
            chosen = tantivy.Query.term_set_query(self._schema, "id", list(among))
            query = query.and_must_match(tantivy.Query.const_score_query(chosen, 0.0))
        return self._numbers(searcher, query, limit)

    def misplaced(self, passages: Iterable[tuple[int, str]]) -> list[int]:
        """Number those of some passages that the index does not hold with all of their grams."""
        searcher = self._searcher()
        return [number for number, text in passages if not self._holds(searcher, number, text)]

    def _holds(self, searcher: tantivy.Searcher, number: int, text: str) -> bool:
        own = tantivy.Query.term_query(self._schema, "id", number)
        clauses = [(tantivy.Occur.Must, own)] + [
            (tantivy.Occur.Must, tantivy.Query.term_query(self._schema, "grams", gram, "freq"))
            for gram in _query_grams(text)
        ]
        return len(searcher.search(tantivy.Query.boolean_query(clauses), 2).hits) == 1

    def rarity(self, question: str) -> dict[str, float]:
        """Weigh each gram of a question: BM25's inverse document frequency, in nats."""
        searcher = self._searcher()
        total = searcher.num_docs
        weights = {}
        for term in _query_grams(question):
            found = searcher.doc_freq("grams", term)
            weights[term] = math.log(1 + (total - found + 0.5) / (found + 0.5))
        return weights

    @staticmethod
    def _numbers(searcher: tantivy.Searcher, query: tantivy.Query, limit: int) -> list[int]:
        hits = searcher.search(query, limit).hits
        values = searcher.fast_field_values("id", [address for _, address in hits])
        return [int(value) for value in values if value is not None]

    def _searcher(self) -> tantivy.Searcher:
        """Search what was committed last, by whatever process."""
        try:
            # Each commit replaces this file. Reloading an index of many segments takes as long as
            # a search; the state is read first, so that a commit in between is seen next time.
            state = (self._folder / "meta.json").stat()
            if (written := (state.st_mtime_ns, state.st_ino)) != self._loaded:
                self._index.reload()
                self._loaded = written
        except (ValueError, OSError) as error:
            raise self._unusable("read", error) from error
        return self._index.searcher()

    def _unusable(self, done: str, error: Exception) -> StoreUnavailable:
        return StoreUnavailable(
            f"The lexical index in {self._folder} cannot be {done}: {error}. "
            "Run 'bronwijzer rebuild' to make it anew from the catalog."
        )


class TermWriter:
    """Adds and removes passages; nothing is seen by readers before `commit`.

    Every method raises StoreUnavailable where the disk does not take it.
    """

    def __init__(self, index: tantivy.Index, folder: Path) -> None:
        self._folder = folder
        with self._telling():
            self._writer = index.writer(_WRITER_BYTES, 1)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            with self._telling():
                self._writer.rollback()
                self._writer.wait_merging_threads()
        except StoreUnavailable:
            # The error that came first says more.
            if error is None:
                raise

    def add(self, passages: Iterable[tuple[int, str]]) -> None:
        """Add passages by number and text, each in place of one of the same number."""
        for number, text in passages:
            document = tantivy.Document()
            document.add_integer("id", number)
            document.add_text("grams", " ".join(grams(text)))
            with self._telling():
                self._writer.delete_documents_by_term("id", number)
                self._writer.add_document(document)

    def remove(self, numbers: Iterable[int]) -> None:
        """Remove passages by number."""
        for number in numbers:
            with self._telling():
                self._writer.delete_documents_by_term("id", number)

    def commit(self) -> None:
        """Make all changes durable and visible."""
        with self._telling():
            self._writer.commit()

    @contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except (ValueError, OSError) as error:
            raise StoreUnavailable(
                f"The lexical index in {self._folder} cannot be written: {error}. Make room on its "
                "disk, and let no other program hold the folder; then run 'bronwijzer sync' again."
            ) from error


class Coverage:
    """Tells what share of a question's grams, by rarity, a text holds: 0 to 1.

    As a comparison with the grams of the text would, and several times faster, since the text is
    not cut: a gram of full size lies within one word wherever it occurs, and a shorter one is a
    word of its own.
    """

    def __init__(self, weights: Mapping[str, float]) -> None:
        self._total = sum(weights.values())
        self._words = {gram: weight for gram, weight in weights.items() if not _is_full(gram)}
        self._parts = [item for item in weights.items() if item[0] not in self._words]
        self._pattern = _words_pattern(self._words)

    def of(self, text: str) -> float:
        """Tell the share that a text holds."""
        if self._total == 0:
            return 0.0
        folded = normalised(text)
        held = sum(weight for gram, weight in self._parts if gram in folded)
        if self._pattern is not None:
            held += sum(self._words[word] for word in set(self._pattern.findall(folded)))
        return held / self._total


def _is_full(gram: str) -> bool:
    return len(gram) == _GRAM or _PAIR.fullmatch(gram) is not None


def _words_pattern(words: Iterable[str]) -> "regex.Pattern[str] | None":
    """Find these words where they stand alone; those of a script without blanks are one letter."""
    kinds = []
    for letter in (_SPACED, _UNSPACED):
        chosen = [word for word in words if regex.match(letter, word, regex.V1)]
        if chosen:
            listed = "|".join(map(regex.escape, chosen))
            kinds.append(rf"(?<!{letter})(?:{listed})(?!{letter})")
    return regex.compile("|".join(kinds), regex.V1) if kinds else None


def _query_grams(question: str) -> list[str]:
    return list(dict.fromkeys(grams(question)))[:_MOST_QUERY_GRAMS]
