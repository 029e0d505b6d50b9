"""The report page, opened from a file in real headless Chromium: it shows all, and runs nothing."""

import json
import re
from html.parser import HTMLParser
from importlib.resources import files

import pytest
from playwright.sync_api import expect

from assistant.evaluation.metrics import METRICS
from assistant.evaluation.page import report_page
from tests.chromium import needs_chromium

HOSTILE = (
    "</script><img src=x onerror=\"window.hurt='img'\"><b>bold</b> <!-- <script> 'single' "
    '"double" '
    "&amp; {{style}} \\u003c \u2028\u2029\x01\x1b \u202eevil\u202c \ud83d end"
)
PASSAGE = "Ahmed 🙂 leads it. The works began in May. They end in June."


def estimate(value, n=4):
    return {"value": value, "low": max(0.0, value - 0.1), "high": value + 0.1, "n": n}


def passage(document, text, gold=False, key=""):
    span = {"start": 100, "end": 100 + len(text)}
    return {
        "doc_id": document,
        "text": text,
        "score": 0.5,
        "key": key,
        "language": "en",
        "gold": gold,
        **span,
    }


def row(qid, question, **changes):
    """A question that was answered rightly, in all its parts."""
    whole = {
        "qid": qid,
        "question": question,
        "language": "en",
        "kind": "same-language",
        "answerable": True,
        "answers": ["in May"],
        "gold": [
            {"doc_id": "works.txt", "start": 118, "end": 141, "quote": "The works began in May."}
        ],
        "history": [],
        "scope": [],
        "verdict": "correct",
        "scores": {"recall@5": 1.0, "citation_precision": [1, 2], "number_match": None},
        "retrieved": [
            passage("other.txt", "Nothing here."),
            passage("works.txt", PASSAGE, gold=True, key="The works began in May."),
            passage("third.txt", "Nor here."),
        ],
        "shown": 2,
        "reply": "They began in May [1, 2]. It rained.",
        "reply_kind": "written",
        "abstained": False,
        "reply_lang": "en",
        "citations": [
            {
                "mark": 1,
                "doc_id": "works.txt",
                "start": 118,
                "end": 141,
                "text": "The works began in May.",
                "language": "en",
            },
            {
                "mark": 2,
                "doc_id": "other.txt",
                "start": 0,
                "end": 9,
                "text": "Nothing.",
                "language": "en",
            },
        ],
        "sentences": [
            {"text": "They began in May", "marks": [1, 2], "support": "supported"},
            {"text": "It rained.", "marks": [], "support": "unsupported"},
        ],
        "dropped": 1,
        "model": "m",
        "notices": [],
        "latency_ms": {"evidence": 30.0, "first_token": 900.0, "done": 2000.0},
        "error": "",
    }
    return whole | changes


def report(rows, **changes):
    figures = {
        "recall@1": estimate(0.5),
        "recall@5": estimate(0.75),
        "correct": estimate(0.5),
        "done_ms_p50": estimate(2000.0),
        "made_up_metric": estimate(0.25),
    }
    whole = {
        "format": 1,
        "name": "Bronwijzer",
        "about": {
            "started": "2026-11-25T10:00:00+00:00",
            "seconds": 12.3,
            "documents": 3,
            "settings": {"deep": [{"er": None}]},
        },
        "notes": ["One question was left out."],
        "overall": figures,
        "by_kind": {"same-language": figures, "cross-language": figures},
        "by_language": {"en": figures, "ar": figures},
        "beside": {
            "Dense": {"overall": {"recall@1": estimate(0.4)}, "by_kind": {}, "by_language": {}}
        },
        "rows": rows,
    }
    return whole | changes


ROWS = [
    row("a-1", "When did the works begin?"),
    row(
        "b-2",
        "متى بدأت الأعمال؟",
        language="ar",
        kind="cross-language",
        verdict="wrong",
        retrieved=[passage("other.txt", "Nothing here.")],
        reply="Never [1].",
    ),
    row(
        "c-3",
        "What is the capital of Peru?",
        answerable=False,
        answers=[],
        gold=[],
        verdict="rightly abstained",
        reply="The documents do not say.",
        reply_kind="refused",
        abstained=True,
        citations=[],
        sentences=[],
        retrieved=[],
    ),
    row(
        "d/4 é",
        "Who leads it?",
        verdict="failed",
        reply="",
        reply_kind="none",
        citations=[],
        sentences=[],
        error="The model did not answer within 120 s.",
        latency_ms={},
        history=[{"role": "user", "content": "About the works."}],
    ),
]


@pytest.fixture
def opened(browser, tmp_path):
    """A function that opens a report as a file; what the browser complains of fails the test."""
    contexts, complaints, requested = [], [], []

    def open_report(content, fragment="", width=1280):
        path = tmp_path / "report.html"
        path.write_text(report_page(content), encoding="utf-8")
        context = browser.new_context(viewport={"width": width, "height": 800})
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: requested.append(request.url))
        page.add_init_script(
            "document.addEventListener('securitypolicyviolation',"
            " (event) => console.error('policy: ' + event.violatedDirective))"
        )
        page.goto(path.as_uri() + fragment)
        return page

    yield open_report
    for context in contexts:
        context.close()
    assert complaints == []
    assert [url for url in requested if not url.startswith("file:")] == []


def questions(page):
    return page.locator(".question-row")


class Addresses(HTMLParser):
    """Collects what a page could fetch or lead to, and the elements it has."""

    def __init__(self):
        super().__init__()
        self.found, self.tags = [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.found += [value for name, value in attrs if name in ("src", "href", "action", "data")]


def test_the_page_names_no_address_outside_itself():
    text = report_page(report([], name=HOSTILE))
    parser = Addresses()
    parser.feed(text)
    assert [address for address in parser.found if not address.startswith("#")] == []
    assert not {"link", "img", "iframe", "object", "base"} & set(parser.tags)
    rest = text.replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"(?:https?:|//cdn|@import|url\((?!#))", rest)
    for forbidden in ("unsafe-inline", "innerHTML", "insertAdjacentHTML", "document.write"):
        assert forbidden not in text


def test_the_data_survive_and_cannot_end_the_script():
    text = report_page(report([row("x", HOSTILE)], about={"odd": float("nan"), "path": object}))
    data = re.search(r'<script type="application/json" id="report">(.*?)</script>', text, re.S)[1]
    assert not set("<>&\u2028\u2029") & set(data)
    assert json.loads(data)["rows"][0]["question"] == HOSTILE
    assert json.loads(data)["about"]["odd"] is None
    text.encode("utf-8")


@needs_chromium
def test_every_question_opens_with_its_evidence_answer_and_verdict(opened):
    page = opened(report(ROWS))
    expect(questions(page)).to_have_count(4)
    first = questions(page).first
    expect(first.locator("summary").first).to_contain_text("correct")
    expect(first.locator(".row-body")).to_have_count(0)
    first.locator("summary").first.focus()
    page.keyboard.press("Enter")
    expect(first.locator("blockquote")).to_have_text("They began in May [1, 2]. It rained.")
    expect(first.locator(".doubt")).to_have_text("It rained.")
    expect(first.locator(".doubts")).to_contain_text("unsupported: points at no source")
    expect(first.locator(".remarks")).to_contain_text("1 mark named no source")
    expect(first.locator("mark.key.gold")).to_have_text("The works began in May.")
    expect(first.locator(".passages > li")).to_have_count(4)
    expect(first.locator(".passages > li").nth(2)).to_contain_text("shown the 2 above")
    expect(first.locator(".passages > li").nth(1)).to_contain_text("★ gold")
    expect(first.locator(".scores")).to_contain_text("1 of 2")
    first.get_by_role("link", name="2", exact=True).click()
    expect(first.locator(".citations li:target")).to_contain_text("Nothing.")


@needs_chromium
def test_each_text_has_its_own_direction(opened):
    page = opened(report(ROWS), "#q=b-2")
    asked = questions(page).nth(1).locator(".question")
    expect(asked).to_have_attribute("lang", "ar")
    expect(asked).to_have_css("direction", "rtl")
    assert page.evaluate("getComputedStyle(document.body).direction") == "ltr"


@needs_chromium
def test_filters_and_order(opened):
    page = opened(report(ROWS))
    page.get_by_label("Search").fill("CAPITAL peru")
    expect(questions(page)).to_have_count(1)
    expect(page.get_by_role("status")).to_have_text("1 of 4 questions")
    page.get_by_role("button", name="Clear").click()
    expect(questions(page)).to_have_count(4)
    for label, value, count in (
        ("Kind", "=cross-language", 1),
        ("Language", "=en", 3),
        ("Outcome", "=correct", 1),
    ):
        page.get_by_label(label, exact=True).select_option(value)
        expect(questions(page)).to_have_count(count)
        page.get_by_role("button", name="Clear").click()
    page.get_by_label("Failed only").check()
    expect(questions(page)).to_have_text([re.compile("متى"), re.compile("Who leads")])
    page.get_by_role("button", name="Clear").click()
    page.get_by_label("First show").select_option("worst")
    expect(questions(page).first).to_contain_text("متى")
    expect(questions(page).last).to_contain_text("Peru")
    page.get_by_role("button", name="wrong 1").click()
    expect(questions(page)).to_have_count(1)


@needs_chromium
def test_a_link_opens_its_question_whatever_hides_it(opened):
    rows = [row(f"q-{number}", f"Question {number}?") for number in range(250)] + ROWS
    page = opened(report(rows), "#q=d%2F4%20%C3%A9")
    linked = page.locator("details[open].question-row")
    expect(linked).to_have_count(1)
    expect(linked).to_contain_text("did not answer within 120 s")
    expect(linked).to_contain_text("About the works.")
    expect(linked.locator("summary").first).to_be_in_viewport()
    page.get_by_label("Outcome").select_option("=wrong")
    page.evaluate("location.hash = '#q=q-7'")
    expect(page.locator("details[open].question-row")).to_contain_text("Question 7?")
    page.evaluate("location.hash = '#q=%E0%A4%A'")


@needs_chromium
def test_a_long_list_comes_in_parts(opened):
    page = opened(report([row(f"q-{number}", f"Question {number}?") for number in range(230)]))
    expect(questions(page)).to_have_count(100)
    page.get_by_role("button", name="Show 100 more of 130").click()
    expect(questions(page)).to_have_count(200)
    page.get_by_role("button", name="Show 30 more of 30").click()
    expect(questions(page)).to_have_count(230)
    expect(page.get_by_role("button", name="Show")).to_have_count(0)


@needs_chromium
def test_hostile_text_shows_as_text_and_runs_nothing(opened):
    hostile_row = row(
        HOSTILE,
        HOSTILE,
        language=HOSTILE,
        kind=HOSTILE,
        verdict=HOSTILE,
        answers=[HOSTILE],
        gold=[{"doc_id": HOSTILE, "start": 0, "end": 9, "quote": HOSTILE}],
        scope=[HOSTILE],
        history=[{"role": HOSTILE, "content": HOSTILE}],
        scores={HOSTILE: 1.0},
        retrieved=[passage(HOSTILE, HOSTILE, gold=True, key="bold")],
        shown=1,
        reply=HOSTILE + " [1]",
        reply_lang=HOSTILE,
        model=HOSTILE,
        notices=[HOSTILE],
        error=HOSTILE,
        citations=[
            {
                "mark": 1,
                "doc_id": HOSTILE,
                "start": 0,
                "end": 9,
                "text": HOSTILE,
                "language": HOSTILE,
            }
        ],
        sentences=[{"text": HOSTILE, "marks": [1], "support": "weak"}],
        latency_ms={HOSTILE: 3.0},
    )
    figures = {HOSTILE: estimate(0.5), "recall@5": estimate(0.5)}
    beside = {HOSTILE: {"overall": figures, "by_kind": {HOSTILE: figures}, "by_language": {}}}
    page = opened(
        report(
            [hostile_row],
            name=HOSTILE,
            notes=[HOSTILE],
            about={HOSTILE: [HOSTILE], "started": HOSTILE},
            overall=figures,
            by_kind={HOSTILE: figures},
            by_language={HOSTILE: figures},
            beside=beside,
        )
    )
    questions(page).first.locator("summary").first.click()
    expect(questions(page).first.locator("blockquote")).to_be_visible()
    assert page.locator(".question").first.evaluate("node => node.textContent") == HOSTILE
    assert page.locator(".passages p").first.evaluate("node => node.textContent") == HOSTILE
    assert page.locator("img, b").count() == 0
    assert page.locator("script").count() == 2
    assert page.evaluate("window.hurt") is None


@needs_chromium
def test_a_report_without_questions(opened):
    empty = {
        "overall": {},
        "by_kind": {},
        "by_language": {},
        "beside": {},
        "about": {},
        "notes": [],
    }
    page = opened(report([], **empty))
    expect(page.get_by_role("heading", name="Bronwijzer")).to_be_visible()
    expect(page.get_by_role("status")).to_have_text("0 questions.")
    expect(page.locator("#comparison")).to_be_hidden()


@needs_chromium
def test_a_report_of_the_search_alone(opened):
    keep = (
        "qid",
        "question",
        "language",
        "kind",
        "answerable",
        "answers",
        "gold",
        "retrieved",
        "shown",
    )
    rows = [
        {name: value for name, value in row("a", "When?").items() if name in keep}
        | {
            "verdict": "found",
            "scores": {"recall@5": 1.0},
            "latency_ms": {"evidence": 31.0},
            "reply": None,
        }
    ]
    figures = {"recall@5": {"value": 1.0, "low": None, "high": None, "n": 1}}
    page = opened(
        report(rows, overall=figures, about={"retrieval_only": True}, by_kind={"k": figures})
    )
    expect(page.locator("#summary")).to_contain_text("Only the search was measured")
    questions(page).first.locator("summary").first.click()
    expect(questions(page).first).to_contain_text("None was asked for.")
    expect(questions(page).first.locator("mark.key.gold")).to_have_count(1)


@needs_chromium
def test_a_question_that_names_no_place_has_no_rank(opened):
    page = opened(report([row("a", "When?", gold=[], retrieved=[passage("a.txt", "In May.")])]))
    expect(questions(page).first).to_contain_text("no gold")
    expect(questions(page).first).not_to_contain_text("not found")


@needs_chromium
def test_the_figures_stand_in_a_table_and_in_words(opened):
    page = opened(report(ROWS))
    table = page.locator("table.figures")
    expect(table).to_contain_text("made_up_metric")
    expect(table.locator("tr", has_text="recall@1").locator("td")).to_have_text(
        ["0.500", "0.400 to 0.600", "4", "0.400"]
    )
    curve = page.get_by_role("img", name="Bronwijzer: recall@1 0.500, recall@5 0.750. Dense")
    expect(curve).to_be_visible()
    page.get_by_label("Metric").select_option("correct")
    dots = page.get_by_role("img", name=re.compile("^0.500, 95.% interval 0.400"))
    expect(dots).to_have_count(6)
    page.get_by_label("Questions", exact=True).select_option("by_language ar")
    expect(table.locator("tr", has_text="recall@1").locator("td").last).to_have_text("–")


@needs_chromium
@pytest.mark.parametrize("width", [360, 390, 1280])
def test_nothing_is_wider_than_the_screen(opened, width):
    long = row("x" * 200, "y" * 400, reply="z" * 400, error="e" * 400, answers=["w" * 300])
    beside = {f"System {n}": {"overall": {"recall@1": estimate(0.4)}} for n in range(6)}
    page = opened(report([*ROWS, long], beside=beside), width=width)
    for item in questions(page).all():
        item.locator("summary").first.click()
    expect(page.locator(".row-body")).to_have_count(5)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@needs_chromium
def test_without_scripts_the_figures_remain(browser, tmp_path):
    path = tmp_path / "report.html"
    path.write_text(report_page(report(ROWS)), encoding="utf-8")
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(path.as_uri())
    expect(page.locator("noscript table")).to_contain_text("recall@5")
    expect(page.locator("#main")).to_be_hidden()
    context.close()


def test_the_page_and_the_metrics_agree_on_which_way_is_better():
    script = files("assistant.evaluation").joinpath("static/metrics.js").read_text("utf-8")
    fewer = re.search(r"FEWER_IS_BETTER = /(.*)/;", script).group(1)
    holds = [re.compile(rule) for rule in re.findall(r"holds: /(.*)/,", script)]
    for name, metric in METRICS.items():
        assert bool(re.search(fewer, name)) is metric.lower_is_better, name
        assert any(rule.search(name) for rule in holds), f"{name} is in no group"
