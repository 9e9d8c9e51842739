"""The operator of pods by itself: what its result is called, and what a failure means."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from matinee.storage.names import parts_of

DAGS = Path(__file__).parents[2] / "dags"

ASK = """
import json, sys
sys.path.append(sys.argv[1])
from types import SimpleNamespace
from airflow.sdk.exceptions import AirflowException, AirflowFailException
from kubernetes.client import V1ContainerState, V1ContainerStateTerminated, V1ContainerStatus, V1Pod, V1PodStatus
from stage_pod import _failure, result_name

def named(run_id):
    return result_name({"ti": SimpleNamespace(dag_id="train_model", run_id=run_id, task_id="ingest")})

def failed(code, reason):
    state = V1ContainerState(terminated=V1ContainerStateTerminated(exit_code=code, reason=reason))
    status = V1ContainerStatus(name="base", state=state, image="i", image_id="i", ready=False, restart_count=0)
    return _failure(V1Pod(status=V1PodStatus(container_statuses=[status])), AirflowException("it failed"))

errors = {"dear": failed(5, "Error"), "killed": failed(137, "OOMKilled"), "down": failed(4, "Error")}
errors["gone"] = _failure(None, AirflowException("it failed"))
told = {name: [isinstance(error, AirflowFailException), str(error)] for name, error in errors.items()}
json.dump({"names": [named(each) for each in json.loads(sys.argv[2])], "failures": told}, sys.stdout)
"""

RUN_IDS = [
    "daily",
    "scheduled__2026-01-01T00:00:00+00:00",
    "scheduled__2026-01-01T00-00-00-00-00",
    "../..",
    ".a/b",
    "a/b",
]


@pytest.fixture(scope="module")
def told(tmp_path_factory) -> dict:
    folder = tmp_path_factory.mktemp("airflow")
    environment = os.environ | {"AIRFLOW_HOME": str(folder), "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR"}
    command = [sys.executable, "-c", ASK, str(DAGS), json.dumps(RUN_IDS)]
    done = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, check=True)
    return json.loads(done.stdout[done.stdout.index('{"names"') :])


def test_a_result_is_called_by_its_run_and_task(told):
    assert told["names"][0] == "results/train_model/daily/ingest/result.json"


def test_every_run_has_a_name_of_its_own_that_the_storage_takes(told):
    assert len(set(told["names"])) == len(RUN_IDS)
    assert {len(parts_of(name)) for name in told["names"]} == {5}


def test_only_what_cannot_be_afforded_is_not_tried_again(told):
    finals = {name: is_final for name, (is_final, _) in told["failures"].items()}
    assert finals == {"dear": True, "killed": False, "down": False, "gone": False}


def test_a_pod_that_was_killed_for_memory_says_what_to_set(told):
    said = {name: text for name, (_, text) in told["failures"].items()}
    assert "memory ran out. Set MATINEE_MEMORY" in said["killed"]
    assert said["down"] == said["gone"] == said["dear"] == "it failed"
