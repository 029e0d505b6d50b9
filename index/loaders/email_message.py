"""E-mail messages (.eml): who wrote what to whom, and what is attached.

Knows messages and their parts; files that are attached go to the reader of their type.
"""

import os
from codecs import BOM_UTF8
from collections.abc import Callable, Iterator, Mapping
from email.errors import MessageError
from email.header import decode_header
from email.message import Message
from email.parser import BytesParser
from email.utils import parsedate_to_datetime
from pathlib import Path, PurePosixPath

from index.errors import UnreadableFile
from index.loaders.cleaning import one_line
from index.loaders.content import content_of, kind_of, reading
from index.loaders.encoding import decode
from index.loaders.html import page_text, write_page
from index.loaders.manuscript import Manuscript
from index.loaders.text import write_text
from index.loaders.titles import name_of
from index.types import Document

_KIND = "an e-mail message"
_SHOWN = ("From", "To", "Cc")
_EXPECTED = ("From", "To", "Subject", "Date", "Received", "Message-ID")

_DEEPEST = 5
"""Messages inside messages."""

_MOST_PARTS = 200
"""Attachments of a message that are read."""

_OFFICE = "application/vnd.openxmlformats-officedocument"
_OPEN = "application/vnd.oasis.opendocument"
_SUFFIXES = {
    "text/plain": ".txt",
    "text/html": ".html",
    "text/csv": ".csv",
    "text/markdown": ".md",
    "text/rtf": ".rtf",
    "application/rtf": ".rtf",
    "application/pdf": ".pdf",
    "application/json": ".json",
    "application/epub+zip": ".epub",
    f"{_OFFICE}.wordprocessingml.document": ".docx",
    f"{_OFFICE}.spreadsheetml.sheet": ".xlsx",
    f"{_OFFICE}.presentationml.presentation": ".pptx",
    f"{_OPEN}.text": ".odt",
    f"{_OPEN}.spreadsheet": ".ods",
    f"{_OPEN}.presentation": ".odp",
    "message/rfc822": ".eml",
}
"""Of attachments whose name does not say what they are."""

_DECORATION = frozenset({"image", "audio", "video"})

Loaders = Mapping[str, Callable[[Path], Document]]


def load_email(path: Path, *, loaders: Loaders) -> Document:
    """Read a message and what is attached to it; `loaders` has readers by suffix.

    Raises UnreadableFile.
    """
    content = content_of(path)
    kind = kind_of(content)
    if kind:
        raise UnreadableFile(f"The file is {kind}, not {_KIND}")
    with reading(_KIND):
        message = BytesParser().parsebytes(content.removeprefix(BOM_UTF8).lstrip())
        if not any(_header(message, name) for name in _EXPECTED):
            raise UnreadableFile(f"The file is damaged, or it is not {_KIND}")
    manuscript = Manuscript()
    reader = _Reader(manuscript, loaders)
    reader.read(message, 1)
    if reader.parts > _MOST_PARTS:
        manuscript.warn(
            f"Attachments that were left out, since {_MOST_PARTS} is the most: "
            f"{reader.parts - _MOST_PARTS:,}"
        )
    return manuscript.document(_header(message, "Subject") or name_of(path))


class _Reader:
    """Writes one message and all that it holds into a manuscript."""

    def __init__(self, manuscript: Manuscript, loaders: Loaders) -> None:
        self._manuscript = manuscript
        self._loaders = loaders
        self.parts = 0

    def read(self, message: Message, level: int) -> None:
        """Write a message whose subject is a heading of a level."""
        self._manuscript.add_heading(_header(message, "Subject"), level)
        lines = [(name, _header(message, name)) for name in _SHOWN]
        for number, (name, value) in enumerate([*lines, ("Date", _date(message))]):
            if value:
                self._manuscript.add(f"{name}: {value}", tight=number > 0)
        parts = list(_leaves(message))
        bodies = [part for part in parts if _is_body(part)]
        for part in bodies:
            self._read_body(part)
        for part in parts:
            if part not in bodies:
                self._read_attachment(part, level + 1)

    def _read_body(self, part: Message) -> None:
        content, charset = _content(part), part.get_content_charset("")
        warn = self._manuscript.warn
        try:
            if part.get_content_type() == "text/html":
                page = (
                    decode(content, charset, warn=warn)
                    if charset
                    else page_text(content, warn=warn)
                )
                write_page(page, self._manuscript)
            elif content.strip():
                write_text(decode(content, charset, warn=warn), self._manuscript)
        except UnreadableFile as error:
            self._manuscript.warn(f"A part of the message was not read ({error})")

    def _read_attachment(self, part: Message, level: int) -> None:
        name = PurePosixPath(_decoded(part.get_filename() or "").replace("\\", "/")).name
        kind = part.get_content_type()
        shown = name or kind
        suffix = PurePosixPath(name).suffix.lower()
        if suffix not in self._loaders and suffix != ".eml":
            suffix = _SUFFIXES.get(kind, "")
        if part.get_content_maintype() in _DECORATION and not name:
            return
        self.parts += 1
        if self.parts > _MOST_PARTS:
            return
        if kind == "message/rfc822" or suffix == ".eml":
            self._read_message(part, shown, level)
            return
        self._manuscript.add_heading(shown, level)
        loader = self._loaders.get(suffix)
        if loader is None:
            self._manuscript.warn(f"An attachment of a type that cannot be read: {shown}")
            return
        try:
            self._manuscript.add_document(_loaded(_content(part), loader), shown)
        except UnreadableFile as error:
            self._manuscript.warn(f"An attachment was not read: {shown} ({error})")

    def _read_message(self, part: Message, shown: str, level: int) -> None:
        if level > _DEEPEST:
            self._manuscript.warn(f"An attached message lies too deep and was not read: {shown}")
            return
        try:
            with reading(_KIND):
                inner = _attached_message(part)
        except UnreadableFile as error:
            self._manuscript.warn(f"An attached message was not read: {shown} ({error})")
        else:
            self.read(inner, level)


def _leaves(message: Message) -> Iterator[Message]:
    """Walk through the parts; of alternatives, take plain text before HTML before the rest.

    What the others hold besides another version of the text is taken too: some programs put files
    that are attached inside one of them.
    """
    payload = message.get_payload()
    is_whole = message.get_content_type() == "message/rfc822"
    if is_whole or not isinstance(payload, list):
        yield message
        return
    children = [child for child in payload if isinstance(child, Message)]
    others: list[Message] = []
    if message.get_content_type() == "multipart/alternative":
        children.sort(key=_preference)
        for other in children[1:]:
            others += [part for part in _leaves(other) if not _is_version(part)]
        del children[1:]
    for child in children:
        yield from _leaves(child)
    yield from (part for part in others if not _is_shown_inside(part))


def _preference(alternative: Message) -> int:
    kinds = [part.get_content_type() for part in alternative.walk() if _content(part).strip()]
    return 0 if "text/plain" in kinds else 1 if "text/html" in kinds else 2


def _is_body(part: Message) -> bool:
    is_text = part.get_content_type() in ("text/plain", "text/html")
    return is_text and not part.get_filename() and part.get_content_disposition() != "attachment"


def _is_version(part: Message) -> bool:
    """Say whether a part is the text of the message in some form, and no file or invitation."""
    is_text = part.get_content_maintype() == "text" and part.get_content_subtype() != "calendar"
    return is_text and not part.get_filename() and part.get_content_disposition() != "attachment"


def _is_shown_inside(part: Message) -> bool:
    """Say whether a page shows a part where it names it, as it does pictures."""
    is_picture = part.get_content_maintype() in _DECORATION and "Content-ID" in part
    return is_picture and part.get_content_disposition() != "attachment"


def _attached_message(part: Message) -> Message:
    """Return a message inside a part, decoded where a program encoded it although none may."""
    payload = part.get_payload()
    inner = payload[0] if isinstance(payload, list) and payload else None
    if not isinstance(inner, Message):
        return BytesParser().parsebytes(_content(part))
    encoding = str(part.get("Content-Transfer-Encoding", "")).strip().lower()
    is_plain = encoding == "base64" and any(_header(inner, name) for name in _EXPECTED)
    if is_plain or encoding not in ("base64", "quoted-printable"):
        return inner
    carrier = Message()
    carrier["Content-Transfer-Encoding"] = encoding
    carrier.set_payload(inner.as_bytes().decode("ascii", "surrogateescape"))
    return BytesParser().parsebytes(_content(carrier).lstrip())


def _content(part: Message) -> bytes:
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _loaded(content: bytes, loader: Callable[[Path], Document]) -> Document:
    """Read an attachment as a file in memory, of which nothing stays if the process is stopped.

    Raises UnreadableFile.
    """
    with os.fdopen(os.memfd_create("attachment"), "wb") as file:
        file.write(content)
        file.flush()
        return loader(Path(f"/proc/self/fd/{file.fileno()}"))


def _header(message: Message, name: str) -> str:
    """Return a header on one line; empty where there is none."""
    items = ((key, value) for key, value in message.raw_items() if key.lower() == name.lower())
    return next((_decoded(str(value)) for _, value in items), "")


def _decoded(text: str) -> str:
    """Read encoded words, and bytes that no header may hold but many do."""
    try:
        parts = decode_header(text)
    except (MessageError, ValueError):
        parts = [(text, None)]
    return one_line("".join(_word(part, charset or "") for part, charset in parts))


def _word(part: str | bytes, charset: str) -> str:
    content = part.encode("utf-8", "surrogateescape") if isinstance(part, str) else part
    try:
        return decode(content, charset)
    except UnreadableFile:
        return content.decode("ascii", "replace")


def _date(message: Message) -> str:
    text = _header(message, "Date")
    try:
        return parsedate_to_datetime(text).isoformat(" ", "minutes")
    except ValueError:
        return text
