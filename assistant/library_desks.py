"""The desks of the library, one a collection, as whoever makes a request may come to them.

Knows requests, and who may see and change which collection; nothing of pages, nor of what a desk
does.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from secrets import token_bytes

from starlette.requests import Request

from assistant.library_desk import Desk
from assistant.stewards import Stewards
from assistant.visible_corpora import CorporaFor


@dataclass(frozen=True, slots=True)
class Desks:
    """The desks; `may_change` says whether a request may change documents of a collection."""

    stewards: Stewards
    corpora_for: CorporaFor
    may_change: Callable[[Request, str], bool]
    secret: bytes = field(default_factory=lambda: token_bytes(32), repr=False)

    def names(self, request: Request) -> tuple[str, ...]:
        """List the collections that a visitor sees, the default one first."""
        return self.corpora_for(request).names()

    def first(self, request: Request) -> str:
        """Name the collection to begin with."""
        return self.corpora_for(request).first()

    def at(self, request: Request, collection: str) -> Desk:
        """Give the desk of a collection. Raises UnknownCollection, what opening one raises.

        A collection that the visitor does not see is one that is not there.
        """
        self.corpora_for(request).corpus(collection)
        may_change = self.may_change(request, collection)
        return Desk(self.stewards.of(collection), may_change, self.secret)
