"""JSON files, of one value or of one on each line: records as lines that name each value.

Knows values and their names; nothing of what they are about.
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from index.errors import UnreadableFile
from index.loaders.content import content_of, reading
from index.loaders.encoding import decode
from index.loaders.manuscript import Manuscript
from index.loaders.tables import row_lines
from index.loaders.titles import is_title, name_of
from index.types import Document

_KIND = "JSON"
_LONGEST_VALUE = 300
"""In characters. A longer one is prose, which gets a paragraph of its own."""

_LEAST_LINES = 0.5
"""Of the lines: fewer hold a value by chance in a damaged file that is one value."""

_TITLES = ("title", "name", "titel", "naam")
_BETWEEN = " › "
_TOO_DEEP = (
    "The values lie inside each other too deeply to be read; save the file with fewer levels"
)


class _Object(list[tuple[str, Any]]):
    """The members of an object in their order, those of one name all of them."""


def load_json(path: Path) -> Document:
    """Read a JSON file, or one with a value on each line under its name. Raises UnreadableFile."""
    manuscript = Manuscript()
    text = decode(content_of(path), warn=manuscript.warn).lstrip("\ufeff")
    try:
        value = _parsed(text)
    except ValueError:
        _write_lines(text, manuscript, least=_LEAST_LINES)
        return manuscript.document(name_of(path))
    except RecursionError:
        raise UnreadableFile(_TOO_DEEP) from None
    _write_value(value, manuscript)
    return manuscript.document(_title(value) or name_of(path))


def load_json_lines(path: Path) -> Document:
    """Read a file with a JSON value on each line, or a single one. Raises UnreadableFile."""
    manuscript = Manuscript()
    text = decode(content_of(path), warn=manuscript.warn).lstrip("\ufeff")
    try:
        _write_lines(text, manuscript)
    except UnreadableFile:
        with reading(_KIND):
            value = _parsed(text)
        _write_value(value, manuscript)
    return manuscript.document(name_of(path))


def _write_value(value: object, manuscript: Manuscript) -> None:
    try:
        _write(value, manuscript)
    except RecursionError:  # what can be parsed may be deeper than this can walk
        raise UnreadableFile(_TOO_DEEP) from None


def _write_lines(text: str, manuscript: Manuscript, *, least: float = 0.0) -> None:
    """Write the values of all lines that hold one.

    None at all, or a share below `least`, makes the file unreadable.
    """
    failed: list[int] = []
    values = 0
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            manuscript.end_sections(1)
            _write(_parsed(line), manuscript)
            values += 1
        except (ValueError, RecursionError):
            failed.append(number)
    if failed and (not values or values < least * (values + len(failed))):
        raise UnreadableFile("The file is damaged, or it is not JSON")
    if failed:
        manuscript.warn(
            f"Lines that hold no JSON and were left out: {len(failed):,} (the first is {failed[0]})"
        )


def _parsed(text: str) -> Any:  # noqa: ANN401 - JSON is any value
    """Parse a value; numbers stay as they are written. Raises ValueError, RecursionError."""
    return json.loads(
        text, object_pairs_hook=_Object, parse_int=str, parse_float=str, parse_constant=str
    )


def _title(value: object) -> str:
    members = dict(value) if isinstance(value, _Object) else {}
    titles = (members.get(name) for name in _TITLES)
    return next((each for each in titles if isinstance(each, str) and is_title(each)), "")


def _write(value: object, manuscript: Manuscript, depth: int = 1) -> None:
    """Write a value: each record of a list begins a paragraph, and so does each long text.

    A list of records inside a record is a section of its own, at a depth from 1.
    """
    if isinstance(value, list) and _text(value) is None and not isinstance(value, _Object):
        for each in value:
            manuscript.end_sections(depth)
            _write(each, manuscript, depth)
        return
    short: list[str] = []
    later: list[tuple[Sequence[str], object]] = []
    for name, member in _members(value, ()):
        text = _text(member)
        if text is None or len(text) > _LONGEST_VALUE or "\n" in text.strip():
            later.append((name, member))
        else:
            short.append(_named(name, text))
    for number, line in enumerate(row_lines(list(filter(None, short)))):
        manuscript.add(line, tight=number > 0)
    later.sort(key=lambda each: _text(each[1]) is None)  # what follows a heading is below it
    for name, member in later:
        text = _text(member)
        if text is None:
            manuscript.add_heading(_BETWEEN.join(name), depth)
            _write(member, manuscript, depth + 1)
        else:
            manuscript.add(_named(name, text))


def _members(value: object, path: Sequence[str]) -> Iterator[tuple[Sequence[str], object]]:
    """Walk through the values of a record, each with the names that lead there."""
    if not isinstance(value, _Object):
        yield path, value
        return
    for name, member in value:
        yield from _members(member, (*path, name))


def _text(value: object) -> str | None:
    """Write a value, or a list of them, as text; None for records and lists that hold any."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return value
    if isinstance(value, _Object) or not isinstance(value, list):
        return None
    texts = [_text(each) for each in value if not isinstance(each, list)]
    if len(texts) < len(value) or None in texts:
        return None
    return ", ".join(filter(None, texts))


def _named(path: Sequence[str], text: str) -> str:
    if not text.strip():
        return ""
    return f"{_BETWEEN.join(path)}: {text}" if path else text
