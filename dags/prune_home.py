"""### Remove what retention ends.

Every night: artifacts of old versions, impressions, idempotency keys, Airflow's own records and the logs of its tasks,
each after the time that its setting names. Metrics, decisions, the history and the chunks are kept.

It is a DAG of its own, so that no day waits for it; what it could not remove it removes the next night.
"""

from airflow.sdk import DAG
from stage_task import RETRIES, stage_task

with DAG(
    dag_id="prune_home",
    description="Old artifacts, impressions, keys, records and logs → removed",
    doc_md=__doc__,
    # Without a start date: the first run is the next night's, and not while the first model is made.
    schedule="30 4 * * *",
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=False,
    default_args=RETRIES,
    tags=["matinee", "retention"],
):
    stage_task("prune")
