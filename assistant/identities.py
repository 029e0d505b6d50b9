"""Who makes a request: a person whom a proxy has signed in, a program with a key, the owner.

Knows headers, peers and keys; nothing of routes, nor of what is behind them. A header is believed
of the configured proxies alone, by the address that the connection itself comes from: an address
that other headers tell could be made up with them.
"""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from starlette.requests import HTTPConnection
from starlette.types import Scope

from assistant.api_keys import ApiKeys
from assistant.grants import EVERYTHING, NOTHING, Grant, Rights, rights_of

Network = IPv4Network | IPv6Network

_ADMITTED = "admitted"
"""Whoever was let in, known or not."""

_IDENTITY = "identity"
"""Whoever is known: there only where it tells clients apart."""

_LONGEST_NAME = 300


class Kind(StrEnum):
    """How somebody is known."""

    ANYONE = "anyone"
    """Nobody is told apart: access is off."""
    GUEST = "guest"
    """Not known, where others are."""
    PERSON = "person"
    PROGRAM = "program"
    OWNER = "owner"


@dataclass(frozen=True, slots=True)
class Identity:
    """Whoever makes a request. Kind and name, which are its text, are of one person or program."""

    kind: Kind
    name: str
    rights: Rights

    def __str__(self) -> str:
        return f"{self.kind.value} {self.name}".rstrip()

    @property
    def is_known(self) -> bool:
        """Whether it is told who this is."""
        return self.kind not in (Kind.ANYONE, Kind.GUEST)


ANYONE = Identity(Kind.ANYONE, "", EVERYTHING)
GUEST = Identity(Kind.GUEST, "", NOTHING)


class Doubt(StrEnum):
    """Why what a request shows is not taken; each value is a key of the catalogue of texts."""

    UNKNOWN_KEY = "access_unknown_key"
    UNTRUSTED_PEER = "access_untrusted_peer"
    UNCLEAR = "access_unclear"

    @property
    def status(self) -> HTTPStatus:
        """The status of the refusal."""
        return {
            Doubt.UNKNOWN_KEY: HTTPStatus.UNAUTHORIZED,
            Doubt.UNTRUSTED_PEER: HTTPStatus.FORBIDDEN,
            Doubt.UNCLEAR: HTTPStatus.BAD_REQUEST,
        }[self]


@dataclass(frozen=True, slots=True)
class Proxies:
    """Which peers may say who a person is, and in which headers."""

    trusted: tuple[Network, ...]
    user_header: str
    groups_header: str

    def trust(self, scope: Scope) -> bool:
        """Say whether a request comes straight from one of them."""
        peer = _peer(scope)
        return peer is not None and any(peer in network for network in self.trusted)


class Identities:
    """Tells who makes a request."""

    def __init__(
        self, proxies: Proxies, grants: Sequence[Grant], keys: ApiKeys, owner_token: str
    ) -> None:
        self._proxies = proxies
        self._grants = tuple(grants)
        self._keys = keys
        self._owner_token = owner_token

    def doubt(self, connection: HTTPConnection) -> Doubt | None:
        """Say what is wrong with the headers that are a proxy's to set, whatever they are for."""
        for name in (self._proxies.user_header, self._proxies.groups_header):
            given = connection.headers.getlist(name)
            if given and not self._proxies.trust(connection.scope):
                return Doubt.UNTRUSTED_PEER
            # One of two could be the reader's own, to which a proxy has added another.
            if len(given) > 1:
                return Doubt.UNCLEAR
        return None

    def of(self, connection: HTTPConnection) -> Identity | Doubt:
        """Tell who makes a request that `doubt` lets pass; GUEST where it does not say.

        A key is taken before a header. Raises KeysUnavailable.
        """
        shown = connection.headers.getlist("authorization")
        if shown:
            return self._bearer(shown)
        user = connection.headers.get(self._proxies.user_header, "").strip()
        if not user:
            return GUEST
        # Headers are read as Latin-1, and proxies write UTF-8.
        user = _as_written(user)
        if len(user) > _LONGEST_NAME:
            return Doubt.UNCLEAR
        listed = _as_written(connection.headers.get(self._proxies.groups_header, ""))
        groups = frozenset(group.strip() for group in listed.split(",") if group.strip())
        return Identity(Kind.PERSON, user, rights_of(self._grants, user, groups))

    def _bearer(self, shown: Sequence[str]) -> Identity | Doubt:
        scheme, _, token = shown[0].partition(" ")
        if len(shown) > 1 or scheme.lower() != "bearer":
            return Doubt.UNKNOWN_KEY
        token = token.strip()
        if hmac.compare_digest(token.encode(), self._owner_token.encode()):
            return Identity(Kind.OWNER, "", EVERYTHING)
        key = self._keys.find(token)
        return Identity(Kind.PROGRAM, key.name, key.rights) if key else Doubt.UNKNOWN_KEY


def identity_of(scope: Scope) -> Identity:
    """Give who makes a request. Raises KeyError where nothing has looked, so nothing is shown."""
    found = scope["state"][_ADMITTED]
    assert isinstance(found, Identity)
    return found


def note_identity(scope: Scope, identity: Identity) -> None:
    """Note who makes a request, for all that handles it."""
    state = scope.setdefault("state", {})
    state[_ADMITTED] = identity
    if identity.is_known:
        state[_IDENTITY] = identity


def _peer(scope: Scope) -> IPv4Address | IPv6Address | None:
    client = scope.get("client")
    try:
        address = ip_address(client[0]) if client else None
    except ValueError:
        return None
    # A socket for both families shows 10.0.0.7 as ::ffff:10.0.0.7.
    return getattr(address, "ipv4_mapped", None) or address


def _as_written(value: str) -> str:
    try:
        return value.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return value
