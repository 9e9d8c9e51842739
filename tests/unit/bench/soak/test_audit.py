"""The audit finds what is lost and what is there twice."""

from datetime import UTC, datetime
from types import SimpleNamespace

import polars as pl
import pytest

from matinee.bench.soak.audit import Audit, audit
from matinee.bench.soak.people import Truth
from matinee.clients.schemas.ratings import Rating
from matinee.ratings.feedback import FeedbackStore, NewRating

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


class Told:
    """What a server tells of its users."""

    def __init__(self, *ratings: tuple[str, str, float]) -> None:
        self._ratings = ratings

    def ratings(self, user_id: str, limit: int):
        assert limit == 1_000
        told = [(movie, stars) for user, movie, stars in self._ratings if user == user_id]
        return [SimpleNamespace(movie_id=movie, rating=stars, source="live") for movie, stars in told]


@pytest.fixture
def truth():
    known = Truth()
    for movie_id in ("m1", "m2", "m3"):
        known.rated(Rating(user_id="u", movie_id=movie_id, rating=4, rated_at=AT))
    known.took_back("u", "m3")
    return known


@pytest.fixture
def write_chunk(settings):
    folder = settings.home / "ratings"
    folder.mkdir(parents=True)

    def write(number: int, *movie_ids: str, origin: str = "live") -> None:
        rows = {"user_id": "u", "movie_id": list(movie_ids), "rated_at": AT, "origin": origin}
        pl.DataFrame(rows).write_parquet(folder / f"chunk-{number:05}.parquet")

    return write


RIGHT = Told(("u", "m1", 4), ("u", "m2", 4))


def test_a_rating_is_in_a_chunk_or_waits_for_one_and_what_was_taken_back_may_be_gone(settings, truth, write_chunk):
    write_chunk(1, "m1")
    write_chunk(2, "other", origin="source")
    FeedbackStore(settings).add([NewRating("u", "m2", 4, AT)])
    assert audit(settings, RIGHT, truth) == Audit(acknowledged=3, lost=0, doubled=0)


def test_what_is_nowhere_is_lost(settings, truth, write_chunk):
    write_chunk(1, "m1")
    assert audit(settings, RIGHT, truth) == Audit(acknowledged=3, lost=1, doubled=0)


def test_what_is_in_two_chunks_or_was_never_said_is_doubled(settings, truth, write_chunk):
    write_chunk(1, "m1", "m2")
    write_chunk(2, "m1", "m9")
    assert audit(settings, RIGHT, truth) == Audit(acknowledged=3, lost=0, doubled=2)


def test_what_the_server_tells_otherwise_counts_too(settings, truth, write_chunk):
    write_chunk(1, "m1", "m2")
    told = Told(("u", "m1", 2), ("u", "m2", 4), ("u", "m3", 4))
    assert audit(settings, told, truth) == Audit(acknowledged=3, lost=1, doubled=1)
