"""ALS reaches the fixed point of its own formula, and starts warm from an incumbent whose axes differ."""

import os
import subprocess
import sys
from dataclasses import dataclass, replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from matinee.models.als import ALS, _by_recency
from matinee.models.blend import Blend
from matinee.models.interactions import Interactions
from matinee.models.popular import Popular
from matinee.models.recommender import fit
from matinee.ranking import RankingModel, recency_weights


@dataclass(frozen=True)
class Fit:
    """A model with its axes."""

    model: RankingModel
    user_index: dict[str, int]
    item_index: dict[str, int]


def incumbent(algorithm: ALS | Blend | Popular, interactions: Interactions) -> Fit:
    user_index = {user_id: row for row, user_id in enumerate(interactions.user_ids)}
    item_index = {movie_id: row for row, movie_id in enumerate(interactions.movie_ids)}
    return Fit(fit(algorithm, interactions).ranking_model(), user_index, item_index)


def loss(item_factors: np.ndarray, interactions: Interactions, algorithm: ALS) -> float:
    """The loss of implicit ALS with the best user factors for these item factors."""
    factors = item_factors.astype(np.float64)
    total = algorithm.regularization * (factors**2).sum()
    for user in range(interactions.n_users):
        history = interactions.histories.of(user)
        preference = np.zeros(interactions.n_movies)
        preference[history.items[history.ratings >= 4]] = 1
        confidence = 1 + (algorithm.alpha - 1) * preference
        normal = (factors.T * confidence) @ factors + algorithm.regularization * np.eye(factors.shape[1])
        user_factor = np.linalg.solve(normal, factors.T @ (confidence * preference))
        residual = preference - factors @ user_factor
        total += (confidence * residual**2).sum() + algorithm.regularization * (user_factor**2).sum()
    return float(total)


def test_user_factors_are_the_fold_in_of_their_histories(interactions: Interactions) -> None:
    model = fit(ALS(factors=4, regularization=1), interactions).ranking_model()
    for user in range(interactions.n_users):
        expected = model.scorer.user_factor(interactions.histories.of(user))
        assert_allclose(model.scorer.user_factors[user], 0 if expected is None else expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("recency", [2.0, np.inf])
def test_weights_of_all_users_at_once_are_those_of_each(interactions: Interactions, recency: float) -> None:
    histories = replace(interactions.histories, rated_at=interactions.histories.rated_at // 200_000)  # many at a time
    together = replace(interactions, histories=histories)
    found = _by_recency(together, recency)
    n_ties = 0
    for user in range(together.n_users):
        history = histories.of(user).rated_at_least(4)
        n_ties += len(history) - len(np.unique(history.rated_at))
        row = slice(found.indptr[user], found.indptr[user + 1])
        assert_array_equal(found.indices[row], history.items)
        assert_allclose(found.data[row], recency_weights(history.rated_at, recency), rtol=1e-6)
    assert n_ties > 0


def test_more_iterations_lower_the_loss(interactions: Interactions) -> None:
    losses = []
    for iterations in (1, 3, 30):
        algorithm = ALS(factors=4, regularization=1, iterations=iterations)
        losses.append(loss(algorithm.fit(interactions).arrays["item_factors"], interactions, algorithm))
    assert losses == sorted(losses, reverse=True)


def test_a_warm_start_goes_on_from_the_incumbent(interactions: Interactions) -> None:
    algorithm = ALS(factors=4, regularization=1, iterations=30, warm_iterations=2)
    cold = algorithm.fit(interactions).arrays["item_factors"]
    warm = fit(algorithm, interactions, incumbent(algorithm, interactions)).arrays["item_factors"]
    cold_as_long = replace(algorithm, iterations=2).fit(interactions).arrays["item_factors"]
    losses = [loss(factors, interactions, algorithm) for factors in (cold, warm, cold_as_long)]
    assert losses == sorted(losses)
    assert losses[1] - losses[0] < (losses[2] - losses[0]) / 2


def test_a_warm_start_is_the_same_each_time(interactions: Interactions) -> None:
    known = incumbent(ALS(factors=4), interactions)
    first, second = (fit(ALS(factors=4), interactions, known).arrays["item_factors"] for _ in range(2))
    assert_array_equal(first, second)


def test_a_direction_that_was_lost_grows_again(interactions: Interactions) -> None:
    algorithm = ALS(factors=4, regularization=1, iterations=30, warm_iterations=2)
    known = incumbent(algorithm, interactions)
    for factors in (known.model.scorer.item_factors, known.model.scorer.user_factors):
        factors[:, 0] = 0
    warm = fit(algorithm, interactions, known).arrays["item_factors"]
    assert np.abs(warm[:, 0]).max() > 0.1


def test_a_warm_start_leaves_the_incumbent_as_it_is(interactions: Interactions) -> None:
    known = incumbent(ALS(factors=4), interactions)
    before = known.model.scorer.item_factors.copy()
    fit(ALS(factors=4), interactions, known)
    assert_array_equal(known.model.scorer.item_factors, before)


def test_a_warm_start_follows_ids_not_rows(interactions: Interactions) -> None:
    algorithm = ALS(factors=4, regularization=1, iterations=30, warm_iterations=1)
    known = incumbent(algorithm, interactions)
    order, arrays = np.arange(interactions.n_movies)[::-1], known.model.arrays
    moved = Fit(
        replace(known.model, arrays={**arrays, "item_factors": arrays["item_factors"][order]}),
        known.user_index,
        {movie_id: int(row) for movie_id, row in zip(interactions.movie_ids, np.argsort(order), strict=True)},
    )
    straight, turned = (fit(algorithm, interactions, start).arrays["item_factors"] for start in (known, moved))
    assert_array_equal(straight, turned)


def test_users_and_movies_that_the_incumbent_does_not_know_are_learned(interactions: Interactions) -> None:
    algorithm = ALS(factors=4, regularization=1, iterations=30, warm_iterations=3)
    known = incumbent(algorithm, interactions)
    missing = Fit(
        known.model,
        {user_id: row for user_id, row in known.user_index.items() if row % 3},
        {movie_id: row for movie_id, row in known.item_index.items() if row},
    )
    warm = fit(algorithm, interactions, missing).arrays["item_factors"]
    cold = algorithm.fit(interactions).arrays["item_factors"]
    assert np.abs(warm[0]).max() > 0
    assert loss(warm, interactions, algorithm) <= 1.05 * loss(cold, interactions, algorithm)


def test_an_incumbent_without_fitting_factors_means_a_cold_start(interactions: Interactions) -> None:
    cold = fit(ALS(factors=4), interactions).arrays["item_factors"]
    for other in (Popular(), ALS(factors=6), Blend()):
        warm = fit(ALS(factors=4), interactions, incumbent(other, interactions)).arrays["item_factors"]
        assert_array_equal(warm, cold)


def test_a_blend_starts_from_the_factors_of_a_blend(interactions: Interactions) -> None:
    algorithm = Blend(als=1.0)
    first = fit(algorithm, interactions)
    second = fit(algorithm, interactions, incumbent(algorithm, interactions))
    assert not np.array_equal(first.arrays["0.factors.item_factors"], second.arrays["0.factors.item_factors"])


def test_an_algorithm_that_cannot_start_warm_ignores_the_incumbent(interactions: Interactions) -> None:
    known = incumbent(ALS(factors=4), interactions)
    assert_array_equal(
        fit(Popular(), interactions, known).arrays["popularity"], fit(Popular(), interactions).arrays["popularity"]
    )


FIRST_FIT = """
import polars as pl
from matinee.models.als import ALS, _by_recency
from matinee.models.interactions import Interactions

pairs = [(user, movie) for user in "abcd" for movie in "wxyz" if user != movie]
times = pl.Series(range(len(pairs))).cast(pl.Datetime("us", "UTC"))
users, movies = ([pair[place] for pair in pairs] for place in (0, 1))
ratings = pl.DataFrame({"user_id": users, "movie_id": movies, "rating": [5.0] * len(pairs), "rated_at": times})
ALS(factors=2, iterations=1).fit(Interactions.from_ratings(ratings, list("wxyz"), 4.0, times[-1]))
"""


def test_the_first_fit_of_a_process_leaves_the_cores_to_the_threads_of_implicit() -> None:
    """implicit warns when the BLAS that it uses has threads of its own, which fight for the same cores."""
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    command = [sys.executable, "-W", "error", "-c", FIRST_FIT]
    subprocess.run(command, env=environment | {"OPENBLAS_NUM_THREADS": "2"}, check=True)
