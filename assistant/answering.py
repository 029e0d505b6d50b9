"""From a question to a cited, checked answer, as a stream of growing snapshots.

Knows the order of the steps; nothing of pages, HTTP or concrete models.
"""

import math
import threading
from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace

from assistant.answer_rules import AnswerLimits, Judges
from assistant.chat_model import ChatModel
from assistant.clock import Clock
from assistant.conversation import may_rewrite, rewritten
from assistant.drafting import Asked, Draft, Source, prompt, select_sources
from assistant.errors import ModelUnavailable
from assistant.evidence import EVIDENCE_MARGIN, cite, collect, quotations, relative
from assistant.finding import Finder, Finding
from assistant.links import inert
from assistant.model_queue import Place
from assistant.phrases import PhraseBook
from assistant.provenance import info_of, with_history
from assistant.types import (
    DEFAULT_COLLECTION,
    Answer,
    DocumentText,
    Evidence,
    Kind,
    Message,
    Notice,
)
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
        rewriting = self._rewriting(found, history, model) if model and leaning else ""
        if rewriting:
            found = self._finder.find(question, history, wanted, limit, rewriting)
            answer = replace(answer, evidence=self._collected(found), searched=rewriting)
            answer = clock.stamp(answer, "rewritten")
            yield answer
        answer = replace(answer, probability=self._probability(found))
        if not self.answerable(found):
            answer = self._refused(answer)
        elif model is None:
            answer = self._quoted(answer)
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

    def _rewriting(self, found: Finding, history: Sequence[Message], model: ChatModel) -> str:
        """Have a follow-up rewritten; empty where it cannot be."""
        try:
            name = self._phrases.of(found.language).name
            return rewritten(found.question, name, history, model)
        except ModelUnavailable:
            # The answer meets the same error, and says so.
            return ""

    def _refused(self, answer: Answer, *notices: Notice) -> Answer:
        text = self._phrases.of(answer.language).refusal
        return replace(
            answer,
            kind=Kind.REFUSED,
            text=text,
            citations=(),
            claims=(),
            notices=(*answer.notices, *notices),
        )

    def _quoted(self, answer: Answer, *notices: Notice) -> Answer:
        picked = quotations(answer.evidence, answer.question)
        citations = tuple(
            cite(item, number, sentence) for number, (item, sentence) in enumerate(picked, start=1)
        )
        lines = [f"“{inert(citation.quote)}” [{citation.number}]" for citation in citations]
        heading = self._phrases.of(answer.language).quoted
        return replace(
            answer,
            kind=Kind.QUOTED,
            text="\n\n".join([heading, *lines]),
            citations=citations,
            claims=(),
            model=None,
            notices=(*answer.notices, *notices),
        )

    def _written(
        self,
        answer: Answer,
        found: Finding,
        model: ChatModel,
        history: Sequence[Message],
        clock: Clock,
    ) -> Iterator[Answer]:
        try:
            context = self._context(answer)
            answer = replace(answer, read=len(context))
            asked = self._prompt("answerable_question", answer, context, history)
            if not self._model_agrees(found, model, asked):
                yield self._refused(replace(answer, model=model.name))
                return
            asked = self._prompt("answer_question", answer, context, history)
            instructions = (asked[0].content, template("answer_question").template)
            draft = Draft(answer.question, context, self.corpus, self._support, instructions)
            shown = answer
            for piece in model.stream(asked):
                if piece:
                    clock.note("first_token")
                    draft.feed(piece)
                if draft.repeats_instructions:
                    break
                if piece and draft.text and clock.is_due():
                    shown = clock.stamp(draft.show(answer, model.name))
                    yield shown
                elif not piece:
                    # The same again, so that whoever reads on can tell that the reader has left.
                    yield shown
            draft.finish()
        except ModelUnavailable as error:
            answer = replace(answer, degraded=True)
            yield self._quoted(answer, Notice.of("remark_failed", error=str(error)))
            return
        yield self._judged(answer, draft, model.name)

    def _judged(self, answer: Answer, draft: Draft, model: str) -> Answer:
        """Keep what the model wrote where the sources bear it out."""
        if draft.declined:
            return replace(self._refused(answer), model=model)
        answer = draft.count(answer)
        if draft.repeats_instructions:
            return self._quoted(answer, Notice.of("remark_repeated", model=model))
        checked = draft.check(draft.show(answer, model))
        if draft.is_empty or not checked.citations:
            return self._quoted(answer, Notice.of("remark_unsourced", model=model))
        if draft.is_unsupported(checked):
            return self._refused(answer, Notice.of("remark_unfounded", model=model))
        return checked

    def _context(self, answer: Answer) -> list[Source]:
        return select_sources(answer.evidence, self._limits.context_characters)

    def _model_agrees(self, found: Finding, model: ChatModel, prompt: Sequence[Message]) -> bool:
        """Ask the model for a yes or no, where the settings want that asked.

        The prompt begins as the one for the answer does, so that a local model reads it once.
        """
        if self._limits.model_threshold == 0:
            return True
        says = model.probability(prompt, "Yes", "No")
        if says is None:
            return True
        combined = self._answerability.with_model(self._probability(found), says)
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
