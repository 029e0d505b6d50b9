"""A report as JSON, to keep, to compare and to show as a page.

Knows field names; nothing of how figures come about. Names follow those of common run files:
"qid", "doc_id", "retrieved", "reply_lang", "latency_ms".
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from assistant.errors import BadQuestionSet
from assistant.evaluation.retrieval_scores import covers
from assistant.evaluation.types import (
    Cited,
    Estimates,
    GoldQuestion,
    Report,
    Retrieved,
    Row,
    Summary,
)

FORMAT = 1


def write_report(report: Report) -> dict[str, Any]:
    """Write a report as JSON-ready values."""
    return {
        "format": FORMAT,
        "name": report.name,
        "about": dict(report.about),
        "notes": list(report.notes),
        **_summary(report.summary),
        "beside": {name: _summary(summary) for name, summary in report.beside.items()},
        "rows": [write_row(row) for row in report.rows],
    }


def read_report(path: Path) -> dict[str, Any]:
    """Read the JSON of a report. Raises BadQuestionSet."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadQuestionSet(f"{path} cannot be read: {error.strerror}.") from None
    except ValueError as error:
        raise BadQuestionSet(f"{path} is not JSON: {error}.") from None
    if not isinstance(data, dict) or data.get("format") != FORMAT or "rows" not in data:
        raise BadQuestionSet(
            f"{path} is no report of this version. Make one: bronwijzer eval GOLD --json FILE"
        )
    return data


def write_row(row: Row) -> dict[str, Any]:
    """Write a question with its response and scores."""
    question, response = row.question, row.response
    return {
        **_question(question),
        "verdict": row.verdict,
        "scores": {name: _score(score) for name, score in row.scores.items()},
        "retrieved": [_passage(passage, question) for passage in response.retrieved],
        "shown": response.shown,
        "searched": response.searched,
        "reply": response.reply,
        "reply_kind": response.kind.value,
        "abstained": response.abstained,
        "reply_lang": response.language,
        "citations": [_citation(cited) for cited in response.citations],
        "sentences": [
            {"text": s.text, "marks": list(s.marks), "support": s.support}
            for s in response.sentences
        ],
        "dropped": response.dropped,
        "model": response.model,
        "notices": list(response.notices),
        "latency_ms": dict(response.timings_ms),
        "error": response.error,
    }


def _question(question: GoldQuestion) -> dict[str, Any]:
    return {
        "qid": question.id,
        "question": question.question,
        "language": question.language,
        "kind": question.kind,
        "answerable": question.answerable,
        "answers": list(question.answers),
        "gold": [
            {"doc_id": g.document, "start": g.start, "end": g.end, "quote": g.quote}
            for g in question.gold
        ],
        "history": [{"role": m.role, "content": m.content} for m in question.history],
        "scope": list(question.scope),
    }


def _passage(passage: Retrieved, question: GoldQuestion) -> dict[str, Any]:
    values = asdict(passage)
    values["doc_id"] = values.pop("document")
    values["gold"] = any(covers(passage, place) for place in question.gold)
    return values


def _citation(cited: Cited) -> dict[str, Any]:
    values = asdict(cited)
    values["doc_id"], values["mark"] = values.pop("document"), values.pop("number")
    return values


def _score(score: object) -> object:
    return list(score) if isinstance(score, tuple) else score


def _summary(summary: Summary) -> dict[str, Any]:
    return {
        "overall": _estimates(summary.overall),
        "by_kind": {kind: _estimates(found) for kind, found in summary.by_kind.items()},
        "by_language": {name: _estimates(found) for name, found in summary.by_language.items()},
    }


def _estimates(estimates: Estimates) -> Mapping[str, Any]:
    return {name: asdict(estimate) for name, estimate in estimates.items()}
