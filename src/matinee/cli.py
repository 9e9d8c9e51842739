"""The command `matinee`: each stage of the loop, and the system around it.

Results go to stdout (with `--json` as one object), log lines to stderr. Exit codes: 0 done, 2 wrong usage, 3 refused by
a rule, 4 a dependency is unreachable; every error is one line that says what to do.
"""

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn
from rich.table import Table

from matinee import __version__, logs
from matinee.errors import DependencyUnreachable, MatineeError, UsageError
from matinee.settings import Settings, load_settings

if TYPE_CHECKING:
    from matinee.clients import airflow

SYSTEM, DAILY, STAGES = "Run matinee", "Day by day", "The stages, which Airflow runs"
"""Headings of `matinee --help`."""

app = typer.Typer(
    help="A movie recommender that retrains itself every day. Begin with `matinee up`.",
    epilog="Exit codes: 0 done, 2 wrong usage, 3 refused by a rule, 4 a dependency is unreachable. "
    "Settings are environment variables `MATINEE_…`, or lines of `.env`.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]
RunId = Annotated[str, typer.Option(help="MLflow run that `matinee train` logged.")]

bench = typer.Typer(help="Measure matinee.", no_args_is_help=True)
app.add_typer(bench, name="bench", rich_help_panel="Measure")

stdout = Console(soft_wrap=True, width=None if sys.stdout.isatty() else 160)
stderr = Console(stderr=True, soft_wrap=True)


def _tell_version(wanted: bool) -> None:  # noqa: FBT001  as Typer calls it
    if wanted:
        stdout.print(f"matinee {__version__}", highlight=False)
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Print the version of matinee.")
    ] = False,
) -> None:
    """What comes before a command."""


@app.command(rich_help_panel=SYSTEM)
def up() -> None:
    """Start everything that does not run; returns when a learned model answers."""
    from matinee import local
    from matinee.ratings.sources.source import prepare

    settings = _settings()
    with _download_bar() as report:
        source = prepare(settings, report)
    stdout.print(f"Ratings: {source.name}, {source.n_ratings:,} of {source.n_rows:,} rows usable.", highlight=False)
    local.up(settings, stdout)


@app.command(rich_help_panel=SYSTEM)
def down() -> None:
    """Stop everything that `matinee up` started."""
    from matinee import local

    settings = _settings(any_ports=True)
    stopped = local.down(settings)
    stdout.print(f"matinee {'stopped' if stopped else 'did not run'} in {settings.home}.", highlight=False)


@app.command(rich_help_panel=SYSTEM)
def status(as_json: AsJson = False) -> None:
    """Show each process, its address and the served model."""
    from matinee import local
    from matinee.clients.api import Client

    settings = _settings()
    processes = local.status(settings)
    with Client(settings.api) as client:
        try:
            model = client.model().model_dump(mode="json")
        except DependencyUnreachable:
            model = None
    if as_json:
        _print_json({"processes": [vars(each) for each in processes], "model": model})
        return
    table = Table("process", "state", "pid", "address", "restarts", "up", "memory")
    for each in processes:
        up_for = "" if each.uptime_s is None else f"{each.uptime_s / 60:.0f} min"
        memory = f"{each.memory_bytes / 1e6:.0f} MB"
        table.add_row(each.name, each.state, str(each.pid or ""), each.address, str(each.restarts), up_for, memory)
    stdout.print(table if processes else f"Nothing runs in {settings.home}. Start it with: matinee up")
    if any(each.state == "unwatched" for each in processes):
        stdout.print("Unwatched processes are not started again when they die. Correct it with: matinee up")
    if model:
        through = f", data through {_last_day(model['data_through'])}" if model["data_through"] else ""
        stdout.print(f"Served: version {model['version']} ({model['policy']}){through}.", highlight=False)


@app.command(name="logs", rich_help_panel=SYSTEM, epilog="Example: `matinee logs api --follow`")
def show_logs(
    process: Annotated[str | None, typer.Argument(help="One process; default is all of them.")] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Wait for new lines.")] = False,
) -> None:
    """Print what the processes wrote."""
    from matinee import local

    for line in local.logs(_settings(any_ports=True), process, follow=follow):
        sys.stdout.write(f"{line}\n")


@app.command(name="next", rich_help_panel=DAILY, epilog="Example, a week: `matinee next -n 7`")
def advance(
    n: Annotated[int, typer.Option("-n", min=1, help="How many chunks.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Advance one chunk: trigger the daily DAG, follow it, and print the decision and the version now served."""
    from matinee.clients.airflow import advance as advance_once

    settings = _settings()
    results = []
    for _ in range(n):
        with stderr.status("Triggering train_model …") as spinner:
            result = advance_once(settings, lambda progress: spinner.update(_doing(progress)))
        results.append(vars(result))
        if not as_json:
            _print_advance(result)
        if result.outcome == "no_more_data":
            break
    if as_json:
        _print_json({"runs": results})
    if any(result["outcome"] in ("rejected", "refused") for result in results):
        raise typer.Exit(3)


@app.command(rich_help_panel=STAGES)
def ingest(
    run_id: Annotated[str, typer.Option(help="Pipeline run that claims the chunk; the same run gets the same chunk.")],
    as_json: AsJson = False,
) -> None:
    """Take the next chunk of ratings, with the feedback received since the last one."""
    from matinee.stages.ingest import ingest_chunk

    result = ingest_chunk(_settings(), run_id)
    if result["state"] == "no_more_data":
        _report(result, as_json, "There are no more ratings to take.")
    else:
        period = f"{result['starts_at'][:10]} to {_last_day(result['ends_at'])}"
        counts = f"{result['n_ratings']} ratings, {result['n_live']} of them live"
        _report(result, as_json, f"Chunk {result['chunk_id']}: {period}, {counts}.")


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
        result = decide_on_chunk(_settings(), chunk_id, "accepted" if accept else "left_out", reason)
    elif not (accept or leave_out or reason):
        result = watch_chunk(_settings(), chunk_id)
    else:
        raise UsageError("A decision is one word and a reason.", "Use --accept or --leave-out, with --reason 'why'.")
    use = "is learned from" if result["is_learned_from"] else "is not learned from"
    said = " ".join([f"Chunk {chunk_id} is {result['verdict']} and {use}.", *result["reasons"]])
    _report(result, as_json, said)
    if not result["is_learned_from"] and not leave_out:
        raise typer.Exit(3)


@app.command(rich_help_panel=STAGES)
def train(
    chunk_id: Annotated[int, typer.Option(min=1, help="Newest chunk to learn from.")], as_json: AsJson = False
) -> None:
    """Fit a model on all chunks up to one and log it to MLflow."""
    from matinee.stages.train import train_model

    result = train_model(_settings(), chunk_id)
    _report(result, as_json, f"Trained {result['algorithm']} through chunk {chunk_id}: run {result['run_id']}.")


@app.command(rich_help_panel=STAGES)
def evaluate(run_id: RunId, as_json: AsJson = False) -> None:
    """Test a training on its newest chunk, beside popularity, and decide."""
    from matinee.stages.evaluate import evaluate_model

    result = evaluate_model(_settings(), run_id)
    _report(result, as_json, f"Verdict: {result['verdict']}. {result['reason']}")


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
        result = promote_model(_settings(), run_id)
    elif version is not None and run_id is None and reason:
        result = promote_by_hand(_settings(), version, reason)
    else:
        raise UsageError("Name either a run or a version.", "Use --run-id RUN, or VERSION --reason 'why'.")
    what = "is in production" if result["promoted"] else "is rejected"
    _report(result, as_json, f"Version {result['model_version']} {what}. {result['reason']}")
    if not result["promoted"]:
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

    result = roll_back(_settings(), to, reason)
    _report(result, as_json, f"Version {result['version']} is in production and served again.")


@app.command(rich_help_panel=STAGES)
def deploy(
    version: Annotated[str | None, typer.Option(help="Version to serve; default is the one in production.")] = None,
    as_json: AsJson = False,
) -> None:
    """Have the API server swap to a version, without a restart, and wait until it serves it."""
    from matinee.stages.deploy import deploy_model

    result = deploy_model(_settings(), version)
    _report(
        result,
        as_json,
        f"Version {result['version']} is served by {result['workers']} workers ({result['duration_s']:.2f} s).",
    )


@app.command(rich_help_panel=DAILY)
def versions(as_json: AsJson = False) -> None:
    """List all model versions with their metrics and verdicts, and what was done with them."""
    from matinee.lifecycle.production import Production

    production = Production(_settings())
    found, events = production.registry.versions(), production.history.events()
    metrics = production.registry.metrics_by_run()
    if as_json:
        listed = [{**vars(each), "metrics": metrics.get(each.run_id, {})} for each in found]
        _print_json({"versions": listed, "history": [vars(event) for event in events]})
        return
    table = Table("version", "stage", "chunk", "data through", "NDCG@10", "popularity", "verdict and reason")
    table.caption = (
        "NDCG@10 is of the newest chunk alone; a verdict counts people of earlier ones too where they are few."
    )
    for each in found:
        own = metrics.get(each.run_id, {})
        values = [_figure(own.get(name)) for name in ("ndcg_at_10", "popularity_ndcg_at_10")]
        said = f"{each.verdict}: {each.reason}" if each.verdict else each.reason
        table.add_row(each.version, each.stage, str(each.chunk_id), _last_day(each.data_through), *values, escape(said))
    history = Table("when", "who", "what", "version", "before", "why", title="History")
    for event in events:
        before = event.previous_version or ""
        history.add_row(
            f"{event.at:%Y-%m-%d %H:%M:%S}", event.who, event.what, event.version, before, escape(event.reason)
        )
    stdout.print(table, history)


@app.command(rich_help_panel=DAILY, epilog="Example: `matinee recommend 42 -k 5 --genre Comedy`")
def recommend(
    user_id: Annotated[str, typer.Argument(help="Any user, known or new.")],
    k: Annotated[int, typer.Option("-k", min=1, max=500, help="Length of the list.")] = 10,
    genre: Annotated[str | None, typer.Option(help="Only movies of this genre.")] = None,
    as_json: AsJson = False,
) -> None:
    """Ask the API server what a user may like."""
    from matinee.clients.api import Client

    with Client(_settings().api) as client:
        answer = client.recommendations(user_id, k, genre)
    if as_json:
        _print_json(answer.model_dump(mode="json"))
        return
    model = f"model version {answer.model_version}" if answer.model_version else "no model yet"
    title = f"For user {escape(user_id)} ({answer.policy}, {model})"
    table = Table("movie", "title", "genres", "score", title=title)
    for item in answer.items:
        table.add_row(item.movie_id, escape(item.title), ", ".join(item.genres), f"{item.score:.3f}")
    stdout.print(table)


@app.command(rich_help_panel=SYSTEM)
def doctor(as_json: AsJson = False) -> None:
    """Look for what keeps matinee from working here, and say what to do (exit code 4 when something does)."""
    from matinee.local.doctor import examine

    findings = examine(_settings(any_ports=True))
    if as_json:
        _print_json({"findings": [vars(finding) for finding in findings]})
    else:
        for finding in findings:
            mark = "[green]ok[/]  " if finding.ok else "[red]bad[/] "
            stdout.print(f"{mark} {finding.what}: {escape(f'{finding.detail} {finding.fix}'.strip())}", highlight=False)
    if not all(finding.ok for finding in findings):
        raise typer.Exit(4)


@app.command(rich_help_panel=SYSTEM, epilog="Example: `matinee backup /safe/matinee.tar.gz`")
def backup(
    archive: Annotated[Path, typer.Argument(metavar="FILE", help="New file, such as matinee.tar.gz.")],
    as_json: AsJson = False,
) -> None:
    """Write the whole home, secrets included, into one file; matinee has to be stopped."""
    from matinee.local.backup import back_up

    result = back_up(_settings(), archive)
    size = f"{result['n_files']:,} files, {result['size_bytes'] / 1e6:.0f} MB"
    _report(result, as_json, f"{result['archive']}: {size}. It holds the secrets; keep it safe.")


@app.command(rich_help_panel=SYSTEM)
def restore(
    archive: Annotated[Path, typer.Argument(metavar="FILE", help="What `matinee backup` wrote.")],
    replace: Annotated[bool, typer.Option("--replace", help="Put a home that is there aside.")] = False,
    as_json: AsJson = False,
) -> None:
    """Verify a backup and make it the home; matinee has to be stopped."""
    from matinee.local.backup import restore as restore_home

    result = restore_home(_settings(), archive, replace=replace)
    aside = f" What was there is in {result['aside']}." if result["aside"] else ""
    _report(result, as_json, f"{result['home']} is as it was on {result['made_at']}.{aside} Start it: matinee up")


@bench.command()
def quality(
    split: Annotated[
        Path | None, typer.Option(help="Folder with a published split (train.csv, validation_*.csv).")
    ] = None,
    timeline: Annotated[
        str | None, typer.Option(help="Data set, by name or path, to retrain on period by period.")
    ] = None,
    retrains: Annotated[int, typer.Option(min=1, help="How many consecutive retrains of the timeline.")] = 22,
    as_json: AsJson = False,
) -> None:
    """Compare all models on a published split, or on the timeline of a data set."""
    from matinee.evaluation.quality import split_quality, timeline_quality
    from matinee.ratings.ledger.periods import first_period
    from matinee.ratings.sources.source import prepare

    settings = _settings()
    if split is not None and timeline is None:
        result = split_quality(split)
    elif timeline is not None and split is None:
        settings = settings.model_copy(update={"data": timeline})
        source = prepare(settings)
        starts_at = first_period(settings, source).ends_at
        movie_ids = source.movies()["movie_id"].to_list()
        result = timeline_quality(source.ratings(), movie_ids, starts_at, settings.period, retrains)
    else:
        raise UsageError("Name one thing to measure on.", "Use --split FOLDER or --timeline DATA.")
    if as_json:
        _print_json(result)
        return
    for name, rows in result.items():
        table = Table(*rows[0], title=name)
        for row in rows:
            table.add_row(*(f"{value:.4f}" if isinstance(value, float) else str(value) for value in row.values()))
        stdout.print(table)


@bench.command(name="watch")
def bench_watch(
    timeline: Annotated[str, typer.Option(help="Data set, by name or path, whose chunks are looked at in order.")],
    as_json: AsJson = False,
) -> None:
    """Count what the data watch would have said of every chunk of a data set, and tell each refusal's reasons."""
    from collections import Counter

    from matinee.bench.drift import verdicts

    found = list(verdicts(_settings().model_copy(update={"data": timeline})))
    counts = Counter(each.verdict for each in found)
    refused = {each.chunk_id: each.reasons for each in found if each.verdict == "refused"}
    result = {"usual": counts["usual"], "drifted": counts["drifted"], "refused": counts["refused"], "reasons": refused}
    said = f"{len(found):,} chunks after the first: {counts['refused']} refused, {counts['drifted']} drifted."
    _report(result, as_json, " ".join([said, *(f"Chunk {each}: {' '.join(why)}" for each, why in refused.items())]))


@bench.command()
def serving(
    sizes: Annotated[str, typer.Option(help="Sizes of the model, with commas: ml-100k, ml-20m, ml-20m-128, large.")] = (
        "ml-100k,ml-20m,ml-20m-128"
    ),
    seconds: Annotated[float, typer.Option(min=1, help="How long each load lasts.")] = 10,
    workers: Annotated[int, typer.Option(min=1, help="Worker processes of the server.")] = 2,
    as_json: AsJson = False,
) -> None:
    """Measure requests per second, latencies, swaps and memory of the API server; needs wrk."""
    from matinee.bench.serving import measure
    from matinee.bench.synthetic import SIZES

    names = sizes.split(",")
    if unknown := set(names) - SIZES.keys():
        raise UsageError(f"There is no size {min(unknown)!r}.", f"Choose among {', '.join(SIZES)}.")
    logs.configure()
    result = measure(names, seconds, workers)
    if as_json:
        _print_json(result)
        return
    for name, figures in result.items():
        table = Table("figure", "value", title=name)
        for figure, value in _flat(figures):
            table.add_row(figure, f"{value:,.3g}" if value < 100 else f"{value:,.0f}")
        stdout.print(table)


def _flat(figures: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, float]]:
    for name, value in figures.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


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


def _settings(*, any_ports: bool = False) -> Settings:
    """The settings; where programs run natively, with `any_ports` also those that do not lead to them."""
    settings = load_settings()
    logs.configure(settings.log_level)
    if not (any_ports or settings.api_url) and (settings.home / "supervisor.json").exists():
        from matinee import local

        local.require_own_ports(settings)
    return settings


def _report(result: dict[str, Any], as_json: bool, sentence: str) -> None:  # noqa: FBT001  passed on as it came
    if as_json:
        _print_json(result)
    else:
        stdout.print(escape(sentence))


def _print_json(result: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(result, default=str) + "\n")


def _last_day(end: str) -> str:
    """The last day (UTC) before an exclusive end in ISO 8601; empty when there is none."""
    return f"{datetime.fromisoformat(end) - timedelta(microseconds=1):%Y-%m-%d}" if end else ""


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"


@contextmanager
def _download_bar() -> Iterator[Callable[[int, int | None], None]]:
    columns = (TextColumn("Fetching ratings"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=stderr, transient=True, disable=not stderr.is_terminal) as progress:
        task = progress.add_task("", total=None, visible=False)
        yield lambda done, total: progress.update(task, completed=done, total=total, visible=True)


def _doing(progress: "airflow.Progress") -> str:
    running = [task.task_id for task in progress.tasks if task.state == "running"]
    return f"{progress.run.dag_id}: {', '.join(running) or progress.run.state} …"


def _print_advance(result: "airflow.NextResult") -> None:
    if result.outcome == "no_more_data":
        stdout.print("There are no more ratings to take.")
        return
    stdout.print(f"Chunk {result.chunk_id} {result.outcome} in {result.duration_s:.1f} s. {escape(result.reason)}")
    if result.served_version:
        stdout.print(f"Version {result.served_version} is served.")


if __name__ == "__main__":
    main()
