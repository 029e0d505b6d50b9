"""A report as JUnit XML, which continuous integration shows question by question and gate by gate.

Knows that format; nothing of how figures come about.
"""

from collections.abc import Sequence
from xml.etree import ElementTree

import regex

from assistant.evaluation.gates import Judgement
from assistant.evaluation.types import Report, Row

_RIGHT = {"correct", "rightly abstained", "found", "unscored"}
_NOT_XML = regex.compile(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(report: Report, judgements: Sequence[Judgement]) -> bytes:
    """Write gates as the tests that fail a build, questions as tests that say their verdict.

    A question that is answered wrongly is a skipped test with a message, since it is the gates
    that decide; one that failed is an error.
    """
    root = ElementTree.Element("testsuites", name="bronwijzer eval")
    gates = _suite(root, "gates", len(judgements))
    gates.set("failures", str(sum(not judgement.passed for judgement in judgements)))
    for judgement in judgements:
        case = _case(gates, "gate", judgement.gate.name)
        if not judgement.passed:
            ElementTree.SubElement(case, "failure", message=_clean(judgement.sentence))
    questions = _suite(root, "questions", len(report.rows))
    questions.set("errors", str(sum(bool(row.response.error) for row in report.rows)))
    questions.set("skipped", str(sum(_is_passed_over(row) for row in report.rows)))
    for row in report.rows:
        _add(questions, row)
    return bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True))


def _suite(root: ElementTree.Element, name: str, tests: int) -> ElementTree.Element:
    return ElementTree.SubElement(root, "testsuite", name=name, tests=str(tests))


def _case(suite: ElementTree.Element, group: str, name: str) -> ElementTree.Element:
    return ElementTree.SubElement(suite, "testcase", classname=_clean(group), name=_clean(name))


def _add(suite: ElementTree.Element, row: Row) -> None:
    case = _case(suite, row.question.kind or "question", row.question.id)
    case.set("time", f"{row.response.timings_ms.get('done', 0) / 1000:.3f}")
    if row.response.error:
        ElementTree.SubElement(case, "error", message=_clean(row.response.error))
    elif _is_passed_over(row):
        message = f"{row.verdict}: {row.question.question}"
        ElementTree.SubElement(case, "skipped", message=_clean(message))


def _is_passed_over(row: Row) -> bool:
    return not row.response.error and row.verdict not in _RIGHT


def _clean(text: str) -> str:
    return str(_NOT_XML.sub("\ufffd", text))
