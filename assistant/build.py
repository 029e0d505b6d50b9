"""Puts the concrete parts together; the only place that names them.

Knows every class and setting; nothing of what the parts do.
"""

import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from assistant.answer_rules import AnswerLimits, Judges
from assistant.answering import Assistant
from assistant.corpora import Collection, Corpora
from assistant.errors import BadSetting
from assistant.evidence import AnswerabilityModel
from assistant.feedback import FeedbackKeeper, FeedbackStore
from assistant.forwarding import ForwardedFeedback, ForwardedQuestions, OwnerLink
from assistant.metrics import Metrics
from assistant.model_queue import ModelQueue
from assistant.model_supply import ModelSupply
from assistant.owner import Ownership, owned
from assistant.phrases import PhraseBook
from assistant.question_log import QuestionLog
from assistant.settings import Settings
from assistant.stewards import Stewards
from assistant.suggestions import Suggestions
from assistant.support import SupportJudge
from assistant.types import DEFAULT_COLLECTION
from assistant.upkeep import Upkeep
from assistant.uploads import Uploads
from assistant.watched_corpus import WatchedCorpus
from assistant.watching import Observer, Watch
from assistant.weight_sources import weight_sources
from assistant.wording import WordingBook
from index.corpus import Corpus
from index.embedding import BundledEmbedder
from index.language import LanguageDetector
from index.loaders import LOADERS
from index.query_cache import QueryCache
from index.read_only import ReadOnlyCorpus
from index.reading import ParserLimits, Reading
from index.removals import RemovalGuard
from index.types import Document, Embedder, Vector
from index.workspace import ChromaAddress, discard_vectors

_MOST_PARSERS = 4
"""Processes that read files unless the settings say otherwise: each may take its memory."""

Loaders = Mapping[str, Callable[[Path], Document]]


@dataclass(frozen=True, slots=True)
class Installation:
    """What a process that serves a data folder works with.

    `corpus` and `assistant` are those of the default collection; `corpora` has all of them. Of
    `ownership` and `owner`, one is None: the process owns the folder, or it knows the way to the
    one that does, and changes nothing itself. `questions` keeps what is asked, if anything does.
    """

    settings: Settings
    ownership: Ownership | None
    corpus: Corpus
    assistant: Assistant
    supply: ModelSupply
    suggestions: Suggestions
    feedback: FeedbackKeeper
    upkeep: Upkeep
    uploads: Uploads
    corpora: Corpora
    stewards: Stewards
    watch: Watch = field(default_factory=Watch)
    metrics: Metrics = field(default_factory=Metrics)
    questions: QuestionLog | None = None
    owner: OwnerLink | None = None


@contextmanager
def opened(
    settings: Settings,
    folder: Path | None = None,
    loaders: Loaders = LOADERS,
    observers: Sequence[Observer] = (),
    questions: QuestionLog | None = None,
) -> Iterator[Installation]:
    """Own the data folder, or another one, and open all that is in it; observers hear of answers.

    `questions` hears of them too, and of those that other processes hand on. Raises FolderInUse,
    BadSetting, and what opening a corpus raises.
    """
    place = folder or settings.data
    heard = (*observers, questions) if questions else observers
    with owned(place) as ownership, _opened(settings, place, loaders, heard, False) as installation:
        yield replace(installation, ownership=ownership, questions=questions)


@contextmanager
def opened_to_read(
    settings: Settings, loaders: Loaders = LOADERS, observers: Sequence[Observer] = ()
) -> Iterator[Installation]:
    """Open the data folder beside the process that owns it, and change nothing in it.

    Opinions, and questions where they are kept, are handed on to the owner. Raises BadSetting, and
    what opening a corpus raises.
    """
    if not settings.chroma_url:
        raise BadSetting(
            "The setting chroma_url is empty, so the vectors lie in the data folder, which one "
            "process alone may open. To read beside the owner, run a Chroma server, set "
            "chroma_url for all processes, and run 'bronwijzer rebuild' once."
        )
    owner = OwnerLink(settings.data)
    heard = (*observers, ForwardedQuestions(owner)) if settings.question_log else observers
    # Whoever may change documents where they are owned may not do it here.
    closed = settings.model_copy(update={"library": "nobody"})
    with _opened(closed, settings.data, loaders, heard, True) as installation:
        yield replace(installation, feedback=ForwardedFeedback(owner), owner=owner)


@contextmanager
def _opened(
    settings: Settings,
    folder: Path,
    loaders: Loaders,
    observers: Sequence[Observer],
    read_only: bool,
) -> Iterator[Installation]:
    metrics = Metrics()
    queue = ModelQueue(settings.answers_at_once, settings.answers_waiting)
    watch = Watch((metrics, *observers), queue)
    with build_corpora(settings, folder, loaders, watch, read_only) as corpora:
        corpus, assistant = corpora.corpus(), corpora.assistant()
        uploads = Uploads(settings.uploads_folder, loaders, largest_file(settings))
        with (
            build_supply(settings, corpora, read_only) as supply,
            build_suggestions(settings, assistant) as suggestions,
            Upkeep(corpus) as upkeep,
            build_stewards(settings, corpora, loaders, uploads, upkeep) as stewards,
        ):
            yield Installation(
                settings,
                None,
                corpus,
                assistant,
                supply,
                suggestions,
                build_feedback(settings, folder),
                upkeep,
                uploads,
                corpora,
                stewards,
                watch,
                metrics,
            )


@contextmanager
def build_corpora(
    settings: Settings, folder: Path, loaders: Loaders, watch: Watch, read_only: bool = False
) -> Iterator[Corpora]:
    """Open the collections of a folder, which the caller must own, or else may only read."""
    corpus_in = corpus_opener(settings, loaders, watch, read_only)

    def opener(place: Path, name: str) -> Collection:
        corpus = corpus_in(place)
        return Collection(corpus, build_assistant(settings, corpus, watch, name))

    default = opener(folder, DEFAULT_COLLECTION)
    discard = partial(discard_vectors, chroma=chroma_address(settings))
    with default.corpus, Corpora(folder, default, opener, discard) as corpora:
        yield corpora


def build_corpus(
    settings: Settings,
    folder: Path | None = None,
    loaders: Loaders = LOADERS,
    watch: Watch | None = None,
) -> Corpus:
    """Open the corpus of the data folder, or of another one, which the caller must own."""
    return corpus_opener(settings, loaders, watch or Watch())(folder or settings.data)


def corpus_opener(
    settings: Settings, loaders: Loaders, watch: Watch, read_only: bool = False
) -> Callable[[Path], Corpus]:
    """Make what opens corpora; they share embedder and watch, and one sync runs at a time."""
    reading = Reading(
        loaders=loaders,
        detector=build_detector(settings),
        most_bytes=largest_file(settings),
        include=settings.include,
        exclude=settings.exclude,
        guard=RemovalGuard(settings.removal_share, settings.removal_files),
        limits=parser_limits(settings),
    )
    chroma = chroma_address(settings)
    embedder, turn = QueryCache(build_embedder(settings)), threading.Lock()
    if read_only:
        return lambda folder: ReadOnlyCorpus(folder, embedder, reading, chroma)
    return lambda folder: WatchedCorpus(folder, embedder, reading, chroma, watch, turn)


def chroma_address(settings: Settings) -> ChromaAddress:
    """Say where vectors are kept."""
    return ChromaAddress(settings.chroma_url, settings.chroma_key.get_secret_value())


def largest_file(settings: Settings) -> int:
    """Give the size of the largest file that is read, in bytes."""
    return int(settings.largest_file_mb * 1_000_000)


def parser_limits(settings: Settings) -> ParserLimits:
    """Say what the processes that read files may use."""
    return ParserLimits(
        seconds=settings.parser_seconds,
        most_memory=int(settings.parser_memory_mb * 1_000_000),
        at_once=settings.parsers or min(os.cpu_count() or 1, _MOST_PARSERS),
    )


def build_embedder(settings: Settings) -> Embedder:
    """Make the configured embedder."""
    if not settings.embedder_url:
        return BundledEmbedder(os.cpu_count() or 1, settings.fast_embedding)
    if not settings.embedder_model:
        raise BadSetting("embedder_url is set, embedder_model is not: name the model there.")
    from index.remote_embedding import RemoteEmbedder

    return RemoteEmbedder(
        settings.embedder_url,
        settings.embedder_model,
        settings.embedder_key.get_secret_value(),
        (settings.embedder_query_prefix, settings.embedder_passage_prefix),
        frozenset(settings.embedder_languages) or None,
    )


def build_token_counter() -> Callable[[str], int]:
    """Make what counts tokens as the bundled embedder does."""
    return BundledEmbedder(threads=1).count_tokens


def build_detector(settings: Settings) -> LanguageDetector:
    """Make the language detector."""
    try:
        return LanguageDetector(settings.languages)
    except ValueError as error:
        raise BadSetting(
            f"The setting languages has the value {' '.join(settings.languages)!r}: {error}. "
            "Correct it in bronwijzer.toml or in BRONWIJZER_LANGUAGES, with codes of ISO 639-1."
        ) from None


def build_assistant(
    settings: Settings,
    corpus: Corpus,
    watch: Watch | None = None,
    collection: str = DEFAULT_COLLECTION,
) -> Assistant:
    """Make an assistant that has no language model yet."""
    limits = AnswerLimits(
        passages=settings.passages,
        context_characters=settings.context_characters,
        longest_question=settings.longest_question,
        answer_threshold=settings.answer_threshold,
        model_threshold=settings.model_threshold,
        rewrite_followups=settings.rewrite_followups,
    )
    judges = Judges(AnswerabilityModel.bundled(), SupportJudge.bundled())
    return Assistant(corpus, PhraseBook.bundled(), judges, limits, watch, collection)


def build_supply(settings: Settings, corpora: Corpora, read_only: bool = False) -> ModelSupply:
    """Make what brings the configured language model into use, in all collections."""
    return ModelSupply(settings, corpora.use, weight_sources(), read_only)


def build_stewards(
    settings: Settings, corpora: Corpora, loaders: Loaders, uploads: Uploads, upkeep: Upkeep
) -> Stewards:
    """Make what changes the documents of each collection; the default one's means are given."""

    def uploads_of(name: str) -> Uploads:
        return Uploads(corpora.folder(name) / "uploads", loaders, largest_file(settings))

    return Stewards(corpora, uploads, upkeep, uploads_of)


def build_suggestions(settings: Settings, assistant: Assistant) -> Suggestions:
    """Make what suggests first questions."""
    return Suggestions(assistant, WordingBook.bundled(), settings.example_questions)


def build_feedback(settings: Settings, folder: Path | None = None) -> FeedbackStore:
    """Make the store of readers' feedback in the data folder, or in another one."""
    return FeedbackStore(folder or settings.data, int(settings.feedback_megabytes * 1_000_000))


def build_grouping() -> Callable[[str], Vector]:
    """Make what tells alike questions apart from others; it is local, whatever embeds documents."""
    return BundledEmbedder(threads=1).embed_query


def build_question_log(settings: Settings) -> QuestionLog | None:
    """Make what keeps questions, where the settings want them kept."""
    if not settings.question_log:
        return None
    return QuestionLog(settings.questions_folder, settings.question_log_days)
