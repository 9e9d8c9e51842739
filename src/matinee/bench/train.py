"""`matinee bench train`: the first model and the next day at the size of a named data set, on this machine.

The system is the real one: `matinee up` with its Airflow, MLflow and API server on ratings of `bench.data`, then
`matinee next`. Beside it `implicit` alone fits the same likes, in the same run.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import psutil
from threadpoolctl import threadpool_limits

from matinee.bench.data import shape_of, write
from matinee.bench.ports import free_port
from matinee.bench.spark import fit_times
from matinee.clients.airflow import Airflow
from matinee.clients.airflow.records import CHALLENGE, ENDED, SUCCESS, TRAIN
from matinee.errors import MatineeError
from matinee.models.als import ALS
from matinee.models.recommender import fit
from matinee.settings import Settings
from matinee.stages.stores import Stores
from matinee.stages.train import interactions_of

PORTS = ("API", "MLFLOW", "AIRFLOW", "UI", "POSTGRES")
SAMPLE_S = 0.2
"""Time between two looks at the memory of all processes."""
BOOTSTRAP_SHARE = 0.999
"""Of the ratings, what the first chunk holds about: the days after it are those of a large set in use."""
FOLLOWS_S = 1800.0
"""How long what follows the first day may take: baselines, and what fresher data is worth."""


@dataclass
class Peak:
    """Most memory that was seen, of the largest process and of all together."""

    largest_gb: float = 0.0
    sum_gb: float = 0.0
    _stopped: threading.Event = field(default_factory=threading.Event)

    def watch(self, home: Path) -> None:
        """Look at every process that works on a home, until stopped."""
        while not self._stopped.wait(SAMPLE_S):
            sizes = [size for process in psutil.process_iter() if (size := _memory_gb(process, home)) is not None]
            self.largest_gb = max([self.largest_gb, *sizes])
            self.sum_gb = max(self.sum_gb, sum(sizes))

    def stop(self) -> None:
        """Look no more."""
        self._stopped.set()


def measure(shapes: list[str], spark_master: str | None = None) -> dict[str, dict[str, float]]:
    """Times in seconds, memory in GB, by shape; see `docs/scaling.md` for what each figure is of.

    Args:
        shapes: names of `bench.data`.
        spark_master: Spark to fit with beside one process; None for none.

    Returns:
        `{shape: {"first_s", "first_peak_gb", "first_sum_gb", "day_s", "day_peak_gb", "day_sum_gb", "artifact_mb",
        "als_over_implicit"}}`, and with Spark what `spark.fit_times` gives.
    """
    return {shape: _measure(shape, spark_master) for shape in shapes}


def _measure(name: str, spark_master: str | None) -> dict[str, float]:
    folder = Path(tempfile.mkdtemp(prefix="matinee-bench-"))
    try:
        ratings, movies = write(shape_of(name), folder / "data")
        environment = _environment(folder, ratings, movies)
        with _system(environment):
            figures = _loop(environment, folder / "home")
        als = als_over_implicit(Stores.of(_settings(environment)))
        beside = {} if spark_master is None else fit_times(ratings, folder / "spark", spark_master)
        return {**figures, "als_over_implicit": als, **beside}
    finally:
        shutil.rmtree(folder)


def _environment(folder: Path, ratings: Path, movies: Path) -> dict[str, str]:
    """Of a home of its own, whose first chunk ends a few days before the ratings do."""
    times = pl.scan_parquet(ratings).select("rated_at")
    first = times.min().collect().item()
    cut = times.select(pl.col("rated_at").quantile(BOOTSTRAP_SHARE, "nearest")).collect().item()
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MATINEE_")}
    return {
        **clean,
        **{f"MATINEE_{port}_PORT": str(free_port()) for port in PORTS},
        "MATINEE_HOME": str(folder / "home"),
        "MATINEE_DATA": str(ratings),
        "MATINEE_MOVIES": str(movies),
        "MATINEE_BOOTSTRAP": f"{(cut - first).days}d",
    }


@contextmanager
def _system(environment: Mapping[str, str]) -> Iterator[None]:
    try:
        yield
    finally:
        _matinee(environment, "down")


def _loop(environment: Mapping[str, str], home: Path) -> dict[str, float]:
    with _peak(home) as first:
        _matinee(environment, "up")
    with Airflow(_settings(environment)) as airflow:
        (run,) = [each for each in airflow.runs(TRAIN) if each.state == SUCCESS][-1:]
        _wait_for_challengers(airflow)
    with _peak(home) as day:
        (advanced,) = json.loads(_matinee(environment, "next", "--json"))["runs"]
    if advanced["outcome"] != "promoted":
        raise MatineeError(f"The day ended {advanced['outcome']}: {advanced['reason']}", "Its figures would be wrong.")
    served = home / "serving" / str(advanced["served_version"])
    return {
        "first_s": ((run.end_date or datetime.now(UTC)) - (run.start_date or datetime.now(UTC))).total_seconds(),
        "first_peak_gb": first.largest_gb,
        "first_sum_gb": first.sum_gb,
        "day_s": advanced["duration_s"],
        "day_peak_gb": day.largest_gb,
        "day_sum_gb": day.sum_gb,
        "artifact_mb": sum(path.stat().st_size for path in served.rglob("*") if path.is_file()) / 1e6,
    }


def _wait_for_challengers(airflow: Airflow) -> None:
    """Return when what follows the first day is over: a real next day is a day later, and shares no core with it."""
    until = time.monotonic() + FOLLOWS_S
    while any(each.state not in ENDED for each in airflow.runs(CHALLENGE)):
        if time.monotonic() > until:
            raise MatineeError(f"What follows the first day took longer than {FOLLOWS_S:g} s.", "Look at its log.")
        time.sleep(1)


def als_over_implicit(stores: Stores) -> float:
    """Time from the chunks of a home to ALS factors with every user folded in, over that of `implicit.fit` alone."""
    from implicit.als import AlternatingLeastSquares  # noqa: PLC0415  half a second that only a fit should pay

    algorithm = ALS()
    began = time.perf_counter()
    chunk = stores.ledger.chunks()[-1]
    interactions = interactions_of(stores, stores.ledger.scan_through(chunk.chunk_id), chunk.ends_at)
    fit(algorithm, interactions)
    ours_s = time.perf_counter() - began
    likes = interactions.user_items()
    began = time.perf_counter()
    with threadpool_limits(1, "blas"):
        bare = AlternatingLeastSquares(
            factors=algorithm.factors,
            alpha=algorithm.alpha,
            regularization=algorithm.regularization,
            iterations=algorithm.iterations,
            random_state=algorithm.seed,
        )
        bare.fit(likes, show_progress=False)
    return ours_s / (time.perf_counter() - began)


def _settings(environment: Mapping[str, str]) -> Settings:
    names = {name: f"MATINEE_{name.upper()}" for name in Settings.model_fields}
    own: dict[str, Any] = {name: environment[each] for name, each in names.items() if each in environment}
    return Settings(_env_file=None, **own)  # type: ignore[call-arg]  # mypy does not know this argument


def _matinee(environment: Mapping[str, str], *arguments: str) -> str:
    command = [sys.executable, "-m", "matinee.cli", *arguments]
    folder = Path(environment["MATINEE_HOME"]).parent  # without the `.env` of whoever measures
    finished = subprocess.run(
        command, env=dict(environment), cwd=folder, stdout=subprocess.PIPE, text=True, check=False
    )
    if finished.returncode not in (0, 3):
        raise MatineeError(f"`matinee {' '.join(arguments)}` ended with exit code {finished.returncode}.")
    return finished.stdout


@contextmanager
def _peak(home: Path) -> Iterator[Peak]:
    peak = Peak()
    thread = threading.Thread(target=peak.watch, args=(home,))
    thread.start()
    try:
        yield peak
    finally:
        peak.stop()
        thread.join()


def _memory_gb(process: psutil.Process, home: Path) -> float | None:
    """Resident memory of a process that works on a home; None for any other, and for one that has just ended."""
    try:
        if process.environ().get("MATINEE_HOME") != str(home):
            return None
        return float(process.memory_info().rss) / 1e9
    except psutil.Error:
        return None
