"""Networks of the proxies in front of the server, as they are configured.

Knows addresses; nothing of requests. What such a proxy says of a request is believed.
"""

from typing import Annotated

from pydantic import AfterValidator, IPvAnyNetwork

from assistant.clients import Network


def _some(network: Network) -> Network:
    if network.prefixlen == 0:
        raise ValueError(
            f"{network} is every address there is: anyone could then say to be anyone. Name the "
            "proxies' own addresses"
        )
    return network


ProxyNetwork = Annotated[IPvAnyNetwork, AfterValidator(_some)]
"""Any network but the whole of IPv4 or IPv6."""
