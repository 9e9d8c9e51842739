"""Local copies of object storage end when nobody reads them; whoever has one mapped keeps it."""

import os
import time
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from matinee.stages.prune.storage import prune_results, prune_storage
from matinee.storage import home_storage, write_json, write_parquet

A_WEEK = timedelta(days=7)


@pytest.fixture
def on_s3(settings, bucket_url):
    return settings.model_copy(update={"storage": bucket_url})


def age(settings, name: str) -> None:
    place = home_storage(settings).read(name).parent
    long_ago = time.time() - A_WEEK.total_seconds() - 60
    os.utime(place, (long_ago, long_ago))


def test_a_copy_that_nobody_has_read_for_a_week_goes_and_is_fetched_again_when_it_is_wanted(on_s3):
    frame = pl.DataFrame({"user_id": ["a"]})
    for name in ("read.parquet", "unread.parquet"):
        write_parquet(home_storage(on_s3), name, frame.with_columns(name=pl.lit(name)))
        age(on_s3, name)
    home_storage(on_s3).read("read.parquet")
    assert prune_storage(on_s3, dry_run=True).n == 1
    mapped = pl.scan_parquet(home_storage(on_s3).read("read.parquet"))
    removed = prune_storage(on_s3, dry_run=False)
    assert (removed.n, removed.size_bytes > 0) == (1, True)
    assert mapped.collect().height == 1
    assert pl.read_parquet(home_storage(on_s3).read("unread.parquet")).height == 1


def test_a_home_without_object_storage_has_no_copies(settings):
    assert prune_storage(settings, dry_run=False).n == 0


def test_a_result_that_airflow_has_not_taken_for_a_week_goes(on_s3):
    name, storage = "results/train_model/manual-1/train/result.json", home_storage(on_s3)
    write_json(storage, name, {"run_id": "of a pod that died"})
    soon = datetime.now(UTC) + A_WEEK - timedelta(minutes=5)
    later = soon + timedelta(minutes=10)
    assert prune_results(on_s3, soon, dry_run=False).n == 0
    assert prune_results(on_s3, later, dry_run=True).n == 1
    assert storage.exists(name)
    assert prune_results(on_s3, later, dry_run=False).n == 1
    assert not storage.exists(name)
    assert prune_results(on_s3, later, dry_run=False).n == 0
