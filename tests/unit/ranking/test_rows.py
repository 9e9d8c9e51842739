"""Rows of item-item weights give the same, in whichever form they are kept."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from matinee.ranking.rows import DenseRows, SparseRows


@given(st.integers(0, 2**32 - 1), st.integers(1, 6), st.integers(1, 9), st.integers(0, 9))
def test_dense_and_sparse_rows_have_the_same_sums_and_terms(
    seed: int, n_rows: int, n_movies: int, n_asked: int
) -> None:
    random = np.random.default_rng(seed)
    weights = random.normal(size=(n_rows, n_movies)).astype(np.float32)
    columns = np.tile(np.arange(n_movies, dtype=np.int32), (n_rows, 1))
    rows = random.integers(n_rows, size=4).astype(np.int32)
    row_weights, items = random.random(4).astype(np.float32), random.permutation(n_movies)[:n_asked]
    dense = DenseRows(weights).gather(rows)
    sparse = SparseRows(columns, weights, n_movies).gather(rows)
    assert_allclose(dense.weighted_sum(row_weights), sparse.weighted_sum(row_weights), rtol=1e-4, atol=1e-5)
    assert_allclose(dense.terms(row_weights, items), sparse.terms(row_weights, items), rtol=1e-5, atol=1e-6)
    assert_allclose(
        dense.terms(row_weights, items).sum(0), dense.weighted_sum(row_weights)[items], rtol=1e-4, atol=1e-5
    )


def test_a_sparse_row_is_zero_where_it_keeps_nothing() -> None:
    rows = SparseRows(np.array([[3, 1]], np.int32), np.array([[2, -1]], np.float32), 5).gather(np.array([0], np.int32))
    assert rows.weighted_sum(np.ones(1, np.float32)).tolist() == [0, -1, 0, 2, 0]
    assert rows.terms(np.ones(1, np.float32), np.array([0, 3])).tolist() == [[0, 2]]
