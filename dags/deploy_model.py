"""### Serve the production model.

Runs whenever the asset `matinee://models/production` was updated, which `train_model` does after a promotion. It asks
the API server to serve the version that the alias `production` names, waits until every worker of the server does, and
fails if one does not; until then the server keeps answering with the model it has.

Trigger it by hand to deploy again after a failure.
"""

from airflow.sdk import DAG, Asset
from stage_task import RETRIES, stage_task

with DAG(
    dag_id="deploy_model",
    description="The production model → served by the API server, without a restart",
    doc_md=__doc__,
    schedule=[Asset(name="production", uri="matinee://models/production")],
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=False,
    default_args=RETRIES,
    tags=["matinee", "serving"],
):
    stage_task("deploy")
