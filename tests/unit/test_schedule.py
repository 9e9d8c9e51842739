from datetime import timedelta

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
    assert cron(schedule, grace) == expected


def test_a_grace_is_in_minutes_or_hours():
    assert (grace_time("90m"), grace_time("2h")) == (timedelta(minutes=90), timedelta(hours=2))


@pytest.mark.parametrize(
    "wrong",
    [{"timezone": "Mars/Base"}, {"timezone": "../etc"}, {"grace": "1d"}, {"grace": "-1h"}, {"schedule": "noon"}],
)
def test_what_is_no_time_zone_grace_or_schedule_is_refused(wrong):
    with pytest.raises(ValidationError):
        Settings(_env_file=None, **wrong)
