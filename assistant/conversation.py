"""What a follow-up leans on: the wordings to search for, and its rewriting by a language model.

Knows turns and questions; nothing of passages, stores or pages.
"""

import math
from collections.abc import Generator, Mapping, Sequence

import regex

from assistant.chat_model import ChatModel
from assistant.citations import without_marks
from assistant.sanitation import defused, source_text
from assistant.types import Message, Rewriting
from index.passages import width
from index.terms import grams
from prompts import template

_MOST_RECALLED = 300
"""In characters of each turn. An embedder reads some 500 tokens, and the question comes last."""

_SHORT, _LONG = 16, 64
"""In columns. Shorter questions lean on the turn before, such as "and when?"; longer ones say
themselves what they are about."""

_MOST_SHARE, _LEAST_SHARE = 0.5, 0.2
"""Of the search, for the question together with the turn before; see docs/measurements.md."""

_LEANING = 32
"""In columns: below this a follow-up is thought to lean on the turn before."""

_REWRITING_SHARE = 0.7
"""Of the search, for the question as a model rewrote it; the rest guards against bad rewriting."""

_MOST_REWRITTEN = 300
"""In characters beyond the question's own."""

_LEAST_KEPT = 0.2
"""Of the question's grams: pronouns go, what it asks for stays."""

_MOST_NEW = 0.4
"""Of the rewritten question's grams: it takes words from the conversation, an answer has others."""

_NUMERAL = regex.compile(r"\p{N}+")
_QUOTES = "\"'“”„«»`* "


def wordings(question: str, history: Sequence[Message], rewriting: str = "") -> dict[str, float]:
    """Weigh the ways to search for a question; weights add up to 1.

    A follow-up counts alone and behind the turn before it, more alone the longer it is, and most
    as a model rewrote it, if one did. No choice is made between them: passages that suit all come
    first, so that neither a new topic is drowned by the old one nor a bare "and when?" left alone.
    The first wording has nothing of what was answered, whose sentence would be found again.
    """
    before = _turn_before(history)
    if not before:
        return {question: 1.0}
    length = math.log(min(max(width(question), _SHORT), _LONG) / _SHORT) / math.log(_LONG / _SHORT)
    share = _MOST_SHARE + (_LEAST_SHARE - _MOST_SHARE) * length
    weights = {question: 1 - share, f"{before} {question}": share}
    if not rewriting or rewriting in weights:
        return weights
    rest = {wording: weight * (1 - _REWRITING_SHARE) for wording, weight in weights.items()}
    return {rewriting: _REWRITING_SHARE} | rest


def leans(question: str) -> bool:
    """Say whether a follow-up is so short that it leans on the turn before."""
    return width(question) < _LEANING


def rewritten(
    question: str, language: str, history: Sequence[Message], model: ChatModel
) -> Generator[str, None, str]:
    """Let a model put into a follow-up what it refers to; returns "" where that came to nothing.

    Yields the pieces of what the model writes, empty ones while it is silent. `language` is named
    in English. What the model writes is read no further than a question can be long, and is
    dropped where it is no rewriting of the question: see `is_rewriting`. Raises ModelUnavailable.
    """
    values = {
        "history": _transcript(history),
        "question": defused(question),
        "language": language,
    }
    prompt = [Message("user", template("rewrite_question").substitute(values))]
    most, text = len(question) + _MOST_REWRITTEN, ""
    for piece in model.stream(prompt):
        yield piece
        text += piece
        if "\n" in text.lstrip() or len(text) > most:
            break
    line = text.strip().split("\n", 1)[0][: most + 1].strip(_QUOTES)
    return line if len(line) <= most and is_rewriting(line, question, history) else ""


def may_rewrite(question: str, history: Sequence[Message], when: Rewriting) -> bool:
    """Say whether a language model is to rewrite a question."""
    if not history or when == "never":
        return False
    return when == "always" or leans(question)


def is_rewriting(text: str, question: str, history: Sequence[Message]) -> bool:
    """Say whether a text asks what `question` asks, in words of the question and of what was said.

    It must say something else than the question and the one before, end as a question where that
    does, keep what the question asks for, bring no number of its own, and few words.
    """
    conversation = " ".join([question, *(message.content for message in history)])
    asked, found = set(grams(question)), set(grams(text))
    before = [set(grams(message.content)) for message in history if message.role == "user"]
    if not found or found in (asked, *before):
        return False
    if _ends_asking(question) and not _ends_asking(text):
        return False
    if set(_NUMERAL.findall(text)) - set(_NUMERAL.findall(conversation)):
        return False
    kept = len(asked & found) / len(asked) if asked else 1.0
    return kept >= _LEAST_KEPT and len(found - set(grams(conversation))) <= _MOST_NEW * len(found)


def _ends_asking(text: str) -> bool:
    return text.rstrip(_QUOTES).endswith(("?", "？", "؟", ";", "⸮"))


def _turn_before(history: Sequence[Message]) -> str:
    """Join the last question and what was answered."""
    said: Mapping[str, str] = {message.role: message.content for message in history[-2:]}
    parts = [_recalled(said.get(role, "")) for role in ("user", "assistant")]
    return " ".join(part for part in parts if part)


def _transcript(history: Sequence[Message]) -> str:
    """Write the last two questions and the last answer for a prompt."""
    asked = [message for message in history if message.role == "user"][-2:]
    lines = [f"User: {source_text(_recalled(message.content))}" for message in asked]
    if history and history[-1].role == "assistant":
        lines.append(f"Assistant: {source_text(_recalled(history[-1].content))}")
    return "\n".join(lines)


def _recalled(text: str) -> str:
    return " ".join(without_marks(text).split())[:_MOST_RECALLED]
