"""Claims with what they cite, and whether it bears them out: from human scores, and by proxy.

`read_judged` takes answers that people scored for faithfulness, sentence by sentence.
`read_parallel` makes claims from articles and questions that exist in several languages: a claim
in one language, its source in another. Where nobody judged, these stand in:

- *stated*: the sentence that holds a question's answer, or the bare answer, over the passage that
  holds it (the translation of the sentence, or the sentence itself);
- *altered*: the same with the answer's digits changed, or another answer of the article put in;
- *neighbour*: the same over the passage beside it;
- *elsewhere*: another sentence of the article over that passage.

Knows files and texts; nothing of embedders or of how claims are judged.
"""

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import regex

from assistant.asides import Asides
from benchmarks.question_sets import Row, read_rows
from index.language import LanguageDetector
from index.passages import sentence_spans, split
from index.types import Document, Passage

QUESTIONS_PER_ARTICLE = 8
FORMS = ("sentence", "answer")


@dataclass(frozen=True, slots=True)
class Case:
    """A claim over passages: `borne_out` is 0 to 1, the mean of raters where people judged.

    `group` names what must not be parted between fitting and judging: an article, a conversation.
    """

    group: str
    item: str
    kind: str
    language: str
    question: str
    claim: str
    sources: tuple[Passage, ...]
    borne_out: float


def read_judged(path: Path, detector: LanguageDetector) -> Iterator[Case]:
    """Read the sentences of judged answers, each over all passages of the answer's contexts."""
    asides = Asides.bundled()
    for row in read_rows(path):
        first = row["history"][0]["text"] if row["history"] else row["question"]
        passages = tuple(
            passage
            for context in row["contexts"]
            for passage in split(Document("", context), detector)
        )
        scores = row["human"]["faithfulness"]
        borne_out = (sum(scores) / len(scores) - 1) / 3
        for span in sentence_spans(row["response"], "en"):
            claim = row["response"][span.start : span.end]
            if not asides.has(claim, "en"):
                yield Case(
                    first, row["id"], "judged", "en", row["question"], claim, passages, borne_out
                )


class Article:
    """One article in one language: its passages, and where its questions are answered."""

    def __init__(self, document: Row, questions: Sequence[Row], detector: LanguageDetector) -> None:
        self.language: str = document["lang"]
        text = document["text"]
        self.passages = tuple(split(Document("", text), detector))
        self.sentences = [(p, p.text_of(span)) for p in self.passages for span in p.sentences]
        self.questions = {row["id"]: row for row in questions}
        self._places = {row["id"]: self._place(row, text) for row in questions}

    def holds(self, question: str) -> bool:
        """Say whether the answer to a question is in the text, word for word."""
        return self._places[question] is not None

    def passage(self, question: str) -> Passage:
        """Give the passage that holds the answer."""
        return self._found(question)[0]

    def sentence(self, question: str) -> str:
        """Give the sentence that holds the answer."""
        return self._found(question)[1]

    def neighbour(self, question: str) -> Passage:
        """Give the passage behind the one that holds the answer, or before it at the end."""
        place = self.passages.index(self.passage(question))
        return self.passages[place + 1 if place + 1 < len(self.passages) else place - 1]

    def _found(self, question: str) -> tuple[Passage, str]:
        place = self._places[question]
        if place is None:
            raise KeyError(question)
        return place

    def _place(self, row: Row, text: str) -> tuple[Passage, str] | None:
        gold = row["gold"][0]
        start = text.find(row["answers"][0], gold["start"], gold["end"])
        if start < 0:
            return None
        end = start + len(row["answers"][0])
        for passage in self.passages:
            for span in passage.sentences:
                if span.start <= start and end <= span.end:
                    return passage, passage.text_of(span)
        return None


def read_articles(
    folder: Path, languages: Sequence[str], detector: LanguageDetector
) -> dict[str, dict[str, Article]]:
    """Read the articles of a parallel set: by their name, by language."""
    found: dict[str, dict[str, Article]] = defaultdict(dict)
    for language in languages:
        questions: dict[str, list[Row]] = defaultdict(list)
        for row in read_rows(folder / f"questions.{language}.jsonl"):
            questions[row["doc_ids"][0]].append(row)
        for document in read_rows(folder / f"documents.{language}.jsonl"):
            name = document["id"].rsplit("-", 1)[0]
            found[name][language] = Article(document, questions[document["id"]], detector)
    return found


def read_parallel(articles: Mapping[str, Mapping[str, Article]]) -> Iterator[Case]:
    """Make claims in each language over passages in each, the same questions for all."""
    for name, versions in articles.items():
        chance = random.Random(name)
        common = [
            question
            for question in next(iter(versions.values())).questions
            if all(article.holds(question) for article in versions.values())
        ]
        chosen = chance.sample(common, min(QUESTIONS_PER_ARTICLE, len(common)))
        for question in chosen:
            for said in versions.values():
                for read in versions.values():
                    yield from _cases(name, question, common, said, read)


def _cases(
    name: str, question: str, common: Sequence[str], said: Article, read: Article
) -> Iterator[Case]:
    row, passage = said.questions[question], read.passage(question)
    answer, sentence = row["answers"][0], said.sentence(question)
    other = _other_answer(question, common, said)
    wrong = altered(answer, other, question)
    for form, right, false in (
        ("sentence", sentence, sentence.replace(answer, wrong)),
        ("answer", answer, wrong),
    ):
        kinds = [
            ("stated", right, passage, 1.0),
            ("altered", false, passage, 0.0),
            ("neighbour", right, read.neighbour(question), 0.0),
        ]
        if form == "sentence":
            kinds.append(("elsewhere", _elsewhere(question, said), passage, 0.0))
        for kind, claim, source, borne_out in kinds:
            yield Case(
                name,
                f"{form} {question}",
                kind,
                said.language,
                row["question"],
                claim,
                (source,),
                borne_out,
            )


def altered(answer: str, other: str, seed: str) -> str:
    """Falsify an answer: other digits where it has some, else another answer in its place."""
    chance = random.Random(seed)

    def another(match: regex.Match[str]) -> str:
        return chance.choice([d for d in "123456789" if int(d) != int(match.group())])

    return regex.sub(r"\d", another, answer) if regex.search(r"\d", answer) else other


def _other_answer(question: str, common: Sequence[str], said: Article) -> str:
    """Pick an answer without digits that the passage does not hold; the same in all languages."""
    own = said.sentence(question)
    order = list(common)
    random.Random(question).shuffle(order)
    for other in order:
        answer: str = said.questions[other]["answers"][0]
        if said.passage(other) != said.passage(question) and not regex.search(r"\d", answer):
            if answer not in own:
                return answer
    return "–"


def _elsewhere(question: str, said: Article) -> str:
    """Pick a sentence from as far off as the article allows, two passages at least."""
    here = said.passages.index(said.passage(question))
    pool = [
        sentence
        for passage, sentence in said.sentences
        if abs(said.passages.index(passage) - here) > 1 and len(sentence) > 40
    ]
    return random.Random(question).choice(
        pool or [s for p, s in said.sentences if p != said.passages[here]]
    )
