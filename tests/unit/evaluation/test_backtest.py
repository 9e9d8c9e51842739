"""What a run keeps of its evaluation."""

from datetime import timedelta

import pytest

from matinee.evaluation.backtest import CANDIDATE, INCUMBENT, Backtest, backtest, contender
from matinee.evaluation.split import cases, split_off_newest
from matinee.models.interactions import Interactions


@pytest.fixture
def tested(ratings) -> Backtest:
    end = ratings["rated_at"].max() + timedelta(seconds=1)
    split = split_off_newest(ratings, end, timedelta(days=5))
    interactions = Interactions.from_ratings(split.past, [f"m{movie}" for movie in range(40)], 4.0, end)
    als = contender("als", {}, interactions)
    return backtest(split, list(cases(split, 4.0)), interactions, {CANDIDATE: als, INCUMBENT: als}, 2, "1")


def test_a_run_keeps_every_metric_of_every_contender_and_of_segments_only_what_is_looked_at(tested):
    metrics = tested.metrics()
    prefixes = ("", "incumbent_", "popularity_", "popularity_30d_", "item_knn_")
    for name in ("ndcg_at_10", "recall_at_20", "mrr_at_20", "novelty", "coverage_at_10", "gini_at_10"):
        assert {f"{prefix}{name}" for prefix in prefixes} <= metrics.keys()
    assert {"ndcg_at_10_warm", "recall_at_10_light"} <= metrics.keys()
    assert "popularity_ndcg_at_10_warm" not in metrics
    assert "mrr_at_20_warm" not in metrics
    assert len(metrics) < 64  # there were 200
    assert metrics["ndcg_at_10"] == metrics["incumbent_ndcg_at_10"]


def test_a_run_keeps_between_which_bounds_it_is_better_than_popularity_on_the_same_users(tested):
    metrics = tested.metrics()
    difference = metrics["ndcg_at_10"] - metrics["popularity_ndcg_at_10"]
    assert metrics["over_popularity_low"] < difference < metrics["over_popularity_high"]
    assert "over_popularity_low" not in Backtest.nobody().metrics()
