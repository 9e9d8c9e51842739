"""Commands that run matinee: start and stop it, look at it, back it up."""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn
from rich.table import Table

from matinee.cli.printing import AsJson, last_day, print_json, print_result, stderr, stdout
from matinee.cli.root import SYSTEM, app
from matinee.cli.settings import settings_of_command, stores_of_command
from matinee.errors import DependencyUnreachable

if TYPE_CHECKING:
    from matinee.local.commands import ProcessStatus


@app.command(rich_help_panel=SYSTEM)
def up() -> None:
    """Start everything that does not run; returns when a learned model answers."""
    from matinee.local.bring_up import up as bring_up
    from matinee.ratings.sources.source import prepare
    from matinee.ratings.sources.unusable import liked_sentence, unusable_sentences
    from matinee.stages.affordable import require_affordable

    settings = settings_of_command()
    with _download_bar() as report:
        source = prepare(settings, report)
    stdout.print(f"Ratings: {source.name}, {source.n_ratings:,} of {source.n_rows:,} rows usable.", highlight=False)
    for said in filter(None, (*unusable_sentences(source), liked_sentence(source, settings))):
        stdout.print(f"[yellow]Note:[/] {escape(said)}", highlight=False)
    if not (settings.home / "serving").exists():  # a home that has a model serves it, whatever it can learn
        require_affordable(settings, source.n_ratings)
    bring_up(settings, stdout)


@app.command(rich_help_panel=SYSTEM)
def down() -> None:
    """Stop everything that `matinee up` started."""
    from matinee.local import commands

    settings = settings_of_command(any_ports=True)
    stopped = commands.down(settings)
    stdout.print(f"matinee {'stopped' if stopped else 'did not run'} in {settings.home}.", highlight=False)


@app.command(rich_help_panel=SYSTEM)
def status(as_json: AsJson = False) -> None:
    """Show each process, its address and the served model."""
    from matinee.clients.api import Client
    from matinee.local import commands

    settings = settings_of_command()
    processes = commands.status(settings)
    with Client(settings.api) as client:
        try:
            model = client.model().model_dump(mode="json")
        except DependencyUnreachable:
            model = None
    if as_json:
        print_json({"processes": [vars(each) for each in processes], "model": model})
        return
    stdout.print(
        _process_table(processes) if processes else f"Nothing runs in {settings.home}. Start it with: matinee up"
    )
    if any(each.state == "unwatched" for each in processes):
        stdout.print("Unwatched processes are not started again when they die. Correct it with: matinee up")
    if model:
        through = f", data through {last_day(model['data_through'])}" if model["data_through"] else ""
        stdout.print(f"Served: version {model['version']} ({model['policy']}){through}.", highlight=False)


def _process_table(processes: Iterable["ProcessStatus"]) -> Table:
    table = Table("process", "state", "pid", "address", "restarts", "up", "memory")
    for each in processes:
        up_for = "" if each.uptime_s is None else f"{each.uptime_s / 60:.0f} min"
        memory = f"{each.memory_bytes / 1e6:.0f} MB"
        table.add_row(each.name, each.state, str(each.pid or ""), each.address, str(each.restarts), up_for, memory)
    return table


@app.command(name="logs", rich_help_panel=SYSTEM, epilog="Example: `matinee logs api --follow`")
def show_logs(
    process: Annotated[str | None, typer.Argument(help="One process; default is all of them.")] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Wait for new lines.")] = False,
) -> None:
    """Print what the processes wrote."""
    from matinee.local import commands

    for line in commands.logs(settings_of_command(any_ports=True), process, follow=follow):
        sys.stdout.write(f"{line}\n")


@app.command(rich_help_panel=SYSTEM)
def doctor(as_json: AsJson = False) -> None:
    """Look for what keeps matinee from working here, and say what to do (exit code 4 when something does)."""
    from matinee.local.doctor import examine

    findings = examine(settings_of_command(any_ports=True))
    if as_json:
        print_json({"findings": [finding.model_dump() for finding in findings]})
    else:
        for finding in findings:
            mark = "[green]ok[/]  " if finding.ok else "[red]bad[/] "
            stdout.print(f"{mark} {finding.what}: {escape(f'{finding.detail} {finding.fix}'.strip())}", highlight=False)
    if not all(finding.ok for finding in findings):
        raise typer.Exit(4)


@app.command(rich_help_panel=SYSTEM, epilog="Airflow runs it every day; `matinee prune --dry-run` only tells.")
def prune(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Remove nothing, and tell what would be.")] = False,
    as_json: AsJson = False,
) -> None:
    """Remove what retention ends: old artifacts, impressions, keys, logs (exit code 4 when a part has to wait)."""
    from matinee.stages.prune.home import prune_home

    result = prune_home(stores_of_command(), dry_run=dry_run)
    if as_json:
        print_json(result)
    else:
        _print_removed(result)
    if any(each["problem"] for each in result["removed"]):
        raise typer.Exit(4)


def _print_removed(result: dict[str, Any]) -> None:
    table = Table("what", "removed" if not result["dry_run"] else "would be removed", "size", "detail")
    for each in result["removed"]:
        size = f"{each['size_bytes'] / 1e6:.1f} MB" if each["size_bytes"] else ""
        table.add_row(each["what"], str(each["n"] or ""), size, escape(each["problem"] or each["detail"]))
    stdout.print(table)


@app.command(rich_help_panel=SYSTEM, epilog="Example: `matinee backup /safe/matinee.tar.gz`")
def backup(
    archive: Annotated[Path, typer.Argument(metavar="FILE", help="New file, such as matinee.tar.gz.")],
    as_json: AsJson = False,
) -> None:
    """Write the whole home, secrets included, into one file; matinee has to be stopped."""
    from matinee.local.backup import back_up

    result = back_up(settings_of_command(), archive)
    size = f"{result['n_files']:,} files, {result['size_bytes'] / 1e6:.0f} MB"
    print_result(result, as_json, f"{result['archive']}: {size}. It holds the secrets; keep it safe.")


@app.command(rich_help_panel=SYSTEM)
def restore(
    archive: Annotated[Path, typer.Argument(metavar="FILE", help="What `matinee backup` wrote.")],
    replace: Annotated[bool, typer.Option("--replace", help="Put a home that is there aside.")] = False,
    as_json: AsJson = False,
) -> None:
    """Verify a backup and make it the home; matinee has to be stopped."""
    from matinee.local.restore import restore as restore_home

    result = restore_home(settings_of_command(), archive, replace=replace)
    aside = f" What was there is in {result['aside']}." if result["aside"] else ""
    print_result(result, as_json, f"{result['home']} is as it was on {result['made_at']}.{aside} Start it: matinee up")


@contextmanager
def _download_bar() -> Iterator[Callable[[int, int | None], None]]:
    columns = (TextColumn("Fetching ratings"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=stderr, transient=True, disable=not stderr.is_terminal) as progress:
        task = progress.add_task("", total=None, visible=False)
        yield lambda done, total: progress.update(task, completed=done, total=total, visible=True)
