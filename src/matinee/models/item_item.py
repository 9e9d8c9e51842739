"""What the item-item algorithms share: products of large sparse matrices, a fast inverse, and the strongest weights.

Memory is that of the dense result, so catalogues up to about 30,000 movies (3.6 GB) can be fitted.
"""

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.linalg import lapack

from matinee.models.interactions import Interactions
from matinee.models.recommender import Fitted
from matinee.ranking import Floats

N_KEPT = 1000
"""Weights kept of each movie; on ML-1M as good as all 3,468 (`docs/models.md`)."""

BLOCK = 1000
"""Rows that are computed or sorted at a time, to bound the memory for what lies between."""


def cross_product(left: sp.csr_matrix, right: sp.csr_matrix) -> Floats:
    """`leftᵀ right` of sparse matrices with the same rows, dense, shape (left columns, right columns)."""
    columns = left.tocsc()
    result = np.empty((left.shape[1], right.shape[1]), np.float32)
    for start in range(0, len(result), BLOCK):
        result[start : start + BLOCK] = (columns[:, start : start + BLOCK].T @ right).toarray()
    return result


def inverse(matrix: Floats) -> Floats:
    """Inverse of a symmetric positive definite matrix by Cholesky in float32, in a third of the time of `inv`."""
    factor, failed = lapack.spotrf(matrix, lower=True, overwrite_a=True)
    if failed:
        raise np.linalg.LinAlgError("the matrix is not positive definite; regularize more")
    lower, _ = lapack.spotri(factor, lower=True, overwrite_c=True)
    result: Floats = np.tril(lower)
    result += np.tril(lower, -1).T
    return result


def liked_movies(interactions: Interactions) -> NDArray[np.int64]:
    """Rows of the movies that anybody liked; nothing is learned of the others, which only cost time."""
    return np.flatnonzero(interactions.popularity())


def fitted(weights: Floats, movies: NDArray[np.int64], n_movies: int, recency: float, n_kept: int = N_KEPT) -> Fitted:
    """Model of the `n_kept` strongest weights of each row, by absolute value.

    Args:
        weights: how much a liked movie (row) says for every other (column), shape (n, n).
        movies: matrix row of each of these movies, shape (n,).
        n_movies: size of the catalogue.
        recency: ratings after which the weight of an older one in a history has fallen to 1/e.
        n_kept: weights that are kept of each row.
    """
    n_kept = min(n_kept, len(movies))
    neighbours = np.zeros((n_movies, n_kept), np.int32)
    kept = np.zeros((n_movies, n_kept), np.float32)
    for start in range(0, len(movies), BLOCK):
        block = weights[start : start + BLOCK]
        columns = np.sort(np.argpartition(-np.abs(block), n_kept - 1, axis=1)[:, :n_kept], axis=1)
        rows = movies[start : start + BLOCK]
        neighbours[rows], kept[rows] = movies[columns], np.take_along_axis(block, columns, axis=1)
    return Fitted("item_item", {"neighbours": neighbours, "weights": kept}, {"recency": recency})
