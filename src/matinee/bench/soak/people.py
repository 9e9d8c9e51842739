"""People of a simulated home: what they say on a day, and what must be known of it for ever after."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from matinee.bench.data import Shape, generate, write
from matinee.clients.api import Client
from matinee.clients.schemas.ratings import Rating
from matinee.errors import MatineeError

RATINGS_A_DAY = 465
"""Of ml-100k: 100,000 in 215 days."""
BOOTSTRAP_RATINGS, BOOTSTRAP_DAYS = 30_000, 60
RATINGS_A_USER = 106

BATCH = 20
CORRECTED, WITHDRAWN_A_DAY, DAYS_BETWEEN_ERASURES = 0.03, 4, 10
LISTS_A_DAY = 60
"""Recommendations that people ask for."""

Pair = tuple[str, str]
Event = tuple[str, str, int]
"""Who rated what, and when, in seconds."""


@dataclass
class Truth:
    """What was acknowledged."""

    events: Counter[Event] = field(default_factory=Counter)
    """Each acknowledged rating once."""
    withdrawn: set[Event] = field(default_factory=set)
    """Of these, what was taken back since: it may be kept or not, but it counts no more."""
    latest: dict[Pair, float] = field(default_factory=dict)
    """What counts of each user and movie."""
    of_user: dict[str, set[Event]] = field(default_factory=dict)

    def rated(self, rating: Rating) -> None:
        """Note a rating that was acknowledged."""
        event = (rating.user_id, rating.movie_id, int(rating.rated_at.timestamp()) if rating.rated_at else 0)
        self.events[event] = 1
        self.of_user.setdefault(rating.user_id, set()).add(event)
        self.latest[rating.user_id, rating.movie_id] = rating.rating

    def took_back(self, user_id: str, movie_id: str | None) -> None:
        """Note that a user took back one rating, or all."""
        gone = {each for each in self.of_user.get(user_id, ()) if movie_id in (None, each[1])}
        self.withdrawn |= gone
        for _, movie, _ in gone:
            self.latest.pop((user_id, movie), None)


class People:
    """Everybody who rates; the same seed says the same."""

    def __init__(self, folder: Path, n_days: int, starts_at: datetime, seed: int = 0) -> None:
        """Write what was rated before `starts_at` to `folder`, as a home's source, and keep the rest for its days."""
        n_ratings = BOOTSTRAP_RATINGS + RATINGS_A_DAY * (n_days + 1)
        shape = Shape(max(943, n_ratings // RATINGS_A_USER), 1_682, int(n_ratings * 1.1))
        self.truth, self._random = Truth(), np.random.default_rng(seed)
        rows = generate(shape, seed).cast({"user_id": pl.String, "movie_id": pl.String})
        _, self.movies_path = write(Shape(30, shape.n_movies, 1_000), folder, seed)
        self.ratings_path = folder / "before.parquet"
        before, self._rest = rows[:BOOTSTRAP_RATINGS], rows[BOOTSTRAP_RATINGS:]
        moments = np.sort(self._random.uniform(0, BOOTSTRAP_DAYS * 86_400 - 60, before.height))
        began = starts_at - timedelta(days=BOOTSTRAP_DAYS)
        times = pl.Series([began + timedelta(seconds=float(each)) for each in moments])
        before.with_columns(rated_at=times).write_parquet(self.ratings_path)
        self._n_said = 0

    def new_ratings(self, n: int, now: datetime) -> Iterator[list[Rating]]:
        """The next `n` ratings, some of them corrections of earlier ones, as batches that end at `now`."""
        rows = self._rest[self._n_said : self._n_said + n]
        self._n_said += n
        said = [(user, movie, rating) for user, movie, rating in rows.select("user_id", "movie_id", "rating").rows()]
        known = list(self.truth.latest)
        corrected = self._random.integers(0, len(known), int(n * CORRECTED)) if known else ()
        said += [(*known[chosen], float(self._random.integers(1, 6))) for chosen in corrected]
        for first in range(0, len(said), BATCH):
            yield [
                Rating(user_id=user, movie_id=movie, rating=rating, rated_at=_second(now, len(said) - first - position))
                for position, (user, movie, rating) in enumerate(said[first : first + BATCH])
            ]

    def speak(self, clients: Sequence[Client], n: int, now: datetime) -> None:
        """Have `n` ratings said to each server; every tenth batch is sent twice, as after a lost answer."""
        for number, batch in enumerate(self.new_ratings(n, now)):
            key = f"{int(now.timestamp())}-{number}"
            for client in (*clients, *(clients if number % 10 == 0 else ())):
                client.rate(*batch, idempotency_key=key)
            for rating in batch:
                self.truth.rated(rating)

    def take_back(self, clients: Sequence[Client], day: int) -> None:
        """Have some ratings taken back, and now and then all of a user."""
        known = sorted(self.truth.latest)
        for chosen in self._random.integers(0, len(known), WITHDRAWN_A_DAY):
            user_id, movie_id = known[chosen]
            for client in clients:
                client.withdraw(user_id, movie_id)
            self.truth.took_back(user_id, movie_id)
        if day % DAYS_BETWEEN_ERASURES == 0:
            user_id, _ = known[self._random.integers(0, len(known))]
            for client in clients:
                client.erase(user_id)
            self.truth.took_back(user_id, None)

    def look(self, servers: Sequence[str]) -> None:
        """Have lists asked for by users who are known, each with a connection of its own, which any worker may get.

        Args:
            servers: URLs of API servers.
        """
        users = [user for user, _ in self.truth.latest] or ["nobody"]
        for chosen in self._random.integers(0, len(users), LISTS_A_DAY):
            for server in servers:
                with Client(server) as client:
                    if not client.recommendations(users[chosen]).items:
                        raise MatineeError(f"User {users[chosen]} got no list.", "See the log of the API server.")


def _second(now: datetime, seconds_before: int) -> datetime:
    return (now - timedelta(seconds=seconds_before)).replace(microsecond=0)
