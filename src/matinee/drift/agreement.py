"""Whether a chunk rates the movies that its ids name: good ones high and bad ones low, as they were rated before.

Movies of a chunk whose ids were mixed up are as popular and as much liked as before, so no distribution shows it. What
is lost is the correlation, over the chunk's movies, of how each is rated there and how it was rated before.
"""

from dataclasses import dataclass
from functools import cached_property
from math import isfinite, sqrt
from statistics import median

import polars as pl

from matinee.drift.patterns import N_SENSIBLE_RATINGS, N_SENSIBLE_USERS

CHANCE = 2.0
"""Standard deviations below which a correlation is like that of mixed-up ids, of which 98 % lie there."""

LEAST_EXPECTED = 5.0
"""Standard deviations that a usual day of so many movies has to reach, or too few movies are there to tell."""

N_CALIBRATING, LEAST_CALIBRATING = 60, 10
"""Newest periods of the past that tell what is usual, and how many of them are needed."""

PRIOR = 10
"""Mean ratings that a movie has before anybody rates it; so one rating says little about it."""

_PERIOD = ["chunk_id", "window"]


@dataclass(frozen=True)
class Agreement:
    """How the ratings of a chunk's movies go with those before."""

    n_movies: int
    correlation: float | None
    """Of what people gave each movie, less what each of them gives on the whole, with its mean before: -1 to 1."""
    usual: float | None
    """Median of the periods before, each beside all others."""

    @property
    def is_asked(self) -> bool:
        """Whether there are movies enough to tell usual ratings from those of mixed-up ids."""
        return self.correlation is not None and (self.usual or 0.0) * self._scale >= LEAST_EXPECTED

    @property
    def is_lost(self) -> bool:
        """Whether the ratings go with those before no more than they would by chance.

        Of ids that are exchanged at random the correlation has mean 0 and variance 1 / (n_movies - 1), whatever the
        ratings are (Hoeffding, 1951).
        """
        return self.is_asked and (self.correlation or 0.0) * self._scale < CHANCE

    def told(self) -> dict[str, float | str | None]:
        """What was found, for whoever looks: `not asked`, `lost` or `usual`, with the numbers."""
        outcome = ("lost" if self.is_lost else "usual") if self.is_asked else "not asked"
        return {"outcome": outcome, **vars(self)}

    @property
    def _scale(self) -> float:
        return sqrt(max(self.n_movies - 1, 0))


class Agreements:
    """Those of a chunk and of its past.

    Args:
        ratings: of the chunk: `user_id, movie_id, rating, chunk_id, window`; null for other events.
        past: the same of the chunks before.
    """

    def __init__(self, ratings: pl.DataFrame, past: pl.DataFrame) -> None:
        self._ratings, self._past = _rated(ratings), _rated(past)

    @cached_property
    def of_chunk(self) -> Agreement:
        """That of the chunk."""
        own = [] if self._past.is_empty() else self._correlations(self._ratings, 0)
        n_movies = self._ratings["movie_id"].n_unique()
        usual = self._usual() if len(own) else None
        return Agreement(n_movies, own[0] if len(own) else None, usual)

    def _usual(self) -> float | None:
        periods = self._past.group_by(_PERIOD).len().sort(_PERIOD)
        chunk_id, window, _ = periods.tail(N_CALIBRATING).row(0)
        in_first = (pl.col("chunk_id") == chunk_id) & (pl.col("window") >= window)
        found = self._correlations(self._past.filter(in_first | (pl.col("chunk_id") > chunk_id)), 1)
        return median(found) if len(found) >= LEAST_CALIBRATING else None

    def _correlations(self, ratings: pl.DataFrame, n_known: int) -> list[float]:
        """Of each period with enough people; `n_known` is 1 when the past holds these ratings, which are taken out."""
        rating, period = pl.col("rating").cast(pl.Float64), [*_PERIOD, "user_id"]
        is_enough = (pl.len().over(_PERIOD) >= N_SENSIBLE_RATINGS) & (
            pl.col("user_id").n_unique().over(_PERIOD) >= N_SENSIBLE_USERS
        )
        sensible = ratings.filter(is_enough).with_columns(above=rating - rating.mean().over(period))
        movies = sensible.group_by(*_PERIOD, "movie_id").agg(
            n=pl.len().cast(pl.Int64), total=rating.sum(), above=pl.col("above").sum()
        )
        n_before, before = pl.col("n_past") - n_known * pl.col("n"), pl.col("total_past") - n_known * pl.col("total")
        beside = movies.join(self._of_movies, on="movie_id", how="left").with_columns(
            pl.col("n_past", "total_past").fill_null(0)
        )
        compared = beside.select(
            *_PERIOD,
            above=pl.col("above") / pl.col("n").sqrt(),
            before=(before - n_before * self._mean) / (n_before + PRIOR),
        )
        found = compared.group_by(_PERIOD).agg(correlation=pl.corr("above", "before"))["correlation"]
        return [each for each in found.drop_nulls() if isfinite(each)]

    @cached_property
    def _of_movies(self) -> pl.DataFrame:
        rating = pl.col("rating").cast(pl.Float64)
        by_movie = self._past.lazy().group_by("movie_id")
        found = by_movie.agg(n_past=pl.len().cast(pl.Int64), total_past=rating.sum())
        return found.collect(engine="streaming")  # of millions of ratings a third of the time

    @cached_property
    def _mean(self) -> float:
        return float(self._past["rating"].to_numpy().mean(dtype=float)) if self._past.height else 0.0


def _rated(events: pl.DataFrame) -> pl.DataFrame:
    """Those with a rating: mostly all, which are not copied."""
    return events.drop_nulls("rating") if events["rating"].has_nulls() else events
