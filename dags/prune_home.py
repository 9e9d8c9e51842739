"""### Remove what retention ends.

Every night: artifacts of old versions, impressions, idempotency keys, Airflow's own records and the logs of its tasks,
each after the time that its setting names. Metrics, decisions, the history and the chunks are kept.

It is a DAG of its own, so that no day waits for it; what it could not remove it removes the next night.
"""

from stage_dag import stage_dag
from stage_task import stage_task

with stage_dag(
    "prune_home",
    "Old artifacts, impressions, keys, records and logs → removed",
    __doc__,
    "retention",
    # Without a start date: the first run is the next night's, and not while the first model is made.
    schedule="30 4 * * *",
):
    stage_task("prune")
