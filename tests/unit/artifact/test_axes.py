"""Ratings on matrix axes, in whatever order they come."""

from datetime import UTC, datetime, timedelta

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from matinee.artifact.axes import counting, on_axes

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
RATINGS = st.lists(
    st.tuples(st.sampled_from("abc"), st.sampled_from(["m1", "m10", "m2", "m3"]), st.integers(0, 5), st.integers(1, 9))
)


def frame(rows: list[tuple[str, str, int, int]]) -> pl.DataFrame:
    columns = {
        "user_id": pl.Series([user for user, *_ in rows], dtype=pl.String),
        "movie_id": pl.Series([movie for _, movie, *_ in rows], dtype=pl.String),
        "rating": pl.Series([rating for *_, rating in rows], dtype=pl.Float64),
        "rated_at": pl.Series(
            [BEGAN + timedelta(seconds=second) for _, _, second, _ in rows], dtype=pl.Datetime("us", "UTC")
        ),
    }
    return pl.DataFrame(columns)


@given(RATINGS, st.booleans())
def test_a_history_has_the_newest_rating_of_each_movie_oldest_first_whatever_the_order(rows, in_order):
    if in_order:  # as they nearly always come
        rows = sorted(rows, key=lambda row: (row[2], row[0], row[1]))
    movie_ids = ["m1", "m10", "m2", "m3"]
    found = on_axes(frame(rows), movie_ids)
    assert found.user_ids == sorted({user for user, *_ in rows})
    for row, user in enumerate(found.user_ids):
        newest: dict[str, tuple[int, int]] = {}
        for _, movie, second, rating in (each for each in rows if each[0] == user):
            if movie not in newest or second >= newest[movie][0]:  # of equal times the last that comes
                newest[movie] = second, rating
        expected = sorted((second, movie_ids.index(movie), rating) for movie, (second, rating) in newest.items())
        history = found.histories.of(row)
        times = [int(BEGAN.timestamp()) + second for second, *_ in expected]
        assert history.rated_at.tolist() == times
        assert history.items.tolist() == [item for _, item, _ in expected]
        assert history.ratings.tolist() == [rating for *_, rating in expected]


@given(RATINGS, st.lists(st.sampled_from(["rating", "like", "watch", "purchase"]), max_size=40))
def test_the_rows_that_count_are_those_that_a_model_learns(rows, events):
    events = [events[place % len(events)] if events else "rating" for place, _ in enumerate(rows)]
    ratings = frame(rows).with_columns(
        event=pl.Series(events, dtype=pl.String), weight=pl.Series([1.0] * len(rows), dtype=pl.Float32)
    )
    movie_ids = ["m1", "m10", "m2", "m3"]
    learned = on_axes(ratings, movie_ids)
    found = counting(ratings)
    assert found["rated_at"].is_sorted()
    for row, user in enumerate(learned.user_ids):
        own, history = found.filter(user_id=user), learned.histories.of(row)
        assert own["movie_id"].to_list() == [movie_ids[item] for item in history.items]
        assert own["rating"].to_list() == history.ratings.tolist()
        assert own["rated_at"].dt.epoch("s").to_list() == history.rated_at.tolist()
