"""Days of a time zone, and periods of whole days.

A day begins where its date begins on the clocks of the zone: it has 23 or 25 hours when these are changed, and where
they jump over midnight it begins with the first moment of its date.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from matinee.settings import Settings


@dataclass(frozen=True)
class Calendar:
    """Days of the zone `timezone`, and periods of `n_days` of them."""

    timezone: str
    n_days: int

    @classmethod
    def of(cls, settings: Settings) -> "Calendar":
        """The calendar that the settings name."""
        return cls(settings.timezone, settings.period.days)

    def day_of(self, instant: datetime) -> date:
        """Date of an instant."""
        return instant.astimezone(self._zone).date()

    def begin_of(self, day: date) -> datetime:
        """First instant of a day, in UTC."""
        return datetime.combine(day, time(), self._zone).astimezone(UTC)

    def after(self, instant: datetime, n_days: int) -> datetime:
        """Begin of the day that is `n_days` after the day of an instant."""
        return self.begin_of(self.day_of(instant) + timedelta(days=n_days))

    def period_end(self, starts_at: datetime, reaching: datetime) -> datetime:
        """End of what begins at `starts_at` and has as many whole periods as it takes to have `reaching` in it."""
        n_days = (self.day_of(reaching) - self.day_of(starts_at)).days
        return self.after(starts_at, (n_days // self.n_days + 1) * self.n_days)

    @cached_property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)
