"""Days on a cluster: S3, PostgreSQL, MLflow, Spark and two API replicas, whose processes share no folder.

    python bench/cluster.py                                   a small data set that it makes up
    python bench/cluster.py --data ../shared/data/ml-100k     a folder with `u.data` and `u.item`

What is real: PostgreSQL, MLflow, a Spark master with two workers, Airflow's operators, the API servers. What stands in:
a server process of `moto` for S3, and for Kubernetes a fake that runs each task's pod as a process in an empty folder
(`tests/kubernetes_cluster.py`). Trains with Spark. In the first training a Spark worker is killed, while people ask in
the second day one API replica; both are started again as their Deployment would do it. Then somebody rates on one
replica, and production is rolled back. Prints what happens, and one JSON object at the end; needs what `make test`
needs, and Java.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import httpx

sys.path.append(str(Path(__file__).parents[1] / "tests"))

from databases import postgres_server
from fake_kubernetes import Pod
from kubernetes_cluster import Cluster, Replica, put_small_ratings, running_cluster, wait_for
from matinee.bench.ending import end_what_was_started
from matinee.storage import Storage
from object_storage import CREDENTIALS, s3_process
from spark_cluster import SparkCluster, running_spark, spark_environment

DAYS = 3
DAY = ("train_model", "deploy_model")
STAGES = ("ingest", "train", "evaluate", "promote")
WORKING_S = 8.0
"""After Spark has given its executors, how long they work before one of them is killed."""
BETWEEN_S = 0.05
PATIENCE_S = 1500.0
STRANGER = "somebody new"

began = time.monotonic()


def say(text: str) -> None:
    """One line, with the seconds since the beginning."""
    print(f"{time.monotonic() - began:7.1f} s  {text}", flush=True)


def main() -> int:
    """Run it once and clean up; returns the exit code, 1 when an answer of the living replica failed."""
    end_what_was_started()
    parser = argparse.ArgumentParser(description="Days on S3, PostgreSQL, Spark and two API replicas.")
    parser.add_argument("--data", type=Path, help="folder with u.data and u.item; default is a small one, made up")
    data = parser.parse_args().data
    folder = Path(tempfile.mkdtemp(prefix="matinee-cluster-"))
    try:
        with _everything(folder, partial(_put, data) if data else put_small_ratings) as (cluster, spark):
            figures = _days(cluster, spark)
            figures |= _after(cluster)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps(figures))
    return int(figures["replica_killed"]["failed_on_the_other"] > 0)


@contextmanager
def _everything(folder: Path, put_ratings: Callable[[Storage], None]) -> Iterator[tuple[Cluster, SparkCluster]]:
    with ExitStack() as stack:
        postgres = stack.enter_context(postgres_server(folder / "postgres"))
        s3 = stack.enter_context(s3_process())
        say("PostgreSQL and S3 are up")
        of_spark = spark_environment(folder / "spark-conf", {**CREDENTIALS, "AWS_ENDPOINT_URL": s3})
        os.environ.update(of_spark)
        spark = stack.enter_context(running_spark(folder / "spark"))
        say("Spark is up: a master, two workers of one core and 1 GB")
        settings = {"MATINEE_TRAINER": "spark", "MATINEE_SPARK_MASTER": spark.url, **of_spark}
        cluster = stack.enter_context(running_cluster(folder / "cluster", postgres, s3, put_ratings, settings))
        say("MLflow and two API replicas are up, with nothing learned yet")
        yield cluster, spark


def _put(data: Path, storage: Storage) -> None:
    with storage.write_folder("datasets/ml-100k/raw") as draft:
        for each in data.glob("u.*"):
            shutil.copyfile(each, draft.path / each.name)


def _days(cluster: Cluster, spark: SparkCluster) -> dict[str, Any]:
    worker, people = LostWorker(spark), People(cluster)
    cluster.kubernetes.meet("train", worker.kill)
    days = [_day(cluster, 1)]
    cluster.kubernetes.meet("train", people.meet_a_lost_replica)
    days += [_day(cluster, number) for number in range(2, DAYS + 1)]
    assert "training_ended_s" in worker.told, "no Spark worker was killed and replaced"
    assert "serves_again_s" in people.told, "no API replica was killed and replaced"
    return {"days": days, "spark_worker_killed": worker.told, "replica_killed": people.told}


def _day(cluster: Cluster, number: int) -> dict[str, Any]:
    """One `next`: what came of it, and what both replicas serve then."""
    say(f"day {number}: train_model and deploy_model")
    began_s, n_before = time.monotonic(), len(cluster.kubernetes.started)
    runs = cluster.run(*DAY)
    took_s = round(time.monotonic() - began_s, 1)
    tasks = runs[0]["tasks"] | runs[1]["tasks"]
    states = {name: task["state"] for name, task in tasks.items()}
    assert set(states.values()) == {"success"}, f"{states}\n{_said(cluster, n_before)}"
    version = tasks["deploy"]["result"]["version"]
    follows_s = max(cluster.eventually(replica, "/v1/model", "version", version) for replica in (0, 1))
    say(f"day {number}: version {version} is served by both replicas, after {took_s} s")
    tries = {name: task["tries"] for name, task in tasks.items()}
    return {"s": took_s, "served": _served(cluster), "other_replica_follows_s": round(follows_s, 1), "tries": tries}


def _said(cluster: Cluster, since: int) -> str:
    return "\n".join(f"{pod.labels['task_id']}: {pod.text[-3000:]}" for pod in cluster.kubernetes.started[since:])


def _served(cluster: Cluster) -> list[str]:
    return [cluster.get(replica, "/v1/model")["version"] for replica in (0, 1)]


@dataclass
class LostWorker:
    """A Spark worker that dies in the middle of a training, and the one that comes in its place."""

    spark: SparkCluster
    told: dict[str, Any] = field(default_factory=dict)

    def kill(self, pod: Pod) -> None:
        """Wait until executors work for a pod, and end one with its worker."""
        while self.spark.n_executors() < 2:
            assert not pod.has_ended.wait(0.2), pod.text
        assert not pod.has_ended.wait(WORKING_S), "the training was over before a worker could be killed"
        self.spark.kill_a_worker()
        killed_s = time.monotonic()
        say("a Spark worker and its executor are killed, in mid-training")
        self.spark.start_worker()
        self.spark.wait_for_workers(2, PATIENCE_S)
        self.told["replaced_s"] = round(time.monotonic() - killed_s, 1)
        say(f"another worker is there after {self.told['replaced_s']} s")
        assert pod.has_ended.wait(PATIENCE_S), "the training does not end"
        self.told["training_ended_s"] = round(time.monotonic() - killed_s, 1)
        say(f"the training went on and ended {self.told['training_ended_s']} s after the kill")


@dataclass
class People:
    """Those who ask the replica that lives while the other one is lost."""

    cluster: Cluster
    told: dict[str, Any] = field(default_factory=dict)

    def meet_a_lost_replica(self, pod: Pod) -> None:
        """Kill the second replica while a pod trains, and have one with an empty folder take its place."""
        lost, version = self.cluster.servers[1], self.cluster.get(1, "/v1/model")["version"]
        ended = threading.Event()
        asking = threading.Thread(target=self._ask, args=(ended,))
        asking.start()
        try:
            lost.kill()
            killed_s = time.monotonic()
            say("the second API replica is killed")
            lost.start()
            self._wait_for_model(lost, version)
            self.told["serves_again_s"] = round(time.monotonic() - killed_s, 1)
            say(f"one with an empty folder serves version {version} after {self.told['serves_again_s']} s")
        finally:
            ended.set()
            asking.join()
        say(f"meanwhile the other gave {self.told['answers_of_the_other']} answers")
        pod.has_ended.wait(PATIENCE_S)

    def _wait_for_model(self, replica: Replica, version: str) -> None:
        wait_for(f"{replica.url}/health/ready")
        self.cluster.eventually(1, "/v1/model", "version", version)

    def _ask(self, ended: threading.Event) -> None:
        good = failed = 0
        with httpx.Client(base_url=self.cluster.replicas[0], timeout=30, trust_env=False) as client:
            while not ended.wait(BETWEEN_S):
                try:
                    is_good = client.get(f"/v1/users/{good % 900 + 1}/recommendations").is_success
                except httpx.TransportError:
                    is_good = False
                good, failed = good + is_good, failed + (not is_good)
        self.told |= {"answers_of_the_other": good, "failed_on_the_other": failed}


def _after(cluster: Cluster) -> dict[str, Any]:
    """A rating on one replica that the other one knows, and a rollback that both follow."""
    favourites = [each["movie_id"] for each in cluster.get(1, "/v1/movies?limit=3")["items"]]
    cluster.rate(0, STRANGER, favourites)
    counted_s = cluster.eventually(1, f"/v1/users/{STRANGER}/recommendations", "policy", "fold_in")
    say(f"what somebody rated on the first replica counts on the second, {counted_s:.2f} s later")
    began_s = time.monotonic()
    version = cluster.matinee("rollback", "--reason", "shown by bench/cluster.py")["version"]
    for replica in (0, 1):
        cluster.eventually(replica, "/v1/model", "version", version)
    rolled_back_s = round(time.monotonic() - began_s, 1)
    say(f"rolled back: version {version} is served by both replicas after {rolled_back_s} s")
    rollback = {"s": rolled_back_s, "served": _served(cluster)}
    return {"rating_counts_on_the_other_s": round(counted_s, 2), "rollback": rollback}


if __name__ == "__main__":
    sys.exit(main())
