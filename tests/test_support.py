"""What a sentence's sources are worth to it, on fixed figures and with the bundled coefficients."""

from dataclasses import dataclass

import pytest

from assistant.asides import Asides
from assistant.number_words import NumberWords
from assistant.support import (
    Regression,
    Statement,
    SupportJudge,
    SupportModel,
    figures,
    in_full,
)
from assistant.types import Support
from index.embedding import BundledEmbedder

EMBEDDER = "words"
BUNDLED = BundledEmbedder.fingerprint


@dataclass(frozen=True)
class Source:
    text: str
    language: str = "nl"
    title: str = ""


WORKS = Source("Saskia Dorrestein leidt het werk voor 4,2 miljoen euro in vier fasen.")


def statement(claim, *sources, language="en", similarities=None, question=""):
    rows = similarities or ((0.9, 0.8),) * len(sources)
    return Statement(claim, question, language, sources, rows)


def judge(accuracy):
    """One whose probability is the similarity: above 0.85 is supported, below 0.6 is not."""
    line = Regression(-2.0, {"similarity": 4.0})
    model = SupportModel(EMBEDDER, line, line, 0.83, 0.6, {"en": {"nl": accuracy}})
    return SupportJudge(model, Asides.bundled(), NumberWords())


def measured(claim, *sources, **values):
    made = statement(claim, *sources, **values)
    return figures(made, made.nearest)


def test_figures():
    found = measured("Piet Jansen leads 5 phases in 1987.", WORKS, similarities=((0.9, 0.8, 0.7),))
    assert found["similarity"] == 0.9
    assert found["margin"] == pytest.approx(0.15)
    assert (found["number"], found["small_number"], found["names"]) == (1, 1, 1)


def test_words_are_shared_by_their_grams():
    source = Source("The library stays closed on Sundays.", "en")
    assert measured("The library is closed.", source)["words"] == 1
    assert measured("Museums open daily.", source)["words"] == 0
    assert measured("42", source)["words"] == 1


def test_a_name_or_number_of_the_question_is_no_invention():
    question = "What did Piet Jansen do in 1987?"
    found = measured("The year 1987 saw Piet Jansen lead.", WORKS, question=question)
    assert (found["number"], found["names"]) == (0, 0)


def test_the_source_with_the_best_sentence_counts():
    made = statement("x", WORKS, WORKS, WORKS, similarities=((0.1, 0.3), (), (0.2, 0.9)))
    assert made.nearest == 2
    assert statement("x").nearest is None


def test_a_short_claim_is_read_with_its_question():
    assert in_full("Saskia", "Who leads?") == "Who leads? Saskia"
    assert in_full("Saskia Dorrestein leads all the works there.", "Who?").startswith("Saskia")


@pytest.mark.parametrize(
    ("claim", "similarity", "expected"),
    [
        ("Saskia Dorrestein leads it.", 0.95, Support.SUPPORTED),
        ("Saskia Dorrestein leads it.", 0.8, Support.WEAK),
        ("Saskia Dorrestein leads it.", 0.5, Support.UNSUPPORTED),
        ("It costs 4.2 million euros.", 0.95, Support.SUPPORTED),
        ("It costs 5.2 million euros.", 0.95, Support.UNSUPPORTED),
        ("Who leads it?", 0.5, Support.UNJUDGED),
    ],
)
def test_verdicts(claim, similarity, expected):
    made = statement(claim, WORKS, similarities=((similarity,),))
    assert judge(0.9).support(made, EMBEDDER) is expected
    assert judge(0.9).caveat(made, EMBEDDER) is None


FEE = Source("De kosten bedragen € 50,00 per persoon voor een aanvraag sinds 2019.")


@pytest.mark.parametrize(
    ("claim", "source", "expected"),
    [
        ("De kosten bedragen 50 euro.", FEE, Support.SUPPORTED),
        ("De kosten bedragen € 50,-.", FEE, Support.SUPPORTED),
        ("De kosten bedragen 500,0 euro.", FEE, Support.UNSUPPORTED),
        ("De kosten bedragen 5 euro.", FEE, Support.WEAK),
        ("It costs 5 euros.", FEE, Support.WEAK),
        ("It is for 1 person, since 2019.", FEE, Support.SUPPORTED),
        # Without another number, nothing stands where the small one does.
        ("Saskia leads 5 phases.", Source("Saskia leidt de fasen."), Support.SUPPORTED),
        ("The 4 phases cost 4.2 million.", WORKS, Support.SUPPORTED),
        ("The 5 phases go on.", WORKS, Support.WEAK),
        # No other number is left that it could stand for.
        ("The 3 phases cost 4.2 million.", WORKS, Support.SUPPORTED),
        ("The 2½ phases go on.", WORKS, Support.SUPPORTED),
        ("The 5 phases cost it.", Source("4,2 εκατομμύρια", "xx"), Support.SUPPORTED),
    ],
)
def test_a_small_number_is_in_doubt_where_the_source_has_another(claim, source, expected):
    made = statement(claim, source, similarities=((0.95,),))
    assert judge(0.9).support(made, EMBEDDER) is expected


def test_a_small_number_may_be_the_questions():
    asked = "What do five people pay?"
    made = statement("All 5 pay it.", FEE, similarities=((0.95,),), question=asked)
    assert judge(0.9).support(made, EMBEDDER) is Support.SUPPORTED


def test_a_number_of_the_question_alone_stands_in_no_place():
    source = Source("Saskia leidt de fasen.")
    made = statement("All 5 go on.", source, similarities=((0.95,),), question="In 2024?")
    assert judge(0.9).support(made, EMBEDDER) is Support.SUPPORTED


def test_numbers_of_two_sources_are_not_read_as_one():
    first, second = Source("Groep 12"), Source("", title="500 mensen")
    assert measured("There are 500.", first, second)["number"] == 0
    assert measured("There are 12,500.", first, second)["number"] == 1


@pytest.mark.parametrize(
    ("claim", "expected"),
    [
        ("It is 150 euro.", Support.WEAK),
        ("It is 2 150 euro.", Support.SUPPORTED),
        ("It is 175 euro.", Support.UNSUPPORTED),
    ],
)
def test_an_amount_that_may_be_part_of_a_larger_one_is_in_doubt(claim, expected):
    source = Source("Categorie 1 100 euro Categorie 2 150 euro")
    assert judge(0.9).support(statement(claim, source), EMBEDDER) is expected


def test_without_a_source_nothing_is_borne_out():
    assert judge(0.9).support(statement("Anything."), EMBEDDER) is Support.UNSUPPORTED
    assert judge(0.9).caveat(statement("Anything."), EMBEDDER) is None


def test_where_the_check_is_near_chance_nothing_counts_as_borne_out():
    made = statement("Saskia Dorrestein leads it.", WORKS, similarities=((0.95,),))
    assert judge(0.69).support(made, EMBEDDER) is Support.WEAK
    assert "little better than chance" in str(judge(0.69).caveat(made, EMBEDDER))


def test_where_nothing_was_measured_that_is_said():
    source = Source("Saskia Dorrestein dirige les travaux.", "fr")
    made = statement("Saskia Dorrestein leads it.", source, similarities=((0.95,),))
    assert judge(0.9).support(made, EMBEDDER) is Support.SUPPORTED
    assert "never measured" in str(judge(0.9).caveat(made, EMBEDDER))


def test_another_embedder_is_not_judged_by_coefficients_that_are_not_its_own():
    for similarity in (0.1, 0.99):
        made = statement("Saskia Dorrestein leads it.", WORKS, similarities=((similarity,),))
        assert judge(0.9).support(made, "another") is Support.WEAK
        assert "'another'" in str(judge(0.9).caveat(made, "another"))
    invented = statement("It costs 5.2 million euros.", WORKS)
    assert judge(0.9).support(invented, "another") is Support.UNSUPPORTED


def test_the_bundled_coefficients_are_the_bundled_embedders():
    model = SupportModel.bundled()
    assert model.embedder == BUNDLED
    assert 0 < model.unsupported < 0.5 < model.supported < 1
    for regression in (model.same_language, model.other_language):
        assert regression.weights["similarity"] > 0 > regression.weights["number"]
    assert "words" not in model.other_language.weights


@pytest.mark.parametrize(
    ("claim", "language", "similarities", "expected"),
    [
        ("Saskia Dorrestein leidt het werk.", "nl", (0.95, 0.8), Support.SUPPORTED),
        ("Saskia Dorrestein leads the work.", "en", (0.92, 0.8), Support.SUPPORTED),
        ("It costs 5.2 million euros.", "en", (0.95, 0.8), Support.UNSUPPORTED),
        ("The cathedral was consecrated long ago.", "en", (0.74, 0.73), Support.UNSUPPORTED),
        ("Die Dame leitet alle Arbeiten am Ufer.", "de", (0.92, 0.8), Support.SUPPORTED),
    ],
)
def test_the_bundled_judge(claim, language, similarities, expected):
    made = statement(claim, WORKS, language=language, similarities=(similarities,))
    assert SupportJudge.bundled().support(made, BUNDLED) is expected
