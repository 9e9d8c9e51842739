"""One pass over all days says what asking at the end of each day says."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from matinee.evaluation.evidence import ConfidenceSequence, Differences, is_better
from matinee.evaluation.looks import first_better

ALPHA = 0.04


def drawn(seed: int, mean: float, n_users: int, by_user: float = 0.0, by_day: float = 0.02, n_days: int = 60):
    """500 cases of so many users on days of two months, in no order; users and days have effects of their own."""
    random = np.random.default_rng(seed)
    days, users = random.integers(n_days, size=500) * (60 // n_days), random.integers(n_users, size=500)
    of_days, of_users = random.normal(0, by_day, 60), random.normal(0, by_user, n_users)
    values = random.normal(mean, 0.05, 500) + of_days[days] + of_users[users]
    return Differences(np.clip(values, -1, 1), users, days)


def asked_daily(differences: Differences) -> int | None:
    days = np.unique(differences.days).tolist()
    return next((day for day in days if is_better(differences.through(day), ALPHA)), None)


SPREADS = [(0.0, 0.0), (0.0, 0.03), (0.15, 0.0), (0.05, 0.02)]
"""Of users, and of days; either may be the larger."""


@given(
    st.integers(0, 10_000),
    st.floats(-0.02, 0.1),
    st.integers(210, 300),
    st.sampled_from(SPREADS),
    st.sampled_from([4, 60]),
)
def test_the_first_day_on_which_a_challenger_has_shown_it_is_that_of_daily_looks(seed, mean, n_users, spreads, n_days):
    found = drawn(seed, mean, n_users, *spreads, n_days)
    assert first_better(found, ALPHA) == asked_daily(found)


def test_few_days_count_for_as_little_as_in_daily_looks():
    """Where days differ most and there are four, their number decides; so all means are tried from never to at once."""
    found = [drawn(3, mean, 300, by_day=0.03, n_days=4) for mean in np.linspace(0, 0.3, 100)]
    answers = [first_better(each, ALPHA) for each in found]
    assert answers == [asked_daily(each) for each in found]
    assert None in answers
    assert 45 in answers


def test_it_is_found_late_soon_and_never():
    days = [first_better(drawn(1, mean, 300, 0.1), ALPHA) for mean in (0.15, 0.04, -0.05)]
    assert days[0] is not None
    assert days[1] is not None
    assert days[0] < days[1]
    assert days[2] is None


def test_the_newest_days_have_to_agree():
    """What 150 people gained two months ago and 60 new ones lose now is no gain, though the mean is far above 0."""
    values, days = np.repeat([0.5, -0.05], [150, 60]), np.concatenate([np.arange(150) % 10, np.arange(60, 120)])
    found = Differences(values, np.arange(210), days)
    assert ConfidenceSequence(ALPHA).lower(found) > 0
    assert first_better(found, ALPHA) is None
    assert asked_daily(found) is None
