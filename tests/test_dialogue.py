"""Conversations on the chat page, while questions are answered."""

from contextlib import contextmanager
from dataclasses import replace

import pytest

from assistant.dialogue import Dialogue, stopped
from assistant.errors import Busy, ModelUnavailable, TooManyQuestions
from assistant.history import Conversation
from assistant.rendering import show_answer
from assistant.wording import WordingBook, english
from tests.corpora import make_assistant, make_corpus, write_texts
from tests.scripted import ScriptedModel

QUESTION = "Who leads the works on the quay?"


@pytest.fixture(scope="module")
def assistant(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dialogue")
    with make_corpus(folder / "data") as corpus:
        list(corpus.sync([write_texts(folder / "texts")]))
        yield make_assistant(corpus)


@pytest.fixture
def model(assistant):
    model = ScriptedModel()
    assistant.use(model)
    yield model
    assistant.use(None)


def steps(assistant, question, conversation=None, contact=""):
    return list(
        Dialogue(lambda _: assistant, contact).ask(
            conversation or Conversation(), question, english()
        )
    )


def test_the_question_then_the_evidence_then_the_answer(assistant, model):
    model.enqueue("Saskia Dorrestein leads the works [1].")
    first, second, *_, last = steps(assistant, QUESTION)
    assert (first.turns[-1].question, first.turns[-1].shown) == (QUESTION, "")
    assert "Saskia Dorrestein leidt" in second.turns[-1].evidence
    assert "Saskia Dorrestein leidt" in second.turns[-1].shown
    assert last.turns[-1].answer == "Saskia Dorrestein leads the works [1]."
    assert len({step.turns[-1].id for step in (first, second, last)}) == 1
    assert len(last.turns) == 1
    assert last.turns[-1].cited[0][0] == "kade.txt"


def test_an_answer_that_is_not_whole_is_nothing_to_follow_up_on(assistant, model):
    model.enqueue("Saskia Dorrestein leads the works [1].")
    *_, growing, last = steps(assistant, QUESTION)
    assert growing.messages == []
    assert [message.role for message in last.messages] == ["user", "assistant"]


def test_a_follow_up_is_given_what_was_said(assistant, model):
    model.enqueue("Saskia Dorrestein leads the works [1].")
    *_, asked = steps(assistant, QUESTION)
    model.enqueue("They cost 4.2 million euros [1].")
    *_, last = steps(assistant, "What do the works on the quay cost?", asked)
    assert [turn.question for turn in last.turns][0] == QUESTION
    assert any(QUESTION in message.content for message in model.history[-1])


def test_a_refusal_says_whom_to_ask(assistant):
    *_, last = steps(assistant, "What is the capital of Peru?", contact="Ask the desk.")
    assert "Ask the desk" in last.turns[-1].shown
    *_, last = steps(assistant, QUESTION, contact="Ask the desk.")
    assert "Ask the desk" not in last.turns[-1].shown


def test_a_question_for_which_there_is_no_place_is_told_so_in_the_pages_language(assistant):
    dutch = WordingBook.bundled().of("nl")

    def turned_away(error):
        def admit():
            raise error

        *_, last = Dialogue(assistant).ask(Conversation(), QUESTION, dutch, admit)
        return last.turns[-1].shown

    assert "te veel vragen" in turned_away(Busy("Busy.", 10))
    told = turned_away(TooManyQuestions("Many.", "questions_per_day", 10))
    assert "meer vragen gesteld" in told and "questions" in told


def test_what_admits_a_question_lasts_as_long_as_its_answer(assistant):
    lasting = []

    @contextmanager
    def admit():
        lasting.append("a share")
        try:
            yield
        finally:
            lasting.clear()

    talk = Dialogue(lambda _: assistant).ask(Conversation(), QUESTION, english(), admit)
    next(talk), next(talk)
    assert lasting
    talk.close()
    assert not lasting


def test_an_answer_that_waits_says_how_many_come_before(assistant, model):
    answers = assistant.stream(QUESTION)
    waiting = replace(next(answers), waiting=2)
    answers.close()
    shown = show_answer(waiting, english())
    assert "2 answers until it is your turn" in shown and "Saskia Dorrestein leidt" in shown


def test_a_question_that_cannot_be_asked_says_why_and_is_no_part_of_the_talk(assistant):
    *_, last = steps(assistant, "x" * 3000)
    assert "longest" in last.turns[-1].shown
    assert last.messages == []


def test_a_failure_that_nobody_foresaw_is_told_and_logged(assistant, caplog):
    class Broken:
        name, host = "broken", ""

        def stream(self, messages):
            raise RuntimeError("out of order")

    assistant.use(Broken())
    try:
        *_, last = steps(assistant, QUESTION)
    finally:
        assistant.use(None)
    assert "That did not work" in last.turns[-1].shown
    assert "out of order" in last.turns[-1].shown
    assert "out of order" in caplog.text


def test_a_dead_model_leaves_quotations(assistant, model):
    model.enqueue(ModelUnavailable("The model does not answer."))
    *_, last = steps(assistant, QUESTION)
    assert "Saskia Dorrestein leidt" in last.turns[-1].answer


def test_a_stopped_answer_says_that_nothing_was_checked(assistant, model):
    model.enqueue("Saskia Dorrestein leads the works [1].")
    *_, growing, last = steps(assistant, QUESTION)
    dutch = WordingBook.bundled().of("nl")
    assert "niet met de bronnen vergeleken" in stopped(growing, dutch).turns[-1].shown
    assert stopped(last, dutch) == last
    assert stopped(Conversation(), dutch).turns == ()
