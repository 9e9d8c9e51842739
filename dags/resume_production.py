"""### End the hold that a rollback began.

Triggered by hand, by the page or by one call of Airflow's REST API. After a rollback production is held; from here on
the next model that the gate finds sound goes into production again. Nothing is moved or trained now.

Skipped when production is not held.
"""

from datetime import UTC, datetime

from airflow.sdk import DAG, Param
from stage_task import RETRIES, stage_task

with DAG(
    dag_id="resume_production",
    description="The hold after a rollback → ended",
    doc_md=__doc__,
    schedule=None,
    start_date=datetime(2025, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=False,
    default_args=RETRIES,
    params={"reason": Param("asked for in Airflow", type="string", minLength=1, description="Why; it is recorded.")},
    tags=["matinee", "serving"],
):
    stage_task("resume", {"reason": "{{ params.reason }}"})
