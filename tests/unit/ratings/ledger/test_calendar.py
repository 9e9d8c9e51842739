"""Days and periods of any time zone, across changes of the clocks and leap days."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matinee.ratings.ledger.calendar import Calendar

ZONES = (
    *("UTC", "Europe/Berlin", "America/New_York", "America/Sao_Paulo", "Asia/Beirut", "Asia/Seoul"),
    *("Australia/Lord_Howe", "Africa/Casablanca", "America/Havana"),
)
calendars = st.builds(Calendar, st.sampled_from(ZONES), st.sampled_from([1, 7, 30]))
instants = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  hypothesis wants naive bounds


@given(calendars, instants)
def test_an_instant_is_in_the_day_of_its_date(calendar, instant):
    begin, end = calendar.after(instant, 0), calendar.after(instant, 1)
    assert begin <= instant < end
    assert calendar.day_of(begin) == calendar.day_of(instant)
    assert calendar.day_of(begin - timedelta(seconds=1)) < calendar.day_of(instant)


@given(calendars, instants, instants)
def test_a_period_has_what_it_reaches_and_is_no_longer_than_it_takes(calendar, one, other):
    starts_at, reached = calendar.after(min(one, other), 0), max(one, other)
    end = calendar.period_end(starts_at, reached)
    n_days = (calendar.day_of(end) - calendar.day_of(starts_at)).days
    assert reached < end
    assert n_days % calendar.n_days == 0
    assert calendar.after(end, -calendar.n_days) <= reached
    assert calendar.day_of(end - timedelta(microseconds=1)) < calendar.day_of(end)


@given(calendars, instants, st.integers(1, 20))
def test_periods_follow_each_other_without_gap_or_overlap(calendar, instant, n_periods):
    ends = [calendar.after(instant, 0)]
    for _ in range(n_periods):
        ends.append(calendar.period_end(ends[-1], ends[-1]))
    assert ends == sorted(set(ends))
    assert (calendar.day_of(ends[-1]) - calendar.day_of(ends[0])).days == n_periods * calendar.n_days


@given(calendars, instants, st.sampled_from(ZONES))
def test_a_period_goes_on_from_where_the_last_one_ended_when_the_zone_is_changed(calendar, instant, zone):
    ended = Calendar(zone, calendar.n_days).after(instant, 0)
    assert ended < calendar.period_end(ended, ended) <= ended + timedelta(days=calendar.n_days + 1)


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", date(2026, 3, 29), 23),
        ("Europe/Berlin", date(2026, 10, 25), 25),
        ("America/Sao_Paulo", date(2018, 11, 4), 23),
        ("America/Havana", date(2026, 11, 1), 25),
        ("UTC", date(2024, 2, 29), 24),
    ],
)
def test_a_day_is_as_long_as_the_clocks_make_it(zone, day, hours):
    calendar = Calendar(zone, 1)
    begin = calendar.begin_of(day)
    assert calendar.after(begin, 1) - begin == timedelta(hours=hours)


def test_where_clocks_jump_over_midnight_the_day_begins_with_its_first_moment():
    begin = Calendar("America/Sao_Paulo", 1).begin_of(date(2018, 11, 4))
    assert begin.astimezone(ZoneInfo("America/Sao_Paulo")).isoformat() == "2018-11-04T01:00:00-02:00"


def test_thirty_days_over_a_leap_day_are_thirty_days():
    calendar = Calendar("UTC", 30)
    assert calendar.period_end(*[datetime(2024, 2, 1, tzinfo=UTC)] * 2) == datetime(2024, 3, 2, tzinfo=UTC)
