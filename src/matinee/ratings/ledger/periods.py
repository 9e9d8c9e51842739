"""Which periods a run takes: contiguous, each over before it is taken, each with at least one rating.

Old data are a replay: one period a run, as if it had just ended. A live home has the wall clock and takes all that is
over. A home is live from when its source has ratings of these days, or its replay has caught up, and stays so.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import polars as pl

from matinee import clock
from matinee.ratings.ledger.calendar import Calendar
from matinee.ratings.sources import Source
from matinee.schedule import grace_time
from matinee.settings import Settings

DEFAULT_BOOTSTRAP_OF_100K = 60
"""Days."""

NEAR = timedelta(days=7)
"""A source whose newest rating is at most this, and one period, old reaches the present: exports come weekly."""

Mode = Literal["replay", "live"]
"""The clock of a home: that of a replay stands at the end of the newest chunk, plus the time since it was taken."""


@dataclass(frozen=True)
class Period:
    """`starts_at <= rated_at < ends_at`; empty for a chunk of live or of late ratings only."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class Plan:
    """What a run takes."""

    mode: Mode
    periods: tuple[Period, ...] = ()
    not_over: datetime | None = None
    """When nothing is taken because a period is not over yet: when it ends."""


@dataclass(frozen=True)
class Present:
    """What a plan is made from."""

    calendar: Calendar
    now: datetime
    grace: timedelta

    @classmethod
    def of(cls, settings: Settings) -> "Present":
        """What time it is, as the settings see it."""
        return cls(Calendar.of(settings), clock.now(), grace_time(settings.grace))

    @property
    def over(self) -> datetime:
        """Periods that end until here may be taken."""
        return self.now - self.grace

    @property
    def today(self) -> datetime:
        """Begin of the first day that is not over, with its grace."""
        return self.calendar.after(self.over, 0)

    def is_long_before(self, ends_at: datetime) -> bool:
        """Whether a chunk ends so far ahead that days would be lost by waiting for that."""
        return ends_at > self.calendar.after(self.now, 1 + self.calendar.n_days)

    def reaches(self, rated_at: datetime | None) -> bool:
        """Whether a source whose newest rating is of that time has ratings of these days."""
        return rated_at is not None and rated_at >= self.now - NEAR - timedelta(days=self.calendar.n_days)


def plan_first(settings: Settings, source: Source, present: Present) -> Plan:
    """The bootstrap history: whole days from the first rating's day on, all of them over.

    `auto` is 60 days for ml-100k, all days that are over for a source that reaches the present, and else goes to the
    end of the day of the middle rating.
    """
    calendar = present.calendar
    starts_at = calendar.after(source.first_rated_at, 0)
    mode: Mode = "live" if present.reaches(newest(source, present.now)) else "replay"
    ends_at = min(_bootstrap_end(settings, source, present, mode), present.today)
    if ends_at <= starts_at:
        return Plan(mode, not_over=calendar.period_end(starts_at, starts_at))
    return Plan(mode, (Period(starts_at, ends_at),))


def plan_replay(ends_at: datetime, present: Present, upcoming: datetime | None, *, feedback_waits: bool) -> Plan:
    """The next period of a replay; its mode is `live` when what follows is not over yet.

    Args:
        ends_at: of the newest chunk.
        present: the wall clock.
        upcoming: time of the source's first rating from there on.
        feedback_waits: whether people have rated live since; after the end of the data this makes a chunk of its own.
    """
    if upcoming is None:
        return Plan("replay", (Period(ends_at, ends_at),) if feedback_waits else ())
    end = present.calendar.period_end(ends_at, upcoming)
    if end > present.over:
        return Plan("live")
    has_caught_up = present.calendar.period_end(end, end) > present.over
    return Plan("live" if has_caught_up else "replay", (Period(ends_at, end),))


def plan_live(ends_at: datetime, present: Present, upcoming: Callable[[datetime], datetime | None]) -> Plan:
    """All periods with ratings that are over.

    Args:
        ends_at: of the newest chunk.
        present: the wall clock.
        upcoming: gives the time of the first rating from a time on that no chunk has, in the source or live.
    """
    periods: list[Period] = []
    rated_at = upcoming(ends_at)
    while rated_at is not None and (end := present.calendar.period_end(ends_at, rated_at)) <= present.over:
        periods.append(Period(ends_at, end))
        ends_at, rated_at = end, upcoming(end)
    if periods:
        return Plan("live", tuple(periods))
    end = present.calendar.period_end(ends_at, ends_at if rated_at is None else rated_at)
    return Plan("live", not_over=end if end > present.over else None)


def plan_late(ends_at: datetime, present: Present, *, waits: bool) -> Plan:
    """A chunk of late ratings only, for a home whose newest chunk ends far ahead: its clock was wrong, or ours is.

    Args:
        ends_at: of the newest chunk.
        present: the wall clock.
        waits: whether there are ratings of days that are over.
    """
    if waits:
        return Plan("live", (Period(ends_at, ends_at),))
    return Plan("live", not_over=present.calendar.after(present.over, 1))


def replayed(settings: Settings, source: Source) -> Iterator[Period]:
    """All periods of a replay that begins with nothing, in order; what is not over yet is left out."""
    present = Present.of(settings)
    calendar = present.calendar
    period = Period(calendar.after(source.first_rated_at, 0), _bootstrap_end(settings, source, present, "replay"))
    while period.ends_at <= present.over:
        yield period
        upcoming = upcoming_in(source, period.ends_at)
        if upcoming is None:
            return
        period = Period(period.ends_at, calendar.period_end(period.ends_at, upcoming))


def newest(source: Source, now: datetime) -> datetime | None:
    """Time of the source's newest rating that is not dated ahead."""
    times = pl.scan_parquet(source.ratings_path).select(pl.col("rated_at").filter(pl.col("rated_at") <= now).max())
    found: datetime | None = times.collect().item()
    return found


def upcoming_in(source: Source, since: datetime) -> datetime | None:
    """Time of the source's first rating from `since` on."""
    times = pl.scan_parquet(source.ratings_path).select(pl.col("rated_at").filter(pl.col("rated_at") >= since).min())
    found: datetime | None = times.collect().item()
    return found


def _bootstrap_end(settings: Settings, source: Source, present: Present, mode: Mode) -> datetime:
    calendar = present.calendar
    if settings.bootstrap != "auto":
        return calendar.after(source.first_rated_at, int(settings.bootstrap.removesuffix("d")))
    if source.form == "u.data":
        return calendar.after(source.first_rated_at, DEFAULT_BOOTSTRAP_OF_100K)
    if mode == "live":
        return present.today
    return calendar.after(_middle(source, present.now), 1)


def _middle(source: Source, now: datetime) -> datetime:
    """Time of the middle rating of those that are not dated ahead; of the first one when all are."""
    passed = pl.scan_parquet(source.ratings_path).select("rated_at").filter(pl.col("rated_at") <= now)
    times = passed.collect()["rated_at"]
    middle: datetime = times[len(times) // 2] if len(times) else source.first_rated_at
    return middle
