"""Articles and questions that exist in several languages, embedded once, drawn as many corpora.

The folder has `documents.LANGUAGE.jsonl` and `questions.LANGUAGE.jsonl`, the same articles and
questions in each. A draw puts each article in one language and scores its passages as
`index/retriever.py` does, with the weights and offsets of `index/fusion.py`.
"""

import pickle
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.question_sets import Row, article, read_rows
from index.embedding import BundledEmbedder
from index.fusion import FusionWeights, language_offsets
from index.generation import LanguageTotal
from index.language import LanguageDetector
from index.language_means import LanguageMeans
from index.passages import split
from index.terms import grams
from index.types import Document, Passage, PassageVectors, Vector

Floats = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]


class KeptVectors:
    """Vectors of passages by their text, from the bundled embedder, kept in a file if one is named.

    The file is a pickle of this script's own: never open one from elsewhere.
    """

    def __init__(self, embedder: BundledEmbedder, file: Path | None = None) -> None:
        self._embedder = embedder
        self._file = file
        self._known: dict[tuple[str, int], PassageVectors] = {}
        if file is not None and file.exists():
            self._known = pickle.loads(file.read_bytes())

    def of(self, passages: Sequence[Passage]) -> list[PassageVectors]:
        """Give each passage's vectors, embedding those that are new."""
        keys = [(passage.text, len(passage.sentences)) for passage in passages]
        new = {key: p for key, p in zip(keys, passages, strict=True) if key not in self._known}
        places = iter(new)
        for step in self._embedder.embed_passages(new.values()):
            for vectors in step:
                self._known[next(places)] = vectors
        if new and self._file is not None:
            self._file.write_bytes(pickle.dumps(self._known))
        return [self._known[key] for key in keys]


@dataclass(frozen=True, slots=True)
class Question:
    """One question in one language, and the article it is about."""

    id: str
    article: str
    language: str
    text: str


@dataclass(frozen=True, slots=True)
class Draw:
    """One corpus and what was asked of it: arrays of shape (passages, questions).

    `score` is the product's; `similarity` is the cosine alone, `coverage` the terms alone. `gold`
    says which passages hold the answer, `foreign` which are not in the question's language.
    """

    questions: list[Question]
    languages: list[str]
    score: Floats
    similarity: Floats
    coverage: Floats
    gold: Flags
    foreign: Flags


class ParallelArticles:
    """The passages of all languages, and of unrelated documents to hide them among."""

    def __init__(self, folder: Path, vectors: KeptVectors, among: Iterable[Path] = ()) -> None:
        self._embedder = BundledEmbedder()
        self._means = LanguageMeans.bundled(self._embedder.fingerprint).means
        self.languages = sorted(p.name.split(".")[1] for p in folder.glob("documents.*.jsonl"))
        self._passages: list[Passage] = []
        self._documents: list[str] = []
        """Of each passage; what two documents share before the last dash is their article."""
        self._homes: list[str] = []
        self.questions: list[Question] = []
        self._gold: dict[tuple[str, str], list[Row]] = {}
        self._queries: dict[str, Vector] = {}
        for language in self.languages:
            self._read(read_rows(folder / f"documents.{language}.jsonl"), language)
            for row in read_rows(folder / f"questions.{language}.jsonl"):
                name = article(row["doc_ids"][0])
                self.questions.append(Question(row["id"], name, language, row["question"]))
                self._gold[row["id"], language] = row["gold"]
        self.articles = sorted({question.article for question in self.questions})
        for path in among:
            self._read(read_rows(path), "")
        self._embed(vectors)

    def draw(self, choice: Mapping[str, str], asked: Sequence[int], among: bool = False) -> Draw:
        """Make a corpus of articles in the chosen languages; `asked` numbers the questions."""
        rows = [
            number
            for number, (document, home) in enumerate(
                zip(self._documents, self._homes, strict=True)
            )
            if (home and choice.get(article(document)) == home) or (among and not home)
        ]
        questions = [self.questions[number] for number in asked]
        queries = np.stack([self._query(q.text) for q in questions])
        similarity = self._vectors[rows] @ queries.T
        best = np.stack([(self._sentences[row] @ queries.T).max(axis=0) for row in rows])
        coverage = self._coverage(rows, questions)
        languages = [self._passages[row].language for row in rows]
        offset = self._offsets(languages, rows, queries)
        weights = FusionWeights()
        score = similarity - offset + weights.sentence * np.maximum(0, best - similarity)
        score += weights.coverage * coverage**2
        gold = np.array([[self._covers(row, q, choice) for q in questions] for row in rows])
        foreign = np.array([[name != q.language for q in questions] for name in languages])
        return Draw(questions, languages, score, similarity, coverage, gold, foreign)

    def choose(self, chance: random.Random, articles: int) -> dict[str, str]:
        """Draw articles, each in a language drawn for itself."""
        return {
            name: chance.choice(self.languages) for name in chance.sample(self.articles, articles)
        }

    def _read(self, documents: Iterable[Row], home: str) -> None:
        detector = LanguageDetector()
        for row in documents:
            for passage in split(Document(row["title"], row["text"]), detector):
                self._passages.append(passage)
                self._documents.append(row["id"])
                self._homes.append(home)

    def _embed(self, vectors: KeptVectors) -> None:
        made = vectors.of(self._passages)
        self._vectors = np.stack([entry.passage for entry in made])
        self._sentences = [entry.sentences for entry in made]
        self._grams = [frozenset(grams(passage.text)) for passage in self._passages]

    def _query(self, text: str) -> Vector:
        if text not in self._queries:
            self._queries[text] = self._embedder.embed_query(text)
        return self._queries[text]

    def _offsets(self, languages: list[str], rows: list[int], queries: Floats) -> Floats:
        totals = {}
        for slot, name in enumerate(sorted(set(languages))):
            own = [row for row, language in zip(rows, languages, strict=True) if language == name]
            totals[name] = LanguageTotal(slot, len(own), self._vectors[own].sum(axis=0))
        columns = []
        for query in queries:
            offsets = language_offsets(query, totals, self._means, FusionWeights())
            columns.append([offsets[name] for name in languages])
        return np.array(columns, dtype=np.float32).T

    def _coverage(self, rows: list[int], questions: list[Question]) -> Floats:
        found = np.zeros((len(rows), len(questions)), dtype=np.float32)
        for column, question in enumerate(questions):
            terms = list(dict.fromkeys(grams(question.text)))
            held = np.array([[term in self._grams[row] for row in rows] for term in terms])
            if terms:
                count = held.sum(axis=1)
                rarity = np.log(1 + (len(rows) - count + 0.5) / (count + 0.5))
                found[:, column] = rarity @ held / rarity.sum()
        return found

    def _covers(self, row: int, question: Question, choice: Mapping[str, str]) -> bool:
        """Say whether half of the shorter of passage and gold lies in the other."""
        language = choice.get(question.article)
        if not language or self._homes[row] != language:
            return False
        passage = self._passages[row]
        for gold in self._gold[question.id, language]:
            if gold["doc_id"] == self._documents[row]:
                shared = min(passage.end, gold["end"]) - max(passage.start, gold["start"])
                shorter = min(passage.end - passage.start, gold["end"] - gold["start"])
                if shared >= shorter / 2:
                    return True
        return False
