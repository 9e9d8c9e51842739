"""One real matinee for a module of end-to-end tests: every process, on free ports, in a temporary home."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from matinee.bench.ports import free_port
from matinee.settings import Settings
from running import System
from support import two_tastes

CHECKOUT = Path(__file__).parents[2]
HINDRANCES = {
    # No folder of the user's own can be written.
    "HOME": "/dev/null/nobody",
    **dict.fromkeys(("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"), "http://127.0.0.1:9"),
}
"""What a user's environment may have; there is no proxy at port 9, so what asks one fails."""

PORTS = ("API", "MLFLOW", "AIRFLOW", "UI", "POSTGRES")


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A matinee that is up, and is down again after the last test of a module."""
    running = new_system(tmp_path_factory.mktemp("matinee"))
    try:
        running.printed = running.matinee("up")
        yield running
    finally:
        running.matinee("down")


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command `matinee` of an environment in which nothing but the wheel is installed."""
    return _install_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def system_of_small_days(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """The installed wheel, up on 20 small days, without challengers; of those to come, the first has only ratings of 3.

    Its commands are started in an empty folder.
    """
    folder = tmp_path_factory.mktemp("small")
    is_broken = pl.col("rated_at").dt.date() == date(2020, 1, 21)
    ratings = two_tastes(n_users=200, n_movies=100, n_days=60)
    ratings = ratings.with_columns(rating=pl.when(is_broken).then(pl.lit(3, pl.Float32)).otherwise("rating"))
    ratings.write_csv(folder / "ratings.csv")
    running = new_system(folder, {"DATA": str(folder / "ratings.csv"), "BOOTSTRAP": "20d", "CHALLENGERS": "off"})
    running.command, running.folder = wheel, folder / "empty"
    running.folder.mkdir()
    try:
        running.printed = running.matinee("up")
        yield running
    finally:
        running.matinee("down")


def new_system(folder: Path, data: Mapping[str, str] | None = None) -> System:
    """A matinee that does not run yet, on free ports, with its home in `folder`, for a user whom much hinders."""
    values = {"HOME": str(folder / "우리 home"), **(data or _data(folder))} | {
        f"{name}_PORT": str(free_port()) for name in PORTS
    }
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MATINEE_")}
    environment = {**clean, **HINDRANCES, **{f"MATINEE_{name}": value for name, value in values.items()}}
    settings = Settings(_env_file=None, **{name.lower(): value for name, value in values.items()})
    return System(environment, settings)


def _install_wheel(folder: Path) -> Path:
    """The command `matinee` of an environment that has the wheel with its extra `all`, and nothing else."""
    uv = shutil.which("uv") or Path(sys.executable).with_name("uv")
    python = folder / "environment" / "bin" / "python"
    for command in (
        [uv, "build", "--quiet", "--wheel", "--out-dir", folder, CHECKOUT],
        [uv, "venv", "--quiet", "--python", sys.executable, folder / "environment"],
    ):
        subprocess.run(command, cwd=folder, check=True)
    (wheel,) = folder.glob("matinee-*.whl")
    install = [uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", python, f"{wheel}[all]"]
    subprocess.run(install, cwd=folder, check=True)
    return python.with_name("matinee")


def _data(folder: Path) -> dict[str, str]:
    """Real ratings when they lie beside the checkout, else small ones with a known structure; nothing is fetched."""
    real = CHECKOUT.parent / "shared" / "data" / "ml-100k"
    if real.is_dir():
        return {"DATA": str(real), "BOOTSTRAP": "60d"}
    two_tastes(n_users=200, n_movies=100, n_days=40).write_csv(folder / "ratings.csv")
    return {"DATA": str(folder / "ratings.csv"), "BOOTSTRAP": "20d"}
