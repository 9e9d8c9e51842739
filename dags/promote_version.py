"""### Put a version into production by hand.

Triggered by hand, by the page or by one call of Airflow's REST API: the version goes into production whatever the gate
said of it. It updates the asset `matinee://models/production`, and that starts `deploy_model`; nothing is trained. The
reason is recorded, and the next run of `train_model` is compared with this version.
"""

from airflow.sdk import Asset, Param
from stage_dag import REASON, START, stage_dag
from stage_task import stage_task

with stage_dag(
    "promote_version",
    "A registered version → in production and served",
    __doc__,
    "serving",
    schedule=None,
    start_date=START,
    params={
        "version": Param(type="string", pattern="^[1-9][0-9]*$", description="The registered version."),
        "reason": REASON,
    },
):
    stage_task(
        "promote",
        {"reason": "{{ params.reason }}"},
        subject="{{ params.version }}",
        outlets=[Asset(name="production", uri="matinee://models/production")],
    )
