"""The command line: its commands, their arguments and help.

Knows words and exit codes; the work is in `commands`, which is imported only when a command runs,
since help must not wait for the libraries behind it.
"""

import sys
from pathlib import Path
from typing import Annotated

import typer

from assistant.errors import AssistantError
from index.errors import IndexingError

app = typer.Typer(
    name="bronwijzer",
    help="Answers questions about your own documents and points at the sentence that says so.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
model_app = typer.Typer(help="Fetch, list and remove weights of a local language model.")
app.add_typer(model_app, name="model")

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
WeightsName = Annotated[
    str | None, typer.Argument(help="A name of 'model list'; the default model if left out.")
]


@app.command()
def sync(
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Files or folders; all known ones if left out.")
    ] = None,
) -> None:
    """Bring the index to the state of files and folders, which it remembers."""
    from assistant import commands

    commands.sync(paths or [])


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help="In any language.")], json: AsJson = False
) -> None:
    """Answer a question, with the sentences that say so."""
    from assistant import commands

    commands.ask(question, json)


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to serve on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port; 0 takes a free one.")] = None,
    pull: Annotated[
        bool, typer.Option("--pull", help="Fetch the local model's weights in the background.")
    ] = False,
) -> None:
    """Serve the chat page and the HTTP interface."""
    from assistant import commands

    commands.serve(host, port, pull)


@app.command("list")
def list_documents(json: AsJson = False) -> None:
    """List the indexed documents, and the files that could not be read."""
    from assistant import commands

    commands.list_documents(json)


@app.command()
def remove(path: Annotated[Path, typer.Argument(help="A file or folder.")]) -> None:
    """Remove documents from the index; the files stay."""
    from assistant import commands

    commands.remove(path)


@app.command()
def rebuild() -> None:
    """Make vectors and terms anew from the catalog, after another embedder or damage."""
    from assistant import commands

    commands.rebuild()


@app.command()
def doctor() -> None:
    """Check everything and name the remedy for what is wrong."""
    from assistant import commands

    commands.doctor()


@model_app.command("pull")
def model_pull(name: WeightsName = None) -> None:
    """Fetch weights, verify them, and keep them in the data folder."""
    from assistant import commands

    commands.model_pull(name)


@model_app.command("list")
def model_list() -> None:
    """List the weights that can be fetched, and which are here."""
    from assistant import commands

    commands.model_list()


@model_app.command("remove")
def model_remove(name: WeightsName = None) -> None:
    """Delete weights from the data folder."""
    from assistant import commands

    commands.model_remove(name)


def main() -> None:
    """Run a command; an error that a user can mend is one line and exit code 1."""
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)
    except (AssistantError, IndexingError) as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(1)
