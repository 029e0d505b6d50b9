"""The command line: its commands, their arguments and help.

Knows words and exit codes; the work is in `commands`, which is imported only when a command runs,
since help must not wait for the libraries behind it.
"""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from assistant.errors import AssistantError
from index.errors import IndexingError

app = typer.Typer(
    name="bronwijzer",
    help="Answers questions about your own documents and points at the sentence that says so.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


class DefaultToRun(TyperGroup):
    """A group whose command `run` needs no name: 'eval GOLD' is 'eval run GOLD'."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - typer hides its type
        """Put the name before arguments that begin with no command's."""
        if args and args[0] not in {*self.commands, "--help"}:
            args = ["run", *args]
        return super().parse_args(ctx, args)


eval_app = typer.Typer(
    cls=DefaultToRun,
    no_args_is_help=True,
    help="Score the assistant on gold questions: 'eval GOLD', see 'eval run --help'; or compare "
    "two reports.",
)
app.add_typer(eval_app, name="eval")
model_app = typer.Typer(help="Fetch, list and remove weights of a local language model.")
app.add_typer(model_app, name="model")

collections_app = typer.Typer(
    invoke_without_command=True, help="List the collections of documents, or remove one."
)
app.add_typer(collections_app, name="collections")

_DEFAULT = "documents"
CollectionName = Annotated[
    str, typer.Option("--collection", metavar="NAME", help="A collection of documents.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
WeightsName = Annotated[
    str | None, typer.Argument(help="A name of 'model list'; the default model if left out.")
]


@app.command()
def sync(
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Files or folders; all known ones if left out.")
    ] = None,
    collection: CollectionName = _DEFAULT,
) -> None:
    """Bring the index to the state of files and folders, which it remembers.

    A collection that is not there yet is made for them.
    """
    from assistant import commands

    commands.sync(paths or [], collection)


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
    since: Annotated[str, typer.Option(help="Files written on or after a day.")] = "",
    until: Annotated[str, typer.Option(help="Files written on or before a day.")] = "",
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
    read_only: Annotated[
        bool,
        typer.Option("--read-only", help="Beside the server that owns the data folder."),
    ] = False,
) -> None:
    """Serve the chat page and the HTTP interface."""
    from assistant import commands

    commands.serve(host, port, pull, read_only)


@app.command()
def mcp(collection: CollectionName = _DEFAULT) -> None:
    """Serve search, ask and read_source to a program that speaks MCP, on standard input."""
    from assistant import commands, mcp_server

    mcp_server.serve_tools(commands.settings(), collection)


@app.command("list")
def list_documents(json: AsJson = False, collection: CollectionName = _DEFAULT) -> None:
    """List the indexed documents, and the files that could not be read."""
    from assistant import commands

    commands.list_documents(json, collection)


@app.command()
def remove(
    path: Annotated[Path, typer.Argument(help="A file or folder.")],
    collection: CollectionName = _DEFAULT,
) -> None:
    """Remove documents from the index; the files stay."""
    from assistant import commands

    commands.remove(path, collection)


@app.command()
def rebuild(collection: CollectionName = _DEFAULT) -> None:
    """Make vectors and terms anew from the catalog, after another embedder or damage."""
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
    """Write documents, uploads, feedback and kept questions to one file, also while serving."""
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
    """Check everything and name the remedy for what is wrong."""
    from assistant import commands

    commands.doctor(collection)


@collections_app.callback()
def collections(context: typer.Context, json: AsJson = False) -> None:
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

    if not yes:
        typer.confirm(f"Delete the collection {name}?", abort=True)
    collection_commands.remove(name)


@eval_app.command("run")
def eval_run(  # noqa: PLR0913 - options of a command
    gold: Annotated[
        Path | None,
        typer.Argument(
            help="Gold questions (.jsonl or .csv) for the current documents, or a folder with "
            "documents.jsonl and questions.jsonl."
        ),
    ] = None,
    documents: Annotated[Path | None, typer.Option(help="Documents, as a file.")] = None,
    questions: Annotated[Path | None, typer.Option(help="Questions, as a file.")] = None,
    places: Annotated[
        Path | None,
        typer.Option("--gold", help="Questions of the same ids whose documents and places count."),
    ] = None,
    url: Annotated[str, typer.Option(help="Ask a running server instead.")] = "",
    retrieval_only: Annotated[
        bool, typer.Option("--retrieval-only", help="Search only, no reply.")
    ] = False,
    core: Annotated[bool, typer.Option("--core", help="Questions marked core alone.")] = False,
    limit: Annotated[int | None, typer.Option(min=1, help="The first so many questions.")] = None,
    jobs: Annotated[int, typer.Option(min=1, max=64, help="Questions asked at once.")] = 1,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the same run that was interrupted.")
    ] = False,
    timeout: Annotated[float, typer.Option(min=1, help="Seconds for one reply.")] = 120.0,
    json: Annotated[Path | None, typer.Option(help="Write all results as JSON.")] = None,
    junit: Annotated[Path | None, typer.Option(help="Write JUnit XML.")] = None,
    html: Annotated[Path | None, typer.Option(help="Write a report page.")] = None,
    gate: Annotated[
        list[str] | None,
        typer.Option(help="A bound such as recall@5=0.9 or en:contains=0.7, or a .toml file."),
    ] = None,
    collection: CollectionName = _DEFAULT,
) -> None:
    """Score the assistant on gold questions.

    Exit code 0: every gate was passed; 1: a gate failed; 2: bad input; 3: model or server down.
    """
    from assistant.evaluation.command import Outputs, evaluate
    from assistant.evaluation.subjects import Selection
    from assistant.evaluation.trial import Manner

    selection = Selection(gold, documents, questions, places, url, core, limit, collection)
    manner = Manner(retrieval_only, jobs, resume, timeout)
    raise typer.Exit(evaluate(selection, manner, Outputs(json, junit, html), gate or []))


@eval_app.command("compare")
def eval_compare(
    first: Annotated[Path, typer.Argument(help="A report as JSON.")],
    second: Annotated[Path, typer.Argument(help="Another one of the same questions.")],
) -> None:
    """Say which differences between two reports are real."""
    from assistant.evaluation.command import compare_reports

    raise typer.Exit(compare_reports(first, second))


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
