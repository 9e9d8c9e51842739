"""A day that is sent twice is told, whatever people did in it."""

import polars as pl
import pytest

from matinee.drift.patterns import Patterns
from matinee.ratings.events import EVENT


def day(chunk_id: int, event: str, rating: float | None, first_movie: int = 0) -> pl.DataFrame:
    """What thirty users did, each with a movie of their own."""
    rows = [(f"u{n}", f"m{first_movie + n}", event, rating, chunk_id, 0) for n in range(30)]
    names = {
        "user_id": pl.String,
        "movie_id": pl.String,
        "event": EVENT,
        "rating": pl.Float32,
        "chunk_id": pl.Int64,
        "window": pl.Int64,
    }
    return pl.DataFrame(rows, schema=names, orient="row")


@pytest.mark.parametrize(("event", "rating"), [("rating", 4.0), ("watch", None), ("purchase", None)])
def test_a_day_that_is_sent_again_repeats_its_chunk(event, rating):
    past = pl.concat([day(1, event, rating, first_movie=7), day(2, event, rating)])
    assert Patterns(day(3, event, rating), past).repeated == (2, 1.0)


def test_another_event_with_the_same_movies_repeats_nothing():
    assert Patterns(day(3, "purchase", None), day(2, "watch", None)).repeated is None
