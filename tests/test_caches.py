"""What is remembered of questions and replies, and what is not."""

import numpy as np
import pytest

from assistant.chat_model import Ending
from assistant.errors import ModelUnavailable
from assistant.reply_cache import ReplyCache
from assistant.types import Message
from index.query_cache import QueryCache
from tests.fakes import WordEmbedder
from tests.scripted import ScriptedModel, returned


class CountingEmbedder(WordEmbedder):
    """Remembers which questions it embedded."""

    def __init__(self):
        super().__init__()
        self.asked = []

    def embed_query(self, text):
        self.asked.append(text)
        return super().embed_query(text)


@pytest.fixture
def model():
    return ScriptedModel()


@pytest.fixture
def cache(model):
    return ReplyCache(model, most=2)


def asked(question, history=()):
    return [Message("system", "Answer."), *history, Message("user", question)]


def test_the_same_prompt_gets_the_same_reply_without_the_model(cache, model):
    model.enqueue("At nine [1].")
    first = "".join(cache.stream(asked("When does it open?")))
    assert list(cache.stream(asked("When does it open?"))) == [first] == ["At nine [1]."]
    assert len(model.history) == 1


@pytest.mark.parametrize(
    "other",
    [
        asked("When does it close?"),
        asked("When does it open?", [Message("user", "The pool?")]),
        [Message("user", "Answer."), Message("system", "When does it open?")],
    ],
)
def test_another_prompt_reaches_the_model(cache, model, other):
    model.enqueue("At nine [1].")
    model.enqueue("Something else [1].")
    list(cache.stream(asked("When does it open?")))
    assert "".join(cache.stream(other)) == "Something else [1]."


def test_a_reply_that_was_not_read_to_its_end_is_not_kept(cache, model):
    model.enqueue("At nine [1].")
    model.enqueue("At ten [1].")
    pieces = cache.stream(asked("When?"))
    next(pieces)
    pieces.close()
    assert "".join(cache.stream(asked("When?"))) == "At ten [1]."


def test_a_failure_and_an_empty_reply_are_not_kept(cache, model):
    model.enqueue(ModelUnavailable("gone"))
    model.enqueue("")
    model.enqueue("At nine [1].")
    with pytest.raises(ModelUnavailable):
        list(cache.stream(asked("When?")))
    assert list(cache.stream(asked("When?"))) == []
    assert "".join(cache.stream(asked("When?"))) == "At nine [1]."


def test_a_reply_that_was_cut_off_is_not_kept(cache, model):
    model.ending = Ending.LENGTH
    model.enqueue("At ni")
    assert returned(cache.stream(asked("When?"))) is Ending.LENGTH
    model.ending = Ending.COMPLETE
    model.enqueue("At nine [1].")
    assert "".join(cache.stream(asked("When?"))) == "At nine [1]."
    assert returned(cache.stream(asked("When?"))) is Ending.COMPLETE


def test_a_probability_that_was_not_told_is_asked_again(cache, model):
    model.enqueue("", None)
    model.enqueue("", 0.7)
    assert returned(cache.probability(asked("Told?"), "Yes", "No")) is None
    assert returned(cache.probability(asked("Told?"), "Yes", "No")) == 0.7


def test_the_oldest_reply_goes_first(cache, model):
    for reply in ("one", "two", "three", "one again"):
        model.enqueue(reply)
    for question in ("1?", "2?", "3?"):
        list(cache.stream(asked(question)))
    assert "".join(cache.stream(asked("3?"))) == "three"
    assert "".join(cache.stream(asked("1?"))) == "one again"


def test_a_probability_is_asked_once_for_the_same_words(cache, model):
    model.enqueue("", 0.7)
    model.enqueue("", 0.2)
    assert returned(cache.probability(asked("Told?"), "Yes", "No")) == 0.7
    assert returned(cache.probability(asked("Told?"), "Yes", "No")) == 0.7
    assert returned(cache.probability(asked("Told?"), "Ja", "Nee")) == 0.2


def test_asked_anew_the_model_replies_again_and_that_is_remembered(cache, model):
    model.enqueue("At nine [1].")
    model.enqueue("At ten [1].", 0.7)
    model.enqueue("", 0.2)
    assert "".join(cache.stream(asked("When?"))) == "At nine [1]."
    assert "".join(cache.fresh().stream(asked("When?"))) == "At ten [1]."
    assert list(cache.stream(asked("When?"))) == ["At ten [1]."]
    model.probabilities.popleft()
    assert returned(cache.probability(asked("Told?"), "Yes", "No")) == 0.7
    assert returned(cache.fresh().probability(asked("Told?"), "Yes", "No")) == 0.2
    assert returned(cache.probability(asked("Told?"), "Yes", "No")) == 0.2


def test_a_question_is_embedded_once_and_its_vector_cannot_be_changed():
    embedder = CountingEmbedder()
    cache = QueryCache(embedder, most=2)
    first = cache.embed_query("When?")
    assert np.array_equal(cache.embed_query("When?"), first)
    assert embedder.asked == ["When?"]
    with pytest.raises(ValueError, match="read-only"):
        first += 1
    for question in ("Where?", "Who?", "When?"):
        cache.embed_query(question)
    assert embedder.asked == ["When?", "Where?", "Who?", "When?"]
