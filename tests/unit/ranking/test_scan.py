"""Factors are scanned from the longest on, as far as the best of a list may be."""

import numpy as np
import pytest

from matinee.ranking.request import ListRequest
from matinee.ranking.scan import N_FIRST, LongestFirst

N_MANY = 3 * N_FIRST
"""More movies than are scored without looking whether they have to be."""


@pytest.mark.parametrize("weight", [1.0, 0.0], ids=["a model", "a model whose weights are lost"])
def test_a_user_without_factors_gets_the_first_movies_beside_one_who_has_some(weight):
    random = np.random.default_rng(0)
    factors = weight * random.normal(size=(N_MANY, 4)).astype(np.float32)
    users = np.array([[0, 0, 0, 0], [1, 2, 3, 4]], np.float32)
    (no_rows, no_scores), (rows, _) = LongestFirst.of(factors).scan(users, [ListRequest(k=5)] * 2)
    assert no_rows.tolist() == [0, 1, 2, 3, 4]
    assert not no_scores.any()
    best = np.argsort(-(factors @ users[1]), kind="stable")[:5]
    assert rows.tolist() == best.tolist()
