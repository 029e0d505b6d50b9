"""Who may see the library, and who may change documents by way of the pages.

Knows the headers and addresses of a request, and who makes it; nothing of routes, pages or
documents.
"""

from enum import StrEnum
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection, Request

from assistant.identities import ANYONE, identity_of
from assistant.types import DEFAULT_COLLECTION, LibraryRule

_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
_FORWARDED = ("forwarded", "via", "x-real-ip")
_FORWARDED_PREFIX = "x-forwarded-"
READING = frozenset({"GET", "HEAD", "OPTIONS"})


class Refusal(StrEnum):
    """Why a request may not enter; each value is a key of the catalogue of texts."""

    CLOSED = "library_refused_closed"
    ELSEWHERE = "library_refused_elsewhere"
    FOREIGN = "library_refused_foreign"
    READER = "library_refused_reader"
    NOTHING = "access_nothing"


def refusal(
    request: Request, rule: LibraryRule, collection: str | None = DEFAULT_COLLECTION
) -> Refusal | None:
    """Say why a request may not change documents of a collection; None where it may.

    Where people are told apart, an editor of it may, from anywhere; else a person on the machine
    itself. No collection asks for no editor, where a request does not say which one it is about.
    """
    rights = identity_of(request.scope).rights
    lacking = Refusal.READER if collection and not rights.may_edit(collection) else None
    return _refusal(request, rule, lacking)


def entry_refusal(request: Request, rule: LibraryRule, sends: bool = False) -> Refusal | None:
    """Say why a request may not enter the library's page; None where it may.

    Where people are told apart, whoever reads a collection may, from anywhere; to send files there
    takes an editor of one. What may be done in which collection is asked besides.
    """
    rights = identity_of(request.scope).rights
    lacking = None if rights.edits else Refusal.READER if sends else None
    return _refusal(request, rule, lacking if rights.reads else Refusal.NOTHING)


def _refusal(request: Request, rule: LibraryRule, lacking: Refusal | None) -> Refusal | None:
    if rule == "nobody":
        return Refusal.CLOSED
    if lacking is not None:
        return lacking
    if identity_of(request.scope) is ANYONE and not is_local(request):
        return Refusal.ELSEWHERE
    if request.method not in READING and is_foreign(request):
        return Refusal.FOREIGN
    return None


def is_local(request: Request) -> bool:
    """Say whether a request comes from this machine, with no proxy known to be in between.

    What cannot be told: a proxy on this machine that speaks HTTP/1.1, keeps no name of the host
    that was asked for and adds no header of its own.
    """
    headers = request.headers
    if any(name in _FORWARDED or name.startswith(_FORWARDED_PREFIX) for name in headers):
        return False
    # Browsers have long left it; common proxies still speak it unless told otherwise.
    if request.scope.get("http_version") == "1.0":
        return False
    hosts = headers.getlist("host")
    peer = request.client.host if request.client else ""
    return _is_loopback(peer) and len(hosts) == 1 and _name_of(hosts[0]) in _NAMES


def is_foreign(request: HTTPConnection) -> bool:
    """Say whether a browser made a request on behalf of a page from elsewhere.

    What is no browser says neither origin nor site, and acts for nobody but its own user. A proxy
    may tell apart what host was asked for; no page elsewhere can have a browser send that header.
    """
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return True
    origin = request.headers.get("origin")
    hosts = (request.headers.get("host"), request.headers.get("x-forwarded-host"))
    try:
        return origin is not None and urlsplit(origin).netloc not in hosts
    except ValueError:  # It is no address, such as http://[x, and so of no page of ours.
        return True


def _is_loopback(peer: str) -> bool:
    try:
        address = ip_address(peer)
    except ValueError:
        return False
    # A socket for both families shows 127.0.0.1 as ::ffff:127.0.0.1.
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def _name_of(host: str) -> str:
    """Cut the port off a Host header; empty where it is no host."""
    try:
        parts = urlsplit(f"//{host}")
        _ = parts.port  # Raises where the port is none.
    except ValueError:
        return ""
    return "" if parts.username is not None or parts.path else parts.hostname or ""
