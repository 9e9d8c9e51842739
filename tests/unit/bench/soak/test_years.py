"""A day of an old home is compared with the same day of a fresh one."""

import pytest

from matinee.bench.soak.years import ratio


def test_days_are_compared_one_by_one_when_both_homes_have_settled_and_a_slow_one_changes_nothing():
    fresh = [{"train": 1.0, "prune": 0.0}, {"train": 0.1, "prune": 0.1}, {"train": 2.0}, {"train": 4.0}, {"train": 3.0}]
    old = [
        {"train": 90.0},
        {"train": 90.0},
        {"train": 2.0, "prune": 0.2},
        {"train": 4.4, "prune": 0.4},
        {"train": 90.0},
    ]
    assert ratio(old, fresh) == pytest.approx(1.2)
    with pytest.raises(ValueError, match="zip"):
        ratio(old[1:], fresh)
