"""The item-item algorithms against naive algebra on small matrices."""

from collections.abc import Callable

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from numpy.typing import NDArray
from threadpoolctl import threadpool_info, threadpool_limits

from matinee.cores import n_cores
from matinee.models import item_item
from matinee.models.ease import EASE, NOTHING
from matinee.models.interactions import Interactions
from matinee.models.item_item import _cholesky, add_gram, cross_product, fitted, inverse, mirror, solved
from matinee.models.item_knn import ItemKNN
from matinee.models.next_item import NextItem, transitions
from matinee.models.recommender import Fitted
from matinee.ranking import Floats


def dense(model: Fitted) -> NDArray[np.float32]:
    arrays = model.arrays
    weights = arrays["weights"]
    rows = arrays.get("rows", np.arange(len(weights)))
    if "neighbours" not in arrays:
        full = np.zeros((weights.shape[1], weights.shape[1]), np.float32)
        full[rows] = weights
        return full
    full = np.zeros((len(weights), len(weights)), np.float32)
    np.add.at(full, (rows[:, None], arrays["neighbours"]), weights)
    return full


def liked_matrix(interactions: Interactions) -> NDArray[np.float64]:
    matrix = np.zeros((interactions.n_users, interactions.n_movies))
    for user in range(interactions.n_users):
        history = interactions.histories.of(user)
        matrix[user, history.items[history.ratings >= 4]] = 1
    return matrix


class TestEASE:
    def test_is_the_closed_form_solution(self, interactions: Interactions) -> None:
        matrix = liked_matrix(interactions)
        precision = np.linalg.inv(matrix.T @ matrix + 3 * np.eye(interactions.n_movies))
        expected = np.eye(interactions.n_movies) - precision / np.diag(precision)
        assert_allclose(dense(EASE(regularization=3).fit(interactions)), expected, atol=1e-5)

    def test_with_dropout_regularizes_popular_movies_more(self, interactions: Interactions) -> None:
        matrix = liked_matrix(interactions)
        gram = matrix.T @ matrix
        precision = np.linalg.inv(gram + 3 * np.eye(interactions.n_movies) + np.diag(np.diag(gram)))
        expected = np.eye(interactions.n_movies) - precision / np.diag(precision)
        assert_allclose(dense(EASE(regularization=3, dropout=0.5).fit(interactions)), expected, atol=1e-5)

    def test_weighs_a_user_less_whose_newest_rating_is_older(
        self, interactions: Interactions, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("matinee.models.ease.N_LIKES", 1)
        matrix, weights = liked_matrix(interactions), interactions.user_weights(half_life_days=30)
        newest = interactions.histories.rated_at[interactions.histories.offsets[1:] - 1]
        assert_allclose(weights / weights.max(), 0.5 ** ((newest.max() - newest) / 86_400 / 30))
        assert (weights @ matrix).sum() == pytest.approx(matrix.sum())
        precision = np.linalg.inv(matrix.T @ np.diag(weights) @ matrix + 3 * np.eye(interactions.n_movies))
        expected = np.eye(interactions.n_movies) - precision / np.diag(precision)
        algorithm = EASE(regularization=3, user_half_life_days=30)
        assert_allclose(dense(algorithm.fit(interactions)), expected, atol=1e-4)

    def test_of_users_who_count_for_next_to_nothing_no_like_is_looked_at(
        self, interactions: Interactions, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(Interactions, "days_that_hold", lambda *_: 0.0)
        algorithm, weights = EASE(3, user_half_life_days=0.08), interactions.user_weights(half_life_days=0.08)
        found = algorithm._weigh(interactions)(interactions)
        matrix = liked_matrix(interactions)
        assert_allclose(found.toarray() ** 2, weights[:, None] * matrix, atol=NOTHING, rtol=1e-5)
        assert_array_equal(np.diff(found.indptr) > 0, (weights >= NOTHING) & (matrix.sum(axis=1) > 0))
        assert 0 < np.count_nonzero(weights < NOTHING) < interactions.n_users
        precision = np.linalg.inv(matrix.T @ np.diag(weights) @ matrix + 3 * np.eye(interactions.n_movies))
        expected = np.eye(interactions.n_movies) - precision / np.diag(precision)
        assert_allclose(dense(algorithm.fit(interactions)), expected, atol=1e-4)

    def test_never_lets_a_movie_speak_for_itself(self, interactions: Interactions) -> None:
        assert_array_equal(np.diag(dense(EASE().fit(interactions))), 0)


class TestItemKNN:
    def test_is_the_shrunk_cosine_of_users_who_count_less_the_more_they_like(self, interactions: Interactions) -> None:
        matrix = liked_matrix(interactions)
        together = matrix.T @ (matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1))
        lengths = np.sqrt(np.diag(together))
        expected = together / (np.outer(lengths, lengths) + 2)
        np.fill_diagonal(expected, 0)
        assert_allclose(dense(ItemKNN(shrinkage=2).fit(interactions)), expected, rtol=1e-5)

    def test_recommends_each_movie_by_its_nearest_only(self, interactions: Interactions) -> None:
        everything = dense(ItemKNN().fit(interactions))
        nearest = dense(ItemKNN(neighbours=2).fit(interactions))
        for full_column, column in zip(everything.T, nearest.T, strict=True):
            assert_allclose(np.sort(column)[-2:], np.sort(full_column)[-2:])
            assert (column != 0).sum() <= 2


class TestNextItem:
    def test_histories_end_before_the_moment_of_what_comes_next(self, interactions: Interactions) -> None:
        ((before, after),) = transitions(interactions, recency=2.0, since=0)
        row = 0
        for user in range(interactions.n_users):
            history = interactions.histories.of(user).rated_at_least(4)
            for item, moment in zip(history.items, history.rated_at, strict=True):
                expected = np.zeros(interactions.n_movies)
                past = history.rated_at < moment
                newer = [(history.rated_at[past] > time).sum() for time in history.rated_at[past]]
                expected[history.items[past]] = np.exp(-np.array(newer) / 2.0)
                assert_allclose(before[row].toarray().ravel(), expected, rtol=1e-5)
                assert after[row].indices.tolist() == [item]
                row += 1
        assert row == before.shape[0] == after.shape[0]

    def test_is_the_ridge_solution(self, interactions: Interactions) -> None:
        before, after = (
            matrix.toarray() for (pair,) in [transitions(interactions, recency=10.0, since=0)] for matrix in pair
        )
        expected = np.linalg.solve(before.T @ before + 3 * np.eye(interactions.n_movies), before.T @ after)
        assert_allclose(dense(NextItem(regularization=3).fit(interactions)), expected, atol=1e-5)


def test_cross_product_is_exact_across_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("matinee.models.item_item.BLOCK", 3)
    random = np.random.default_rng(0)
    left, right = (random.integers(0, 2, (9, n)).astype(np.float32) for n in (7, 5))
    assert_array_equal(cross_product(sp.csr_matrix(left), sp.csr_matrix(right)), left.T @ right)


def test_a_gram_matrix_is_a_cross_product_with_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("matinee.models.item_item.BLOCK", 3)
    matrix = np.random.default_rng(0).integers(0, 3, (9, 7)).astype(np.float32)
    result = np.eye(7, dtype=np.float32)
    add_gram(result, sp.csr_matrix(matrix))
    assert_array_equal(np.triu(result), np.triu(np.eye(7) + matrix.T @ matrix))
    mirror(result)
    assert_array_equal(result, np.eye(7) + matrix.T @ matrix)


def test_what_is_solved_is_the_inverse_times_the_right_side_whatever_lies_below_the_diagonal() -> None:
    random = np.random.default_rng(0)
    root, right = random.normal(size=(6, 6)), random.normal(size=(6, 6)).astype(np.float32)
    matrix = (root @ root.T + np.eye(6)).astype(np.float32)
    expected = np.linalg.solve(matrix, right)
    upper = np.triu(matrix).astype(np.float32)
    assert_allclose(solved(upper.copy(), right.copy()), expected, atol=1e-4)
    assert_allclose(inverse(upper.copy()) @ right, expected, atol=1e-4)
    assert solved(np.empty((0, 0), np.float32), np.empty((0, 0), np.float32)).shape == (0, 0)
    with pytest.raises(np.linalg.LinAlgError, match="regularize more"):
        solved(-upper, right)


def test_inverse_of_a_symmetric_matrix() -> None:
    random = np.random.default_rng(0)
    root = random.normal(size=(6, 6))
    matrix = (root @ root.T + np.eye(6)).astype(np.float32)
    assert_allclose(inverse(matrix.copy()) @ matrix, np.eye(6), atol=1e-4)


def test_inverse_of_nothing_is_nothing_and_lapack_prints_no_complaint(capfd: pytest.CaptureFixture[str]) -> None:
    assert inverse(np.empty((0, 0), np.float32)).shape == (0, 0)
    assert capfd.readouterr() == ("", "")


def test_inverse_refuses_a_matrix_that_is_not_positive_definite() -> None:
    with pytest.raises(np.linalg.LinAlgError, match="regularize more"):
        inverse(-np.eye(3, dtype=np.float32))


def test_the_strongest_weights_of_either_sign_are_kept() -> None:
    weights = np.array([[0, 1, -5], [2, 0, 0.1], [-3, 4, 0]], np.float32)
    assert_array_equal(dense(fitted(weights, np.arange(3), 3, 10.0, n_kept=1)), [[0, 0, -5], [2, 0, 0], [0, 4, 0]])


@given(st.integers(0, 2**32 - 1), st.integers(1, 4), st.floats(0, 1))
def test_of_a_head_and_its_tail_the_strongest_weights_of_each_row_are_kept(
    seed: int, n_kept: int, share: float
) -> None:
    random, head, n_movies = np.random.default_rng(seed), np.array([1, 2, 5, 8]), 12
    of_head = random.normal(size=(4, 4)).astype(np.float32)
    of_tail = random.normal(size=(4, n_movies)).astype(np.float32) * (random.random((4, n_movies)) < share)
    of_tail[:, head] = 0
    found = fitted(of_head, head, n_movies, 10.0, n_kept, sp.csr_matrix(of_tail)).arrays
    whole = of_tail.copy()
    whole[:, head] = of_head
    assert_array_equal(found["rows"], head)
    assert (np.diff(found["neighbours"], axis=1) > 0).all()
    assert_array_equal(np.take_along_axis(whole, found["neighbours"], axis=1), found["weights"])
    assert_array_equal(np.sort(np.abs(found["weights"])), np.sort(np.abs(whole))[:, -n_kept:])


def test_where_few_movies_have_weights_the_others_take_no_memory() -> None:
    weights = np.array([[0, 1], [2, 0]], np.float32)
    few = fitted(weights, np.array([1, 3]), 5, 10.0).arrays
    assert_array_equal(few["rows"], [1, 3])
    assert len(few["weights"]) == 2


def test_movies_that_nobody_liked_say_and_get_nothing() -> None:
    weights = np.array([[0, 1], [2, 0]], np.float32)
    expected = [[0, 0, 0, 0], [0, 0, 0, 1], [0, 0, 0, 0], [0, 2, 0, 0]]
    assert_array_equal(dense(fitted(weights, np.array([1, 3]), 4, 10.0)), expected)


@pytest.mark.parametrize("solve", [inverse, lambda matrix: solved(matrix, np.eye(len(matrix), dtype=np.float32))])
def test_a_large_matrix_is_factored_on_all_cores_and_nothing_else_is(
    monkeypatch: pytest.MonkeyPatch, solve: Callable[[Floats], Floats]
) -> None:
    values = np.random.default_rng(0).normal(size=(40, 12)).astype(np.float32)
    matrix = values.T @ values + np.eye(12, dtype=np.float32)
    threads: list[set[int]] = []

    def noting(given: Floats) -> Floats:
        threads.append({each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas"})
        return _cholesky(given)

    monkeypatch.setattr(item_item, "_cholesky", noting)
    with threadpool_limits(1, "blas"):
        small = solve(matrix.copy())
        monkeypatch.setattr(item_item, "LARGE", 12)
        large = solve(matrix.copy())
        left = {each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas"}
    assert (threads, left) == ([{1}, {n_cores()}], {1})
    assert_allclose(large, small, rtol=1e-4, atol=1e-5)
