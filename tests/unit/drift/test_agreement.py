"""A day whose movie ids are mixed up is noticed, a usual one is not, and of a small one nothing is said."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from matinee.bench.gate.sabotage import _shuffled_ids
from matinee.bench.gate.timeline import Timeline
from matinee.bench.gate.watched import DAY, _numbered
from matinee.drift import agreement
from matinee.drift.agreement import Agreement, Agreements
from matinee.drift.data_watch import Comparison
from matinee.drift.report import _agreement
from matinee.ratings.ledger.chunks import Chunk
from matinee.ratings.scale import FIVE_STARS
from matinee.settings import Settings

BEGUN = datetime(2026, 1, 1, tzinfo=UTC)


def days(n_days: int = 14, n_movies: int = 150, spread: float = 1.0, n_each: int = 30) -> pl.DataFrame:
    """Ratings of twelve new people a day; movies differ in how good they are by `spread` stars."""
    random = np.random.default_rng(5)
    good = random.normal(0, spread, n_movies)
    rows = [
        (f"u{day}-{user}", f"m{movie}", round(float(np.clip(3 + good[movie] + random.normal(), 1, 5))), day + 1)
        for day in range(n_days)
        for user in range(12)
        for movie in random.choice(n_movies, min(n_each, n_movies), replace=False)
    ]
    names = ["user_id", "movie_id", "rating", "chunk_id"]
    frame = pl.DataFrame(rows, schema=names, orient="row").with_columns(pl.col("rating").cast(pl.Float32))
    return frame.with_columns(window=pl.lit(0, pl.Int64))


def found(ratings: pl.DataFrame, *, shuffled: bool = False) -> Agreement:
    """The newest day beside those before."""
    newest = pl.col("chunk_id") == pl.col("chunk_id").max()
    own, past = ratings.filter(newest), ratings.filter(~newest)
    return Agreements(_shuffled_ids(own, np.random.default_rng(1)) if shuffled else own, past).of_chunk


def test_mixed_up_ids_are_noticed_and_a_usual_day_is_not():
    usual, mixed_up = found(days()), found(days(), shuffled=True)
    assert (usual.told()["outcome"], mixed_up.told()["outcome"]) == ("usual", "lost")
    assert (usual.usual, usual.correlation) == pytest.approx((mixed_up.usual, usual.usual), abs=0.1)


@pytest.mark.parametrize(
    "ratings",
    [
        days(n_movies=20, n_each=10),
        days(n_days=8),
        days(spread=0.0),
        days().with_columns(rating=pl.lit(1.0, pl.Float32)),
        days().with_columns(rating=pl.lit(None, pl.Float32)),
        days().filter(pl.col("chunk_id") == 1),
        days().filter(pl.col("user_id").str.ends_with("-1")),
    ],
    ids=[
        "few movies",
        "a young home",
        "movies alike",
        "thumbs up",
        "no ratings",
        "the first chunk",
        "one person a day",
    ],
)
def test_where_nothing_can_be_told_it_is_not_asked(ratings):
    for shuffled in (False, True):
        asked = found(ratings, shuffled=shuffled)
        assert (asked.is_asked, asked.is_lost, asked.told()["outcome"]) == (False, False, "not asked")
    assert _agreement(found(ratings)) == ("–", "not asked: too few rated movies to tell")


def test_a_day_of_the_past_does_not_agree_with_itself():
    """Where all movies are alike, each day beside a past that holds it would be usual."""
    assert found(days(spread=0.0)).usual == pytest.approx(0, abs=0.05)


def test_other_events_say_nothing_of_how_movies_are_rated():
    ratings = days()
    watched = ratings.with_columns(rating=pl.lit(None, pl.Float32))
    both, alone = found(pl.concat([ratings, watched])), found(ratings)
    assert (both.n_movies, both.correlation, both.usual) == pytest.approx(
        (alone.n_movies, alone.correlation, alone.usual)
    )


@pytest.mark.parametrize("in_first_chunk", [False, True])
def test_what_is_usual_is_told_by_the_newest_periods(monkeypatch, in_first_chunk):
    monkeypatch.setattr(agreement, "N_CALIBRATING", 10)
    ratings = days(n_days=24)
    mixed_up = ratings.filter(pl.col("chunk_id") <= 13).with_columns(pl.col("movie_id").shuffle(seed=1))
    past = pl.concat([mixed_up, ratings.filter(pl.col("chunk_id") > 13, pl.col("chunk_id") < 24)])
    if in_first_chunk:
        past = past.with_columns(chunk_id=pl.lit(1, pl.Int64), window=pl.col("chunk_id"))
    assert Agreements(ratings.filter(pl.col("chunk_id") == 24), past).of_chunk.usual > 0.3


def test_the_watch_warns_of_mixed_up_ids_with_what_to_do():
    ratings = days().with_columns(event=pl.lit("rating"), rated_at=pl.lit(BEGUN) + pl.duration(days=pl.col("chunk_id")))
    past, own = ratings.filter(pl.col("chunk_id") < 14), ratings.filter(pl.col("chunk_id") == 14)
    begins = BEGUN + timedelta(days=14)
    chunk = Chunk(14, "", "", "closed", "replay", begins, begins + DAY, 360, 0, 0, 0, "", None, begins, begins + DAY)
    told = [
        Comparison(chunk, each, past.drop("window"), DAY, FIVE_STARS).statistics()
        for each in (own.drop("window"), _shuffled_ids(own.drop("window"), np.random.default_rng(1)))
    ]
    assert [each.verdict for each in told] == ["usual", "drifted"]
    assert "movies are not rated as they were before: correlation" in told[1].reasons[0]
    assert "matinee watch 14 --leave-out" in told[1].reasons[0]


def test_real_days_are_usual_and_the_same_days_with_mixed_up_ids_are_not(real_data, tmp_path):
    timeline = Timeline.of(Settings(_env_file=None, home=tmp_path, data=str(real_data / "ml-100k")))
    window = (pl.col("rated_at").dt.epoch("us") // 86_400_000_000) * (pl.col("chunk_id") == 1)
    outcomes = []
    for number in range(0, 60, 3):
        past, own = (_numbered(timeline, each).with_columns(window=window) for each in timeline.split(number))
        own = own.with_columns(chunk_id=pl.lit(number + 2, pl.Int64), window=pl.lit(0, pl.Int64))
        usual = Agreements(own, past).of_chunk
        if usual.is_asked:
            mixed_up = Agreements(_shuffled_ids(own, np.random.default_rng(number)), past).of_chunk
            outcomes.append((usual.is_lost, mixed_up.is_lost))
    assert len(outcomes) >= 10
    assert not any(usual for usual, _ in outcomes)
    assert sum(mixed_up for _, mixed_up in outcomes) >= 0.9 * len(outcomes)
