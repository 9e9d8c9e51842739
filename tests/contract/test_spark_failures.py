"""A real Spark cluster that cannot go on: one line in good time, or a training that ends; nothing stays."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from matinee.errors import CannotAfford, DependencyUnreachable
from matinee.models.als import ALS
from matinee.models.ease import EASE
from matinee.models.interactions import Interactions
from matinee.models.recommender import Fitted, fit
from matinee.stages.stores import Stores
from matinee.stages.train import interactions_of
from spark_cluster import SparkCluster, running_spark, trained_by

pytestmark = [pytest.mark.slow, pytest.mark.long, pytest.mark.timeout(600)]

LONG = ALS(factors=16, iterations=40)
PATIENCE_S = 10.0


@pytest.fixture(scope="module")
def cluster(spark_conf: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkCluster]:  # noqa: ARG001  it sets the environment
    with running_spark(tmp_path_factory.mktemp("spark")) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def stores(real_data: Path, cluster: SparkCluster, tmp_path_factory: pytest.TempPathFactory) -> Stores:
    stores = Stores.of(trained_by(cluster, tmp_path_factory.mktemp("home"), real_data, bootstrap="30d"))
    stores.ledger.take("first")
    return stores


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("matinee.spark.session.PATIENCE_S", PATIENCE_S)


@pytest.fixture(autouse=True)
def nothing_stays(stores: Stores) -> Iterator[None]:
    """No process and no checkpoint of a session that failed; the workers' executors are their own children."""
    before = _children()
    yield
    deadline = time.monotonic() + 30
    while left := [each for each in _children() - before if "SparkSubmit" in " ".join(_command(each))]:
        assert time.monotonic() < deadline, left
        time.sleep(0.2)
    assert list((stores.settings.home / "spark").iterdir()) == []


@contextmanager
def learning(stores: Stores) -> Iterator[Interactions]:
    from matinee.spark.training import spark_computation  # noqa: PLC0415  where there is no Spark, this is skipped

    chunks = stores.ledger.learned_chunks(1)
    here = interactions_of(stores, stores.ledger.scan_through(1), stores.ledger.chunk(1).ends_at)
    with spark_computation(stores.settings, chunks) as computation:
        yield replace(here, computation=computation)


def configured(monkeypatch: pytest.MonkeyPatch, spark_conf: Path, folder: Path, lines: str) -> None:
    """Have the next session read these lines too."""
    (folder / "spark-defaults.conf").write_text((spark_conf / "spark-defaults.conf").read_text() + lines)
    monkeypatch.setenv("SPARK_CONF_DIR", str(folder))


def test_executors_for_which_no_worker_has_the_memory_are_one_line(
    stores: Stores, spark_conf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configured(monkeypatch, spark_conf, tmp_path, "spark.executor.memory 2g\n")  # the workers have 1 GB
    began = time.monotonic()
    with pytest.raises(DependencyUnreachable, match=r"gave no executor.*spark\.executor\.memory") as error:
        _fitted(stores, EASE())
    assert time.monotonic() - began < PATIENCE_S + 60
    assert "\n" not in str(error.value)


def test_executors_that_run_out_of_memory_are_one_line_and_not_tried_again(
    stores: Stores, spark_conf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configured(monkeypatch, spark_conf, tmp_path, "spark.executor.pyspark.memory 200m\nspark.task.maxFailures 2\n")
    with pytest.raises(CannotAfford, match="ran out of memory") as error:
        _fitted(stores, EASE())
    assert "\n" not in str(error.value)


def test_all_workers_gone_in_mid_training_is_one_line(stores: Stores, cluster: SparkCluster) -> None:
    def lose_all() -> None:
        for _ in range(2):
            cluster.kill_a_worker()

    with pytest.raises(DependencyUnreachable) as error:
        _fitted(stores, LONG, lose_all)
    assert "\n" not in str(error.value)
    for _ in range(2):
        cluster.start_worker()
    cluster.wait_for_workers(2)


def test_a_master_that_dies_in_mid_training_costs_nothing(stores: Stores, cluster: SparkCluster) -> None:
    """The executors are there, and go on; the last test of this file, which has no master any more."""
    assert _fitted(stores, LONG, cluster.master.kill).arrays["item_factors"].shape[1] == LONG.factors
    with pytest.raises(DependencyUnreachable, match="does not answer") as error:
        _fitted(stores, EASE())
    assert "\n" not in str(error.value)


def _fitted(stores: Stores, algorithm: EASE | ALS, strike: Callable[[], None] | None = None) -> Fitted:
    """What Spark fits; `strike` is called as soon as executors work on it."""
    with learning(stores) as there:
        if strike is None:
            return fit(algorithm, there)
        striking = threading.Thread(target=_strike, args=(there.computation, strike))
        striking.start()
        try:
            return fit(algorithm, there)
        finally:
            striking.join()


def _strike(computation: Any, strike: Callable[[], None]) -> None:
    tracker = computation.ratings.sparkSession.sparkContext._jsc.sc().statusTracker()
    while sum(each.numRunningTasks() for each in tracker.getExecutorInfos()) == 0:
        time.sleep(0.1)
    strike()


def _children() -> set[psutil.Process]:
    return set(psutil.Process().children(recursive=True))


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []
