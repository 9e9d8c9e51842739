"""Take files of one's own: look first, tell what follows, ask, and write the settings."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from matinee.cli.history import import_history
from matinee.cli.printing import AsJson, print_json, stdout
from matinee.cli.root import SYSTEM, app
from matinee.cli.settings import settings_of_command
from matinee.errors import NoEvent, UsageError

if TYPE_CHECKING:
    from matinee.ratings.sources.plan import ImportPlan
    from matinee.ratings.sources.survey import FileSurvey, Survey

ENV_FILE = Path(".env")


@app.command(
    name="import",
    rich_help_panel=SYSTEM,
    epilog="Example: `matinee import ratings.csv --movies films.csv --map user_id=Who`",
)
def import_files(  # noqa: PLR0913, PLR0917  an argument is an option
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE…", help="Files of ratings, or a folder; also one of movies.")
    ],
    movies: Annotated[
        Path | None, typer.Option(metavar="FILE", help="File of movies, if it is not among FILE.")
    ] = None,
    columns: Annotated[
        list[str] | None, typer.Option("--map", metavar="OURS=THEIRS", help="What a column means, such as user_id=Who.")
    ] = None,
    event: Annotated[
        str, typer.Option(metavar="EVENT", help="What a row is: rating, watch, purchase, like, click, view, dislike.")
    ] = "",
    scale: Annotated[
        str, typer.Option(metavar="LOWEST-HIGHEST:STEP", help="Scale of the ratings; auto finds it.")
    ] = "auto",
    as_user: Annotated[
        str | None,
        typer.Option(
            "--as", metavar="USER", help="FILE is a history of Letterboxd, IMDb, Trakt or Netflix of this user."
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Accept the plan without being asked.")] = False,
    as_json: AsJson = False,
) -> None:
    """Look at files of ratings, tell what is in them, and after a yes write the settings for them into `.env`."""
    from dotenv import dotenv_values

    from matinee.ratings.importing.columns import parse_columns
    from matinee.ratings.ledger.ledger import ChunkLedger
    from matinee.ratings.sources.plan import plan_import
    from matinee.storage.env_file import write_settings

    if as_user is not None:
        if movies or columns:
            raise UsageError("--as takes files of histories alone.", "Leave out --movies and --map.")
        import_history(files, as_user, lambda question: _answer(question, yes, as_json), as_json)
        return
    settings = settings_of_command(any_ports=True)
    given = parse_columns(",".join(columns or []))
    written = dotenv_values(ENV_FILE)
    plan = _planned(
        lambda event: plan_import(files, movies, given, settings, written, scale, event), event, yes or as_json
    )
    ChunkLedger(settings.model_copy(update={"data": plan.settings["MATINEE_DATA"]})).require_own_source()
    if not as_json:
        for line in _lines(plan):
            stdout.print(escape(line), highlight=False)
    accepted = _answer("Write these settings to .env?", yes, as_json)
    if accepted:
        write_settings(ENV_FILE, plan.settings)
    if as_json:
        print_json({**asdict(plan), "written": str(ENV_FILE.absolute()) if accepted else None})
    elif accepted is not None:
        said = f"Written to {ENV_FILE.absolute()}. Go on with: matinee up" if accepted else "Nothing was written."
        stdout.print(said, highlight=False)
    if accepted is None:
        raise UsageError("Nothing was written, because there is nobody to ask.", "Accept the plan with --yes.")


def _answer(question: str, yes: bool, as_json: bool) -> bool | None:  # noqa: FBT001  passed on as they came
    """The answer to a question; None where there is nobody to ask."""
    if yes:
        return True
    return None if as_json or not _is_asked() else typer.confirm(question)


def _planned(plan: Callable[[str], "ImportPlan"], event: str, is_silent: bool) -> "ImportPlan":  # noqa: FBT001
    """The plan for an event that was given, or that somebody tells when the files do not."""
    try:
        return plan(event)
    except NoEvent as error:
        event = "" if is_silent or not _is_asked() else _asked_event(error.message)
        if not event:
            raise
    return plan(event)


def _asked_event(found: str) -> str:
    """What a row of a file is that has neither ratings nor events; empty for nothing."""
    from matinee.ranking.events import EVENTS

    stdout.print(escape(found), highlight=False)
    answer: str = typer.prompt(f"What is a row of it? ({', '.join(EVENTS[1:])})", default="")
    return answer.strip() if answer.strip() in EVENTS else ""


def _is_asked() -> bool:
    """Whether there is somebody to ask."""
    return sys.stdin.isatty()


def _lines(plan: "ImportPlan") -> Iterator[str]:
    found = plan.found
    yield from _of_file("Ratings", found.ratings)
    if found.movies:
        yield from _of_file("Movies", found.movies)
    yield from _contents(found)
    for note in plan.notes:
        yield f"Note: {note}"
    yield "Settings that follow, for .env:"
    for name, value in plan.settings.items():
        yield f"  {name}={value}"


def _of_file(what: str, file: "FileSurvey") -> Iterator[str]:
    encoding = f", {file.encoding} ({file.confidence:.0%} sure)" if file.encoding else ""
    yield f"{what}: {file.path}: {file.form}{encoding}, {file.n_rows:,} rows, {file.unusable:.1%} unusable"
    columns = ", ".join(ours if ours == theirs else f"{ours} ({theirs})" for ours, theirs in file.columns.items())
    ignored = f"; ignored: {', '.join(file.ignored[:20])}" if file.ignored else ""
    yield f"  columns: {columns}{ignored}"
    if file.reasons:
        yield f"  not usable: {', '.join(f'{count:,} {reason}' for reason, count in file.reasons.items())}"


def _contents(found: "Survey") -> Iterator[str]:
    if found.events.keys() != {"rating"}:
        yield f"Events: {', '.join(f'{count:,} {event}' for event, count in found.events.items())}"
    scale, times = found.scale, "dates" if found.has_only_dates else found.time_unit
    yield (
        f"Content: {found.n_ratings:,} ratings of {found.n_movies:,} movies by {found.n_users:,} users,"
        f" {found.first_rated_at:%Y-%m-%d} to {found.last_rated_at:%Y-%m-%d} ({times});"
        f" ratings from {scale.lowest:g} to {scale.highest:g}, {scale.n_values} different values, scale {scale.likely}"
    )
