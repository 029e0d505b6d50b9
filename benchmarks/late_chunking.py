"""Sentence vectors from the passage's own pass (late chunking) against sentences embedded alone.

Example run:

    python -m benchmarks.late_chunking DATA/xquad-xl DATA/squad2-en DATA/native-multi

Late chunking (Günther et al. 2024) takes the mean of a passage's token states over each sentence,
which would spare the pass over the sentences, more than half of all work. What is measured: of the
passages that hold the answer, the share whose key sentence, chosen as `index/retriever.py` does,
contains it; and recall of the gold passage, since the best sentence takes part in the ranking.
RESULT below says what was found.
"""

import argparse
import re
import tempfile
from collections import defaultdict
from collections.abc import Iterable
from itertools import chain
from pathlib import Path

import numpy as np
import openvino as ov

from benchmarks.question_sets import Row, build_corpus, read_rows
from index.corpus import Corpus
from index.e5_network import Builder
from index.e5_tokeniser import Tokeniser
from index.e5_weights import POSITIONS, E5Weights
from index.embedding import BundledEmbedder
from index.types import Passage, PassageVectors, StoredPassage, Vector, VectorSteps

RESULT = """
Key sentence holds the answer / recall@1 / recall@5 (bf16):
                            alone                   late                    mean of both
xquad-xl, same language     0.844 / 0.909 / 1.000   0.787 / 0.939 / 1.000   0.869 / 0.924 / 1.000
xquad-xl, other language    0.724 / 0.629 / 0.894   0.630 / 0.636 / 0.902   0.764 / 0.652 / 0.894
squad2-en                   0.879 / 0.827 / 0.981   0.915 / 0.808 / 0.981   0.879 / 0.827 / 0.981
native-multi                0.794 / 0.850 / 0.992   0.784 / 0.842 / 0.992   0.784 / 0.850 / 0.992
n: 61, 123, 47 and 109 for the key sentence; 66, 132, 52 and 120 for recall.
Late chunking ranks passages as well but loses a tenth of the key sentences across languages, where
no shared term helps, so sentences are embedded alone. The mean of both may be better at the same
cost; it needs a new fingerprint, and more questions to be sure of.
Taking half or four fifths of the passage's mean off the late vectors made them worse.
"""
WAYS = ("alone", "late", "both")


class ComparingEmbedder(BundledEmbedder):
    """The bundled embedder, whose sentence vectors come about in one of WAYS; embeds all once."""

    def __init__(self) -> None:
        super().__init__()
        weights = E5Weights.bundled()
        self.way = WAYS[0]
        self._weights, self._tokeniser = weights, Tokeniser(weights.vocabulary)
        compiled = ov.Core().compile_model(Builder(weights).states_model(), "CPU")
        self._network = compiled.create_infer_request()
        self._known: dict[Passage, tuple[PassageVectors, Vector]] = {}

    def embed_passages(self, passages: Iterable[Passage]) -> VectorSteps:
        """Embed passages and each of their sentences."""
        wanted = list(passages)
        new = [passage for passage in wanted if passage not in self._known]
        for passage, vectors in zip(
            new, chain.from_iterable(super().embed_passages(new)), strict=True
        ):
            self._known[passage] = vectors, self._late(passage)
        for passage in wanted:
            alone, late = self._known[passage]
            both = _unit(alone.sentences + late)
            sentences = {"alone": alone.sentences, "late": late, "both": both}[self.way]
            yield [PassageVectors(alone.passage, sentences)]

    def _late(self, passage: Passage) -> Vector:
        """The mean state of each sentence's tokens: shape (sentences, 384)."""
        ids = [0, *self._tokeniser.ids("passage: " + passage.text), 2][:POSITIONS]
        words = self._weights.word_rows(np.asarray(ids))[None]
        states = self._network.infer([words, np.ones((1, len(ids)), np.float32)])[0][0]
        means = []
        for span in passage.sentences:
            before = passage.text[: span.start - passage.start].rstrip()
            until = passage.text[: span.end - passage.start]
            first = min(self._place(before), len(ids) - 2)
            means.append(states[first : max(self._place(until), first + 1)].mean(axis=0))
        return _unit(np.stack(means))

    def _place(self, text: str) -> int:
        """Number the token that follows a passage's beginning."""
        return 1 + len(self._tokeniser.ids("passage: " + text))


def _unit(rows: Vector) -> Vector:
    unit: Vector = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit


def covers(stored: StoredPassage, question: Row) -> bool:
    """Say whether a passage and the gold one share half of the shorter."""
    start, end = stored.passage.start, stored.passage.end
    return any(
        Path(stored.path).stem == gold["doc_id"]
        and min(end, gold["end"]) - max(start, gold["start"])
        >= 0.5 * min(end - start, gold["end"] - gold["start"])
        for gold in question["gold"]
    )


def plain(text: str) -> str:
    """Take away what answers and passages may differ in."""
    return re.sub(r"\s+", " ", text).casefold()


def key_found(corpus: Corpus, question: Row, golden: list[StoredPassage]) -> float | None:
    """The share of gold passages whose key sentence holds an answer; None where none holds one."""
    answers = [plain(a) for a in question["answers"] + question.get("answers_doc_lang", [])]
    found = []
    matches = corpus.match_sentences(question["question"], [stored.id for stored in golden])
    for stored in golden:
        texts = {m: plain(stored.passage.text_of(m.span)) for m in matches[stored.id]}
        holds = {m: any(answer in text for answer in answers) for m, text in texts.items()}
        if any(holds.values()):
            found.append(holds[max(holds, key=lambda match: match.score)])
    return float(np.mean(found)) if found else None


def judge(folder: Path, embedder: ComparingEmbedder) -> None:
    """Print the figures of one question set with the embedder's way."""
    documents = read_rows(folder / "documents.jsonl")
    languages = {row["id"]: row["lang"] for row in documents}
    figures: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    with (
        tempfile.TemporaryDirectory() as place,
        build_corpus(documents, Path(place), embedder) as corpus,
    ):
        generation = corpus._stores.generation
        stored = [item.stored for item in generation.ready(generation.ready_ids())]
        for question in read_rows(folder / "questions.jsonl"):
            if not question["answerable"]:
                continue
            same = question["lang"] == languages[question["doc_ids"][0]]
            row = figures["same language" if same else "other language"]
            golden = [item for item in stored if covers(item, question)]
            key = key_found(corpus, question, golden)
            if key is not None:
                row["key"].append(key)
            hits = [covers(hit.stored, question) for hit in corpus.search(question["question"], 5)]
            row["recall@1"].append(hits[0])
            row["recall@5"].append(any(hits))
    for name, row in figures.items():
        cells = [
            f"{label} {np.mean(values):.3f} (n={len(values)})" for label, values in row.items()
        ]
        print(f"{folder.name}, {name}, {embedder.way}: {', '.join(cells)}", flush=True)


def main() -> None:
    """Judge every way on every question set."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", type=Path, nargs="+")
    embedder = ComparingEmbedder()
    for folder in parser.parse_args().folders:
        for way in WAYS:
            embedder.way = way
            judge(folder, embedder)


if __name__ == "__main__":
    main()
