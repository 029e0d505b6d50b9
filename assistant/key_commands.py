"""What the commands about keys do, and how they show it in a terminal.

Knows terminals; nothing of arguments, nor of how keys are kept.
"""

import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

from rich.table import Table

from assistant.api_keys import ApiKey, ApiKeys
from assistant.commands import console, settings
from assistant.types import DEFAULT_COLLECTION


def add(name: str, role: str, collections: Sequence[str], days: int | None) -> None:
    """Make a key and write it alone on standard output; what else there is to say goes beside."""
    chosen = settings()
    key = ApiKeys(chosen.data).add(name, role, collections or [DEFAULT_COLLECTION], days)
    sys.stdout.write(f"{key}\n")
    told = f"The key {name} is shown this once. Send it as 'Authorization: Bearer KEY'.\n"
    if chosen.access == "off":
        told += "It is not asked for yet: access is off. Set access = 'on'.\n"
    sys.stderr.write(told)


def list_keys(as_json: bool) -> None:
    """List the keys."""
    kept = ApiKeys(settings().data).all()
    if as_json:
        data = [key.model_dump(mode="json", exclude={"digest"}) for key in kept]
        sys.stdout.write(json.dumps({"keys": data}, indent=2) + "\n")
        return
    table = Table("key", "role", "collections", "made", "ends")
    for key in kept:
        collections = ", ".join(key.collections)
        table.add_row(key.name, key.role, collections, f"{key.created:%Y-%m-%d}", _end(key))
    console().print(table)


def remove(name: str) -> None:
    """End a key."""
    ApiKeys(settings().data).remove(name)
    console().print(f"The key {name} is taken no more.")


def _end(key: ApiKey) -> str:
    if key.expires is None:
        return "never"
    over = " (over)" if key.is_over(datetime.now(UTC)) else ""
    return f"{key.expires:%Y-%m-%d %H:%M} UTC{over}"
