"""Figures of the service in the text format of Prometheus.

Knows counters and their names; nothing of routes. No figure is labelled with anything that a reader
or a document brings.
"""

from collections.abc import Callable, Iterable, Mapping

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from assistant.model_supply import ModelState
from assistant.watching import AnswerEnd, Outcome, SyncEnd, Watch
from index.corpus import Corpus

Opened = Callable[[], Mapping[str, Corpus]]
"""Gives the collections that are open, by name."""

ModelTold = Callable[[], ModelState]

CONTENT_TYPE = CONTENT_TYPE_LATEST

_STAGES = ("evidence", "rewritten", "first_token", "done")
_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 80, 160)
"""In seconds: evidence takes hundredths, a small local model's answer tens."""

_ANSWERS = (
    Outcome.QUOTED,
    Outcome.WRITTEN,
    Outcome.REFUSED,
    Outcome.FAILED,
    Outcome.INVALID,
    Outcome.BUSY,
    Outcome.STOPPED,
)
_SYNCS = (Outcome.FINISHED, Outcome.FAILED, Outcome.STOPPED)


class Metrics:
    """Counts what it hears of answers and syncs."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._questions = Counter(
            "bronwijzer_questions",
            "Questions by how their answer ended.",
            ["outcome"],
            registry=self._registry,
        )
        self._degraded = Counter(
            "bronwijzer_model_failures",
            "Answers that became quotations since the language model failed.",
            registry=self._registry,
        )
        self._seconds = Histogram(
            "bronwijzer_answer_seconds",
            "Seconds from a question to a stage of its answer.",
            ["stage"],
            buckets=_BUCKETS,
            registry=self._registry,
        )
        self._syncs = Counter(
            "bronwijzer_syncs",
            "Syncs and rebuilds by how they ended.",
            ["work", "outcome"],
            registry=self._registry,
        )
        self._embedded = Counter(
            "bronwijzer_passages_embedded",
            "Passages embedded by syncs and rebuilds.",
            registry=self._registry,
        )
        self._begin_at_nought()

    def answered(self, end: AnswerEnd) -> None:
        """Count an answer and its times."""
        self._questions.labels(end.outcome.value).inc()
        if end.answer is None:
            return
        if end.answer.degraded:
            self._degraded.inc()
        for stage in _STAGES:
            if stage in end.answer.timings_ms:
                self._seconds.labels(stage).observe(end.answer.timings_ms[stage] / 1000)

    def synced(self, end: SyncEnd) -> None:
        """Count a sync or rebuild."""
        self._syncs.labels(end.work, end.outcome.value).inc()
        if end.report is not None:
            self._embedded.inc(end.report.embedded)

    def show_state(self, watch: Watch, opened: Opened, model_state: ModelTold) -> None:
        """Add the figures that are read when they are asked for; to be called once."""
        self._registry.register(_State(watch, opened, model_state))

    def written(self) -> bytes:
        """Write all figures."""
        return generate_latest(self._registry)

    def _begin_at_nought(self) -> None:
        """Have each series from the start, or its first event would be no increase."""
        for outcome in _ANSWERS:
            self._questions.labels(outcome.value)
        for stage in _STAGES:
            self._seconds.labels(stage)
        for outcome in _SYNCS:
            for work in ("sync", "rebuild"):
                self._syncs.labels(work, outcome.value)


class _State(Collector):
    """What is so now, rather than what has happened."""

    def __init__(self, watch: Watch, opened: Opened, model_state: ModelTold) -> None:
        self._watch = watch
        self._opened = opened
        self._model_state = model_state

    def collect(self) -> Iterable[Metric]:
        """Read the figures."""
        corpora = self._opened()
        syncing = [corpus for corpus in corpora.values() if corpus.syncing]
        yield _gauge("answers_running", "Answers that are being made.", self._watch.running)
        yield _gauge(
            "answers_waiting",
            "Answers that wait for the language model.",
            self._watch.queue.waiting,
        )
        yield _gauge("stopping", "1 while new questions are turned away.", self._watch.stopping)
        yield _gauge("sync_running", "1 while a sync or rebuild runs.", bool(syncing))
        reports = [corpus.progress for corpus in syncing]
        left = sum(max(0, report.to_embed - report.embedded) for report in reports if report)
        yield _gauge("sync_passages_left", "Passages that the running sync has to embed.", left)
        documents = _labelled("documents", "Documents that can be found.", "collection")
        passages = _labelled("passages", "Passages that can be found.", "collection")
        unread = _labelled("unread_files", "Files that could not be read.", "collection")
        # A collection that was not asked for yet is not opened for its figures.
        for name, corpus in corpora.items():
            documents.add_metric([name], corpus.document_count())
            passages.add_metric([name], corpus.passage_count())
            unread.add_metric([name], len(corpus.unread()))
        yield from (documents, passages, unread)
        model = _labelled("model_state", "1 for the state of the language model.", "state")
        now = self._model_state()
        for state in ModelState:
            model.add_metric([state.value], state is now)
        yield model


def _labelled(name: str, told: str, label: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"bronwijzer_{name}", told, labels=[label])


def _gauge(name: str, told: str, value: float) -> Metric:
    return GaugeMetricFamily(f"bronwijzer_{name}", told, value=float(value))
