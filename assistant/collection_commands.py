"""What the commands about collections do, and how they show it in a terminal.

Knows terminals; nothing of arguments, nor of where collections lie.
"""

import json
import sys
from dataclasses import asdict

from rich.prompt import Confirm
from rich.table import Table

from assistant.client import entered
from assistant.commands import console, settings


def list_collections(as_json: bool) -> None:
    """List the collections, with what is in them."""
    with entered(settings()) as door:
        found = door.collections()
    if as_json:
        data = {"collections": [asdict(count) for count in found]}
        sys.stdout.write(json.dumps(data, indent=2) + "\n")
        return
    table = Table("collection", "documents", "passages")
    for count in found:
        if not count.failure:
            table.add_row(count.name, f"{count.documents:,}", f"{count.passages:,}")
    out = console()
    out.print(table)
    for count in found:
        if count.failure:
            out.print(f"{count.name} cannot be opened: {count.failure}")


def remove(name: str, is_sure: bool) -> None:
    """Delete a collection, after asking whoever is not sure. Raises UnknownCollection."""
    with entered(settings()) as door:
        if not is_sure and any(count.name == name for count in door.collections()):
            if not Confirm.ask(f"Delete the collection {name}?", default=False):
                sys.exit(1)
        left = door.remove_collection(name)
    out = console()
    out.print(f"Removed the collection {name}; the files it was synced from were not touched.")
    if left:
        out.print(left)
