"""What a run keeps of its evaluation."""

from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest

from matinee.evaluation.backtest import (
    CANDIDATE,
    INCUMBENT,
    POPULARITY,
    POPULARITY_30D,
    WINDOW,
    Backtest,
    backtest,
    popularity_baselines,
)
from matinee.evaluation.evaluate import Contender, Popularity
from matinee.evaluation.split import Split, cases, split_off_newest
from matinee.models.interactions import Interactions
from matinee.models.recommender import fit, recommender

MOVIES = [f"m{movie}" for movie in range(40)]


@pytest.fixture
def end(ratings) -> datetime:
    """End of the past."""
    return ratings["rated_at"].max() - timedelta(days=5)


@pytest.fixture
def split(ratings, end) -> Split:
    return split_off_newest(ratings, end + timedelta(days=5), timedelta(days=5))


def fitted(algorithm: str, parameters: dict[str, float], past: pl.DataFrame, end: datetime) -> Contender:
    interactions = Interactions.from_ratings(past, MOVIES, 4.0, end)
    model = fit(recommender(algorithm, parameters), interactions).ranking_model()
    return Contender.of(model, interactions.user_ids, interactions.movie_ids)


def baselines(past: pl.DataFrame, window_begins: datetime) -> dict[str, Contender]:
    recent = past.filter(pl.col("rated_at") >= window_begins)
    return popularity_baselines(Popularity.of(past, 4.0), Popularity.of(recent, 4.0), MOVIES)


@pytest.fixture
def tested(split, end) -> Backtest:
    als = fitted("als", {}, split.past, end)
    contenders = {CANDIDATE: als, INCUMBENT: als, **baselines(split.past, end - WINDOW)}
    return backtest(list(cases(split, 4.0)), contenders, Popularity.of(split.past, 4.0), len(MOVIES), 2, "1")


def test_a_run_keeps_every_metric_of_every_contender_and_of_segments_only_what_is_looked_at(tested):
    metrics = tested.metrics()
    prefixes = ("", "incumbent_", "popularity_", "popularity_30d_")
    for name in ("ndcg_at_10", "recall_at_20", "mrr_at_20", "novelty", "coverage_at_10", "gini_at_10"):
        assert {f"{prefix}{name}" for prefix in prefixes} <= metrics.keys()
    assert {"ndcg_at_10_warm", "recall_at_10_light"} <= metrics.keys()
    assert "popularity_ndcg_at_10_warm" not in metrics
    assert "mrr_at_20_warm" not in metrics
    assert len(metrics) < 64  # there were 200
    assert metrics["ndcg_at_10"] == metrics["incumbent_ndcg_at_10"]


@pytest.mark.parametrize(("name", "window_days"), [(POPULARITY, np.inf), (POPULARITY_30D, 5.0)])
def test_popularity_by_counts_ranks_as_the_algorithm_that_is_fitted_does(split, end, name, window_days):
    counted = baselines(split.past, end - timedelta(days=5))[name]
    popular = fitted("popular", {"window_days": window_days}, split.past, end)
    users = list(cases(split, 4.0))
    assert [counted.ranked(each) for each in users] == [popular.ranked(each) for each in users]
    assert users


def test_a_run_keeps_between_which_bounds_it_is_better_than_popularity_on_the_same_users(tested):
    metrics = tested.metrics()
    difference = metrics["ndcg_at_10"] - metrics["popularity_ndcg_at_10"]
    assert metrics["over_popularity_low"] < difference < metrics["over_popularity_high"]
    assert "over_popularity_low" not in Backtest.nobody().metrics()
