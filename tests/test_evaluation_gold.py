"""Gold questions as people write them, and the line that is named when one is wrong."""

import json

import pytest

from assistant.errors import BadQuestionSet
from assistant.evaluation.gold import read_questions, with_gold_of
from assistant.evaluation.types import Gold
from assistant.types import Message


def read(tmp_path, text, name="gold.jsonl"):
    """Read a file of questions; what does not say its language is Dutch."""
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_questions(path, lambda question: "nl")


def one(tmp_path, **values):
    (question,) = read(tmp_path, json.dumps({"question": "Hoe laat?", **values})).questions
    return question


def refused(tmp_path, text, name="gold.jsonl"):
    """Give the message; it names the file."""
    with pytest.raises(BadQuestionSet) as caught:
        read(tmp_path, text, name)
    assert name in str(caught.value)
    return str(caught.value)


def test_a_question_alone_is_enough(tmp_path):
    question = one(tmp_path)
    assert (question.id, question.question, question.language) == ("line 1", "Hoe laat?", "nl")
    assert (question.answerable, question.answers, question.gold) == (True, (), ())
    assert (question.kind, question.history, question.scope) == ("", (), ())
    assert (question.core, question.line) == (False, 1)


def test_every_field_is_read(tmp_path):
    question = one(
        tmp_path,
        id=7,
        language="en",
        answers=["nine", 9],
        answers_doc_lang=["negen", "nine"],
        document="hours.pdf",
        quote=" opens at nine ",
        kind="plain",
        history=[{"role": "user", "content": "Hi"}, {"role": "assistant", "text": "Hello"}],
        scope="document",
        core=True,
    )
    assert (question.id, question.language, question.kind) == ("7", "en", "plain")
    assert question.answers == ("nine", "9", "negen")
    assert question.gold == (Gold("hours.pdf", quote="opens at nine"),)
    assert question.history == (Message("user", "Hi"), Message("assistant", "Hello"))
    assert (question.scope, question.core) == (("hours.pdf",), True)


@pytest.mark.parametrize(
    ("values", "field", "expected"),
    [
        ({"lang": "de"}, "language", "de"),
        ({"expected": "answer"}, "kind", "answer"),
        ({"answers": "nine"}, "answers", ("nine",)),
        ({"answers_doc_lang": "negen"}, "answers", ("negen",)),
        ({"answers": "nine", "answers_doc_lang": "negen"}, "answers", ("nine", "negen")),
        ({"answers": ["nine", " "]}, "answers", ("nine",)),
        ({"document": "a", "start": 3, "end": 9}, "gold", (Gold("a", 3, 9),)),
        ({"doc_ids": ["a", "b", "a"]}, "gold", (Gold("a"), Gold("b"))),
        ({"document": "a", "doc_ids": ["b"]}, "gold", (Gold("a"), Gold("b"))),
        ({"document": "a", "quote": "  "}, "gold", (Gold("a"),)),
        ({"gold": [{"doc_id": "a", "start": 0, "end": 2}]}, "gold", (Gold("a", 0, 2),)),
        (
            {"doc_ids": ["b"], "gold": [{"doc_id": "a", "start": 0, "end": 2}]},
            "gold",
            (Gold("a", 0, 2),),
        ),
        ({"id": None, "kind": None, "gold": None}, "id", "line 1"),
    ],
)
def test_other_names_and_forms_of_fields(tmp_path, values, field, expected):
    assert getattr(one(tmp_path, **values), field) == expected


@pytest.mark.parametrize(
    ("values", "answerable"),
    [
        ({}, True),
        ({"answers": ["nine"]}, True),
        ({"answers": []}, False),
        ({"answers": ""}, False),
        ({"answers": [" "]}, False),
        ({"answers": [], "answers_doc_lang": ["negen"]}, True),
        ({"answers": [], "answerable": True}, True),
        ({"answers": ["nine"], "answerable": False}, False),
    ],
)
def test_what_is_answerable(tmp_path, values, answerable):
    assert one(tmp_path, **values).answerable is answerable


def test_what_cannot_be_answered_has_no_place(tmp_path):
    question = one(tmp_path, answerable=False, document="a", scope="document")
    assert (question.gold, question.scope) == ((), ("a",))


def test_the_one_document_that_is_searched_is_no_gold_by_itself(tmp_path):
    assert one(tmp_path, document="a", scope="document").gold == ()
    placed = one(tmp_path, document="a", scope="document", start=0, end=4)
    assert placed.gold == (Gold("a", 0, 4),)


def test_a_scope_may_name_its_document_in_the_gold(tmp_path):
    gold = [{"doc_id": "a", "start": 0, "end": 2}]
    assert one(tmp_path, gold=gold, scope="document").scope == ("a",)


def test_lines_end_where_json_lines_do(tmp_path):
    text = '{"question": "one\u2028two\u2029three\x85four"}\r\n\r\n{"question": "five"}\r\n'
    first, second = read(tmp_path, text).questions
    assert first.question == "one\u2028two\u2029three\x85four"
    assert (first.line, second.line, second.id) == (1, 3, "line 3")


def test_a_byte_order_mark_is_read_past(tmp_path):
    assert read(tmp_path, '\ufeff{"question": "one"}').questions[0].question == "one"


def test_fields_that_are_not_read_are_counted(tmp_path):
    text = '{"question": "a", "note": 1, "by": "me"}\n{"question": "b", "note": null}\n'
    text += '{"question": "c", "note": 2}'
    assert read(tmp_path, text).ignored == {"note": 2, "by": 1}


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ('{"question": "b"', "not JSON"),
        ('["b"]', "not a JSON object"),
        ('{"id": "b"}', "'question' is missing"),
        ('{"question": null}', "'question' is missing"),
        ('{"question": ""}', "'question'"),
        ('{"question": " \\t"}', "the question is empty"),
        ('{"question": ["b"]}', "'question'"),
        ('{"question": "b", "core": "perhaps"}', "'core'"),
        ('{"question": "b", "answers": {"a": 1}}', "'answers'"),
        ('{"question": "b", "history": [{"role": "system", "content": "x"}]}', "'history.0.role'"),
        ('{"question": "b", "gold": [{"doc_id": "a", "start": -1, "end": 2}]}', "'gold.0.start'"),
        ('{"question": "b", "gold": [{"doc_id": "a", "start": 5, "end": 5}]}', "end 5 is not"),
        ('{"question": "b", "scope": "all"}', "'scope'"),
        ('{"question": "b", "scope": "document"}', "'document' is missing"),
        ('{"question": "b", "id": "x"}', "the id 'x' stands in line 1 too"),
        ('{"question": "b", "document": "a", "start": 2}', "start and end go together"),
        ('{"question": "b", "document": "a", "end": 2}', "start and end go together"),
        ('{"question": "b", "document": "a", "start": 4, "end": 2}', "end 2 is not behind start 4"),
        ('{"question": "b", "quote": "nine"}', "'document' is missing"),
        ('{"question": "b", "start": 1, "end": 2}', "'document' is missing"),
        ('{"question": "b", "end": 2}', "'document' is missing"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path, line, what):
    message = refused(tmp_path, f'{{"question": "a", "id": "x"}}\n\n{line}\n')
    assert "line 3" in message
    assert what in message


@pytest.mark.parametrize("text", ["", "\n \n", "\ufeff"])
def test_a_file_without_questions_is_refused(tmp_path, text):
    assert "holds no questions" in refused(tmp_path, text)
    assert "holds no questions" in refused(tmp_path, "question,id\n", "gold.csv")


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(BadQuestionSet, match="gone.jsonl cannot be read: No such file"):
        read_questions(tmp_path / "gone.jsonl", lambda question: "nl")


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_what_is_not_utf_8_is_named_with_its_line(tmp_path, mark, end):
    message = refused(tmp_path, mark + b'{"question": "a"}' + end + b'\xff{"question": "b"}')
    assert "line 2: it is not UTF-8" in message


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_table_is_read_like_json_lines(tmp_path, delimiter, mark, end):
    head = ["question", " lang", "answers", "doc_ids", "start", "end", "core", "note"]
    row = ['"Hoe laat,; precies?"', "nl", "negen | 9", "a", "3", "9", "true", "x"]
    bare = ["Waar?", "", "", "", "", "", "", ""]
    lines = [delimiter.join(cells) for cells in (head, row, [""] * 8, bare)]
    found = read(tmp_path, mark + end.join(lines) + end, "gold.CSV")
    first, second = found.questions
    assert (first.question, first.answers) == ("Hoe laat,; precies?", ("negen", "9"))
    assert (first.gold, first.core) == ((Gold("a", 3, 9),), True)
    assert (second.question, second.answerable, second.gold) == ("Waar?", True, ())
    assert found.ignored == {"note": 1}


def test_a_quoted_cell_may_have_line_breaks(tmp_path):
    first, second = read(tmp_path, 'question,id\n"a\nb",x\nc,y\n', "gold.csv").questions
    assert (first.question, second.question, second.line) == ("a\nb", "c", 4)


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("question,id\na,x\nb\n", 3, "the head has 2 columns"),
        ("question,id\na,x,z\n", 2, "the head has 2 columns"),
        ("question,id\na,x\nb,x\n", 3, "the id 'x' stands in line 2 too"),
        ("question,start,end,document\na,two,3,d\n", 2, "'start'"),
        ('question,id\na,x\n"b"c,y\n', 3, "this is not CSV"),
        ('question,id\n"b,x\nc,y\n', 2, "this is not CSV"),
        ('"question"s,id\n', 1, "this is not CSV"),
        ("id,answers\nx,nine\n", 2, "'question' is missing"),
        ("question,answerable\na,maybe\n", 2, "'answerable'"),
    ],
)
def test_what_is_wrong_in_a_table_is_named_with_its_line(tmp_path, text, line, what):
    message = refused(tmp_path, text, "gold.csv")
    assert f"line {line}" in message
    assert what in message


def test_a_pair_takes_the_place_of_the_other_language(tmp_path):
    asked = read(tmp_path, '{"id": "1", "question": "What?", "lang": "en", "answers": ["nine"]}')
    text = '{"id": "1", "question": "Wat?", "lang": "nl", "answers": ["negen", "nine"], '
    text += '"document": "a", "start": 0, "end": 5, "scope": "document"}\n'
    gold = read(tmp_path, text + '{"id": "2", "question": "Wie?"}', "places.jsonl")
    (question,) = with_gold_of(tmp_path / "gold.jsonl", asked, gold).questions
    assert (question.question, question.language) == ("What?", "en")
    assert (question.gold, question.scope) == ((Gold("a", 0, 5),), ("a",))
    assert (question.answers, question.kind) == (("nine", "negen"), "cross-language")


def test_the_kind_of_a_pair_is_told_from_its_languages_unless_it_is_given(tmp_path):
    asked = read(tmp_path, '{"question": "a"}\n{"question": "b", "kind": "near-miss"}')
    gold = read(tmp_path, '{"question": "a"}\n{"question": "b", "answers": []}', "places.jsonl")
    first, second = with_gold_of(tmp_path / "gold.jsonl", asked, gold).questions
    assert (first.kind, second.kind) == ("same-language", "near-miss")
    assert second.answerable is False


def test_a_question_without_a_pair_is_named_with_its_line(tmp_path):
    asked = read(tmp_path, '{"question": "a", "id": "1"}\n{"question": "b", "id": "9"}')
    gold = read(tmp_path, '{"question": "a", "id": "1"}', "places.jsonl")
    with pytest.raises(BadQuestionSet, match=r"gold.jsonl, line 2: .* no question '9'"):
        with_gold_of(tmp_path / "gold.jsonl", asked, gold)
