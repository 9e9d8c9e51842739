"""Rows of item-item weights: all numbers of each, or the strongest of each and where they stand.

All numbers are the smaller and much the faster form until a catalogue has twice as many movies as weights are kept.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from .types import Floats, Rows


class GatheredRows(Protocol):
    """The rows that speak for one user, read once for the scores and for their reasons."""

    def weighted_sum(self, row_weights: Floats) -> Floats:
        """Sum of the rows, each times its weight, shape (n_movies,)."""
        ...

    def terms(self, row_weights: Floats, items: Rows) -> Floats:
        """What each row adds to that sum for a few movies, shape (n_rows, n_items)."""
        ...


class WeightRows(Protocol):
    """The matrix B."""

    @property
    def n_movies(self) -> int:
        """Number of columns."""
        ...

    def gather(self, rows: NDArray[np.int32]) -> GatheredRows:
        """Some of the rows."""
        ...


@dataclass(frozen=True, slots=True)
class DenseRows:
    """All numbers of each row; it is its own `GatheredRows`."""

    weights: Floats
    """Shape (n_rows, n_movies)."""

    @property
    def n_movies(self) -> int:
        """See `WeightRows.n_movies`."""
        return int(self.weights.shape[1])

    def gather(self, rows: NDArray[np.int32]) -> GatheredRows:
        """See `WeightRows.gather`."""
        return DenseRows(self.weights[rows])

    def weighted_sum(self, row_weights: Floats) -> Floats:
        """See `GatheredRows.weighted_sum`."""
        return row_weights @ self.weights

    def terms(self, row_weights: Floats, items: Rows) -> Floats:
        """See `GatheredRows.terms`."""
        return row_weights[:, None] * self.weights[:, items]


@dataclass(frozen=True, slots=True)
class SparseRows:
    """The strongest numbers of each row; it is its own `GatheredRows`."""

    neighbours: NDArray[np.int32]
    """Columns of the numbers, shape (n_rows, n_kept)."""

    weights: Floats
    """The numbers, shape (n_rows, n_kept); zeros fill a row that has fewer."""

    n_movies: int

    def gather(self, rows: NDArray[np.int32]) -> GatheredRows:
        """See `WeightRows.gather`."""
        return SparseRows(self.neighbours[rows], self.weights[rows], self.n_movies)

    def weighted_sum(self, row_weights: Floats) -> Floats:
        """See `GatheredRows.weighted_sum`."""
        contributions = row_weights[:, None] * self.weights
        return np.bincount(self.neighbours.ravel(), contributions.ravel(), self.n_movies).astype(np.float32)

    def terms(self, row_weights: Floats, items: Rows) -> Floats:
        """See `GatheredRows.terms`."""
        is_asked, column = np.zeros(self.n_movies, bool), np.zeros(self.n_movies, np.int64)
        is_asked[items], column[items] = True, np.arange(len(items))
        kept = np.flatnonzero(is_asked[self.neighbours.ravel()])  # few of many: only these are looked at any further
        row, place = np.divmod(kept, self.neighbours.shape[1])
        terms = np.zeros((len(self.weights), len(items)), np.float32)
        np.add.at(terms, (row, column[self.neighbours[row, place]]), row_weights[row] * self.weights[row, place])
        return terms
