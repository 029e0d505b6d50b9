"""From a question to a cited, checked answer, as a stream of growing snapshots.

Knows the order of the steps; nothing of pages, HTTP or concrete models.
"""

import math
import threading
from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace

from assistant.answer_rules import AnswerLimits, Judges
from assistant.chat_model import ChatModel, Ending
from assistant.clock import Clock
from assistant.conversation import may_rewrite, rewritten
from assistant.drafting import Asked, Draft, Source, prompt, select_sources
from assistant.errors import ModelUnavailable
from assistant.evidence import EVIDENCE_MARGIN, collect, relative
from assistant.finding import Finder, Finding
from assistant.model_queue import Place
from assistant.outcome import Outcome
from assistant.phrases import PhraseBook
from assistant.provenance import info_of, with_history
from assistant.types import (
    DEFAULT_COLLECTION,
    Answer,
    DocumentText,
    Evidence,
    Message,
    Notice,
)
from assistant.unwritten import quoted, refused
from assistant.watching import Watch
from index.corpus import Corpus
from index.types import EVERYTHING, DocumentFilter
from prompts import template


class Assistant:
    """Answers questions from a corpus, with a language model or by quotation.

    `collection` is what the corpus is called in evidence and citations.
    """

    def __init__(
        self,
        corpus: Corpus,
        phrases: PhraseBook,
        judges: Judges,
        limits: AnswerLimits,
        watch: Watch | None = None,
        collection: str = DEFAULT_COLLECTION,
    ) -> None:
        self.corpus = corpus
        self._watch = watch or Watch()
        self._collection = collection
        self._phrases = phrases
        self._answerability = judges.answerability
        self._support = judges.support
        self._limits = limits
        self._finder = Finder(corpus, limits.longest_question)
        self._model: ChatModel | None = None
        self._lock = threading.Lock()

    @property
    def model(self) -> ChatModel | None:
        """The language model in use; None while answers are quotations."""
        with self._lock:
            return self._model

    def use(self, model: ChatModel | None) -> None:
        """Take a language model into use, or out of it."""
        with self._lock:
            self._model = model

    def _asked_model(self, anew: bool) -> ChatModel | None:
        model = self.model
        return model.fresh() if model is not None and anew else model

    def ask(
        self, question: str, history: Sequence[Message] = (), documents: Sequence[str] = ()
    ) -> Answer:
        """Answer a question; the last snapshot of `stream`."""
        *_, last = self.stream(question, history, documents)
        return last

    def search(
        self,
        question: str,
        history: Sequence[Message] = (),
        documents: Sequence[str] = (),
        limit: int = 20,
        wanted: DocumentFilter = EVERYTHING,
    ) -> tuple[Evidence, ...]:
        """Rank passages as `stream` does, without leaving out those far below the best.

        Raises BadQuestion, UnknownDocument, and what `Corpus.search` raises.
        """
        found = self._finder.find(question, history, wanted.naming(documents), limit)
        return self._collected(found, math.inf)

    def source(self, name: str) -> DocumentText:
        """Read a document by its name, or the end of its path. Raises UnknownDocument."""
        found = self.corpus.source(self.corpus.document_named(name))
        name = relative(found.path, self.corpus.roots())
        text = DocumentText(found.id, name, found.title, found.language, found.text)
        return with_history(text, info_of(found, self.corpus.documents(found.path)))

    def stream(
        self,
        question: str,
        history: Sequence[Message] = (),
        documents: Sequence[str] = (),
        wanted: DocumentFilter = EVERYTHING,
        anew: bool = False,
    ) -> Generator[Answer, None, None]:
        """Yield the evidence, then the answer as it grows, then the checked answer, `done`.

        The evidence of a follow-up waits for no model; where one rewrites the question then, the
        next snapshot has the evidence for that.
        Only documents that fit `wanted` are searched, and of those only the named ones, where any
        are named; a notice says how many. `anew` has a language model write again what it may
        remember. Raises BadQuestion, UnknownDocument, what `Corpus.search` raises, Busy and
        ServerStopping. A language model that fails is no error: the answer falls back to
        quotations, with a notice. While other answers use the model, or it is silent, the same
        snapshot comes again at least every second.
        """
        wanted = wanted.naming(documents)
        return self._watch.answers(self._placed(question, history, wanted, anew))

    def _placed(
        self, question: str, history: Sequence[Message], wanted: DocumentFilter, anew: bool
    ) -> Generator[Answer, None, None]:
        with self._watch.queue.place() as place:
            yield from self._answers(question, history, wanted, anew, place)

    def _answers(
        self,
        question: str,
        history: Sequence[Message],
        wanted: DocumentFilter,
        anew: bool,
        place: Place,
    ) -> Generator[Answer, None, None]:
        clock = Clock()
        limit = self._limits.passages
        found = self._finder.find(question, history, wanted, limit)
        answer = Answer(found.question, found.language, evidence=self._collected(found))
        answer = replace(answer, notices=found.notices)
        answer = clock.stamp(answer, "evidence")
        yield answer
        model = self._asked_model(anew)
        leaning = may_rewrite(found.question, history, self._limits.rewrite_followups)
        if model is not None and (leaning or self.answerable(found)):
            yield from _waiting(answer, place)
        rewriting = ""
        if model is not None and leaning:
            rewriting = yield from self._rewriting(answer, history, model, clock)
        if rewriting:
            found = self._finder.find(question, history, wanted, limit, rewriting)
            answer = replace(answer, evidence=self._collected(found), searched=rewriting)
            answer = clock.stamp(answer, "rewritten")
            yield answer
        answer = replace(answer, probability=self._probability(found))
        if not self.answerable(found):
            answer = refused(answer, self._phrases.of(answer.language))
        elif model is None:
            answer = quoted(answer, self._phrases.of(answer.language))
        else:
            snapshots = self._written(answer, found, model, history, clock)
            for answer in snapshots:
                yield answer
        yield replace(clock.stamp(answer, "done"), done=True)

    def find(self, question: str) -> Finding:
        """Search for a question as `stream` does. Raises BadQuestion, what `Corpus.search` does."""
        return self._finder.find(question, (), EVERYTHING, self._limits.passages)

    def _collected(self, found: Finding, margin: float = EVIDENCE_MARGIN) -> tuple[Evidence, ...]:
        copies = self.corpus.copies(hit.stored.document_id for hit in found.hits)
        return collect(found.hits, self.corpus.roots(), margin, self._collection, copies)

    def answerable(self, found: Finding) -> bool:
        """Say whether what was found is answered from, and not refused at once."""
        return bool(found.hits) and self._probability(found) >= self._limits.answer_threshold

    def _probability(self, found: Finding) -> float:
        """Estimate whether the answer was found; 1 with an embedder that nothing was fitted to."""
        if self.corpus.fingerprint != self._answerability.fingerprint:
            return 1.0
        return self._answerability.probability(found.hits, found.language, found.among)

    def _rewriting(
        self, answer: Answer, history: Sequence[Message], model: ChatModel, clock: Clock
    ) -> Generator[Answer, None, str]:
        """Have a follow-up rewritten, while the answer is shown; returns "" where it cannot be."""
        language = self._phrases.of(answer.language).name
        steps = Outcome(rewritten(answer.question, language, history, model))
        try:
            for piece in steps:
                if not piece or clock.is_overdue():
                    yield answer
        except ModelUnavailable:
            # The answer meets the same error, and says so.
            return ""
        return steps.value or ""

    def _written(
        self,
        answer: Answer,
        found: Finding,
        model: ChatModel,
        history: Sequence[Message],
        clock: Clock,
    ) -> Iterator[Answer]:
        phrases = self._phrases.of(answer.language)
        try:
            context = self._context(answer)
            answer = replace(answer, read=len(context))
            asked = self._prompt("answerable_question", answer, context, history)
            if not (yield from self._model_agrees(answer, found, model, asked)):
                yield refused(replace(answer, model=model.name), phrases)
                return
            asked = self._prompt("answer_question", answer, context, history)
            instructions = (asked[0].content, template("answer_question").template)
            draft = Draft(answer.question, context, self.corpus, self._support, instructions)
            shown, reply = answer, Outcome(model.stream(asked))
            for piece in reply:
                if piece:
                    clock.note("first_token")
                    draft.feed(piece)
                if draft.repeats_instructions:
                    break
                if piece and draft.text and clock.is_due():
                    shown = clock.stamp(draft.show(answer, model.name))
                    yield shown
                elif not piece or clock.is_overdue():
                    # The same again, so that whoever reads on can tell that the reader has left.
                    yield shown
            draft.finish()
        except ModelUnavailable as error:
            answer = replace(answer, degraded=True)
            yield quoted(answer, phrases, Notice.of("remark_failed", error=str(error)))
            return
        yield self._judged(answer, draft, model.name, reply.value)

    def _judged(self, answer: Answer, draft: Draft, model: str, ending: Ending | None) -> Answer:
        """Keep what the model wrote where the sources bear it out."""
        phrases = self._phrases.of(answer.language)
        if ending not in (None, Ending.COMPLETE):
            notice = Notice.of(f"remark_cut_{ending.value}", model=model)
            answer = replace(answer, notices=(*answer.notices, notice))
            if draft.is_silent:
                return quoted(answer, phrases)
        if draft.declined:
            return replace(refused(answer, phrases), model=model)
        answer = draft.count(answer)
        if draft.repeats_instructions:
            return quoted(answer, phrases, Notice.of("remark_repeated", model=model))
        checked = draft.check(draft.show(answer, model))
        if draft.is_empty or not checked.citations:
            return quoted(answer, phrases, Notice.of("remark_unsourced", model=model))
        if draft.is_unsupported(checked):
            return refused(answer, phrases, Notice.of("remark_unfounded", model=model))
        return checked

    def _context(self, answer: Answer) -> list[Source]:
        return select_sources(answer.evidence, self._limits.context_characters)

    def _model_agrees(
        self, answer: Answer, found: Finding, model: ChatModel, prompt: Sequence[Message]
    ) -> Generator[Answer, None, bool]:
        """Ask the model for a yes or no, where the settings want that asked; the answer is shown.

        The prompt begins as the one for the answer does, so that a local model reads it once.
        """
        if self._limits.model_threshold == 0:
            return True
        steps = Outcome(model.probability(prompt, "Yes", "No"))
        for _ in steps:
            yield answer
        if steps.value is None:
            return True
        combined = self._answerability.with_model(self._probability(found), steps.value)
        return combined >= self._limits.model_threshold

    def _prompt(
        self, name: str, answer: Answer, context: Sequence[Source], history: Sequence[Message]
    ) -> list[Message]:
        language = self._phrases.of(answer.language).name
        return prompt(name, Asked(answer.question, language, history), context)


def _waiting(answer: Answer, place: Place) -> Iterator[Answer]:
    """Show how many answers come before this one, until its turn at the language model comes."""
    shown = answer
    for before in place.turn():
        if before != shown.waiting:
            shown = replace(answer, waiting=before)
        yield shown
