"""The commands below `eval`: their arguments and help.

Knows words; the work is in `command`, which is imported only when a command runs, since help must
not wait for the libraries behind it.
"""

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

CollectionName = Annotated[
    str, typer.Option("--collection", metavar="NAME", help="A collection of documents.")
]


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
    collection: CollectionName = "documents",
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
    """Say which differences between two reports are real.

    Exit code 0: they were compared, whatever was found; 2: bad input.
    """
    from assistant.evaluation.command import compare_reports

    raise typer.Exit(compare_reports(first, second))
