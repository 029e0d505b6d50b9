"""The text of a reply, whatever the pieces in which it comes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.reply_text import ReplyText


def read(pieces, most=1000):
    text = ReplyText(most)
    shown = "".join(text.feed(piece) for piece in pieces)
    return shown + text.finish(), text


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("<think>a</think>b", "b"),
        (" <THINKING>a < b\n</think></thinking>\n\nb", "\n\nb"),
        ("<think>a</think>\n<think>b</think>c", "c"),
        ("<think></think>a <think>b</think>", "a <think>b</think>"),
        ("a <think>b</think>", "a <think>b</think>"),
        ("<thin", "<thin"),
        ("  a", "  a"),
        ("<think>a", ""),
    ],
)
def test_what_comes_first_and_is_thought_goes(written, shown):
    assert read([written])[0] == read(written)[0] == shown


def test_nothing_is_shown_of_a_thought_while_it_grows():
    text = ReplyText(100)
    pieces = ("<th", "ink>a", "b</thi", "nk>", "c")
    assert [text.feed(piece) for piece in pieces] == ["", "", "", "", "c"]


def test_no_more_is_taken_than_the_most():
    shown, text = read(["abc", "", "def", "ghi"], most=6)
    assert (shown, text.is_full) == ("abcde", True)


@given(st.lists(st.text(alphabet="ab<>/think \ud83d\ude00", max_size=9), max_size=9))
def test_the_pieces_do_not_matter_and_the_text_can_be_sent(pieces):
    shown, _ = read(pieces)
    assert shown == read("".join(pieces))[0]
    shown.encode("utf-8")
