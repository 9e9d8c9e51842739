"""Wait for the first learned model of a home, and show what it recommends."""

import hashlib
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import httpx
from rich.console import Console
from rich.table import Table

from matinee.clients.airflow import Airflow
from matinee.clients.airflow.client import OnProgress
from matinee.clients.airflow.outcomes import outcome_of, reason_of
from matinee.clients.airflow.records import DEPLOY, FAILED, TRAIN, DagRun, DagRunProgress
from matinee.clients.airflow.transport import POLL_S
from matinee.clients.tls import authorities
from matinee.errors import DependencyUnreachable, MatineeError, Refused
from matinee.ratings.ledger.ledger import ChunkLedger
from matinee.schedule import cron
from matinee.settings import Settings

SEEN_S = 120.0
"""How long Airflow may take to read the DAG files and to start the first run."""
LOADED_S = 30.0


def ensure(settings: Settings, console: Console) -> bool:
    """Wait until the API server serves a learned model, which the first daily run makes; false if it does already.

    There is exactly one such run: Airflow starts the latest day's by itself, and only if it will not (it has
    run already, and failed) do we trigger one, under an id that two callers at once agree on.

    Raises:
        MatineeError: a task of the run failed, or the run promoted nothing.
        DependencyUnreachable: Airflow does not start the run, or the API server does not load the model.
        Refused: the DAG is paused.
    """
    if _policy(settings) == "learned":
        return False
    with console.status("Waiting for the first run of train_model …") as spinner, Airflow(settings) as airflow:
        on_progress = _reporter(console, spinner.update)
        run = airflow.follow(
            _first_run(airflow, is_scheduled=cron(settings.schedule, settings.grace, settings.timezone) is not None),
            on_progress,
        )
        if not any(task.task_id == "promote" and task.state == "success" for task in airflow.tasks(run)):
            why = _why(settings, airflow, run).rstrip(".")
            raise MatineeError(f"The run promoted no model: {why}.", "Try the next chunk: `matinee next`.")
        _deployed(airflow, run, on_progress)
    _wait_until_learned(settings)
    return True


def show_recommendation(settings: Settings, console: Console) -> None:
    """Print what the API server recommends to whoever rated last in what the served model has learned from."""
    learned = ChunkLedger(settings).ratings_of(_get(settings, "/v1/model")["chunk_id"])
    user_id = learned.sort("rated_at", "user_id")["user_id"].last()
    answer = _get(settings, f"/v1/users/{quote(str(user_id), safe='')}/recommendations?k=5")
    table = Table(title=f"For user {answer['user_id']} ({answer['policy']}, model version {answer['model_version']})")
    for column in ("movie", "title", "genres", "score"):
        table.add_column(column, justify="right" if column == "score" else "left")
    for item in answer["items"]:
        genres = item["genres"] if isinstance(item["genres"], str) else ", ".join(item["genres"])
        table.add_row(str(item["movie_id"]), item["title"], genres, f"{item['score']:.3f}")
    console.print(table)


def _first_run(airflow: Airflow, *, is_scheduled: bool) -> DagRun:
    """The run that makes the first model: one that is on its way or done, else a new one."""
    deadline = time.monotonic() + SEEN_S
    while time.monotonic() < deadline:
        # In this order: Airflow starts a run and moves the next date in one step, so "not due" with no run is final.
        dag = airflow.dag(TRAIN)
        newest = next(iter(airflow.runs(TRAIN, limit=1)), None) if dag else None
        if newest and newest.state != FAILED:
            return newest
        if newest:
            return airflow.trigger(TRAIN, _retry_id(newest))
        if dag and dag.is_paused:
            raise Refused(f"The DAG {TRAIN} is paused.", "Unpause it in Airflow's UI.")
        if dag and (not is_scheduled or _is_ahead(dag.next_dagrun_run_after)):
            return airflow.trigger(TRAIN, "up__first")
        time.sleep(POLL_S)
    problems = "; ".join(airflow.import_errors()) or "its scheduler or DAG processor is slow"
    raise DependencyUnreachable(f"Airflow started no run of {TRAIN}: {problems}.", "See `matinee logs`.")


def _is_ahead(time_of_run: datetime | None) -> bool:
    return time_of_run is not None and time_of_run > datetime.now(UTC)


def _why(settings: Settings, airflow: Airflow, run: DagRun) -> str:
    ingested, evaluated = airflow.result(run, "ingest"), airflow.result(run, "evaluate")
    outcome = outcome_of(ingested, airflow.tasks(run))
    return reason_of(settings, outcome, ingested, evaluated) or "there were no new ratings"


def _deployed(airflow: Airflow, run: DagRun, on_progress: OnProgress) -> None:
    """Wait until the model that `run` promoted is deployed; deploy once more if that failed before."""
    caused = airflow.caused_run(run, DEPLOY)
    if caused and caused.state == FAILED:
        airflow.follow(airflow.trigger(DEPLOY, _retry_id(caused)), on_progress)
    else:
        airflow.follow_caused(run, DEPLOY, on_progress)


def _retry_id(failed: DagRun) -> str:
    return f"up__after_{hashlib.sha256(failed.dag_run_id.encode()).hexdigest()[:12]}"


def _wait_until_learned(settings: Settings) -> None:
    deadline = time.monotonic() + LOADED_S
    while _policy(settings) != "learned":
        if time.monotonic() > deadline:
            raise DependencyUnreachable("The API server does not serve the promoted model.", "See `matinee logs api`.")
        time.sleep(POLL_S)


def _policy(settings: Settings) -> str:
    return str(_get(settings, "/v1/model")["policy"])


def _get(settings: Settings, path: str) -> dict[str, Any]:
    try:
        body: dict[str, Any] = (
            httpx.get(f"{settings.api}{path}", timeout=10, verify=authorities(), trust_env=False)
            .raise_for_status()
            .json()
        )
    except httpx.HTTPError as error:
        raise DependencyUnreachable(
            f"The API server did not answer {path}: {error}", "See `matinee logs api`."
        ) from error
    return body


def _reporter(console: Console, say: Callable[[str], None]) -> OnProgress:
    """Print each task once when it is over; name the one that runs beside the spinner."""
    shown: set[tuple[str, str]] = set()
    began = time.monotonic()

    def report(progress: DagRunProgress) -> None:
        for task in progress.tasks:
            if (
                task.state in ("success", "skipped", "failed", "up_for_retry")
                and (task.task_id, task.state) not in shown
            ):
                shown.add((task.task_id, task.state))
                console.print(f"  {task.task_id:<22} {task.state:<7}{time.monotonic() - began:5.1f} s", highlight=False)
        running = [task.task_id for task in progress.tasks if task.state == "running"]
        say(f"{progress.run.dag_id}: {', '.join(running) or progress.run.state} …")

    return report
