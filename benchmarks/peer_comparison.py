"""The assistant beside what a user would pick instead, on the same questions in one run.

Example runs:

    python -m benchmarks.peer_comparison DATA/xquad-xl --html beside.html
    python -m benchmarks.peer_comparison --documents documents.nl.jsonl \
        --questions questions.en.jsonl --gold questions.nl.jsonl --json beside.json
    python -m benchmarks.peer_comparison DATA/squad2-en --core --limit 25 --weights MODEL.gguf

Without weights, searching is compared: LlamaIndex's vector index and its hybrid, both with the same
embedder. With weights of a language model, replies are: LlamaIndex's CitationQueryEngine with the
same model, which takes near a minute a question on two processor cores.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from assistant.build import build_detector, build_embedder, build_token_counter
from assistant.evaluation.corpora import read_documents
from assistant.evaluation.page import report_page
from assistant.evaluation.report_file import write_report
from assistant.evaluation.subjects import Selection, Subject, opened_subject
from assistant.evaluation.terminal import show_report
from assistant.evaluation.trial import Manner, run_trial
from assistant.evaluation.types import Report, Row, System
from assistant.local_model import LocalModelServer
from assistant.openai_model import OpenAIChatModel
from assistant.settings import Settings, read_settings
from benchmarks.peers import LlamaIndexDense, LlamaIndexHybrid, PeerIndex

_STEP = 25
"""Questions between two lines of progress."""


def main() -> None:
    """Run the comparison and show it."""
    arguments = _arguments()
    selection = Selection(
        arguments.folder,
        arguments.documents,
        arguments.questions,
        arguments.gold,
        core=arguments.core,
        limit=arguments.limit,
    )
    documents = arguments.documents or arguments.folder / "documents.jsonl"
    with _settings(arguments.weights) as settings:
        report = compare(selection, documents, settings, arguments.resume)
    show_report(Console(markup=False, highlight=False, soft_wrap=True), report)
    data = write_report(report)
    if arguments.json:
        arguments.json.write_text(json.dumps(data, ensure_ascii=False, indent=1), "utf-8")
    if arguments.html:
        arguments.html.write_text(report_page(data), "utf-8")


def compare(selection: Selection, documents: Path, settings: Settings, resume: bool) -> Report:
    """Put the same questions to the assistant and its peers."""
    with_model = bool(settings.model_url)
    manner = Manner(retrieval_only=not with_model, resume=resume, timeout=600.0)
    count_tokens = build_token_counter()
    with opened_subject(selection, settings, lambda _: None, with_model, 600.0) as subject:
        ours = run_trial(subject, manner, settings, count_tokens, _told(subject.system.name))
        index = PeerIndex(read_documents(documents), build_embedder(settings))
        beside = {}
        for peer in _peers(index, settings):
            theirs = Subject(peer, subject.questions, {**subject.about, "system": peer.name})
            report = run_trial(theirs, manner, settings, count_tokens, _told(peer.name))
            beside[peer.name] = report.summary
    return replace(ours, beside=beside)


def _peers(index: PeerIndex, settings: Settings) -> Sequence[System]:
    if not settings.model_url:
        return [LlamaIndexDense(index), LlamaIndexHybrid(index)]
    from benchmarks.peer_answers import CitationEngine

    key = settings.model_key.get_secret_value()
    model = OpenAIChatModel(settings.model_url, settings.model, key, 600.0, settings.answer_tokens)
    detect = build_detector(settings).detect
    return [CitationEngine(index, model, detect, answer_tokens=settings.answer_tokens)]


@contextmanager
def _settings(weights: Path | None) -> Iterator[Settings]:
    """Read the settings; with weights, serve them for the assistant and its peers alike."""
    if weights is None:
        yield read_settings(os.environ, Path.cwd(), model="none")
        return
    server = LocalModelServer(weights, weights.stem, os.cpu_count() or 1)
    server.start()
    try:
        yield read_settings(
            os.environ,
            Path.cwd(),
            model=weights.stem,
            model_url=server.base_url,
            model_key=server.api_key,
        )
    finally:
        server.close()


def _told(name: str) -> Callable[[Row, int], None]:
    done = 0

    def tell(row: Row, total: int) -> None:
        nonlocal done
        done += 1
        if done % _STEP == 0 or done == total:
            sys.stderr.write(f"{name}: {done}/{total}\n")

    return tell


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, nargs="?")
    for name in ("documents", "questions", "gold", "json", "html", "weights"):
        parser.add_argument(f"--{name}", type=Path)
    parser.add_argument("--core", action="store_true")
    parser.add_argument("--limit", type=int)
    parser.add_argument("--resume", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
