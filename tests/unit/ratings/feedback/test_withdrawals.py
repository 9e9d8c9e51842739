"""What was taken back, found from the withdrawals, is what each row says of itself."""

import random

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from matinee.ratings.database import FeedbackRow, engine
from matinee.ratings.feedback.store import FeedbackStore, NewRating
from matinee.ratings.feedback.withdrawals import _COVERED_IDS, IS_WITHDRAWN


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
        found = set(session.scalars(_COVERED_IDS))
        assert found == set(session.scalars(sa.select(FeedbackRow.id).where(IS_WITHDRAWN)))
        assert 0 < len(found) < store.count()
