"""What the item-item algorithms share: products of large sparse matrices, a fast inverse, and the strongest weights.

Memory is that of the dense result, so catalogues up to about 30,000 movies (3.6 GB) can be fitted.
"""

from typing import TYPE_CHECKING

import numpy as np

from matinee.models.base import Fitted
from matinee.ranking import Floats

if TYPE_CHECKING:
    import scipy.sparse as sp

N_KEPT = 1000
"""Weights kept of each movie; on ML-1M as good as all 3,468 (`docs/models.md`)."""

BLOCK = 1000
"""Rows that are computed or sorted at a time, to bound the memory for what lies between."""


def cross_product(left: "sp.csr_matrix", right: "sp.csr_matrix") -> Floats:
    """`leftᵀ right` of sparse matrices with the same rows, dense, shape (left columns, right columns)."""
    columns = left.tocsc()
    result = np.empty((left.shape[1], right.shape[1]), np.float32)
    for start in range(0, len(result), BLOCK):
        result[start : start + BLOCK] = (columns[:, start : start + BLOCK].T @ right).toarray()
    return result


def inverse(matrix: Floats) -> Floats:
    """Inverse of a symmetric positive definite matrix by Cholesky in float32, in a third of the time of `inv`."""
    from scipy.linalg import lapack  # noqa: PLC0415  the server imports this package and has no scipy

    factor, failed = lapack.spotrf(matrix, lower=True, overwrite_a=True)
    if failed:
        raise np.linalg.LinAlgError("the matrix is not positive definite; regularize more")
    lower, _ = lapack.spotri(factor, lower=True, overwrite_c=True)
    result: Floats = np.tril(lower)
    result += np.tril(lower, -1).T
    return result


def fitted(weights: Floats, recency: float, n_kept: int = N_KEPT) -> Fitted:
    """Model of the `n_kept` strongest weights of each row, by absolute value.

    Args:
        weights: how much a liked movie (row) says for every other (column), shape (n_movies, n_movies).
        recency: ratings after which the weight of an older one in a history has fallen to 1/e.
        n_kept: weights that are kept of each row.
    """
    n_movies = len(weights)
    n_kept = min(n_kept, n_movies)
    neighbours = np.empty((n_movies, n_kept), np.int32)
    for start in range(0, n_movies, BLOCK):
        strength = -np.abs(weights[start : start + BLOCK])
        neighbours[start : start + BLOCK] = np.argpartition(strength, n_kept - 1, axis=1)[:, :n_kept]
    neighbours.sort(axis=1)
    kept = np.take_along_axis(weights, neighbours, axis=1).astype(np.float32)
    return Fitted("item_item", {"neighbours": neighbours, "weights": kept}, {"recency": recency})
