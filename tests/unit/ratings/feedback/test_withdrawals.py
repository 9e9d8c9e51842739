"""What was taken back, found from the withdrawals, is what each row says of itself."""

import random
from collections.abc import Callable
from datetime import UTC, datetime

import polars as pl
import pytest
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Session

from matinee.ratings.database import FeedbackRow, WithdrawalRow, engine, writing
from matinee.ratings.feedback.store import FeedbackStore, NewRating
from matinee.ratings.feedback.withdrawals import _COVERED_IDS, IS_WITHDRAWN, _read, withdrawals
from matinee.settings import Settings

pytestmark = pytest.mark.either


@pytest.mark.parametrize("seed", range(5))
def test_the_covered_rows_are_those_that_somebody_took_back(settings, seed):
    store, source = FeedbackStore(settings), random.Random(seed)  # noqa: S311  no secret
    for _ in range(120):
        user_id, movie_id = source.choice("abc"), source.choice("wxyz")
        match source.randrange(8):
            case 0:
                store.withdraw(user_id, movie_id)
            case 1 if source.random() < 0.3:
                store.withdraw(user_id)
            case _:
                store.add([NewRating(user_id, movie_id, float(source.randint(1, 5)))])
    with Session(engine(settings)) as session:
        found = set(session.scalars(_COVERED_IDS)) - {None}
        assert found == set(session.scalars(sa.select(FeedbackRow.id).where(IS_WITHDRAWN)))
        assert 0 < len(found) < store.count()


@pytest.mark.parametrize("seed", range(5))
def test_what_is_known_of_them_is_what_there_is_after_each_change(settings, seed):
    store, database, source = FeedbackStore(settings), engine(settings), random.Random(seed)  # noqa: S311  no secret
    given_at = datetime(2026, 1, 1, tzinfo=UTC)
    n_covered = set()
    for _ in range(60):
        user_id, movie_id = source.choice("abc"), source.choice("wxyz")
        match source.randrange(8):
            case 0 | 1:
                store.withdraw(user_id, movie_id)
            case 2 if source.random() < 0.3:
                store.withdraw(user_id)
            case 4:  # as `prune` does with what a later one covers; there are as many as before
                with writing(database) as session:
                    oldest = sa.select(sa.func.min(WithdrawalRow.id)).scalar_subquery()
                    n_pruned = session.execute(sa.delete(WithdrawalRow).where(WithdrawalRow.id == oldest)).rowcount
                if n_pruned:
                    store.withdraw(user_id, movie_id)
            case 3:  # as `prune` does; the next one that is stored has the same id
                with writing(database) as session:
                    newest = sa.select(sa.func.max(FeedbackRow.id)).scalar_subquery()
                    session.execute(sa.delete(FeedbackRow).where(FeedbackRow.id == newest))
                store.add([NewRating(user_id, movie_id, 3.0, given_at)])
            case _:  # often the same once more
                store.add([NewRating(user_id, movie_id, float(source.randint(4, 5)), given_at)])
        known = withdrawals(database)
        with Session(database) as session:
            there = _read(session)
        assert known.times.sort(pl.all()).equals(there.times.sort(pl.all()))
        assert known.events.sort(pl.all()).equals(there.events.sort(pl.all()))
        assert withdrawals(database) is known
        n_covered.add(known.events.height)
    assert len(n_covered) > 3


def _sqlite_steps(settings: Settings, ask: Callable[[], object]) -> int:
    """Instructions, in hundreds, that SQLite carries out for what is asked."""
    steps = []

    def count(connection, *_):
        connection.set_progress_handler(lambda: steps.append(1), 100)

    event.listen(engine(settings), "checkout", count)
    ask()
    event.remove(engine(settings), "checkout", count)
    return len(steps)


def test_who_changes_their_mind_a_thousand_times_waits_no_longer_for_each_time(tmp_path):
    settings = Settings(home=tmp_path, _env_file=None)
    store, steps = FeedbackStore(settings), []
    for n_before in (0, 200):
        for number in range(n_before, n_before + 200):
            store.add([NewRating("u", f"m{number}", 3.0)])
            store.watch("u", f"m{number}", is_listed=True)
            store.watch("u", f"m{number}", is_listed=False)
            store.withdraw("u", f"m{number}")
        steps.append(_sqlite_steps(settings, lambda: store.feedback_of("u")))
    assert 0 < steps[1] < 3 * steps[0]  # twice as much to look at; four times where each row looks at all others
