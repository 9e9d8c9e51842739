"""Intervals of paired differences."""

import numpy as np

from matinee.evaluation.intervals import bootstrap_interval


def test_the_interval_of_a_constant_difference_is_that_difference() -> None:
    assert bootstrap_interval(np.full(20, 0.25)) == (0.25, 0.25)


def test_the_interval_covers_the_mean_and_narrows_with_more_users() -> None:
    random = np.random.default_rng(0)
    few, many = random.normal(size=50), random.normal(size=5000)
    low_few, high_few = bootstrap_interval(few)
    low_many, high_many = bootstrap_interval(many)
    assert low_few < few.mean() < high_few
    assert high_many - low_many < (high_few - low_few) / 5
