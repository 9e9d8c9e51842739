"""Keys and traces of withdrawals go after their time; what counts stays."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from matinee.ratings.database import ChunkRow, FeedbackRow, WithdrawalRow, engine
from matinee.ratings.feedback.pruning import prune_keys, prune_superseded, prune_withdrawn
from matinee.ratings.feedback.store import FeedbackStore, NewRating

LATER = datetime.now(UTC) + timedelta(days=1)
EARLIER = LATER - timedelta(days=30)


@pytest.fixture
def store(settings):
    return FeedbackStore(settings)


@pytest.fixture
def database(settings):
    return engine(settings)


def n_rows(database, table) -> int:
    with database.connect() as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(table))


def test_a_key_is_forgotten_after_its_time_and_not_before(store, database):
    receipt = store.add([NewRating("u", "a", 4)], "key")
    assert prune_keys(database, EARLIER, dry_run=False) == 0
    assert store.add([NewRating("u", "a", 4)], "key") == receipt
    assert prune_keys(database, LATER, dry_run=True) == 1
    assert prune_keys(database, LATER, dry_run=False) == 1
    assert store.add([NewRating("u", "a", 2)], "key").stored == 1  # a new request


def test_what_was_taken_back_before_a_chunk_held_it_goes_and_nothing_else(store, database):
    store.add([NewRating("gone", "a", 4), NewRating("stays", "a", 4)])
    store.withdraw("gone")
    store.add([NewRating("newest", "a", 4)])
    assert prune_withdrawn(database, EARLIER, dry_run=False) == 0
    assert prune_withdrawn(database, LATER, dry_run=False) == 1
    assert n_rows(database, FeedbackRow) == 2
    assert [len(store.of_user(user)) for user in ("gone", "stays", "newest")] == [0, 1, 1]


def test_what_a_chunk_holds_stays_so_that_it_stays_covered(store, database):
    store.add([NewRating("gone", "a", 4), NewRating("newest", "a", 4)])
    with database.begin() as connection:
        connection.execute(sa.text("PRAGMA foreign_keys = OFF")) if database.dialect.name == "sqlite" else None
        counts = {"chunk_id": 1, "n_ratings": 1, "n_live": 1, "n_late": 0}
        names = dict.fromkeys(("run_id", "claimed_by", "source", "path"), "any") | {"mode": "replay", "state": "closed"}
        times = dict.fromkeys(("starts_at", "ends_at", "claimed_at", "closed_at"), LATER)
        connection.execute(sa.insert(ChunkRow).values(counts | names | times))
        connection.execute(sa.update(FeedbackRow).values(chunk_id=1))
    store.withdraw("gone")
    assert prune_withdrawn(database, LATER, dry_run=False) == 0


def test_the_newest_row_stays_so_that_its_number_is_never_given_again(store, database):
    store.add([NewRating("gone", "a", 4)])
    store.withdraw("gone")
    assert prune_withdrawn(database, LATER, dry_run=False) == 0
    store.add([NewRating("gone", "b", 5)])  # must not get the number that the withdrawal covers
    assert [each.movie_id for each in store.of_user("gone")] == ["b"]
    assert prune_withdrawn(database, LATER, dry_run=False) == 1


def test_a_withdrawal_that_a_later_one_covers_goes_and_the_user_stays_erased(store, database):
    store.withdraw("u", "a")
    store.withdraw("u", "b")
    store.withdraw("other", "a")
    store.withdraw("u")
    before = store.feedback_of("u").withdrawn
    assert prune_superseded(database, LATER, dry_run=False) == 2
    assert n_rows(database, WithdrawalRow) == 2
    assert store.feedback_of("u").withdrawn.everything_at == before.everything_at
    assert "a" in store.feedback_of("other").withdrawn.movies_at
    assert store.newest_withdrawal() == 4
