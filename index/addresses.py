"""What an address says of where it leads.

Knows URLs; nothing of who calls them.
"""

from urllib.parse import urlsplit


def is_loopback(url: str) -> bool:
    """Say whether an address is on this machine, where no proxy belongs in between."""
    return urlsplit(url).hostname in {"localhost", "127.0.0.1", "::1"}
