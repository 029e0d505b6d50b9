"""The command line of keys for programs: its commands, their arguments and help.

Knows words; the work is in `key_commands`, which is imported only when a command runs.
"""

from typing import Annotated

import typer

keys_app = typer.Typer(
    no_args_is_help=True, help="Make, list and end keys by which programs are let in."
)

KeyName = Annotated[str, typer.Argument(help="What the key is called, such as its program.")]


@keys_app.command("add")
def keys_add(
    name: KeyName,
    role: Annotated[
        str, typer.Option(help="'reader', or 'editor', who changes documents too.")
    ] = "reader",
    collection: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="A collection it is for, several times; '*' is all; 'documents' if left out.",
        ),
    ] = None,
    days: Annotated[
        int | None, typer.Option(min=1, max=3650, help="Days that it is good for; else for ever.")
    ] = None,
) -> None:
    """Make a key and show it, once; a running server takes it at once."""
    from assistant import key_commands

    key_commands.add(name, role, collection or [], days)


@keys_app.command("list")
def keys_list(
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """List the keys: what they are for and how long, never the keys themselves."""
    from assistant import key_commands

    key_commands.list_keys(json)


@keys_app.command("remove")
def keys_remove(name: KeyName) -> None:
    """End a key; a running server refuses it at once."""
    from assistant import key_commands

    key_commands.remove(name)
