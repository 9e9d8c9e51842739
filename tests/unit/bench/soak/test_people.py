"""People say the same each time, and remember what they said."""

from datetime import UTC, datetime

import polars as pl
import pytest

from matinee.bench.soak.people import BOOTSTRAP_RATINGS, People, Truth
from matinee.clients.schemas.ratings import Rating

TODAY = datetime(2026, 1, 2, tzinfo=UTC)


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    return People(tmp_path_factory.mktemp("people"), 3, TODAY)


def test_before_the_first_day_everybody_has_rated_and_nobody_later(people):
    before = pl.read_parquet(people.ratings_path)
    assert before.height == BOOTSTRAP_RATINGS
    assert before["rated_at"].max() < TODAY
    assert before["rated_at"].is_sorted()


def test_no_two_ratings_of_a_day_are_of_one_moment_and_all_have_passed(people):
    said = [rating for batch in people.new_ratings(100, TODAY) for rating in batch]
    assert len({rating.rated_at for rating in said}) == len(said) == 100
    assert max(rating.rated_at for rating in said) < TODAY


def test_the_same_seed_says_the_same(tmp_path):
    first, second = (People(tmp_path / name, 1, TODAY) for name in ("a", "b"))
    assert list(first.new_ratings(40, TODAY)) == list(second.new_ratings(40, TODAY))


def test_who_left_has_no_rating_that_counts_and_the_others_keep_theirs():
    truth = Truth()
    for user, movie in (("a", "1"), ("a", "2"), ("b", "1")):
        truth.rated(Rating(user_id=user, movie_id=movie, rating=3, rated_at=TODAY))
    truth.took_back("a", None)
    assert truth.latest == {("b", "1"): 3}
    assert len(truth.withdrawn) == 2
