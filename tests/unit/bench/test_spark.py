"""Ratings of a benchmark go to Spark as chunks, and come out as they went in."""

import sys

import polars as pl
import pytest
from numpy.testing import assert_array_equal

from matinee.bench import spark
from matinee.errors import UsageError
from matinee.models.interactions import Interactions


def test_chunks_hold_the_ratings_that_they_were_made_of(ratings, settings):
    whole = Interactions.from_ratings(ratings, [], 4.0, spark.THROUGH)
    chunks = spark._chunks(spark._ratings_of(whole), settings)
    assert len(chunks.chunks) == spark.N_CHUNKS
    read = pl.concat([chunks.read(chunk) for chunk in chunks.chunks])
    again = Interactions.from_ratings(read, whole.movie_ids, 4.0, spark.THROUGH)
    assert again.user_ids == whole.user_ids
    for name, array in again.histories.arrays.items():
        assert_array_equal(array, whole.histories.arrays[name])


def test_without_spark_it_says_how_to_have_it(ratings, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matinee.spark.training", None)
    ratings.write_parquet(tmp_path / "ratings.parquet")
    monkeypatch.setattr(spark, "ALGORITHMS", {})
    with pytest.raises(UsageError, match=r"matinee\[spark\]"):
        spark.fit_times(tmp_path / "ratings.parquet", tmp_path, "local[1]")


@pytest.mark.parametrize(
    ("by_spark", "found"), [(0.411, []), (0.4301, ["als"]), (0.4099, ["als"]), (float("nan"), ["als"])]
)
def test_models_that_differ_by_more_than_a_hundredth_are_named(by_spark, found):
    rows = [("als", 0.42), ("ease", 0.4), ("als (Spark)", by_spark), ("ease (Spark)", 0.4), ("popular", 0.3)]
    assert spark.far_apart([{"model": model, "ndcg_at_100": ndcg} for model, ndcg in rows]) == found
