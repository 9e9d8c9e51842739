"""What fails a soak, and a week of the loop."""

import pytest

from matinee.bench.soak.aims import missed, missed_by_the_loop

GOOD = {"days": 1_096, "home_gb": 1.9, "day_s_ratio": 1.2, "rss_growth": 0.05, "lost": 0, "doubled": 0}
A_GOOD_WEEK = {"days": 7, "home_gb": 1.9, "rss_growth": {"api": 0.05, "mlflow": -0.1}, "lost": 0, "doubled": 0}


def test_a_soak_that_reaches_everything_misses_nothing():
    assert missed(GOOD) == []


@pytest.mark.parametrize(
    ("name", "value"), [("home_gb", 2.1), ("day_s_ratio", 1.21), ("rss_growth", 0.06), ("lost", 1), ("doubled", 1)]
)
def test_a_long_soak_is_failed_by_each_figure(name, value):
    assert missed(GOOD | {name: value}) == [name]


@pytest.mark.parametrize(("name", "value"), [("day_s_ratio", 2.0), ("rss_growth", 0.15), ("rss_growth", None)])
def test_a_short_soak_is_not_failed_by_what_a_busy_machine_or_a_short_life_makes(name, value):
    assert missed(GOOD | {"days": 60, name: value}) == []


@pytest.mark.parametrize(("name", "value"), [("lost", 1), ("doubled", 1), ("day_s_ratio", 2.1), ("rss_growth", 0.16)])
def test_a_short_soak_is_failed_by_what_is_lost_or_doubled_and_by_what_grows_with_its_days(name, value):
    assert missed(GOOD | {"days": 60, name: value}) == [name]


def test_a_week_that_reaches_everything_misses_nothing():
    assert missed_by_the_loop(A_GOOD_WEEK) == []


@pytest.mark.parametrize(("name", "value"), [("home_gb", 2.1), ("lost", 1), ("doubled", 1)])
def test_a_week_is_failed_by_each_figure(name, value):
    assert missed_by_the_loop(A_GOOD_WEEK | {name: value}) == [name]
    assert missed_by_the_loop(A_GOOD_WEEK | {"days": 3, name: value}) == [name]


def test_a_week_is_failed_by_one_process_that_grows_and_fewer_days_are_not():
    grown = {"rss_growth": {"api": 0.01, "postgres": 0.06}}
    assert missed_by_the_loop(A_GOOD_WEEK | grown) == ["rss_growth of postgres"]
    assert missed_by_the_loop(A_GOOD_WEEK | grown | {"days": 6}) == []
