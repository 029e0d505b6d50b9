"""Questions that readers did not get an answer to, alike ones together."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from assistant.build import build_grouping
from assistant.feedback import CitedPlace, Feedback
from assistant.gaps import Unmet, gaps, unmet
from assistant.question_log import AskedQuestion
from tests.fakes import WordEmbedder

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


def refused(question, minutes=0, document=""):
    return Unmet(question, NOON + timedelta(minutes=minutes), True, document)


def test_the_most_frequent_first_then_the_latest():
    found = [refused("When does it open?"), refused("Who leads it?", 1), refused("who leads it", 2)]
    found += [refused("What is it for?", 3)]
    listed = gaps(found, WordEmbedder().embed_query)
    assert [(gap.question, gap.times) for gap in listed] == [
        ("Who leads it?", 2), ("What is it for?", 1), ("When does it open?", 1)
    ]  # fmt: skip
    assert listed[0].others == ("who leads it",)
    assert listed[0].last == NOON + timedelta(minutes=2)


def test_the_same_but_for_case_width_punctuation_and_blanks_is_one_without_embedding_twice():
    embedder = WordEmbedder()
    asked = []

    def embed(text):
        asked.append(text)
        return embedder.embed_query(text)

    found = [
        refused(q) for q in ("Wat kost het?", "wat  kost het", "WAT KOST HET!", "ｗat kost het")
    ]
    (gap,) = gaps(found, embed)
    assert (gap.refused, asked) == (4, ["Wat kost het?"])


def test_rewordings_come_together_and_two_sides_of_one_thing_do_not():
    """The bundled embedder's own cosines."""
    questions = [
        "How do I request a parking permit?",
        "Where can I apply for a parking permit?",
        "What does a parking permit cost?",
        "How much is a parking permit?",
        "Wie is de burgemeester?",
        "Wat is de naam van de burgemeester?",
        "Wie is de wethouder?",
    ]
    listed = gaps(map(refused, questions), build_grouping())
    together = sorted(sorted((gap.question, *gap.others)) for gap in listed)
    assert together == [
        ["How do I request a parking permit?", "Where can I apply for a parking permit?"],
        ["How much is a parking permit?", "What does a parking permit cost?"],
        ["Wat is de naam van de burgemeester?", "Wie is de burgemeester?"],
        ["Wie is de wethouder?"],
    ]


def asked(outcome, question="and when?", searched=""):
    return AskedQuestion(NOON, question, searched, "en", outcome, "kade.txt", 0.1)


def opinion(verdict, at=NOON):
    place = (CitedPlace("waste.md", 0, 5),)
    return Feedback("1", at, verdict, (), "", "Too hot?", "quoted", "text", place, "", "e5")


def test_refused_and_disliked_count_and_nothing_else():
    log = [asked("refused"), asked("quoted"), asked("failed"), asked("refused", searched="When?")]
    opinions = [opinion("down"), opinion("up"), opinion("down", NOON - timedelta(days=9))]
    found = unmet(log, opinions, NOON - timedelta(days=1))
    assert [(item.question, item.refused, item.document) for item in found] == [
        ("and when?", True, "kade.txt"),
        ("When?", True, "kade.txt"),
        ("Too hot?", False, "waste.md"),
    ]


def test_what_is_asked_of_two_collections_is_two_gaps():
    found = [replace(refused(question), collection=name) for question, name in (
        ("Who leads it?", "hr"), ("who leads it", "documents"), ("Who leads it?", "hr")
    )]  # fmt: skip
    listed = gaps(found, WordEmbedder().embed_query)
    assert [(gap.collection, gap.times) for gap in listed] == [("hr", 2), ("documents", 1)]


def test_only_so_many_wordings_are_compared():
    embedded = []

    def embed(text):
        embedded.append(text)
        return WordEmbedder().embed_query(text)

    listed = gaps([refused(f"question about {word}") for word in "abcd"], embed, 2)
    assert (len(embedded), sum(gap.times for gap in listed)) == (2, 4)


@pytest.mark.parametrize("found", [[], [refused("Only one?")]])
def test_few_or_none(found):
    assert len(gaps(found, WordEmbedder().embed_query)) == len(found)
