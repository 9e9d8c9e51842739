"""Starting: from disk without MLflow, from MLflow without a model on disk, and from nothing at all."""

import json
import shutil
import time

import pytest

from matinee import artifact
from matinee.ratings.ledger.ledger import ChunkLedger
from matinee.ratings.sources.source import prepare
from matinee.serving.model.follower import POINTER_INTERVAL_S
from matinee.settings import Settings


@pytest.fixture
def store_folder(api, mlflow, settings):
    """Folder of served models with versions 1 and 2, of which 2 is deployed; MLflow is down from now on."""
    mlflow.register(2)
    assert api.swap().status_code == 200
    mlflow.broken_status = 503
    return settings.home / "serving"


@pytest.mark.usefixtures("store_folder")
def test_a_restart_serves_the_last_model_without_mlflow(start, mlflow):
    before = mlflow.downloads()
    api = start()
    assert api.recommend("u2")["policy"] == "learned"
    model = api.get("/v1/model").json()
    assert (model["version"], model["run_id"], model["metrics"]) == ("2", "run-2", {"ndcg_at_10": 0.2})
    assert mlflow.downloads() == before


def test_a_restart_after_going_back_serves_what_was_gone_back_to(api, mlflow, start):
    mlflow.register(2)
    api.swap()
    api.swap(1)
    assert start().served_version() == "1"


@pytest.mark.parametrize("name", [artifact.MANIFEST, artifact.ARRAYS, artifact.USERS, "version.json"])
def test_a_damaged_last_model_is_replaced_by_the_one_before(store_folder, start, name):
    (store_folder / "2" / name).write_bytes(b"damaged")
    assert start().served_version() == "1"


def test_a_lost_last_model_is_replaced_by_the_one_before(store_folder, start):
    shutil.rmtree(store_folder / "2")
    assert start().served_version() == "1"


def test_a_kill_before_the_pointer_moved_leaves_the_old_model(api, mlflow, settings, start):
    pointer = settings.home / "serving" / "deployed.json"
    before = pointer.read_bytes()
    mlflow.register(2)
    api.swap()
    start.stop()  # while it runs it looks at the pointer, and moves it to production again
    pointer.write_bytes(before)  # as if the process had died after the rename of the folder
    restarted = start()
    assert restarted.served_version() == "1"
    assert restarted.swap().json()["version"] == "2"


def test_a_kill_while_downloading_leaves_the_old_model_and_is_cleaned_up(store_folder, start):
    draft = store_folder / ".3.draft"
    draft.mkdir()
    (draft / artifact.ARRAYS).write_bytes(b"half")
    assert start().served_version() == "2"
    assert not draft.exists()


def test_a_kill_while_the_pointer_was_written_leaves_the_old_model(store_folder, start):
    (store_folder / ".deployed.json.draft").write_text('{"version": "3"')
    assert start().served_version() == "2"


@pytest.mark.parametrize("content", ["", "{}", "[1, 2]", '{"version": "2"}'])
def test_an_unreadable_pointer_does_not_hide_the_models(store_folder, start, content):
    (store_folder / "deployed.json").write_text(content)
    assert start().served_version() in {"1", "2"}


def test_without_a_model_on_disk_the_one_in_production_is_taken(start, mlflow):
    mlflow.register(1)
    mlflow.register(2)
    api = start()
    api.wait_for(lambda: api.served_version() == "2")


def test_when_all_models_on_disk_are_damaged_the_one_in_production_is_taken(store_folder, start, mlflow):
    for version in "12":
        (store_folder / version / artifact.ARRAYS).write_bytes(b"damaged")
    mlflow.broken_status = None
    api = start()
    api.wait_for(lambda: api.served_version() == "2")


@pytest.fixture
def settings(settings, ratings, movies, tmp_path) -> Settings:
    """With a data set that is not prepared yet."""
    ratings.write_csv(tmp_path / "ratings.csv")
    movies.drop("year").write_parquet(tmp_path / "movies.parquet")
    data = {"data": str(tmp_path / "ratings.csv"), "movies": tmp_path / "movies.parquet", "bootstrap": "15d"}
    return settings.model_copy(update=data)


def test_before_any_data_the_server_lives_but_is_not_ready(start):
    api = start()
    assert api.get("/health/live").status_code == 200
    assert api.get("/health/ready").status_code == 503
    answer = api.recommend("u1")
    assert (answer["policy"], answer["items"]) == ("popular", [])


def test_a_prepared_data_set_is_picked_up_without_a_restart(start, settings):
    api = start()
    prepare(settings)
    api.wait_for(lambda: api.get("/health/ready").status_code == 200)
    answer = api.recommend("u1", k=40)
    assert (answer["policy"], answer["model_version"], len(answer["items"])) == ("popular", None, 40)


def test_the_fallback_is_popularity_in_the_closed_chunks(start, settings):
    ledger = ChunkLedger(settings)
    chunk = ledger.close_next("first")
    api = start()
    liked = ledger.ratings_through(1).filter(rating=5)
    counts = dict(liked.group_by("movie_id").len().iter_rows())
    answer = api.recommend("nobody", k=40)
    scores = {item["movie_id"]: item["score"] for item in answer["items"]}
    assert scores == {f"m{row}": counts.get(f"m{row}", 0) for row in range(40)}
    model = api.get("/v1/model").json()
    assert (model["version"], model["policy"], model["chunk_id"]) == (None, "popular", 1)
    assert model["data_through"].startswith(chunk.ends_at.date().isoformat())


def test_the_fallback_leaves_out_what_was_seen(start, settings):
    ledger = ChunkLedger(settings)
    ledger.close_next("first")
    user_id, seen, *_ = ledger.ratings_of(1).row(0)
    api = start()
    api.rate(user_id, "m0")
    assert {seen, "m0"}.isdisjoint(api.movie_ids(user_id, k=40))


def test_the_fallback_follows_the_chunks(start, settings):
    ledger = ChunkLedger(settings)
    api = start()
    for chunk_id in (1, 2):
        ledger.close_next(f"run-{chunk_id}")
        api.wait_for(lambda expected=chunk_id: api.get("/v1/model").json()["chunk_id"] == expected)


def test_the_first_model_replaces_the_fallback_for_good(start, settings, mlflow):
    ChunkLedger(settings).close_next("first")
    api = start()
    assert api.recommend("u1")["policy"] == "popular"
    mlflow.register(1)
    assert api.swap().json()["previous_version"] is None
    ChunkLedger(settings).close_next("second")
    time.sleep(2 * POINTER_INTERVAL_S)  # the follower would have noticed by now
    assert api.served_version() == "1"


def test_a_broken_data_set_does_not_stop_the_server(start, settings):
    source = prepare(settings)
    source.table("movies").write_bytes(b"damaged")
    api = start()
    assert api.get("/health/live").status_code == 200
    assert api.get("/health/ready").status_code == 503


@pytest.mark.usefixtures("store_folder")
def test_a_database_that_cannot_be_used_is_told_and_does_not_stop_the_server(start, settings):
    for file in settings.home.glob("matinee.db*"):
        file.unlink()
    (settings.home / "matinee.db").mkdir()
    api = start()
    ready = api.get("/health/ready")
    assert (ready.status_code, api.served_version()) == (503, "2")
    assert json.loads(ready.content)["hint"]
