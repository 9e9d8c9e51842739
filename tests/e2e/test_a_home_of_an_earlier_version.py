"""A home that 0.1 made comes up, serves the same, goes on and rolls back; no setting of it stops anything.

The tests are one story on one home, in this order. What a later version migrates is added where it belongs: a table or
file to the first part (as it was), a new ability to the second (it goes on).
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime

import polars as pl
import pytest

from matinee.ratings.migrations import newest
from old_home import OldHome, running

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Iterator[OldHome]:
    with running(tmp_path_factory.mktemp("old home")) as old:
        yield old


# It is as it was


def test_the_same_version_is_served(home):
    served = home.get("/v1/model")
    told = {name: value for name, value in home.expected["served"].items() if name not in ("loaded_at", "metrics")}
    assert {name: served[name] for name in told} == told


def test_everybody_gets_the_same_list(home):
    for user, old in home.expected["lists"].items():
        new = home.get(f"/v1/users/{user}/recommendations?k=10")
        assert (new["policy"], new["model_version"]) == (old["policy"], old["model_version"]), user
        assert [item["movie_id"] for item in new["items"]] == [item["movie_id"] for item in old["items"]], user
        scores = [item["score"] for item in old["items"]]
        assert [item["score"] for item in new["items"]] == pytest.approx(scores, abs=1e-3), user


def test_everybody_s_ratings_are_there(home):
    for user, old in home.expected["ratings_of"].items():
        assert home.get(f"/v1/users/{user}/ratings")["ratings"] == old


def test_versions_and_history_are_complete(home):
    told = home.matinee("versions")
    assert told["history"] == home.expected["history"]
    for old, new in zip(home.expected["versions"], told["versions"], strict=True):
        names = old.keys() - {"metrics"}
        assert {name: new[name] for name in names} == {name: old[name] for name in names}
        assert new["metrics"].items() >= old["metrics"].items()


def test_the_database_is_at_the_newest_migration(home):
    with closing(sqlite3.connect(home.settings.home / "matinee.db")) as connection:
        ((revision,),) = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    assert revision == newest()


# It goes on


@pytest.fixture(scope="module")
def next_day(home) -> tuple[dict, str]:
    """The next chunk as `ingest` told it, and the version that became of it."""
    chunk = home.matinee("ingest", "--run-id", "the next week")
    run_id = home.matinee("train", "--chunk-id", str(chunk["chunk_id"]))["run_id"]
    assert home.matinee("evaluate", "--run-id", run_id)["verdict"] == "promote"
    version = home.matinee("promote", "--run-id", run_id)["model_version"]
    home.matinee("deploy")
    return chunk, version


def test_the_next_chunk_is_taken_with_the_ratings_that_waited(home, next_day):
    chunk, _ = next_day
    assert (chunk["chunk_id"], chunk["n_live"]) == (home.expected["next_chunk_id"], home.expected["n_waiting_ratings"])


def test_the_next_version_is_promoted_and_served(home, next_day):
    _, version = next_day
    assert home.get("/v1/model")["version"] == version == "6"
    stages = {each["version"]: each["stage"] for each in home.matinee("versions")["versions"]}
    assert [each for each, stage in stages.items() if stage == "production"] == [version]


@pytest.mark.usefixtures("next_day")
def test_a_rollback_goes_to_the_version_of_before_and_further_to_the_one_before_that(home):
    production, target = home.expected["production"], home.expected["rollback_target"]
    for version in (production, target):
        assert home.matinee("rollback")["version"] == home.get("/v1/model")["version"] == version
    new = [event["what"] for event in home.matinee("versions")["history"][len(home.expected["history"]) :]]
    assert new == ["promoting", "promoted", "deployed", *["rolling_back", "rolled_back", "deployed"] * 2]


@pytest.mark.usefixtures("next_day")
def test_erasing_somebody_serves_a_model_that_never_knew_them_and_tells_what_remains(home):
    before = home.get("/v1/model")
    assert home.get("/v1/users/u3/recommendations")["policy"] == "learned"
    erased = home.matinee("erase", "u3")
    served = home.get("/v1/model")
    assert served["version"] == erased["version"] != before["version"]
    assert (served["chunk_id"], served["algorithm"]) == (before["chunk_id"], before["algorithm"])
    with (home.settings.home / "serving" / served["version"] / "users.parquet").open("rb") as file:
        assert "u3" not in pl.read_parquet(file)["user_id"].to_list()
    places = {each["place"]: each["until"] for each in erased["remains"]}
    assert places[f"version {before['version']}"] > f"{datetime.now(UTC):%Y-%m-%d}"
    assert {"impressions/", "backups", "serving/"} <= places.keys()
    assert home.matinee("erase", "u3")["version"] == erased["version"]  # done once, however often it is asked for
    stages = {each["version"]: each["stage"] for each in home.matinee("versions")["versions"]}
    assert (max(stages, key=int), stages[erased["version"]]) == (erased["version"], "production")


def test_what_retention_ends_is_removed_and_what_serves_stays(home):
    told = home.matinee("prune", "--dry-run")
    assert home.matinee("prune")["removed"] == told["removed"]
    assert [each["problem"] for each in told["removed"] if each["problem"]] == []
    assert home.get("/v1/users/u8/recommendations")["items"]
