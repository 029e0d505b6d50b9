"""Markdown for pages: links to sentences, doubts in words, and no markup from any text."""

import html
import io
import re
from dataclasses import replace
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from rich.console import Console

from assistant.commands import _show_answer as show_in_terminal
from assistant.model_supply import ModelState, ModelStatus
from assistant.remarks import doubt, remarks
from assistant.rendering import escaped
from assistant.rendering import show_answer as render_answer
from assistant.rendering import show_evidence as render_evidence
from assistant.state_line import show_state
from assistant.types import Answer, Citation, Claim, Evidence, Kind, Notice, Support
from assistant.wire import read_answer, write_answer
from assistant.wording import WordingBook, english
from index.types import Span, SyncReport

HOSTILE = "<script>alert(1)</script> ![x](http://evil.example/p.png) [a](javascript:b) `c` $$d$$"


def citation(number=1, quote="Zij leidt het.", title="Kade"):
    return Citation(number, 7, "kade.txt", title, "p. 2", "nl", 10, 20, quote)


def show_answer(answer, advice=""):
    return render_answer(answer, english(), advice)


def show_evidence(answer):
    return render_evidence(answer, english())


def show_status(status, documents, sync=None):
    return show_state(status, documents, sync, english()).replace("\\", "")


def written(text, *claims, citations=()):
    return Answer("q", "en", Kind.WRITTEN, text, claims=claims, citations=citations, done=True)


def test_marks_become_links_to_the_sentence():
    shown = show_answer(written("She leads it [1].", citations=(citation(),)))
    assert '[\\[1\\]](/source/7?start=10&end=20#cited "Zij leidt het\\.")' in shown


def test_a_mark_quotes_its_sentence_whatever_that_holds():
    quote = 'Zij "leidt" het) <b>nu</b>\n\n[x](y) \\'
    rendered = MarkdownIt("commonmark").render(
        show_answer(written("Yes [1].", citations=(citation(quote=quote),)))
    )
    title = re.search(r'<a href="/source/7[^"]*" title="([^"]*)">\[1\]</a>', rendered)
    assert html.unescape(title.group(1)) == " ".join(quote.split())


def test_doubtful_sentences_say_why():
    text = "Sure [1]. Doubtful [1]."
    claims = (Claim(0, 9, (1,), Support.SUPPORTED), Claim(10, 23, (1,), Support.UNSUPPORTED))
    shown = show_answer(written(text, *claims, citations=(citation(),)))
    first, second = shown.split("Doubtful")
    assert "not borne out" in second and "not borne out" not in first


def test_sentences_in_doubt_are_counted_among_those_that_state_something():
    spans = [(0, 4), (5, 9), (10, 14), (15, 19)]
    levels = (Support.SUPPORTED, Support.WEAK, Support.UNSUPPORTED, Support.UNJUDGED)
    claims = [
        Claim(start, end, (1,), level) for (start, end), level in zip(spans, levels, strict=True)
    ]
    answer = written("One. Two. Six. Ten?", *claims, citations=(citation(),))
    assert remarks(answer, english()) == (
        "1 of 3 sentences is not borne out by a source.",
        "1 of 3 sentences is perhaps not borne out: compare with the source.",
    )
    shown = show_answer(answer)
    weak, unsupported = "its source may not say so", "not borne out by a source"
    assert f'<span class="doubt weak">Two\\.</span> <em class="why">({weak})</em>' in shown
    assert f'unsupported">Six\\.</span> <em class="why">({unsupported})</em>' in shown
    assert "One\\. " in shown and " Ten?" in shown
    assert "1 of 3 sentences is not borne out by a source" in shown.replace("\\", "")
    assert remarks(written("One.", claims[0]), english()) == ()
    assert write_answer(answer)["remarks"] == list(remarks(answer, english()))
    assert [c["support"] for c in write_answer(answer)["claims"]][-1] == "unjudged"
    assert read_answer(write_answer(answer)) == answer


def test_the_command_line_names_the_sentences_in_doubt():
    claims = (Claim(0, 9, (1,), Support.SUPPORTED), Claim(10, 23, (1,), Support.UNSUPPORTED))
    answer = written("Sure [1]. Doubtful [1].", *claims, citations=(citation(),))
    shown = io.StringIO()
    show_in_terminal(Console(file=shown, markup=False, soft_wrap=True), [answer])
    assert "Doubt: not borne out by a source: “Doubtful.”" in shown.getvalue()
    assert "Sure.”" not in shown.getvalue()
    assert "Note: 1 of 2 sentences is not borne out by a source." in shown.getvalue()


def test_the_command_line_shows_evidence_once_for_each_search():
    sentence = Span(0, 4)
    item = Evidence(1, 7, "d", "T", "", "nl", 0, 4, "Een.", (sentence,), (0,), sentence, 1, 1)
    first = Answer("Who leads it?", "en", evidence=(item,))
    silent, later = replace(first, waiting=2), replace(first, searched="Who leads the centre?")
    shown = io.StringIO()
    answers = [first, first, silent, later, later, written("Sure [1].", citations=(citation(),))]
    show_in_terminal(Console(file=shown, markup=False, soft_wrap=True), answers)
    assert shown.getvalue().count("Evidence:") == 2
    assert shown.getvalue().count("Searched for: Who leads the centre?") == 1


def test_the_report_of_an_evaluation_words_doubts_as_the_pages_do():
    words = files("assistant").joinpath("evaluation/static/row.js").read_text("utf-8")
    for level in Support:
        if said := doubt(level, english()):
            assert f'{level.value}: "{said}"' in words


def test_quotations_name_their_document():
    answer = Answer("q", "nl", Kind.QUOTED, "In de documenten staat:", citations=(citation(),))
    shown = show_answer(answer)
    assert "> “Zij leidt het\\.”" in shown
    assert "Kade" in shown and "p\\. 2" in shown


def test_a_written_answer_shows_each_quotation_in_its_own_language_below_the_reply():
    arabic = replace(citation(2, "تبلغ الرسوم 38 دينارا.", "Maktaba"), language="ar")
    shown = show_answer(written("She leads it [1]. It is 38 [2].", citations=(citation(), arabic)))
    rendered = MarkdownIt("commonmark").render(shown)
    reply, dutch, second = rendered.split("<div ")[1:]
    assert reply.startswith('lang="en" dir="ltr">') and "She leads it" in reply
    assert dutch.startswith('lang="nl" dir="ltr">')
    assert "<blockquote>\n<p>“Zij leidt het.”</p>" in dutch and "Dutch" in dutch
    assert second.startswith('lang="ar" dir="rtl">') and "· Arabic" in second


def test_quoted_words_inside_a_reply_keep_their_direction():
    source = replace(citation(quote="تبلغ رسوم العضوية السنوية 38 دينارا."), language="ar")
    text = "It says “رسوم العضوية السنوية 38” and “what is quoted from elsewhere” [1]."
    shown = show_answer(written(text, citations=(source,)))
    assert '“<span lang="ar" dir="rtl">رسوم العضوية السنوية 38</span>”' in shown
    assert shown.count("<span lang") == 1


@pytest.mark.parametrize(
    ("language", "attributes"),
    [
        ("he", 'lang="he" dir="rtl"'),
        ("zh", 'lang="zh" dir="ltr"'),
        ("und", 'lang="und" dir="auto"'),
        ('x"><img src=y>', 'lang="x&quot;&gt;&lt;img src=y&gt;" dir="ltr"'),
    ],
)
def test_language_and_direction_are_said(language, attributes):
    source = replace(citation(), language=language)
    assert attributes in show_answer(written("Yes [1].", citations=(source,)))


def test_misquotations_are_counted():
    shown = [
        show_answer(Answer("q", "en", Kind.WRITTEN, "Yes.", misquoted=count, done=True))
        for count in (1, 2)
    ]
    assert "1 quotation that no source holds is shown without quotation marks" in shown[0]
    assert "2 quotations that no source holds are shown without quotation marks" in shown[1]


def test_what_was_dropped_is_counted():
    answer = Answer(
        "q", "en", Kind.WRITTEN, "Yes.", dropped=2, notices=(Notice.plain("Careful."),), done=True
    )
    assert "2 marks" in show_answer(answer)
    assert "Careful" in show_answer(answer)


@given(st.text(max_size=80))
def test_any_text_shows_as_itself(text):
    text = " ".join(text.replace("\0", "").split())
    rendered = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(escaped(text))
    inside = rendered.removeprefix("<p>").removesuffix("</p>\n")
    assert html.unescape(inside) == text


def test_indented_lines_are_no_code():
    text = "First\n\n    <b>second</b>\n\tthird"
    rendered = MarkdownIt("commonmark").render(escaped(text))
    assert "<code>" not in rendered
    assert html.unescape(re.sub(r"</?p>", "", rendered)).split() == text.split()
    answer = quoted_as(written("Yes [1].", citations=(citation(quote=text),)))
    assert "<code>" not in MarkdownIt("commonmark").render(show_answer(answer))


def test_a_name_is_short_and_turns_nothing_beside_it_around():
    names = citation(title="kade \u202egnp.txt\n\n# big " + "long " * 500)
    shown = show_answer(written("Yes [1].", citations=(names,)))
    line = next(line for line in shown.splitlines() if "kade" in line)
    assert "gnp" in line and "big" in line and line.endswith("Dutch")
    assert "\u202e" not in shown and len(line) < 300


@pytest.mark.parametrize("place", ["text", "quote", "title"])
def test_hostile_text_is_never_markup(place):
    values = {"quote": HOSTILE} if place == "quote" else {"title": HOSTILE}
    answer = written(HOSTILE if place == "text" else "Yes [1].", citations=(citation(**values),))
    for shown in (show_answer(answer), show_answer(quoted_as(answer))):
        rendered = MarkdownIt("commonmark").render(shown)
        assert "<script" not in rendered and "<img" not in rendered
        assert 'href="javascript' not in rendered


def quoted_as(answer):
    return Answer("q", "en", Kind.QUOTED, "The documents say:", citations=answer.citations)


def test_a_rewritten_question_is_shown_as_text_above_its_evidence():
    shown = show_evidence(Answer("And?", "en", searched=f"{HOSTILE}\n# Heading"))
    line = shown.split("\n\n")[1]
    assert line.startswith("*Searched for") and "\n" not in line
    page = MarkdownIt().render(shown)
    assert not any(tag in page for tag in ("<script", "<img", "<a "))
    assert "Searched" not in show_evidence(Answer("And?", "en"))


def test_evidence_links_each_key_sentence():
    item = Evidence(
        1,
        7,
        "d",
        HOSTILE,
        "",
        "nl",
        0,
        9,
        "Een. Twee",
        (Span(0, 4), Span(5, 9)),
        (0, 1),
        Span(5, 9),
        1,
        1,
    )
    shown = show_evidence(Answer("q", "en", evidence=(item,)))
    assert "> **Twee**" in shown and "/source/7?start=5&end=9#cited" in shown
    assert "<script" not in MarkdownIt("commonmark").render(shown)


def test_the_status_names_any_host_that_receives_text():
    ready = ModelStatus(ModelState.READY, "m", "models.example.org")
    assert "models.example.org" in show_status(ready, 3)
    assert "this machine" in show_status(ModelStatus(ModelState.READY, "m"), 1)
    assert "40%" in show_status(ModelStatus(ModelState.FETCHING, "m", share=0.4), 1)
    assert "bronwijzer model pull" in show_status(ModelStatus(ModelState.OFFERED), 1)


def test_until_a_model_writes_the_best_quotations_stand_in_the_place_of_an_answer():
    spans = (Span(0, 4), Span(5, 9))
    one = Evidence(1, 7, "d", "T", "p. 2", "nl", 0, 9, "Een. Twee", spans, (0, 1), spans[1], 1, 1)
    shown = show_answer(Answer("q", "en", evidence=(one, one, one)))
    assert shown.count("> “Twee”") == 2
    assert "/source/7?start=5&end=9#cited" in shown and "Dutch" in shown


def test_a_reply_names_its_language_only_beside_quotations_in_another():
    dutch = citation()
    assert "Answer in English" in show_answer(written("Yes [1].", citations=(dutch,)))
    same = replace(dutch, language="en")
    assert "Answer in" not in show_answer(written("Yes [1].", citations=(same,)))
    german = WordingBook.bundled().of("de")
    shown = render_answer(written("Yes [1].", citations=(dutch,)), german)
    assert "Antwort auf Englisch" in shown and "· Niederländisch" in shown


def test_counts_wait_for_the_end_of_an_answer():
    growing = Answer("q", "en", Kind.WRITTEN, "Yes.", misquoted=1)
    assert "no source holds" not in show_answer(growing)
    assert "no source holds" in show_answer(replace(growing, done=True))


def test_advice_follows_a_refusal_as_text():
    refused = Answer("q", "en", Kind.REFUSED, "The documents do not say.", done=True)
    shown = show_answer(refused, "Ask the *desk*.\nTel. 14 020.")
    assert "*Ask the \\*desk\\*\\.*" in shown and "*Tel\\. 14 020\\.*" in shown


def test_the_state_tells_of_a_sync_that_runs():
    ready = ModelStatus(ModelState.READY, "m")
    assert "brought up to date" in show_status(ready, 2, SyncReport())
    assert "40%" in show_status(ready, 2, SyncReport(embedded=2, to_embed=5))
    assert "brought" not in show_status(ready, 2)
