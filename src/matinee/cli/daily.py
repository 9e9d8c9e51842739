"""Commands of a day: take the next chunk, look at versions, go back, ask for recommendations."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from matinee.cli.printing import AsJson, figure, last_day, print_json, print_result, stderr, stdout
from matinee.cli.root import DAILY, app
from matinee.cli.settings import settings_of_command, stores_of_command

if TYPE_CHECKING:
    from matinee.clients.airflow.advance import NextResult
    from matinee.clients.airflow.records import DagRunProgress
    from matinee.lifecycle.history import ModelEvent
    from matinee.lifecycle.registry import ModelVersion


@app.command(name="next", rich_help_panel=DAILY, epilog="Example, a week: `matinee next -n 7`")
def advance(
    n: Annotated[int, typer.Option("-n", min=1, help="How many chunks.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Run the daily DAG on the next chunk, or in a live home on all that are over, and print what came of it."""
    from matinee.cli.comparisons import sentences
    from matinee.clients.airflow.advance import advance as advance_once

    settings = settings_of_command()
    results = []
    for _ in range(n):
        with stderr.status("Triggering train_model …") as spinner:
            result = advance_once(settings, lambda progress: spinner.update(_doing(progress)))
        results.append(vars(result))
        if not as_json:
            _print_advance(result)
        if result.outcome in ("no_more_data", "not_over"):
            break
    if as_json:
        print_json({"runs": results})
    else:
        for sentence in sentences(settings):
            stdout.print(escape(sentence))
    if any(result["outcome"] in ("rejected", "refused") for result in results):
        raise typer.Exit(3)


@app.command(rich_help_panel=DAILY, epilog='Example: `matinee rollback --reason "lists got worse"`')
def rollback(
    to: Annotated[
        str | None, typer.Option(help="Version to go back to; default is the one that served before.")
    ] = None,
    reason: Annotated[str, typer.Option(help="Why; it is recorded.")] = "asked for by hand",
    as_json: AsJson = False,
) -> None:
    """Put the last version that really served into production again, and have it served; nothing is trained."""
    from matinee.stages.promote import roll_back

    result = roll_back(stores_of_command(), to, reason)
    print_result(result, as_json, f"Version {result['version']} is in production and served again.")


@app.command(name="resume", rich_help_panel=DAILY)
def resume_production(
    reason: Annotated[str, typer.Option(help="Why; it is recorded.")],
    as_json: AsJson = False,
) -> None:
    """End the hold after a rollback: the next sound model goes into production again."""
    from matinee.stages.promote import resume

    result = resume(stores_of_command(), reason)
    print_result(result, as_json, f"Version {result['version']} is not held any more.")


@app.command(rich_help_panel=DAILY, epilog="Example: `matinee pin 12`")
def pin(
    version: Annotated[str, typer.Argument(help="Version whose artifacts are kept whatever happens.")],
    as_json: AsJson = False,
) -> None:
    """Keep a version's artifacts for ever, so that one can go back to it."""
    stores_of_command().registry.pin(version, is_pinned=True)
    print_result({"version": version, "pinned": True}, as_json, f"Version {version} keeps its artifacts.")


@app.command(rich_help_panel=DAILY)
def unpin(
    version: Annotated[str, typer.Argument(help="Version that is pinned.")],
    as_json: AsJson = False,
) -> None:
    """Let retention decide again about a version's artifacts."""
    stores_of_command().registry.pin(version, is_pinned=False)
    print_result({"version": version, "pinned": False}, as_json, f"Version {version} is kept as long as others are.")


@app.command(rich_help_panel=DAILY, epilog="Example: `matinee erase 42`")
def erase(
    user_id: Annotated[str, typer.Argument(help="The user to forget.")],
    as_json: AsJson = False,
) -> None:
    """Forget a user at once: withdraw everything, train again, serve the new model; and tell what remains where."""
    from matinee.stages.erase import erase_user

    result = erase_user(stores_of_command(), user_id)
    if as_json:
        print_json(result)
        return
    served = (
        f"Version {result['version']} is served, and never knew" if result["version"] else "No model has learned of"
    )
    stdout.print(f"{served} user {escape(user_id)}. What remains, until retention ends it:")
    for each in result["remains"]:
        stdout.print(f"  {each['until'] or '–':<10}  {escape(each['place'])}: {escape(each['note'])}", highlight=False)


@app.command(rich_help_panel=DAILY)
def versions(as_json: AsJson = False) -> None:
    """List all model versions with their metrics and verdicts, and what was done with them."""
    stores = stores_of_command()
    found, events = stores.registry.versions(), stores.history.events()
    metrics = stores.registry.metrics_by_run()
    if as_json:
        listed = [{**vars(each), "metrics": metrics.get(each.run_id, {})} for each in found]
        print_json({"versions": listed, "history": [vars(event) for event in events]})
        return
    stdout.print(_version_table(found, metrics), _history_table(events))


@app.command(rich_help_panel=DAILY, epilog="Example: `matinee recommend 42 -k 5 --genre Comedy`")
def recommend(
    user_id: Annotated[str, typer.Argument(help="Any user, known or new.")],
    k: Annotated[int, typer.Option("-k", min=1, max=500, help="Length of the list.")] = 10,
    genre: Annotated[str | None, typer.Option(help="Only movies of this genre.")] = None,
    as_json: AsJson = False,
) -> None:
    """Ask the API server what a user may like."""
    from matinee.clients.api import Client

    with Client(settings_of_command().api) as client:
        answer = client.recommendations(user_id, k, genre)
    if as_json:
        print_json(answer.model_dump(mode="json"))
        return
    model = f"model version {answer.model_version}" if answer.model_version else "no model yet"
    title = f"For user {escape(user_id)} ({answer.policy}, {model})"
    table = Table("movie", "title", "genres", "score", title=title)
    for item in answer.items:
        table.add_row(item.movie_id, escape(item.title), ", ".join(item.genres), f"{item.score:.3f}")
    stdout.print(table)


def _version_table(found: Iterable["ModelVersion"], metrics: Mapping[str, Mapping[str, float]]) -> Table:
    table = Table("version", "stage", "chunk", "data through", "NDCG@10", "popularity", "verdict and reason")
    table.caption = (
        "NDCG@10 is of the newest chunk alone; a verdict counts people of earlier ones too where they are few."
    )
    for each in found:
        own = metrics.get(each.run_id, {})
        values = [figure(own.get(name)) for name in ("ndcg_at_10", "popularity_ndcg_at_10")]
        said = f"{each.verdict}: {each.reason}" if each.verdict else each.reason
        about = [str(each.chunk_id), last_day(each.data_through), *values, escape(said)]
        table.add_row(each.version, ", ".join(_stages_of(each)), *about)
    return table


def _stages_of(version: "ModelVersion") -> Iterator[str]:
    yield version.stage
    if version.is_pinned:
        yield "pinned"
    if not version.has_artifacts:
        yield "artifacts removed"


def _history_table(events: Iterable["ModelEvent"]) -> Table:
    table = Table("when", "who", "what", "version", "before", "why", title="History")
    for event in events:
        before, at = event.previous_version or "", f"{event.at:%Y-%m-%d %H:%M:%S}"
        table.add_row(at, event.who, event.what, event.version, before, escape(event.reason))
    return table


def _doing(progress: "DagRunProgress") -> str:
    running = [task.task_id for task in progress.tasks if task.state == "running"]
    return f"{progress.run.dag_id}: {', '.join(running) or progress.run.state} …"


def _print_advance(result: "NextResult") -> None:
    if result.outcome == "no_more_data":
        stdout.print("There are no more ratings to take.")
        return
    if result.outcome == "not_over":
        stdout.print(f"There is nothing to take yet. {escape(result.reason)}")
        return
    stdout.print(f"Chunk {result.chunk_id} {result.outcome} in {result.duration_s:.1f} s. {escape(result.reason)}")
    if result.served_version:
        stdout.print(f"Version {result.served_version} is served.")
