"""Puts the concrete parts together; the only place that names them.

Knows every class and setting; nothing of what the parts do.
"""

import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from assistant.answering import AnswerLimits, Assistant, Judges
from assistant.api_keys import ApiKeys
from assistant.corpora import Collection, Corpora
from assistant.embed_tokens import LEAST_SECRET_BYTES, EmbedTokens
from assistant.errors import BadSetting
from assistant.evidence import AnswerabilityModel
from assistant.feedback import FeedbackStore
from assistant.identities import Identities, Proxies
from assistant.logs import Log
from assistant.metrics import Metrics
from assistant.model_supply import ModelSupply
from assistant.owner import Ownership, owned
from assistant.phrases import PhraseBook
from assistant.question_log import QuestionLog
from assistant.settings import Settings
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
from index.reading import ParserLimits, Reading
from index.types import Document, Embedder, Vector
from index.workspace import ChromaAddress

_MOST_PARSERS = 4
"""Processes that read files unless the settings say otherwise: each may take its memory."""

Loaders = Mapping[str, Callable[[Path], Document]]


@dataclass(frozen=True, slots=True)
class Installation:
    """What a process that owns a data folder works with.

    `corpus` and `assistant` are those of the default collection; `corpora` has all of them.
    """

    settings: Settings
    ownership: Ownership
    corpus: Corpus
    assistant: Assistant
    supply: ModelSupply
    suggestions: Suggestions
    feedback: FeedbackStore
    upkeep: Upkeep
    uploads: Uploads
    corpora: Corpora
    watch: Watch = field(default_factory=Watch)
    metrics: Metrics = field(default_factory=Metrics)


@contextmanager
def opened(
    settings: Settings,
    folder: Path | None = None,
    loaders: Loaders = LOADERS,
    observers: Sequence[Observer] = (),
) -> Iterator[Installation]:
    """Own the data folder, or another one, and open all that is in it; observers hear of answers.

    Raises FolderInUse, BadSetting, and what opening a corpus raises.
    """
    place = folder or settings.data
    metrics = Metrics()
    watch = Watch((metrics, *observers))
    with (
        owned(place) as ownership,
        build_corpora(settings, place, loaders, watch) as corpora,
    ):
        corpus, assistant = corpora.corpus(), corpora.assistant()
        uploads = Uploads(settings.uploads_folder, loaders, largest_file(settings))
        with (
            build_supply(settings, corpora) as supply,
            build_suggestions(settings, assistant) as suggestions,
            Upkeep(corpus) as upkeep,
        ):
            feedback = build_feedback(settings, folder)
            yield Installation(
                settings,
                ownership,
                corpus,
                assistant,
                supply,
                suggestions,
                feedback,
                upkeep,
                uploads,
                corpora,
                watch,
                metrics,
            )


@contextmanager
def build_corpora(
    settings: Settings, folder: Path, loaders: Loaders, watch: Watch
) -> Iterator[Corpora]:
    """Open the collections of a folder, which the caller must own."""
    corpus_in = corpus_opener(settings, loaders, watch)

    def opener(place: Path, name: str) -> Collection:
        corpus = corpus_in(place)
        return Collection(corpus, build_assistant(settings, corpus, watch, name))

    default = opener(folder, DEFAULT_COLLECTION)
    with default.corpus, Corpora(folder, default, opener) as corpora:
        yield corpora


def build_corpus(
    settings: Settings,
    folder: Path | None = None,
    loaders: Loaders = LOADERS,
    watch: Watch | None = None,
) -> Corpus:
    """Open the corpus of the data folder, or of another one, which the caller must own."""
    return corpus_opener(settings, loaders, watch or Watch())(folder or settings.data)


def corpus_opener(settings: Settings, loaders: Loaders, watch: Watch) -> Callable[[Path], Corpus]:
    """Make what opens corpora; they share embedder and watch, and one sync runs at a time."""
    reading = Reading(
        loaders=loaders,
        detector=build_detector(settings),
        most_bytes=largest_file(settings),
        limits=parser_limits(settings),
    )
    chroma = ChromaAddress(settings.chroma_url, settings.chroma_key.get_secret_value())
    embedder, turn = QueryCache(build_embedder(settings)), threading.Lock()
    return lambda folder: WatchedCorpus(folder, embedder, reading, chroma, watch, turn)


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
        raise BadSetting(f"The setting languages: {error}. Use two-letter codes.") from None


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


def build_identities(settings: Settings, owner_token: str) -> Identities | None:
    """Make what tells readers apart; None where all are the same. Raises BadSetting."""
    if settings.access == "off":
        return None
    for network in settings.trusted_proxies:
        if network.prefixlen == 0:
            raise BadSetting(
                f"The setting trusted_proxies has {network}, which is every address there is: "
                "anyone could then say to be anyone. Name the proxies' own addresses."
            )
    proxies = Proxies(settings.trusted_proxies, settings.user_header, settings.groups_header)
    return Identities(proxies, settings.grants, ApiKeys(settings.data), owner_token)


def build_embed_tokens(settings: Settings) -> dict[str, EmbedTokens]:
    """Make what checks the tokens of embeds that want them, by name. Raises BadSetting."""
    return {
        name: EmbedTokens(name, embed.collection, _secret(name, embed.secret_file))
        for name, embed in settings.embeds.items()
        if embed.signed_in and embed.secret_file is not None
    }


def _secret(name: str, file: Path) -> bytes:
    setting = f"The setting embeds.{name}.secret_file names {file}, which"
    try:
        secret = file.read_bytes().strip()
    except OSError as error:
        raise BadSetting(f"{setting} cannot be read: {error.strerror}.") from None
    if len(secret) < LEAST_SECRET_BYTES:
        raise BadSetting(
            f"{setting} has fewer than {LEAST_SECRET_BYTES} bytes. Make one with: "
            f"openssl rand -hex 32 > {file}"
        )
    return secret


def build_supply(settings: Settings, corpora: Corpora) -> ModelSupply:
    """Make what brings the configured language model into use, in all collections."""
    return ModelSupply(settings, corpora.use, weight_sources())


def build_suggestions(settings: Settings, assistant: Assistant) -> Suggestions:
    """Make what suggests first questions."""
    return Suggestions(assistant, WordingBook.bundled(), settings.example_questions)


def build_feedback(settings: Settings, folder: Path | None = None) -> FeedbackStore:
    """Make the store of readers' feedback in the data folder, or in another one."""
    return FeedbackStore(folder or settings.data, int(settings.feedback_megabytes * 1_000_000))


def build_grouping() -> Callable[[str], Vector]:
    """Make what tells alike questions apart from others; it is local, whatever embeds documents."""
    return BundledEmbedder(threads=1).embed_query


def build_observers(settings: Settings) -> tuple[Observer, ...]:
    """Make what a server tells of its answers and syncs: its log, and the questions if kept."""
    log = Log()
    if not settings.question_log:
        return (log,)
    return (log, QuestionLog(settings.questions_folder, settings.question_log_days))
