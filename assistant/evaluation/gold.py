"""Reads gold questions: JSON lines or CSV, each error with its line number.

Knows the file format; nothing of corpora or of how questions are scored.

A question has these fields; those marked * are required:

    question*     as a person would ask it
    id            unique; "line N" where left out
    language      two-letter code; told from the question where left out (also: lang)
    answerable    whether the documents hold the answer; true where left out, unless the answers
                  are given and empty
    answers       accepted answers, a list or one string (also in the documents' language:
                  answers_doc_lang)
    document      name of the document that holds the answer (also: doc_ids, a list)
    quote         words of it that answer; or start and end, in characters of its text
                  (also: gold, a list of {doc_id, start, end})
    kind          any word to report by (also: expected)
    history       turns before the question: a list of {role, content}
    scope         "document" searches the named document alone
    core          true for the small subset of --core
"""

import codecs
import csv
import io
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AliasChoices,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)

from assistant.errors import BadQuestionSet
from assistant.evaluation.types import Gold, GoldQuestion
from assistant.types import Message

_ANSWERS = ("answers", "answers_doc_lang")
_LISTED = (*_ANSWERS, "doc_ids")
_SEPARATOR = "|"
"""Between the values of a list in a cell of a CSV file."""


class _Turn(BaseModel):
    role: Literal["user", "assistant"]
    content: str = Field(validation_alias=AliasChoices("content", "text"))


class _Place(BaseModel):
    doc_id: str
    start: int = Field(ge=0)
    end: int


class _Row(BaseModel):
    model_config = ConfigDict(extra="allow", coerce_numbers_to_str=True)

    question: str = Field(min_length=1)
    id: str = ""
    language: str = Field("", validation_alias=AliasChoices("language", "lang"))
    answerable: bool | None = None
    answers: list[str] | None = None
    answers_doc_lang: list[str] = []
    document: str | None = None
    doc_ids: list[str] = []
    quote: Annotated[str, StringConstraints(strip_whitespace=True)] = ""
    start: int | None = Field(None, ge=0)
    end: int | None = None
    gold: list[_Place] = []
    kind: str = Field("", validation_alias=AliasChoices("kind", "expected"))
    history: list[_Turn] = []
    scope: Literal["", "document"] = ""
    core: bool = False


FIELDS = tuple(_Row.model_fields)
"""Names of a question's fields, without the other names that some have."""


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """Gold questions and the names of fields that were read past, with how often."""

    questions: tuple[GoldQuestion, ...]
    ignored: Mapping[str, int]


def read_questions(path: Path, detect: Callable[[str], str]) -> QuestionSet:
    """Read a file of gold questions; `detect` tells the language of one that does not say.

    Raises BadQuestionSet with file and line.
    """
    questions: list[GoldQuestion] = []
    ignored: Counter[str] = Counter()
    lines: dict[str, int] = {}
    for line, values in _values(path):
        row = _validated(path, line, values)
        placed = row.quote or row.start is not None or row.end is not None
        if placed and not (row.document or row.doc_ids):
            raise bad_line(path, line, "there is a place, but the field 'document' is missing")
        if row.scope and not _documents(row):
            raise bad_line(path, line, "there is a scope, but the field 'document' is missing")
        ignored.update((row.model_extra or {}).keys())
        question = _question(row, line, detect)
        if question.id in lines:
            raise bad_line(
                path, line, f"the id {question.id!r} stands in line {lines[question.id]} too"
            )
        lines[question.id] = line
        _check(path, question)
        questions.append(question)
    if not questions:
        raise BadQuestionSet(f"{path} holds no questions. Write one JSON object a line.")
    return QuestionSet(tuple(questions), dict(ignored))


def with_gold_of(path: Path, questions: QuestionSet, gold: QuestionSet) -> QuestionSet:
    """Take documents and places from another file's question of the same id, for language pairs.

    Its answers are accepted beside the question's own. Raises BadQuestionSet for an id that the
    other file lacks.
    """
    others = {question.id: question for question in gold.questions}
    paired = []
    for question in questions.questions:
        other = others.get(question.id)
        if other is None:
            raise bad_line(path, question.line, f"the gold file has no question {question.id!r}")
        same = question.language == other.language
        paired.append(
            replace(
                question,
                answers=tuple(dict.fromkeys([*question.answers, *other.answers])),
                gold=other.gold,
                answerable=other.answerable,
                scope=other.scope,
                kind=question.kind or ("same-language" if same else "cross-language"),
            )
        )
    return QuestionSet(tuple(paired), questions.ignored)


def _values(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        content = path.read_bytes().removeprefix(codecs.BOM_UTF8)
        text = content.decode().replace("\r\n", "\n").replace("\r", "\n")
    except OSError as error:
        raise BadQuestionSet(f"{path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise bad_line(path, line, "it is not UTF-8; save the file with that encoding") from None
    return _from_csv(path, text) if path.suffix.lower() == ".csv" else _from_json(path, text)


def _from_json(path: Path, text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            values = json.loads(line)
        except json.JSONDecodeError as error:
            raise bad_line(
                path, number, f"this is not JSON ({error.msg}, column {error.colno})"
            ) from None
        if not isinstance(values, dict):
            raise bad_line(path, number, "this is not a JSON object")
        yield number, values


def _from_csv(path: Path, text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    head = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=head.count)
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 0
    try:
        columns, line = len(reader.fieldnames or ()), reader.line_num
        for cells in reader:
            line = reader.line_num
            if None in cells or None in cells.values():
                raise bad_line(
                    path, line, f"the head has {columns} columns, this row has another number"
                )
            filled = {name.strip(): cell.strip() for name, cell in cells.items() if cell.strip()}
            if filled:
                yield line, {name: _cell(name, cell) for name, cell in filled.items()}
    except csv.Error as error:
        # The reader counts only lines that it got through.
        raise bad_line(path, line + 1, f"this is not CSV ({error})") from None


def _cell(name: str, cell: str) -> str | list[str]:
    return [part.strip() for part in cell.split(_SEPARATOR)] if name in _LISTED else cell


def _validated(path: Path, line: int, values: dict[str, Any]) -> _Row:
    values = {name: value for name, value in values.items() if value is not None}
    for name in _ANSWERS:
        if isinstance(values.get(name), str):
            values[name] = [values[name]]
    try:
        return _Row.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        if first["type"] == "missing":
            raise bad_line(path, line, f"the field {place!r} is missing") from None
        raise bad_line(path, line, f"the field {place!r}: {first['msg']}") from None


def _question(row: _Row, line: int, detect: Callable[[str], str]) -> GoldQuestion:
    documents = _documents(row)
    given = dict.fromkeys([*(row.answers or ()), *row.answers_doc_lang])
    answers = tuple(answer for answer in given if answer.strip())
    answerable = row.answerable
    if answerable is None:
        answerable = row.answers is None or bool(answers)
    return GoldQuestion(
        id=row.id or f"line {line}",
        question=row.question,
        language=row.language or detect(row.question),
        answerable=answerable,
        answers=answers,
        gold=_gold(row, documents) if answerable else (),
        kind=row.kind,
        history=tuple(Message(turn.role, turn.content) for turn in row.history),
        scope=tuple(documents) if row.scope == "document" else (),
        core=row.core,
        line=line,
    )


def _documents(row: _Row) -> list[str]:
    named = [*([row.document] if row.document else []), *row.doc_ids]
    return list(dict.fromkeys(named or [place.doc_id for place in row.gold]))


def _gold(row: _Row, documents: list[str]) -> tuple[Gold, ...]:
    if row.gold:
        return tuple(Gold(place.doc_id, place.start, place.end) for place in row.gold)
    if row.scope == "document" and not row.quote and row.start is None:
        return ()  # The one document that is searched says nothing of the search.
    return tuple(Gold(name, row.start, row.end, row.quote) for name in documents)


def _check(path: Path, question: GoldQuestion) -> None:
    for gold in question.gold:
        if (gold.start is None) != (gold.end is None):
            raise bad_line(path, question.line, "start and end go together; one of them is missing")
        if gold.start is not None and gold.end is not None and gold.end <= gold.start:
            raise bad_line(path, question.line, f"end {gold.end} is not behind start {gold.start}")
    if not question.question.strip():
        raise bad_line(path, question.line, "the question is empty")


def bad_line(path: Path, line: int, what: str) -> BadQuestionSet:
    """Make the error for one line of a file."""
    return BadQuestionSet(f"{path}, line {line}: {what}.")
