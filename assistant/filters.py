"""Filters of documents as JSON: what requests say, and what the command line's options become.

Knows field names and dates; nothing of how documents are chosen.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from math import inf
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    WithJsonSchema,
)

from assistant.errors import BadQuestion
from index.types import DocumentFilter

_DAY = len("2026-01-31")
_FIRST_YEAR, _LAST_YEAR = 1971, 2999
"""Within what every system's clock can say."""


def _read_moment(value: object) -> datetime | date:
    """Tell days from moments, which pydantic does not where a moment is midnight."""
    if not isinstance(value, str):
        raise ValueError("a day or a moment is text, such as 2026-01-31")
    moment = date.fromisoformat(value) if len(value) == _DAY else datetime.fromisoformat(value)
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise ValueError(f"the year is not between {_FIRST_YEAR} and {_LAST_YEAR}")
    return moment


Word = Annotated[str, Field(max_length=100)]
LanguageCode = Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}$")]
"""In ISO 639; a language's name would find nothing, and look as if there were nothing to find."""

_WRITTEN = (
    r"^(19(7[1-9]|[89][0-9])|2[0-9]{3})-"
    r"((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)"
    r"|02-(0[1-9]|1[0-9]|2[0-8]))"
    r"(T([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?(Z|[+-]0[0-9]:[0-5][0-9])?)?$"
)
"""Told to programs: days that there are, but for leap days, and moments."""

Moment = Annotated[
    datetime | date,
    BeforeValidator(_read_moment, json_schema_input_type=str),
    WithJsonSchema({"type": "string", "pattern": _WRITTEN}, mode="validation"),
]
"""A day of the server's own calendar, or a moment; one that names no time zone is in its own."""


class FilterBody(BaseModel):
    """A filter as JSON. A field that there is not is an error, or a slip would search too much.

    `since` and `until` bound when a file was last written, the other two when it was indexed; a
    day is counted whole.
    """

    model_config = ConfigDict(extra="forbid")

    path: str = Field(default="", max_length=300)
    types: list[Word] = Field(default=[], max_length=50)
    languages: list[LanguageCode] = Field(default=[], max_length=50)
    since: Moment | None = None
    until: Moment | None = None
    indexed_since: Moment | None = None
    indexed_until: Moment | None = None

    def wanted(self) -> DocumentFilter:
        """Give it as the assistant takes it."""
        return DocumentFilter(
            path=self.path,
            types=tuple(self.types),
            languages=tuple(self.languages),
            modified_since=_start(self.since),
            modified_before=_end(self.until),
            indexed_since=_start(self.indexed_since),
            indexed_before=_end(self.indexed_until),
        )


def write_filter(wanted: DocumentFilter) -> dict[str, Any]:
    """Write a filter as JSON-ready values, without its names and numbers."""
    times = {
        "since": wanted.modified_since,
        "until": wanted.modified_before,
        "indexed_since": wanted.indexed_since,
        "indexed_until": wanted.indexed_before,
    }
    return {
        "path": wanted.path,
        "types": list(wanted.types),
        "languages": list(wanted.languages),
        **{
            name: datetime.fromtimestamp(moment, UTC).isoformat()
            for name, moment in times.items()
            if moment is not None
        },
    }


_A_TIME = "write a day such as 2026-01-31, or a moment such as 2026-01-31T12:00."

_REMEDIES = {
    "path": ("--path", "write a shorter pattern."),
    "types": ("--type", "write a suffix such as pdf."),
    "languages": ("--language", "write a code such as nl."),
    "since": ("--since", _A_TIME),
    "until": ("--until", _A_TIME),
}


def read_options(
    path: str, types: Sequence[str], languages: Sequence[str], since: str, until: str
) -> DocumentFilter:
    """Read the command line's options; an empty one asks for nothing. Raises BadQuestion."""
    times = {name: text for name, text in (("since", since), ("until", until)) if text}
    values = {"path": path, "types": list(types), "languages": list(languages), **times}
    try:
        wanted = FilterBody.model_validate(values).wanted()
    except ValidationError as error:
        first = error.errors()[0]
        option, remedy = _REMEDIES[str(first["loc"][0])]
        raise BadQuestion(
            f"The option {option} has the value {first['input']!r}: {remedy}"
        ) from None
    if (wanted.modified_since or -inf) > (wanted.modified_before or inf):
        raise BadQuestion(f"--since {since} is after --until {until}: there is no such time.")
    return wanted


def _start(moment: Moment | None) -> float | None:
    if moment is None:
        return None
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time())
    return moment.timestamp()


def _end(moment: Moment | None) -> float | None:
    if moment is None or isinstance(moment, datetime):
        return _start(moment)
    return _start(moment + timedelta(days=1))
