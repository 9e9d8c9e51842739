"""The command `matinee`: each stage of the loop, and the system around it.

Results go to stdout (with `--json` as one object), log lines to stderr. Exit codes: 0 done, 2 wrong usage, 3 refused by
a rule, 4 a dependency is unreachable; every error is one line that says what to do.
"""

import json
import sys
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from matinee import logs
from matinee.errors import MatineeError
from matinee.settings import Settings, load_settings

app = typer.Typer(
    help="A movie recommender that retrains itself every day.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]
RunId = Annotated[str, typer.Option(help="MLflow run that `matinee train` logged.")]

stdout = Console(soft_wrap=True)
stderr = Console(stderr=True, soft_wrap=True)


@app.command()
def ingest(
    run_id: Annotated[str, typer.Option(help="Pipeline run that claims the chunk; the same run gets the same chunk.")],
    as_json: AsJson = False,
) -> None:
    """Take the next chunk of ratings, with the feedback received since the last one."""
    from matinee.stages import ingest_chunk

    result = ingest_chunk(_settings(), run_id)
    if result["state"] == "no_more_data":
        _report(result, as_json, "There are no more ratings to take.")
    else:
        period = f"{result['starts_at'][:10]} to {result['ends_at'][:10]}"
        counts = f"{result['n_ratings']} ratings, {result['n_live']} of them live"
        _report(result, as_json, f"Chunk {result['chunk_id']}: {period}, {counts}.")


@app.command()
def train(
    chunk_id: Annotated[int, typer.Option(min=1, help="Newest chunk to learn from.")], as_json: AsJson = False
) -> None:
    """Fit a model on all chunks up to one and log it to MLflow."""
    from matinee.stages import train_model

    result = train_model(_settings(), chunk_id)
    _report(result, as_json, f"Trained {result['algorithm']} through chunk {chunk_id}: run {result['run_id']}.")


@app.command()
def evaluate(run_id: RunId, as_json: AsJson = False) -> None:
    """Test a training on its newest chunk, beside popularity, and decide."""
    from matinee.stages import evaluate_model

    result = evaluate_model(_settings(), run_id)
    _report(result, as_json, f"Verdict: {result['verdict']}. {result['reason']}")


@app.command()
def promote(run_id: RunId, as_json: AsJson = False) -> None:
    """Register an evaluated training and move `production` to it, or reject it (exit code 3)."""
    from matinee.stages import promote_model

    result = promote_model(_settings(), run_id)
    what = "is in production" if result["promoted"] else "is rejected"
    _report(result, as_json, f"Version {result['model_version']} {what}. {result['reason']}")
    if not result["promoted"]:
        raise typer.Exit(3)


@app.command()
def deploy(
    version: Annotated[str | None, typer.Option(help="Version to serve; default is the one in production.")] = None,
    as_json: AsJson = False,
) -> None:
    """Have the API server swap to a version, without a restart, and wait until it serves it."""
    from matinee.stages import deploy_model

    result = deploy_model(_settings(), version)
    _report(
        result,
        as_json,
        f"Version {result['version']} is served by {result['workers']} workers ({result['duration_s']:.2f} s).",
    )


@app.command()
def versions(as_json: AsJson = False) -> None:
    """List all model versions, newest first."""
    from matinee.registry import Registry

    found = Registry(_settings()).versions()
    table = Table("version", "stage", "chunk", "data through", "created", "reason")
    for each in found:
        created = f"{each.created_at:%Y-%m-%d %H:%M}"
        table.add_row(
            each.version, each.stage, str(each.chunk_id), each.data_through[:10], created, escape(each.reason)
        )
    if as_json:
        _print_json({"versions": [vars(each) | {"created_at": each.created_at.isoformat()} for each in found]})
    else:
        stdout.print(table)


def main() -> None:
    """Run the command line; turns every error that matinee raises on purpose into one line and its exit code."""
    try:
        app()
    except MatineeError as error:
        stderr.print(f"[bold red]error:[/] {escape(str(error))}")
        sys.exit(error.exit_code)
    except OSError as error:
        stderr.print(f"[bold red]error:[/] {escape(str(error))} Free space or correct permissions, then try again.")
        sys.exit(1)


def _settings() -> Settings:
    settings = load_settings()
    logs.configure(settings.log_level)
    return settings


def _report(result: dict[str, Any], as_json: bool, sentence: str) -> None:  # noqa: FBT001  passed on as it came
    if as_json:
        _print_json(result)
    else:
        stdout.print(escape(sentence))


def _print_json(result: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
