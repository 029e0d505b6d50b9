"""Style sheets and scripts of ours, as browsers load them.

Knows where they lie and how they are addressed; nothing of what they do.
"""

import hashlib
from importlib.resources import files
from pathlib import Path

STATIC = Path(str(files("assistant").joinpath("static")))
"""The folder that is served at /browser."""


def versioned(name: str) -> str:
    """Address a file of ours; a browser that has kept an older one asks anew."""
    version = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"browser/{name}?{version}"
