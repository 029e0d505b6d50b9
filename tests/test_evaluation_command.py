"""`bronwijzer eval` as a person meets it: what it reads, writes and exits with."""

import contextlib
import io
import json
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from assistant.cli import main
from assistant.evaluation.gold import read_questions
from assistant.evaluation.subjects import Selection, opened_subject
from assistant.evaluation.trial import Manner, run_key
from assistant.settings import Settings
from tests.corpora import TEXTS, write_texts
from tests.scripted import openai_server
from tests.test_cli import serving

GOLD = [
    {"id": "quay", "question": "Who leads the works on the quay?", "language": "en",
     "answers": ["Saskia Dorrestein"], "document": "kade.txt", "kind": "cross-language",
     "quote": "Projectleider Saskia Dorrestein leidt de werkzaamheden."},
    {"id": "leave", "question": "Wie viele Tage Urlaub haben die Beschäftigten?", "language": "de",
     "answers": ["30 Tage"], "document": "urlaub.txt", "kind": "same-language",
     "quote": "Die Beschäftigten haben 30 Tage Urlaub im Jahr."},
    {"id": "peru", "question": "What is the capital of Peru?", "answerable": False,
     "kind": "off-corpus"},
]  # fmt: skip


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A data folder with three documents in it."""
    folder = tmp_path_factory.mktemp("evaluation")
    write_texts(folder / "texts")
    assert run(folder, "sync", folder / "texts").code == 0
    return folder


class Run:
    """What a command printed and how it ended."""

    def __init__(self, code, out, error):
        self.code, self.out, self.error = code, out, error


def run(folder, *arguments, **environment):
    """Run a command in this process, in a data folder."""
    values = {"BRONWIJZER_MODEL": "none", "BRONWIJZER_DATA": str(folder / "data"), "COLUMNS": "200"}
    out, error, code = io.StringIO(), io.StringIO(), 0
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**values, **environment}.items():
            patch.setenv(name, value)
        patch.setattr(sys, "argv", ["bronwijzer", *map(str, arguments)])
        patch.chdir(folder)
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(error):
            try:
                main()
            except SystemExit as ended:
                code = ended.code or 0
    return Run(code, out.getvalue(), error.getvalue())


def write_lines(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture
def gold(tmp_path):
    return write_lines(tmp_path / "gold.jsonl", GOLD)


def test_all_results_of_quotations(data, gold, tmp_path):
    report = tmp_path / "report.json"
    ran = run(
        data, "eval", gold, "--json", report, "--gate", "recall@5=1", "--gate", "en:contains=1"
    )
    assert ran.code == 0, ran.error
    assert "recall@5" in ran.out and "passed en:contains >= 1" in ran.out
    found = json.loads(report.read_text(encoding="utf-8"))
    assert found["overall"]["recall@5"] == {"value": 1.0, "low": 1.0, "high": 1.0, "n": 2}
    assert found["by_kind"]["cross-language"]["contains"]["value"] == 1.0
    assert found["by_language"]["de"]["citation_recall"]["value"] == 1.0
    assert found["overall"]["abstention_recall"]["value"] == 1.0
    rows = {row["qid"]: row for row in found["rows"]}
    assert rows["quay"]["verdict"] == "correct" and rows["peru"]["verdict"] == "rightly abstained"
    assert rows["quay"]["retrieved"][0]["doc_id"] == "kade.txt"
    assert rows["quay"]["retrieved"][0]["gold"] and len(rows["quay"]["retrieved"]) == 3
    assert set(found["about"]) >= {"version", "embedder", "documents", "settings", "seconds"}
    assert found["about"]["documents"] == 3


def test_retrieval_only_and_limits(data, gold, tmp_path):
    report = tmp_path / "report.json"
    assert run(data, "eval", gold, "--retrieval-only", "--limit", 2, "--json", report).code == 0
    found = json.loads(report.read_text(encoding="utf-8"))
    assert [row["verdict"] for row in found["rows"]] == ["found", "found"]
    assert "contains" not in found["overall"] and "evidence_ms_p50" in found["overall"]
    assert run(data, "eval", gold, "--core").code == 2


def test_gates_decide_the_exit_code(data, gold, tmp_path):
    gates = tmp_path / "gates.toml"
    gates.write_text('[overall]\n"recall@5" = 1\n[off-corpus]\nabstention_recall = 1\n', "utf-8")
    assert run(data, "eval", gold, "--gate", gates).code == 0
    failed = run(data, "eval", gold, "--gate", "citation_recall=1.1", "--gate", gates)
    assert failed.code == 1 and "FAILED citation_recall >= 1.1" in failed.out
    report, junit = tmp_path / "report.json", tmp_path / "junit.xml"
    arguments = ("--gate", "reply_language=1", "--json", report, "--junit", junit)
    unmeasured = run(data, "eval", gold, *arguments)
    assert unmeasured.code == 2 and "not measured" in unmeasured.error
    assert report.exists(), "a mistaken gate loses no results"
    suites = ElementTree.fromstring(junit.read_bytes())
    assert [suite.get("tests") for suite in suites] == ["1", "3"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"question": "a"}\n{"question": \n', "line 2: this is not JSON"),
        ('{"id": "x"}\n', "line 1: the field 'question' is missing"),
        ('{"question": "a", "id": "x"}\n\n{"question": "b", "id": "x"}\n', "line 3: the id 'x'"),
        ('{"question": "a"}\n{"question": "b", "document": "no.txt"}\n', "line 2: No document"),
        ('{"question": "a", "document": "kade.txt", "quote": "not there"}\n', "line 1: the quote"),
        (
            '{"question": "a", "document": "kade.txt", "start": 0, "end": 99999}',
            "line 1: end 99999",
        ),
        ("", "holds no questions"),
    ],
)
def test_bad_questions_are_named_by_line(data, tmp_path, text, said):
    path = tmp_path / "gold.jsonl"
    path.write_text(text, encoding="utf-8")
    ran = run(data, "eval", path)
    assert (ran.code, "Traceback" in ran.error) == (2, False)
    assert said in ran.error


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["no-such-file.jsonl"], 2, "no-such-file.jsonl cannot be read"),
        ([], 2, ""),
        (["GOLD", "--gate", "recal@5=0.9"], 2, "Did you mean recall@5"),
        (["GOLD", "--gate", "fr:recall@5=0.9"], 2, "no kind or language 'fr'"),
        (["GOLD", "--json", "no/such/folder/report.json"], 2, "There is no folder"),
        (["GOLD", "--html", "texts"], 2, "texts is a folder"),
        (["GOLD", "--url", "http://127.0.0.1:1"], 3, "http://127.0.0.1:1"),
        (["GOLD", "--jobs", "0"], 2, "--jobs"),
    ],
)
def test_bad_arguments(data, gold, arguments, code, said):
    ran = run(data, "eval", *[str(gold) if word == "GOLD" else word for word in arguments])
    assert (ran.code, said in ran.error + ran.out) == (code, True), ran.error


@pytest.fixture
def folder(tmp_path):
    """A question set with its documents, in the form of a folder."""
    folder = tmp_path / "set"
    folder.mkdir()
    documents = [{"id": f"doc/{n}", "title": n, "text": text} for n, text in TEXTS.items()]
    write_lines(folder / "documents.jsonl", documents)
    start = TEXTS["kade.txt"].index("Projectleider")
    row = {"id": "quay", "lang": "en", "question": "Who leads the works on the quay?",
           "answers": ["Saskia Dorrestein"], "doc_ids": ["doc/kade.txt"], "answerable": True,
           "gold": [{"doc_id": "doc/kade.txt", "start": start, "end": start + 55}]}  # fmt: skip
    scoped = {"id": "in", "lang": "en", "question": "Who leads the works on the quay?",
              "answers": ["x"], "doc_ids": ["doc/library.txt"], "scope": "document"}  # fmt: skip
    write_lines(folder / "questions.jsonl", [row, scoped])
    return folder


def test_a_folder_is_indexed_once_and_scopes_are_kept(data, folder, tmp_path):
    report = tmp_path / "report.json"
    assert run(data, "eval", folder, "--json", report).code == 0
    rows = {row["qid"]: row for row in json.loads(report.read_text("utf-8"))["rows"]}
    assert rows["quay"]["retrieved"][0]["doc_id"] == "doc/kade.txt"
    assert rows["quay"]["scores"]["recall@1"] == 1.0
    assert {passage["doc_id"] for passage in rows["in"]["retrieved"]} == {"doc/library.txt"}
    told = []
    settings = Settings(data=data / "data", model="none")
    with opened_subject(Selection(folder), settings, told.append, False, 10.0):
        assert told[-1].done and told[-1].embedded == 0 and told[-1].unchanged == 3


def test_language_pairs_take_places_from_the_other_language(data, tmp_path):
    text = "De brug is gesloten tot mei. De bibliotheek is open."
    documents = write_lines(tmp_path / "d.jsonl", [{"id": "x-nl", "title": "", "text": text}])
    shared = {"id": "1", "answerable": True}
    english = {"lang": "en", "question": "Until when is the bridge closed?", "answers": ["May"],
               "doc_ids": ["x-en"], "gold": [{"doc_id": "x-en", "start": 0, "end": 5}]}  # fmt: skip
    dutch = {"lang": "nl", "question": "Tot wanneer is de brug dicht?", "answers": ["mei"],
             "doc_ids": ["x-nl"], "gold": [{"doc_id": "x-nl", "start": 0, "end": 28}]}  # fmt: skip
    questions = write_lines(tmp_path / "q.en.jsonl", [{**shared, **english}])
    places = write_lines(tmp_path / "q.nl.jsonl", [{**shared, **dutch}])
    report = tmp_path / "report.json"
    ran = run(data, "eval", "--documents", documents, "--questions", questions, "--gold", places,
              "--json", report)  # fmt: skip
    assert ran.code == 0, ran.error
    (row,) = json.loads(report.read_text("utf-8"))["rows"]
    assert (row["kind"], row["language"]) == ("cross-language", "en")
    assert row["gold"] == [{"doc_id": "x-nl", "start": 0, "end": 28, "quote": ""}]
    assert row["answers"] == ["May", "mei"]


def test_a_run_is_not_resumed_once_a_document_says_something_else(gold, tmp_path):
    texts, settings = tmp_path / "texts", Settings(data=tmp_path / "data", model="none")
    write_texts(texts)

    def key():
        with opened_subject(Selection(gold), settings, print, False, 10.0) as subject:
            return run_key(subject, Manner(), settings), subject.about

    assert run(tmp_path, "sync", texts).code == 0
    before, about = key()
    assert run(tmp_path, "sync", texts).code == 0
    assert key() == (before, about)
    document = texts / "library.txt"
    document.write_text(document.read_text("utf-8").replace("38 euros", "48 euros"), "utf-8")
    assert run(tmp_path, "sync", texts).code == 0
    after, changed = key()
    assert after != before
    assert {name for name in about if about[name] != changed[name]} == {"content"}


def test_unknown_documents_of_a_folder_are_named_by_line(data, folder):
    rows = [json.loads(line) for line in (folder / "questions.jsonl").read_text().splitlines()]
    rows[1]["doc_ids"] = ["doc/none"]
    write_lines(folder / "questions.jsonl", rows)
    ran = run(data, "eval", folder)
    assert ran.code == 2 and "questions.jsonl, line 2: there is no document 'doc/none'" in ran.error
    (folder / "documents.jsonl").write_text('{"id": "a", "text": "x"}\n{"id": "a", "text": "y"}\n')
    assert "documents.jsonl, line 2: the id 'a'" in run(data, "eval", folder).error


def test_written_replies_and_a_model_that_is_down(data, gold, tmp_path):
    report = tmp_path / "report.json"
    with openai_server() as server:
        server.reply = "Saskia Dorrestein leads the works [1]. The sky is green over Peru."
        settings = {
            "BRONWIJZER_MODEL": "m",
            "BRONWIJZER_MODEL_URL": server.url,
            "BRONWIJZER_MODEL_KEY": "secret-key-1",
        }
        ran = run(data, "eval", gold, "--json", report, "--limit", 1, **settings)
        assert ran.code == 0, ran.error
        text = report.read_text("utf-8")
        assert "secret-key-1" not in text
        (row,) = json.loads(text)["rows"]
        assert (row["reply_kind"], row["model"], row["reply_lang"]) == ("written", "m", "en")
        assert row["scores"]["citation_validity"] == [1.0, 1.0]
        assert row["scores"]["citation_coverage"] == [1.0, 2.0]
        assert row["scores"]["reply_language"] == 1.0
        assert row["latency_ms"]["first_token"] > 0
        server.status = 503
        down = run(data, "eval", gold, "--json", report, **settings)
    assert down.code == 3 and "--resume" in down.error
    settings["BRONWIJZER_MODEL"] = "auto"
    assert run(data, "eval", gold, **settings).code == 3


def test_a_server_is_asked_from_elsewhere(data, gold, tmp_path):
    report, key = tmp_path / "report.json", run(data, "keys", "add", "eval").out.strip()
    with serving(data, BRONWIJZER_ACCESS="on") as address:
        # The owner of the data folder answers for it, with or without its address.
        assert run(data, "eval", gold, "--json", report).code == 0
        closed = run(tmp_path, "eval", gold, "--url", address)
        assert closed.code and "Authorization" in closed.error
        shown = {"BRONWIJZER_SERVER_KEY": key}
        elsewhere = run(tmp_path, "eval", gold, "--url", address, "--json", report, **shown)
        assert elsewhere.code == 0, elsewhere.error
        assert key not in report.read_text("utf-8")
        found = json.loads(report.read_text("utf-8"))
        assert found["overall"]["recall@1"]["value"] == 1.0 and found["about"]["url"] == address
        wrong = write_lines(tmp_path / "wrong.jsonl", [{"question": "a", "document": "no.txt"}])
        unknown = run(tmp_path, "eval", wrong, "--url", address, **shown)
        assert unknown.code == 2 and "line 1" in unknown.error and "no.txt" in unknown.error


def test_two_reports_compared(data, gold, tmp_path):
    first, second = tmp_path / "a.json", tmp_path / "b.json"
    assert run(data, "eval", gold, "--json", first).code == 0
    assert run(data, "eval", gold, "--json", second, BRONWIJZER_PASSAGES="1").code == 0
    ran = run(data, "eval", "compare", first, second)
    assert ran.code == 0 and "3 questions in both" in ran.out and "no difference" in ran.out
    assert run(data, "eval", "compare", first, gold).code == 2


def test_the_sample_questions_are_read_whole():
    seeds = Path(__file__).parent.parent / "seeds" / "gold.jsonl"
    questions = read_questions(seeds, lambda text: "en")
    assert len(questions.questions) == 95 and questions.ignored == {}
