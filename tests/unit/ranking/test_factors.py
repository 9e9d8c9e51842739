"""The fold-in of factors, against its formula written out."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from tests.unit.ranking.conftest import N_MOVIES, factor_model, random_histories

from matinee.ranking import History


@given(random_histories().filter(lambda user: bool((user.ratings >= 4).any())), st.sampled_from([1.0, 20.0, np.inf]))
def test_fold_in_solves_the_weighted_least_squares_problem(user: History, recency: float) -> None:
    scorer = factor_model(user, recency=recency).scorer
    confidence, preference = np.ones(N_MOVIES), np.zeros(N_MOVIES)
    liked = user.items[user.ratings >= 4]
    newer = [(user.rated_at[user.ratings >= 4] > moment).sum() for moment in user.rated_at[user.ratings >= 4]]
    confidence[liked], preference[liked] = 5 * np.exp(-np.array(newer) / recency), 1
    factors = scorer.item_factors.astype(np.float64)
    normal = factors.T @ np.diag(confidence) @ factors + 2 * np.eye(4)
    expected = np.linalg.solve(normal, factors.T @ (confidence * preference))
    assert_allclose(scorer.user_factor(user), expected, rtol=1e-4, atol=1e-5)
