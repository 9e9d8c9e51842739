"""The daily loop in pods that share nothing but the storage, the database and the servers.

Airflow runs once for all of them; the tests look at what came of it. The last ones go on with the two API replicas.
"""

import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from fake_kubernetes import Pod
from kubernetes_cluster import TOKEN
from matinee.ratings.ledger.closing import _alone
from object_storage import SECRET

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

DAY = ("ingest", "train", "evaluate", "promote")
RUNS = ("train_model", "deploy_model", "train_challengers", "train_model", "deploy_model", "prune_home")
STRANGER = "somebody new"
KILLED = 137


@pytest.fixture(scope="module")
def database(cluster) -> Iterator[sa.Engine]:
    """The one of the ledger, from a machine of its own."""
    url = sa.make_url(cluster.variables()["MATINEE_DATABASE_URL"]).set(drivername="postgresql+psycopg")
    engine = sa.create_engine(url)
    yield engine
    engine.dispose()


def chunks(database: sa.Engine) -> list[tuple[int, str]]:
    """Every chunk of the ledger and its state."""
    with database.connect() as connection:
        rows = connection.execute(sa.text("SELECT chunk_id, state FROM chunks ORDER BY chunk_id"))
        return [(row.chunk_id, row.state) for row in rows]


@pytest.fixture(scope="module")
def runs(cluster, database) -> list[dict[str, Any]]:
    """Two days and what goes with them; on the second, two pods are deleted and one is evicted."""

    def deleted_on_the_way(pod: Pod) -> None:
        """Its chunk is claimed, and it waits for its turn to write it."""
        with _alone(database):
            deadline = time.monotonic() + 120
            while (2, "claimed") not in chunks(database):
                assert time.monotonic() < deadline, "nothing was claimed"
                assert not pod.has_ended.wait(0.05)
            cluster.kubernetes.delete(pod)
            assert pod.has_ended.wait(60)

    def deleted_when_done(pod: Pod) -> None:
        """Everything is done, and nobody has heard of it."""
        assert pod.has_ended.wait(120)
        cluster.kubernetes.delete(pod)

    def evicted_on_the_way(pod: Pod) -> None:
        assert not pod.has_ended.wait(1.5)
        pod.evict()

    cluster.kubernetes.meet("ingest", None, deleted_on_the_way, deleted_when_done)
    cluster.kubernetes.meet("train", None, evicted_on_the_way)
    return cluster.run(*RUNS)


def said(cluster) -> str:
    """What the pods wrote, for a test that fails."""
    return "\n".join(f"{pod.labels['task_id']}: {pod.text}" for pod in cluster.kubernetes.started)


def exit_codes(cluster, task: str) -> list[int | None]:
    """How the processes of a task's pods have ended."""
    return [pod.exit_code for pod in cluster.kubernetes.started if pod.labels["task_id"] == task]


def test_a_day_goes_from_ingest_to_the_served_version_without_a_shared_disk(cluster, runs):
    day, deployed = runs[:2]
    assert {name: task["state"] for name, task in day["tasks"].items()} == dict.fromkeys(DAY, "success"), said(cluster)
    assert day["tasks"]["ingest"]["result"]["chunk_id"] == 1
    assert day["tasks"]["promote"]["result"]["model_version"] == "1"
    assert deployed["tasks"]["deploy"]["result"]["version"] == "1"
    assert {task["tries"] for task in day["tasks"].values()} == {1}


def test_a_pod_that_is_deleted_while_it_runs_or_when_it_is_done_is_tried_again_into_the_same_chunk(
    cluster, database, runs
):
    assert exit_codes(cluster, "ingest") == [0, KILLED, 0, 0], said(cluster)
    ingest = runs[3]["tasks"]["ingest"]
    assert (ingest["state"], ingest["tries"]) == ("success", 3), said(cluster)
    assert (ingest["result"]["chunk_id"], ingest["result"]["was_taken_before"]) == (2, True)
    assert chunks(database) == [(1, "closed"), (2, "closed")]


def test_a_pod_that_is_evicted_while_it_runs_is_tried_again_into_the_same_chunk(cluster, runs):
    assert exit_codes(cluster, "train") == [0, KILLED, 0], said(cluster)
    train = runs[3]["tasks"]["train"]
    assert (train["state"], train["tries"]) == ("success", 2), said(cluster)
    assert train["result"]["chunk_id"] == 2
    assert runs[3]["tasks"]["evaluate"]["result"]["run_id"] == train["result"]["run_id"]


def test_challengers_and_the_nightly_removal_need_no_shared_disk_either(cluster, runs):
    challenged, pruned = runs[2]["tasks"], runs[5]["tasks"]
    assert challenged["challenge"]["result"]["chunk_id"] == 1, said(cluster)
    assert challenged["promote"]["state"] == "skipped"
    assert pruned["prune"]["state"] == "success"
    assert [each["problem"] for each in pruned["prune"]["result"]["removed"] if each["problem"]] == []


def test_every_pod_ran_alone_and_left_nothing_behind(cluster, runs):
    assert [run["dag_id"] for run in runs] == list(RUNS)
    started = Counter(pod.labels["task_id"] for pod in cluster.kubernetes.started)
    assert (started["ingest"], started["train"]) == (4, 3)
    assert all(len(pod.body["spec"]["containers"]) == 1 for pod in cluster.kubernetes.started)
    assert cluster.kubernetes.pods == {}
    assert list((cluster.folder / "pods").iterdir()) == []


def test_airflow_did_nothing_that_its_role_does_not_name(cluster, runs):
    assert runs
    assert cluster.kubernetes.refused == []
    resources = {resource for _, resource in cluster.kubernetes.requests}
    assert resources <= {"pods", "pods/log", "events"}


def test_results_are_gone_from_the_storage_once_airflow_has_them(cluster, runs):
    assert runs
    with cluster.storage() as storage:
        assert "datasets" in storage.list()
        assert "results" not in storage.list()


def test_both_replicas_serve_what_one_was_told_to(cluster, runs):
    served = runs[4]["tasks"]["deploy"]["result"]["version"]
    for replica in (0, 1):
        cluster.eventually(replica, "/v1/model", "version", served)


def test_a_replica_that_nobody_calls_follows_a_rollback(cluster, runs):
    assert runs
    before = cluster.get(0, "/v1/model")["version"]
    rolled_back = cluster.matinee("rollback", "--reason", "a test")["version"]
    assert rolled_back != before
    for replica in (0, 1):
        cluster.eventually(replica, "/v1/model", "version", rolled_back)


def test_a_rating_that_one_replica_took_counts_on_the_other(cluster, runs):
    assert runs
    assert cluster.get(1, f"/v1/users/{STRANGER}/recommendations")["policy"] == "popular"
    favourites = [each["movie_id"] for each in cluster.get(1, "/v1/movies?limit=3")["items"]]
    cluster.rate(0, STRANGER, favourites)
    other = cluster.get(1, f"/v1/users/{STRANGER}/recommendations?k=40")
    assert other["policy"] == "fold_in"
    assert not {each["movie_id"] for each in other["items"]} & set(favourites)


def test_somebody_who_was_erased_is_gone_from_both(cluster, runs):
    assert runs
    known = "u3"
    cluster.rate(0, STRANGER, [each["movie_id"] for each in cluster.get(0, "/v1/movies?limit=1")["items"]])
    assert cluster.get(1, f"/v1/users/{known}/recommendations")["policy"] == "learned"
    cluster.matinee("erase", STRANGER)
    version = cluster.matinee("erase", known)["version"]
    for replica in (0, 1):
        for user in (known, STRANGER):
            assert cluster.get(replica, f"/v1/users/{user}/recommendations")["policy"] == "popular"
            assert cluster.get(replica, f"/v1/users/{user}/ratings")["ratings"] == []
        # A version that has never learned from them.
        cluster.eventually(replica, "/v1/model", "version", version)


def test_no_log_holds_a_secret(cluster, runs):
    """Those of the pods, of Airflow, MLflow and both replicas, after days, retries, a rollback and erasures."""
    logs = {path.parent.name: path.read_text() for path in cluster.folder.glob("*/log")}
    logs |= {f"{pod.labels['task_id']} {number}": pod.text for number, pod in enumerate(cluster.kubernetes.started)}
    logs["airflow"] = runs[0]["log"]
    written = {name.partition(" ")[0].partition("-")[0] for name, text in logs.items() if text}
    assert {"api", "mlflow", "airflow", *DAY} <= written  # a pod that was evicted may have said nothing
    secrets = {SECRET, TOKEN, sa.make_url(cluster.variables()["MATINEE_DATABASE_URL"]).password} - {None}
    assert [(name, secret) for name, text in logs.items() for secret in secrets if secret in text] == []
