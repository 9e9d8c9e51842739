"""### Put a version into production by hand.

Triggered by hand, by the page or by one call of Airflow's REST API: the version goes into production whatever the gate
said of it. It updates the asset `matinee://models/production`, and that starts `deploy_model`; nothing is trained. The
reason is recorded, and the next run of `train_model` is compared with this version.
"""

from datetime import UTC, datetime

from airflow.sdk import DAG, Asset, Param
from stage_task import RETRIES, stage_task

with DAG(
    dag_id="promote_version",
    description="A registered version → in production and served",
    doc_md=__doc__,
    schedule=None,
    start_date=datetime(2025, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=False,
    default_args=RETRIES,
    params={
        "version": Param(type="string", pattern="^[1-9][0-9]*$", description="The registered version."),
        "reason": Param("asked for in Airflow", type="string", minLength=1, description="Why; it is recorded."),
    },
    tags=["matinee", "serving"],
):
    stage_task(
        "promote",
        {"reason": "{{ params.reason }}"},
        subject="{{ params.version }}",
        outlets=[Asset(name="production", uri="matinee://models/production")],
    )
