"""Runs of the daily loop: started on request, and how far they are. Airflow does them; this asks it."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, TypeVar

from matinee.clients.airflow import Airflow
from matinee.clients.airflow.outcomes import outcome_of, reason_of
from matinee.clients.airflow.records import (
    DEPLOY,
    PROMOTE,
    RESUME,
    ROLLBACK,
    SUCCESS,
    TRAIN,
    DagRun,
    TaskInstance,
    new_run_id,
)
from matinee.clients.schemas.runs import Run, RunAction, RunOutcome, RunProgress, RunState, Step
from matinee.errors import NotFound, Refused
from matinee.settings import Settings

T = TypeVar("T")

ABSENCE_S, TIMEOUT_S = 1.0, 10.0
"""How long Airflow may be away, and silent, before whoever asks is told."""

DAGS: dict[str, RunAction] = {TRAIN: "advance", PROMOTE: "promote", ROLLBACK: "roll_back", RESUME: "resume"}
"""What each DAG does that can be asked for."""

AIRFLOW_PAGE = 100
"""Runs that Airflow gives at most at once."""

STEPS: dict[str, tuple[str, ...]] = {
    TRAIN: ("ingest", "train", "evaluate", "promote"),
    PROMOTE: ("promote",),
    ROLLBACK: ("rollback",),
    RESUME: ("resume",),
}

_STATES: dict[str | None, RunState] = {
    "success": "success",
    "failed": "failed",
    "running": "running",
    "restarting": "running",
    "skipped": "skipped",
    "upstream_failed": "skipped",
    "removed": "skipped",
}
"""Airflow's states of a task and of a run; all others wait for something."""


class PipelineRuns:
    """Asks one Airflow, in threads.

    Every method raises `DependencyUnreachable` when Airflow does not answer.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._airflow = Airflow(settings, ABSENCE_S, TIMEOUT_S)

    def close(self) -> None:
        """Close the connections."""
        self._airflow.close()

    async def start(self, action: RunAction, parameters: dict[str, str], key: str | None) -> Run:
        """Have Airflow do something; with a `key` that was given before, nothing is started anew.

        Raises:
            Refused: the DAG is paused, or the key was given for something else.
        """
        dag_id = next(dag_id for dag_id, does in DAGS.items() if does == action)
        if key is None:
            return await self._started(dag_id, new_run_id("api"), parameters)
        await self._ask(lambda airflow: _require_unused(airflow, f"api__{key}", dag_id))
        return await self._started(dag_id, f"api__{key}", parameters)

    async def _started(self, dag_id: str, dag_run_id: str, parameters: dict[str, str]) -> Run:
        return Run(**_told(await self._ask(lambda airflow: airflow.trigger(dag_id, dag_run_id, parameters))))

    async def newest(self, limit: int) -> tuple[Run, ...]:
        """Runs of all actions, whoever asked for them, newest first."""
        # Deployments, challengers and what is pruned are among them, and there are more of those.
        found = await self._ask(lambda airflow: airflow.runs(limit=min(AIRFLOW_PAGE, 20 + 5 * limit)))
        return tuple(Run(**_told(run)) for run in found if run.dag_id in DAGS)[:limit]

    async def progress(self, run_id: str) -> RunProgress:
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


def _require_unused(airflow: Airflow, dag_run_id: str, dag_id: str) -> None:
    """Refuse a run whose id one of another DAG has: its key was given to ask for something else."""
    for other in DAGS.keys() - {dag_id}:
        with suppress(NotFound):
            airflow.run(other, dag_run_id)
            raise Refused(f"The key was used to ask for {DAGS[other]!r}.", "Use a new key.")


def _told(run: DagRun) -> dict[str, Any]:
    """What is told of every run."""
    return {
        "run_id": f"{run.dag_id}:{run.dag_run_id}",
        "action": DAGS[run.dag_id],
        "state": _STATES.get(run.state, "waiting"),
        "asked_at": run.run_after,
        "ended_at": run.end_date,
    }


def _progress(settings: Settings, airflow: Airflow, run: DagRun) -> RunProgress:
    tasks = airflow.tasks(run)
    results = {task.task_id: airflow.result(run, task.task_id) for task in tasks if task.state == SUCCESS}
    ingested, evaluated = results.get("ingest", {}), results.get("evaluate", {})
    outcome = _outcome(run, ingested, tasks)
    progress = RunProgress(
        **_told(run),
        steps=_steps(run, tasks),
        outcome=outcome,
        chunk_id=ingested.get("chunk_id"),
        reason=reason_of(settings, outcome if run.dag_id == TRAIN else None, ingested, evaluated),
        served_version=results.get("rollback", {}).get("version"),
    )
    return progress if run.dag_id in (ROLLBACK, RESUME) else _with_deployment(airflow, run, progress)


def _with_deployment(airflow: Airflow, run: DagRun, progress: RunProgress) -> RunProgress:
    """A promotion is over when the deployment that it causes is."""
    if progress.outcome != "promoted":
        return _and_deploy(progress, "skipped" if progress.has_ended else "waiting")
    caused = airflow.caused_run(run, DEPLOY)
    if caused is None:
        return _and_deploy(progress, "waiting", state="running", ended_at=None)
    deploying = _STATES.get(caused.state, "waiting")
    state: RunState = "running" if deploying == "waiting" else deploying
    served = airflow.result(caused, "deploy").get("version") if state == "success" else None
    return _and_deploy(progress, deploying, state=state, ended_at=caused.end_date, served_version=served)


def _and_deploy(progress: RunProgress, deploying: RunState, **changed: object) -> RunProgress:
    steps = (*progress.steps, Step(name="deploy", state=deploying))
    return progress.model_copy(update={"steps": steps, **changed})


def _steps(run: DagRun, tasks: Sequence[TaskInstance]) -> tuple[Step, ...]:
    """Every step of the run; a run that was just asked for has no tasks yet."""
    states = {task.task_id: _STATES.get(task.state, "waiting") for task in tasks}
    return tuple(Step(name=name, state=states.get(name, "waiting")) for name in STEPS[run.dag_id])


def _outcome(run: DagRun, ingested: dict[str, Any], tasks: Sequence[TaskInstance]) -> RunOutcome | None:
    if run.state != SUCCESS:
        return None
    if run.dag_id == TRAIN:
        return outcome_of(ingested, tasks)
    if any(task.state != SUCCESS for task in tasks):  # a rule said no
        return "refused"
    outcomes: dict[str, RunOutcome] = {PROMOTE: "promoted", ROLLBACK: "rolled_back", RESUME: "resumed"}
    return outcomes[run.dag_id]
