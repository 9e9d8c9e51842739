"""Each way of breaking a model changes what it says it changes, and the rates are counted by kind."""

import numpy as np
import polars as pl
import pytest

from matinee.bench.gate.sabotage import BREAKS, Caught, _shill, _shuffled_ids, summary

ARRAYS = {
    "popularity": np.arange(8, dtype=np.float32),
    "0.factors.item_factors": np.arange(32, dtype=np.float32).reshape(8, 4) + 1,
    "0.factors.user_factors": np.ones((3, 4), np.float32),
    "history_items": np.arange(3),
}
CHUNK = pl.DataFrame(
    {
        "user_id": ["a", "b", "c", "d", "e", "f", "g"],
        "movie_id": [f"m{number}" for number in range(7)],
        "rating": [4.0] * 7,
        "rated_at": pl.Series(range(7)).cast(pl.Datetime("us", "UTC")),
    }
)


@pytest.mark.parametrize("name", BREAKS)
def test_a_broken_model_is_not_what_it_was_and_keeps_shapes_types_and_histories(name):
    broken = BREAKS[name](dict(ARRAYS), np.random.default_rng(1))
    assert broken.keys() == ARRAYS.keys()
    assert any((broken[key] != ARRAYS[key]).any() for key in ARRAYS)
    assert all((broken[key].shape, broken[key].dtype) == (ARRAYS[key].shape, ARRAYS[key].dtype) for key in ARRAYS)
    assert (broken["history_items"] == ARRAYS["history_items"]).all()


@pytest.mark.parametrize("name", BREAKS)
def test_a_model_of_popularity_alone_is_broken_too(name):
    only = {"popularity": ARRAYS["popularity"]}
    assert (BREAKS[name](dict(only), np.random.default_rng(1))["popularity"] != only["popularity"]).any()


def test_shuffled_ids_are_the_same_movies_rated_by_others():
    shuffled = _shuffled_ids(CHUNK, np.random.default_rng(1))
    assert sorted(shuffled["movie_id"]) == sorted(CHUNK["movie_id"])
    assert shuffled["movie_id"].to_list() != CHUNK["movie_id"].to_list()


def test_three_of_ten_ratings_are_shills_for_one_movie():
    shilled = _shill(CHUNK, np.random.default_rng(1))
    added = shilled.filter(pl.col("user_id").str.starts_with("shill-"))
    assert (shilled.height, added.height, added["movie_id"].n_unique()) == (10, 3, 1)
    assert shilled["rated_at"].is_sorted()


def test_what_was_refused_is_counted_for_all_and_for_each_kind():
    found = [Caught("x", "als", True, 0), Caught("x", "als", False, None), Caught("x", "ease", True, 0)]
    assert summary(found)["x"] == {"refused": pytest.approx(2 / 3), "days": 0, "kinds": {"als": 0.5, "ease": 1.0}}
    assert summary(found[1:2])["x"]["days"] is None
