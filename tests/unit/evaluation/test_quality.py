"""The quality bench: known figures on the published split, and honest steps along the timeline."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from matinee.errors import UsageError
from matinee.evaluation.published_split import SPLIT_MODELS, split_quality
from matinee.evaluation.quality import at_cut, periods_to_test, timeline_quality
from matinee.evaluation.timelines import quality_of_all, timelines_of
from matinee.models.als import ALS
from matinee.models.interactions import Interactions
from matinee.models.popular import Popular
from matinee.models.recommender import Fitted

STARTS_AT = datetime(2020, 1, 11, tzinfo=UTC)
DAY = timedelta(days=1)
BASELINES = {"popular_30d": Popular(window_days=30), "als_plain": ALS(factors=4, recency=np.inf)}


class Watched(Popular):
    """Popularity that remembers when the newest rating was that it was given."""

    def __init__(self) -> None:
        super().__init__()
        object.__setattr__(self, "newest", [])

    def fit(self, interactions: Interactions) -> Fitted:
        self.newest.append((interactions.data_through, interactions.histories.rated_at.max()))
        return super().fit(interactions)


def test_popularity_on_the_published_split_is_exactly_what_was_published(real_data: Path) -> None:
    (row,) = split_quality(real_data / "ml-1m-vae", {"popular": Popular()})["rows"]
    assert [round(row[metric], 4) for metric in ("recall_at_20", "recall_at_50", "ndcg_at_100")] == [
        0.1723,
        0.2444,
        0.2218,
    ]
    assert row["n_users"] == 1000


def test_als_on_the_published_split_is_above_its_floor(real_data: Path) -> None:
    (row,) = split_quality(real_data / "ml-1m-vae", {"als": SPLIT_MODELS["als"]})["rows"]
    assert row["ndcg_at_100"] >= 0.425


def test_a_split_without_its_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"train\.csv is missing"):
        split_quality(tmp_path)


def test_every_retrain_sees_only_what_came_before_what_it_is_tested_on(ratings: pl.DataFrame) -> None:
    watched = Watched()
    tests = periods_to_test(ratings, STARTS_AT, DAY, 5)
    timeline_quality(tests, [], models={"watched": watched, **BASELINES})
    assert [through for through, _ in watched.newest] == [STARTS_AT + day * DAY for day in range(5)]
    assert all(newest < through.timestamp() for through, newest in watched.newest)


def test_a_model_of_two_tastes_beats_popularity_on_people_of_two_tastes(ratings: pl.DataFrame) -> None:
    models = {"als": ALS(factors=4, regularization=1), **BASELINES}
    result = timeline_quality(periods_to_test(ratings, STARTS_AT, DAY, 5), [], models=models)
    rows = {row["model"]: row for row in result["rows"]}
    assert rows["als"]["ndcg_at_10"] > rows["popular_30d"]["ndcg_at_10"]
    assert rows["als"]["n_retrains"] == 5
    assert 0 < rows["popular_30d"]["coverage_at_10"] <= rows["popular_30d"]["coverage_at_10_total"] <= 1
    comparison = next(
        each for each in result["comparisons"] if (each["model"], each["baseline"]) == ("als", "popular_30d")
    )
    assert comparison["low"] <= comparison["difference"] <= comparison["high"]


def test_more_retrains_than_there_are_periods_are_refused(ratings: pl.DataFrame) -> None:
    with pytest.raises(UsageError, match="not 50"):
        list(periods_to_test(ratings, STARTS_AT, DAY, 50))


def test_a_cut_tests_one_fit_on_all_that_came_later(ratings: pl.DataFrame) -> None:
    ((now, split, users),) = at_cut(ratings, 0.9)
    assert split.past.height == pytest.approx(0.9 * ratings.height, abs=0.01 * ratings.height)
    assert split.past["rated_at"].max() < now <= split.holdout["rated_at"].min()
    assert users


@pytest.mark.slow
def test_all_timelines_and_the_lists_of_all_are_compared_with_als_and_popularity(ratings: pl.DataFrame) -> None:
    als = ALS(factors=4, regularization=1)
    models = {"popular_30d": Popular(window_days=30), "popular_7d": Popular(window_days=7), "als": als}
    result = quality_of_all(timelines_of("own", ratings, [], 4.0), models=models)
    *timelines, pooled = result
    assert (len(timelines), pooled) == (2, "pooled")
    rows = {name: {row["model"]: row for row in each["rows"]} for name, each in result.items()}
    assert {*rows["pooled"]["als"]} == {
        "model",
        "ndcg_at_10",
        "against_als",
        "against_popular_30d",
        "against_popular_7d",
        "n_lists",
    }
    assert rows["pooled"]["als"]["n_lists"] == sum(rows[name]["als"]["n_lists"] for name in timelines)
    assert all(each["als"]["against_als"] == [0, 0, 0] for each in rows.values())
    difference, low, high = rows["pooled"]["als"]["against_popular_7d"]
    assert low <= difference <= high
    assert difference == pytest.approx(rows["pooled"]["als"]["ndcg_at_10"] - rows["pooled"]["popular_7d"]["ndcg_at_10"])
