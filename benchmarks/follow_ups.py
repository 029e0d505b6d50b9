"""Compare ways to search for the questions of a conversation, without a language model.

Example run:

    python -m benchmarks.follow_ups DATA/mtrag-un DATA/xquad-xl/parallel

The first set has `history` before its questions and is scored by documents. In the second, three
kinds of questions stand behind another one, and are scored by the passage that is meant:
follow-ups such as "and where?" (`follow_ups.jsonl`, written for this, in eight languages), and
questions that can be understood alone, on a new topic and on the same one. What those lose to a
search for the question alone is the harm that a history does.
"""

import argparse
import random
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.conversation import wordings
from assistant.evaluation.statistics import Statistic, difference, estimate
from assistant.evidence import AnswerabilityModel
from assistant.types import Message
from benchmarks.question_sets import (
    RememberingEmbedder,
    Row,
    article,
    build_corpus,
    read_rows,
)
from index.corpus import Corpus
from index.types import Hit

LANGUAGES = ("en", "nl", "de", "es", "ru", "tr", "zh", "ar")
PER_LANGUAGE = 30
DEPTH = 30
FIGURES = ("recall@1", "recall@5", "mrr@10")
GATE = AnswerabilityModel.bundled()
FOLLOW_UPS = Path(__file__).parent / "follow_ups.jsonl"


@dataclass(frozen=True, slots=True)
class Case:
    """A question behind others; `gold` tells whether a hit is what was meant, and which."""

    group: str
    question: str
    history: list[Message]
    gold: Callable[[Hit], str]
    golds: int = 1


Way = Callable[[Corpus, Case], list[Hit]]


def alone(corpus: Corpus, case: Case) -> list[Hit]:
    """Search for the question as it is."""
    return corpus.search(case.question, DEPTH)


def joined(corpus: Corpus, case: Case) -> list[Hit]:
    """Search for the question before and this one as one text."""
    asked = [message.content for message in case.history if message.role == "user"]
    return corpus.search(" ".join([*asked[-1:], case.question]), DEPTH)


def either(corpus: Corpus, case: Case) -> list[Hit]:
    """Take the search, alone or joined, that seems likelier to have found the answer."""
    found = [alone(corpus, case), joined(corpus, case)]
    among = corpus.passage_count()
    return max(found, key=lambda hits: GATE.probability(hits[:6], "en", among))


def weighed(corpus: Corpus, case: Case) -> list[Hit]:
    """Search as the assistant does before, or without, a language model."""
    return corpus.search(wordings(case.question, case.history), DEPTH)


WAYS: dict[str, Way] = {"alone": alone, "joined": joined, "either": either, "weighed": weighed}


def conversations(folder: Path) -> Iterator[Case]:
    """Read the answerable questions of a set with histories; documents are the gold."""
    for row in read_rows(folder / "questions.jsonl"):
        if row["doc_ids"]:
            turns = [Message(turn["role"], turn["text"]) for turn in row["history"]]
            names = set(row["doc_ids"])
            group = (row["multi_turn"][0] if turns else "first question").lower()
            yield Case(group, row["question"], turns, _document_in(names), len(names))


def topics(folder: Path, language: str) -> Iterator[Case]:
    """Make follow-ups, and questions that can be understood alone, behind another question."""
    rows = {row["id"]: row for row in read_rows(folder / f"questions.{language}.jsonl")}
    for row in read_rows(FOLLOW_UPS):
        meant = _passage_at(rows[row["about"]])
        yield Case("follow-up", row["texts"][language], _turn(rows[row["after"]]), meant)
    chance = random.Random(language)
    for key in chance.sample(sorted(rows), PER_LANGUAGE):
        for group, same in (("new topic", False), ("same topic", True)):
            before = [other for other in rows.values() if _fits(other, rows[key], same)]
            case = _turn(chance.choice(before))
            yield Case(group, rows[key]["question"], case, _passage_at(rows[key]))


def score(ranked: Sequence[str], golds: int) -> tuple[float, float, float]:
    """Recall@1, recall@5 and reciprocal rank; `ranked` names the gold, or nothing, at each rank."""
    first = next((1 / rank for rank, name in enumerate(ranked[:10], 1) if name), 0.0)
    recalls = [len({name for name in ranked[:cut] if name}) / golds for cut in (1, 5)]
    return recalls[0], recalls[1], first


def compare(corpus: Corpus, cases: Sequence[Case], by_document: bool) -> dict[str, list[Row]]:
    """Score every case by every way."""
    found: dict[str, list[Row]] = {}
    for case in cases:
        row: Row = {}
        for name, way in WAYS.items():
            hits = way(corpus, case)
            if by_document:
                hits = list({hit.stored.document_id: hit for hit in reversed(hits)}.values())
                hits.sort(key=lambda hit: hit.score, reverse=True)
            row[name] = score([case.gold(hit) for hit in hits], case.golds)
        found.setdefault(case.group, []).append(row)
    return found


def report(title: str, groups: dict[str, list[Row]]) -> None:
    """Print means with 95 % intervals, and what each way gains over the question alone."""
    everything = [row for rows in groups.values() for row in rows]
    for group, rows in {**groups, "all": everything}.items():
        print(f"\n{title}: {group}, {len(rows)} questions")
        for name in WAYS:
            cells = []
            for place, figure in enumerate(FIGURES):
                ours = [row[name][place] for row in rows]
                mean = estimate(ours, Statistic.RATIO)
                gain = difference([row["alone"][place] for row in rows], ours, Statistic.RATIO)
                if mean and gain:
                    cells.append(
                        f"{figure} {mean.value:.3f} ({mean.low:.3f} to {mean.high:.3f}), "
                        f"{gain.value:+.3f} ({gain.low:+.3f} to {gain.high:+.3f})"
                    )
            print(f"  {name:8} " + "; ".join(cells))


def _turn(row: Row) -> list[Message]:
    return [Message("user", row["question"]), Message("assistant", f"{row['answers'][0]}.")]


def _fits(other: Row, row: Row, same: bool) -> bool:
    there, here = other["doc_ids"][0], row["doc_ids"][0]
    apart = other["gold"][0]["start"] != row["gold"][0]["start"]
    return (article(there) == article(here)) is same and apart


def _document_in(names: set[str]) -> Callable[[Hit], str]:
    def gold(hit: Hit) -> str:
        name = Path(hit.stored.path).stem
        return name if name in names else ""

    return gold


def _passage_at(row: Row) -> Callable[[Hit], str]:
    place = row["gold"][0]

    def gold(hit: Hit) -> str:
        passage = hit.stored.passage
        shared = min(passage.end, place["end"]) - max(passage.start, place["start"])
        shorter = min(passage.end - passage.start, place["end"] - place["start"])
        right = Path(hit.stored.path).stem == place["doc_id"] and 0 < shorter <= 2 * shared
        return "the place" if right else ""

    return gold


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("conversations", type=Path)
    parser.add_argument("parallel", type=Path)
    given = parser.parse_args()
    embedder = RememberingEmbedder()
    documents = read_rows(given.conversations / "documents.jsonl")
    with (
        tempfile.TemporaryDirectory() as place,
        build_corpus(documents, Path(place), embedder) as corpus,
    ):
        report("conversations", compare(corpus, list(conversations(given.conversations)), True))
    groups: dict[str, list[Row]] = {}
    for language in LANGUAGES:
        documents = read_rows(given.parallel / f"documents.{language}.jsonl")
        with (
            tempfile.TemporaryDirectory() as place,
            build_corpus(documents, Path(place), embedder) as corpus,
        ):
            found = compare(corpus, list(topics(given.parallel, language)), False)
        for group, rows in found.items():
            groups.setdefault(group, []).extend(rows)
    report("parallel", groups)


if __name__ == "__main__":
    main()
