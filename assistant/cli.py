"""The command line: its commands, their arguments and help.

Knows words and exit codes; the work is in `commands`, which is imported only when a command runs,
since help must not wait for the libraries behind it.
"""

import signal
import sys
from pathlib import Path
from typing import Annotated

import typer

from assistant.collection_options import collections_app
from assistant.errors import AssistantError
from assistant.evaluation.arguments import CollectionName, eval_app
from assistant.key_options import keys_app
from index.errors import IndexingError

app = typer.Typer(
    name="bronwijzer",
    help="Answers questions about your own documents and points at the sentence that says so.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(eval_app, name="eval")
model_app = typer.Typer(help="Fetch, list and remove weights of a local language model.")
app.add_typer(model_app, name="model")
app.add_typer(collections_app, name="collections")
app.add_typer(keys_app, name="keys")

_DEFAULT = "documents"
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
WeightsName = Annotated[
    str | None, typer.Argument(help="A name of 'model list'; the default model if left out.")
]


@app.command()
def sync(  # noqa: PLR0913 - options of a command
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Files or folders; all known ones if left out.")
    ] = None,
    collection: CollectionName = _DEFAULT,
    include: Annotated[
        list[str] | None,
        typer.Option(help="Files to read alone, such as '*.pdf'; kept for these paths."),
    ] = None,
    exclude: Annotated[
        list[str] | None,
        typer.Option(help="Files and folders to leave out, such as 'drafts'; '' forgets them."),
    ] = None,
    accept_removals: Annotated[
        bool, typer.Option("--accept-removals", help="Remove missing files however many.")
    ] = False,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run",
            help="Say what would be done, and do nothing; the collection must be there.",
        ),
    ] = False,
    reread: Annotated[
        bool, typer.Option("--reread", help="Read unchanged files again too, by present readers.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="With --dry-run: one JSON object.")] = False,
) -> None:
    """Bring the index to the state of files and folders, which it remembers.

    A collection that is not there yet is made for them. Exit code 1: a path is not there, or many
    files are missing.
    """
    from assistant import document_commands
    from index.plans import SyncOptions

    if json and not dry_run:
        raise typer.BadParameter("it goes with --dry-run alone: add it.", param_hint="--json")
    options = SyncOptions(accept_removals, _patterns(include), _patterns(exclude), reread)
    # Stopped by a service manager, it ends as by Ctrl-C: what it was at is put away first.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if dry_run:
        document_commands.preview(paths or [], collection, options, json)
    else:
        document_commands.sync(paths or [], collection, options)


@app.command()
def ask(  # noqa: PLR0913 - options of a command
    question: Annotated[str, typer.Argument(help="In any language.")],
    json: AsJson = False,
    collection: CollectionName = _DEFAULT,
    path: Annotated[
        str,
        typer.Option(help="Documents whose path fits, such as 'rules/*.pdf' or a folder's name."),
    ] = "",
    type: Annotated[
        list[str] | None, typer.Option(help="Documents of a type, such as pdf.")
    ] = None,
    language: Annotated[
        list[str] | None, typer.Option(help="Documents in a language, such as nl.")
    ] = None,
    since: Annotated[
        str, typer.Option(help="Files written on or after a day, such as 2026-01-31.")
    ] = "",
    until: Annotated[
        str, typer.Option(help="Files written on or before a day, such as 2026-01-31.")
    ] = "",
) -> None:
    """Answer a question, with the sentences that say so."""
    from assistant import commands
    from assistant.filters import read_options

    wanted = read_options(path, type or (), language or (), since, until)
    commands.ask(question, json, collection, wanted)


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to serve on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port; 0 takes a free one.")] = None,
    pull: Annotated[
        bool, typer.Option("--pull", help="Fetch the local model's weights in the background.")
    ] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Sync remembered folders when they change.")
    ] = False,
    read_only: Annotated[
        bool,
        typer.Option(
            "--read-only",
            help="Answer beside the server that owns the data folder, and change nothing.",
        ),
    ] = False,
) -> None:
    """Serve the chat page and the HTTP interface."""
    from assistant import commands

    commands.serve(host, port, pull, watch, read_only)


@app.command()
def mcp(collection: CollectionName = _DEFAULT) -> None:
    """Serve search, ask and read_source to a program that speaks MCP, on standard input."""
    from assistant import commands, mcp_server

    mcp_server.serve_tools(commands.settings(), collection)


@app.command("list")
def list_documents(
    json: AsJson = False,
    collection: CollectionName = _DEFAULT,
    skipped: Annotated[
        bool, typer.Option("--skipped", help="Every file that is not in the index, and why.")
    ] = False,
) -> None:
    """List the indexed documents, and the files that could not be read."""
    from assistant import document_commands

    if skipped:
        document_commands.list_skipped(json, collection)
    else:
        document_commands.list_documents(json, collection)


@app.command()
def remove(
    path: Annotated[Path, typer.Argument(help="A file or folder.")],
    collection: CollectionName = _DEFAULT,
) -> None:
    """Remove documents from the index; the files stay."""
    from assistant import document_commands

    document_commands.remove(path, collection)


@app.command()
def rebuild(collection: CollectionName = _DEFAULT) -> None:
    """Cut and embed the indexed texts anew, after another embedder, a new version or damage.

    It reads no file.
    """
    from assistant import commands

    commands.rebuild(collection)


@app.command()
def feedback(
    json: AsJson = False,
    down: Annotated[bool, typer.Option("--down", help="Thumbs down alone.")] = False,
) -> None:
    """List what readers thought of answers, newest first; not what they took back."""
    from assistant import commands

    commands.feedback(json, down)


@app.command()
def gaps(
    json: AsJson = False,
    days: Annotated[int, typer.Option(min=1, help="Days to look back.")] = 30,
) -> None:
    """List questions that were refused or disliked, alike ones together, most frequent first."""
    from assistant import administration

    administration.show_gaps(json, days)


@app.command()
def backup(file: Annotated[Path, typer.Argument(help="The .tar.gz to write.")]) -> None:
    """Write all collections, uploads, feedback and kept questions to a file, also while serving."""
    from assistant import administration

    administration.backup(file)


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A file that 'backup' wrote.")],
    replace: Annotated[
        bool, typer.Option("--replace", help="Give up what the data folder holds.")
    ] = False,
) -> None:
    """Put a backup into the data folder, which nobody may be using, and make it ready."""
    from assistant import administration

    administration.restore(file, replace)


@app.command()
def doctor(collection: CollectionName = _DEFAULT) -> None:
    """Check everything and name the remedy for what is wrong.

    Exit code 1: something is wrong.
    """
    from assistant import commands

    commands.doctor(collection)


@app.command()
def check(
    repair: Annotated[bool, typer.Option("--repair", help="Mend what is wrong.")] = False,
    collection: CollectionName = _DEFAULT,
) -> None:
    """Compare catalog, Chroma and Tantivy, and look for every passage in them.

    Exit code 1: something is wrong, and was not mended.
    """
    from assistant import administration

    administration.check(repair, collection)


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


def _patterns(given: list[str] | None) -> tuple[str, ...] | None:
    """Read patterns: none given leaves what is remembered, an empty one alone forgets it."""
    return None if given is None else tuple(pattern for pattern in given if pattern)


def main() -> None:
    """Run a command; an error that a user can mend is one line and exit code 1."""
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)
    except (AssistantError, IndexingError) as error:
        # Imported late, as all that a command needs.
        from assistant.sanitation import printable

        typer.echo(f"error: {printable(str(error))}", err=True)
        sys.exit(1)
