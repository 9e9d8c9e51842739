from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from matinee.schedule import cron, grace_time
from matinee.settings import Settings


@pytest.mark.parametrize(
    ("schedule", "grace", "expected"),
    [
        ("auto", "1h", "0 1 * * *"),
        ("auto", "90m", "30 1 * * *"),
        ("auto", "0m", "0 0 * * *"),
        ("auto", "26h", "0 2 * * *"),
        ("30 4 * * 1", "1h", "30 4 * * 1"),
        ("@hourly", "1h", "@hourly"),
        ("off", "1h", None),
    ],
)
def test_the_daily_dag_runs_when_a_day_and_its_grace_are_over_unless_somebody_says_when(schedule, grace, expected):
    assert cron(schedule, grace, "UTC") == expected


@pytest.mark.parametrize(
    ("timezone", "grace", "expected"),
    [
        ("Africa/Cairo", "1h", "0 2 * * *"),  # from midnight to 1 o'clock, once a year
        ("Asia/Seoul", "1h", "0 1 * * *"),
        ("Europe/Berlin", "1h", "0 1 * * *"),
        ("Europe/Berlin", "3h", "0 4 * * *"),
    ],
)
def test_where_clocks_jump_ahead_meanwhile_the_dag_runs_later(timezone, grace, expected):
    assert cron("auto", grace, timezone) == expected


@pytest.mark.parametrize("grace", ["0m", "30m", "1h", "150m", "3h", "23h", "26h"])
@pytest.mark.parametrize(
    "zone", ["Africa/Cairo", "America/Havana", "Asia/Beirut", "Australia/Lord_Howe", "Europe/Berlin", "UTC"]
)
def test_on_every_day_the_dag_runs_when_the_day_before_is_over_and_no_more_than_two_hours_later(zone, grace):
    minute, hour, *_ = str(cron("auto", grace, zone)).split()
    today, at = datetime.now(UTC).date(), time(int(hour), int(minute))
    for n_days in range(2 * 365):
        day = today + timedelta(days=n_days)
        over = datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC) + grace_time(grace)
        runs = [datetime.combine(day + timedelta(days=later), at, ZoneInfo(zone)).astimezone(UTC) for later in range(4)]
        assert any(over <= run <= over + timedelta(hours=2) for run in runs), day


def test_a_grace_is_in_minutes_or_hours():
    assert (grace_time("90m"), grace_time("2h")) == (timedelta(minutes=90), timedelta(hours=2))


@pytest.mark.parametrize(
    "wrong",
    [{"timezone": "Mars/Base"}, {"timezone": "../etc"}, {"grace": "1d"}, {"grace": "-1h"}, {"schedule": "noon"}],
)
def test_what_is_no_time_zone_grace_or_schedule_is_refused(wrong):
    with pytest.raises(ValidationError):
        Settings(_env_file=None, **wrong)
