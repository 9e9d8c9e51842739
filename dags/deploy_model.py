"""### Serve the production model.

Runs whenever the asset `matinee://models/production` was updated, which `train_model` does after a promotion. It asks
the API server to serve the version that the alias `production` names, waits until every worker of the server does, and
fails if one does not; until then the server keeps answering with the model it has.

Trigger it by hand to deploy again after a failure.
"""

from airflow.sdk import Asset
from stage_dag import stage_dag
from stage_task import stage_task

with stage_dag(
    "deploy_model",
    "The production model → served by the API server, without a restart",
    __doc__,
    "serving",
    schedule=[Asset(name="production", uri="matinee://models/production")],
):
    stage_task("deploy")
