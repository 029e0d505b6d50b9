"""Whether marks lead to the passages that were read, and whether those are the right ones.

Knows marks and places; nothing of answers. Pure functions.
"""

from collections.abc import Sequence

import regex

from assistant.citations import marks
from assistant.evaluation.normalisation import squeezed, tokens
from assistant.evaluation.retrieval_scores import covers
from assistant.evaluation.types import (
    Cited,
    Gold,
    ReplyKind,
    Response,
    Retrieved,
    Score,
    Sentence,
)
from assistant.numbers import missing_numbers

_ENOUGH_TOKENS = 0.6
_FEWEST_TOKENS = 3
_LAST_MARK = regex.compile(r"\[\d+\]$", regex.MULTILINE)
_NAME = regex.compile(r"(?<![.!?:]\s)(?<!^)\b\p{Lu}[\p{L}\p{M}-]+")


def validity(response: Response) -> Score:
    """Marks that lead to a passage given to the model, of all marks in the reply."""
    text = response.reply
    if response.kind is ReplyKind.QUOTED:
        # What stands inside a quotation, such as a footnote's number, is the document's own.
        text = " ".join(_LAST_MARK.findall(text))
    numbers = marks(text)
    if not numbers:
        return None
    given = response.retrieved[: response.shown]
    known = {cited.number for cited in response.citations if passage_of(cited, given)}
    return float(sum(number in known for number in numbers)), float(len(numbers))


def coverage(sentences: Sequence[Sentence]) -> Score:
    """Sentences that state something and have a mark, of those that state something."""
    stating = [sentence for sentence in sentences if states(sentence)]
    if not stating:
        return None
    return float(sum(bool(sentence.marks) for sentence in stating)), float(len(stating))


def precision(citations: Sequence[Cited], gold: Sequence[Gold]) -> Score:
    """Citations that lead to a gold place, of all; None where nothing is cited."""
    if not citations or not gold:
        return None
    right = sum(any(covers(cited, place) for place in gold) for cited in citations)
    return right / len(citations)


def recall(citations: Sequence[Cited], gold: Sequence[Gold]) -> Score:
    """Gold places that a citation leads to, of all."""
    if not gold:
        return None
    return sum(any(covers(cited, place) for cited in citations) for place in gold) / len(gold)


def unsupported(sentences: Sequence[Sentence]) -> Score:
    """Sentences that the system itself finds unsupported, of those that it judged."""
    judged = [sentence for sentence in sentences if sentence.support]
    if not judged:
        return None
    return float(sum(s.support == "unsupported" for s in judged)), float(len(judged))


def proxy_unsupported(response: Response) -> Score:
    """Sentences that their cited passages, in the same language, do not bear out by their words.

    One fails when a number or a capitalised name of it is in no cited passage, or when fewer than
    60 % of its tokens are. Sentences without marks, or over another language, are left out.
    """
    given = response.retrieved[: response.shown]
    by_number = {cited.number: cited for cited in response.citations}
    checked = failed = 0
    for sentence in response.sentences:
        cited = [by_number[number] for number in sentence.marks if number in by_number]
        same = all(item.language == response.language for item in cited)
        if not cited or not same or not states(sentence):
            continue
        checked += 1
        failed += not _borne_out(sentence.text, [_passage_text(item, given) for item in cited])
    return (float(failed), float(checked)) if checked else None


def states(sentence: Sentence) -> bool:
    """Say whether a sentence states something: it is no question and no interjection."""
    ends = sentence.text.rstrip(" \"'”’»)]」』）】")
    return not ends.endswith(("?", "？", "؟")) and len(tokens(sentence.text)) >= _FEWEST_TOKENS


def passage_of(cited: Cited, given: Sequence[Retrieved]) -> Retrieved | None:
    """Find the passage that a citation lies in."""
    text = squeezed(cited.text)
    for passage in given:
        inside = passage.start <= cited.start < cited.end <= passage.end
        if passage.document == cited.document and (
            inside or (text and text in squeezed(passage.text))
        ):
            return passage
    return None


def _passage_text(cited: Cited, given: Sequence[Retrieved]) -> str:
    passage = passage_of(cited, given)
    return passage.text if passage else cited.text


def _borne_out(sentence: str, passages: Sequence[str]) -> bool:
    text = "\n".join(passages)
    folded = text.casefold()
    names_there = all(name.casefold() in folded for name in _NAME.findall(sentence))
    numbers_there = not missing_numbers(sentence, text)
    words, there = tokens(sentence), set(tokens(text))
    enough = sum(word in there for word in words) >= _ENOUGH_TOKENS * len(words)
    return names_there and numbers_there and enough
