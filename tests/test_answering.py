"""From question to checked answer, with a model that says what it is told to."""

import pytest

from assistant.chat_model import Ending
from assistant.errors import BadQuestion, ModelUnavailable
from assistant.remarks import remarks
from assistant.types import Kind, Message, Support
from assistant.wording import english
from index.errors import EmptyCorpus
from tests.corpora import make_assistant, make_corpus
from tests.fakes import WordEmbedder, open_corpus
from tests.scripted import ScriptedModel
from tests.test_sentinel import REFUSALS

LEADER = "Who leads the works on the quay?"


@pytest.fixture
def assistant(corpus):
    return make_assistant(corpus)


@pytest.fixture
def model(assistant):
    model = ScriptedModel()
    assistant.use(model)
    return model


def source_number(assistant, question, title):
    """The number a document will have in the prompt: its place in the evidence."""
    evidence = next(iter(assistant.stream(question))).evidence
    return 1 + next(i for i, item in enumerate(evidence) if item.title == title)


def test_without_a_model_key_sentences_are_quoted(assistant):
    answer = assistant.ask(LEADER)
    assert answer.kind is Kind.QUOTED
    assert answer.language == "en"
    first = answer.citations[0]
    assert first.quote == "Projectleider Saskia Dorrestein leidt de werkzaamheden."
    assert answer.text.startswith("The documents say:")
    assert f"“{first.quote}” [1]" in answer.text
    assert len(answer.citations) <= 3


def test_the_citation_is_the_exact_place(assistant, corpus):
    citation = assistant.ask(LEADER).citations[0]
    source = corpus.source(citation.document_id)
    assert source.text[citation.start : citation.end] == citation.quote
    assert citation.document == "kade.txt"


def test_evidence_comes_first_and_every_snapshot_grows(assistant, model):
    model.enqueue("Saskia Dorrestein leads the works [1].")
    snapshots = list(assistant.stream(LEADER))
    assert snapshots[0].kind is Kind.EVIDENCE
    assert snapshots[0].evidence and not snapshots[0].text
    assert [s.done for s in snapshots] == [False] * (len(snapshots) - 1) + [True]
    assert all(s.evidence == snapshots[0].evidence for s in snapshots)
    assert set(snapshots[-1].timings_ms) == {"evidence", "first_token", "done"}


def test_a_written_answer_cites_the_sentence_that_says_so(assistant, model):
    number = source_number(assistant, LEADER, "kade")
    model.enqueue(f"Saskia Dorrestein leads the works [{number}].")
    answer = assistant.ask(LEADER)
    assert answer.kind is Kind.WRITTEN
    assert answer.text == "Saskia Dorrestein leads the works [1]."
    assert [c.number for c in answer.citations] == [1]
    assert answer.citations[0].quote == "Projectleider Saskia Dorrestein leidt de werkzaamheden."
    assert answer.claims[0].support is not Support.UNSUPPORTED
    assert answer.model == "scripted"


def test_a_bare_name_is_judged_as_the_answer_to_its_question(assistant, model):
    number = source_number(assistant, LEADER, "kade")
    model.enqueue(f"Saskia Dorrestein [{number}]")
    answer = assistant.ask(LEADER)
    assert answer.text == "Saskia Dorrestein [1]"
    assert answer.claims[0].support is Support.SUPPORTED
    assert answer.citations[0].quote == "Projectleider Saskia Dorrestein leidt de werkzaamheden."


def test_a_mark_stands_for_the_sentences_before_it_and_for_none_behind_it(assistant, model):
    number = source_number(assistant, LEADER, "kade")
    first, second = "Saskia Dorrestein leads the works.", "The costs are 4.2 million euros"
    model.enqueue(f"{first} {second} [{number}]. The quay is renewed in the spring.")
    claims = assistant.ask(LEADER).claims
    assert [claim.citations for claim in claims] == [(), (1,), ()]
    verdicts = [claim.support is Support.UNSUPPORTED for claim in claims]
    assert verdicts == [False, False, True]


def test_the_model_is_told_language_sources_and_question(assistant, model):
    model.enqueue("Dat is Saskia Dorrestein [1].")
    assistant.ask("Wie leidt het werk aan de kade?")
    system, user = model.history[-1][0], model.history[-1][-1]
    assert "Dutch" in system.content
    assert "Saskia Dorrestein" in user.content
    assert "Wie leidt het werk aan de kade?" in user.content
    assert "$" not in system.content + user.content


def test_an_invented_citation_never_shows(assistant, model):
    number = source_number(assistant, LEADER, "kade")
    model.enqueue(f"Saskia Dorrestein leads the works [{number}][77].")
    snapshots = list(assistant.stream(LEADER))
    assert all("77" not in s.text for s in snapshots)
    assert snapshots[-1].dropped == 1


def test_a_number_that_no_source_holds_makes_a_refusal(assistant, model):
    number = source_number(assistant, LEADER, "kade")
    model.enqueue(f"Saskia Dorrestein has led the works since 1987 [{number}].")
    answer = assistant.ask(LEADER)
    assert answer.refused
    assert "1987" not in answer.text
    assert answer.evidence
    assert any("is not shown" in str(notice) for notice in answer.notices)


def test_an_invented_sentence_among_others_is_marked_and_counted(assistant, model):
    number = source_number(assistant, LEADER, "kade")
    model.enqueue(
        f"Hello! Saskia Dorrestein leads the works [{number}]. "
        f"They have gone on since 1987 [{number}]."
    )
    answer = assistant.ask(LEADER)
    verdicts = [claim.support for claim in answer.claims]
    assert verdicts == [Support.UNJUDGED, Support.SUPPORTED, Support.UNSUPPORTED]
    assert "1 of 2 sentences is not borne out by a source." in remarks(answer, english())


def test_an_answer_that_states_nothing_is_a_refusal(assistant, model):
    number = source_number(assistant, LEADER, "kade")
    model.enqueue(f"The sources do not mention who leads it [{number}].")
    assert assistant.ask(LEADER).refused


def test_where_the_check_was_not_measured_the_answer_says_so(assistant, model):
    number = source_number(assistant, "Qui dirige les travaux sur le quai ?", "kade")
    model.enqueue(f"Saskia Dorrestein dirige les travaux [{number}].")
    answer = assistant.ask("Qui dirige les travaux sur le quai ?")
    assert answer.kind is Kind.WRITTEN
    assert any("never measured" in remark for remark in remarks(answer, english()))


def test_an_answer_without_any_source_becomes_quotations(assistant, model):
    model.enqueue("Saskia Dorrestein leads the works.")
    answer = assistant.ask(LEADER)
    assert answer.kind is Kind.QUOTED
    assert any("without sources" in str(notice) for notice in answer.notices)


@pytest.mark.parametrize(
    "reply",
    [
        *REFUSALS,
        "The sources do not say.\nNO ANSWER.",
        "De bronnen zeggen dit niet.\nNO ANSWER。",
        "",
    ],
)
def test_a_model_that_declines_makes_a_refusal(assistant, model, reply):
    model.enqueue(reply)
    snapshots = list(assistant.stream("Wie leidt het werk aan de kade?"))
    assert snapshots[-1].refused
    assert snapshots[-1].text == "Dat staat niet in de documenten."
    assert all("NO ANSWER" not in s.text.upper() for s in snapshots)


@pytest.mark.parametrize(
    "said", ["If there is no answer, ", "No answer is needed: ", "NO ANSWERS: ", "A (NO ANSWER): "]
)
def test_an_answer_may_speak_of_answers(assistant, model, said):
    number = source_number(assistant, LEADER, "kade")
    model.enqueue(f"{said}Saskia Dorrestein leads the works on the quay [{number}].")
    assert assistant.ask(LEADER).text.startswith(said.strip())


@pytest.mark.parametrize(
    ("ending", "said"),
    [
        (Ending.LENGTH, "answer_tokens"),
        (Ending.FILTERED, "content filter"),
        (Ending.UNTOLD, "may be cut off"),
    ],
)
def test_an_answer_that_was_cut_off_says_so(assistant, model, ending, said):
    number = source_number(assistant, LEADER, "kade")
    model.ending = ending
    model.enqueue(f"Saskia Dorrestein leads the works [{number}]. The costs")
    answer = assistant.ask(LEADER)
    assert answer.kind is Kind.WRITTEN
    assert any(said in str(notice) for notice in answer.notices)
    model.enqueue("")
    answer = assistant.ask(LEADER)
    assert answer.kind is Kind.QUOTED
    assert any(said in str(notice) for notice in answer.notices)


def test_a_model_that_is_silent_before_its_yes_shows_the_same_again(corpus):
    assistant, model = make_assistant(corpus, model_threshold=0.5), ScriptedModel()
    assistant.use(model)
    model.silences = 2
    model.enqueue("Saskia Dorrestein leads the works [1].", probability=0.2)
    first, *waiting, last = assistant.stream(LEADER)
    assert last.refused and len(waiting) >= 2
    assert {snapshot.evidence for snapshot in waiting} == {first.evidence}


def test_no_mark_in_code_is_drawn_to_another_sources_sentence(assistant, model):
    number = source_number(assistant, LEADER, "kade")
    other = 2 if number == 1 else 1
    model.enqueue(f"Saskia Dorrestein ` leads the works [{number}]. It opens at nine [{other}].")
    answer = assistant.ask(LEADER)
    assert [claim.citations for claim in answer.claims] == [(1,), (2,)]
    assert len({citation.document for citation in answer.citations}) == 2


def test_a_quotation_in_code_is_verified(assistant, model):
    number = source_number(assistant, LEADER, "kade")
    model.enqueue(f'It says `"Saskia Dorrestein leidt niet de werkzaamheden"` [{number}].')
    answer = assistant.ask(LEADER)
    assert answer.misquoted == 1 and '"' not in answer.text


@pytest.fixture
def asked_first(corpus):
    """A model that is asked for a yes before it may write, and its assistant."""
    assistant, model = make_assistant(corpus, model_threshold=0.5), ScriptedModel()
    assistant.use(model)
    return assistant, model


def test_a_model_that_doubts_is_not_asked_to_write(asked_first):
    assistant, model = asked_first
    model.enqueue("Jan Jansen leads the works [1].", probability=0.2)
    answer = assistant.ask(LEADER)
    assert answer.refused
    assert len(model.history) == 1
    assert model.replies


def test_a_model_that_is_sure_is_asked_to_write(asked_first):
    assistant, model = asked_first
    model.enqueue("Saskia Dorrestein leads the works [1].", probability=0.95)
    assert assistant.ask(LEADER).kind is Kind.WRITTEN
    asked, written = model.history
    assert asked[:-1] == written[:-1], "a local model reads what both begin with once"


def test_a_server_that_tells_no_probability_is_asked_to_write(asked_first):
    assistant, model = asked_first
    model.enqueue("Saskia Dorrestein leads the works [1].", probability=None)
    assert assistant.ask(LEADER).kind is Kind.WRITTEN


def test_unless_the_settings_want_it_no_yes_is_asked_for(assistant, model):
    model.enqueue("Saskia Dorrestein leads the works [1].", probability=0.01)
    assert assistant.ask(LEADER).kind is Kind.WRITTEN
    assert len(model.history) == 1


@pytest.mark.parametrize(
    ("question", "refusal"),
    [
        ("What is the capital of Peru?", "The documents do not say."),
        ("Wat is de hoofdstad van Peru?", "Dat staat niet in de documenten."),
        ("Wie hoch ist der Mount Everest?", "Das steht nicht in den Dokumenten."),
        ("法国总统是谁？", "文件中没有说明。"),
    ],
)
def test_off_topic_is_refused_in_the_questions_language_without_a_model_call(
    assistant, model, question, refusal
):
    answer = assistant.ask(question)
    assert (answer.kind, answer.text) == (Kind.REFUSED, refusal)
    assert answer.evidence and not answer.citations
    assert model.history == []


def test_a_dead_model_leaves_quotations_and_says_why(assistant, model):
    model.enqueue(ModelUnavailable("The language model 'm' does not answer."))
    answer = assistant.ask(LEADER)
    assert answer.kind is Kind.QUOTED
    assert answer.citations
    assert "does not answer" in str(answer.notices[0])


def test_a_follow_up_is_searched_with_the_question_before_it(assistant):
    history = [
        Message("user", "What does a library membership cost?"),
        Message("assistant", "38 euros a year [1]."),
    ]
    answer = assistant.ask("And on Sundays?", history)
    assert answer.evidence[0].title == "library"


def test_a_question_too_short_to_tell_keeps_the_conversations_language(assistant):
    history = [Message("user", "Wat kost de kade?"), Message("assistant", "4,2 miljoen euro.")]
    assert assistant.ask("2026?", history).language == "nl"


@pytest.mark.parametrize(
    ("question", "said"), [("", "empty"), (" \n\t", "empty"), ("x" * 10_000, "longest_question")]
)
def test_a_bad_question_is_named(assistant, question, said):
    with pytest.raises(BadQuestion, match=said):
        assistant.ask(question)


def test_with_another_embedder_nothing_is_refused_by_figures_that_are_not_its_own(tmp_path):
    (tmp_path / "kade.txt").write_text("De kade wordt in het voorjaar vernieuwd.", "utf-8")
    with open_corpus(tmp_path / "data", WordEmbedder()) as corpus:
        list(corpus.sync([tmp_path / "kade.txt"]))
        assert make_assistant(corpus).ask("What is the capital of Peru?").kind is Kind.QUOTED


def test_an_empty_corpus_names_the_remedy(tmp_path):
    with make_corpus(tmp_path) as empty, pytest.raises(EmptyCorpus, match="bronwijzer sync"):
        make_assistant(empty).ask("Who?")


def test_only_passages_that_were_given_can_be_cited(corpus):
    assistant, model = make_assistant(corpus, context_characters=100), ScriptedModel()
    assistant.use(model)
    model.enqueue("Saskia Dorrestein leads the works [1][2][3].")
    answer = assistant.ask(LEADER)
    assert answer.read < len(answer.evidence)
    assert answer.dropped >= 3 - answer.read


def test_the_model_recalls_the_last_turn_briefly_and_without_its_marks(assistant, model):
    history = [
        Message("user", "An older question"),
        Message("assistant", "An older answer [1]."),
        Message("user", "What is done in the spring?"),
        Message("assistant", "The quay is renewed [1]. Source 8 (z): 【8】 " + "x" * 5000),
    ]
    model.enqueue("Saskia Dorrestein leads the works [1].")
    assistant.ask(LEADER, history)
    (written,) = model.history
    assert [m.role for m in written] == ["system", "user", "assistant", "user"]
    assert written[2].content.startswith("The quay is renewed. “Source” 8 (z): (8) x")
    assert len(written[2].content) <= 410


COSTS = "De kosten bedragen 4,2 miljoen euro."


def test_a_quotation_is_cited_where_it_stands_and_not_where_the_claim_is_most_alike(
    assistant, model
):
    number = source_number(assistant, LEADER, "kade")
    model.enqueue(
        f"Saskia Dorrestein leads the works on the quay, as “de kosten bedragen 4,2 miljoen "
        f"euro” shows [{number}]."
    )
    answer = assistant.ask(LEADER)
    assert [citation.quote for citation in answer.citations] == [COSTS]
    assert answer.misquoted == 0 and "“de kosten bedragen 4,2 miljoen euro”" in answer.text


def test_a_quotation_over_several_sentences_is_cited_whole(assistant, model):
    number = source_number(assistant, LEADER, "kade")
    model.enqueue(f"“Saskia Dorrestein leidt de werkzaamheden. De kosten bedragen” [{number}].")
    citation = assistant.ask(LEADER).citations[0]
    assert citation.quote == f"Projectleider Saskia Dorrestein leidt de werkzaamheden. {COSTS}"


def test_a_quotation_proves_its_source_whatever_number_stands_behind_it(assistant, model):
    number = source_number(assistant, LEADER, "kade")
    wrong = 2 if number == 1 else 1
    model.enqueue(f"It says: „De kosten bedragen 4,2 miljoen euro.“ [{wrong}]")
    answer = assistant.ask(LEADER)
    assert [citation.quote for citation in answer.citations] == [COSTS]


def test_a_mark_behind_a_later_sentence_is_not_drawn_to_an_earlier_quotation(assistant, model):
    number = source_number(assistant, LEADER, "kade")
    model.enqueue(f"“De kosten bedragen 4,2 miljoen euro.” Saskia Dorrestein leads it [{number}].")
    citation = assistant.ask(LEADER).citations[0]
    assert citation.quote == "Projectleider Saskia Dorrestein leidt de werkzaamheden."


def test_an_invented_quotation_is_shown_as_a_paraphrase_and_never_flickers(assistant, model):
    number = source_number(assistant, LEADER, "kade")
    model.enqueue(f"It says “Saskia Dorrestein is leading all the works” [{number}].")
    snapshots = list(assistant.stream(LEADER))
    assert all("“" not in snapshot.text for snapshot in snapshots)
    last = snapshots[-1]
    assert last.text == "It says Saskia Dorrestein is leading all the works [1]."
    assert last.misquoted == 1
    said = "1 quotation that no source holds is shown without quotation marks."
    assert said in remarks(last, english())


def test_words_of_the_question_and_titles_may_stand_in_quotation_marks(assistant, model):
    number = source_number(assistant, LEADER, "kade")
    text = "“Who leads the works on the quay” is Saskia Dorrestein"
    model.enqueue(f"{text} [{number}].")
    answer = assistant.ask(LEADER)
    assert answer.text.startswith(text) and answer.misquoted == 0
