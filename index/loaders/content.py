"""The bytes of a file, and what they are when they are not what the file's name says.

Knows the file system's refusals and the first bytes of common formats; reads no format itself.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from index.errors import UnreadableFile

_SIGNATURES = {
    b"%PDF-": "a PDF",
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"GIF8": "a GIF picture",
    b"PK\x03\x04": "a zip or Office file",
    b"\xd0\xcf\x11\xe0": "an old Office file, such as .doc",
    b"\x1f\x8b": "a compressed file",
    b"{\\rtf": "an RTF document",
    b"\x7fELF": "a program",
}


def content_of(path: Path) -> bytes:
    """Read a whole file. Raises UnreadableFile when it is empty or will not be read."""
    try:
        if not path.is_file():
            reason = "This is not a file" if path.exists() else "The file is no longer there"
            raise UnreadableFile(reason)
        content = path.read_bytes()
    except FileNotFoundError:
        raise UnreadableFile("The file is no longer there") from None
    except PermissionError:
        raise UnreadableFile(
            "Permission denied; give the user that runs this program the right to read the file"
        ) from None
    except OSError as error:
        raise UnreadableFile(f"The disk does not give the file ({error.strerror})") from error
    if not content:
        raise UnreadableFile("The file is empty")
    return content


def kind_of(content: bytes) -> str:
    """Name the format that the first bytes give away, with its article; empty when none does."""
    kinds = (kind for start, kind in _SIGNATURES.items() if content.startswith(start))
    return next(kinds, "")


@contextmanager
def reading(kind: str) -> Iterator[None]:
    """Turn a parser's failure into UnreadableFile: damaged, or not the `kind` of file it is named.

    Wrap only the calls of a parser, so that no mistake of ours is taken for a damaged file.
    """
    try:
        yield
    except (UnreadableFile, MemoryError):
        raise
    except Exception as error:  # what parsers raise on hostile files is an open set
        raise UnreadableFile(f"The file is damaged, or it is not {kind}") from error
