"""The stages as commands: what a task of Airflow, a container or a person runs."""

from typing import Annotated

import typer

from matinee.cli.printing import AsJson, last_day, print_result
from matinee.cli.root import STAGES, app
from matinee.cli.settings import stores_of_command
from matinee.errors import UsageError
from matinee.stages import Result

RunId = Annotated[str, typer.Option(help="MLflow run that `matinee train` logged.")]


@app.command(rich_help_panel=STAGES)
def ingest(
    run_id: Annotated[str, typer.Option(help="Pipeline run that takes chunks; the same run gets the same chunks.")],
    as_json: AsJson = False,
) -> None:
    """Take the next chunk of ratings, or of a live home all that are over, with the feedback of their days."""
    from matinee.stages.ingest import ingest_chunk

    result = ingest_chunk(stores_of_command(), run_id)
    print_result(result, as_json, " ".join([_said(result), *result["unusable"]]))


def _said(ingested: Result) -> str:
    """The result of `ingest` as a sentence."""
    from matinee.clients.airflow.outcomes import wait_for

    if ingested["state"] == "no_more_data":
        return "There are no more ratings to take."
    if ingested["state"] == "not_over":
        return f"There is nothing to take yet. {wait_for(ingested)}"
    first, last = ingested["chunk_ids"][0], ingested["chunk_id"]
    name = f"Chunk {last}" if first == last else f"Chunks {first} to {last}"
    before = ", which this run had taken before" if ingested["was_taken_before"] else ""
    period = f"{ingested['starts_at'][:10]} to {last_day(ingested['ends_at'])}"
    counts = f"{ingested['n_ratings']} ratings, {ingested['n_live']} of them live, {ingested['n_late']} late"
    return f"{name}{before}: {period}, {counts}."


@app.command(
    rich_help_panel=STAGES,
    epilog='Examples: `matinee watch 7`, and `matinee watch 7 --leave-out --reason "a broken export"`',
)
def watch(
    chunk_id: Annotated[int, typer.Argument(min=1, help="A closed chunk.")],
    accept: Annotated[bool, typer.Option("--accept", help="Learn from it, whatever the watch said.")] = False,
    leave_out: Annotated[bool, typer.Option("--leave-out", help="Never learn from it.")] = False,
    reason: Annotated[str | None, typer.Option(help="Why; needed for a decision, and recorded.")] = None,
    as_json: AsJson = False,
) -> None:
    """Compare a chunk with its past (exit code 3 when nothing is learned from it), or decide about it."""
    from matinee.stages.watch import decide_on_chunk, watch_chunk

    if accept != leave_out and reason:
        result = decide_on_chunk(stores_of_command(), chunk_id, "accepted" if accept else "left_out", reason)
    elif not (accept or leave_out or reason):
        result = watch_chunk(stores_of_command(), chunk_id)
    else:
        raise UsageError("A decision is one word and a reason.", "Use --accept or --leave-out, with --reason 'why'.")
    use = "is learned from" if result["is_learned_from"] else "is not learned from"
    said = " ".join([f"Chunk {chunk_id} is {result['verdict']} and {use}.", *result["reasons"]])
    print_result(result, as_json, said)
    if not result["is_learned_from"] and not leave_out:
        raise typer.Exit(3)


@app.command(rich_help_panel=STAGES)
def train(
    chunk_id: Annotated[int, typer.Option(min=1, help="Newest chunk to learn from.")], as_json: AsJson = False
) -> None:
    """Fit a model on all chunks up to one and log it to MLflow."""
    from matinee.stages.train import train_model

    result = train_model(stores_of_command(), chunk_id)
    print_result(result, as_json, f"Trained {result['algorithm']} through chunk {chunk_id}: run {result['run_id']}.")


@app.command(rich_help_panel=STAGES, epilog="Example, one challenger by hand: `matinee challenge --only als`")
def challenge(
    only: Annotated[str | None, typer.Option(help="This challenger alone, in this process; no budget.")] = None,
    chunk_id: Annotated[int | None, typer.Option(min=1, help="With --only: the chunk; default is the newest.")] = None,
    as_json: AsJson = False,
) -> None:
    """Train the challengers of the newest day, and score yesterday's beside the champion."""
    from matinee.models.specification import Specification
    from matinee.stages.challenge import challenge as challenge_all
    from matinee.stages.challenge import challenge_one, newest_chunk

    stores = stores_of_command()
    if only is None and chunk_id is not None:
        raise UsageError("A chunk is of one challenger.", "Add --only NAME.")
    if only is not None:
        result = challenge_one(stores, chunk_id or newest_chunk(stores), Specification.parse(only))
        print_result(result, as_json, f"{only}: {result['state']}. {result['reason']}")
        return
    result = challenge_all(stores)
    states = ", ".join(f"{name} {state}" for name, state in result["challengers"].items())
    print_result(result, as_json, states or "There is nothing to compare yet.")


@app.command(rich_help_panel=STAGES)
def evaluate(run_id: RunId, as_json: AsJson = False) -> None:
    """Test a training on its newest chunk, beside popularity, and decide."""
    from matinee.stages.evaluate import evaluate_model

    result = evaluate_model(stores_of_command(), run_id)
    print_result(result, as_json, f"Verdict: {result['verdict']}. {result['reason']}")


@app.command(
    rich_help_panel=STAGES,
    epilog='Examples: `matinee promote --run-id RUN`, and `matinee promote 3 --reason "an editor asked for it"`',
)
def promote(
    version: Annotated[str | None, typer.Argument(help="Version to promote by hand, whatever the gate said.")] = None,
    run_id: Annotated[str | None, typer.Option(help="Evaluated run whose verdict is to be carried out.")] = None,
    reason: Annotated[str | None, typer.Option(help="Why; needed for a promotion by hand, and recorded.")] = None,
    as_json: AsJson = False,
) -> None:
    """Carry out a run's verdict: move `production` to it, or reject it (exit code 3). Or promote a version by hand."""
    from matinee.stages.promote import promote_by_hand, promote_model

    if run_id is not None and version is None:
        result = promote_model(stores_of_command(), run_id)
    elif version is not None and run_id is None and reason:
        result = promote_by_hand(stores_of_command(), version, reason)
    else:
        raise UsageError("Name either a run or a version.", "Use --run-id RUN, or VERSION --reason 'why'.")
    what = "is in production" if result["promoted"] else "is rejected"
    print_result(result, as_json, f"Version {result['model_version']} {what}. {result['reason']}")
    if not result["promoted"]:
        raise typer.Exit(3)


@app.command(rich_help_panel=STAGES)
def deploy(
    version: Annotated[str | None, typer.Option(help="Version to serve; default is the one in production.")] = None,
    as_json: AsJson = False,
) -> None:
    """Have the API server swap to a version, without a restart, and wait until it serves it."""
    from matinee.stages.deploy import deploy_model

    result = deploy_model(stores_of_command(), version)
    print_result(
        result,
        as_json,
        f"Version {result['version']} is served by {result['workers']} workers ({result['duration_s']:.2f} s).",
    )
