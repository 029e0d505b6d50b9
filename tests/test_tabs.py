"""Whose each open page is, in a bounded memory."""

from assistant.grants import NOTHING
from assistant.identities import Identity, Kind
from assistant.tabs import Tabs

PIET = Identity(Kind.PERSON, "piet", NOTHING)
PROGRAM = Identity(Kind.PROGRAM, "piet", NOTHING)


def test_a_tab_is_whose_it_was_first():
    tabs = Tabs()
    assert tabs.is_of("a", PIET) and tabs.is_of("b", PROGRAM)
    assert not tabs.is_of("a", PROGRAM) and not tabs.is_of("b", PIET)
    assert tabs.is_of("a", Identity(Kind.PERSON, "piet", NOTHING))


def test_the_least_recently_used_are_forgotten():
    tabs = Tabs(most=2)
    for tab in ("a", "b", "a", "c"):
        assert tabs.is_of(tab, PIET)
    assert not tabs.is_of("a", PROGRAM)
    assert tabs.is_of("b", PROGRAM)
