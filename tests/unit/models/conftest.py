"""Small random ratings that every algorithm can be checked on by naive algebra."""

from datetime import UTC, datetime

import numpy as np
import pytest

from matinee.models.interactions import Interactions
from matinee.ranking import Histories

THROUGH = datetime(2020, 2, 1, tzinfo=UTC)
DAY = 86_400


def random_interactions(n_users: int = 30, n_movies: int = 8, seed: int = 0) -> Interactions:
    """Each user has rated some movies, often several at one moment; about half of them with 4 stars or more."""
    random = np.random.default_rng(seed)
    items = [np.flatnonzero(random.random(n_movies) < 0.6) for _ in range(n_users)]
    times = [np.sort(random.integers(0, 6, len(each))) * DAY + int(THROUGH.timestamp()) - 30 * DAY for each in items]
    shuffled = [random.permutation(each) for each in items]
    ordered = [each[np.lexsort((each, moments))] for each, moments in zip(shuffled, times, strict=True)]
    ratings = random.integers(2, 6, sum(map(len, items)))
    histories = Histories(
        offsets=np.cumsum([0, *map(len, items)]),
        items=np.concatenate(ordered).astype(np.int32),
        ratings=ratings.astype(np.float32),
        rated_at=np.concatenate(times),
    )
    users, movies = [f"u{row}" for row in range(n_users)], [f"m{row}" for row in range(n_movies)]
    return Interactions(users, movies, histories, 4.0, THROUGH)


@pytest.fixture
def interactions() -> Interactions:
    return random_interactions()
