"""The assistant on pages of other sites, as it is configured: where, over what, and how it looks.

Knows what may be set and what a Content-Security-Policy makes of it; nothing of pages or answers.
"""

import re
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from assistant.types import DEFAULT_COLLECTION, is_collection_name
from assistant.wording import WordingBook

_HOST = re.compile(
    r"https?://[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*(:\d{1,5})?"
)


def _origin(host: str) -> str:
    """Take an origin; nothing else may come into a policy, least of all a blank or a semicolon."""
    if not _HOST.fullmatch(host):
        raise ValueError(
            "a host is the beginning of a page's address in small letters, with no path and no "
            "wildcard, such as https://intranet.example.org"
        )
    address = urlsplit(host)
    usual = {"http": 80, "https": 443}[address.scheme]
    # A browser names no port that goes without saying; one beyond 65535 raises here.
    return host.rpartition(":")[0] if address.port == usual else host


def _colour(colour: str) -> str:
    if not re.fullmatch(r"#([0-9a-fA-F]{3}|[0-9a-fA-F]{6})", colour):
        raise ValueError("a colour is written such as #0b5cad")
    return colour


def _collection(name: str) -> str:
    if not is_collection_name(name):
        raise ValueError("a collection is one of those that 'bronwijzer collections' lists")
    return name


def _page_language(code: str) -> str:
    known = WordingBook.bundled().languages
    if code and code not in known:
        raise ValueError(f"a page speaks {', '.join(known)}; empty follows the reader's browser")
    return code


EmbedName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,40}$")]
_Pattern = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]


class Embed(BaseModel):
    """One assistant on pages of other sites.

    `hosts` are the origins of pages that may frame it, besides this server's own. `documents` are
    patterns of names as answers show them; * stands for any characters, "/" too, ? for one, and
    [ begins a set of characters, so that a name's own [ is written [[]. Empty is all.
    `collection` is the one that it asks. Where it is only for those `signed_in` on the page around,
    `secret_file` has what that page's tokens are signed with.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str = Field("", max_length=100)
    hosts: tuple[Annotated[str, AfterValidator(_origin)], ...] = Field((), max_length=100)
    documents: tuple[_Pattern, ...] = Field((), max_length=100)
    collection: Annotated[str, AfterValidator(_collection)] = DEFAULT_COLLECTION
    colour: Annotated[str, AfterValidator(_colour)] = "#1d4ed8"
    greeting: str = Field("", max_length=1000)
    language: Annotated[str, AfterValidator(_page_language)] = ""

    signed_in: bool = False
    secret_file: Path | None = None

    @model_validator(mode="after")
    def _has_a_secret(self) -> Self:
        if self.signed_in and self.secret_file is None:
            raise ValueError("an embed with signed_in needs a secret_file")
        return self

    @property
    def ancestors(self) -> str:
        """The sources of a policy's frame-ancestors: this server, and the hosts."""
        return " ".join(("'self'", *self.hosts))

    @property
    def ink(self) -> str:
        """Black or white: what can be read on the colour, whichever contrasts more (WCAG 2.2)."""
        return "#000000" if _luminance(self.colour) > 0.179 else "#ffffff"

    def shows(self, name: str) -> bool:
        """Say whether a document of this name is among its documents."""
        return not self.documents or any(fnmatchcase(name, p) for p in self.documents)


def _luminance(colour: str) -> float:
    """Measure how light a colour is, 0 to 1 (WCAG's relative luminance)."""
    digits = colour[1:]
    pairs = [d * 2 for d in digits] if len(digits) == 3 else re.findall("..", digits)
    shares = [int(pair, 16) / 255 for pair in pairs]
    red, green, blue = [s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
