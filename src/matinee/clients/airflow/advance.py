"""Advance the daily loop by one chunk, and wait for what comes of it."""

import time
from dataclasses import dataclass

from matinee.clients.airflow.client import ABSENCE_S, HEALING_S, Airflow, OnProgress
from matinee.clients.airflow.outcomes import outcome_of, reason_of
from matinee.clients.airflow.records import DEPLOY, TRAIN, new_run_id
from matinee.clients.schemas.runs import RunOutcome
from matinee.settings import Settings


@dataclass(frozen=True)
class NextResult:
    """What came of one run of the daily loop."""

    dag_run_id: str
    outcome: RunOutcome
    chunk_id: int | None
    reason: str
    """Of the gate, or of the data watch when it refused the chunk, in words."""
    served_version: str | None
    """Version that the API server serves since this run; nothing when it promoted none."""
    duration_s: float
    """From the trigger until that version was served, or until the run ended."""


def advance(
    settings: Settings, on_progress: OnProgress, absence_s: float = ABSENCE_S, healing_s: float = HEALING_S
) -> NextResult:
    """Run the daily loop once: trigger `train_model`, follow it, and the `deploy_model` that it causes.

    Args:
        settings: where Airflow is.
        on_progress: hears of each change.
        absence_s: how long Airflow may be away before there is a run.
        healing_s: the same once the run lives; it has failed only when Airflow says so.

    Raises:
        MatineeError: a task failed; the message carries its last lines.
        DependencyUnreachable: Airflow, or its scheduler, does not answer.
        Refused: a DAG is paused.
    """
    started = time.monotonic()
    with Airflow(settings, absence_s) as airflow:
        triggered = airflow.trigger(TRAIN, new_run_id("next"))
        airflow.wait_for_healing(healing_s)
        run = airflow.follow(triggered, on_progress)
        ingested, evaluated = airflow.result(run, "ingest"), airflow.result(run, "evaluate")
        served, outcome = None, outcome_of(ingested, airflow.tasks(run))
        if outcome == "promoted":
            deployed = airflow.follow_caused(run, DEPLOY, on_progress)
            served = str(airflow.result(deployed, "deploy")["version"])
    return NextResult(
        dag_run_id=run.dag_run_id,
        outcome=outcome,
        chunk_id=ingested.get("chunk_id"),
        reason=reason_of(settings, outcome, ingested, evaluated),
        served_version=served,
        duration_s=time.monotonic() - started,
    )
