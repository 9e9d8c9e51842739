"""Which stretch of the source's time line a chunk covers: half-open, contiguous, each with at least one rating."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import polars as pl

from matinee.ratings.sources.source import Source
from matinee.settings import Settings

DEFAULT_BOOTSTRAP_OF_100K = timedelta(days=60)
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Period:
    """`starts_at <= rated_at < ends_at`; empty for a chunk of live ratings only."""

    starts_at: datetime
    ends_at: datetime


def first_period(settings: Settings, source: Source) -> Period:
    """The bootstrap history: whole days from the first rating's day on.

    `auto` is 60 days for ml-100k, else it goes to the end of the day of the middle rating.
    """
    starts_at = _midnight(source.first_rated_at)
    if settings.bootstrap != "auto":
        return Period(starts_at, starts_at + timedelta(days=int(settings.bootstrap.removesuffix("d"))))
    if source.form == "u.data":
        return Period(starts_at, starts_at + DEFAULT_BOOTSTRAP_OF_100K)
    middle = pl.scan_parquet(source.ratings_path).select("rated_at").slice(source.n_ratings // 2, 1).collect().item()
    return Period(starts_at, _midnight(middle) + _DAY)


def next_period(settings: Settings, source: Source, ends_at: datetime) -> Period | None:
    """What follows `ends_at`, as many whole periods as it takes to reach a rating; None when there is none left."""
    rated_at = pl.col("rated_at")
    upcoming = pl.scan_parquet(source.ratings_path).select(rated_at).filter(rated_at >= ends_at).first().collect()
    if upcoming.is_empty():
        return None
    n_periods = (upcoming.item() - ends_at) // settings.period + 1
    return Period(ends_at, ends_at + n_periods * settings.period)


def _midnight(time: datetime) -> datetime:
    return time.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
