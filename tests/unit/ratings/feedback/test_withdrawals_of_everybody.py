"""What was taken back, as it is read for all of a home at once."""

from datetime import UTC, datetime

import polars as pl
import pytest

from matinee.ratings.database import engine
from matinee.ratings.feedback.store import FeedbackStore, NewRating
from matinee.ratings.feedback.withdrawals import withdrawals

pytestmark = pytest.mark.either

RATED_AT = datetime(2020, 1, 1, 12, 30, 15, 123_456, UTC)


def test_what_was_taken_back_is_covered_to_the_microsecond_until_it_is_said_again(settings):
    store, said = FeedbackStore(settings), NewRating("anna", "m1", 5, RATED_AT)
    store.add([said])
    store.withdraw("anna", "m1")
    covered = withdrawals(engine(settings)).events
    assert covered.select("user_id", "movie_id", "rating", "rated_at").rows() == [("anna", "m1", 5.0, RATED_AT)]
    store.add([NewRating("anna", "m1", 2, RATED_AT)])  # or it would be taken for the first request, sent once more
    store.add([said])
    assert withdrawals(engine(settings)).events.is_empty()


def test_when_it_was_taken_back_is_told_in_utc(settings):
    store = FeedbackStore(settings)
    store.add([NewRating("anna", "m1", 5, RATED_AT)])
    before = datetime.now(UTC)
    store.withdraw("anna", "m1")
    (at,) = withdrawals(engine(settings)).times["withdrawn_at"]
    assert before <= at <= datetime.now(UTC)
    assert withdrawals(engine(settings)).times.schema["withdrawn_at"] == pl.Datetime("us", "UTC")
