"""The command line of collections: its commands, their arguments and help.

Knows words; the work is in `collection_commands`, which is imported only when a command runs.
"""

from typing import Annotated

import typer

collections_app = typer.Typer(
    invoke_without_command=True, help="List the collections of documents, or remove one."
)


@collections_app.callback()
def collections(
    context: typer.Context,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """List the collections of documents, with what is in them."""
    from assistant import collection_commands

    if context.invoked_subcommand is None:
        collection_commands.list_collections(json)


@collections_app.command("remove")
def collections_remove(
    name: Annotated[str, typer.Argument(help="A collection.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete a collection's index, and the files that were added to it on a page."""
    from assistant import collection_commands

    collection_commands.remove(name, yes)
