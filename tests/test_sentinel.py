"""When a model says that its sources do not tell, and that nothing of it is shown."""

import pytest

from assistant.sentinel import SENTINEL, declines, may_decline, without_sentinel

REFUSALS = (
    "NO ANSWER",
    "No answer.",
    "no answer",
    "„No answer“",
    "NO ANSWER: it is not there.",
    "“NO ANSWER”",
    "„NO ANSWER“",
    "« NO ANSWER »",
    "(NO ANSWER)",
    "> NO ANSWER",
    "- NO ANSWER",
    "_NO ANSWER_ [1]",
    "Antwoord: NO ANSWER",
    "It is not there.\nNO ANSWER。",
    "It is not there.\n“NO ANSWER”\nAsk the office.",
    "The documents do not say this [1]. NO ANSWER",
    "The documents do not say this. NO ANSWER [1].",
    "**NO ANSWER**",
)


@pytest.mark.parametrize("reply", REFUSALS)
def test_refusals(reply):
    assert declines(reply)


@pytest.mark.parametrize(
    "reply",
    [
        "If there is no answer, ask.",
        "No answer is needed: it is open.",
        "NO ANSWERS: none.",
        "A (NO ANSWER): it is open.",
        "“No answer” was the answer.",
        "There is no answer",
        "KNO ANSWER",
    ],
)
def test_answers_that_speak_of_answers(reply):
    assert not declines(reply)


@pytest.mark.parametrize("before", ["", "> ", "“", "- **", "« "])
def test_nothing_is_shown_while_a_reply_may_begin_so(before):
    whole = before + SENTINEL
    assert all(may_decline(whole[:end]) for end in range(len(whole) + 1))
    assert not may_decline(before + "NOT")


@pytest.mark.parametrize("before", ["It is not there [1].", "Answer:"])
def test_nothing_is_shown_while_a_reply_may_end_so(before):
    whole = f"{before} {SENTINEL}"
    for end in range(len(before), len(whole) + 1):
        assert without_sentinel(whole[:end]).strip() == before
    assert without_sentinel(f"{whole} [1].").strip() == before
    assert without_sentinel(f"{before} NORTH") == f"{before} NORTH"


@pytest.mark.parametrize("text", [" ", "\n", "NO ANSWER ", "NO ANSWER\n1", "[1]", "[", "N"])
def test_long_replies_are_read_to_their_end(text):
    long = text * 20_000
    assert declines(f"{long}a") is ("ANSWER" in text)
