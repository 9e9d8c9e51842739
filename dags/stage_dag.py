"""What all DAGs of matinee have in common."""

from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import DAG, Param

RETRIES = {"retries": 8, "retry_delay": timedelta(seconds=10)}
"""Of every task: for longer than whatever it needs (MLflow, the API server, the database) takes to be restarted, which
was 30 s in the median and up to 101 s under a hail of kills."""

START = datetime(2025, 1, 1, tzinfo=UTC)
"""In the past and without catch-up: the last run that is due starts as soon as Airflow sees the file."""

REASON = Param("asked for in Airflow", type="string", minLength=1, description="Why; it is recorded.")
"""Of a DAG that moves production by hand."""


def stage_dag(dag_id: str, description: str, doc: str | None, tag: str, **options: Any) -> DAG:  # noqa: ANN401 (a DAG takes arguments of many types)
    """A DAG of which one run goes on at a time, unpaused from the start; matinee makes up for missed days itself.

    Args:
        dag_id: its name.
        description: input → result.
        doc: the docstring of its file, shown in Airflow.
        tag: what it is about, beside `matinee`.
        **options: further arguments of the DAG, such as `schedule`, which is None for one that is started by hand.
    """
    return DAG(
        dag_id,
        description=description,
        doc_md=doc,
        tags=["matinee", tag],
        catchup=False,
        max_active_runs=1,
        is_paused_upon_creation=False,
        default_args=RETRIES,
        **options,
    )
