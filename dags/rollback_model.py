"""### Go back to the version that served before.

Triggered by hand, by the page or by one call of Airflow's REST API. It checks that the version loads, moves the alias
`production` and the tags, and has the API server serve it; nothing is trained. The next run of `train_model` replaces
it only with a model that is better than it.

Skipped when no other version has served yet.
"""

from stage_dag import REASON, START, stage_dag
from stage_task import stage_task

with stage_dag(
    "rollback_model",
    "The version that served before → in production and served again",
    __doc__,
    "serving",
    schedule=None,
    start_date=START,
    params={"reason": REASON},
):
    stage_task("rollback", {"reason": "{{ params.reason }}"})
