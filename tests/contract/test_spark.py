"""A real Spark cluster on real ratings makes the models and the artifact that one process makes."""

import shutil
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import psutil
import pytest
from numpy.testing import assert_allclose

from matinee import artifact
from matinee.bench.spark import BY_SPARK, beside_one_process, far_apart
from matinee.errors import Damaged, DependencyUnreachable
from matinee.evaluation.evaluate import Contender, evaluate
from matinee.evaluation.split import Split, cases
from matinee.models.als import ALS
from matinee.models.blend import Blend
from matinee.models.ease import EASE
from matinee.models.interactions import Interactions
from matinee.models.next_item import NextItem
from matinee.models.recommender import Fitted, fit
from matinee.ranking import recommend
from matinee.ratings.feedback.store import FeedbackStore
from matinee.ratings.ledger.learning import LearnedChunks
from matinee.stages.stores import Stores
from matinee.stages.train import interactions_of, train_model
from matinee.storage import home_storage
from object_storage import CREDENTIALS, SECRET, request
from spark_cluster import SparkCluster, trained_by

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]  # the first test waits for the session of the cluster

NDCG_WITHIN = 0.02
"""How far the NDCG@10 of two factorizations of some 30,000 ratings may be apart."""
FACTORS = ALS(factors=16, iterations=6)


@pytest.fixture(scope="module")
def stores(real_data: Path, spark_cluster: SparkCluster, tmp_path_factory: pytest.TempPathFactory) -> Stores:
    """A home of three months of ml-100k in three chunks, in which somebody has taken back all and somebody one."""
    settings = trained_by(spark_cluster, tmp_path_factory.mktemp("spark-home"), real_data, bootstrap="45d", chunk="30d")
    stores = Stores.of(settings)
    for run in ("first", "second", "third"):
        stores.ledger.take(run)
    some = stores.ledger.ratings_of(1)
    feedback = FeedbackStore(settings)
    feedback.withdraw(some["user_id"][0])
    feedback.withdraw(some["user_id"][-1], some["movie_id"][-1])
    return stores


@pytest.fixture(scope="module")
def here(stores: Stores) -> Interactions:
    return interactions_of(stores, stores.ledger.scan_through(2), stores.ledger.chunk(2).ends_at)


@pytest.fixture(scope="module")
def chunks(stores: Stores, s3_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LearnedChunks]:
    """The first two chunks in object storage, and nowhere else that executors look."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**CREDENTIALS, "AWS_ENDPOINT_URL": s3_server}.items():
            patch.setenv(name, value)
        assert request(s3_server, "PUT", "/spark") == 200
        settings = stores.settings.model_copy(update={"storage": "s3://spark/home"})
        settings = settings.model_copy(update={"home": tmp_path_factory.mktemp("executors")})
        chunks = stores.ledger.learned_chunks(2)
        for chunk in chunks.chunks:
            with home_storage(settings).write(chunk.path) as draft:
                shutil.copyfile(stores.settings.home / chunk.path, draft.path)
        yield replace(chunks, settings=settings)


@pytest.fixture(scope="module")
def there(here: Interactions, chunks: LearnedChunks, spark_conf: Path, s3_server: str) -> Iterator[Interactions]:
    """The same, computed with by the cluster."""
    from matinee.spark.training import spark_computation  # noqa: PLC0415  where there is no Spark, this is skipped

    credentials = {**CREDENTIALS, "AWS_ENDPOINT_URL": s3_server}
    defaults = spark_conf / "spark-defaults.conf"
    before, text = set(psutil.Process().children(recursive=True)), defaults.read_text()
    defaults.write_text(text + "".join(f"spark.executorEnv.{name} {value}\n" for name, value in credentials.items()))
    with spark_computation(chunks.settings, chunks) as computation:
        defaults.write_text(text)
        yield replace(here, computation=computation)
    assert set(psutil.Process().children(recursive=True)) <= before


def ndcg(stores: Stores, fitted: Fitted, interactions: Interactions) -> float:
    """NDCG@10 on the third chunk."""
    split = Split(stores.ledger.ratings_through(2), stores.ledger.ratings_of(3).filter(~pl.col("late")))
    model = Contender.of(fitted.ranking_model(), interactions.user_ids, interactions.movie_ids)
    return float(evaluate(model, cases(split, 4.0))["ndcg_at_10"].mean() or 0)


def checkpoints_of(there: Interactions) -> set[Path]:
    """Files that Spark has written down on the way."""
    computation: Any = there.computation
    folder = computation.ratings.sparkSession.sparkContext.getCheckpointDir()
    return set(Path(folder.removeprefix("file:")).rglob("part-*"))


def assert_alike(first: Fitted, second: Fitted) -> None:
    assert first.kind == second.kind
    assert first.parameters == second.parameters
    assert first.arrays.keys() == second.arrays.keys()
    for name, array in first.arrays.items():
        assert_allclose(array, second.arrays[name], rtol=1e-3, atol=1e-5, err_msg=name)


@pytest.mark.long
@pytest.mark.usefixtures("own_models")
def test_a_training_logs_what_the_server_loads_ranks_with_and_explains(
    real_data: Path, spark_cluster: SparkCluster, mlflow_url: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The first of this file: the session that the others share takes all cores of the cluster."""
    settings = trained_by(spark_cluster, tmp_path / "home", real_data, bootstrap="30d", mlflow_url=mlflow_url)
    stores = Stores.of(settings)
    stores.ledger.take("first")
    run = stores.registry.training_run(str(train_model(stores, 1)["run_id"]))
    assert "WARN" not in capfd.readouterr().err
    with stores.registry.downloaded(run) as folder:
        loaded = artifact.load(folder)
    for user_index in range(0, loaded.model.n_users, 100):
        ranking = recommend(loaded.model, user_index, k=10, reasons=True)
        assert ranking.policy == "learned"
        assert len(ranking.items) == 10
        assert any(ranking.reasons or [])


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_models_of_a_published_split_are_as_good_as_those_of_one_process(
    real_data: Path, spark_cluster: SparkCluster
) -> None:
    """Also before the others: it has a session of its own."""
    rows = beside_one_process(real_data / "ml-1m-vae", spark_cluster.url)
    assert {row["model"] for row in rows} == {"ease", "als", f"ease{BY_SPARK}", f"als{BY_SPARK}"}
    assert far_apart(rows) == []


@pytest.mark.parametrize("algorithm", [EASE(user_half_life_days=30), NextItem()], ids=["ease", "next_item"])
def test_sums_are_those_of_one_process(algorithm: EASE | NextItem, here: Interactions, there: Interactions) -> None:
    assert_alike(fit(algorithm, there), fit(algorithm, here))


def test_what_came_later_is_not_in_the_sums_of_a_moment(here: Interactions, there: Interactions) -> None:
    moment = int(np.quantile(here.histories.rated_at, 0.8))
    assert_alike(fit(EASE(), there.before(moment)), fit(EASE(), here.before(moment)))


def test_the_default_makes_the_same_choices_and_the_same_model(here: Interactions, there: Interactions) -> None:
    assert_alike(fit(Blend(), there), fit(Blend(), here))


@pytest.mark.long
def test_a_factorization_is_as_good_and_folds_in_by_the_formula(
    stores: Stores, here: Interactions, there: Interactions
) -> None:
    from_there = fit(FACTORS, there)
    assert abs(ndcg(stores, from_there, there) - ndcg(stores, fit(FACTORS, here), here)) < NDCG_WITHIN
    model = from_there.ranking_model()
    for user in range(0, there.n_users, 50):
        expected = model.scorer.user_factor(there.histories.of(user))
        assert_allclose(model.scorer.user_factors[user], 0 if expected is None else expected, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("algorithm", [FACTORS, EASE(), NextItem()], ids=["als", "ease", "next_item"])
def test_other_ratings_than_those_of_this_process_are_no_model(
    algorithm: ALS | EASE | NextItem, here: Interactions, there: Interactions
) -> None:
    newest = int(here.histories.rated_at[here.liked].max())
    with pytest.raises(DependencyUnreachable, match="try again"):
        algorithm.fit(replace(here.before(newest), computation=there.computation))


def test_a_dislike_that_was_taken_back_before_executors_looked_is_no_model(
    chunks: LearnedChunks, here: Interactions, there: Interactions
) -> None:
    from matinee.spark.computation import SparkComputation  # noqa: PLC0415  where there is no Spark, this is skipped

    assert isinstance(there.computation, SparkComputation)
    place = int(np.flatnonzero(~here.liked)[0])
    user = int(np.searchsorted(here.histories.offsets, place, side="right")) - 1
    movie = here.movie_ids[here.histories.items[place]]
    times = pl.DataFrame(
        [(here.user_ids[user], movie, datetime.now(UTC))], chunks.withdrawals.times.schema, orient="row"
    )
    taken_back = replace(chunks.withdrawals, times=chunks.withdrawals.times.vstack(times))
    session = there.computation.ratings.sparkSession
    computation = SparkComputation.of(session, replace(chunks, withdrawals=taken_back))
    with pytest.raises(DependencyUnreachable, match="try again"):
        fit(EASE(), replace(here, computation=computation))


def test_a_damaged_chunk_is_one_line_and_not_learned_from(
    chunks: LearnedChunks, here: Interactions, there: Interactions
) -> None:
    from matinee.spark.computation import SparkComputation  # noqa: PLC0415  as above
    from matinee.spark.failures import one_line  # noqa: PLC0415

    assert isinstance(there.computation, SparkComputation)
    wrong = replace(chunks, chunks=(replace(chunks.chunks[0], sha256="0" * 64), *chunks.chunks[1:]))
    computation = SparkComputation.of(there.computation.ratings.sparkSession, wrong)
    with pytest.raises(Damaged, match="SHA-256") as damaged, one_line(chunks.settings.home / "logs" / "spark.log"):
        fit(EASE(), replace(here, computation=computation))
    assert "\n" not in str(damaged.value)


def test_a_worker_that_dies_in_mid_training_costs_time_and_nothing_else(
    stores: Stores, here: Interactions, there: Interactions, spark_cluster: SparkCluster
) -> None:
    found: list[Fitted] = []
    before = checkpoints_of(there)
    training = threading.Thread(target=lambda: found.append(fit(replace(FACTORS, iterations=12), there)))
    training.start()
    _wait_until_executors_work(there)
    spark_cluster.kill_a_worker()
    assert training.is_alive()
    training.join(240)
    assert ndcg(stores, found[0], there) > ndcg(stores, fit(FACTORS, here), here) - NDCG_WITHIN
    assert checkpoints_of(there) - before


def test_no_file_shows_the_secret_of_the_storage(
    chunks: LearnedChunks, there: Interactions, spark_cluster: SparkCluster
) -> None:
    """The last of this file: what failed before it has been written down too."""
    fit(EASE(), there)
    contents = _contents_below(spark_cluster.folder) | _contents_below(chunks.settings.home)
    written = {path.name for path, content in contents.items() if content}
    assert written >= {"master.log", "worker-1.log", "worker-2.log", "stderr", "spark.log"}
    assert [path for path, content in contents.items() if SECRET.encode() in content] == []


def _contents_below(folder: Path) -> dict[Path, bytes]:
    contents = {}
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError, IsADirectoryError):  # Spark removes what it needs no more
            contents[path] = path.read_bytes()
    return contents


def _wait_until_executors_work(there: Interactions) -> None:
    computation: Any = there.computation
    tracker = computation.ratings.sparkSession.sparkContext._jsc.sc().statusTracker()
    ended = threading.Event()
    while sum(each.numRunningTasks() for each in tracker.getExecutorInfos()) == 0:
        ended.wait(0.1)
