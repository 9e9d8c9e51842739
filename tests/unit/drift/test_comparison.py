"""Distances with known answers, what always holds of them, and p-values that are true."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from matinee.drift import comparison
from matinee.drift.comparison import distance, p_value

counts = arrays.arrays(np.float64, 5, elements=st.integers(0, 1000)).filter(lambda each: each.sum() > 0)


def test_the_distance_of_a_coin_from_a_certainty_is_known():
    # Both diverge from the mean of the two, which is three quarters to one.
    expected = np.sqrt((np.log2(4 / 3) + np.log2(2 / 3) / 2 + 1 / 2) / 2)
    assert distance(np.array([9.0, 0.0]), np.array([1.0, 1.0])) == pytest.approx(expected)


@given(counts, st.integers(1, 9))
def test_the_same_distribution_is_at_distance_0_whatever_its_size(one, times):
    assert distance(one, one * times) == pytest.approx(0, abs=1e-6)


@given(counts, counts)
def test_a_distance_is_symmetric_and_at_most_1(one, other):
    assert distance(one, other) == pytest.approx(distance(other, one))
    assert 0 <= distance(one, other) <= 1


@given(counts, counts)
def test_disjoint_distributions_are_at_distance_1(one, other):
    zeros = np.zeros(5)
    assert distance(np.concatenate([one, zeros]), np.concatenate([zeros, other])) == pytest.approx(1)


def people(random: np.random.Generator, n: int, tilt: float = 0.0) -> np.ndarray:
    """Counts of n people who give 20 ratings each, all of a taste of their own."""
    tastes = random.dirichlet([1, 1, 1 + tilt], size=n)
    return np.stack([random.multinomial(20, taste) for taste in tastes]).astype(float)


@pytest.mark.slow
def test_of_chance_alone_one_p_value_in_ten_is_below_a_tenth(monkeypatch):
    monkeypatch.setattr(comparison, "N_DRAWS", 199)
    random = np.random.default_rng(0)
    found = [p_value(people(random, 10), people(random, 60), seed) for seed in range(300)]
    assert np.mean([each <= 0.1 for each in found]) == pytest.approx(0.1, abs=0.05)
    assert np.mean(found) == pytest.approx(0.5, abs=0.06)


def test_a_real_difference_has_the_smallest_p_value():
    random = np.random.default_rng(0)
    assert p_value(people(random, 40, tilt=8), people(random, 200), 0) == 1 / (comparison.N_DRAWS + 1)


def test_one_person_with_many_ratings_is_no_evidence_however_many_they_are():
    random = np.random.default_rng(0)
    one = np.array([[0.0, 0.0, 5000.0]])
    assert p_value(one, people(random, 200), 0) > 0.005
