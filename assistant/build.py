"""Puts the concrete parts together; the only place that names them.

Knows every class and setting; nothing of what the parts do.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from assistant.answering import AnswerLimits, Assistant
from assistant.errors import BadSetting
from assistant.evidence import AnswerabilityModel
from assistant.feedback import FeedbackStore
from assistant.model_supply import ModelSupply
from assistant.owner import Ownership, owned
from assistant.phrases import PhraseBook
from assistant.settings import Settings
from assistant.suggestions import Suggestions
from assistant.support import SupportJudge
from assistant.upkeep import Upkeep
from assistant.uploads import Uploads
from assistant.weight_sources import weight_sources
from assistant.wording import WordingBook
from index.corpus import Corpus
from index.embedding import BundledEmbedder, RemoteEmbedder
from index.language import LanguageDetector
from index.loaders import LOADERS
from index.synchronisation import Reading
from index.types import Document, Embedder
from index.workspace import ChromaAddress

Loaders = Mapping[str, Callable[[Path], Document]]


@dataclass(frozen=True, slots=True)
class Installation:
    """What a process that owns a data folder works with."""

    settings: Settings
    ownership: Ownership
    corpus: Corpus
    assistant: Assistant
    supply: ModelSupply
    suggestions: Suggestions
    feedback: FeedbackStore
    upkeep: Upkeep
    uploads: Uploads


@contextmanager
def opened(
    settings: Settings, folder: Path | None = None, loaders: Loaders = LOADERS
) -> Iterator[Installation]:
    """Own the data folder, or another one, and open all that is in it.

    Raises FolderInUse, BadSetting, and what opening a corpus raises.
    """
    with (
        owned(folder or settings.data) as ownership,
        build_corpus(settings, folder, loaders) as corpus,
    ):
        assistant = build_assistant(settings, corpus)
        uploads = Uploads(settings.uploads_folder, loaders, largest_file(settings))
        with (
            build_supply(settings, assistant) as supply,
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
            )


def build_corpus(
    settings: Settings, folder: Path | None = None, loaders: Loaders = LOADERS
) -> Corpus:
    """Open the corpus of the data folder, or of another one, which the caller must own."""
    reading = Reading(
        loaders=loaders,
        detector=build_detector(settings),
        most_bytes=largest_file(settings),
    )
    chroma = ChromaAddress(settings.chroma_url, settings.chroma_key.get_secret_value())
    return Corpus(folder or settings.data, build_embedder(settings), reading, chroma)


def largest_file(settings: Settings) -> int:
    """Give the size of the largest file that is read, in bytes."""
    return int(settings.largest_file_mb * 1_000_000)


def build_embedder(settings: Settings) -> Embedder:
    """Make the configured embedder."""
    if not settings.embedder_url:
        return BundledEmbedder(os.cpu_count() or 1, settings.fast_embedding)
    if not settings.embedder_model:
        raise BadSetting("embedder_url is set, embedder_model is not: name the model there.")
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


def build_assistant(settings: Settings, corpus: Corpus) -> Assistant:
    """Make an assistant that has no language model yet."""
    limits = AnswerLimits(
        passages=settings.passages,
        context_characters=settings.context_characters,
        longest_question=settings.longest_question,
        answer_threshold=settings.answer_threshold,
        model_threshold=settings.model_threshold,
        rewrite_followups=settings.rewrite_followups,
    )
    return Assistant(
        corpus, PhraseBook.bundled(), AnswerabilityModel.bundled(), SupportJudge.bundled(), limits
    )


def build_supply(settings: Settings, assistant: Assistant) -> ModelSupply:
    """Make what brings the configured language model into use."""
    return ModelSupply(settings, assistant.use, weight_sources())


def build_suggestions(settings: Settings, assistant: Assistant) -> Suggestions:
    """Make what suggests first questions."""
    return Suggestions(assistant, WordingBook.bundled(), settings.example_questions)


def build_feedback(settings: Settings, folder: Path | None = None) -> FeedbackStore:
    """Make the store of readers' feedback in the data folder, or in another one."""
    return FeedbackStore(folder or settings.data, int(settings.feedback_megabytes * 1_000_000))
