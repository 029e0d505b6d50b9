"""What a person or a program may do with which collections.

Knows names, groups, roles and collections, as they are configured; nothing of requests, nor of how
somebody is recognised.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from assistant.types import is_collection_name

EVERY = "*"
"""All collections, or all who are signed in."""

Role = Literal["reader", "editor"]
"""What somebody may do in a collection: ask and open sources, or change its documents too."""


def check_collection(name: str) -> str:
    """Take a collection's name, or "*" for all. Raises ValueError."""
    if name != EVERY and not is_collection_name(name):
        raise ValueError("a collection has a name that 'bronwijzer collections' lists, or is '*'")
    return name


Name = Annotated[str, Field(max_length=300)]


class Grant(BaseModel):
    """A role in some collections, for the members of a group or for one user.

    The group "*" is everyone who is signed in, the collection "*" all collections.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    group: Name = ""
    user: Name = ""
    role: Role = "reader"
    collections: tuple[Annotated[str, AfterValidator(check_collection)], ...] = Field(
        min_length=1, max_length=1000
    )

    @model_validator(mode="after")
    def _is_for_somebody(self) -> Self:
        if bool(self.group) == bool(self.user):
            raise ValueError("a grant names a group or a user, and not both; group = '*' is all")
        return self

    def is_for(self, user: str, groups: frozenset[str]) -> bool:
        """Say whether it is for a user who is in some groups."""
        if self.user:
            return self.user == user
        return self.group == EVERY or self.group in groups


@dataclass(frozen=True, slots=True)
class Rights:
    """The collections that somebody may read, and those whose documents they may change."""

    reads: frozenset[str] = frozenset()
    edits: frozenset[str] = frozenset()

    @property
    def reads_all(self) -> bool:
        """Whether all collections may be read, those to come too."""
        return EVERY in self.reads

    def may_read(self, collection: str) -> bool:
        """Say whether a collection may be asked and its sources opened."""
        return self.reads_all or collection in self.reads

    def may_edit(self, collection: str) -> bool:
        """Say whether documents of a collection may be added and removed."""
        return EVERY in self.edits or collection in self.edits


NOTHING = Rights()
EVERYTHING = Rights(frozenset({EVERY}), frozenset({EVERY}))


def rights_in(role: Role, collections: Iterable[str]) -> Rights:
    """Give the rights of a role in some collections; whoever edits one reads it."""
    named = frozenset(collections)
    return Rights(named, named if role == "editor" else frozenset())


def rights_of(grants: Iterable[Grant], user: str, groups: frozenset[str]) -> Rights:
    """Join what is granted to a signed-in user who is in some groups."""
    rights = [rights_in(g.role, g.collections) for g in grants if g.is_for(user, groups)]
    return Rights(
        frozenset().union(*(each.reads for each in rights)),
        frozenset().union(*(each.edits for each in rights)),
    )
