"""### End the hold that a rollback began.

Triggered by hand, by the page or by one call of Airflow's REST API. After a rollback production is held; from here on
the next model that the gate finds sound goes into production again. Nothing is moved or trained now.

Skipped when production is not held.
"""

from stage_dag import REASON, START, stage_dag
from stage_task import stage_task

with stage_dag(
    "resume_production",
    "The hold after a rollback → ended",
    __doc__,
    "serving",
    schedule=None,
    start_date=START,
    params={"reason": REASON},
):
    stage_task("resume", {"reason": "{{ params.reason }}"})
