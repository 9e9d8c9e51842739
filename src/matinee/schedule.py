"""When days begin, how long they may be waited for, and when the daily DAG runs: what the settings say of time."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field

from matinee import clock

LOOKED_AHEAD_DAYS = 2 * 366
"""In which every change of a zone's clocks that comes each year comes."""


def _known(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"{name!r} is not a name of the IANA time zone database") from error
    return name


TimeZoneName = Annotated[str, AfterValidator(_known)]
Grace = Annotated[str, Field(pattern=r"^\d{1,4}[mh]$")]
Schedule = Annotated[str, Field(pattern=r"^(auto|off|@(hourly|daily|weekly|monthly)|\S+( \S+){4})$")]


def grace_time(grace: Grace) -> timedelta:
    """A grace such as `90m` or `6h`."""
    n = int(grace[:-1])
    return timedelta(hours=n) if grace.endswith("h") else timedelta(minutes=n)


def cron(schedule: Schedule, grace: Grace, timezone: TimeZoneName) -> str | None:
    """When `train_model` runs, in the time zone of the settings; None when nobody but people start it.

    `auto` is each day when the day before and its grace are over, also on the day on which that takes longest by the
    clock: where it jumps ahead meanwhile, what runs an hour too early would take nothing until the day after. `off` is
    never.
    """
    if schedule != "auto":
        return None if schedule == "off" else schedule
    zone, today = ZoneInfo(timezone), clock.now().date()
    days = (today + timedelta(days=n) for n in range(LOOKED_AHEAD_DAYS))
    at = datetime.min + max(_over_at(day, grace_time(grace), zone) for day in days)  # noqa: DTZ901  a time of any day
    return f"{at.minute} {at.hour} * * *"


def _over_at(day: date, grace: timedelta, zone: ZoneInfo) -> timedelta:
    """What the clock shows, from midnight of `day` on, when the day before it and its grace are over."""
    over = datetime.combine(day, time(), zone).astimezone(UTC) + grace
    return over.astimezone(zone).replace(tzinfo=None) - datetime.combine(day, time())
