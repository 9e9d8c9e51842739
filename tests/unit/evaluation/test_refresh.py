"""What the gate asks a candidate with is what the candidate has learned."""

from datetime import UTC, datetime, timedelta

import polars as pl

from matinee.evaluation.refresh import _histories
from matinee.evaluation.split import Split

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


def frame(*rows: tuple[str, str, float, int]) -> pl.DataFrame:
    """`movie, event, rating, hour` of one user."""
    return pl.DataFrame(
        [("ann", movie, rating, BEGAN + timedelta(hours=hour), event, 1.0) for movie, event, rating, hour in rows],
        schema={
            "user_id": pl.String,
            "movie_id": pl.String,
            "rating": pl.Float64,
            "rated_at": pl.Datetime("us", "UTC"),
            "event": pl.String,
            "weight": pl.Float32,
        },
        orient="row",
    )


def test_what_was_said_of_a_movie_goes_before_what_was_done_with_it():
    past = frame(("m1", "rating", 1.0, 1), ("m2", "watch", 1e9, 2))
    chunk = frame(("m1", "watch", 1e9, 30), ("m2", "rating", 2.0, 31), ("m3", "watch", 1e9, 31))
    found = _histories(Split(past, chunk), ["ann", "nobody"])
    assert found["ann"].movie_ids == ["m1", "m2", "m3"]
    assert found["ann"].ratings.tolist() == [1.0, 2.0, 1e9]
    assert found["nobody"].movie_ids == []
