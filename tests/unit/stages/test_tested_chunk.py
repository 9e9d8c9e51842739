"""Of the past of a chunk only what is asked for is read, and it is what reading all of it gives."""

from datetime import timedelta

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from matinee.evaluation.evaluate import Popularity
from matinee.evaluation.split import Case, Split, cases
from matinee.ratings.ledger.reading import ChunkReader
from matinee.settings import Settings
from matinee.stages.stores import Stores
from matinee.stages.tested_chunk import LEARNED, TestedChunk
from support import two_tastes

N_CHUNKS = 4


@pytest.fixture
def stores(tmp_path) -> Stores:
    """Of a home with four chunks, of which a user took everything back, another one a rating, and one is left out."""
    ratings = two_tastes()
    ratings.write_csv(tmp_path / "ratings.csv")
    home = Settings(home=tmp_path / "home", data=str(tmp_path / "ratings.csv"), bootstrap="12d", _env_file=None)
    stores = Stores.of(home)
    for number in range(N_CHUNKS):
        stores.ledger.take(f"day {number}")
    stores.statistics.decide(2, "left_out", "a broken export", "a test")
    newest = stores.ledger.ratings_of(N_CHUNKS)["user_id"].unique().sort()
    stores.feedback.withdraw(newest[0])
    movie = stores.ledger.ratings_of(1).filter(user_id=newest[1])["movie_id"][0]
    stores.feedback.withdraw(newest[1], movie)
    return stores


@pytest.fixture
def whole(stores) -> Split:
    """All of the past, and the chunk, as they are read at once."""
    past = stores.ledger.ratings_through(N_CHUNKS - 1, stores.not_learned_from)
    return Split(past, stores.ledger.ratings_of(N_CHUNKS).filter(~pl.col("late")))


def told(users: list[Case]) -> list[tuple]:
    return [(each.user_id, each.segment, each.history.rows(), each.truth, each.now) for each in users]


def test_the_people_of_a_chunk_are_those_of_all_of_its_past(stores, whole):
    chunk = TestedChunk(stores, N_CHUNKS)
    assert told(chunk.users) == told(list(cases(whole, 4.0))) != []
    assert {each.segment for each in chunk.users} >= {"warm"}


def test_of_the_past_only_the_people_of_the_chunk_are_read(stores, whole, monkeypatch):
    def read_all(self, chunks):  # noqa: ARG001  as that of `ChunkReader`
        raise AssertionError("all ratings of all chunks were read")

    monkeypatch.setattr(ChunkReader, "read_all", read_all)
    chunk = TestedChunk(stores, N_CHUNKS)
    assert set(chunk.split.past["user_id"]) <= set(chunk.user_ids) < set(whole.past["user_id"])
    assert chunk.has_past
    assert chunk.popularity == Popularity.of(whole.past, 4.0)
    assert 0 < sum(chunk.recent.counts.values()) <= sum(chunk.popularity.counts.values())


def test_a_chunk_of_people_whom_nobody_knew_has_a_past_unless_all_of_it_is_left_out(stores, monkeypatch):
    monkeypatch.setattr(TestedChunk, "user_ids", ["somebody new"])
    assert TestedChunk(stores, N_CHUNKS).split.past.is_empty()
    assert TestedChunk(stores, N_CHUNKS).has_past
    for chunk_id in range(1, N_CHUNKS):
        stores.statistics.decide(chunk_id, "left_out", "a broken export", "a test")
    assert not TestedChunk(stores, N_CHUNKS).has_past


def test_past_and_first_part_together_are_what_a_model_would_have_learned_by_then(stores, whole):
    first = whole.holdout.head(7)
    learned = TestedChunk(stores, N_CHUNKS).after(first).collect()
    assert_frame_equal(learned, pl.concat([whole.past, first]).select(LEARNED))


@pytest.fixture
def with_late(tmp_path) -> Stores:
    """Of a home whose third chunk brings what two people rated in the time of the first."""
    ratings = two_tastes()
    is_late = pl.col("user_id").is_in(["u3", "u8"]) & (
        pl.col("rated_at") < ratings["rated_at"].min() + timedelta(days=9)
    )
    path = tmp_path / "ratings.csv"
    ratings.filter(~is_late).write_csv(path)
    home = Settings(home=tmp_path / "home", data=str(path), bootstrap="12d", _env_file=None)
    for number in range(2):
        Stores.of(home).ledger.take(f"day {number}")
    ratings.write_csv(path)
    stores = Stores.of(home)
    stores.ledger.take("day 2")
    assert stores.ledger.ratings_of(3).filter("late").height == ratings.filter(is_late).height > 0
    return stores


def test_what_came_late_with_a_chunk_is_known_of_its_people_and_no_truth(with_late):
    chunk, closed = TestedChunk(with_late, 3), with_late.ledger.ratings_of(3)
    late = closed.filter("late")
    users = sorted({*chunk.user_ids, *late["user_id"]})
    past, holdout = chunk.learned_of(users)
    everything = with_late.ledger.ratings_through(3)
    key = ["user_id", "movie_id", "rated_at"]
    known = pl.concat([past.select(key), holdout.select(key)]).sort(key)
    assert_frame_equal(known, everything.filter(pl.col("user_id").is_in(users)).select(key).sort(key))
    assert_frame_equal(holdout, closed.filter(~pl.col("late")))
    learned = chunk.through().collect()
    assert_frame_equal(learned.select(key).sort(key), everything.select(key).sort(key))
    assert chunk.split.past.join(late, on=key, how="semi").is_empty()


def test_a_first_chunk_is_split_at_its_end(stores):
    chunk = TestedChunk(stores, 1)
    assert chunk.has_past
    assert chunk.past.collect()["rated_at"].max() < chunk.past_ends_at <= chunk.holdout["rated_at"].min()
    assert chunk.past.collect().height + chunk.holdout.height == stores.ledger.ratings_of(1).height
