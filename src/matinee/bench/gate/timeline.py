"""The days of a data set, one after another, as the loop takes them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl

from matinee.evaluation.sample import MOST_RATINGS
from matinee.evaluation.split import Case, Split, cases
from matinee.models.base import Interactions
from matinee.ratings.ledger.periods import replayed
from matinee.ratings.sources.source import prepare
from matinee.settings import Settings

DAYS = 150
"""Looks of a history."""


@dataclass(frozen=True)
class Timeline:
    """Ratings of a data set and where its days begin."""

    name: str
    cache: Path
    """Folder for what takes long to find out."""
    ratings: pl.DataFrame
    """`user_id, movie_id, rating, rated_at`, in order of time."""
    movies: pl.DataFrame
    """`movie_id, title, year, genres` of the catalogue."""
    starts_at: datetime
    """End of the bootstrap."""
    positive_rating: float
    most_refitted: int
    """Of more ratings, the second question is asked of a sample of the people (`evaluation.sample`)."""
    day: timedelta = timedelta(days=1)
    """How long one is."""

    @classmethod
    def of(cls, settings: Settings, most_refitted: int = MOST_RATINGS) -> "Timeline":
        """The data set of the settings."""
        source = prepare(settings)
        return cls(
            name=Path(settings.data).name,
            cache=settings.home / "bench",
            ratings=source.ratings().select("user_id", "movie_id", "rating", "rated_at").sort("rated_at"),
            movies=source.movies(),
            starts_at=next(replayed(settings, source)).ends_at,
            positive_rating=settings.positive_rating,
            most_refitted=most_refitted,
        )

    @property
    def movie_ids(self) -> Sequence[str]:
        """The catalogue."""
        return list(self.movies["movie_id"])

    def begins(self, day: int) -> datetime:
        """When a day begins; day 0 follows the bootstrap."""
        return self.starts_at + day * self.day

    def split(self, day: int) -> Split:
        """What came before a day, and the day itself."""
        rated_at, (start, end) = pl.col("rated_at"), (self.begins(day), self.begins(day + 1))
        return Split(
            self.ratings.filter(rated_at < start), self.ratings.filter(rated_at.is_between(start, end, "left"))
        )

    def cases(self, split: Split) -> Sequence[Case]:
        """Whom models can be compared on."""
        return list(cases(of_its_people(split), self.positive_rating))

    def interactions(self, ratings: pl.DataFrame, through: datetime) -> Interactions:
        """Ratings as an algorithm takes them."""
        return Interactions.from_ratings(ratings, list(self.movie_ids), self.positive_rating, through)


def of_its_people(split: Split) -> Split:
    """A chunk and what its users did before it; nobody else's past."""
    return Split(split.past.join(split.holdout, on="user_id", how="semi"), split.holdout)
