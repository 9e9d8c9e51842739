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
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import polars as pl
import psutil
from threadpoolctl import threadpool_limits

from matinee.bench.data import shape_of, write
from matinee.bench.plot import Lines, panels
from matinee.bench.ports import free_port
from matinee.bench.spark import fit_times
from matinee.clients.airflow import Airflow
from matinee.clients.airflow.records import CHALLENGE, DEPLOY, ENDED, SUCCESS, TRAIN, DagRun
from matinee.errors import MatineeError
from matinee.local.family import command_line
from matinee.models.als import ALS
from matinee.models.recommender import fit
from matinee.settings import Settings
from matinee.stages.stores import Stores
from matinee.stages.train import interactions_of

if TYPE_CHECKING:
    import scipy.sparse as sp

PORTS = ("API", "MLFLOW", "AIRFLOW", "UI", "POSTGRES")
SAMPLE_S = 0.2
"""Time between two looks at the memory of all processes."""
BOOTSTRAP_SHARE = 0.999
"""Of the ratings, what the first chunk holds about: the days after it are those of a large set in use."""
FOLLOWS_S = 1800.0
"""How long what follows the first day may take: baselines, and what fresher data is worth."""


STAGES = ("ingest", "train", "evaluate", "promote", "deploy")
"""Each a command of `matinee`, in a process of its own."""

Figures = dict[str, Any]
Made = TypeVar("Made")


@dataclass
class Peak:
    """Most memory that was seen: of the largest process, of all together, and of the process of each stage."""

    largest_gb: float = 0.0
    sum_gb: float = 0.0
    stages_gb: dict[str, float] = field(default_factory=lambda: dict.fromkeys(STAGES, 0.0))
    _stopped: threading.Event = field(default_factory=threading.Event)

    def watch(self, home: Path) -> None:
        """Look at every process that works on a home, until stopped."""
        while not self._stopped.wait(SAMPLE_S):
            sizes = {each: size for each in psutil.process_iter() if (size := _memory_gb(each, home)) is not None}
            self.largest_gb = max([self.largest_gb, *sizes.values()])
            self.sum_gb = max(self.sum_gb, sum(sizes.values()))
            for process, size in sizes.items():
                if (stage := _stage_of(command_line(process))) is not None:
                    self.stages_gb[stage] = max(self.stages_gb[stage], size)

    def stop(self) -> None:
        """Look no more."""
        self._stopped.set()


def measure(shapes: list[str], spark_master: str | None = None) -> dict[str, Figures]:
    """Times in seconds, memory in GB, by shape; see `docs/scaling.md` for what each figure is of.

    Args:
        shapes: names of `bench.data`.
        spark_master: Spark to fit with beside one process; None for none.

    Returns:
        `{shape: {"first_s", "first_peak_gb", "first_sum_gb", "day_s", "day_peak_gb", "day_sum_gb", "artifact_mb",
        "als_over_implicit", "n_ratings", "stages"}}`, and with Spark what `spark.fit_times` gives. `stages` is
        `{"first" or "day": {stage: {"s", "peak_gb"}}}`, the time of a stage that of its task in Airflow.
    """
    return {shape: _measure(shape, spark_master) for shape in shapes}


def draw(measured: Mapping[str, Figures], plot: Path) -> None:
    """Write an SVG of what `measure` gave: time and memory of the stages over the number of ratings."""
    by_size = sorted(measured.values(), key=lambda figures: figures["n_ratings"])
    days = {"first model": "first", "next day": "day"}

    def lines(what: str, day: str) -> Lines:
        return {
            stage: [each["stages"][day][stage][what] for each in by_size] for stage in ("ingest", "train", "evaluate")
        }

    charts = {
        f"{title}, {unit}": lines(what, day)
        for what, unit in (("s", "s"), ("peak_gb", "GB"))
        for title, day in days.items()
    }
    sizes = [each["n_ratings"] / 1e6 for each in by_size]
    plot.write_text(panels(charts, f"{sizes[-1]:.3g} million ratings", sizes))


def _measure(name: str, spark_master: str | None) -> Figures:
    folder = Path(tempfile.mkdtemp(prefix="matinee-bench-"))
    try:
        ratings, movies = write(shape_of(name), folder / "data")
        environment = _environment(folder, ratings, movies)
        with _system(environment):
            figures = _loop(environment, folder / "home")
        als = als_over_implicit(Stores.of(_settings(environment)))
        beside = {} if spark_master is None else fit_times(ratings, folder / "spark", spark_master)
        n_ratings = pl.scan_parquet(ratings).select(pl.len()).collect().item()
        return {**figures, "als_over_implicit": als, "n_ratings": n_ratings, **beside}
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


def _loop(environment: Mapping[str, str], home: Path) -> Figures:
    with _peak(home) as first:
        _matinee(environment, "up")
    with Airflow(_settings(environment)) as airflow:
        (run,) = [each for each in airflow.runs(TRAIN) if each.state == SUCCESS][-1:]
        first_stages = _stages(airflow, run, first)
        _wait_for_challengers(airflow)
    with _peak(home) as day:
        (advanced,) = json.loads(_matinee(environment, "next", "--json"))["runs"]
    if advanced["outcome"] != "promoted":
        raise MatineeError(f"The day ended {advanced['outcome']}: {advanced['reason']}", "Its figures would be wrong.")
    with Airflow(_settings(environment)) as airflow:
        day_stages = _stages(airflow, airflow.runs(TRAIN, limit=1)[0], day)
    served = home / "serving" / str(advanced["served_version"])
    return {
        "first_s": ((run.end_date or datetime.now(UTC)) - (run.start_date or datetime.now(UTC))).total_seconds(),
        "first_peak_gb": first.largest_gb,
        "first_sum_gb": first.sum_gb,
        "day_s": advanced["duration_s"],
        "day_peak_gb": day.largest_gb,
        "day_sum_gb": day.sum_gb,
        "artifact_mb": sum(path.stat().st_size for path in served.rglob("*") if path.is_file()) / 1e6,
        "stages": {"first": first_stages, "day": day_stages},
    }


def _stages(airflow: Airflow, run: DagRun, peak: Peak) -> dict[str, dict[str, float]]:
    """Time and memory of each stage of a day and of its deployment."""
    caused = airflow.caused_run(run, DEPLOY)
    tasks = [*airflow.tasks(run), *(airflow.tasks(caused) if caused else ())]
    took_s = {
        each.task_id: (each.end_date - each.start_date).total_seconds()
        for each in tasks
        if each.start_date and each.end_date
    }
    return {stage: {"s": took_s[stage], "peak_gb": peak.stages_gb[stage]} for stage in STAGES}


def _wait_for_challengers(airflow: Airflow) -> None:
    """Return when what follows the first day is over: a real next day is a day later, and shares no core with it."""
    until = time.monotonic() + FOLLOWS_S
    while any(each.state not in ENDED for each in airflow.runs(CHALLENGE)):
        if time.monotonic() > until:
            raise MatineeError(f"What follows the first day took longer than {FOLLOWS_S:g} s.", "Look at its log.")
        time.sleep(1)


def als_over_implicit(stores: Stores) -> float:
    """Time from the chunks of a home to ALS factors with every user folded in, over that of `implicit.fit` alone.

    `implicit` fits once before and once after, because a machine does not keep its speed for minutes.
    """
    import implicit.als  # noqa: F401, PLC0415  half a second that only who fits should pay, and not timed here

    algorithm, chunk = ALS(), stores.ledger.chunks()[-1]
    read_s, interactions = _timed(
        lambda: interactions_of(stores, stores.ledger.scan_through(chunk.chunk_id), chunk.ends_at)
    )
    likes = interactions.user_items()
    before_s, _ = _timed(lambda: _fit_by_implicit_alone(algorithm, likes))
    fit_s, _ = _timed(lambda: fit(algorithm, replace(interactions)))  # a copy, which knows nothing of its likes yet
    after_s, _ = _timed(lambda: _fit_by_implicit_alone(algorithm, likes))
    return (read_s + fit_s) / ((before_s + after_s) / 2)


def _fit_by_implicit_alone(algorithm: ALS, likes: "sp.csr_matrix") -> None:
    from implicit.als import AlternatingLeastSquares  # noqa: PLC0415  as above

    with threadpool_limits(1, "blas"):
        bare = AlternatingLeastSquares(
            factors=algorithm.factors,
            alpha=algorithm.alpha,
            regularization=algorithm.regularization,
            iterations=algorithm.iterations,
            random_state=algorithm.seed,
        )
        bare.fit(likes, show_progress=False)


def _timed(work: Callable[[], Made]) -> tuple[float, Made]:
    """Seconds that it took, and what it made."""
    began = time.perf_counter()
    made = work()
    return time.perf_counter() - began, made


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


def _stage_of(command: list[str]) -> str | None:
    """The stage that a process runs, by its command line; None for any other."""
    places = [place for place, word in enumerate(command[:-1]) if Path(word).name == "matinee"]
    return next((command[place + 1] for place in places if command[place + 1] in STAGES), None)


def _memory_gb(process: psutil.Process, home: Path) -> float | None:
    """Resident memory of a process that works on a home; None for any other, and for one that has just ended."""
    try:
        if process.environ().get("MATINEE_HOME") != str(home):
            return None
        return float(process.memory_info().rss) / 1e9
    except psutil.Error:
        return None
