"""Runs DAGs as Airflow runs them, with the real operators and in one process: `airflow_of_pods.py DAGS DAG_ID …`.

Prints one line of JSON for each: the state of the run, and of each task the state, its tries and what it pushed.
"""

import json
import sys
from datetime import timedelta

from airflow.dag_processing.dagbag import DagBag
from airflow.models.xcom import XComModel
from airflow.utils.db import initdb
from airflow.utils.session import create_session


def run(bag: DagBag, dag_id: str) -> dict:
    """One run, of few tries and without the pauses between them."""
    dag = bag.dags[dag_id]
    for task in dag.tasks:
        task.retries, task.retry_delay = 2, timedelta(seconds=0)
        task.startup_check_interval_seconds = 0.1
    ended = dag.test()
    with create_session() as session:
        found = session.scalars(XComModel.get_many(run_id=ended.run_id, dag_ids=[dag_id], key="return_value"))
        pushed = {each.task_id: XComModel.deserialize_value(each) for each in found}
    tasks = {
        each.task_id: {"state": each.state, "tries": each.try_number, "result": pushed.get(each.task_id)}
        for each in ended.get_task_instances()
    }
    return {"dag_id": dag_id, "run_id": ended.run_id, "state": ended.state, "tasks": tasks}


if __name__ == "__main__":
    initdb()
    sys.path.append(sys.argv[1])  # as Airflow does
    dags = DagBag(dag_folder=sys.argv[1])
    assert not dags.import_errors, dags.import_errors
    for name in sys.argv[2:]:
        print("RESULT", json.dumps(run(dags, name), default=str), flush=True)
