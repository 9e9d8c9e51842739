"""What the item-item algorithms share: products of large sparse matrices, a fast inverse, and the strongest weights.

Memory is that of a few dense matrices of the movies that get weights of their own (`models.affordable`).
"""

from contextlib import AbstractContextManager, nullcontext
from itertools import pairwise

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.linalg import blas, lapack
from threadpoolctl import threadpool_limits

from matinee.cores import in_blocks, n_cores
from matinee.models.interactions import Interactions
from matinee.models.recommender import Fitted
from matinee.ranking import Floats

N_KEPT = 1000
"""Weights kept of each movie; on ML-1M as good as all 3,468 (`docs/models.md`)."""

N_KEPT_OF_MANY = 256
"""Weights kept of each movie where not all movies get weights of their own: what is left out is small beside them."""

LARGE = 3_000
"""Movies from which on a matrix is factored on all cores; of fewer that takes less than a third of a second."""

BLOCK = 500
"""Rows that a core computes or sorts at a time, to bound the memory for what lies between."""


def cross_product(left: sp.csr_matrix, right: sp.csr_matrix) -> Floats:
    """`leftᵀ right` of sparse matrices with the same rows, dense, shape (left columns, right columns)."""
    result = np.zeros((left.shape[1], right.shape[1]), np.float32)
    add_cross_product(result, left, right)
    return result


def add_cross_product(result: Floats, left: sp.csr_matrix, right: sp.csr_matrix) -> None:
    """Add `leftᵀ right` to `result`, shape (left columns, right columns), on all cores: SciPy itself takes one."""
    columns = left.tocsc()

    def add(block: slice) -> None:
        result[block] += (columns[:, block].T @ right).toarray()

    in_blocks(add, len(result), BLOCK)


def add_gram(result: Floats, matrix: sp.csr_matrix) -> None:
    """Add what lies on and above the diagonal of `matrixᵀ matrix` to `result`, which is half the work.

    `inverse` and `solved` read no more; `mirror` gives all of it.
    """
    columns = matrix.tocsc()

    def add(block: slice) -> None:
        result[block, block.start :] += (columns[:, block].T @ matrix[:, block.start :]).toarray()

    in_blocks(add, len(result), BLOCK)


def inverse(matrix: Floats) -> Floats:
    """Inverse of a positive definite matrix by Cholesky in float32, in its place and a third of the time of `inv`.

    What lies below its diagonal is not read.

    Raises:
        LinAlgError: it is not positive definite.
    """
    if len(matrix) == 0:  # which LAPACK calls illegal
        return matrix
    with _cores_for(matrix):
        triangle, failed = lapack.spotri(_cholesky(matrix), lower=True, overwrite_c=True)
    if failed:
        raise np.linalg.LinAlgError(_NOT_POSITIVE)
    inverted: Floats = triangle.T
    mirror(inverted)  # LAPACK leaves the other triangle as it was
    return inverted


def mirror(matrix: Floats) -> None:
    """Copy what is above the diagonal to what is below it."""
    for start in range(0, len(matrix), BLOCK):
        end = start + BLOCK
        matrix[end:, start:end] = matrix[start:end, end:].T
        corner = matrix[start:end, start:end]
        corner[np.tril_indices_from(corner, -1)] = corner.T[np.tril_indices_from(corner, -1)]


def solved(matrix: Floats, right: Floats) -> Floats:
    """`matrix⁻¹ right` for a positive definite matrix, in the place of `right`; the matrix is overwritten too.

    A quarter faster than to invert and multiply, and without a third matrix. What lies below its diagonal is not read.

    Raises:
        LinAlgError: it is not positive definite.
    """
    if right.size == 0:
        return right
    with _cores_for(matrix):
        factor = _cholesky(matrix)
        # X = A⁻¹ R for A = L Lᵀ is Xᵀ = Rᵀ L⁻ᵀ L⁻¹, and BLAS reads Rᵀ where R lies, without a copy.
        half = blas.strsm(1.0, factor, right.T, side=1, lower=1, trans_a=1, overwrite_b=1)
        solution: Floats = blas.strsm(1.0, factor, half, side=1, lower=1, overwrite_b=1).T
    return solution


def _cores_for(matrix: Floats) -> AbstractContextManager[object]:
    """All of them for BLAS where that pays; it has one otherwise, so that work in blocks has the others."""
    return threadpool_limits(n_cores(), "blas") if len(matrix) >= LARGE else nullcontext()


_NOT_POSITIVE = "the matrix is not positive definite; regularize more"


def _cholesky(matrix: Floats) -> Floats:
    """L of `matrix` = L Lᵀ by columns, in its place; what is above its diagonal is as it was."""
    # LAPACK reads by columns: its lower triangle of the transposed view is the upper one of the matrix, without a copy.
    factor, failed = lapack.spotrf(matrix.T, lower=True, overwrite_a=True, clean=False)
    if failed:
        raise np.linalg.LinAlgError(_NOT_POSITIVE)
    lower: Floats = factor
    return lower


def liked_movies(interactions: Interactions) -> NDArray[np.int64]:
    """Rows of the movies that anybody liked; nothing is learned of the others, which only cost time."""
    return np.flatnonzero(interactions.popularity())


def fitted(
    weights: Floats,
    movies: NDArray[np.int64],
    n_movies: int,
    recency: float,
    n_kept: int = N_KEPT,
    tail: sp.csr_matrix | None = None,
) -> Fitted:
    """Model of the `n_kept` strongest weights of each row, by absolute value; of all where that is no larger.

    Args:
        weights: how much a liked movie (row) says for every other (column), shape (n, n).
        movies: matrix row of each of these movies, shape (n,).
        n_movies: size of the catalogue.
        recency: ratings after which the weight of an older one in a history has fallen to 1/e.
        n_kept: weights that are kept of each row.
        tail: how much it says for the movies that are not among `movies`, shape (n, n_movies).
    """
    n_kept = min(n_kept, len(movies))
    if tail is None and n_movies <= 2 * n_kept:  # all numbers take less than those with the column of each
        dense = np.zeros((len(movies), n_movies), np.float32)
        dense[:, movies] = weights
        return Fitted("item_item", {"rows": movies.astype(np.int32), "weights": dense}, {"recency": recency})
    neighbours, kept = np.zeros((len(movies), n_kept), np.int32), np.zeros((len(movies), n_kept), np.float32)

    def keep(rows: slice) -> None:
        block = weights[rows]
        strongest = np.sort(np.argpartition(-np.abs(block), n_kept - 1, axis=1)[:, :n_kept], axis=1)
        neighbours[rows], kept[rows] = movies[strongest], np.take_along_axis(block, strongest, axis=1)
        if tail is not None:
            _let_in(tail[rows], neighbours[rows], kept[rows])

    in_blocks(keep, len(movies), BLOCK)
    if tail is not None or 2 * len(movies) < n_movies:
        arrays = {"rows": movies.astype(np.int32), "neighbours": neighbours, "weights": kept}
        return Fitted("item_item", arrays, {"recency": recency})
    of_all = np.zeros((n_movies, n_kept), np.int32), np.zeros((n_movies, n_kept), np.float32)
    of_all[0][movies], of_all[1][movies] = neighbours, kept
    return Fitted("item_item", {"neighbours": of_all[0], "weights": of_all[1]}, {"recency": recency})


def _let_in(tail: sp.csr_matrix, neighbours: NDArray[np.int32], kept: Floats) -> None:
    """Put the weights of a tail in the place of weaker ones of their rows.

    Args:
        tail: shape (n, n_movies), of other columns than `neighbours`.
        neighbours: columns of the strongest weights of each row, rising, shape (n, n_kept).
        kept: these weights, shape (n, n_kept).
    """
    for row, (start, end) in enumerate(pairwise(tail.indptr)):
        columns = np.concatenate([neighbours[row], tail.indices[start:end]])
        weights = np.concatenate([kept[row], tail.data[start:end]])
        strongest = np.argpartition(-np.abs(weights), kept.shape[1] - 1)[: kept.shape[1]]
        strongest = strongest[np.argsort(columns[strongest])]
        neighbours[row], kept[row] = columns[strongest], weights[strongest]
