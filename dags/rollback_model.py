"""### Go back to the version that served before.

Triggered by hand, by the page or by one call of Airflow's REST API. It checks that the version loads, moves the alias
`production` and the tags, and has the API server serve it; nothing is trained. The next run of `train_model` replaces
it only with a model that is better than it.

Skipped when no other version has served yet.
"""

from datetime import UTC, datetime

from airflow.sdk import DAG, Param
from stage_task import RETRIES, stage_task

with DAG(
    dag_id="rollback_model",
    description="The version that served before → in production and served again",
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
    stage_task("rollback", {"reason": "{{ params.reason }}"})
