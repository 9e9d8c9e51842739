"""What Airflow tells of DAGs, runs and tasks, and the names that ours have.

Airflow run ids (`dag_run_id` here) have nothing to do with MLflow's.
"""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel

TRAIN, DEPLOY, ROLLBACK, PROMOTE = "train_model", "deploy_model", "rollback_model", "promote_version"
RESUME = "resume_production"
"""The DAGs that people start, and the deployment that follows."""
CHALLENGE = "train_challengers"
"""The DAG that follows each evaluation."""
PRUNE = "prune_home"
"""The DAG of every night."""
STAGES = ("ingest", "train", "evaluate", "promote", "deploy")
"""The tasks of `train_model` and `deploy_model`, in the order in which they run."""

SUCCESS, FAILED, SKIPPED = "success", "failed", "skipped"
ENDED = (SUCCESS, FAILED, SKIPPED, "upstream_failed", "removed")
"""States in which a task or a run stays."""


class Dag(BaseModel):
    """A DAG as Airflow's scheduler knows it."""

    dag_id: str
    is_paused: bool
    next_dagrun_run_after: datetime | None


class DagRun(BaseModel):
    """One run of a DAG."""

    dag_id: str
    dag_run_id: str
    state: str
    run_after: datetime | None = None
    """When it was asked for."""
    start_date: datetime | None = None
    end_date: datetime | None = None
    conf: dict[str, Any] | None = None
    """Its parameters."""


class TaskInstance(BaseModel):
    """One task of a run; `state` is nothing until it is scheduled."""

    task_id: str
    state: str | None
    try_number: int
    start_date: datetime | None = None
    end_date: datetime | None = None


@dataclass(frozen=True)
class DagRunProgress:
    """Where a run stands."""

    run: DagRun
    tasks: tuple[TaskInstance, ...]


def new_run_id(prefix: str) -> str:
    """Airflow run id that nobody has used."""
    return f"{prefix}__{datetime.now(UTC):%Y-%m-%dT%H.%M.%S}_{secrets.token_hex(4)}"
