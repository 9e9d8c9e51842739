"""One real matinee for a module of end-to-end tests: every process, on free ports, in a temporary home."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from matinee.settings import Settings
from running import System
from support import free_port, two_tastes

PORTS = ("API", "MLFLOW", "AIRFLOW", "UI", "POSTGRES")


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A matinee that is up, and is down again after the last test of a module."""
    folder = tmp_path_factory.mktemp("matinee")
    values = {"HOME": str(folder / "home"), **_data(folder)} | {f"{name}_PORT": str(free_port()) for name in PORTS}
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MATINEE_")}
    environment = {**clean, **{f"MATINEE_{name}": value for name, value in values.items()}}
    settings = Settings(_env_file=None, **{name.lower(): value for name, value in values.items()})
    running = System(environment, settings)
    try:
        running.printed = running.matinee("up")
        yield running
    finally:
        running.matinee("down")


def _data(folder: Path) -> dict[str, str]:
    """Real ratings when they lie beside the checkout, else small ones with a known structure; nothing is fetched."""
    real = Path(__file__).parents[3] / "shared" / "data" / "ml-100k"
    if real.is_dir():
        return {"DATA": str(real), "BOOTSTRAP": "60d"}
    two_tastes(n_users=200, n_movies=100, n_days=40).write_csv(folder / "ratings.csv")
    return {"DATA": str(folder / "ratings.csv"), "BOOTSTRAP": "20d"}
