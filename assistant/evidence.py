"""What the found passages are worth: whether they answer, and what to quote.

Knows figures and texts; nothing of models, prompts or pages. Pure functions.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from types import MappingProxyType

import regex

from assistant.types import DEFAULT_COLLECTION, Citation, Evidence
from index.files import below_root
from index.passages import is_closed
from index.types import Hit, Section, Span

EVIDENCE_MARGIN = 0.1
"""In the score. Of the development questions' answers, 1 in 50 or fewer lie further down, while
half of the other passages do."""

_MOST_QUOTES = 3
_QUOTE_MARGIN = 0.03
"""A second or third quotation must come this near to the first one's score. On the development
questions 1.2 to 2 sentences then hold the answer as often as three passages' key sentences."""


_MOST_COPIES = 3
"""Named with each passage, in each snapshot; the document's own page names them all."""

_WORD = regex.compile(r"[\p{L}\p{M}\p{N}]+")
_NUMBERING = regex.compile(r"^\W*(?:\d+(?:\.\d+)*[.):]?(?=\s)|[一二三四五六七八九十]+、)")
_QUESTION_MARK = regex.compile(r"[?？؟\u037e]\W*$")


@dataclass(frozen=True, slots=True)
class AnswerabilityModel:
    """Logistic regressions on the figures of a search; see the data file for their making.

    `model_weights` are of the log-odds of the search, up to `most_search`, and of those of a
    language model's yes: beyond some likeness, more says nothing of near misses. All hold for the
    embedder of this `fingerprint` alone, since cosines of others have other scales.
    """

    fingerprint: str
    intercept: float
    weights: dict[str, float]
    model_intercept: float
    model_weights: dict[str, float]
    most_search: float

    @classmethod
    def bundled(cls) -> "AnswerabilityModel":
        """Read the coefficients that come with the package."""
        data = json.loads(files("assistant").joinpath("answerability.json").read_text("utf-8"))
        model = data["model"]
        return cls(
            data["embedder"],
            data["intercept"],
            data["weights"],
            model["intercept"],
            model["weights"],
            model["most_search"],
        )

    def probability(self, hits: Sequence[Hit], language: str, passages: int) -> float:
        """Estimate the probability (0 to 1) that hits among `passages` answer a question.

        `language` is that of the question.
        """
        if not hits:
            return 0.0
        figures = signals(hits, language, passages)
        logit = self.intercept + sum(self.weights[name] * figures[name] for name in self.weights)
        return _logistic(logit)

    def with_model(self, search: float, yes: float) -> float:
        """Join the search's probability with that of a language model's yes."""
        figures = {"search": min(_logit(search), self.most_search), "yes": _logit(yes)}
        logit = sum(self.model_weights[name] * figures[name] for name in figures)
        return _logistic(self.model_intercept + logit)


def _logistic(logit: float) -> float:
    return 1 / (1 + math.exp(-logit))


def _logit(probability: float) -> float:
    bounded = min(max(probability, 1e-6), 1 - 1e-6)
    return math.log(bounded / (1 - bounded))


def signals(hits: Sequence[Hit], language: str, passages: int) -> dict[str, float]:
    """The figures of a search among so many `passages` that tell whether it found the answer.

    `score` is what the best passage has above neutral text in its language. `other_language` is 1
    where it is not in the question's language: translations are less alike than repetitions, so
    less likeness says as much. `passages` is a logarithm: the best of many strangers is nearer.
    """
    return {
        "score": max(hit.score for hit in hits),
        "similarity": max(hit.similarity for hit in hits),
        "other_language": float(hits[0].stored.passage.language != language),
        "passages": math.log(max(passages, len(hits))),
    }


def collect(
    hits: Sequence[Hit],
    roots: Sequence[str],
    margin: float = EVIDENCE_MARGIN,
    collection: str = DEFAULT_COLLECTION,
    copies: Mapping[int, Sequence[str]] = MappingProxyType({}),
) -> tuple[Evidence, ...]:
    """Turn hits into what a reader sees, in the same order; paths are relative to their root.

    What lies more than `margin` below the best is left out: in a small corpus it is about
    something else. `copies` has the paths of documents' further files.
    """
    return tuple(
        Evidence(
            passage_id=hit.stored.id,
            document_id=hit.stored.document_id,
            document=relative(hit.stored.path, roots),
            title=hit.stored.title,
            locator=locator(hit.stored.passage.section_at(hit.key.start), hit.stored.title),
            language=hit.stored.passage.language,
            start=hit.stored.passage.start,
            end=hit.stored.passage.end,
            text=hit.stored.passage.text,
            sentences=hit.stored.passage.sentences,
            sentence_scores=tuple(round(match.score, 4) for match in hit.sentences),
            key=hit.key,
            score=hit.score,
            similarity=hit.similarity,
            collection=collection,
            also_at=tuple(relative(path, roots) for path in others[:_MOST_COPIES]),
            copies=len(others),
        )
        for hit in hits
        for others in [copies.get(hit.stored.document_id, ())]
        if hits[0].score - hit.score <= margin
    )


def relative(path: str, roots: Sequence[str]) -> str:
    """Name a file below the innermost root that holds it; a root that is a file by its name."""
    return below_root(path, roots)


def locator(section: Section, title: str) -> str:
    """Name a place for a reader: its page, its heading, or both; the title goes without saying."""
    page = f"p. {section.page}" if section.page is not None else ""
    heading = section.heading.removeprefix(title).removeprefix(" › ")
    return " · ".join(part for part in (page, heading) if part)


def cite(evidence: Evidence, number: int, sentence: Span) -> Citation:
    """Make the citation of one sentence of a passage."""
    return Citation(
        number=number,
        document_id=evidence.document_id,
        document=evidence.document,
        title=evidence.title,
        locator=evidence.locator,
        language=evidence.language,
        start=sentence.start,
        end=sentence.end,
        quote=evidence.text_of(sentence),
        collection=evidence.collection,
        also_at=evidence.also_at,
        copies=evidence.copies,
    )


def quotations(evidence: Sequence[Evidence], question: str) -> list[tuple[Evidence, Span]]:
    """Pick the sentences that answer a question by quotation: the best of all, and others near.

    A sentence counts by its own score and its passage's; equal ones count once. A heading that
    only repeats the question is the most like it, and answers nothing: it counts where nothing
    else is.
    """
    ranked = sorted(
        (
            (item.score + score, item, span)
            for item in evidence
            for span, score in zip(item.sentences, item.sentence_scores, strict=True)
        ),
        key=lambda entry: entry[0],
        reverse=True,
    )
    telling = [entry for entry in ranked if not echoes(entry[1].text_of(entry[2]), question)]
    ranked = telling or ranked
    picked: dict[str, tuple[Evidence, Span]] = {}
    for score, item, span in ranked:
        if ranked[0][0] - score > _QUOTE_MARGIN or len(picked) == _MOST_QUOTES:
            break
        picked.setdefault(_folded(item.text_of(span)), (item, span))
    return list(picked.values())


def echoes(sentence: str, question: str) -> bool:
    """Say whether a heading or question only repeats the words of the question asked."""
    is_statement = is_closed(sentence) and not _QUESTION_MARK.search(sentence)
    return not is_statement and _words(_NUMBERING.sub("", sentence)) <= _words(question)


def excerpt(evidence: Evidence, most_characters: int) -> str:
    """Cut a passage down to its key sentence and as many neighbours as there is room for."""
    return evidence.text_of(excerpt_span(evidence, most_characters))[:most_characters]


def excerpt_span(evidence: Evidence, most_characters: int) -> Span:
    """Find the key sentence and as many neighbours as there is room for, those behind it first."""
    sentences = list(evidence.sentences)
    first = last = sentences.index(evidence.key)
    while True:
        before = sentences[first - 1] if first > 0 else None
        after = sentences[last + 1] if last + 1 < len(sentences) else None
        if after and after.end - sentences[first].start <= most_characters:
            last += 1
        elif before and sentences[last].end - before.start <= most_characters:
            first -= 1
        else:
            return Span(sentences[first].start, sentences[last].end)


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text.casefold()))


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())
