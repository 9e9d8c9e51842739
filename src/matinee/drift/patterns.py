"""What people hardly do and programs do often: most of a day from one user, a day once more, a movie that is pushed."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from math import exp, log

import polars as pl

N_SENSIBLE_RATINGS, N_SENSIBLE_USERS = 20, 5
"""Fewer ratings, or of fewer people, may all be alike or all be of new movies by chance."""

LEAST_SHARE = 1 / 3
"""Share of one user in a chunk that is told."""

RARE = 0.01
"""Share of the past's periods, of which at most as many had somebody with so large a share, for a warning."""

REPEATED_SHARE = 0.5
"""Share of ratings that were all in one earlier chunk, from which a chunk is a repetition."""

N_PUSHING, TIMES_EXPECTED, PUSHED_P_VALUE = 10, 3, 1e-3
"""New users who give one movie the highest rating, how many times the expected number they are, and the p-value."""

_PERIOD = ["chunk_id", "window"]


@dataclass(frozen=True)
class Pushed:
    """A movie to which many new users gave the highest rating."""

    movie_id: str
    n_users: int
    expected: float
    """How many of so many new users would have, if they rated as the users of the past did."""


class Patterns:
    """Patterns of a chunk beside its past.

    Args:
        ratings: of the chunk: `user_id, movie_id, event, rating, chunk_id`; no rating for other events than ratings.
        past: the same of the chunks before, with the period within a first chunk, `window`.
    """

    def __init__(self, ratings: pl.DataFrame, past: pl.DataFrame) -> None:
        self._ratings, self._past = ratings, past

    @cached_property
    def of_new_users(self) -> pl.DataFrame:
        """The chunk's ratings by people who have none in its past."""
        return self._ratings.join(self._of_its_users, on="user_id", how="anti")

    @cached_property
    def _of_its_users(self) -> pl.DataFrame:
        """What the chunk's users rated before: little of a long past."""
        return self._past.join(self._ratings, on="user_id", how="semi")

    @property
    def busiest(self) -> Mapping[str, int]:
        """Ratings of the three users with the most, by id."""
        counted = self._ratings.group_by("user_id").len().sort("len", "user_id", descending=[True, False]).head(3)
        return dict(counted.iter_rows())

    @property
    def share_of_one(self) -> float:
        """Share of the busiest user's ratings; 0 where few people rate anyway."""
        n_users = self._ratings["user_id"].n_unique()
        if self._ratings.height < N_SENSIBLE_RATINGS or n_users < N_SENSIBLE_USERS:
            return 0.0
        return next(iter(self.busiest.values())) / self._ratings.height

    @cached_property
    def share_is_rare(self) -> bool:
        """Whether hardly any period of the past had somebody with so large a share."""
        counts = self._past.group_by(*_PERIOD, "user_id").len()
        periods = counts.group_by(_PERIOD).agg(n=pl.col("len").sum(), most=pl.col("len").max(), users=pl.len())
        sensible = periods.filter(pl.col("n") >= N_SENSIBLE_RATINGS, pl.col("users") >= N_SENSIBLE_USERS)
        n_alike = sensible.filter(pl.col("most") >= self.share_of_one * pl.col("n")).height
        return n_alike <= RARE * sensible.height

    @cached_property
    def repeated(self) -> tuple[int, float] | None:
        """The earlier chunk that holds most of the same ratings and other events, and the share; None of few."""
        if self._ratings.height < N_SENSIBLE_RATINGS or self._past.is_empty():
            return None
        said = ["user_id", "movie_id", "event", "rating"]  # which is null for other events than ratings
        same = self._of_its_users.join(self._ratings, on=said, how="semi", nulls_equal=True)
        of_chunks = same.group_by("chunk_id").agg(n=pl.struct("user_id", "movie_id", "event").n_unique())
        counted = of_chunks.sort("n", "chunk_id")
        return (counted["chunk_id"][-1], counted["n"][-1] / self._ratings.height) if counted.height else None

    @cached_property
    def pushed(self) -> list[Pushed]:
        """Movies to which more new users gave the highest rating than can be chance, the most surprising first.

        How many do is compared with a Poisson variable by Chernoff's bound, P(X ≥ n) ≤ exp(n - λ - n log(n/λ)), and
        with Bonferroni's correction for the number of movies.
        """
        highest = max((each for each in (self._ratings["rating"].max(), self._past["rating"].max()) if each), default=0)
        new = self.of_new_users
        n_new = new["user_id"].n_unique()
        if n_new < N_PUSHING or self._past.is_empty():
            return []
        n_past = self._past["user_id"].n_unique()
        at_top = new.filter(rating=highest).group_by("movie_id").agg(n=pl.col("user_id").n_unique())
        before = self._past.filter(rating=highest).join(at_top, on="movie_id", how="semi")
        known = dict(before.group_by("movie_id").agg(pl.col("user_id").n_unique()).iter_rows())
        found = [
            Pushed(movie_id, n, n_new * (known.get(movie_id, 0) + 1) / (n_past + 1))
            for movie_id, n in at_top.iter_rows()
        ]
        n_movies = self._ratings["movie_id"].n_unique()
        unlikely = [each for each in found if _is_pushed(each, n_movies)]
        return sorted(unlikely, key=lambda each: (each.expected / each.n_users, each.movie_id))


def _is_pushed(found: Pushed, n_movies: int) -> bool:
    n, expected = found.n_users, found.expected
    if n < N_PUSHING or n < TIMES_EXPECTED * expected:
        return False
    return n_movies * exp(n - expected - n * log(n / expected)) <= PUSHED_P_VALUE
