"""### Compare challengers with the champion.

Runs after each day that `train_model` has evaluated. It waits until that day is decided on and served, and then trains
the algorithms of `MATINEE_CHALLENGERS`, scores yesterday's models of them on the day's chunk beside the champion's, and
adds that to the evidence. Days do not wait for it, and whatever fails here is none of theirs.

| task | what it does | skipped when |
| --- | --- | --- |
| `challenge` | trains and scores, each challenger in a process of its own, within `MATINEE_CHALLENGERS_S` | – |
| `promote` | puts a challenger that has shown to be better into production | there is none |
"""

from airflow.sdk import Asset
from stage_dag import stage_dag
from stage_task import stage_task

with stage_dag(
    "train_challengers",
    "Other algorithms → trained, and compared with the one in production",
    __doc__,
    "training",
    schedule=[Asset(name="evaluated", uri="matinee://models/evaluated")],
):
    challenge = stage_task("challenge", gives_way=True)
    promote = stage_task(
        "promote",
        {"run-id": "{{ ti.xcom_pull(task_ids='challenge')['run_id'] or '' }}"},
        outlets=[Asset(name="production", uri="matinee://models/production")],
    )

    challenge >> promote
