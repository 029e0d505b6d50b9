"""What becomes of one file: its text, cut into passages, and why there is none.

Knows loaders, languages and passages; nothing of processes, stores or folders.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path

from index.errors import UnreadableFile
from index.language import LanguageDetector
from index.loaders import EDITIONS, LIBRARIES
from index.passages import split
from index.removals import RemovalGuard
from index.types import Document, Parsed

Loader = Callable[[Path], Document]


@dataclass(frozen=True, slots=True)
class ParserLimits:
    """What a process that reads files may use for one of them, and how many there are at once.

    `seconds` are of the processor, so that a busy machine spoils no sound file; `most_memory` is
    in bytes.
    """

    seconds: float = 120.0
    most_memory: int = 1_000_000_000
    at_once: int = 2

    @property
    def clock_seconds(self) -> float:
        """The seconds by the clock, for a parser that waits and does not compute."""
        return 3 * self.seconds


@dataclass(frozen=True, slots=True)
class Reading:
    """How files become passages: loaders by suffix, the language detector, the largest file.

    `include` and `exclude` are patterns for every root, beside its own; `guard` says when missing
    files are not taken for removed ones. With `limits`, files are read in processes of their own,
    and loaders must be functions at the top of a module that can be imported. Without, this
    process reads them, and a file that crashes, hangs or swells a parser does so to this process.
    """

    loaders: Mapping[str, Loader]
    detector: LanguageDetector
    most_bytes: int
    limits: ParserLimits | None = None
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    guard: RemovalGuard = RemovalGuard()

    def edition(self, suffix: str) -> int:
        """Number what files of a type are read by, from 1; 0 for a loader that has no number."""
        loader = self.loaders.get(suffix)
        return EDITIONS.get(loader, 0) if loader else 0


def parsed(path: Path, loader: Loader, detector: LanguageDetector) -> Parsed:
    """Read a file and cut its text. Raises UnreadableFile, and what the loader raises."""
    document = loader(path)
    language = detector.detect(document.text[:20_000])
    passages = tuple(split(document, detector))
    if not passages:
        raise UnreadableFile("There is no text in this file")
    return Parsed(document, passages, language, parser_of(loader))


@cache  # Versions are read from files.
def parser_of(loader: Loader) -> str:
    """Name a loader with the versions of this program and of the library that it stands on."""
    name = f"{loader.__name__.removeprefix('load_')} {version('bronwijzer')}"
    library = LIBRARIES.get(loader)
    return f"{name} ({library} {version(library)})" if library else name


def reason_of(error: Exception) -> str:
    """Say why a file could not be read, for whoever has to mend it."""
    if isinstance(error, UnreadableFile):
        return str(error)
    if isinstance(error, OSError):
        return error.strerror or str(error) or type(error).__name__
    return f"The reader failed ({type(error).__name__}: {error}); the file may be damaged"
