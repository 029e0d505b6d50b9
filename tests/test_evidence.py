"""What passages are worth: excerpts, quotations, places."""

import pytest

from assistant.evidence import echoes, excerpt, locator, quotations, relative
from assistant.types import Evidence
from index.types import Section, Span


def evidence(text="One. Two. Three.", key=1, score=1.0, scores=None, **values):
    spans, position = [], 0
    for sentence in text.split(" "):
        spans.append(Span(position + 100, position + 100 + len(sentence)))
        position += len(sentence) + 1
    defaults = {"passage_id": 1, "document_id": 1, "document": "d", "title": "t", "locator": ""}
    defaults |= {"language": "en", "start": 100, "end": 100 + len(text), "similarity": 0.9}
    return Evidence(
        **(defaults | values),
        text=text,
        sentences=tuple(spans),
        sentence_scores=scores or (0.5,) * len(spans),
        key=spans[key],
        score=score,
    )


def test_the_quote_is_cut_at_the_key_sentence():
    assert evidence().quote == "Two."


@pytest.mark.parametrize(
    ("room", "expected"),
    [(100, "One. Two. Three."), (11, "Two. Three."), (10, "One. Two."), (4, "Two."), (3, "Two")],
)
def test_an_excerpt_grows_around_the_key_sentence(room, expected):
    assert excerpt(evidence(), room) == expected


def quoted(*items, question="What is the third?"):
    return [item.text_of(span) for item, span in quotations(items, question)]


def test_quotations_are_few_near_in_score_and_different():
    best = evidence(scores=(0.5, 0.9, 0.88))
    same = evidence(scores=(0.5, 0.9, 0.5), score=0.99, passage_id=2)
    near = evidence(text="Four. Five.", scores=(0.89, 0.5), passage_id=3)
    far = evidence(text="Six. Seven.", scores=(0.86, 0.5), passage_id=4)
    assert quoted(far, same, near, best) == ["Two.", "Four.", "Three."]
    assert quoted(best, far) == ["Two.", "Three."]
    many = [evidence(text=f"A{n}. B{n}.", scores=(0.9, 0.9)) for n in range(9)]
    assert len(quoted(*many)) == 3
    assert quoted() == []


@pytest.mark.parametrize(
    ("sentence", "question", "echo"),
    [
        ("How does skimming work?", "How does skimming work?", True),
        ("Second factor", "What do the documents say about “second factor”?", True),
        ("6.1 Annual leave", "Annual leave?", True),
        ("一、开放时间", "What do the documents say about “开放时间”?", True),
        ("Annual leave 27", "What about annual leave?", False),
        ("Annual leave is paid", "Annual leave?", False),
        ("Membership is free.", "Is membership free?", False),
        ("Membership is free!", "Is membership free?", False),
    ],
)
def test_a_heading_or_question_that_only_repeats_the_question_is_an_echo(sentence, question, echo):
    assert echoes(sentence, question) == echo


def test_an_echo_is_quoted_only_where_nothing_else_is():
    heading = evidence(text="Skimming Cards.", scores=(0.9, 0.5))
    assert quoted(heading, question="What about skimming?") == ["Cards."]
    assert quoted(heading, question="And cards?") == ["Skimming"]
    alone = evidence(text="Skimming", key=0, scores=(0.9,))
    assert quoted(alone, question="What about skimming?") == ["Skimming"]


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        (Section(0), ""),
        (Section(0, page=3), "p. 3"),
        (Section(0, heading="A › B"), "A › B"),
        (Section(0, page=3, heading="A"), "p. 3 · A"),
        (Section(0, heading="T › A"), "A"),
        (Section(0, heading="T"), ""),
    ],
)
def test_locator(section, expected):
    assert locator(section, "T") == expected


def test_a_path_is_shown_below_its_innermost_root():
    assert relative("/a/b/c.txt", ["/a", "/a/b", "/other"]) == "c.txt"
    assert relative("/a/b/c.txt", ["/a"]) == "b/c.txt"
    assert relative("/a/b/c.txt", ["/a/b/c.txt"]) == "c.txt"
    assert relative("/a/b/c.txt", []) == "c.txt"
