"""Which client a request is of: by its identity, else by its address, through known proxies too.

Knows addresses and the headers that proxies add; nothing of what clients may do.
"""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

Network = IPv4Network | IPv6Network
_CLIENT = "forwarded_client"
_IPV6_BITS_OF_ONE = 64
"""An internet provider gives a whole network of this size to each customer."""


class ForwardedClients:
    """Takes a client's address and scheme from the headers of proxies in `trusted` networks.

    From anyone else these headers are left alone, and mean nothing.
    """

    def __init__(self, app: ASGIApp, trusted: Sequence[Network]) -> None:
        self._app = app
        self._trusted = tuple(trusted)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on with the client that a trusted proxy names."""
        if scope["type"] == "http" and self._is_trusted(_address(_peer(scope))):
            headers = Headers(scope=scope)
            client = self._client(headers.getlist("x-forwarded-for"))
            state = {**scope.get("state", {}), **({_CLIENT: client} if client else {})}
            scheme = headers.get("x-forwarded-proto", "").strip().lower()
            if scheme not in ("http", "https"):
                scheme = scope["scheme"]
            scope = {**scope, "state": state, "scheme": scheme}
        await self._app(scope, receive, send)

    def _client(self, lines: Sequence[str]) -> str:
        """Find the last address that no trusted proxy has: those before it anyone may write.

        Where trusted networks have all of them, the first is of the client: it is inside one.
        """
        named = [part.strip() for line in lines for part in line.split(",")]
        for name in reversed(named):
            address = _address(name)
            if address is None:
                return ""
            if not self._is_trusted(address):
                return name
        return named[0] if named else ""

    def _is_trusted(self, address: IPv4Address | IPv6Address | None) -> bool:
        return address is not None and any(address in network for network in self._trusted)


def client_of(scope: Scope) -> str:
    """Name the client of a request: two requests of one client have the same name."""
    state = scope.get("state", {})
    identity = state.get("identity")
    if identity is not None:
        return f"identity {identity}"
    name = state.get(_CLIENT) or _peer(scope)
    address = _address(name)
    if isinstance(address, IPv6Address):
        return str(ip_network((address, _IPV6_BITS_OF_ONE), strict=False))
    return str(address) if address else name


def _peer(scope: Scope) -> str:
    client = scope.get("client")
    return str(client[0]) if client else ""


def _address(name: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(name)
    except ValueError:
        return None
    # A socket for both families shows 127.0.0.1 as ::ffff:127.0.0.1.
    return getattr(address, "ipv4_mapped", None) or address
