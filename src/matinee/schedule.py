"""When days begin, how long they may be waited for, and when the daily DAG runs: what the settings say of time."""

from datetime import datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field


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


def cron(schedule: Schedule, grace: Grace) -> str | None:
    """When `train_model` runs, in the time zone of the settings; None when nobody but people start it.

    `auto` is each day when the day before and its grace are over, `off` never.
    """
    if schedule != "auto":
        return None if schedule == "off" else schedule
    at = datetime.min + grace_time(grace)  # noqa: DTZ901  a time of any day
    return f"{at.minute} {at.hour} * * *"
