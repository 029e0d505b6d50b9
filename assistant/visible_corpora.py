"""The collections as one reader may see them: the others are as if they were not there.

Knows rights and the collections; nothing of requests' contents, nor of how somebody is recognised.
"""

from collections.abc import Callable

from starlette.requests import HTTPConnection

from assistant.answering import Assistant
from assistant.corpora import Corpora, unknown_collection
from assistant.grants import Rights
from assistant.identities import identity_of
from assistant.types import DEFAULT_COLLECTION
from index.corpus import Corpus


class VisibleCorpora:
    """Those collections of a data folder that some rights allow to be read.

    A collection that may not be read is answered in the same words as one that is not there, and
    neither is opened, so that nothing tells which it is.
    """

    def __init__(self, corpora: Corpora, rights: Rights) -> None:
        self._corpora = corpora
        self._rights = rights

    def names(self) -> tuple[str, ...]:
        """List the collections: the default one first where it is seen, the others by name."""
        return tuple(name for name in self._corpora.names() if self._rights.may_read(name))

    def may_read(self, name: str) -> bool:
        """Say whether a collection of a name would be seen, be there one or not."""
        return self._rights.may_read(name)

    def first(self) -> str:
        """Name the collection to begin with: the default one where it is seen."""
        return next(iter(self.names()), DEFAULT_COLLECTION)

    def corpus(self, name: str = DEFAULT_COLLECTION) -> Corpus:
        """Give the corpus of a collection. Raises UnknownCollection, what opening one raises."""
        return self._corpora.corpus(self._seen(name))

    def assistant(self, name: str = DEFAULT_COLLECTION) -> Assistant:
        """Give the assistant of a collection. Raises UnknownCollection, what opening one raises."""
        return self._corpora.assistant(self._seen(name))

    def _seen(self, name: str) -> str:
        names = self.names()
        if name not in names:
            raise unknown_collection(name, names)
        return name


CorporaFor = Callable[[HTTPConnection], VisibleCorpora]
"""Gives the collections as whoever makes a request may see them."""


def corpora_for(corpora: Corpora) -> CorporaFor:
    """Make what gives each request its view of the collections."""
    return lambda request: VisibleCorpora(corpora, identity_of(request.scope).rights)
