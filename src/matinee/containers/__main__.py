"""`python -m matinee.containers STEP`: the one-shot services of `compose.yaml`, and the Jobs of `deploy/`."""

import os
import sys

from rich.console import Console

from matinee import logs
from matinee.environment import load_settings
from matinee.errors import MatineeError, Refused, UsageError
from matinee.settings import Settings


def main(step: str) -> int:
    """Run a step; returns the exit code, after one line on stderr when it is not 0."""
    try:
        settings = load_settings()
        logs.configure(settings.log_level)
        STEPS[step](settings)
    except MatineeError as error:
        sys.stderr.write(f"error: {error}\n")
        return error.exit_code
    return 0


def _init(settings: Settings) -> None:
    from matinee.containers import home  # noqa: PLC0415  each step runs in an image that has what it imports
    from matinee.local import airflow_files, state  # noqa: PLC0415
    from matinee.ratings.sources.source import prepare  # noqa: PLC0415

    home.check_memory()
    home.become_owner(settings.home)
    if (lock := state.take_lock(settings.home)) is None:
        raise Refused("matinee runs natively in this home.", "Stop it first: make down.")
    lock.close()
    home.prepare(settings)
    airflow_files.write_config(settings)
    source = prepare(settings)
    sys.stdout.write(f"Ratings: {source.name}, {source.n_ratings:,} of {source.n_rows:,} rows usable.\n")


def _databases(settings: Settings) -> None:
    from matinee.containers import databases, moving  # noqa: PLC0415

    databases.create(settings)
    for name in moving.take_over(settings):
        sys.stdout.write(f"{name} is now in PostgreSQL.\n")


def _to_native(settings: Settings) -> None:
    from matinee.containers import moving  # noqa: PLC0415

    for name in moving.give_back(settings):
        sys.stdout.write(f"{name} is written; `make up` goes on from it.\n")


def _first_model(settings: Settings) -> None:
    from matinee.local import first_model  # noqa: PLC0415

    console = Console(width=120)
    first_model.ensure(settings, console)
    first_model.show_recommendation(settings, console)


def _migrate(settings: Settings) -> None:
    from matinee.ratings import database  # noqa: PLC0415

    database.engine(settings).dispose()
    sys.stdout.write("The tables of ratings and chunks are those of this version.\n")


def _migrate_mlflow(_settings: Settings) -> None:
    from matinee.lifecycle import registry  # noqa: PLC0415

    url = os.environ.get("MLFLOW_BACKEND_STORE_URI")
    if not url:
        raise UsageError("MLFLOW_BACKEND_STORE_URI is not set.", "Set it to the URL of MLflow's database.")
    registry.update_tables(url)
    sys.stdout.write("The tables of MLflow are those of this version.\n")


STEPS = {
    "init": _init,
    "databases": _databases,
    "to-native": _to_native,
    "first-model": _first_model,
    "migrate": _migrate,
    "migrate-mlflow": _migrate_mlflow,
}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
