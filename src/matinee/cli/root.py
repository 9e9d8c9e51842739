"""The Typer application that every module of commands adds to, and the headings of `matinee --help`."""

from typing import Annotated

import typer

from matinee import __version__
from matinee.cli.printing import result_name, stdout

SYSTEM, DAILY, STAGES, MEASURE = "Run matinee", "Day by day", "The stages, which Airflow runs", "Measure"
"""Headings of `matinee --help`."""

app = typer.Typer(
    help="A movie recommender that retrains itself every day. Begin with `matinee up`.",
    epilog="Exit codes: 0 done, 2 wrong usage, 3 refused by a rule, 4 a dependency is unreachable, "
    "5 it cannot be afforded here. "
    "Settings are environment variables `MATINEE_…`, or lines of `.env`.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)


def _tell_version(wanted: bool) -> None:  # noqa: FBT001  as Typer calls it
    if wanted:
        stdout.print(f"matinee {__version__}", highlight=False)
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[  # noqa: ARG001  told by its callback
        bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Print the version of matinee.")
    ] = False,
    result: Annotated[
        str | None, typer.Option(help="Put what `--json` prints into the home's storage as well, under this name.")
    ] = None,
) -> None:
    """What comes before a command."""
    result_name.set(result)
