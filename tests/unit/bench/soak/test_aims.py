"""What fails a soak."""

import pytest

from matinee.bench.soak.aims import missed

GOOD = {"days": 1_096, "home_gb": 1.9, "day_s_ratio": 1.2, "rss_growth": 0.05, "lost": 0, "doubled": 0}


def test_a_soak_that_reaches_everything_misses_nothing():
    assert missed(GOOD) == []


@pytest.mark.parametrize(
    ("name", "value"), [("home_gb", 2.1), ("day_s_ratio", 1.21), ("rss_growth", 0.06), ("lost", 1), ("doubled", 1)]
)
def test_a_long_soak_is_failed_by_each_figure(name, value):
    assert missed(GOOD | {name: value}) == [name]


@pytest.mark.parametrize(("name", "value"), [("day_s_ratio", 3.0), ("rss_growth", 0.5), ("rss_growth", None)])
def test_a_short_soak_is_not_failed_by_what_a_busy_machine_or_a_short_life_makes(name, value):
    assert missed(GOOD | {"days": 60, name: value}) == []


@pytest.mark.parametrize("name", ["lost", "doubled"])
def test_a_short_soak_is_failed_by_what_is_lost_or_doubled(name):
    assert missed(GOOD | {"days": 60, name: 1}) == [name]
