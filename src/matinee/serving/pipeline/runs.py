"""Runs of the daily loop: started on request, and how far they are. Airflow does them; this asks it."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal, TypeVar

from matinee.clients.airflow import (
    DEPLOY,
    PROMOTE,
    ROLLBACK,
    SUCCESS,
    TRAIN,
    Airflow,
    DagRun,
    Task,
    new_run_id,
    outcome_of,
    reason_of,
)
from matinee.errors import NotFound
from matinee.settings import Settings

T = TypeVar("T")

Action = Literal["advance", "promote", "roll_back"]
State = Literal["waiting", "running", "success", "failed", "skipped"]
Outcome = Literal["promoted", "rejected", "no_more_data", "rolled_back", "refused"]

ABSENCE_S, TIMEOUT_S = 1.0, 10.0
"""How long Airflow may be away, and silent, before whoever asks is told."""

DAGS: dict[str, Action] = {TRAIN: "advance", PROMOTE: "promote", ROLLBACK: "roll_back"}
"""What each DAG does that can be asked for."""

STEPS: dict[str, tuple[str, ...]] = {
    TRAIN: ("ingest", "train", "evaluate", "promote"),
    PROMOTE: ("promote",),
    ROLLBACK: ("rollback",),
}

_STATES: dict[str | None, State] = {
    "success": "success",
    "failed": "failed",
    "running": "running",
    "restarting": "running",
    "skipped": "skipped",
    "upstream_failed": "skipped",
    "removed": "skipped",
}
"""Airflow's states of a task and of a run; all others wait for something."""


@dataclass(frozen=True)
class Run:
    """One run."""

    run_id: str
    action: Action
    state: State
    asked_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True)
class Step:
    """One task of a run, or of the deployment that follows it."""

    name: str
    state: State


@dataclass(frozen=True)
class Progress:
    """How far a run is, and what came of it."""

    run: Run
    steps: list[Step]
    outcome: Outcome | None
    """None until it has succeeded."""
    chunk_id: int | None
    reason: str
    served_version: str | None


class Runs:
    """Asks one Airflow, in threads.

    Every method raises `DependencyUnreachable` when Airflow does not answer.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._airflow = Airflow(settings, ABSENCE_S, TIMEOUT_S)

    def close(self) -> None:
        """Close the connections."""
        self._airflow.close()

    async def start(self, action: Action, parameters: dict[str, str], key: str | None) -> Run:
        """Have Airflow do something; with a `key` that was given before, nothing is started anew.

        Raises:
            Refused: the DAG is paused.
        """
        dag_id = next(dag_id for dag_id, does in DAGS.items() if does == action)
        dag_run_id = f"api__{key}" if key else new_run_id("api")
        return _run(await self._ask(lambda airflow: airflow.trigger(dag_id, dag_run_id, parameters)))

    async def newest(self, limit: int) -> list[Run]:
        """Runs of all actions, whoever asked for them, newest first."""
        # Deployments, which follow the others, are among them.
        found = await self._ask(lambda airflow: airflow.runs(limit=2 * limit))
        return [_run(run) for run in found if run.dag_id in DAGS][:limit]

    async def progress(self, run_id: str) -> Progress:
        """How far a run is.

        Raises:
            NotFound: there is none with this id.
        """
        dag_id, _, dag_run_id = run_id.partition(":")
        if dag_id not in DAGS or not dag_run_id:
            raise NotFound(f"There is no run {run_id!r}.", "See those there are with GET /v1/runs.")
        return await self._ask(lambda airflow: _progress(self._settings, airflow, airflow.run(dag_id, dag_run_id)))

    async def _ask(self, question: Callable[[Airflow], T]) -> T:
        return await asyncio.to_thread(question, self._airflow)


def _run(run: DagRun) -> Run:
    run_id = f"{run.dag_id}:{run.dag_run_id}"
    return Run(run_id, DAGS[run.dag_id], _STATES.get(run.state, "waiting"), run.run_after, run.end_date)


def _progress(settings: Settings, airflow: Airflow, run: DagRun) -> Progress:
    tasks = airflow.tasks(run)
    results = {task.task_id: airflow.result(run, task.task_id) for task in tasks if task.state == SUCCESS}
    ingested, evaluated = results.get("ingest", {}), results.get("evaluate", {})
    outcome = _outcome(run, ingested, tasks)
    progress = Progress(
        run=_run(run),
        steps=_steps(run, tasks),
        outcome=outcome,
        chunk_id=ingested.get("chunk_id"),
        reason=_reason(settings, run, outcome, ingested, evaluated),
        served_version=results.get("rollback", {}).get("version"),
    )
    return progress if run.dag_id == ROLLBACK else _with_deployment(airflow, run, progress)


def _with_deployment(airflow: Airflow, run: DagRun, progress: Progress) -> Progress:
    """A promotion is over when the deployment that it causes is."""
    if progress.outcome != "promoted":
        has_ended = progress.run.state in ("success", "failed")
        deploy = Step("deploy", "skipped" if has_ended else "waiting")
        return replace(progress, steps=[*progress.steps, deploy])
    caused = airflow.caused_run(run, DEPLOY)
    if caused is None:
        whole = replace(progress.run, state="running", ended_at=None)
        return replace(progress, run=whole, steps=[*progress.steps, Step("deploy", "waiting")])
    deploying = _STATES.get(caused.state, "waiting")
    state: State = "running" if deploying == "waiting" else deploying
    served = airflow.result(caused, "deploy").get("version") if state == "success" else None
    return replace(
        progress,
        run=replace(progress.run, state=state, ended_at=caused.end_date),
        steps=[*progress.steps, Step("deploy", deploying)],
        served_version=served,
    )


def _steps(run: DagRun, tasks: Sequence[Task]) -> list[Step]:
    """Every step of the run; a run that was just asked for has no tasks yet."""
    states = {task.task_id: _STATES.get(task.state, "waiting") for task in tasks}
    return [Step(name, states.get(name, "waiting")) for name in STEPS[run.dag_id]]


def _reason(
    settings: Settings, run: DagRun, outcome: Outcome | None, ingested: dict[str, Any], evaluated: dict[str, Any]
) -> str:
    if run.dag_id == TRAIN and outcome == "refused":
        return reason_of(settings, outcome, ingested, evaluated)
    return str(evaluated.get("reason", ""))


def _outcome(run: DagRun, ingested: dict[str, Any], tasks: Sequence[Task]) -> Outcome | None:
    if run.state != SUCCESS:
        return None
    if run.dag_id == TRAIN:
        return outcome_of(ingested, tasks)
    if any(task.state != SUCCESS for task in tasks):  # a rule said no
        return "refused"
    return "promoted" if run.dag_id == PROMOTE else "rolled_back"
