"""The daily loop in pods that share nothing but the storage, the database and the servers.

Each test goes on where the one before has stopped.
"""

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

STAGES = ("ingest", "train", "evaluate", "promote")


def said(cluster) -> str:
    """What the pods wrote, for a test that fails."""
    return "\n".join(f"{pod.labels['task_id']}: {pod.text}" for pod in cluster.kubernetes.started)


def test_a_day_goes_from_ingest_to_the_served_version_without_a_shared_disk(cluster):
    day, deployed = cluster.run("train_model", "deploy_model")
    assert {name: task["state"] for name, task in day["tasks"].items()} == dict.fromkeys(STAGES, "success"), said(
        cluster
    )
    assert day["tasks"]["ingest"]["result"]["chunk_id"] == 1
    assert day["tasks"]["promote"]["result"]["model_version"] == "1"
    assert deployed["tasks"]["deploy"]["result"]["version"] == "1"
    assert cluster.get(0, "/v1/model")["version"] == "1"
    assert cluster.kubernetes.refused == []


def test_every_pod_has_left_nothing_behind_and_none_is_left(cluster):
    assert [pod.labels["task_id"] for pod in cluster.kubernetes.started] == [*STAGES, "deploy"]
    assert cluster.kubernetes.pods == {}
    assert list((cluster.folder / "pods").iterdir()) == []
