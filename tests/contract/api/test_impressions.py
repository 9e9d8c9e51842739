"""What was shown is kept, off the way of requests, so that it can be joined with what was rated."""

import asyncio
import errno
import os
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from faults import refuse
from matinee.ratings.feedback.store import FeedbackStore
from matinee.serving.answering.impressions import SCHEMA, Impression, Impressions
from matinee.serving.prometheus import Metrics
from matinee.serving.workers.health import WorkerHealth
from matinee.storage import FolderStorage


@pytest.fixture
def metrics(tmp_path) -> Metrics:
    return Metrics(tmp_path / "workers", WorkerHealth(tmp_path))


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "impressions"


def impression(number: int) -> Impression:
    return Impression(f"r{number}", None if number % 2 else "u", "learned", "1", "run-1", ["m1", "m2"])


def written(folder) -> pl.DataFrame:
    paths = sorted(folder.rglob("*.parquet"))
    return pl.read_parquet(paths) if paths else SCHEMA.to_frame()


def count(metrics: Metrics, outcome: str) -> float:
    lines = metrics.page().decode().splitlines()
    name = f'matinee_impressions_total{{outcome="{outcome}"}} '
    return sum(float(line.removeprefix(name)) for line in lines if line.startswith(name))


def test_lists_that_were_shown_can_be_joined_with_what_was_rated(start_with, settings):
    api = start_with(impressions_s=0.05)
    shown = api.recommend("u4", k=3)
    api.post("/v1/recommendations", json={"history": [{"movie_id": "m8"}], "k": 2})
    clicked = shown["items"][1]["movie_id"]
    api.rate("u4", clicked, 4.5)
    api.wait_for(lambda: written(settings.home / "impressions").height == 2)
    lists = written(settings.home / "impressions")
    assert lists.schema == SCHEMA
    mine = lists.filter(request_id=shown["request_id"]).row(0, named=True)
    assert mine["movie_ids"] == [item["movie_id"] for item in shown["items"]]
    assert (mine["user_id"], mine["policy"], mine["model_version"]) == ("u4", "learned", "1")
    assert abs(mine["shown_at"] - datetime.now(UTC)) < timedelta(minutes=5)
    assert lists.filter(pl.col("user_id").is_null()).height == 1
    rated = pl.DataFrame([{"user_id": "u4", "movie_id": r.movie_id} for r in FeedbackStore(settings).of_user("u4")])
    places = lists.with_columns(rank=pl.int_ranges(1, pl.col("movie_ids").list.len() + 1)).explode("movie_ids", "rank")
    joined = places.join(rated, left_on=["user_id", "movie_ids"], right_on=["user_id", "movie_id"])
    assert joined.select("request_id", "movie_ids", "rank").rows() == [(shown["request_id"], clicked, 2)]


def test_a_server_that_stops_writes_what_waits(start, learned, settings):
    api = start()
    api.swap(learned.manifest.chunk_id)
    api.recommend("u4")
    start()
    assert written(settings.home / "impressions")["user_id"].to_list() == ["u4"]


def test_of_too_many_the_oldest_are_dropped_and_counted(folder, metrics):
    impressions = Impressions(FolderStorage(folder.parent), metrics, bound=3)
    for number in range(5):
        impressions.note(impression(number))
    asyncio.run(impressions.flush())
    assert written(folder)["request_id"].to_list() == ["r2", "r3", "r4"]
    assert (count(metrics, "written"), count(metrics, "dropped")) == (3, 2)


def test_what_a_disk_refuses_goes_on_waiting(folder, metrics):
    impressions = Impressions(FolderStorage(folder.parent), metrics, bound=3)
    folder.write_text("in the way")
    for number in range(2):
        impressions.note(impression(number))
    asyncio.run(impressions.flush())
    assert count(metrics, "written") == 0
    folder.unlink()
    impressions.note(impression(2))
    asyncio.run(impressions.flush())
    assert written(folder)["request_id"].to_list() == ["r0", "r1", "r2"]


def test_nothing_is_written_when_nothing_was_shown_or_nothing_is_to_be_noted(folder, metrics):
    asyncio.run(Impressions(FolderStorage(folder.parent), metrics).flush())
    unwanted = Impressions(FolderStorage(folder.parent), metrics, interval_s=0)
    unwanted.note(impression(1))
    asyncio.run(unwanted.flush())
    assert not folder.exists()


def test_old_days_are_removed(folder, metrics):
    now = datetime.now(UTC)
    for days in (1, 40):
        (folder / f"{now - timedelta(days=days):%Y-%m-%d}").mkdir(parents=True)
    impressions = Impressions(FolderStorage(folder.parent), metrics, days=30)
    impressions.note(impression(1))
    asyncio.run(impressions.flush())
    days = sorted(path.name for path in folder.iterdir())
    assert days == [f"{now - timedelta(days=1):%Y-%m-%d}", f"{datetime.now(UTC):%Y-%m-%d}"]


def test_an_old_day_that_stays_has_no_list_written_twice(folder, metrics, monkeypatch):
    (folder / "2020-01-01").mkdir(parents=True)
    impressions = Impressions(FolderStorage(folder.parent), metrics)
    with monkeypatch.context() as disk:
        refuse(disk, "deleting", errno.EACCES, "impressions/2020-01-01")
        for number in range(2):
            impressions.note(impression(number))
            asyncio.run(impressions.flush())
    assert sorted(written(folder)["request_id"]) == ["r0", "r1"]
    assert count(metrics, "written") == 2
    assert "2020-01-01" in metrics.health.problems()["old impressions"]
    impressions.note(impression(2))
    asyncio.run(impressions.flush())
    assert metrics.health.problems() == {}


def test_two_workers_never_write_to_the_same_file(folder, metrics):
    one, other = Impressions(FolderStorage(folder.parent), metrics), Impressions(FolderStorage(folder.parent), metrics)
    for each in (one, other):
        each.note(impression(1))
        asyncio.run(each.flush())
    paths = list(folder.rglob("*.parquet"))
    assert len(paths) == 2
    assert all(f"-{os.getpid()}-" in path.stem for path in paths)
